"""What painting puts over a photo: the mask, the shape in hand, the brush's outline."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QRegion, QTransform

from rabbitviewer.masking import engine
from rabbitviewer.masking.cursor import paint_ring, ring_region
from rabbitviewer.masking.desk import PaintDesk
from rabbitviewer.masking.press import Press
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.mask_changes import MaskChanges
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.surface import PhotoSurface

if TYPE_CHECKING:
    from rabbitviewer.paint.overlay import MaskOverlay

_LUMA = (0.2126, 0.7152, 0.0722)
_DASHES = (4.0, 4.0)


class PaintLayer:
    """The layer of one surface.

    Attributes:
        pointer: Where the brush is, device pixels; None: elsewhere.
        ants_phase: How far the marching ants have gone.
    """

    def __init__(
        self,
        surface: PhotoSurface,
        masks: MaskModel,
        changes: MaskChanges,
        desk: PaintDesk,
        settings: PaintSettings,
    ) -> None:
        self.pointer: QPointF | None = None
        self.ants_phase = 0
        self._surface = surface
        self._masks = masks
        self._changes = changes
        self._desk = desk
        self._settings = settings
        self._overlay: MaskOverlay | None = None
        self._overlay_of: object = None

    # ------------------------------------------------------------ where things lie

    @property
    def is_shown(self) -> bool:
        """Whether the surface shows the photo whose mask is painted."""
        painting, picture = self._masks.painting, self._surface.picture
        return painting is not None and picture is not None and picture.path == painting.path

    @property
    def is_blocked(self) -> bool:
        """Whether nothing can be painted at this moment."""
        return self._changes.blocks

    def to_photo_scale(self) -> tuple[QTransform, bool]:
        """Return the way from the photo's pixels as the surface counts them to the mask's."""
        painting, picture = self._masks.painting, self._surface.picture
        if painting is None or picture is None:
            return QTransform(), False
        across = painting.width_px / max(picture.source_width, 1)
        down = painting.height_px / max(picture.source_height, 1)
        return QTransform.fromScale(across, down), True

    def to_device(self) -> QTransform:
        """Return the way from the mask's pixels to the surface's device pixels."""
        back, _ = self.to_photo_scale()[0].inverted()
        return back * self._surface.photo_transform()

    def tone_at(self, at: QPointF) -> float | None:
        """Return how light the photo is at a place of the mask, 0..1; None: it is not shown."""
        painting, picture = self._masks.painting, self._surface.picture
        if painting is None or picture is None or not self.is_shown:
            return None
        image = picture.image
        column = int(at.x() * image.width() / painting.width_px)
        row = int(at.y() * image.height() / painting.height_px)
        if not image.valid(column, row):
            return None
        color = image.pixelColor(column, row)
        parts = (color.redF(), color.greenF(), color.blueF())
        return sum(share * part for share, part in zip(_LUMA, parts, strict=True))

    @staticmethod
    def scale(way: QTransform) -> float:
        """Return device pixels per photo pixel."""
        return math.sqrt(abs(way.determinant()))

    def ring_region(self) -> QRegion:
        """Return what the brush's outline covers, device pixels."""
        if self.pointer is None:
            return QRegion()
        choices, ratio = self._settings.choices, self._surface.devicePixelRatioF()
        radius = choices.size_px / 2 * self.scale(self.to_device())
        return ring_region(self.pointer, radius, choices.hardness, ratio)

    def outline_rect(self) -> QRectF:
        """Return what the shape in hand covers, device pixels."""
        press = self._desk.gesture
        if press is None or not self.is_shown:
            return QRectF()
        shown = outline_of(press, self.to_device()).boundingRect()
        return shown.adjusted(-8, -8, 8, 8)

    # ------------------------------------------------------------ painting

    def paint(self, painter: QPainter, to_device: QTransform, exposed: QRect) -> None:
        """Paint the mask; as :class:`CanvasLayer` says."""
        del to_device
        overlay = self._mask_overlay()
        if self.is_shown and overlay is not None:
            ratio = self._surface.devicePixelRatioF()
            wanted = engine.look(self._settings, self.ants_phase, ratio)
            overlay.draw(painter, self.to_device(), exposed, wanted)

    def paint_lines(self, painter: QPainter) -> None:
        """Paint the shape in hand and the brush's outline."""
        if not self.is_shown:
            return
        way, ratio = self.to_device(), self._surface.devicePixelRatioF()
        press = self._desk.gesture
        if press is not None:
            _paint_outline(painter, outline_of(press, way), ratio)
        if self.pointer is not None:
            choices = self._settings.choices
            radius = choices.size_px / 2 * self.scale(way)
            paint_ring(painter, self.pointer, radius, choices.hardness, ratio, tokens())

    def _mask_overlay(self) -> MaskOverlay | None:
        buffer = self._masks.buffer
        if buffer is not self._overlay_of:
            self._overlay_of = buffer
            self._overlay = None if buffer is None else engine.overlay(buffer)
        return self._overlay


def outline_of(press: Press, way: QTransform) -> QPainterPath:
    """Return the outline of what is being drawn, device pixels."""
    path = QPainterPath()
    if press.tool.id == "rectangle":
        path.addRect(press.box)
    elif press.tool.id == "ellipse":
        path.addEllipse(press.box)
    elif press.tool.id == "linear":
        path.moveTo(press.start)
        path.lineTo(press.now)
    elif press.tool.id == "radial":
        radius = QLineF(press.start, press.now).length()
        path.addEllipse(press.start, radius, radius)
        path.moveTo(press.start)
        path.lineTo(press.now)
    else:
        points = [*press.points, press.now] if press.tool.way == "points" else press.points
        path.addPolygon(QPolygonF(points))
    return way.map(path)


def _paint_outline(painter: QPainter, path: QPainterPath, ratio: float) -> None:
    """Draw *path* so that it is seen on anything."""
    look = tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(look.photo_area_black), 1.5 * ratio))
    painter.drawPath(path)
    pen = QPen(QColor(look.on_overlay), 1.5 * ratio)
    pen.setDashPattern(_DASHES)
    painter.setPen(pen)
    painter.drawPath(path)
    painter.restore()
