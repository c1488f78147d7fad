"""What the pointer does to the mask, in pixels of the photo: strokes, shapes, clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from rabbitviewer.masking import engine
from rabbitviewer.masking.press import Press
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.mask_changes import MaskChanges
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.models.paint_choices import Mode

if TYPE_CHECKING:
    from rabbitviewer.paint.editing import MaskEditing

Modifiers = Qt.KeyboardModifier

_LEAST_TRACE_PX = 1.0


class PaintDesk(QObject):
    """Carries out what the pointer does; several surfaces share it.

    Signals:
        outline_changed: what is drawn with the pointer and not part of the mask yet is another.
        picked: a place of the photo was clicked with a tool that asks the daemon (its column and
            row, how the selection combines).
        refused: nothing can be painted now.
    """

    outline_changed = Signal()
    picked = Signal(QPointF, str)
    refused = Signal()

    def __init__(
        self,
        masks: MaskModel,
        changes: MaskChanges,
        settings: PaintSettings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._masks = masks
        self._changes = changes
        self._settings = settings
        self._press: Press | None = None
        self._stroking = False
        self._last: QPointF | None = None
        masks.closed.connect(self._forget)
        masks.opened.connect(self._forget)
        settings.tool_changed.connect(self.settle)

    @property
    def gesture(self) -> Press | None:
        """What is being drawn and is not part of the mask yet; strokes are at once."""
        return self._press

    @property
    def is_busy(self) -> bool:
        """Whether a stroke or shape is under way."""
        return self._stroking or self._press is not None

    # ------------------------------------------------------------ pointer

    def press(
        self, at: QPointF, modifiers: Modifiers, *, second: bool = False, pressure: float = 1.0
    ) -> None:
        """Begin at a place of the photo.

        Args:
            at: Column and row.
            modifiers: Keys that are held.
            second: The right button, or the pen's other end: erases, or subtracts.
            pressure: The pen's, 0..1.
        """
        editing = self._masks.editing
        if editing is None:
            return
        if self._changes.blocks:
            self.refused.emit()
            return
        tool = self._settings.tool
        if tool.way == "stroke":
            self._begin_stroke(editing, at, modifiers, second=second, pressure=pressure)
        elif tool.way == "points" and self._press is not None:
            self._add_corner(at)
        elif tool.way == "click":
            self.picked.emit(at, self._mode(modifiers, second=second))
        else:
            mode = self._mode(modifiers, second=second)
            self._press = Press(tool, at, at, mode, modifiers, points=[at])
            self.outline_changed.emit()

    def move(self, at: QPointF, modifiers: Modifiers, *, pressure: float = 1.0) -> None:
        """Go on to a place of the photo."""
        editing = self._masks.editing
        if editing is not None and self._stroking:
            editing.extend_stroke([engine.point(at, pressure)])
            self._last = at
        press = self._press
        if press is None:
            return
        fresh = modifiers & ~press.modifiers
        press.now = at
        press.square = bool(fresh & Modifiers.ShiftModifier)
        press.centered = bool(fresh & Modifiers.AltModifier)
        if press.tool.way == "line" and press.square:
            press.now = _straight(press.start, at)
        if press.tool.way == "trace":
            last = press.points[-1]
            if (at - last).manhattanLength() >= _LEAST_TRACE_PX:
                press.points.append(at)
        self.outline_changed.emit()

    def release(self, at: QPointF, modifiers: Modifiers) -> None:
        """End the stroke or shape; a polygon goes on to its next corner."""
        editing = self._masks.editing
        if editing is None:
            return
        if self._stroking:
            self._stroking = False
            editing.end_stroke()
            return
        press = self._press
        if press is not None and press.tool.way != "points":
            self.move(at, modifiers)
            self._press = None
            shape = engine.shape_of(press)
            if shape is not None:
                editing.fill_shape(shape, press.mode)
            self.outline_changed.emit()

    # ------------------------------------------------------------ keys

    def cancel(self) -> bool:
        """Give up what is being drawn; return whether there was anything."""
        editing = self._masks.editing
        was_busy = self.is_busy
        if self._stroking and editing is not None:
            editing.cancel_stroke()
        self._stroking = False
        if self._press is not None:
            self._press = None
            self.outline_changed.emit()
        return was_busy

    def settle(self) -> None:
        """Painting ends: a stroke stays as far as it got, a shape that is not finished goes."""
        editing = self._masks.editing
        if self._stroking and editing is not None:
            editing.end_stroke()
        self._stroking = False
        self.cancel()

    def close_polygon(self) -> bool:
        """Fill the polygon whose corners were clicked; return whether one was being drawn."""
        press, editing = self._press, self._masks.editing
        if press is None or press.tool.way != "points" or editing is None:
            return False
        self._press = None
        shape = engine.shape_of(press)
        if shape is not None:
            editing.fill_shape(shape, press.mode)
        self.outline_changed.emit()
        return True

    def take_back(self) -> bool:
        """Take back the polygon's last corner; return whether one was being drawn."""
        press = self._press
        if press is None or press.tool.way != "points":
            return False
        press.points.pop()
        if not press.points:
            self._press = None
        self.outline_changed.emit()
        return True

    # ------------------------------------------------------------ inside

    def _begin_stroke(
        self,
        editing: MaskEditing,
        at: QPointF,
        modifiers: Modifiers,
        *,
        second: bool,
        pressure: float,
    ) -> None:
        erase = (self._settings.tool.id == "eraser") != second
        brush = engine.brush(self._settings.choices)
        if modifiers & Modifiers.ShiftModifier and self._last is not None:
            editing.line_to(brush, engine.point(at, 1.0), erase=erase)
        else:
            editing.begin_stroke(brush, engine.point(at, pressure), erase=erase)
            self._stroking = True
        self._last = at

    def _add_corner(self, at: QPointF) -> None:
        press = self._press
        if press is not None:
            press.points.append(at)
            press.now = at
            self.outline_changed.emit()

    def _mode(self, modifiers: Modifiers, *, second: bool) -> Mode:
        shift = bool(modifiers & Modifiers.ShiftModifier)
        alt = bool(modifiers & Modifiers.AltModifier) or second
        if shift and alt:
            return "intersect"
        if shift:
            return "add"
        return "subtract" if alt else self._settings.choices.mode

    def _forget(self) -> None:
        self._stroking = False
        self._last = None
        if self._press is not None:
            self._press = None
            self.outline_changed.emit()


def _straight(start: QPointF, at: QPointF) -> QPointF:
    """Return *at* moved onto the nearest of the eight directions from *start*."""
    across, down = at.x() - start.x(), at.y() - start.y()
    if abs(across) > 2 * abs(down):
        return QPointF(at.x(), start.y())
    if abs(down) > 2 * abs(across):
        return QPointF(start.x(), at.y())
    side = max(abs(across), abs(down))
    return start + QPointF(side if across >= 0 else -side, side if down >= 0 else -side)
