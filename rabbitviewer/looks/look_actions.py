"""What is done with looks and grades: apply, copy, paste, save, rename, delete, import, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import LutConverted
from daemon.protocol.values import LookInfo
from rabbitviewer.looks.grade_extras import can_be_taken, grade_of
from rabbitviewer.looks.look_files import LookFiles
from rabbitviewer.looks.look_words import ended_words, looks_words, photos_words
from rabbitviewer.looks.looks_panel import LooksPanel
from rabbitviewer.models.grade_batches import Batch, GradeBatches
from rabbitviewer.models.job import Job
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.looks import Grade, LooksModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.window import MainWindow
from rabbitviewer.words import file_name, short


class LookActions(QObject):
    """Carries out the actions, and tells what they did in the status line.

    Signals:
        applied: a grade was asked for (:class:`Grade`, the photos).
    """

    applied = Signal(object, tuple)

    def __init__(
        self,
        window: MainWindow,
        panel: LooksPanel,
        looks: LooksModel,
        jobs: JobsModel,
        batches: GradeBatches,
        selection: Selection,
        files: LookFiles,
        show_in_folder: Callable[[bytes], object],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._panel = panel
        self._looks = looks
        self._jobs = jobs
        self._batches = batches
        self._selection = selection
        self._files = files
        self._show_in_folder = show_in_folder
        self._copied: Grade | None = None
        self._tried: Grade | None = None
        self._saving = ""
        self._deleted: dict[str, str] = {}
        window.actions_by_id.connect_all(
            {
                "panel.looks": self._toggle,
                "look.copy": self._copy,
                "look.paste": self._paste,
                "look.save": self.ask_name,
                "look.import": self.choose_files,
            }
        )
        panel.grid.apply_wanted.connect(self._apply_look)
        panel.grid.delete_wanted.connect(self.delete)
        panel.grid.undo_wanted.connect(self._undo_delete)
        panel.grid.menu_wanted.connect(self._open_menu)
        panel.footer.apply_pressed.connect(lambda: self._apply_look(panel.grid.chosen))
        panel.footer.close_pressed.connect(lambda: panel.grid.choose(""))
        panel.import_pressed.connect(self.choose_files)
        panel.save_pressed.connect(self.ask_name)
        panel.save_row.saved.connect(self._on_named)
        looks.saved.connect(self._on_saved)
        looks.imported.connect(self._on_imported)
        looks.failed.connect(self._on_failed)
        batches.ended.connect(self._on_ended)
        batches.refused.connect(self._on_refused)
        for signal in (
            selection.current_changed,
            selection.selected_changed,
            jobs.reset,
            panel.grid.current_changed,
            panel.grid.chosen_changed,
        ):
            signal.connect(self._enable)
        jobs.finished.connect(self._on_job_finished)
        window.actions_by_id.keys_changed.connect(self._show_keys)
        self._show_keys()
        self._enable()

    # ------------------------------------------------------------ what can be done

    def _enable(self, *_what: object) -> None:
        actions, job = self._window.actions_by_id, self._finished()
        count = len(self._selection.selected)
        actions["look.save"].setEnabled(job is not None and not job.info.look_id)
        actions["look.copy"].setEnabled(job is not None or bool(self._panel.grid.chosen))
        actions["look.paste"].setEnabled(self._copied is not None and count > 0)
        self._panel.footer.set_photos(count)
        self._show_keys()

    def _on_job_finished(self, job_id: str) -> None:
        job, current = self._jobs.job(job_id), self._selection.current
        if job is not None and current in (job.info.path, job.info.result_path):
            self._enable()

    def _show_keys(self) -> None:
        keys = self._window.actions_by_id.shown_keys("look.save")
        key = next(iter(keys), "")
        job = self._finished()
        words = ""
        if job is not None and not job.info.look_id:
            name = file_name(job.info.path)
            words = self.tr("Save the grade of {name} as a look").format(name=name)
        self._panel.set_save(words, key)
        self._panel.empty.show_key(key)

    def _finished(self) -> Job | None:
        """Return the finished grade that belongs to the current photo."""
        current = self._selection.current
        job = self._jobs.latest_for(current) if current else None
        return job if job is not None and can_be_taken(job.info) else None

    def _toggle(self) -> None:
        """Open the tab and go there, or close it."""
        if self._window.toggle_tab("looks"):
            self._panel.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # ------------------------------------------------------------ onto photos

    def apply(self, grade: Grade, paths: Sequence[bytes]) -> None:
        """Put *grade* on photos."""
        if not paths or grade.strength <= 0:
            return
        photos = tuple(paths)
        self._batches.start(grade, photos)
        if len(photos) > 1:
            words = self.tr("“{name}” goes onto {photos}")
            words = words.format(name=short(grade.title), photos=photos_words(len(photos)))
        else:
            words = self.tr("“{name}” goes onto {photo}")
            photo = file_name(next(iter(photos)))
            words = words.format(name=short(grade.title), photo=photo)
        self._window.status.say(words)
        self.applied.emit(grade, photos)

    def _apply_look(self, look_id: str) -> None:
        grade = self.grade_of_look(look_id)
        if grade is not None:
            self.apply(grade, self._selection.selected)

    def grade_of_look(self, look_id: str) -> Grade | None:
        """Return a look as the footer says how strong it counts; None: it is not there."""
        look, footer = self._looks.look(look_id), self._panel.footer
        if look is None:
            return None
        strength, channels = footer.strength.strength, footer.channels
        return Grade(look.name, look_id=look_id, strength=strength, channels=channels)

    def _copy(self) -> None:
        """Copy the look that is tried, else the grade of the photo as it is shown."""
        job = self._finished()
        grade = self.grade_of_look(self._panel.grid.chosen)
        if grade is None and job is not None:
            tried = self._tried
            is_its = tried is not None and tried.job_id == job.info.job_id
            grade = tried if is_its else grade_of(job.info)
        if grade is not None:
            self.copy(grade)

    def set_tried(self, grade: Grade | None) -> None:
        """Say at which other strength a finished grade is shown; None: as it is."""
        self._tried = grade

    def copy(self, grade: Grade) -> None:
        """Remember *grade*, to be pasted."""
        self._copied = grade
        self._enable()
        key = next(iter(self._window.actions_by_id.shown_keys("look.paste")), "")
        words = self.tr("Grade “{name}” copied").format(name=short(grade.title))
        if key:
            words += " · " + self.tr("{key} puts it on the selected photos").format(key=key)
        self._window.status.say(words)

    def _paste(self) -> None:
        if self._copied is not None:
            self.apply(self._copied, self._selection.selected)

    # ------------------------------------------------------------ into the library

    def ask_name(self) -> None:
        """Ask in the Looks tab what the grade of the photo shall be called."""
        job = self._finished()
        if job is not None:
            self._saving = job.info.job_id
            self._window.open_tab("looks")
            self._panel.save_row.ask(job.info.prompt)

    def _on_named(self, name: str) -> None:
        self.save(self._saving, name)

    def save(self, job_id: str, name: str) -> None:
        """Keep the grade of a finished job as a look."""
        if job_id:
            self._looks.save_grade(job_id, name)

    def choose_files(self) -> None:
        """Let the user choose LUT files that become looks."""
        self._files.ask_for_luts(self.take_files)

    def take_files(self, paths: Sequence[bytes]) -> None:
        """Make looks of LUT files."""
        if len(paths) == 1:
            self._looks.import_file(paths[0])
        else:
            self._looks.import_files(paths)

    def _on_imported(self, saved: tuple[LookInfo, ...], refused: tuple[ErrorInfo, ...]) -> None:
        parts: list[str] = []
        if saved:
            parts.append(self.tr("{looks} saved").format(looks=looks_words(len(saved))))
        if refused:
            first = next(iter(refused))
            files = self.tr("{n} files could not be read").format(n=f"{len(refused):,}")
            parts.extend([files] if len(refused) > 1 else [])
            parts.append(f"{first.message} {first.hint}".strip())
        words = " · ".join(parts)
        if saved and self._panel.isVisible():
            self._panel.grid.set_current(saved[-1].look_id)
        offer = self.tr("Undo") if saved else ""
        self._window.status.say(words, offer, lambda: self._take_back(saved))

    def _take_back(self, saved: tuple[LookInfo, ...]) -> None:
        for look in saved:
            self.delete(look.look_id)

    def _on_saved(self, look: LookInfo, notes: tuple[str, ...]) -> None:
        words = self.tr("Look “{name}” saved").format(name=short(look.name))
        words = " · ".join((words, *notes))
        if self._panel.isVisible():
            self._panel.grid.set_current(look.look_id)
            self._window.status.say(words, self.tr("Undo"), lambda: self.delete(look.look_id))
        else:
            self._window.status.say(words, self.tr("Show"), lambda: self._show(look.look_id))

    def _show(self, look_id: str) -> None:
        self._window.open_tab("looks")
        self._panel.grid.set_current(look_id)

    # ------------------------------------------------------------ out of it

    def delete(self, look_id: str) -> None:
        """Take a look out of the library, with a way back in the status line."""
        look = self._looks.look(look_id)
        if look is None:
            return
        if self._panel.grid.chosen == look_id:
            self._panel.grid.choose("")
        self._looks.delete(look_id)
        self._deleted[look_id] = look.name
        self._panel.grid.set_can_undo(can_undo=True)
        words = self.tr("Look “{name}” deleted").format(name=short(look.name))
        self._window.status.say(words, self.tr("Undo"), lambda: self._restore(look_id))

    def _undo_delete(self) -> None:
        if self._deleted:
            self._restore(next(reversed(self._deleted)))

    def _restore(self, look_id: str) -> None:
        name = self._deleted.pop(look_id, "")
        self._panel.grid.set_can_undo(can_undo=bool(self._deleted))
        self._looks.restore(look_id)
        self._window.status.say(self.tr("Look “{name}” is back").format(name=short(name)))

    def _export(self, look: LookInfo, ending: str) -> None:
        def written(answer: LutConverted) -> None:
            path = answer.path
            words = self.tr("Look “{look}” is in {file}")
            words = words.format(look=short(look.name), file=file_name(path))
            words = " · ".join((words, *answer.notes))
            offer = self.tr("Show in folder")
            self._window.status.say(words, offer, lambda: self._show_in_folder(path))

        self._files.ask_where(
            look.name, ending, lambda path: self._looks.export(look.look_id, path, written)
        )

    # ------------------------------------------------------------ the menu

    def _open_menu(self, where: QPoint) -> None:
        self.make_menu().popup(where)

    def make_menu(self) -> QMenu:
        """Return the context menu of the current look, and of the library."""
        menu = QMenu(self._panel)
        menu.aboutToHide.connect(menu.deleteLater)
        look = self._looks.look(self._panel.grid.current)
        if look is not None:
            self._fill_look_menu(menu, look)
            menu.addSeparator()
        return self._window.actions_by_id.fill(menu, ("look.import",))

    def _fill_look_menu(self, menu: QMenu, look: LookInfo) -> None:
        key, grid = look.look_id, self._panel.grid
        count = len(self._selection.selected)
        words = self.tr("Apply\tReturn")
        if count > 1:
            words = self.tr("Apply to {n} selected\tReturn").format(n=f"{count:,}")
        apply = self._add(menu, words, lambda: self._apply_look(key))
        apply.setEnabled(count > 0)
        copy = self.grade_of_look(key)
        if copy is not None:
            self._add(menu, self.tr("Copy grade"), lambda: self.copy(copy))
        menu.addSeparator()
        self._add(menu, self.tr("Rename\tF2"), lambda: grid.edit_name(key))
        self._add(menu, self.tr("Delete\tDel"), lambda: self.delete(key))
        menu.addSeparator()
        self._add(menu, self.tr("Export as .cube…"), lambda: self._export(look, ".cube"))
        self._add(menu, self.tr("Export as Hald PNG…"), lambda: self._export(look, ".png"))

    def _add(self, menu: QMenu, text: str, run: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: run())
        return action

    # ------------------------------------------------------------ what is heard

    def _on_failed(self, error: ErrorInfo) -> None:
        self._window.status.say(f"{error.message} {error.hint}".strip())

    def _on_ended(self, batch: Batch) -> None:
        if batch.failed:
            jobs = self._window.jobs_popover
            self._window.status.say(ended_words(batch), self.tr("Why"), jobs.toggle)
        elif batch.count:
            self._window.status.say(ended_words(batch))

    def _on_refused(self, error: ErrorInfo, count: int) -> None:
        words = f"{error.message} {error.hint}".strip()
        if count > 1:
            photos = photos_words(count)
            words = self.tr("{photos} refused. {words}").format(photos=photos, words=words)
        self._window.status.say(words)
