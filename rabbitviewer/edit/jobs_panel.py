"""What stands behind the jobs pill: all jobs, and what can be done with the whole queue."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.edit.job_list import JobList
from rabbitviewer.edit.job_menu import JobDeeds
from rabbitviewer.edit.job_origin import JobOrigins
from rabbitviewer.edit.job_row import HostsFor, JobRow, PictureOf
from rabbitviewer.models.job import Job
from rabbitviewer.models.job_steering import JobSteering
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.theme.controls import hairline, push_button, text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import jobs_words

_WIDTH = 440
_HEIGHT = 640


class JobsPanel(QWidget):
    """Jobs in groups; the queue held, let go, emptied.

    Signals:
        open_wanted: compare this job's original and result (:class:`Job`).
        folder_wanted: show this file where it lies.
        pictures_wanted: small pictures of these photos are looked at (their paths).
    """

    open_wanted = Signal(object)
    folder_wanted = Signal(bytes)
    pictures_wanted = Signal(tuple)

    def __init__(
        self,
        jobs: JobsModel,
        steering: JobSteering,
        picture_of: PictureOf,
        origins: JobOrigins,
        hosts_for: HostsFor,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._steering = steering
        self._make = (picture_of, origins, hosts_for)
        self.deeds = JobDeeds(jobs, steering, hosts_for, self)
        self._list = JobList(jobs, self._make_row)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._list)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pause = push_button(self.tr("Pause"), "quiet", "ph.pause")
        self._pause.setToolTip(self.tr("Begin nothing more; what a host is at it finishes"))
        self._cancel_all = push_button(self.tr("Cancel all"), "quiet", "ph.x")
        self._resume = push_button(self.tr("Resume"), "primary", "ph.play")
        self._again = push_button(self.tr("Run them again"))
        self._said = text_label("", wraps=True)
        words = self.tr("The queue is paused. Nothing new begins until you resume it.")
        self._paused = _strip(text_label(words, wraps=True), self._resume)
        self._notice = _strip(self._said, self._again)
        self._empty = text_label(
            self.tr("No jobs yet. Choose a photo and press G to grade it."), "secondary", wraps=True
        )
        self._lay_out()
        self._connect(origins)
        self.setFocusProxy(self._list)
        self._notice.hide()
        self._show_queue()

    def sizeHint(self) -> QSize:
        """Return a size that shows a few jobs, or just says that there are none."""
        head = self.minimumSizeHint().height()
        if self._list.is_empty:
            return QSize(_WIDTH, head + tokens().space_5)
        above = head - self._scroll.minimumSizeHint().height()
        return QSize(_WIDTH, min(self._list.sizeHint().height() + above, _HEIGHT))

    def hasHeightForWidth(self) -> bool:
        """Say that its height is its own: what does not fit is scrolled to."""
        return False

    def prepare(self) -> None:
        """Make the rows; while nobody looks they are not."""
        self._list.wake()
        self._on_grown()

    def show_picture(self, path: bytes) -> None:
        """A small picture of the photo *path* is there."""
        self._list.show_picture(path)

    def say(self, words: str, *, can_repeat: bool = False) -> None:
        """Say what was done, with the button that takes it back."""
        self._said.setText(words)
        self._again.setVisible(can_repeat)
        self._notice.setVisible(bool(words))
        self.updateGeometry()

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        head = QHBoxLayout()
        head.setContentsMargins(look.space_4, look.space_2, look.space_2, look.space_2)
        head.setSpacing(look.space_1)
        head.addWidget(text_label(self.tr("Jobs"), "title"))
        head.addStretch(1)
        head.addWidget(self._pause)
        head.addWidget(self._cancel_all)
        self._empty.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(hairline())
        layout.addWidget(self._paused)
        layout.addWidget(self._notice)
        layout.addWidget(self._empty)
        layout.addWidget(self._scroll, 1)

    def _connect(self, origins: JobOrigins) -> None:
        self._pause.clicked.connect(lambda: self._steering.pause_all(paused=True))
        self._resume.clicked.connect(lambda: self._steering.pause_all(paused=False))
        self._cancel_all.clicked.connect(self._steering.cancel_all)
        self._again.clicked.connect(self._run_again)
        self._steering.cancelled.connect(self._on_cancelled)
        self._steering.refused.connect(self._on_refused)
        for signal in (self._jobs.paused_changed, self._jobs.arranged, self._jobs.reset):
            signal.connect(self._show_queue)
        origins.changed.connect(self._list.show_all_anew)
        self.deeds.open_wanted.connect(self.open_wanted)
        self.deeds.folder_wanted.connect(self.folder_wanted)
        self._list.key_pressed.connect(self.deeds.press)
        self._list.opened.connect(self.deeds.open)
        self._list.moved.connect(self.deeds.move_before)
        self._list.reveal_wanted.connect(self._reveal)
        self._list.grown.connect(self._on_grown)
        self._list.pictures_wanted.connect(self.pictures_wanted)

    def _make_row(self, job: Job) -> JobRow:
        picture_of, origins, hosts_for = self._make
        row = JobRow(job, picture_of, origins, hosts_for)
        row.cancel_pressed.connect(self._steering.cancel)
        row.pause_pressed.connect(self.deeds.toggle_pause)
        row.retry_pressed.connect(self.deeds.retry)
        row.open_pressed.connect(self.deeds.open)
        row.menu_wanted.connect(self.deeds.open_menu)
        return row

    # ------------------------------------------------------------ what is heard

    def _show_queue(self) -> None:
        """Show whether the queue holds, and what can be done with all of it."""
        counts, paused = self._jobs.counts(), self._jobs.is_paused
        is_open = bool(counts.running or counts.waiting or counts.paused)
        focus = self.window().focusWidget()
        if self._paused.isVisibleTo(self) != paused:
            self._paused.setVisible(paused)
            self.updateGeometry()
        self._pause.setVisible(not paused)
        self._pause.setEnabled(is_open)
        self._cancel_all.setEnabled(is_open)
        if focus in (self._pause, self._resume, self._cancel_all):
            stays = focus is self._cancel_all and is_open
            held = focus if stays else (self._resume if paused else self._pause)
            held.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_cancelled(self, count: int) -> None:
        self.say(self.tr("Cancelled {jobs}").format(jobs=jobs_words(count)), can_repeat=True)

    def _run_again(self) -> None:
        self.say("")
        self._steering.run_again()

    def _on_refused(self, error: ErrorInfo) -> None:
        self.say(f"{error.message} {error.hint}".strip())

    def _on_grown(self) -> None:
        empty = self._list.is_empty
        self._empty.setVisible(empty)
        self._scroll.setVisible(not empty)
        self.updateGeometry()

    def _reveal(self, where: QPoint) -> None:
        self._scroll.ensureVisible(0, where.y(), 0, tokens().space_5)

    # ------------------------------------------------------------ Qt

    def event(self, event: QEvent) -> bool:
        """Keep Del from the photos under the panel, also where no row has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() == Qt.Key.Key_Delete)
            return event.isAccepted()
        return super().event(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest until the next look."""
        super().hideEvent(event)
        self._list.rest()
        self._notice.hide()


def _strip(words: QWidget, button: QWidget) -> QFrame:
    """Return a strip with a sentence and what can be done."""
    look = tokens()
    strip = QFrame()
    strip.setProperty("look", "strip")
    across = QHBoxLayout(strip)
    across.setContentsMargins(look.space_4, look.space_2, look.space_3, look.space_2)
    across.setSpacing(look.space_3)
    across.addWidget(words, 1)
    across.addWidget(button)
    return strip
