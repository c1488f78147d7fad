"""The paint engine in the room's words; loaded when painting begins, and only then."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QColor

from rabbitviewer.masking.settings import PaintChoices, PaintSettings


class LateModule:
    """A module that is imported when something of it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(importlib.import_module(self._name), attribute)


if TYPE_CHECKING:
    from rabbitviewer.masking.press import Press
    from rabbitviewer.paint import overlay as overlays
    from rabbitviewer.paint import tools
    from rabbitviewer.paint.buffer import MaskBuffer
else:
    overlays = LateModule("rabbitviewer.paint.overlay")
    tools = LateModule("rabbitviewer.paint.tools")

_ANT_PX = 4
CORNERS = 3


def brush(choices: PaintChoices) -> tools.Brush:
    """Return the brush that is set."""
    return tools.Brush(
        size_px=choices.size_px,
        hardness=choices.hardness,
        opacity=choices.opacity,
        flow=choices.flow,
        pressure_size=choices.pressure_size,
        pressure_opacity=choices.pressure_opacity,
    )


def point(at: QPointF, pressure: float) -> tools.StrokePoint:
    """Return a place of the photo as strokes know it."""
    return tools.StrokePoint(at.x(), at.y(), pressure)


def shape_of(press: Press) -> tools.Shape | None:
    """Return the area that was drawn; None: it has no extent."""
    box = press.box
    if press.tool.way == "box":
        if box.isEmpty():
            return None
        make = tools.Rectangle if press.tool.id == "rectangle" else tools.Ellipse
        return make(box.left(), box.top(), box.right(), box.bottom())
    if press.tool.way == "line":
        line = QLineF(press.start, press.now)
        if not line.length():
            return None
        if press.tool.id == "radial":
            return tools.RadialGradient(line.x1(), line.y1(), line.length(), line.length())
        return tools.LinearGradient(line.x1(), line.y1(), line.x2(), line.y2())
    if len(press.points) < CORNERS:
        return None
    return tools.Polygon(tuple((each.x(), each.y()) for each in press.points))


def overlay(buffer: MaskBuffer) -> overlays.MaskOverlay:
    """Return what draws a mask over its photo."""
    return overlays.MaskOverlay(buffer)


def look(settings: PaintSettings, ants_phase: int, ratio: float) -> overlays.OverlayLook:
    """Return how the mask is to be drawn, on a surface of *ratio* device pixels a logical one."""
    choices = settings.choices
    return overlays.OverlayLook(
        color=QColor(settings.color),
        opacity=choices.overlay,
        view=choices.view,
        ants_phase=ants_phase,
        ant_px=max(round(_ANT_PX * ratio), 1),
    )
