"""What a cell of the grid looks like in each of its states."""

from __future__ import annotations

import dataclasses
import time
from collections import OrderedDict

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPixmap

from rabbitviewer.browse.cell_badges import (
    paint_badges,
    paint_chip,
    paint_flag,
    paint_label,
    paint_stars,
)
from rabbitviewer.models.shelf import FLAGS, NO_MARKS, CellMarks
from rabbitviewer.models.thumbnail_size import fitted
from rabbitviewer.models.thumbnails import Thumbnail
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import Tokens

_SCALE_BUDGET_S = 0.006
_KEPT_BYTES = 8 << 20
_REJECTED_OPACITY = 0.35
_PLAIN_FROM_PX = 64


@dataclasses.dataclass(slots=True)
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
        paired: A RAW file belongs to it.
        pooled: It is in the pool.
        video: It is a film.
        marks: Rating, label, flag.
    """

    path: bytes
    name: str
    thumbnail: Thumbnail | None
    broken: bool = False
    selected: bool = False
    current: bool = False
    hovered: bool = False
    edited: bool = False
    paired: bool = False
    pooled: bool = False
    video: bool = False
    marks: CellMarks = NO_MARKS


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
            _paint_ground(painter, box, cell, look)
        photo = box
        if cell.thumbnail is not None:
            photo = self._paint_photo(painter, box, cell, cell.thumbnail)
        if cell.broken:
            _paint_broken(painter, box, cell, look)
        if box.width() >= _PLAIN_FROM_PX:
            _paint_marks(painter, box, photo, cell, look)
        if cell.hovered:
            _paint_name(painter, box, cell, look)
        if cell.selected or cell.current:
            _paint_ring(painter, box, cell, look)

    def _paint_photo(
        self, painter: QPainter, box: QRect, cell: Cell, thumbnail: Thumbnail
    ) -> QRect:
        place = fit(thumbnail, box)
        rejected = cell.marks.flag == FLAGS.index("reject")
        if rejected:
            painter.setOpacity(_REJECTED_OPACITY)
        image = thumbnail.image
        ratio = painter.device().devicePixelRatioF()
        if image.width() == round(place.width() * ratio):
            painter.drawImage(place, image)
        else:
            pixmap = self._scaled(cell.path, image, place, ratio)
            if pixmap is not None:
                painter.drawPixmap(place, pixmap)
            else:
                self.left_rough = True
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
                painter.drawImage(place, image)
        if rejected:
            painter.setOpacity(1.0)
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
    width, height = fitted(
        thumbnail.source_width,
        thumbnail.source_height,
        min(box.width(), box.height()),
        grows=thumbnail.stage != "final",
    )
    return QRect(
        box.left() + (box.width() - width) // 2,
        box.top() + (box.height() - height) // 2,
        width,
        height,
    )


def _paint_ground(painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
    lit = cell.hovered or cell.selected
    painter.fillRect(box, QColor(look.raised if lit else look.cell))


def _paint_marks(painter: QPainter, box: QRect, photo: QRect, cell: Cell, look: Tokens) -> None:
    """Paint what is known of the photo, each thing always in the same corner."""
    marks = cell.marks
    if marks.label:
        paint_label(painter, photo, marks.label, look)
    if marks.rating or cell.hovered:
        paint_stars(painter, photo, marks.rating, look)
    if marks.flag:
        paint_flag(painter, photo, marks.flag, look)
    if cell.edited or cell.paired or cell.pooled or cell.video:
        names = (
            ("edited", cell.edited),
            ("pair", cell.paired),
            ("pool", cell.pooled),
            ("video", cell.video),
        )
        paint_badges(painter, photo, [name for name, there in names if there], look)


def _paint_broken(painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
    icon = QRect(0, 0, look.space_5, look.space_5)
    if cell.thumbnail is None:
        icon.moveCenter(box.center())
        paint_icon(painter, icon, "ph.warning-circle", look.text_disabled)
    else:
        icon.setSize(icon.size() * 2 / 3)
        icon.moveTopRight(box.topRight())
        icon.translate(-look.space_2, look.space_2)
        paint_chip(painter, icon.adjusted(-2, -2, 2, 2), look)
        paint_icon(painter, icon, "ph.warning-circle", look.on_overlay)


def _paint_name(painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
    """Name the photo along the upper edge, beside its flag."""
    font = QFont(painter.font())
    font.setPixelSize(look.font_small)
    metrics = QFontMetrics(font)
    taken = look.font_body + 2 * look.space_2 if cell.marks.flag else look.space_1
    room = box.width() - taken - look.space_1 - 2 * look.space_2
    text = metrics.elidedText(cell.name, Qt.TextElideMode.ElideMiddle, max(room, 0))
    chip = QRect(0, 0, metrics.horizontalAdvance(text) + 2 * look.space_2, metrics.height() + 4)
    chip.moveTopLeft(box.topLeft())
    chip.translate(taken, look.space_1)
    paint_chip(painter, chip, look)
    painter.setFont(font)
    painter.setPen(QColor(look.on_overlay))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)


def _paint_ring(painter: QPainter, box: QRect, cell: Cell, look: Tokens) -> None:
    """Ring a selected cell, the current one brighter; a dark line sets it off from the photo."""
    width = look.selection_ring
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(QColor(look.accent_bright if cell.current else look.accent), width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if not cell.selected:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.drawRect(QRectF(box).adjusted(width / 2, width / 2, -width / 2, -width / 2))
    painter.setPen(QPen(QColor(look.overlay), 1))
    painter.drawRect(box.adjusted(width, width, -width - 1, -width - 1))


def _bytes_of(pixmap: QPixmap) -> int:
    return 4 * pixmap.width() * pixmap.height()
