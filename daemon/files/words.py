"""What a step of the journal is called, as it stands after "Undo"."""

from __future__ import annotations

_TITLES = {
    "copy": "Copy {photos}",
    "move": "Move {photos}",
    "rename": "Rename {photos}",
    "trash": "Put {photos} into the trash",
    "rotate": "Turn {photos}",
    "ingest": "Bring in {photos}",
}


def titled(kind: str, count: int) -> str:
    """Return the title of a step, for example ``Rename 12 photos``."""
    return _TITLES[kind].format(photos="1 photo" if count == 1 else f"{count} photos")
