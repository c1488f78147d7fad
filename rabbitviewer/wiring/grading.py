"""What follows from a grade's progress: which room is told what."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.jobs_panel import JobsPanel
from rabbitviewer.edit.subject import POOL, SELECTION, SLOT
from rabbitviewer.models.hosts import GRADE_OPERATION
from rabbitviewer.models.job import LOOK, Job
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.navigator import Navigator
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.window import MainWindow, Page
from rabbitviewer.words import file_name


class Grading(QObject):
    """A grade on its way through the rooms: panel, photo, jobs list, status line."""

    def __init__(
        self,
        window: MainWindow,
        navigator: Navigator,
        jobs: JobsModel,
        panel: GradePanel,
        jobs_panel: JobsPanel,
        photo: PhotoView,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._navigator = navigator
        self._jobs = jobs
        self._panel = panel
        self._photo = photo
        self._told_elsewhere: list[Callable[[Job], bool]] = []
        window.actions_by_id.connect_all(
            {"edit.grade": self._open_panel, "pool.grade_all": self._open_for_pool}
        )
        window.jobs_popover.opening.connect(jobs_panel.prepare)
        window.jobs_popover.closed.connect(jobs.mark_failures_seen)
        panel.started.connect(self._on_started)
        panel.preview_changed.connect(self._on_preview_changed)
        panel.graded.connect(self._on_graded)
        panel.compare_wanted.connect(navigator.compare)
        panel.keep_wanted.connect(navigator.keep)
        panel.folder_wanted.connect(navigator.show_in_folder)
        jobs_panel.open_wanted.connect(self._on_open_wanted)
        jobs.finished.connect(self._on_finished)
        photo.comparing_changed.connect(panel.set_comparing)

    def leave_out(self, is_told_elsewhere: Callable[[Job], bool]) -> None:
        """Say nothing of the end of such jobs: they are one of many."""
        self._told_elsewhere.append(is_told_elsewhere)

    def _open_panel(self) -> None:
        """Ask for a grade of what the keys act on: the photos, or the pool's active one."""
        window = self._window
        focused = window.focusWidget() or window
        if window.pages.isAncestorOf(focused):
            self._panel.choose_source(SELECTION)
        elif window.side.tab == "pool" and window.side.isAncestorOf(focused):
            self._panel.choose_source(SLOT)
        self._open()

    def _open_for_pool(self) -> None:
        self._panel.choose_source(POOL)
        self._open()

    def _open(self) -> None:
        self._window.open_tab("edit")
        self._panel.focus_prompt()

    def _on_started(self, photos: tuple[bytes, ...]) -> None:
        if len(photos) == 1:
            self._photo.end_compare()
            self._navigator.open_photo(photos[0])

    def _on_preview_changed(self, image: QImage | None) -> None:
        self._photo.stand_in(image)

    def _on_graded(self, original: bytes, result: bytes) -> None:
        compared = self._photo.canvas.original if self._photo.comparing else None
        is_free = compared is None or compared.path == original
        if self._window.page == Page.PHOTO and is_free:
            self._navigator.compare(original, result)

    def _on_finished(self, job_id: str) -> None:
        """Say quietly that a job ended whose photo is not on show."""
        job = self._jobs.job(job_id)
        if job is None or job.info.state == "cancelled":
            return
        info = job.info
        if self._window.page == Page.PHOTO and self._photo.path in (info.path, info.result_path):
            return
        if any(is_told(job) for is_told in self._told_elsewhere):
            return
        name = file_name(info.path)
        is_grade = info.operation in (GRADE_OPERATION, LOOK)
        if info.state == "done":
            form = self.tr("{name} is graded") if is_grade else self.tr("{name} is edited")
            words = form.format(name=name)
            self._window.status.say(words, self.tr("Compare"), lambda: self._on_open_wanted(job))
        else:
            grade = self.tr("The grade of {name} failed")
            edit = self.tr("The edit of {name} failed")
            words = (grade if is_grade else edit).format(name=name)
            self._window.status.say(words, self.tr("Why"), self._window.jobs_popover.toggle)

    def _on_open_wanted(self, job: Job) -> None:
        self._window.jobs_popover.close_popover()
        if job.info.result_path:
            self._navigator.compare(job.info.path, job.info.result_path)
