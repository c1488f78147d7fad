"""LUT files that become looks and looks that become files: dialogs and drops."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QWidget

from rabbitviewer.organise.file_dialogs import FileDialogs, FileDrop

_ENDINGS = (b".cube", b".png")
_NO_NAME = str.maketrans(dict.fromkeys('/\\:*?"<>|\0', "-"))


def luts_in(paths: Iterable[bytes]) -> list[bytes]:
    """Return those files that may be a LUT."""
    return [path for path in paths if path.lower().endswith(_ENDINGS)]


class LookFiles(FileDialogs):
    """Asks for files; nothing waits for the answers."""

    def ask_for_luts(self, taken: Callable[[list[bytes]], object]) -> None:
        """Let the user choose LUT files."""
        kinds = self.tr("LUTs (*.cube *.CUBE *.png *.PNG)")
        self.open_files(self.tr("Import looks"), kinds, taken, several=True)

    def ask_where(self, name: str, ending: str, taken: Callable[[bytes], object]) -> None:
        """Let the user say where a look goes; *ending* is ``.cube`` or ``.png``."""
        file = name.translate(_NO_NAME).strip(" .") + ending
        self.save_file(self.tr("Export the look"), file, taken)


class LookDrop(FileDrop):
    """Takes LUT files that are dragged over the Looks tab."""

    def __init__(self, panel: QWidget, take: Callable[[list[bytes]], object]) -> None:
        super().__init__(panel, luts_in, take, alone=True)
