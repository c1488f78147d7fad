"""What lies on a photo: the compare handle, tags in its corners, a passing figure."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QWidget

from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import Tokens, tokens

HANDLE_REACH = 14
_KNOB = 28


def paint_tag(painter: QPainter, photo: QRectF, text: str, look: Tokens, *, right: bool) -> None:
    """Write *text* on a dark chip in the lower left or lower right corner of *photo*.

    Where it is too long for that, its middle is left out.
    """
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(look.font_small)
    painter.setFont(font)
    metrics = painter.fontMetrics()
    room = int(photo.width()) - 2 * (look.space_3 + look.space_2)
    text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(room, 0))
    width = metrics.horizontalAdvance(text) + 2 * look.space_2
    height = metrics.height() + look.space_1
    left = photo.right() - width - look.space_3 if right else photo.left() + look.space_3
    box = QRectF(left, photo.bottom() - height - look.space_3, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.overlay))
    painter.drawRoundedRect(box, look.space_1, look.space_1)
    painter.setPen(QColor(look.on_overlay))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def paint_handle(
    painter: QPainter, photo: QRectF, x: float, look: Tokens, *, focused: bool
) -> None:
    """Draw the handle: a line down the photo at column *x* and a knob in its middle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(look.overlay), 3))
    painter.drawLine(QPointF(x, photo.top()), QPointF(x, photo.bottom()))
    painter.setPen(QPen(QColor(look.on_overlay), 1))
    painter.drawLine(QPointF(x, photo.top()), QPointF(x, photo.bottom()))
    knob = QRectF(x - _KNOB / 2, photo.center().y() - _KNOB / 2, _KNOB, _KNOB)
    painter.setBrush(QColor(look.overlay))
    edge = look.accent if focused else look.on_overlay
    painter.setPen(QPen(QColor(edge), 2 if focused else 1))
    painter.drawEllipse(knob)
    box = QRect(0, 0, look.icon_small, look.icon_small)
    box.moveCenter(knob.center().toPoint())
    paint_icon(painter, box, "ph.arrows-left-right", look.on_overlay)
    painter.restore()


class PassingFigure(QLabel):
    """A figure that appears over the photo while something changes, and goes by itself."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hide()

    def say(self, text: str) -> None:
        """Show *text* for a moment, at the top of the parent."""
        look = tokens()
        self.setFont(figures_font(self.font()))
        self.setText(text)
        self.adjustSize()
        self.resize(self.width() + 2 * look.space_3, self.height() + look.space_2)
        self.move((self._over.width() - self.width()) // 2, look.space_4)
        self.show()
        self.raise_()
        self._timer.start(look.figure_ms)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the figure on its dark chip."""
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.overlay))
        painter.drawRoundedRect(self.rect(), look.radius, look.radius)
        painter.setPen(QColor(look.on_overlay))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()
