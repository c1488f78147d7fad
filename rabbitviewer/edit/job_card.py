"""One job of the photo on show: running, done, failed or cancelled, and what can be done then."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from daemon.protocol.values import JobInfo
from rabbitviewer.edit.error_card import ErrorCard
from rabbitviewer.edit.fit_verdict import MODEL, FitVerdict
from rabbitviewer.edit.job_origin import JobOrigins, mask_words, stale_advice, stale_words
from rabbitviewer.edit.retry_row import RetryRow
from rabbitviewer.models.hosts import GRADE_OPERATION
from rabbitviewer.models.job import LOOK, Job
from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import (
    channels_words,
    job_host_words,
    left_words,
    place_words,
    short,
    stage_words,
)


class JobCard(QFrame):
    """Follows one job.

    Signals:
        cancel_pressed, keep_pressed, again_pressed, folder_pressed, compare_pressed: the buttons.
        fit_pressed: another fit of the same grade is wanted (its name).
        retry_wanted: run it again after it failed or was cancelled (:class:`Retry`).
    """

    cancel_pressed = Signal()
    keep_pressed = Signal()
    again_pressed = Signal()
    folder_pressed = Signal()
    compare_pressed = Signal()
    fit_pressed = Signal(str)
    retry_wanted = Signal(object)

    def __init__(self, origins: JobOrigins, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._origins = origins
        self._show_extras: Callable[[JobInfo | None], object] = _show_none
        self.setProperty("look", "card")
        self._title = text_label("", "heading", wraps=True)
        self._tag = text_label(self.tr("No AI"), "tag")
        self._figure = text_label("", "secondary")
        self._figure.setFont(figures_font(self._figure.font()))
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of the grade"))
        self._line = text_label("", "small", wraps=True)
        self._stale = text_label(stale_words(), "tag")
        self._stale.setToolTip(stale_advice())
        self._verdict = FitVerdict()
        self._kept = text_label(self.tr("Untouched outside the mask"), "tag-good")
        self._kept.setToolTip(self.tr("Outside the mask every pixel is the original's."))
        self._error = ErrorCard()
        self._cancel = push_button(self.tr("Cancel"))
        self._keep = push_button(self.tr("Keep"), "primary")
        self._compare = push_button(self.tr("Compare"))
        self._again = push_button(self.tr("Try again"))
        self._retry = RetryRow()
        self._folder = push_button(self.tr("Show in folder"))
        self._lay_out()
        self._cancel.clicked.connect(self.cancel_pressed)
        self._keep.clicked.connect(self.keep_pressed)
        self._again.clicked.connect(self.again_pressed)
        self._folder.clicked.connect(self.folder_pressed)
        self._compare.clicked.connect(self.compare_pressed)
        self._verdict.fit_pressed.connect(self.fit_pressed)
        self._retry.retry_wanted.connect(self.retry_wanted)

    def show_job(self, job: Job, *, comparing: bool, hosts: tuple[str, ...] = ()) -> None:
        """Show how *job* stands.

        Args:
            job: The job.
            comparing: The handle lies across the photo now.
            hosts: On which hosts it could run instead.
        """
        info = job.info
        running, done, failed = not job.ended, info.state == "done", info.state == "failed"
        self._tag.setVisible(not info.ai)
        self._title.setText(self._title_of(job))
        self._figure.setText(f"{info.progress_pct:.0f} %")
        self._figure.setVisible(job.is_running)
        self._bar.setValue(round(info.progress_pct * 10))
        self._bar.setVisible(job.is_running)
        self._show_line(job)
        self._verdict.show_job(info)
        self._kept.setVisible(done and bool(info.outside_identical))
        self._stale.setVisible(self._origins.is_stale(info))
        if info.error is not None and failed:
            self._error.show_error(info.error)
        self._error.setVisible(failed and info.error is not None)
        self._cancel.setVisible(running)
        self._keep.setVisible(done and comparing)
        self._compare.setVisible(done and not comparing)
        self._again.setVisible(done and info.operation != LOOK)
        self._retry.setVisible(job.ended and not done)
        self._retry.show_for(info, hosts)
        self._folder.setVisible(done)
        self._show_extras(info)

    def put_extras(self, widget: QWidget, show: Callable[[JobInfo | None], object]) -> None:
        """Put *widget* above the buttons; *show* hears of every job and when there is none."""
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(layout.count() - 1, widget)
        self._show_extras = show

    def hideEvent(self, event: QHideEvent) -> None:
        """No job is followed, or nobody looks."""
        super().hideEvent(event)
        if self.isHidden():
            self._show_extras(None)

    def _title_of(self, job: Job) -> str:
        match job.info.state:
            case "done" if job.info.operation == LOOK:
                return self.tr("“{look}” at full size").format(look=short(job.info.prompt))
            case "done" if job.info.fit is not None and job.info.fit.model == MODEL:
                return self.tr("Kept at the model's size")
            case "done":
                return self.tr("Graded at full size")
            case "failed" if job.info.operation not in (GRADE_OPERATION, LOOK):
                return self.tr("The edit failed")
            case "failed":
                return self.tr("The grade failed")
            case "cancelled":
                return self.tr("Cancelled")
            case _:
                return stage_words(job.info)

    def _show_line(self, job: Job) -> None:
        info = job.info
        whence = " · ".join(filter(None, (mask_words(info), self._origins.pool_words(info))))
        if not job.ended:
            place = "" if job.detail else place_words(job.place)
            known = (place, job_host_words(info), left_words(job.eta_s))
            waits = info.message if info.state == "waiting" else ""
            lines = [job.detail or waits, _capital(" · ".join(filter(None, known)))]
            lines += [self._holds_words(job), _capital(whence)]
        elif info.state == "done":
            took = sum(info.timings_s.values())
            seconds = self.tr("{seconds} s").format(seconds=f"{took:.0f}") if took >= 1 else ""
            seed = "" if info.operation == LOOK else self.tr("seed {seed}").format(seed=info.seed)
            facts = [seconds, seed, channels_words(info.channels)]
            lines = [*info.notes, _capital(whence), " · ".join(filter(None, facts))]
        else:
            lines = []
        text = "\n".join(line for line in lines if line)
        self._line.setText(text)
        self._line.setVisible(bool(text))

    def _holds_words(self, job: Job) -> str:
        """Say that the job holds, and until when."""
        if job.info.state == "paused":
            return self.tr("It goes on when you say so in the jobs list (J).")
        return self.tr("It holds once its host has finished.") if job.info.paused else ""

    def _lay_out(self) -> None:
        look = tokens()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_3, look.space_3, look.space_3, look.space_3)
        layout.setSpacing(look.space_2)
        top = QHBoxLayout()
        top.setSpacing(look.space_2)
        top.addWidget(self._title, 1)
        top.addWidget(self._tag)
        top.addWidget(self._figure)
        layout.addLayout(top)
        layout.addWidget(self._bar)
        layout.addWidget(self._line)
        tags = QWidget()
        row = FlowLayout(look.space_1, tags)
        for tag in (*self._verdict.chips, self._kept, self._stale):
            row.addWidget(tag)
        layout.addWidget(tags)
        layout.addWidget(self._verdict)
        layout.addWidget(self._error)
        layout.addWidget(self._retry)
        buttons = QWidget()
        row = FlowLayout(look.space_2, buttons)
        for button in (self._keep, self._compare, self._again, self._folder, self._cancel):
            row.addWidget(button)
        layout.addWidget(buttons)


def _show_none(_info: JobInfo | None) -> None:
    """There are no extras."""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
