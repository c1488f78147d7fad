"""Rating, labelling and flagging by key and menu, on all selected photos at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMenu

from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.marks import Change, MarksModel, Writing
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.shelf import LABELS
from rabbitviewer.organise.marks_words import (
    change_words,
    done_words,
    failure_words,
    progress_words,
    short_words,
)
from rabbitviewer.window import MainWindow, Page

Value = TypeVar("Value")

_MOST_COMPARED = 500
_SOON_MS = 0
_MANY = 2000


class MarkActions(QObject):
    """Carries out the actions ``mark.*`` on the selection and says what came of it.

    Signals:
        marked: marks of the photo on show were changed (in a few words).
        keywords_wanted: the user wants to edit keywords.
    """

    marked = Signal(str)
    keywords_wanted = Signal()

    def __init__(
        self, window: MainWindow, listing: ListingModel, selection: Selection, marks: MarksModel
    ) -> None:
        super().__init__(window)
        self._window = window
        self._listing = listing
        self._selection = selection
        self._marks = marks
        self._actions = window.actions_by_id
        self._actions.connect_all(self._handlers())
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._enable)
        selection.current_changed.connect(self._soon.start)
        selection.selected_changed.connect(self._soon.start)
        window.page_changed.connect(self._soon.start)
        marks.progressed.connect(self._on_progressed)
        marks.written.connect(self._on_written)
        self._enable()

    def menus(self) -> list[QMenu]:
        """Return the menus for the photos' context menu, which keep their actions."""
        ratings = [f"mark.rating_{stars}" for stars in range(6)]
        labels = [f"mark.label_{label}" for label in (*LABELS[1:], "none")]
        flags = ["mark.pick", "mark.reject", "mark.unflag"]
        found: list[QMenu] = []
        for title, ids in (
            (self.tr("Rating"), ratings),
            (self.tr("Label"), labels),
            (self.tr("Flag"), flags),
        ):
            found.append(self._actions.fill(QMenu(title, self._window), ids))
        return found

    def change(self, change: Change) -> None:
        """Say *change* of the selected photos."""
        paths = self._selection.selected
        if not paths:
            return
        self._marks.change(paths, change)
        self._window.status.say(change_words(change, len(paths)))
        if self._window.page == Page.PHOTO:
            self.marked.emit(short_words(change))

    def _handlers(self) -> dict[str, Callable[[], object]]:
        handlers: dict[str, Callable[[], object]] = {
            "mark.pick": lambda: self.change(Change(flag="pick")),
            "mark.reject": lambda: self.change(Change(flag="reject")),
            "mark.unflag": lambda: self.change(Change(flag="")),
            "mark.label_none": lambda: self.change(Change(label="")),
            "mark.keywords": self.keywords_wanted.emit,
        }
        for stars in range(6):
            handlers[f"mark.rating_{stars}"] = _with(self.change, Change(rating=stars))
        for label in LABELS[1:]:
            handlers[f"mark.label_{label}"] = _with(self._toggle_label, label)
        return handlers

    def _toggle_label(self, label: str) -> None:
        """Give the photos a label; take it away where all of them have it."""
        have = self._labels(self._selection.selected)
        self.change(Change(label="" if have == {label} else label))

    def _labels(self, paths: Sequence[bytes]) -> set[str]:
        if len(paths) > _MOST_COMPARED:
            return set()
        found: set[str] = set()
        for path in paths:
            row = self._listing.row(path)
            known = self._marks.marks(path)
            if row >= 0:
                found.add(LABELS[self._listing.marks(row).label])
            elif known is not None:
                found.add(known.label)
        return found

    def _enable(self) -> None:
        on = bool(self._selection.selected)
        for spec in self._actions.specs():
            if spec.id.startswith("mark."):
                self._actions[spec.id].setEnabled(on)

    def _on_progressed(self, writing: Writing) -> None:
        if len(writing.paths) > _MANY:
            self._window.status.say(progress_words(writing))

    def _on_written(self, writing: Writing) -> None:
        status = self._window.status
        undo = self._actions["edit.undo"]
        if writing.failed or writing.error is not None:
            status.say(failure_words(writing))
        elif writing.changed:
            status.say(done_words(writing), self.tr("Undo"), undo.trigger)


def _with(call: Callable[[Value], object], value: Value) -> Callable[[], object]:
    return lambda: call(value)
