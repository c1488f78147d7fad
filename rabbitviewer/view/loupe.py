"""The loupe: a round piece of the photo under the pointer, pixel for pixel."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from rabbitviewer.models.preview import Preview
from rabbitviewer.theme.tokens import Tokens
from rabbitviewer.view.photo_paint import draw_photo
from rabbitviewer.view.turning import ViewTurn
from rabbitviewer.view.viewport import Viewport

ZOOMS = (1.0, 2.0, 4.0)


class Loupe:
    """Where the loupe is and how much it enlarges.

    Attributes:
        at: The pointer, logical pixels of the canvas; None: there is no loupe.
    """

    def __init__(self) -> None:
        self.at: QPointF | None = None
        self._zoom = ZOOMS[0]

    def zoom_for(self, viewport: Viewport) -> float:
        """Return device pixels per photo pixel: always more than around the loupe."""
        larger = [zoom for zoom in ZOOMS if zoom >= self._zoom and zoom > viewport.zoom]
        return larger[0] if larger else viewport.zoom * 2

    def step(self, notches: float) -> None:
        """Enlarge more or less."""
        index = ZOOMS.index(self._zoom) + (1 if notches > 0 else -1)
        self._zoom = ZOOMS[min(max(index, 0), len(ZOOMS) - 1)]

    def rect(self, look: Tokens) -> QRectF:
        """Return what the loupe covers, its ring included, logical pixels."""
        if self.at is None:
            return QRectF()
        size = look.loupe + 4.0
        return QRectF(self.at.x() - size / 2, self.at.y() - size / 2, size, size)

    def paint(
        self,
        painter: QPainter,
        picture: Preview,
        viewport: Viewport,
        turn: ViewTurn,
        ratio: float,
        look: Tokens,
    ) -> None:
        """Paint the glass; *painter* counts device pixels."""
        if self.at is None:
            return
        x, y = self.at.x() * ratio, self.at.y() * ratio
        column, row = viewport.to_source(x, y)
        zoom = self.zoom_for(viewport)
        photo = QRectF(
            round(x - column * zoom),
            round(y - row * zoom),
            round(viewport.source_width * zoom),
            round(viewport.source_height * zoom),
        )
        radius = look.loupe * ratio / 2
        glass = QRectF(x - radius, y - radius, 2 * radius, 2 * radius)
        circle = QPainterPath()
        circle.addEllipse(glass)
        painter.save()
        painter.setClipPath(circle, Qt.ClipOperation.IntersectClip)
        painter.fillRect(glass, QColor(look.photo_area_black))
        draw_photo(painter, photo, picture, turn)
        painter.restore()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((look.overlay, 4.0), (look.on_overlay, 1.5)):
            painter.setPen(QPen(QColor(color), width * ratio))
            painter.drawEllipse(glass)
        painter.restore()
