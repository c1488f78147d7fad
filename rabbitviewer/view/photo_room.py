"""The photo view with the filmstrip under it, and room for tools round the photo."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from rabbitviewer.view.filmstrip import Filmstrip
from rabbitviewer.view.photo_view import PhotoView


class PhotoRoom(QWidget):
    """Photo above, filmstrip below; the focus belongs to the photo."""

    def __init__(
        self, photo: PhotoView, filmstrip: Filmstrip, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._across = QHBoxLayout()
        self._across.setSpacing(0)
        self._across.addWidget(photo, 1)
        self._down = QVBoxLayout(self)
        self._down.setContentsMargins(0, 0, 0, 0)
        self._down.setSpacing(0)
        self._down.addLayout(self._across, 1)
        self._down.addWidget(filmstrip)
        self.setFocusProxy(photo)

    def put_tools(self, above: QWidget, beside: QWidget) -> None:
        """Put tools above the photo and at its left; they show and hide themselves."""
        self._down.insertWidget(0, above)
        self._across.insertWidget(0, beside)
