"""Asking for files of one kind, and taking those that are dropped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from rabbitviewer.organise.dragging_in import Mark
from rabbitviewer.organise.files_urls import paths_in

_ENDS = (QEvent.Type.DragLeave, QEvent.Type.Drop)


class FileDialogs(QObject):
    """Asks for files; nothing waits for the answers. Each begins where the last one was left."""

    def __init__(self, window: QWidget, folder: Callable[[], bytes]) -> None:
        """Prepare; *folder* is where files are looked for first."""
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._last = ""
        self._dialog: QFileDialog | None = None

    def open_files(
        self, title: str, kinds: str, taken: Callable[[list[bytes]], object], *, several: bool
    ) -> None:
        """Let the user choose files that are there.

        Args:
            title: Of the dialog.
            kinds: What it shows, as Qt writes it.
            taken: Called with the chosen ones.
            several: Whether more than one may be chosen.
        """
        mode = QFileDialog.FileMode
        dialog = QFileDialog(self._window, title)
        dialog.setFileMode(mode.ExistingFiles if several else mode.ExistingFile)
        dialog.setNameFilter(kinds)

        def take(files: list[str]) -> None:
            taken([bytes(Path(each)) for each in files])

        dialog.filesSelected.connect(take)
        self._open(dialog)

    def save_file(
        self,
        title: str,
        name: str,
        taken: Callable[[bytes], object],
        *,
        kinds: str = "",
        may_replace: bool = True,
    ) -> None:
        """Let the user say where a file goes.

        Args:
            title: Of the dialog.
            name: The file's, with its ending.
            taken: Called with the place.
            kinds: What the dialog shows, as Qt writes it; empty: everything.
            may_replace: Whether an existing file can be chosen, after a question; else the daemon
                refuses it, and says so.
        """
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(name.rpartition(".")[2])
        if kinds:
            dialog.setNameFilter(kinds)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, on=not may_replace)
        dialog.selectFile(name)

        def take(file: str) -> None:
            taken(bytes(Path(file)))

        dialog.fileSelected.connect(take)
        self._open(dialog)

    def _open(self, dialog: QFileDialog) -> None:
        dialog.setDirectory(self._last or os.fsdecode(self._folder()))
        dialog.setModal(False)
        dialog.directoryEntered.connect(self._remember)
        self._dialog = dialog
        dialog.show()

    def _remember(self, folder: str) -> None:
        self._last = folder


class FileDrop(QObject):
    """Takes files of one kind that are dragged over a widget."""

    def __init__(
        self,
        widget: QWidget,
        wanted: Callable[[Iterable[bytes]], list[bytes]],
        take: Callable[[list[bytes]], object],
        *,
        alone: bool,
    ) -> None:
        """Listen.

        Args:
            widget: Where files are dropped.
            wanted: Returns those of some files that are of the kind.
            take: Called with them.
            alone: Whether other files are refused there; else they go on to others.
        """
        super().__init__(widget)
        self._widget = widget
        self._wanted = wanted
        self._take = take
        self._alone = alone
        self._mark = Mark(widget)
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow a drag."""
        del watched
        if event.type() in _ENDS:
            self._mark.frame(QRect())
        if not isinstance(event, QDragMoveEvent | QDropEvent):
            return False
        files = self._wanted(paths_in(event.mimeData()))
        if not files:
            if self._alone:
                event.ignore()
            return self._alone
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if isinstance(event, QDragMoveEvent):
            self._mark.frame(self._widget.rect())
        else:
            self._take(files)
        return True
