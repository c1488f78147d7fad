"""Files that become workflows and workflows that become files: dialogs and drops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtWidgets import QWidget

from rabbitviewer.organise.file_dialogs import FileDialogs, FileDrop

_ENDINGS = (b".json", b".zip", b".png")


def workflow_files_in(paths: Iterable[bytes], endings: tuple[bytes, ...] = _ENDINGS) -> list[bytes]:
    """Return those files that may hold a workflow."""
    return [path for path in paths if path.lower().endswith(endings)]


class WorkflowDialogs(FileDialogs):
    """Asks for files; nothing waits for the answers."""

    def ask_for_file(self, taken: Callable[[bytes], object]) -> None:
        """Let the user choose a file that ComfyUI wrote."""
        kinds = self.tr("ComfyUI workflows (*.json *.zip *.png *.JSON *.ZIP *.PNG)")
        self.open_files(
            self.tr("Import a workflow"), kinds, lambda files: taken(files[0]), several=False
        )

    def ask_where(self, name: str, taken: Callable[[bytes], object]) -> None:
        """Let the user say where a workflow goes."""
        kinds = self.tr("Archives (*.zip)")
        title = self.tr("Export the workflow")
        self.save_file(title, f"{name}.zip", taken, kinds=kinds, may_replace=False)


class WorkflowDrop(FileDrop):
    """Takes files of ComfyUI that are dragged over a widget; what is none goes on to others."""

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
        wanted = partial(workflow_files_in, endings=endings)
        super().__init__(widget, wanted, lambda files: take(files[0]), alone=False)
