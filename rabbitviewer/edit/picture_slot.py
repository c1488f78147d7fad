"""A place for one more picture of a run: dropped, chosen as a file, or taken from the pool."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from rabbitviewer.edit.subject_picture import SubjectPicture
from rabbitviewer.theme.controls import ElidedLabel, icon_button, set_look
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name


@dataclasses.dataclass(frozen=True)
class PictureSources:
    """Where pictures come from.

    Attributes:
        active_of_pool: Returns the pool's active picture; empty: there is none.
        dropped: Returns the files in what was dropped.
    """

    active_of_pool: Callable[[], bytes]
    dropped: Callable[[QMimeData], list[bytes]]


class PictureSlot(QFrame):
    """Shows the picture, its name and three buttons.

    Signals:
        changed: it holds another picture.
    """

    changed = Signal()

    def __init__(self, title: str, sources: PictureSources, parent: QWidget | None = None) -> None:
        """Make an empty slot.

        Args:
            title: What the picture is for.
            sources: Where pictures come from.
            parent: Its parent.
        """
        super().__init__(parent)
        self.path = b""
        self._sources = sources
        self._dialog: QFileDialog | None = None
        self._title = title
        self._picture = SubjectPicture()
        side = tokens().control_height * 2
        self._picture.setFixedSize(QSize(side, side))
        self._name = ElidedLabel("small")
        self._heading = ElidedLabel("secondary")
        self._heading.setText(title)
        browse = icon_button("ph.folder-open", self._named(self.tr("{title}: choose a file…")))
        self._pool = icon_button(
            "ph.image-square", self._named(self.tr("{title}: take the pool's active picture"))
        )
        self._clear = icon_button("ph.x", self._named(self.tr("{title}: take it away")))
        browse.clicked.connect(self._look_round)
        self._pool.clicked.connect(self._take_active)
        self._clear.clicked.connect(lambda: self.put(b""))
        self._lay_out(browse)
        self.setProperty("look", "slot")
        self.setAcceptDrops(True)
        self.setFocusProxy(browse)
        self.put(b"")

    def put(self, path: bytes) -> None:
        """Hold another picture; empty: none."""
        changed = path != self.path
        self.path = path
        words = file_name(path) if path else self.tr("Drop a photo here")
        self._name.setText(words)
        self.setAccessibleName(f"{self._title}: {words}")
        self._clear.setEnabled(bool(path))
        if changed:
            self.show_pixels(None)
            self.changed.emit()

    def show_pixels(self, image: QImage | None) -> None:
        """Show the picture's thumbnail."""
        self._picture.show_picture(image if self.path else None, None)

    def _named(self, words: str) -> str:
        return words.format(title=self._title)

    def _lay_out(self, browse: QWidget) -> None:
        look = tokens()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._heading)
        words.addWidget(self._name)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_1)
        for button in (browse, self._pool, self._clear):
            buttons.addWidget(button)
        line = QHBoxLayout(self)
        line.setContentsMargins(look.space_1, look.space_1, look.space_1, look.space_1)
        line.setSpacing(look.space_2)
        line.addWidget(self._picture)
        line.addLayout(words, 1)
        line.addLayout(buttons)

    def _take_active(self) -> None:
        path = self._sources.active_of_pool()
        if path:
            self.put(path)
        else:
            self._name.setText(self.tr("The pool is empty"))

    def _look_round(self) -> None:
        """Let the user look for a file; nothing waits for the answer."""
        dialog = QFileDialog(self, self._title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if self.path:
            dialog.setDirectory(os.fsdecode(os.path.split(self.path)[0]))
        dialog.setModal(False)
        dialog.fileSelected.connect(self._on_file_selected)
        self._dialog = dialog
        dialog.show()

    def _on_file_selected(self, path: str) -> None:
        self.put(os.fsencode(path))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show that a photo may be dropped."""
        if event.mimeData().hasUrls():
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            set_look(self, "slot-over")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Show that it is over."""
        super().dragLeaveEvent(event)
        set_look(self, "slot")

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first of what was dropped."""
        set_look(self, "slot")
        paths = self._sources.dropped(event.mimeData())
        if paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.put(paths[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the picture away with Delete."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.path:
            self.put(b"")
        else:
            super().keyPressEvent(event)
