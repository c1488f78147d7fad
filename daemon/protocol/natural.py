"""The order of names as people count: ``img2`` before ``img10``; one for the daemon and the window.

Plain strings are compared, so that sorting 100,000 names costs one key each; names whose numbers
are equally wide, as a camera writes them, cost hardly more than sorting bytes.
"""

from __future__ import annotations

import heapq
import os
import re
from collections import defaultdict
from collections.abc import Iterable

_DIGITS = re.compile("[0-9]+")
_RUNS = re.compile(b"0+")
_SHAPE = bytes(0x30 if 0x30 <= code <= 0x39 else 0x78 for code in range(256))
_MOST_SHAPES = 256
_SAMPLE = 2000


def natural_key(name: bytes) -> str:
    """Return a string that sorts as *name* should, whatever its case.

    Every run of digits is preceded by its length. Different names have different keys.

    >>> sorted([b"img10.jpg", b"IMG2.jpg", b"img1.jpg"], key=natural_key)
    [b'img1.jpg', b'IMG2.jpg', b'img10.jpg']
    """
    text = os.fsdecode(name)
    return f"{_DIGITS.sub(_counted, text.casefold())}\0{text}"


class NaturalOrder:
    """Many names on their way into natural order; the first of them are known early.

    ASCII names whose runs of digits are equally wide, one by one, stand in the order of their
    lower-case bytes. So names are put into groups by those widths; only where groups meet, and for
    names outside ASCII, are keys needed.
    """

    def __init__(self, names: Iterable[bytes]) -> None:
        """Take in *names*, all different."""
        names = list(names)
        by_shape: defaultdict[bytes, list[bytes]] = defaultdict(list)
        sample = {name.translate(_SHAPE) for name in names[:_SAMPLE]}
        odd: list[bytes] = names if len(sample) > _MOST_SHAPES else []
        for name in () if odd else names:
            if name.isascii():
                by_shape[name.translate(_SHAPE)].append(name)
            else:
                odd.append(name)
        self._groups = _by_widths(by_shape)
        if len(self._groups) > _MOST_SHAPES:
            for group in self._groups:
                odd.extend(group)
            self._groups = []
        for group in self._groups:
            group.sort()
            group.sort(key=bytes.lower)
        if odd:
            odd.sort(key=natural_key)
            self._groups.append(odd)

    def first(self, count: int) -> list[bytes]:
        """Return the first *count* names in natural order."""
        if len(self._groups) == 1:
            return self._groups[0][:count]
        candidates = [name for group in self._groups for name in group[:count]]
        return heapq.nsmallest(count, candidates, key=natural_key)

    def all(self) -> list[bytes]:
        """Return all names in natural order."""
        if len(self._groups) == 1:
            return self._groups[0]
        names = [name for group in self._groups for name in group]
        names.sort(key=natural_key)
        return names


def natural_sorted(names: Iterable[bytes]) -> list[bytes]:
    """Return *names*, all different, in natural order.

    >>> natural_sorted([b"img10.jpg", b"IMG2.jpg", b"img1.jpg"])
    [b'img1.jpg', b'IMG2.jpg', b'img10.jpg']
    """
    return NaturalOrder(names).all()


def _by_widths(by_shape: dict[bytes, list[bytes]]) -> list[list[bytes]]:
    """Join the groups whose names have runs of digits of the same widths."""
    joined: dict[tuple[int, ...], list[bytes]] = {}
    for shape, names in by_shape.items():
        widths = tuple(map(len, _RUNS.findall(shape)))
        known = joined.setdefault(widths, names)
        if known is not names:
            known.extend(names)
    return list(joined.values())


def _counted(run: re.Match[str]) -> str:
    digits = run[0].lstrip("0")
    return f"{len(digits):03d}{digits}"
