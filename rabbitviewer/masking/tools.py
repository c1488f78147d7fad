"""The tools of the mask editor: how each is used, what it shows, its one-line hint."""

from __future__ import annotations

import dataclasses
from typing import Literal

from PySide6.QtCore import QCoreApplication

from rabbitviewer.models.paint_choices import Mode

Way = Literal["stroke", "box", "line", "trace", "points", "click"]

MODES: tuple[Mode, ...] = ("add", "subtract", "intersect", "replace")


@dataclasses.dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        id: Its name; that of its action without ``mask.``.
        way: stroke | box | line | trace | points | click: what the pointer does with it.
        hint: What to do, in one line.
    """

    id: str
    way: Way
    hint: str

    @property
    def is_brush(self) -> bool:
        """Whether size and hardness count."""
        return self.way == "stroke"

    @property
    def makes_area(self) -> bool:
        """Whether what it makes is added, subtracted, intersected or put in the mask's place."""
        return self.way != "stroke"


def _tr(text: str) -> str:
    return QCoreApplication.translate("MaskTools", text)


def mask_tools() -> tuple[Tool, ...]:
    """Return all tools in the order of the column."""
    modes = _tr("Shift adds, Alt subtracts, both intersect.")
    return (
        Tool(
            "brush",
            "stroke",
            _tr("Paint; the right button erases. Shift+click draws a straight line."),
        ),
        Tool("eraser", "stroke", _tr("Erase; the right button paints. [ and ] change the size.")),
        Tool("rectangle", "box", _tr("Drag a rectangle. {modes}").format(modes=modes)),
        Tool("ellipse", "box", _tr("Drag an ellipse. {modes}").format(modes=modes)),
        Tool("lasso", "trace", _tr("Draw round what counts. {modes}").format(modes=modes)),
        Tool(
            "polygon",
            "points",
            _tr("Click the corners; the first one or Enter closes, Backspace takes one back."),
        ),
        Tool("linear", "line", _tr("Drag from where it is full to where it ends.")),
        Tool("radial", "line", _tr("Drag from the middle, where it is full, to the rim.")),
        Tool("similar", "click", _tr("Click a color; everything close to it is taken.")),
        Tool(
            "luminosity",
            "click",
            _tr("Set the range and press Select, or click the tone that counts."),
        ),
    )


def mode_name(mode: Mode) -> str:
    """Return what a mode is called."""
    return {
        "add": _tr("Add"),
        "subtract": _tr("Subtract"),
        "intersect": _tr("Intersect"),
        "replace": _tr("Replace"),
    }[mode]
