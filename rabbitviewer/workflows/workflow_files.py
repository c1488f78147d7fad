"""Files that become workflows and workflows that become files: dialogs and drops."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from rabbitviewer.organise.dragging_in import Mark
from rabbitviewer.organise.files_urls import paths_in

_ENDINGS = (b".json", b".zip", b".png")
_ENDS = (QEvent.Type.DragLeave, QEvent.Type.Drop)


def workflow_files_in(paths: Iterable[bytes], endings: tuple[bytes, ...] = _ENDINGS) -> list[bytes]:
    """Return those files that may hold a workflow."""
    return [path for path in paths if path.lower().endswith(endings)]


class WorkflowDialogs(QObject):
    """Asks for files; nothing waits for the answers."""

    def __init__(self, window: QWidget, folder: Callable[[], bytes]) -> None:
        """Prepare; *folder* is where files are looked for first."""
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._last = ""
        self._dialog: QFileDialog | None = None

    def ask_for_file(self, taken: Callable[[bytes], object]) -> None:
        """Let the user choose a file that ComfyUI wrote."""
        dialog = QFileDialog(self._window, self.tr("Import a workflow"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("ComfyUI workflows (*.json *.zip *.png *.JSON *.ZIP *.PNG)"))

        def take(file: str) -> None:
            taken(bytes(Path(file)))

        dialog.fileSelected.connect(take)
        self._open(dialog)

    def ask_where(self, name: str, taken: Callable[[bytes], object]) -> None:
        """Let the user say where a workflow goes."""
        dialog = QFileDialog(self._window, self.tr("Export the workflow"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix("zip")
        dialog.setNameFilter(self.tr("Archives (*.zip)"))
        # An existing file is refused by the daemon, which says so.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.selectFile(f"{name}.zip")

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


class WorkflowDrop(QObject):
    """Takes files of ComfyUI that are dragged over a widget."""

    def __init__(
        self,
        widget: QWidget,
        take: Callable[[bytes], object],
        endings: tuple[bytes, ...] = _ENDINGS,
    ) -> None:
        """Listen.

        Args:
            widget: Where files are dropped.
            take: Called with the first of them.
            endings: What may be a workflow there: over photos a PNG is a photo.
        """
        super().__init__(widget)
        self._widget = widget
        self._take = take
        self._endings = endings
        self._mark = Mark(widget)
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow a drag; what is no workflow goes on to others."""
        del watched
        if event.type() in _ENDS:
            self._mark.frame(QRect())
        if isinstance(event, QDragMoveEvent | QDropEvent):
            files = workflow_files_in(paths_in(event.mimeData()), self._endings)
            if not files:
                return False
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            if isinstance(event, QDragMoveEvent):
                self._mark.frame(self._widget.rect())
            else:
                self._take(files[0])
            return True
        return False
