"""How a folder differs from what its listing knows; blocking, for the library's threads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from daemon.library.roll import Roll
from daemon.library.scan import NO_FILE, read_statuses
from daemon.library.walk import PIECE, RAW_ENDINGS, SHOWN_ENDINGS, Beat, ending_of, find_photos
from daemon.protocol.values import PhotoEntry


@dataclasses.dataclass
class Changes:
    """Photos that came, are others now, or went."""

    added: list[PhotoEntry] = dataclasses.field(default_factory=list[PhotoEntry])
    changed: list[PhotoEntry] = dataclasses.field(default_factory=list[PhotoEntry])
    removed: list[bytes] = dataclasses.field(default_factory=list[bytes])

    def __bool__(self) -> bool:
        """Whether anything is different."""
        return bool(self.added or self.changed or self.removed)

    def pieces(self) -> Iterator[Changes]:
        """Cut into parts that are good to send."""
        longest = max(len(self.added), len(self.changed), len(self.removed))
        for start in range(0, longest, PIECE):
            part = slice(start, start + PIECE)
            yield Changes(self.added[part], self.changed[part], self.removed[part])


def compare_all(folder: bytes, roll: Roll, beat: Beat, *, recursive: bool, pairs: bool) -> Changes:
    """Read the whole of *folder* and compare it with *roll*.

    Raises:
        OSError: the folder cannot be read.
    """
    there: set[bytes] = set()
    changes = Changes()
    for piece in find_photos(folder, beat, recursive=recursive, pairs=pairs):
        there.update(piece.names)
        _compare(folder, roll, piece.names, piece.partners, changes, beat)
        if beat.stopped:
            return Changes()
    changes.removed = list({*changes.removed, *(n for n in roll.names if n and n not in there)})
    return changes


def compare_named(folder: bytes, roll: Roll, names: Iterable[bytes], beat: Beat) -> Changes:
    """Look at *names* and compare them with *roll*; partners stay who they are."""
    changes = Changes()
    known = [name for name in names if ending_of(name.rpartition(b"/")[2])]
    partners = {name: roll.partner(name) for name in known}
    _compare(folder, roll, known, partners, changes, beat)
    return changes


def touches_pairs(roll: Roll, names: Iterable[bytes]) -> bool:
    """Return whether a change of *names* may join or part a RAW file and its JPEG."""
    return any(_may_pair(roll, name) for name in names)


def photos_of_sidecars(roll: Roll, sidecars: Iterable[bytes]) -> list[int]:
    """Return the ids of the photos that XMP files belong to, by name."""
    ids: set[int] = set()
    for sidecar in sidecars:
        stem = sidecar[: -len(b".xmp")]
        ids.add(roll.id_of(stem))
        ids.update(roll.id_of(stem + ending) for ending in _spellings(SHOWN_ENDINGS | RAW_ENDINGS))
    ids.discard(-1)
    return sorted(ids)


def _compare(
    folder: bytes,
    roll: Roll,
    names: Iterable[bytes],
    partners: dict[bytes, bytes],
    changes: Changes,
    beat: Beat,
) -> None:
    names = list(names)
    for name, status in zip(names, read_statuses(folder, names, beat), strict=False):
        photo_id = roll.id_of(name)
        if status == NO_FILE:
            if photo_id >= 0:
                changes.removed.append(name)
            continue
        now = PhotoEntry(name, *status, partners.get(name, b""))
        if photo_id < 0:
            changes.added.append(now)
        elif roll.entry(photo_id) != now:
            changes.changed.append(now)


def _may_pair(roll: Roll, name: bytes) -> bool:
    ending = name[name.rfind(b".") :]
    if ending.lower() in RAW_ENDINGS or roll.partner(name):
        return True
    if ending.lower() not in SHOWN_ENDINGS:
        return False
    stem = name[: -len(ending)]
    return any(stem + each in roll for each in _spellings(RAW_ENDINGS))


def _spellings(endings: Iterable[bytes]) -> Iterator[bytes]:
    for ending in endings:
        yield ending
        yield ending.upper()
