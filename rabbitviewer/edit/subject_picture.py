"""The photo that a grade is about, small, under the mask it goes through."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import tokens

_SIDE = 72
_MASK_OPACITY = 0.6


class SubjectPicture(QWidget):
    """A photo fitted into a square; where its mask is white it lies under the masks' colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(_SIDE, _SIDE)
        self._photo: QImage | None = None
        self._mask: QImage | None = None
        self._stand_in = "ph.image"

    def show_picture(
        self, photo: QImage | None, mask: QImage | None, stand_in: str = "ph.image"
    ) -> None:
        """Show *photo* under *mask* (gray); without it the icon *stand_in*."""
        self._photo, self._mask, self._stand_in = photo, mask, stand_in
        self.update()

    @property
    def shows_mask(self) -> bool:
        """Whether a mask lies over the photo."""
        return self._photo is not None and self._mask is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photo, then its mask."""
        del event
        look = tokens()
        painter = QPainter(self)
        photo = self._photo
        if photo is None or photo.isNull():
            painter.fillRect(self.rect(), QColor(look.cell))
            box = QRect(0, 0, look.icon, look.icon)
            box.moveCenter(self.rect().center())
            paint_icon(painter, box, self._stand_in, look.text_secondary)
        else:
            ratio = self.devicePixelRatioF()
            shown = photo.scaled(
                self.size() * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            place = QRect(0, 0, round(shown.width() / ratio), round(shown.height() / ratio))
            place.moveCenter(self.rect().center())
            painter.drawImage(place, shown)
            if self._mask is not None and not self._mask.isNull():
                painter.setOpacity(_MASK_OPACITY)
                painter.drawImage(place, _tint(self._mask, shown.size()))
        painter.end()


def _tint(mask: QImage, size: QSize) -> QImage:
    """Return the masks' colour of *size*, as opaque as *mask* is white."""
    gray = mask.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_Grayscale8)
    tint = QImage(size, QImage.Format.Format_ARGB32)
    tint.fill(QColor(tokens().mask))
    tint.setAlphaChannel(gray)
    return tint
