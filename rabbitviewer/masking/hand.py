"""The user's hand on one surface: pointer and pen events become places of the photo."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QMouseEvent,
    QPointingDevice,
    QRegion,
    QTabletEvent,
    QTransform,
)

from rabbitviewer.masking import engine
from rabbitviewer.masking.desk import PaintDesk
from rabbitviewer.masking.layer import PaintLayer
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.view.canvas import PhotoCanvas
from rabbitviewer.view.layers import outward

_SPREAD_PX = 2
_CLOSES_PX = 7
_SIZE_PER_PX = 1.0
_HARDNESS_PER_PX = 1 / 200
_LEFT, _RIGHT, _MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)


class PaintHand(QObject):
    """Paints on one canvas for as long as a mask is painted; wheel and pinch stay the canvas's.

    Attributes:
        focus: Gives the keys to whoever shall have them after a press.
    """

    def __init__(
        self,
        canvas: PhotoCanvas,
        masks: MaskModel,
        desk: PaintDesk,
        settings: PaintSettings,
        layer: PaintLayer,
    ) -> None:
        super().__init__(canvas)
        self.focus: Callable[[], object] = canvas.setFocus
        self._canvas = canvas
        self._masks = masks
        self._desk = desk
        self._settings = settings
        self._layer = layer
        self._taken = False
        self._button = Qt.MouseButton.NoButton
        self._pan_from: QPointF | None = None
        self._resize_from: tuple[QPointF, float, float] | None = None
        self._at: QPointF | None = None
        self._outline = QRectF()
        self._space = False

    # ------------------------------------------------------------ taking and leaving

    def take(self) -> None:
        """Begin to hear the canvas."""
        if self._taken:
            return
        self._taken = True
        self._canvas.show_loupe(on=False)
        self._canvas.set_layer(self._layer)
        self._canvas.installEventFilter(self)
        self._canvas.moved.connect(self._on_moved)
        self._masks.changed.connect(self._on_values_changed)
        self._masks.refreshed.connect(self._on_values_changed)
        self._desk.outline_changed.connect(self._show_outline)
        self._settings.changed.connect(self._on_settings_changed)
        self._settings.view_changed.connect(self._canvas.update)
        if self._canvas.underMouse():
            self._at = QPointF(self._canvas.mapFromGlobal(self._canvas.cursor().pos()))
        self.show_pointer()

    def leave(self) -> None:
        """Give the canvas back."""
        if not self._taken:
            return
        self._taken = False
        self._canvas.removeEventFilter(self)
        self._canvas.moved.disconnect(self._on_moved)
        self._masks.changed.disconnect(self._on_values_changed)
        self._masks.refreshed.disconnect(self._on_values_changed)
        self._desk.outline_changed.disconnect(self._show_outline)
        self._settings.changed.disconnect(self._on_settings_changed)
        self._settings.view_changed.disconnect(self._canvas.update)
        self._button = Qt.MouseButton.NoButton
        self._pan_from = self._resize_from = self._at = None
        self._layer.pointer = None
        self._canvas.set_layer(None)
        self._canvas.unsetCursor()

    def hold_space(self, *, held: bool) -> None:
        """The space bar is held or let go of: the pointer moves the photo meanwhile."""
        self._space = held
        if not held:
            self._pan_from = None
        self.show_pointer()

    def repaint(self) -> None:
        """Paint the mask and what lies on it anew."""
        if self._taken:
            self._canvas.update()

    # ------------------------------------------------------------ Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take pointer and pen before the canvas does."""
        kind = event.type()
        if isinstance(event, QMouseEvent):
            return self._on_mouse(event, kind)
        if isinstance(event, QTabletEvent):
            return self._on_tablet(event, kind)
        if kind == QEvent.Type.ContextMenu:
            return True
        if kind == QEvent.Type.Leave:
            self._at = None
            self.show_pointer()
        return False

    def _on_mouse(self, event: QMouseEvent, kind: QEvent.Type) -> bool:
        where, modifiers = event.position(), event.modifiers()
        if kind == QEvent.Type.MouseMove:
            self._move(where, modifiers, 1.0)
        elif kind == QEvent.Type.MouseButtonPress:
            self._press(where, event.button(), modifiers, 1.0)
        elif kind == QEvent.Type.MouseButtonDblClick:
            if event.button() == _LEFT and self._settings.tool.way == "points":
                self._desk.close_polygon()
            else:
                self._press(where, event.button(), modifiers, 1.0)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._release(where, event.button(), modifiers)
        else:
            return False
        event.accept()
        return True

    def _on_tablet(self, event: QTabletEvent, kind: QEvent.Type) -> bool:
        where, modifiers, pressure = event.position(), event.modifiers(), event.pressure()
        turned = event.pointerType() == QPointingDevice.PointerType.Eraser
        if kind == QEvent.Type.TabletMove:
            self._move(where, modifiers, pressure)
        elif kind == QEvent.Type.TabletPress:
            button = _RIGHT if turned and event.button() == _LEFT else event.button()
            self._press(where, button, modifiers, pressure)
        elif kind == QEvent.Type.TabletRelease:
            button = _RIGHT if turned and event.button() == _LEFT else event.button()
            self._release(where, button, modifiers)
        else:
            return False
        event.accept()
        return True

    # ------------------------------------------------------------ pointer

    def _press(
        self,
        where: QPointF,
        button: Qt.MouseButton,
        modifiers: Qt.KeyboardModifier,
        pressure: float,
    ) -> None:
        self.focus()
        self._at = where
        if self._button != Qt.MouseButton.NoButton or not self._layer.is_shown:
            return
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if button == _MIDDLE or (button == _LEFT and self._space):
            self._pan_from = where
        elif self._settings.tool.is_brush and alt and (button == _RIGHT or control):
            choices = self._settings.choices
            self._resize_from = (where, choices.size_px, choices.hardness)
        elif button == _LEFT and self._is_at_first_corner(where):
            self._desk.close_polygon()
        elif button in (_LEFT, _RIGHT):
            second = button == _RIGHT
            self._desk.press(self.to_photo(where), modifiers, second=second, pressure=pressure)
        else:
            return
        self._button = button
        self.show_pointer()

    def _move(self, where: QPointF, modifiers: Qt.KeyboardModifier, pressure: float) -> None:
        self._at = where
        if self._pan_from is not None:
            moved, self._pan_from = where - self._pan_from, where
            ratio = self._canvas.devicePixelRatioF()
            there = self._canvas.viewport.panned(moved.x() * ratio, moved.y() * ratio)
            self._canvas.set_viewport(there)
        elif self._resize_from is not None:
            self._resize(where)
        else:
            self._desk.move(self.to_photo(where), modifiers, pressure=pressure)
        if self._canvas.loupe_shown:
            self._canvas.set_loupe(where)
        self.show_pointer()

    def _release(
        self, where: QPointF, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
    ) -> None:
        if button != self._button:
            return
        self._button = Qt.MouseButton.NoButton
        if self._pan_from is not None or self._resize_from is not None:
            self._pan_from = self._resize_from = None
        else:
            self._desk.release(self.to_photo(where), modifiers)
        self.show_pointer()

    def _resize(self, where: QPointF) -> None:
        """Across: the brush's size; up and down: its hardness."""
        if self._resize_from is None:
            return
        start, size, hardness = self._resize_from
        moved = where - start
        scale = self._layer.scale(self._layer.to_device()) / self._canvas.devicePixelRatioF()
        self._settings.resize(size + 2 * _SIZE_PER_PX * moved.x() / max(scale, 1e-6))
        wanted = min(max(hardness - moved.y() * _HARDNESS_PER_PX, 0.0), 1.0)
        self._settings.set(hardness=round(wanted, 2))

    def _is_at_first_corner(self, where: QPointF) -> bool:
        """Whether a click here closes the polygon that is being drawn."""
        press = self._desk.gesture
        if press is None or press.tool.way != "points" or len(press.points) < engine.CORNERS:
            return False
        first = self._layer.to_device().map(press.start) / self._canvas.devicePixelRatioF()
        away = first - where
        return math.hypot(away.x(), away.y()) <= _CLOSES_PX

    def to_photo(self, where: QPointF) -> QPointF:
        """Return the mask's column and row under a point of the canvas."""
        back: QTransform
        back, _ = self._layer.to_photo_scale()
        return back.map(self._canvas.to_photo(where))

    # ------------------------------------------------------------ what is repainted

    def _on_values_changed(self, part: QRect) -> None:
        shown = self._layer.to_device().mapRect(QRectF(part))
        self._canvas.update_device(
            QRegion(outward(shown.adjusted(-_SPREAD_PX, -_SPREAD_PX, _SPREAD_PX, _SPREAD_PX)))
        )

    def _show_outline(self) -> None:
        shown = self._layer.outline_rect()
        if not (shown.isNull() and self._outline.isNull()):
            both = shown.united(self._outline)
            self._canvas.update_device(QRegion(outward(both.adjusted(-3, -3, 3, 3))))
        self._outline = shown

    def _on_settings_changed(self) -> None:
        self.show_pointer()

    def _on_moved(self) -> None:
        self.show_pointer()

    def show_pointer(self) -> None:
        """Put the brush's outline where the pointer is, and the system's cursor away there."""
        if not self._taken:
            return
        before = self._layer.ring_region()
        at = self._at
        ratio = self._canvas.devicePixelRatioF()
        brush = self._settings.tool.is_brush and self._pan_from is None and not self._space
        on_it = at is not None and self._layer.is_shown
        start = self._resize_from
        place = start[0] if start is not None else at
        self._layer.pointer = place * ratio if brush and on_it and place is not None else None
        self._canvas.update_device(before + self._layer.ring_region())
        self._canvas.setCursor(self._cursor(at))

    def _cursor(self, at: QPointF | None) -> Qt.CursorShape:
        if self._pan_from is not None:
            return Qt.CursorShape.ClosedHandCursor
        if self._space:
            return Qt.CursorShape.OpenHandCursor
        if self._layer.is_blocked:
            return Qt.CursorShape.BusyCursor
        painting = self._masks.painting
        if at is None or painting is None or not self._layer.is_shown:
            return Qt.CursorShape.ArrowCursor
        if self._is_at_first_corner(at):
            return Qt.CursorShape.PointingHandCursor
        if not self._settings.tool.is_brush:
            return Qt.CursorShape.CrossCursor
        place = self.to_photo(at)
        inside = QRectF(0, 0, painting.width_px, painting.height_px).contains(place)
        return Qt.CursorShape.BlankCursor if inside else Qt.CursorShape.ArrowCursor
