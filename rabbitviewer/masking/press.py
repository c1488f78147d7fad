"""A shape while it is drawn with the pointer, in pixels of the photo."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QPointF, QRectF, Qt

from rabbitviewer.masking.tools import Tool
from rabbitviewer.models.paint_choices import Mode


@dataclasses.dataclass
class Press:
    """How a gesture began.

    Attributes:
        tool: The tool in hand then.
        start: Where, photo pixels.
        now: Where it is.
        mode: How its area combines.
        modifiers: Keys held at the beginning: they chose the mode.
        square: The area is a square or a circle.
        centered: It grows from its middle.
        points: Places it went through, photo pixels.
    """

    tool: Tool
    start: QPointF
    now: QPointF
    mode: Mode
    modifiers: Qt.KeyboardModifier
    square: bool = False
    centered: bool = False
    points: list[QPointF] = dataclasses.field(default_factory=list[QPointF])

    @property
    def box(self) -> QRectF:
        """The rectangle that is drawn."""
        across, down = self.now.x() - self.start.x(), self.now.y() - self.start.y()
        if self.square:
            side = max(abs(across), abs(down))
            across = side if across >= 0 else -side
            down = side if down >= 0 else -side
        far = self.start + QPointF(across, down)
        near = self.start - QPointF(across, down) if self.centered else self.start
        return QRectF(near, far).normalized()
