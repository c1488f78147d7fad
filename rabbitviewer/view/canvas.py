"""Pointer, wheel, trackpad and keys on the painted photo."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import (
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
_KEY_STEP = 0.02


class PhotoCanvas(PhotoSurface):
    """The photo under the user's hands."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drag_from: QPointF | None = None
        self._drags_handle = False
        self._hold_timer = QTimer(self, singleShot=True, interval=_HOLD_MS)
        self._hold_timer.timeout.connect(lambda: self.hold_original(on=True))
        self.setMouseTracking(True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the handle or of the photo; a long press shows the original."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._drag_from = event.position()
        self._drags_handle = self._over_handle(event.position())
        if self.comparing and not self._drags_handle:
            self._hold_timer.start()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what was taken hold of."""
        where = event.position()
        if self._drag_from is None:
            self._show_cursor(where)
            return
        if self._drags_handle:
            photo = self._photo_rect()
            self.set_split((where.x() - photo.left()) / max(photo.width(), 1.0))
            return
        moved = where - self._drag_from
        if self._holding or moved.manhattanLength() < 3:
            return
        self._hold_timer.stop()
        self._drag_from = where
        ratio = self.devicePixelRatioF()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._set_viewport(self._viewport.panned(moved.x() * ratio, moved.y() * ratio))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._hold_timer.stop()
        self._drag_from = None
        self._drags_handle = False
        self.hold_original(on=False)
        self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go from fit to 100 % at the pointer, and back."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle_zoom(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; two fingers on a trackpad pan."""
        trackpad = event.device().type() == QInputDevice.DeviceType.TouchPad
        zooms = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if trackpad and not zooms:
            delta = event.pixelDelta() or event.angleDelta() / 4
            ratio = self.devicePixelRatioF()
            self._set_viewport(self._viewport.panned(delta.x() * ratio, delta.y() * ratio))
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
        """Hold the original; move the handle."""
        held = event.key() == Qt.Key.Key_Backslash and not event.isAutoRepeat()
        if held:
            self.hold_original(on=True)
        elif self.comparing and event.key() in (Qt.Key.Key_Comma, Qt.Key.Key_Period):
            forward = event.key() == Qt.Key.Key_Period
            self.set_split(self._split + (_KEY_STEP if forward else -_KEY_STEP))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go of the original."""
        if event.key() == Qt.Key.Key_Backslash and not event.isAutoRepeat():
            self.hold_original(on=False)
        else:
            super().keyReleaseEvent(event)

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
