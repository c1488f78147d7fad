"""What the window remembers from one start to the next."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from rabbitviewer.models.form_memory import FormMemory
from rabbitviewer.models.paint_choices import PaintChoices
from rabbitviewer.models.remembered import Remembered

_MOST_RECENT = 8
_MOST_BYTES = 1 << 18


class WindowState(msgspec.Struct, kw_only=True):
    """Places and sizes; every field has a default, so that an older or broken file does no harm.

    Attributes:
        geometry: Qt's own description of place and size; empty: Qt chooses.
        left_open: Whether the folders are shown.
        left_width: Their width, logical pixels.
        right_open: Whether the side panel is shown.
        right_width: Its width.
        right_tab: ``info``, ``edit``, ``looks`` or ``pool``.
        strip_open: Whether the filmstrip is shown under a photo.
        cell_size: Edge of a thumbnail's cell, logical pixels.
        sort: Column the grid is sorted by.
        backwards: Whether it runs backwards.
        theme: ``system``, ``dark`` or ``light``.
        folder: The folder shown last.
        photo_box: Width and height of the photo's area, device pixels, to ask before it is there.
        profile: Id of the profile of the screen that the window stood on last.
        recent: Folders shown before, newest first.
        recent_commands: What was run from the palette, newest first.
        filter_open: Whether the filter bar is shown.
        recursive: Whether subfolders are shown too.
        pairs: Whether RAW and JPEG of one name are one photo, as config.yaml said last.
        folds: Parts of the left panel that are folded.
        organise: What the forms of organising held.
        pool: Id of the pool this window worked with last; empty: the current one.
        slot_size: Edge of a picture in the pool, logical pixels.
        paint: How masks were painted last.
        forms: What the forms of workflows said last.
    """

    geometry: bytes = b""
    left_open: bool = True
    left_width: int = 240
    right_open: bool = False
    right_width: int = 320
    right_tab: str = "info"
    strip_open: bool = True
    cell_size: int = 200
    sort: str = "name"
    backwards: bool = False
    theme: str = ""
    folder: bytes = b""
    photo_box: tuple[int, int] | None = None
    profile: str = ""
    recent: list[bytes] = msgspec.field(default_factory=list[bytes])
    recent_commands: list[str] = msgspec.field(default_factory=list[str])
    filter_open: bool = False
    recursive: bool = False
    pairs: bool = True
    folds: list[str] = msgspec.field(default_factory=lambda: ["recent"])
    organise: Remembered = msgspec.field(default_factory=Remembered)
    pool: str = ""
    slot_size: int = 92
    paint: PaintChoices = PaintChoices()
    forms: FormMemory = msgspec.field(default_factory=FormMemory)

    def remember_fold(self, name: str, *, folded: bool) -> None:
        """Remember whether a part of the left panel is folded."""
        others = [each for each in self.folds if each != name]
        self.folds = [*others, name] if folded else others

    def visit(self, folder: bytes) -> None:
        """Remember *folder* as the one shown now."""
        self.folder = folder
        others = [each for each in self.recent if each != folder]
        self.recent = [folder, *others][:_MOST_RECENT]


def load_state(path: Path) -> WindowState:
    """Read the state; a fresh one when there is none or it cannot be read."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=WindowState)
    except (OSError, msgspec.MsgspecError):
        return WindowState()


def save_state(path: Path, state: WindowState) -> None:
    """Write the state beside the old one, then put it in its place.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(state))
    os.replace(beside, path)  # noqa: PTH105 - the one call that is atomic everywhere
