"""The slideshow: one photo after the other over the whole screen, each faded into the next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QStyle, QWidget

from rabbitviewer.models.preview import Preview
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.overlay import PassingFigure
from rabbitviewer.view.photo_paint import device_pixels, draw_photo
from rabbitviewer.view.viewport import Viewport

_VIEWER = "slideshow"
_COARSE = ("embedded", "thumbnail")
_POINTER_MS = 1500


class Slideshow(QWidget):
    """Shows photos in their order and begins again at the end.

    The next photo is fetched while this one is shown; a change that finds it missing waits for it,
    so that nothing coarse is ever faded in.

    Signals:
        ended: the slideshow is over; the photo that was on show last.
    """

    ended = Signal(bytes)

    def __init__(self, previews: PreviewStore, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._previews = previews
        self._paths: Sequence[bytes] = ()
        self._row = 0
        self._shown: Preview | None = None
        self._before: Preview | None = None
        self._paused = False
        self._running = False
        self._turn_timer = QTimer(self, singleShot=True)
        self._turn_timer.timeout.connect(lambda: self.step(1))
        self._pointer_timer = QTimer(self, singleShot=True, interval=_POINTER_MS)
        self._pointer_timer.timeout.connect(lambda: self.setCursor(Qt.CursorShape.BlankCursor))
        self._fade = QVariantAnimation(self)
        self._fade.setStartValue(0.0)
        self._fade.setEndValue(1.0)
        self._fade.valueChanged.connect(self.update)
        self._fade.finished.connect(self._on_faded)
        self._figure = PassingFigure(self)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setWindowTitle(self.tr("Slideshow"))
        self.setAccessibleName(self.tr("Slideshow"))
        previews.ready.connect(self._on_ready)
        previews.failed.connect(self._on_failed)

    @property
    def path(self) -> bytes:
        """The photo whose turn it is; empty: there is none."""
        return self._paths[self._row] if self._paths else b""

    @property
    def paused(self) -> bool:
        """Whether it stays at this photo until it is told to go on."""
        return self._paused

    @property
    def picture(self) -> Preview | None:
        """What is on the screen, or on its way there by a fade."""
        return self._shown

    def start(self, paths: Sequence[bytes], first: bytes, seconds: float) -> None:
        """Show *paths* from *first* on, each for so many *seconds*."""
        self._paths = tuple(paths)
        self._row = self._paths.index(first) if first in self._paths else 0
        self._turn_timer.setInterval(round(seconds * 1000))
        self._shown = self._before = None
        self._paused = False
        self._running = True
        self._ask()
        self._pointer_timer.start()

    def step(self, by: int) -> None:
        """Go on by so many photos; after the last comes the first."""
        if self._paths:
            self._turn_timer.stop()
            self._row = (self._row + by) % len(self._paths)
            self._ask()

    def toggle_pause(self) -> None:
        """Stay at this photo, or go on."""
        self._paused = not self._paused
        if self._paused:
            self._turn_timer.stop()
            self._figure.say(self.tr("Paused"))
        else:
            self._turn_timer.start()
            self._figure.say(self.tr("Going on"))

    # ------------------------------------------------------------ pixels

    def _area(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def _ask(self) -> None:
        if self._running and self.path and self.isVisible():
            self._previews.want(self.path, *self._area(), viewer=_VIEWER)
            count = len(self._paths)
            ahead = [self._paths[(self._row + far) % count] for far in (1, 2, -1)]
            self._previews.look_ahead(ahead, *self._area())

    def _on_ready(self, picture: Preview) -> None:
        if not self._running or picture.path != self.path or picture.quality in _COARSE:
            return
        if self._shown is not None and self._shown.path == picture.path:
            self._shown = picture
            self.update()
            return
        self._before, self._shown = self._shown, picture
        self._fade.stop()
        if self._before is not None and self._fades():
            self._fade.setDuration(min(tokens().fade_ms, self._turn_timer.interval() // 2))
            self._fade.start()
        else:
            self._on_faded()

    def _on_failed(self, path: bytes, _error: object) -> None:
        """A photo that cannot be shown is passed by, after its time."""
        if self._running and path == self.path and not self._paused:
            self._turn_timer.start()

    def _on_faded(self) -> None:
        self._before = None
        self.update()
        if self._running and not self._paused:
            self._turn_timer.start()

    def _fades(self) -> bool:
        """Whether the user likes movement on the screen."""
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration
        return bool(self.style().styleHint(hint, None, self)) and tokens().fade_ms > 0

    # ------------------------------------------------------------ Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photo, over the one before it while it comes."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens().photo_area_black))
        with device_pixels(painter):
            if self._before is not None:
                share = float(self._fade.currentValue() or 0.0)
                self._paint(painter, self._before, 1.0 - share)
                self._paint(painter, self._shown, share)
            else:
                self._paint(painter, self._shown, 1.0)
        painter.end()

    def _paint(self, painter: QPainter, picture: Preview | None, opacity: float) -> None:
        if picture is None or opacity <= 0.0:
            return
        area = Viewport(*self._area(), 0, 0, largest_fit=self.devicePixelRatioF())
        place = area.with_source(picture.source_width, picture.source_height).rect
        painter.setOpacity(opacity)
        draw_photo(painter, QRectF(*place), picture)
        painter.setOpacity(1.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space pauses, the arrows go to other photos, Esc ends."""
        match event.key():
            case Qt.Key.Key_Space:
                self.toggle_pause()
            case Qt.Key.Key_Right | Qt.Key.Key_Down | Qt.Key.Key_PageDown:
                self.step(1)
            case Qt.Key.Key_Left | Qt.Key.Key_Up | Qt.Key.Key_PageUp:
                self.step(-1)
            case Qt.Key.Key_Escape | Qt.Key.Key_F5 | Qt.Key.Key_Q:
                self.close()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left goes on, right goes back."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.step(1)
        elif event.button() == Qt.MouseButton.RightButton:
            self.step(-1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the pointer while it moves."""
        self.unsetCursor()
        self._pointer_timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the first photo."""
        super().showEvent(event)
        self._ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for pixels of the size that there is."""
        super().resizeEvent(event)
        self._ask()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End: nothing more is asked for."""
        super().closeEvent(event)
        if self._running:
            self._running = False
            self._turn_timer.stop()
            self._fade.stop()
            self._previews.let_go(_VIEWER)
            last = self._shown.path if self._shown is not None else self.path
            self._shown = self._before = None
            self.ended.emit(last)
