"""All that can be done with one job of the list, as a menu and by key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from rabbitviewer.edit.error_card import error_text
from rabbitviewer.edit.job_keys import JobKey
from rabbitviewer.edit.job_row import HostsFor
from rabbitviewer.edit.retry_row import fill_hosts, has_seed, is_lost, remedy_words
from rabbitviewer.models.job import Job, Retry
from rabbitviewer.models.job_steering import BACK, BEFORE, FRONT, JobSteering
from rabbitviewer.models.jobs import JobsModel


class JobDeeds(QObject):
    """Does to jobs what menu, keys, buttons and drags ask for.

    Signals:
        open_wanted: compare this job's original and result (:class:`Job`).
        folder_wanted: show the job's result, else its photo, where it lies (its path).
    """

    open_wanted = Signal(object)
    folder_wanted = Signal(bytes)

    def __init__(
        self, jobs: JobsModel, steering: JobSteering, hosts_for: HostsFor, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._steering = steering
        self._hosts_for = hosts_for
        self._over = parent

    def retry(self, job_id: str, retry: Retry) -> None:
        """Run an ended job again."""
        self._jobs.retry(
            job_id, new_seed=retry.new_seed, host=retry.host, free_memory=retry.free_memory
        )

    def open(self, job_id: str) -> None:
        """Compare what was made with what it was made from."""
        job = self._jobs.job(job_id)
        if job is not None and job.info.result_path:
            self.open_wanted.emit(job)

    def toggle_pause(self, job_id: str) -> None:
        """Hold a job, or let it go on."""
        job = self._jobs.job(job_id)
        if job is not None and not job.ended:
            holds = job.info.paused or job.info.state == "paused"
            self._steering.pause(job_id, paused=not holds)

    def move_before(self, job_id: str, before: str) -> None:
        """Put a waiting job before another one, or to the back."""
        self._steering.move((job_id,), BEFORE if before else BACK, before)

    def press(self, job_id: str, key: JobKey) -> None:
        """Do what a key stands for."""
        job = self._jobs.job(job_id)
        if job is None:
            return
        waits = not (job.ended or job.is_running)
        match key:
            case JobKey.UP | JobKey.DOWN if waits:
                self._steering.step(job_id, -1 if key == JobKey.UP else 1)
            case JobKey.FRONT | JobKey.BACK if waits:
                self._steering.move((job_id,), FRONT if key == JobKey.FRONT else BACK)
            case JobKey.CANCEL if not job.ended:
                self._steering.cancel(job_id)
            case JobKey.PAUSE:
                self.toggle_pause(job_id)
            case JobKey.OPEN:
                self.open(job_id)
            case _:
                pass

    # ------------------------------------------------------------ the menu

    def open_menu(self, job_id: str, where: QPoint) -> None:
        """Open the menu of a job."""
        job = self._jobs.job(job_id)
        if job is None:
            return
        menu = QMenu(self._over)
        menu.aboutToHide.connect(menu.deleteLater)
        if job.ended:
            self._fill_ended(menu, job)
        else:
            self._fill_open(menu, job)
        menu.popup(where)

    def _fill_open(self, menu: QMenu, job: Job) -> None:
        info, job_id = job.info, job.info.job_id
        if not job.is_running:
            for text, key in (
                (self.tr("To the front\tCtrl+Home"), JobKey.FRONT),
                (self.tr("Up\tCtrl+Up"), JobKey.UP),
                (self.tr("Down\tCtrl+Down"), JobKey.DOWN),
                (self.tr("To the back\tCtrl+End"), JobKey.BACK),
            ):
                self._add(menu, text, lambda key=key: self.press(job_id, key))
            menu.addSeparator()
        holds = info.paused or info.state == "paused"
        pause = self.tr("Hold after this host has finished") if job.is_running else self.tr("Pause")
        text = self.tr("Go on") if holds else pause
        self._add(menu, f"{text}\tSpace", lambda: self.toggle_pause(job_id))
        self._add(menu, self.tr("Cancel\tDel"), lambda: self._steering.cancel(job_id))

    def _fill_ended(self, menu: QMenu, job: Job) -> None:
        info, job_id = job.info, job.info.job_id
        if info.result_path:
            self._add(menu, self.tr("Compare\tReturn"), lambda: self.open(job_id))
        path = info.result_path or info.path
        self._add(menu, self.tr("Show in folder"), lambda: self.folder_wanted.emit(path))
        menu.addSeparator()
        words = remedy_words(info)
        if words and not is_lost(info):
            self._add(menu, words, lambda: self.retry(job_id, Retry(free_memory=True)))
        again = words if is_lost(info) else self.tr("Run it again")
        self._add(menu, again, lambda: self.retry(job_id, Retry()))
        if has_seed(info):
            text = self.tr("Run it again with a new seed")
            self._add(menu, text, lambda: self.retry(job_id, Retry(new_seed=True)))
        hosts = self._hosts_for(info)
        if hosts:
            submenu = menu.addMenu(self.tr("Run it again on another host"))
            fill_hosts(submenu, hosts, lambda retry: self.retry(job_id, retry))
        error = info.error
        if error is not None:
            menu.addSeparator()
            clipboard = QGuiApplication.clipboard()
            self._add(menu, self.tr("Copy details"), lambda: clipboard.setText(error_text(error)))

    def _add(self, menu: QMenu, text: str, run: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: run())
        return action
