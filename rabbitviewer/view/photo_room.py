"""The photo view with the filmstrip under it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from rabbitviewer.view.filmstrip import Filmstrip
from rabbitviewer.view.photo_view import PhotoView


class PhotoRoom(QWidget):
    """Photo above, filmstrip below; the focus belongs to the photo."""

    def __init__(
        self, photo: PhotoView, filmstrip: Filmstrip, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(photo, 1)
        layout.addWidget(filmstrip)
        self.setFocusProxy(photo)
