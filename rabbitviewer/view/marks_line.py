"""The line that names a photo and shows its rating, flag and label."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from rabbitviewer.models.listing import LABELS, ListingModel
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import label_color, tokens
from rabbitviewer.words import file_name

_STARS = 5


class MarksLine(QWidget):
    """Name at the left, marks at the right; the label also as a coloured dot with its name."""

    def __init__(self, listing: ListingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listing = listing
        self._path = b""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        listing.marks_changed.connect(self.update)

    def show_photo(self, path: bytes) -> None:
        """Name the photo at *path*."""
        self._path = path
        self.setAccessibleName(file_name(path))
        self.update()

    def sizeHint(self) -> QSize:
        """As high as a control."""
        look = tokens()
        return QSize(look.panel_width, look.control_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint name and marks."""
        look = tokens()
        painter = QPainter(self)
        line = self.rect().adjusted(look.space_3, 0, -look.space_3, 0)
        painter.fillRect(self.rect(), QColor(look.panel))
        right = self._paint_marks(painter, line)
        names = QRect(line.left(), line.top(), max(right - line.left(), 0), line.height())
        painter.setPen(QColor(look.text))
        text = painter.fontMetrics().elidedText(
            file_name(self._path), Qt.TextElideMode.ElideMiddle, names.width()
        )
        painter.drawText(names, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()

    def _paint_marks(self, painter: QPainter, line: QRect) -> int:
        """Paint the marks from the right; return where there is room for the name."""
        row = self._listing.row(self._path) if self._path else -1
        if row < 0:
            return line.right()
        look = tokens()
        marks = self._listing.marks(row)
        rating, label, flag = marks.rating, marks.label, marks.flag
        box = QRect(0, 0, look.icon_small, look.icon_small)
        box.moveCenter(line.center())
        box.moveRight(line.right())
        for star in range(_STARS, 0, -1):
            name = "ph.star-fill" if star <= rating else "ph.star"
            paint_icon(painter, box, name, look.text if star <= rating else look.text_disabled)
            box.translate(-look.icon_small, 0)
        box.translate(-look.space_1, 0)
        if flag:
            name = "ph.flag-fill" if flag == 1 else "ph.x-circle"
            paint_icon(painter, box, name, look.success if flag == 1 else look.error)
            box.translate(-look.icon_small - look.space_1, 0)
        if label:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(label_color(look, LABELS[label])))
            painter.drawEllipse(box.adjusted(3, 3, -3, -3))
            painter.restore()
            box.translate(-look.icon_small, 0)
        return box.right() - look.space_2
