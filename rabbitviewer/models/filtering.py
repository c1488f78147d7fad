"""Which photos the user wants to see: one filter, changed part by part."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from daemon.protocol.messages import FilterChoices
from daemon.protocol.values import PhotoFilter

LABELS = ("red", "yellow", "green", "blue", "purple")


class Filtering(QObject):
    """The filter in force and what it can be made of.

    Attributes:
        choices: Cameras, lenses, keywords … that occur in the listing, each with its count.

    Signals:
        changed: the filter is another one.
        choices_changed: other values occur.
    """

    changed = Signal()
    choices_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filter = PhotoFilter()
        self.choices = FilterChoices(listing_id=0)

    @property
    def filter(self) -> PhotoFilter:
        """The filter."""
        return self._filter

    @property
    def is_active(self) -> bool:
        """Whether anything is asked of photos."""
        return self._filter != PhotoFilter()

    def set(self, **parts: object) -> None:
        """Change parts of the filter, by the names of its fields."""
        changed = msgspec.structs.replace(self._filter, **parts)
        if changed != self._filter:
            self._filter = changed
            self.changed.emit()

    def toggle(self, part: str, value: str) -> None:
        """Put *value* into a part that holds several, or take it out."""
        held: tuple[str, ...] = getattr(self._filter, part)
        kept = tuple(each for each in held if each != value)
        self.set(**{part: kept if value in held else (*held, value)})

    def clear(self) -> None:
        """Ask nothing of photos."""
        if self.is_active:
            self._filter = PhotoFilter()
            self.changed.emit()

    def set_choices(self, choices: FilterChoices) -> None:
        """Take what occurs in the listing."""
        if choices != self.choices:
            self.choices = choices
            self.choices_changed.emit()
