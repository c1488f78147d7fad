"""What the user set for painting: tool, brush, how areas combine, how the mask is shown."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from rabbitviewer.masking.tools import Tool, mask_tools
from rabbitviewer.models.paint_choices import PaintChoices, View
from rabbitviewer.theme.tokens import tokens

VIEWS: tuple[View, ...] = ("overlay", "mask", "ants")
SMALLEST_PX, LARGEST_PX = 1, 2000
_HARDNESS_STEP = 0.25


class PaintSettings(QObject):
    """The choices in force, shared by every place where a mask is painted.

    Signals:
        changed: something is set otherwise.
        tool_changed: another tool is taken.
        view_changed: the mask is to be shown otherwise.
    """

    changed = Signal()
    tool_changed = Signal()
    view_changed = Signal()

    def __init__(self, choices: PaintChoices | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices = _sound(choices or PaintChoices())
        self._tools = {tool.id: tool for tool in mask_tools()}
        if self._choices.tool not in self._tools:
            self._choices = msgspec.structs.replace(self._choices, tool="brush")

    @property
    def choices(self) -> PaintChoices:
        """What is set."""
        return self._choices

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tools[self._choices.tool]

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All tools."""
        return tuple(self._tools.values())

    @property
    def color(self) -> str:
        """Colour of the overlay."""
        return self._choices.color or tokens().mask

    def set(self, **changes: object) -> None:
        """Set fields of :class:`PaintChoices`."""
        before = self._choices
        wanted = msgspec.structs.replace(before, **changes)
        if wanted == before:
            return
        self._choices = wanted
        if wanted.tool != before.tool:
            self.tool_changed.emit()
        shown = (wanted.view, wanted.color, wanted.overlay)
        if shown != (before.view, before.color, before.overlay):
            self.view_changed.emit()
        self.changed.emit()

    def swap(self) -> None:
        """Go from painting to erasing and back; from another tool, to the brush."""
        self.set(tool="eraser" if self._choices.tool == "brush" else "brush")

    def next_view(self) -> None:
        """Go on to the next way of showing the mask."""
        self.set(view=VIEWS[(VIEWS.index(self._choices.view) + 1) % len(VIEWS)])

    def resize(self, size_px: float) -> None:
        """Take a brush of *size_px*, within what there is."""
        self.set(size_px=float(min(max(round(size_px), SMALLEST_PX), LARGEST_PX)))

    def step_size(self, direction: int) -> None:
        """Take the next larger (1) or smaller (-1) brush: by about a tenth, on round figures."""
        self.resize(next_size(self._choices.size_px, direction))

    def step_hardness(self, direction: int) -> None:
        """Make the brush harder (1) or softer (-1)."""
        hardness = round(self._choices.hardness / _HARDNESS_STEP) + direction
        self.set(hardness=min(max(hardness * _HARDNESS_STEP, 0.0), 1.0))


def next_size(size_px: float, direction: int) -> float:
    """Return the brush after *size_px*: steps of 1 to 10, of 5 to 50, of 10 to 100, and so on."""
    size = round(size_px)
    for below, step in ((10, 1), (50, 5), (100, 10), (200, 25), (500, 50), (LARGEST_PX + 1, 100)):
        if size < below or (size == below and direction < 0):
            there = (size // step + 1) * step if direction > 0 else (-(-size // step) - 1) * step
            return float(max(there, SMALLEST_PX))
    return float(LARGEST_PX)


def suiting_size(width_px: int, height_px: int) -> float:
    """Return a brush that suits a photo of this size: a twenty-fifth of its longer side."""
    return max(next_size(max(width_px, height_px) / 25, 1), 5.0)


def _sound(choices: PaintChoices) -> PaintChoices:
    """Return *choices* with every figure within what there is, whatever was remembered."""
    shares = ("hardness", "opacity", "flow", "low", "high", "softness", "overlay")
    kept = {name: min(max(getattr(choices, name), 0.0), 1.0) for name in shares}
    size = min(max(choices.size_px, 0.0), float(LARGEST_PX))
    return msgspec.structs.replace(choices, size_px=size, **kept)
