"""One line of the jobs list."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from rabbitviewer.edit.error_card import ErrorCard
from rabbitviewer.edit.job_origin import JobOrigins, mask_words, stale_advice, stale_words
from rabbitviewer.models.jobs import Job
from rabbitviewer.theme.controls import ElidedLabel, icon_button, text_label
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import left_words, state_words

_PICTURE = 48

PictureOf = Callable[[bytes], QImage | None]


class JobRow(QFrame):
    """Name, prompt and state of one job, and what can be done with it.

    Signals:
        cancel_pressed, retry_pressed, open_pressed: the buttons (the job's id).
    """

    cancel_pressed = Signal(str)
    retry_pressed = Signal(str)
    open_pressed = Signal(str)

    def __init__(
        self,
        job: Job,
        picture_of: PictureOf,
        origins: JobOrigins,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._origins = origins
        self._job = job
        self._picture_of = picture_of
        self._picture = QLabel()
        self._picture.setFixedSize(_PICTURE, _PICTURE)
        job_id = job.info.job_id
        self._name = text_label("", "heading")
        self._state = text_label("", "small")
        self._state.setFont(figures_font(self._state.font()))
        self._prompt = text_label("", "secondary")
        self._whence = ElidedLabel("small")
        self._stale = text_label(stale_words(), "tag")
        self._stale.setToolTip(stale_advice())
        self._tag = text_label(self.tr("No AI"), "tag")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._error = ErrorCard()
        self._cancel = icon_button("ph.x", self.tr("Cancel"))
        self._retry = icon_button("ph.arrow-clockwise", self.tr("Try again"))
        self._open = icon_button("ph.square-half", self.tr("Compare"))
        self._cancel.clicked.connect(lambda: self.cancel_pressed.emit(job_id))
        self._retry.clicked.connect(lambda: self.retry_pressed.emit(job_id))
        self._open.clicked.connect(lambda: self.open_pressed.emit(job_id))
        self._lay_out()
        self.show_job(job)

    def show_job(self, job: Job) -> None:
        """Show how *job* stands."""
        self._job = job
        info = job.info
        running = not job.ended
        self._name.setText(self._origins.name(info))
        self._prompt.setToolTip(info.prompt)
        self._tag.setVisible(not info.ai)
        self._state.setText(self._state_text(job))
        whence = " · ".join(filter(None, (self._origins.pool_words(info), mask_words(info))))
        self._whence.setText(whence[:1].upper() + whence[1:])
        self._whence.setVisible(bool(whence))
        self._stale.setVisible(self._origins.is_stale(info))
        self._bar.setValue(round(info.progress_pct * 10))
        self._bar.setVisible(info.state == "running")
        self._bar.setAccessibleName(self.tr("Progress of {name}").format(name=self._name.text()))
        failed = info.state == "failed" and info.error is not None
        if info.error is not None and failed:
            self._error.show_error(info.error)
        self._error.setVisible(failed)
        self._cancel.setVisible(running)
        self._retry.setVisible(info.state in ("failed", "cancelled"))
        self._open.setVisible(info.state == "done")
        self._elide()
        self._show_picture()

    def _show_picture(self) -> None:
        """Show the photo where its pixels are at hand; its icon stands in for it."""
        info = self._job.info
        image = self._picture_of(info.result_path or info.path) or self._picture_of(info.path)
        if image is None:
            if self._picture.pixmap().isNull():
                stand_in = icon("ph.image", "text_secondary")
                self._picture.setPixmap(stand_in.pixmap(_PICTURE, _PICTURE))
            return
        ratio = self.devicePixelRatioF()
        side = round(_PICTURE * ratio)
        covering = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        smooth = Qt.TransformationMode.SmoothTransformation
        scaled = image.scaled(side, side, covering, smooth)
        left, top = (scaled.width() - side) // 2, (scaled.height() - side) // 2
        pixmap = QPixmap.fromImage(scaled.copy(left, top, side, side))
        pixmap.setDevicePixelRatio(ratio)
        self._picture.setPixmap(pixmap)

    def _state_text(self, job: Job) -> str:
        info = job.info
        if info.state == "running":
            parts = [
                f"{info.progress_pct:.0f} %",
                job.detail or state_words(info),
                left_words(job.eta_s),
            ]
        else:
            when = QDateTime.fromSecsSinceEpoch(int(info.created))
            today = when.date() == QDateTime.currentDateTime().date()
            short = QLocale.FormatType.ShortFormat
            shown = when.time() if today else when.date()
            parts = [state_words(info), QLocale().toString(shown, short)]
        return " · ".join(part for part in parts if part)

    def _lay_out(self) -> None:
        look = tokens()
        top = QHBoxLayout()
        top.setSpacing(look.space_1)
        top.addWidget(self._name, 1)
        top.addWidget(self._tag)
        for button in (self._open, self._retry, self._cancel):
            top.addWidget(button)
        layout = QVBoxLayout()
        layout.setSpacing(look.space_1)
        layout.addLayout(top)
        layout.addWidget(self._prompt)
        layout.addWidget(self._whence)
        layout.addWidget(self._stale, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._state)
        layout.addWidget(self._bar)
        layout.addWidget(self._error)
        across = QHBoxLayout(self)
        across.setContentsMargins(look.space_4, look.space_2, look.space_3, look.space_3)
        across.setSpacing(look.space_3)
        across.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(layout, 1)
        for label in (self._name, self._prompt, self._state):
            label.setMinimumWidth(1)

    def _elide(self) -> None:
        line = " ".join(self._job.info.prompt.split())
        room = self.width() - 3 * tokens().space_4 - _PICTURE
        shown = self._prompt.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, room)
        self._prompt.setText(shown)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the photo's pixels, which may have come since."""
        super().showEvent(event)
        self._show_picture()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the prompt to the room there is."""
        super().resizeEvent(event)
        self._elide()
