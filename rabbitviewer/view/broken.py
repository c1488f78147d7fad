"""What stands in the place of a photo that cannot be shown."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_ICON = 40


class BrokenPhoto(QWidget):
    """A quiet icon, the file's name and the reason; the pointer goes through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._name = ""
        self._reason = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_error(self, path: bytes, error: ErrorInfo) -> None:
        """Say why the photo at *path* cannot be shown."""
        self._name = file_name(path)
        self._reason = " ".join(part for part in (error.message, error.hint) if part)
        self.setAccessibleName(f"{self._name}: {self._reason}")
        self.setGeometry(self._over.rect())
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint icon, name and reason in the middle."""
        look = tokens()
        painter = QPainter(self)
        middle = self.rect().center()
        box = QRect(0, 0, _ICON, _ICON)
        box.moveCenter(middle)
        box.translate(0, -_ICON)
        paint_icon(painter, box, "ph.image", look.text_secondary)
        width = min(self.width() - 2 * look.space_5, 2 * look.panel_width)
        words = QRect(middle.x() - width // 2, box.bottom() + look.space_3, width, self.height())
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        painter.drawText(words, top, self._name)
        words.translate(0, painter.fontMetrics().lineSpacing() + look.space_1)
        painter.setFont(self.font())
        painter.setPen(QColor(look.text_secondary))
        painter.drawText(words, top | Qt.TextFlag.TextWordWrap, self._reason)
        painter.end()
