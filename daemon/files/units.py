"""Photos with the files that travel with them: sidecars, and the partner of a RAW+JPEG pair."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from daemon import sidecars
from daemon.files.primitives import numbered
from daemon.protocol.formats import is_listed


@dataclass
class Unit:
    """What moves together: photos of one stem in one folder, and their sidecars.

    Attributes:
        photos: In the order of the request.
        sidecars: XMP files, and development settings of other programs.
    """

    photos: list[bytes]
    sidecars: list[bytes] = field(default_factory=list[bytes])

    @property
    def files(self) -> list[bytes]:
        """All of it, the photos first."""
        return [*self.photos, *self.sidecars]

    def under(self, renamed: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        """Return (old, new) of all files when the photos get the paths *renamed*."""
        pairs = [(photo, renamed[photo]) for photo in self.photos]
        for sidecar in self.sidecars:
            new = renamed_sidecar(sidecar, self.photos, renamed)
            if all(new != taken for _, taken in pairs):
                pairs.append((sidecar, new))
        return pairs


class Neighbours:
    """The names in folders by stem, read once: who else owns a ``photo.xmp``."""

    def __init__(self) -> None:
        self._folders: dict[bytes, dict[bytes, list[bytes]]] = {}

    def photos_of_stem(self, stem_path: bytes) -> list[bytes]:
        """Return the photos whose path without ending is *stem_path*."""
        folder, stem = os.path.split(stem_path)
        if folder not in self._folders:
            self._folders[folder] = self._read(folder)
        return [os.path.join(folder, name) for name in self._folders[folder].get(stem, [])]

    @staticmethod
    def _read(folder: bytes) -> dict[bytes, list[bytes]]:
        names: dict[bytes, list[bytes]] = {}
        try:
            found = os.listdir(folder)
        except OSError:
            return names
        for name in found:
            if is_listed(name):
                names.setdefault(os.path.splitext(name)[0], []).append(name)
        return names


def units_of(paths: Iterable[bytes], *, leaving: bool) -> list[Unit]:
    """Return *paths* as units, each path once.

    Args:
        paths: Photos.
        leaving: They go away from where they are: a ``photo.xmp`` goes with the last photo that
            it belongs to. Copies take theirs in any case.
    """
    by_stem: dict[bytes, Unit] = {}
    for path in dict.fromkeys(paths):
        by_stem.setdefault(os.path.splitext(path)[0], Unit([])).photos.append(path)
    neighbours = Neighbours()
    for stem, unit in by_stem.items():
        unit.sidecars = _sidecars(stem, unit.photos, neighbours, leaving=leaving)
    return list(by_stem.values())


def renamed_sidecar(sidecar: bytes, photos: Iterable[bytes], renamed: dict[bytes, bytes]) -> bytes:
    """Return the path of *sidecar* after its photos were renamed."""
    owners = tuple(photos)
    own = next((photo for photo in owners if sidecar.startswith(photo + b".")), owners[0])
    return sidecars.renamed(sidecar, own, renamed[own])


def free_places(
    unit: Unit, folder: bytes, taken: Callable[[bytes], bool]
) -> list[tuple[bytes, bytes]]:
    """Return (old, new) for *unit* in *folder*; all get the same ``-N`` when a name is taken.

    Raises:
        FileExistsError: too many numbers are taken.
    """
    series = [numbered(os.path.join(folder, os.path.basename(path))) for path in unit.photos]
    for places in zip(*series, strict=False):
        pairs = unit.under(dict(zip(unit.photos, places, strict=True)))
        if not any(taken(new) for _, new in pairs):
            return pairs
    raise FileExistsError(folder)


def _sidecars(
    stem: bytes, photos: list[bytes], neighbours: Neighbours, *, leaving: bool
) -> list[bytes]:
    free = [path for photo in photos for path in sidecars.companions(photo)]
    every = [path for photo in photos for path in sidecars.sidecars(photo)]
    shared = [path for path in every if path not in free]
    if shared and leaving and set(neighbours.photos_of_stem(stem)) - set(photos):
        shared = []
    return list(dict.fromkeys([*free, *shared]))
