"""Files dropped on the window: opened, or copied and moved into a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QColor, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from rabbitviewer.organise.files_urls import has_files, paths_in
from rabbitviewer.organise.files_words import subject_words
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import file_name

_OPEN_AFTER_MS = 700
_ENDS = (QEvent.Type.DragLeave, QEvent.Type.Drop)


class Mark(QWidget):
    """A frame round what a drop would go to."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def frame(self, box: QRect) -> None:
        """Show the frame round *box*; an empty one hides it."""
        self.setVisible(not box.isEmpty())
        if not box.isEmpty():
            self.setGeometry(box)
            self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame."""
        del event
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(look.accent), look.selection_ring))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), look.radius, look.radius)
        painter.end()


class FolderDrop(QObject):
    """Takes photos dropped on folders: copies them there, with Shift moves them.

    Signals:
        dropped: paths were dropped on a folder (paths, folder, whether they are to be moved).
    """

    dropped = Signal(object, bytes, bool)

    def __init__(
        self,
        widget: QWidget,
        folder_at: Callable[[QPoint], tuple[bytes, QRect]],
        opened: Callable[[QPoint], object] | None = None,
    ) -> None:
        """Watch *widget*.

        Args:
            widget: Where folders lie.
            folder_at: The folder at a point and where it lies; empty: there is none.
            opened: Called when a drag rests at a point, to open what is there.
        """
        super().__init__(widget)
        self._folder_at = folder_at
        self._opened = opened
        self._mark = Mark(widget)
        self._over = b""
        self._where = QPoint()
        self._rest = QTimer(self, singleShot=True, interval=_OPEN_AFTER_MS)
        self._rest.timeout.connect(self._on_rest)
        self._widget = widget
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow a drag."""
        # PySide may drop its object of a viewport and make another one: the one at hand counts.
        if isinstance(watched, QWidget):
            self._widget = watched
        if event.type() in _ENDS:
            self._mark.frame(QRect())
            self._rest.stop()
            self._over = b""
            QToolTip.hideText()
        if isinstance(event, QDragMoveEvent):
            return self._on_move(event)
        if isinstance(event, QDropEvent):
            return self._on_drop(event)
        return False

    def _on_move(self, event: QDragMoveEvent) -> bool:
        if not has_files(event.mimeData()):
            return False
        where = event.position().toPoint()
        folder, box = self._folder_at(where)
        if event.type() == QEvent.Type.DragEnter:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            return True
        paths = paths_in(event.mimeData())
        if not folder or _lie_in(paths, folder):
            folder, box = b"", QRect()
        self._mark.frame(box)
        self._follow(where, folder)
        if not folder:
            QToolTip.hideText()
            event.ignore()
            return True
        moves = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        words = (
            self.tr("Move {photos} to {folder}")
            if moves
            else self.tr("Copy {photos} to {folder}\nHold Shift to move")
        )
        text = words.format(photos=subject_words(tuple(paths)), folder=_name(folder))
        QToolTip.showText(self._widget.mapToGlobal(where), text, self._widget)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        return True

    def _follow(self, where: QPoint, folder: bytes) -> None:
        self._where = where
        if folder != self._over:
            self._over = folder
            self._rest.start()

    def _on_rest(self) -> None:
        if self._over and self._opened is not None:
            self._opened(self._where)

    def _on_drop(self, event: QDropEvent) -> bool:
        paths = tuple(paths_in(event.mimeData()))
        folder, _box = self._folder_at(event.position().toPoint())
        if not folder or not paths or _lie_in(paths, folder):
            return False
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        moves = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.dropped.emit(paths, folder, moves)
        return True


class WindowDrop(QObject):
    """Opens what other programs drop on the window.

    Signals:
        folder_dropped: one folder, or several (the first one).
        photos_dropped: files (the first one's folder, the first file).
    """

    folder_dropped = Signal(bytes)
    photos_dropped = Signal(bytes, bytes)
    _looked_at = Signal(bytes, bool)

    def __init__(self, window: QWidget, area: QWidget) -> None:
        """Watch *window*; *area* is framed while something is dragged over it."""
        super().__init__(window)
        self._mark = Mark(window)
        self._area = area
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self._looked_at.connect(self._on_looked_at)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow a drag from another program."""
        if event.type() in _ENDS:
            self._mark.frame(QRect())
        if isinstance(event, QDropEvent):
            source = cast("QObject | None", event.source())
            foreign = source is None and has_files(event.mimeData())
            if foreign:
                event.setDropAction(Qt.DropAction.CopyAction)
                event.accept()
                if event.type() == QEvent.Type.Drop:
                    self._open(paths_in(event.mimeData()))
                else:
                    corner = self._area.mapTo(self._window, QPoint(0, 0))
                    self._mark.frame(QRect(corner, self._area.size()))
            return foreign
        return False

    def _open(self, paths: list[bytes]) -> None:
        """Find out in a thread whether the first one is a folder: its drive may sleep."""
        if paths:
            first = paths[0]
            pool = QThreadPool.globalInstance()
            pool.start(lambda: self._looked_at.emit(first, os.path.isdir(first)))

    def _on_looked_at(self, path: bytes, is_folder: bool) -> None:
        if is_folder:
            self.folder_dropped.emit(path)
        else:
            self.photos_dropped.emit(os.path.dirname(path), path)


def _lie_in(paths: Iterable[bytes], folder: bytes) -> bool:
    """Return whether all *paths* are in *folder* already, or are it."""
    here = folder.rstrip(b"/")
    return all(os.path.dirname(path).rstrip(b"/") == here or path == here for path in paths)


def _name(folder: bytes) -> str:
    return file_name(folder.rstrip(b"/")) or os.fsdecode(folder)
