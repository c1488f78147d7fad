"""The photos that a grade is about, small; one of them under the mask it goes through."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import tokens

_SIDE = 72
_GAP = 2
_MASK_OPACITY = 0.6
_FITTING = Qt.AspectRatioMode.KeepAspectRatio
_COVERING = Qt.AspectRatioMode.KeepAspectRatioByExpanding
_SMOOTH = Qt.TransformationMode.SmoothTransformation


class SubjectPicture(QWidget):
    """A photo fitted into a square; where its mask is white it lies under the masks' colour.

    Of several photos, up to four stand side by side, cut square.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(_SIDE, _SIDE)
        self._photo: QImage | None = None
        self._mask: QImage | None = None
        self._several: Sequence[QImage | None] = ()
        self._stand_in = "ph.image"

    def show_picture(
        self, photo: QImage | None, mask: QImage | None, stand_in: str = "ph.image"
    ) -> None:
        """Show *photo* under *mask* (gray); without it the icon *stand_in*."""
        self._photo, self._mask, self._stand_in = photo, mask, stand_in
        self._several = ()
        self.update()

    def show_several(self, photos: Sequence[QImage | None]) -> None:
        """Show up to four photos; None: its pixels are not there yet."""
        self._photo = self._mask = None
        self._several = photos
        self.update()

    @property
    def shows_mask(self) -> bool:
        """Whether a mask lies over the photo."""
        return self._photo is not None and self._mask is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photo, then its mask; or several photos; or the icon that stands in."""
        del event
        painter = QPainter(self)
        if self._several:
            self._paint_several(painter)
        elif self._photo is not None and not self._photo.isNull():
            self._paint_photo(painter, self._photo)
        else:
            look = tokens()
            painter.fillRect(self.rect(), QColor(look.cell))
            box = QRect(0, 0, look.icon, look.icon)
            box.moveCenter(self.rect().center())
            paint_icon(painter, box, self._stand_in, look.text_secondary)
        painter.end()

    def _paint_photo(self, painter: QPainter, photo: QImage) -> None:
        ratio = self.devicePixelRatioF()
        shown = photo.scaled(self.size() * ratio, _FITTING, _SMOOTH)
        place = QRect(0, 0, round(shown.width() / ratio), round(shown.height() / ratio))
        place.moveCenter(self.rect().center())
        painter.drawImage(place, shown)
        if self._mask is not None and not self._mask.isNull():
            painter.setOpacity(_MASK_OPACITY)
            painter.drawImage(place, _tint(self._mask, shown.size()))

    def _paint_several(self, painter: QPainter) -> None:
        ratio, side = self.devicePixelRatioF(), (_SIDE - _GAP) // 2
        for place, photo in enumerate(self._several):
            row, column = divmod(place, 2)
            box = QRect(column * (side + _GAP), row * (side + _GAP), side, side)
            if photo is None or photo.isNull():
                painter.fillRect(box, QColor(tokens().cell))
                continue
            edge = round(side * ratio)
            scaled = photo.scaled(edge, edge, _COVERING, _SMOOTH)
            left, top = (scaled.width() - edge) // 2, (scaled.height() - edge) // 2
            painter.drawImage(box, scaled, QRect(left, top, edge, edge))


def _tint(mask: QImage, size: QSize) -> QImage:
    """Return the masks' colour of *size*, as opaque as *mask* is white."""
    gray = mask.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, _SMOOTH).convertToFormat(
        QImage.Format.Format_Grayscale8
    )
    tint = QImage(size, QImage.Format.Format_ARGB32)
    tint.fill(QColor(tokens().mask))
    tint.setAlphaChannel(gray)
    return tint
