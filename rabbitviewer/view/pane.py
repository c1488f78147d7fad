"""One photo of several side by side: its picture, its name, its marks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.marks_line import MarksLine
from rabbitviewer.view.photo_view import PhotoView


class Pane(QWidget):
    """A photo under the line that names it; the current one has a frame.

    Signals:
        pressed: the user put the pointer's button down on it.
    """

    pressed = Signal()

    def __init__(self, photo: PhotoView, line: MarksLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self.photo = photo
        self.line = line
        self._current = False
        layout = QVBoxLayout(self)
        edge = look.selection_ring
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.setSpacing(0)
        layout.addWidget(line)
        layout.addWidget(photo, 1)
        photo.canvas.installEventFilter(self)

    @property
    def path(self) -> bytes:
        """The photo in it."""
        return self.photo.path

    def show_photo(self, path: bytes) -> None:
        """Put the photo at *path* into it."""
        self.photo.show_photo(path)
        self.line.show_photo(path)

    def set_current(self, *, current: bool) -> None:
        """Frame it, or not."""
        self._current = current
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click on another pane makes it the current one and does not zoom."""
        canvas = self.photo.canvas
        if event.type() == QEvent.Type.MouseButtonPress:
            canvas.clicks_zoom = self._current
            self.pressed.emit()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            QTimer.singleShot(0, self, self._let_clicks_zoom)
        return super().eventFilter(watched, event)

    def _let_clicks_zoom(self) -> None:
        self.photo.canvas.clicks_zoom = True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Make it the current one by its line or frame too."""
        self.pressed.emit()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame."""
        look = tokens()
        painter = QPainter(self)
        width = look.selection_ring
        painter.fillRect(self.rect(), QColor(look.window))
        painter.setPen(QPen(QColor(look.accent if self._current else look.line), width))
        inner = QRect(self.rect()).adjusted(width // 2, width // 2, -width // 2, -width // 2)
        painter.drawRect(inner)
        painter.end()
