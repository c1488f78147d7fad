"""The histogram: red, green, blue and luma, and how much is clipped at either end."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from rabbitviewer.models.tones import PhotoTones
from rabbitviewer.theme.tokens import Tokens, tokens

_CHANNELS = ("histogram_red", "histogram_green", "histogram_blue")
_LEAST_SHARE = 0.00005
_ON_PHOTO_ALPHA = 0.94


class HistogramView(QWidget):
    """Paints the tones of one photo; empty while they are not known."""

    def __init__(self, parent: QWidget | None = None, *, on_photo: bool = False) -> None:
        """Prepare.

        Args:
            parent: Qt's owner.
            on_photo: It lies on a photo, on a dark ground of its own.
        """
        super().__init__(parent)
        self._on_photo = on_photo
        self._tones: PhotoTones | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Histogram"))
        if on_photo:
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_tones(self, tones: PhotoTones | None) -> None:
        """Show *tones*; None: nothing."""
        self._tones = tones
        words = ""
        if tones is not None:
            words = self.tr("Blown {blown}, blocked {blocked}").format(
                blown=_percent(tones.blown), blocked=_percent(tones.blocked)
            )
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room, low."""
        look = tokens()
        return QSize(look.panel_width, look.histogram_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the curves over each other, light where they add up."""
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QColor(look.histogram_ground)
        if self._on_photo:
            ground.setAlphaF(_ON_PHOTO_ALPHA)
        painter.setBrush(ground)
        painter.drawRoundedRect(self.rect(), look.radius, look.radius)
        if self._tones is not None:
            room = look.font_small + look.space_2
            area = QRectF(self.rect()).adjusted(
                look.space_2, look.space_2, -look.space_2, -float(room)
            )
            self._paint_curves(painter, area, self._tones, look)
            self._paint_clipping(painter, area, self._tones, look)
        painter.end()

    def _paint_curves(
        self, painter: QPainter, area: QRectF, tones: PhotoTones, look: Tokens
    ) -> None:
        # the bars at the very ends would dwarf everything between them
        top = max(max(counts[2:-2]) for counts in tones.bins) or 1
        painter.save()
        painter.setClipRect(area)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
        for counts, name in zip(tones.bins[:3], _CHANNELS, strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(getattr(look, name)))
            painter.drawPath(_curve(area, counts, top, closed=True))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.on_overlay), 1.2))
        painter.drawPath(_curve(area, tones.bins[3], top, closed=False))
        painter.restore()

    def _paint_clipping(
        self, painter: QPainter, area: QRectF, tones: PhotoTones, look: Tokens
    ) -> None:
        """Say at either end how much is clipped, in words beside the mark's colour."""
        font = QFont(painter.font())
        font.setPixelSize(look.font_small)
        painter.setFont(font)
        height = look.font_small + look.space_1
        line = QRectF(area.left(), area.bottom() + 2, area.width(), height)
        sides = (
            (tones.blocked, look.blocked, Qt.AlignmentFlag.AlignLeft),
            (tones.blown, look.blown, Qt.AlignmentFlag.AlignRight),
        )
        for share, color, side in sides:
            clips = share > _LEAST_SHARE
            mark = QRectF(0, 0, look.space_2, look.space_2)
            mark.moveCenter(QPointF(0, line.center().y()))
            left = side == Qt.AlignmentFlag.AlignLeft
            mark.moveLeft(line.left()) if left else mark.moveRight(line.right())
            painter.setPen(QPen(QColor(color if clips else look.control_line), 1))
            painter.setBrush(QColor(color) if clips else Qt.BrushStyle.NoBrush)
            painter.drawPolygon(_triangle(mark))
            painter.setPen(QColor(look.on_overlay))
            away = look.space_2 + look.space_1
            words = line.adjusted(away, 0, 0, 0) if left else line.adjusted(0, 0, -away, 0)
            painter.drawText(words, side | Qt.AlignmentFlag.AlignVCenter, _percent(share))


def _curve(area: QRectF, counts: tuple[int, ...], top: int, *, closed: bool) -> QPainterPath:
    """Return the curve of *counts*; the square root keeps what is rare visible."""
    step = area.width() / (len(counts) - 1)
    points = [
        QPointF(
            area.left() + index * step,
            area.bottom() - area.height() * math.sqrt(min(count / top, 1.0)),
        )
        for index, count in enumerate(counts)
    ]
    path = QPainterPath()
    if closed:
        points = [area.bottomLeft(), *points, area.bottomRight()]
    path.addPolygon(QPolygonF(points))
    return path


def _triangle(box: QRectF) -> QPolygonF:
    top = QPointF(box.center().x(), box.top())
    return QPolygonF([box.bottomLeft(), top, box.bottomRight()])


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"
