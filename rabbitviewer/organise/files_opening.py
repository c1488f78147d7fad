"""Open with another program: the desktop's own choice, or one that was chosen before."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu

from rabbitviewer.models.remembered import Remembered
from rabbitviewer.models.selection import Selection
from rabbitviewer.shell import desktop
from rabbitviewer.theme.icons import icon
from rabbitviewer.window import MainWindow
from rabbitviewer.words import file_name

_MOST_FILES = 100
_log = logging.getLogger(__name__)


class OpenActions(QObject):
    """A menu of programs behind the action; pressed without the menu, the desktop chooses."""

    _failed = Signal(str)

    def __init__(self, window: MainWindow, selection: Selection, remembered: Remembered) -> None:
        super().__init__(window)
        self._window = window
        self._selection = selection
        self._remembered = remembered
        self._dialog: QFileDialog | None = None
        self._menu = QMenu(window)
        self._menu.aboutToShow.connect(self._fill)
        action = window.actions_by_id["file.open_with"]
        action.setMenu(self._menu)
        window.actions_by_id.connect_all({"file.open_with": self._open_with_default})
        self._failed.connect(self._on_failed)

    def open_with(self, program: str) -> None:
        """Start *program* with the selected photos and remember it."""
        paths = tuple(self._selection.selected)[:_MOST_FILES]
        if paths:
            self._remembered.add_program(program)
            run = threading.Thread(target=self._run, args=(program, paths), daemon=True)
            run.start()

    # ------------------------------------------------------------ menu

    def _fill(self) -> None:
        self._menu.clear()
        default = self._menu.addAction(self.tr("Program of the desktop"))
        default.triggered.connect(self._open_with_default)
        if self._remembered.programs:
            self._menu.addSeparator()
        for program in self._remembered.programs:
            self._menu.addAction(self._program_action(program))
        self._menu.addSeparator()
        other = self._menu.addAction(icon("ph.folder-open"), self.tr("Another program…"))
        other.triggered.connect(self._look_round)

    def _program_action(self, program: str) -> QAction:
        name = file_name(os.fsencode(program))
        action = QAction(name.replace("&", "&&"), self._menu)
        action.setToolTip(program)
        action.triggered.connect(lambda _on=False: self.open_with(program))
        return action

    # ------------------------------------------------------------ opening

    def _open_with_default(self) -> None:
        path = self._selection.current or next(iter(self._selection.selected), b"")
        if path and not desktop.open_file(path):
            self._on_failed(file_name(path))

    def _run(self, program: str, paths: Sequence[bytes]) -> None:
        """Start the program and wait for its end, in a thread of its own."""
        command = [os.fsencode(program), *paths]
        try:
            process = subprocess.Popen(
                [os.fsdecode(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            _log.warning("%s does not start: %s", program, error)
            self._failed.emit(file_name(command[0]))
        else:
            process.wait()

    def _on_failed(self, name: str) -> None:
        self._window.status.say(self.tr("{name} could not be opened").format(name=name))

    def _look_round(self) -> None:
        dialog = QFileDialog(self._window, self.tr("Choose a program"), _programs_folder())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setModal(False)
        dialog.fileSelected.connect(self.open_with)
        self._dialog = dialog
        dialog.show()


def _programs_folder() -> str:
    if sys.platform == "darwin":
        return "/Applications"
    return os.environ.get("PROGRAMFILES", "C:\\") if sys.platform == "win32" else "/usr/bin"
