"""A second window that shows the current photo large, for another monitor."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QScreen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rabbitviewer.models.selection import Selection
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.words import file_name

_FIRST_SIZE = (960, 640)


class SecondWindow(QWidget):
    """Follows the current photo, with a zoom of its own.

    Signals:
        closed: the user closed it.
    """

    closed = Signal()

    def __init__(self, photo: PhotoView, selection: Selection) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self._photo = photo
        self._selection = selection
        self.resize(*_FIRST_SIZE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(photo)
        self.setFocusProxy(photo)
        selection.current_changed.connect(self._on_current_changed)

    @property
    def photo(self) -> PhotoView:
        """The view in it."""
        return self._photo

    def open_beside(self, other: QWidget) -> None:
        """Open: over the whole of another screen where there is one, else as a window."""
        screen = _other_screen(other.screen())
        if screen is None:
            self.show()
        else:
            self.setGeometry(screen.availableGeometry())
            self.showFullScreen()
        self._on_current_changed(self._selection.current)

    def _on_current_changed(self, path: bytes) -> None:
        if self.isVisible():
            name = file_name(path) if path else ""
            self.setWindowTitle(f"{name} – RabbitViewer" if name else "RabbitViewer")
            self._photo.show_photo(path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F or F11 fills the screen, Esc leaves it, then closes."""
        match event.key():
            case Qt.Key.Key_F | Qt.Key.Key_F11:
                self.showNormal() if self.isFullScreen() else self.showFullScreen()
            case Qt.Key.Key_Escape if self.isFullScreen():
                self.showNormal()
            case Qt.Key.Key_Escape | Qt.Key.Key_F12:
                self.close()
            case Qt.Key.Key_Z:
                canvas = self._photo.canvas
                canvas.toggle_zoom(canvas.pointer())
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._photo.canvas.zoom_by_steps(1)
            case Qt.Key.Key_Minus:
                self._photo.canvas.zoom_by_steps(-1)
            case _:
                super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask for nothing more."""
        super().closeEvent(event)
        self._photo.leave()
        self.closed.emit()


def _other_screen(taken: QScreen | None) -> QScreen | None:
    return next((each for each in QGuiApplication.screens() if each is not taken), None)
