"""One line of the jobs list."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from daemon.protocol.values import JobInfo
from rabbitviewer.edit.error_card import ErrorCard
from rabbitviewer.edit.job_origin import JobOrigins, mask_words, stale_advice, stale_words
from rabbitviewer.edit.retry_row import RetryRow
from rabbitviewer.models.job import Job, Retry
from rabbitviewer.theme.controls import ElidedLabel, icon_button, text_label
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import job_host_words, left_words, place_words, state_words

_PICTURE = 48
_STATE_ICONS = {
    "done": ("ph.check-circle", "success"),
    "failed": ("ph.warning-circle", "error"),
    "cancelled": ("ph.prohibit", "text_secondary"),
    "paused": ("ph.pause-circle", "text_secondary"),
}

PictureOf = Callable[[bytes], QImage | None]
HostsFor = Callable[[JobInfo], tuple[str, ...]]


class JobRow(QFrame):
    """Name, prompt and state of one job, and what can be done with it.

    Signals:
        cancel_pressed, open_pressed, pause_pressed: the buttons (the job's id).
        retry_pressed: run it again (the job's id, :class:`Retry`).
        menu_wanted: all that can be done with it (the job's id, where on the screen).
    """

    cancel_pressed = Signal(str)
    open_pressed = Signal(str)
    pause_pressed = Signal(str)
    retry_pressed = Signal(str, object)
    menu_wanted = Signal(str, QPoint)

    def __init__(
        self,
        job: Job,
        picture_of: PictureOf,
        origins: JobOrigins,
        hosts_for: HostsFor,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._origins = origins
        self._job = job
        self._picture_of = picture_of
        self._hosts_for = hosts_for
        self._pictured: object = None
        self._error: ErrorCard | None = None
        self._retry: RetryRow | None = None
        self.job_id = job.info.job_id
        self.setProperty("look", "job")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._grip = QLabel()
        self._grip.setFixedWidth(tokens().icon_small)
        self._grip.setToolTip(self.tr("Drag to another place, or Ctrl+Up and Ctrl+Down"))
        self._picture = QLabel()
        self._picture.setFixedSize(_PICTURE, _PICTURE)
        self._name = ElidedLabel("heading")
        self._sign = QLabel()
        self._state = ElidedLabel("small")
        self._state.setFont(figures_font(self._state.font()))
        self._news = text_label("", "small", wraps=True)
        self._prompt = ElidedLabel("secondary")
        self._whence = ElidedLabel("small")
        self._stale = text_label(stale_words(), "tag")
        self._stale.setToolTip(stale_advice())
        self._tag = text_label(self.tr("No AI"), "tag")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._pause = icon_button("ph.pause", self.tr("Pause"))
        self._cancel = icon_button("ph.x", self.tr("Cancel"))
        self._open = icon_button("ph.square-half", self.tr("Compare"))
        self._again = icon_button("ph.arrow-clockwise", self.tr("Try again"))
        self._more = icon_button("ph.dots-three", self.tr("What can be done with it"))
        for button in (self._pause, self._cancel, self._open, self._again, self._more):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pause.clicked.connect(lambda: self.pause_pressed.emit(self.job_id))
        self._cancel.clicked.connect(lambda: self.cancel_pressed.emit(self.job_id))
        self._open.clicked.connect(lambda: self.open_pressed.emit(self.job_id))
        self._again.clicked.connect(lambda: self._on_retry(Retry()))
        self._more.clicked.connect(self._open_menu)
        self._lay_out()
        self.show_job(job)

    @property
    def can_move(self) -> bool:
        """Whether it waits, so that it can come to stand elsewhere."""
        return not (self._job.ended or self._job.is_running)

    @property
    def pictured(self) -> bytes:
        """The photo that stands for it: the result, else the original."""
        return self._job.info.result_path or self._job.info.path

    def show_job(self, job: Job) -> None:
        """Show how *job* stands; nothing is touched that stays as it is."""
        self._job = job
        info = job.info
        self._name.setText(self._origins.name(info))
        self._prompt.setText(" ".join(info.prompt.split()))
        self._tag.setVisible(not info.ai)
        self._state.setText(self._state_text(job))
        news = _news_of(job)
        self._news.setText(news)
        self._news.setVisible(bool(news))
        whence = " · ".join(filter(None, (self._origins.pool_words(info), mask_words(info))))
        self._whence.setText(whence[:1].upper() + whence[1:])
        self._whence.setVisible(bool(whence))
        self._stale.setVisible(self._origins.is_stale(info))
        self._bar.setValue(round(info.progress_pct * 10))
        self._bar.setVisible(job.is_running)
        self._show_buttons(job)
        self._show_sign(info)
        self._show_error(job)
        self._name_it(job)
        self.show_picture()

    def show_picture(self) -> None:
        """Show the sampler's picture, or the photo where its pixels are at hand."""
        info = self._job.info
        image = self._job.preview or self._picture_of(self.pictured) or self._picture_of(info.path)
        if image is None:
            if self._picture.pixmap().isNull():
                stand_in = icon("ph.image", "text_secondary")
                self._picture.setPixmap(stand_in.pixmap(_PICTURE, _PICTURE))
            return
        ratio = self.devicePixelRatioF()
        if self._pictured == (image.cacheKey(), ratio):
            return
        self._pictured = (image.cacheKey(), ratio)
        side = round(_PICTURE * ratio)
        covering = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        smooth = Qt.TransformationMode.SmoothTransformation
        scaled = image.scaled(side, side, covering, smooth)
        left, top = (scaled.width() - side) // 2, (scaled.height() - side) // 2
        pixmap = QPixmap.fromImage(scaled.copy(left, top, side, side))
        pixmap.setDevicePixelRatio(ratio)
        self._picture.setPixmap(pixmap)

    # ------------------------------------------------------------ parts

    def _show_buttons(self, job: Job) -> None:
        info = job.info
        holds = info.paused or info.state == "paused"
        words = self.tr("Go on") if holds else self.tr("Pause")
        if self._pause.toolTip() != words:
            self._pause.setIcon(icon("ph.play" if holds else "ph.pause"))
            self._pause.setToolTip(words)
            self._pause.setAccessibleName(words)
        self._pause.setVisible(self.can_move)
        self._cancel.setVisible(not job.ended)
        self._open.setVisible(info.state == "done")
        self._again.setVisible(info.state == "cancelled")
        if self._grip.property("on") != self.can_move:
            self._grip.setProperty("on", self.can_move)
            side = tokens().icon_small
            grip = icon("ph.dots-six-vertical", "text_secondary")
            self._grip.setPixmap(grip.pixmap(side, side) if self.can_move else QPixmap())
            shape = Qt.CursorShape.OpenHandCursor if self.can_move else Qt.CursorShape.ArrowCursor
            self._grip.setCursor(shape)

    def _show_sign(self, info: JobInfo) -> None:
        """Show a sign beside the state, which must not be told by colour alone."""
        sign = _STATE_ICONS.get(info.state)
        self._sign.setVisible(sign is not None)
        if sign is not None and self._sign.property("sign") != sign[0]:
            self._sign.setProperty("sign", sign[0])
            side = tokens().font_body
            self._sign.setPixmap(icon(*sign).pixmap(side, side))

    def _show_error(self, job: Job) -> None:
        info = job.info
        failed = info.state == "failed" and info.error is not None
        if failed and self._retry is None:
            self._retry = RetryRow()
            self._retry.retry_wanted.connect(self._on_retry)
            self._lines.addWidget(self._retry)
        if failed and self._error is None:
            self._error = ErrorCard()
            self._lines.insertWidget(self._lines.count() - 1, self._error)
        if self._error is not None:
            self._error.setVisible(failed)
            if info.error is not None:
                self._error.show_error(info.error)
        if self._retry is not None:
            self._retry.setVisible(failed)
            self._retry.show_for(info, self._hosts_for(info) if failed else ())

    def _on_retry(self, retry: Retry) -> None:
        self.retry_pressed.emit(self.job_id, retry)

    def _name_it(self, job: Job) -> None:
        said = ", ".join(filter(None, (self._name.text(), self._state.text(), self._news.text())))
        self.setAccessibleName(said)
        if job.is_running:
            words = self.tr("Progress of {name}").format(name=self._name.text())
            self._bar.setAccessibleName(words)

    def _state_text(self, job: Job) -> str:
        info = job.info
        if job.is_running:
            parts = [
                f"{info.progress_pct:.0f} %",
                state_words(info),
                place_words(job.place),
                job_host_words(info),
                "" if _news_of(job) else left_words(job.eta_s),
                self.tr("holds after this") if info.paused else "",
            ]
        elif not job.ended:
            waits = info.state == "waiting" and info.message
            parts = [info.message if waits else state_words(info)]
        else:
            when = QDateTime.fromSecsSinceEpoch(int(info.created))
            today = when.date() == QDateTime.currentDateTime().date()
            short = QLocale.FormatType.ShortFormat
            shown = when.time() if today else when.date()
            parts = [state_words(info), QLocale().toString(shown, short), job_host_words(info)]
        return " · ".join(dict.fromkeys(part for part in parts if part))

    def _lay_out(self) -> None:
        look = tokens()
        top = QHBoxLayout()
        top.setSpacing(look.space_1)
        top.addWidget(self._name, 1)
        top.addWidget(self._tag)
        for button in (self._open, self._again, self._pause, self._cancel, self._more):
            top.addWidget(button)
        state = QHBoxLayout()
        state.setSpacing(look.space_1)
        state.addWidget(self._sign)
        state.addWidget(self._state, 1)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(look.space_1 // 2)
        self._lines.addLayout(top)
        self._lines.addWidget(self._prompt)
        self._lines.addWidget(self._whence)
        self._lines.addWidget(self._stale, 0, Qt.AlignmentFlag.AlignLeft)
        self._lines.addLayout(state)
        self._lines.addWidget(self._news)
        self._lines.addWidget(self._bar)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, look.space_2, look.space_2, look.space_3)
        across.setSpacing(0)
        across.addWidget(self._grip, 0, Qt.AlignmentFlag.AlignVCenter)
        across.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        across.addSpacing(look.space_3)
        across.addLayout(self._lines, 1)

    def _open_menu(self) -> None:
        corner = self._more.mapToGlobal(self._more.rect().bottomLeft())
        self.menu_wanted.emit(self.job_id, corner)

    # ------------------------------------------------------------ Qt

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done, by the right button or the menu key."""
        event.accept()
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        where = event.globalPos() if by_mouse else self.mapToGlobal(self.rect().center())
        self.menu_wanted.emit(self.job_id, where)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the photo's pixels, which may have come since."""
        super().showEvent(event)
        self.show_picture()


def _news_of(job: Job) -> str:
    """Return what its host does unexpectedly; while it does, no time left is known."""
    return job.detail if job.is_running and job.place is None else ""
