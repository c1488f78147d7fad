"""Pointer, wheel, trackpad and keys on the painted photo."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCursor,
    QGuiApplication,
    QHideEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from rabbitviewer.view.overlay import HANDLE_REACH
from rabbitviewer.view.surface import PhotoSurface

_HOLD_MS = 220
_IDLE_MS = 2000
_STILL_PX = 4
_KEY_STEP = 0.02
_PAN_SHARE = 0.15
_PANS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class PhotoCanvas(PhotoSurface):
    """The photo under the user's hands.

    Signals:
        keys_released: a held key was let go of.
        loupe_changed: the loupe was put on the photo or taken away (its state).

    Attributes:
        clicks_zoom: A click goes to 100 % and back.
        idle_timer: After that long a rest the pointer goes, in full screen.
    """

    keys_released = Signal()
    loupe_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drag_from: QPointF | None = None
        self._drags_handle = False
        self._was_click = False
        self.clicks_zoom = True
        self._loupe_on = False
        self._toggled = QElapsedTimer()
        self._hold_timer = QTimer(self, singleShot=True, interval=_HOLD_MS)
        self._hold_timer.timeout.connect(lambda: self.hold_original(on=True))
        self.idle_timer = QTimer(self, singleShot=True, interval=_IDLE_MS)
        self.idle_timer.timeout.connect(self._hide_pointer)
        self.setMouseTracking(True)

    def pointer(self) -> QPointF | None:
        """Return where the pointer is on the photo; None: it is elsewhere."""
        where = QPointF(self.mapFromGlobal(QCursor.pos()))
        inside = self.underMouse() and self._photo_rect().contains(where)
        return where if inside else None

    def show_loupe(self, *, on: bool) -> None:
        """Put the loupe at the pointer, where it stays until it is taken away."""
        self._loupe_on = on
        middle = QPointF(self.width() / 2, self.height() / 2)
        self.set_loupe((self.pointer() or middle) if on else None)
        self.loupe_changed.emit(on)

    def pan_by_share(self, right: float, down: float) -> None:
        """Look further to the right or down by shares of the area."""
        width, height = self._area()
        self.set_viewport(self._viewport.panned(-right * width, -down * height))

    # ------------------------------------------------------------ pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the handle or of the photo; a long press shows the original."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self.set_loupe(event.position())
            return
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._drag_from = event.position()
        self._drags_handle = self._over_handle(event.position())
        self._was_click = not self._drags_handle
        if self.comparing and not self._drags_handle:
            self._hold_timer.start()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what was taken hold of."""
        where = event.position()
        self.idle_timer.start()
        if self.loupe_shown:
            self.set_loupe(where)
        if self._drag_from is None:
            self._show_cursor(where)
            return
        if self._drags_handle:
            photo = self._photo_rect()
            self.set_split((where.x() - photo.left()) / max(photo.width(), 1.0))
            return
        moved = where - self._drag_from
        if self._holding or (self._was_click and moved.manhattanLength() < _STILL_PX):
            return
        self._was_click = False
        self._hold_timer.stop()
        self._drag_from = where
        ratio = self.devicePixelRatioF()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.set_viewport(self._viewport.panned(moved.x() * ratio, moved.y() * ratio))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; a click without a move goes to 100 % at the pixels clicked, and back."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self.show_loupe(on=self._loupe_on)
            return
        if event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        clicked = self._was_click and self.clicks_zoom and not self._holding
        self._hold_timer.stop()
        self._drag_from = None
        self._drags_handle = False
        self._was_click = False
        self.hold_original(on=False)
        if clicked and self._photo_rect().contains(event.position()):
            self.toggle_zoom(event.position())
            self._toggled.start()
        self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go from fit to 100 % and back, unless the first click of the two did so already."""
        within_ms = QGuiApplication.styleHints().mouseDoubleClickInterval()
        done = self._toggled.isValid() and self._toggled.elapsed() <= within_ms
        if event.button() == Qt.MouseButton.LeftButton and not done:
            self.toggle_zoom(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; two fingers on a trackpad pan; under the loupe, enlarge there."""
        if self.loupe_shown:
            self._loupe.step(event.angleDelta().y())
            self.set_loupe(event.position())
            event.accept()
            return
        trackpad = event.device().type() == QInputDevice.DeviceType.TouchPad
        zooms = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if trackpad and not zooms:
            delta = event.pixelDelta() or event.angleDelta() / 4
            ratio = self.devicePixelRatioF()
            self.set_viewport(self._viewport.panned(delta.x() * ratio, delta.y() * ratio))
        else:
            self.zoom_by_steps(event.angleDelta().y() / 120, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinch and smart zoom of trackpads."""
        if isinstance(event, QNativeGestureEvent):
            kind = event.gestureType()
            if kind == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom(self._viewport.zoom * (1 + event.value()), event.position())
                return True
            if kind == Qt.NativeGestureType.SmartZoomNativeGesture:
                self.toggle_zoom(event.position())
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hold the original; move the handle; look at another part of a zoomed photo."""
        held = event.key() == Qt.Key.Key_Backslash and not event.isAutoRepeat()
        if held:
            self.hold_original(on=True)
        elif event.key() in _PANS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            right, down = _PANS[Qt.Key(event.key())]
            self.pan_by_share(right * _PAN_SHARE, down * _PAN_SHARE)
        elif self.comparing and event.key() in (Qt.Key.Key_Comma, Qt.Key.Key_Period):
            forward = event.key() == Qt.Key.Key_Period
            self.set_split(self._split + (_KEY_STEP if forward else -_KEY_STEP))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go of the original, or of a key that was held to go on."""
        if not event.isAutoRepeat():
            self.keys_released.emit()
        if event.key() == Qt.Key.Key_Backslash and not event.isAutoRepeat():
            self.hold_original(on=False)
        else:
            super().keyReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Leave the pointer alone where it is no longer ours."""
        self.idle_timer.stop()
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the loupe away with the photo."""
        super().hideEvent(event)
        if self.loupe_shown:
            self.show_loupe(on=False)

    def _hide_pointer(self) -> None:
        """In full screen the pointer goes after a while of rest."""
        if self.window().isFullScreen():
            self.setCursor(Qt.CursorShape.BlankCursor)

    def _over_handle(self, where: QPointF) -> bool:
        shown = self.comparing and not self._holding
        return shown and abs(where.x() - self._handle_x()) <= HANDLE_REACH

    def _show_cursor(self, where: QPointF) -> None:
        if self._over_handle(where):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif not self._viewport.fitted:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()
