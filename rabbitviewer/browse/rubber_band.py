"""The rectangle that is pulled up over the grid to select what it touches."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter, QPen

from rabbitviewer.theme.tokens import Tokens

_BEGIN_PX = 4
_SOFT = 40
_MOST_STEP_PX = 120


class RubberBand:
    """From where the button went down to where the pointer is, in pixels of the whole grid.

    Attributes:
        base: What was selected before and stays so; None: nothing does.
    """

    def __init__(self, origin: QPoint, base: bytearray | None) -> None:
        self.base = base
        self._origin = origin
        self._end = origin
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether the pointer has moved far enough to mean it."""
        return self._begun

    @property
    def area(self) -> QRect:
        """What is covered."""
        return QRect(self._origin, self._end).normalized()

    def pull(self, where: QPoint) -> bool:
        """The pointer is at *where*; return whether the rectangle is meant."""
        self._end = where
        if (where - self._origin).manhattanLength() >= _BEGIN_PX:
            self._begun = True
        return self._begun

    def paint(self, painter: QPainter, scroll: int, look: Tokens) -> None:
        """Draw it over the cells."""
        if self._begun:
            color = QColor(look.accent)
            painter.setPen(QPen(color, 1))
            color.setAlpha(_SOFT)
            painter.setBrush(color)
            painter.drawRect(self.area.translated(0, -scroll))


def scroll_step(y: int, height: int) -> int:
    """Return how far to scroll while the pointer is beyond the edge; 0: it is inside."""
    beyond = y if y < 0 else max(y - height, 0)
    return max(min(beyond, _MOST_STEP_PX), -_MOST_STEP_PX)
