"""LUT files that become looks and looks that become files: dialogs and drops."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from rabbitviewer.organise.dragging_in import Mark
from rabbitviewer.organise.files_urls import paths_in

_ENDINGS = (b".cube", b".png")
_ENDS = (QEvent.Type.DragLeave, QEvent.Type.Drop)
_NO_NAME = str.maketrans(dict.fromkeys('/\\:*?"<>|\0', "-"))


def luts_in(paths: Iterable[bytes]) -> list[bytes]:
    """Return those files that may be a LUT."""
    return [path for path in paths if path.lower().endswith(_ENDINGS)]


class LookFiles(QObject):
    """Asks for files; nothing waits for the answers."""

    def __init__(self, window: QWidget, folder: Callable[[], bytes]) -> None:
        """Prepare; *folder* is where files are looked for first."""
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._last = ""
        self._dialog: QFileDialog | None = None

    def ask_for_luts(self, taken: Callable[[list[bytes]], object]) -> None:
        """Let the user choose LUT files."""
        dialog = QFileDialog(self._window, self.tr("Import looks"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilter(self.tr("LUTs (*.cube *.CUBE *.png *.PNG)"))

        def take(files: list[str]) -> None:
            taken([bytes(Path(each)) for each in files])

        dialog.filesSelected.connect(take)
        self._open(dialog)

    def ask_where(self, name: str, ending: str, taken: Callable[[bytes], object]) -> None:
        """Let the user say where a look goes; *ending* is ``.cube`` or ``.png``."""
        dialog = QFileDialog(self._window, self.tr("Export the look"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(ending.removeprefix("."))
        dialog.selectFile(name.translate(_NO_NAME).strip(" .") + ending)

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


class LookDrop(QObject):
    """Takes LUT files that are dragged over the Looks tab."""

    def __init__(self, panel: QWidget, take: Callable[[list[bytes]], object]) -> None:
        super().__init__(panel)
        self._panel = panel
        self._take = take
        self._mark = Mark(panel)
        panel.setAcceptDrops(True)
        panel.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow a drag."""
        del watched
        if event.type() in _ENDS:
            self._mark.frame(QRect())
        if isinstance(event, QDragMoveEvent | QDropEvent):
            luts = luts_in(paths_in(event.mimeData()))
            if not luts:
                event.ignore()
                return True
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            if isinstance(event, QDragMoveEvent):
                self._mark.frame(self._panel.rect())
            else:
                self._take(luts)
            return True
        return False
