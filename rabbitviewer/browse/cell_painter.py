"""What a cell of the grid looks like in each of its states."""

from __future__ import annotations

import dataclasses
import time
from collections import OrderedDict

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPixmap

from rabbitviewer.models.thumbnails import Thumbnail
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import Tokens

_SCALE_BUDGET_S = 0.006
_KEPT_BYTES = 96 << 20


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell as it is to be painted.

    Attributes:
        path: The photo.
        name: Its file name, readable.
        thumbnail: Its pixels; None: not there yet.
        broken: It cannot be decoded.
        selected: It is one of the selected photos.
        current: It is the one that keys act on.
        hovered: The pointer is over it.
        edited: It is the result of an edit, or has one.
    """

    path: bytes
    name: str
    thumbnail: Thumbnail | None
    broken: bool = False
    selected: bool = False
    current: bool = False
    hovered: bool = False
    edited: bool = False


class CellPainter:
    """Paints cells; keeps pixmaps scaled to the cell, so that scrolling only copies.

    Attributes:
        left_rough: The last turn ran out of time: some photos were drawn coarsely and want
            another repaint.
    """

    def __init__(self) -> None:
        self.left_rough = False
        self._pixmaps: OrderedDict[bytes, tuple[int, int, QPixmap]] = OrderedDict()
        self._used_bytes = 0
        self._scaling_s = 0.0

    def begin(self) -> None:
        """A repaint starts: it may spend its time on scaling anew."""
        self.left_rough = False
        self._scaling_s = 0.0

    def paint(self, painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
        """Paint *cell* into *box*."""
        if cell.selected or cell.hovered or cell.thumbnail is None:
            self._paint_ground(painter, box, cell, look)
        photo = QRect(box)
        if cell.thumbnail is not None:
            photo = self._paint_photo(painter, box, cell, cell.thumbnail, look)
        if cell.broken:
            _paint_broken(painter, box, cell, look)
        if cell.edited:
            _paint_badge(painter, photo, look)
        if cell.hovered:
            _paint_name(painter, box, cell.name, look)
        if cell.selected or cell.current:
            _paint_ring(painter, box, cell, look)

    def _paint_ground(self, painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
        lit = cell.hovered or cell.selected
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.raised if lit else look.cell))
        painter.drawRoundedRect(box, look.radius, look.radius)

    def _paint_photo(
        self, painter: QPainter, box: QRect, cell: Cell, thumbnail: Thumbnail, look: Tokens
    ) -> QRect:
        inset = look.selection_ring + 1
        place = fit(thumbnail, box.adjusted(inset, inset, -inset, -inset))
        ratio = painter.device().devicePixelRatioF()
        pixmap = self._scaled(cell.path, thumbnail.image, place, ratio)
        if pixmap is not None:
            painter.drawPixmap(place, pixmap)
        else:
            self.left_rough = True
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
            painter.drawImage(place, thumbnail.image)
        return place

    def _scaled(self, path: bytes, image: QImage, place: QRect, ratio: float) -> QPixmap | None:
        """Return *image* at the size of *place*; None: this repaint took too long already."""
        width_px = max(round(place.width() * ratio), 1)
        key = image.cacheKey()
        known = self._pixmaps.get(path)
        if known is not None and known[:2] == (key, width_px):
            self._pixmaps.move_to_end(path)
            return known[2]
        if self._scaling_s > _SCALE_BUDGET_S:
            return None
        started_s = time.perf_counter()
        scaled = image.scaled(
            width_px,
            max(round(place.height() * ratio), 1),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap = QPixmap.fromImage(scaled)
        pixmap.setDevicePixelRatio(ratio)
        self._keep(path, key, width_px, pixmap)
        self._scaling_s += time.perf_counter() - started_s
        return pixmap

    def _keep(self, path: bytes, key: int, width_px: int, pixmap: QPixmap) -> None:
        before = self._pixmaps.pop(path, None)
        if before is not None:
            self._used_bytes -= _bytes_of(before[2])
        self._pixmaps[path] = (key, width_px, pixmap)
        self._used_bytes += _bytes_of(pixmap)
        while self._used_bytes > _KEPT_BYTES and len(self._pixmaps) > 1:
            _, (_, _, oldest) = self._pixmaps.popitem(last=False)
            self._used_bytes -= _bytes_of(oldest)


def fit(thumbnail: Thumbnail, box: QRect) -> QRect:
    """Return where a photo lies in *box*: whole, in the middle, never larger than it is.

    An embedded stage may know no more than its own size; it takes the place the photo will take.
    """
    width, height = max(thumbnail.source_width, 1), max(thumbnail.source_height, 1)
    scale = min(box.width() / width, box.height() / height)
    if thumbnail.stage == "final":
        scale = min(scale, 1.0)
    place = QRect(0, 0, max(round(width * scale), 1), max(round(height * scale), 1))
    place.moveCenter(box.center())
    return place


def _paint_broken(painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
    icon = QRect(0, 0, look.space_5, look.space_5)
    if cell.thumbnail is None:
        icon.moveCenter(box.center())
        paint_icon(painter, icon, "ph.warning-circle", look.text_disabled)
    else:
        icon.setSize(icon.size() * 2 / 3)
        icon.moveTopLeft(box.topLeft())
        icon.translate(look.space_2, look.space_2)
        _paint_chip(painter, icon.adjusted(-2, -2, 2, 2), look)
        paint_icon(painter, icon, "ph.warning-circle", look.on_overlay)


def _paint_badge(painter: QPainter, photo: QRect, look: Tokens) -> None:
    """Mark an edited photo, in the lower right corner of the photo itself."""
    icon = QRect(0, 0, look.font_body, look.font_body)
    icon.moveBottomRight(photo.bottomRight())
    icon.translate(-look.space_1 - 3, -look.space_1 - 3)
    _paint_chip(painter, icon.adjusted(-3, -3, 3, 3), look)
    paint_icon(painter, icon, "ph.magic-wand", look.on_overlay)


def _paint_name(painter: QPainter, box: QRect, name: str, look: Tokens) -> None:
    font = QFont(painter.font())
    font.setPixelSize(look.font_small)
    metrics = QFontMetrics(font)
    room = box.width() - 2 * look.space_2 - 2 * look.space_1
    text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
    chip = QRect(0, 0, metrics.horizontalAdvance(text) + 2 * look.space_2, metrics.height() + 4)
    chip.moveCenter(box.center())
    chip.moveBottom(box.bottom() - look.space_1)
    _paint_chip(painter, chip, look)
    painter.setFont(font)
    painter.setPen(QColor(look.on_overlay))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)


def _paint_chip(painter: QPainter, box: QRect, look: Tokens) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.overlay))
    painter.drawRoundedRect(box, look.space_1, look.space_1)


def _paint_ring(painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
    color = look.accent_bright if cell.current else look.accent
    width = look.selection_ring
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(QColor(color), width)
    if not cell.selected:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    inner = QRectF(box).adjusted(width / 2, width / 2, -width / 2, -width / 2)
    painter.drawRoundedRect(inner, look.radius, look.radius)


def _bytes_of(pixmap: QPixmap) -> int:
    return 4 * pixmap.width() * pixmap.height()
