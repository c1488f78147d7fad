"""Which photo is the current one and which are selected: one truth for every part of the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from rabbitviewer.models.shelf import ChosenPaths


class Selection(QObject):
    """The current photo and the selected ones, as paths.

    Signals:
        current_changed: the current photo is another one (path; empty: none).
        selected_changed: the selected photos are others.
    """

    current_changed = Signal(bytes)
    selected_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = b""
        self._selected: Sequence[bytes] = ()
        self._is_hidden = False

    @property
    def current(self) -> bytes:
        """The current photo; empty: none."""
        return self._current

    @property
    def selected(self) -> Sequence[bytes]:
        """The selected photos, in the order of the grid; the current one alone when none is.

        A current photo that the filter hides is not among them: nobody means what is not seen.
        Paths are made when they are read, so that a hundred thousand selected photos cost nothing.
        """
        if self._selected:
            return self._selected
        return (self._current,) if self._current and not self._is_hidden else ()

    def set_current(self, path: bytes) -> None:
        """Make *path* the current photo."""
        if path != self._current:
            self._current = path
            self._is_hidden = False
            self.current_changed.emit(path)

    def set_hidden(self, hidden: bool) -> None:
        """Say whether the current photo is one that is not shown."""
        if hidden != self._is_hidden:
            self._is_hidden = hidden
            self.selected_changed.emit()

    def set_selected(self, paths: Iterable[bytes]) -> None:
        """Make *paths* the selected photos."""
        chosen = paths if isinstance(paths, ChosenPaths) else tuple(paths)
        if chosen != self._selected:
            self._selected = chosen
            self.selected_changed.emit()
