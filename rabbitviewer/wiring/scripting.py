"""The user's scripts: menu entries, palette entries, runs and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from rabbitviewer.models.script_runs import Run, ScriptRuns
from rabbitviewer.models.scripts import Script, ScriptsModel
from rabbitviewer.shell import desktop
from rabbitviewer.shell.command_palette import Command
from rabbitviewer.shell.popover import Popover
from rabbitviewer.shell.scripts_panel import ScriptsPanel
from rabbitviewer.wiring.parts import Parts


class Scripting(QObject):
    """Runs scripts on the selected photos and tells how they end.

    Attributes:
        menu: The scripts, for the photos' context menu.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._window = parts.window
        self._selection = parts.selection
        self._model = ScriptsModel(parts.folders.config / "scripts", self)
        self._runs = ScriptRuns(self)
        pill = parts.window.status.scripts_pill
        panel = ScriptsPanel(self._runs)
        self._popover = Popover(panel, pill, parts.window)
        panel.size_changed.connect(self._on_size_changed)
        pill.clicked.connect(self._popover.toggle)
        parts.window.actions_by_id.connect_all({"scripts.folder": self._open_folder})
        parts.window.closing.connect(self._runs.stop_all)
        self._runs.changed.connect(self._show_pill)
        self._runs.ended.connect(self._on_ended)
        self._runs.folder_wanted.connect(parts.navigator.open_folder)
        self.menu = QMenu(self.tr("Scripts"), parts.window)
        self.menu.aboutToShow.connect(self._fill_own)
        self._model.look()

    def commands(self) -> Iterator[Command]:
        """Return the scripts as the palette shows them."""
        for script in self._model.scripts:
            yield Command(
                f"script:{script.path.name}",
                script.title,
                self.tr("Script"),
                self._runner(script),
                icon="ph.code",
                enabled=not script.problem,
                reason=script.problem,
            )

    def fill(self, menu: QMenu) -> None:
        """Put the scripts into *menu*."""
        for script in self._model.scripts:
            entry = menu.addAction(script.title.replace("&", "&&"))
            entry.setEnabled(not script.problem)
            entry.setToolTip(script.problem or str(script.path))
            entry.triggered.connect(self._runner(script))
        if self._model.scripts:
            menu.addSeparator()
        self._window.actions_by_id.fill(menu, ("scripts.folder",))

    def _fill_own(self) -> None:
        self.menu.clear()
        self.fill(self.menu)

    def _runner(self, script: Script) -> Callable[[], None]:
        def run() -> None:
            self._runs.start(script, tuple(self._selection.selected))

        return run

    def _open_folder(self) -> None:
        if not desktop.open_file(bytes(self._model.folder)):
            words = self.tr("Scripts stand in {folder}").format(folder=self._model.folder)
            self._window.status.say(words)

    def _show_pill(self) -> None:
        running = self._runs.running
        words = self.tr("{n} scripts running").format(n=len(running))
        if len(running) == 1:
            run = running[0]
            part = f" {run.done}/{run.total}" if run.total else ""
            words = f"{run.script.title}{part}"
        self._window.status.show_scripts(words if running else "", any_ran=bool(self._runs.runs))

    def _on_ended(self, run: Run) -> None:
        if run.state == "stopped":
            return
        title = run.script.title
        if run.state == "done":
            done = self.tr("{title} is done").format(title=title)
            words = f"{title}: {run.message}" if run.message else done
            offer = self.tr("Details") if run.details else ""
            self._window.status.say(words, offer, self._popover.open_popover)
        else:
            words = self.tr("{title} failed. {why}").format(title=title, why=run.message)
            self._window.status.say(words, self.tr("Details"), self._popover.open_popover)

    def _on_size_changed(self) -> None:
        if self._popover.isVisible():
            self._popover.place()
