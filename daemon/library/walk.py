"""Finding the photos of a folder: by name alone, pairs joined, with subfolders if wanted; blocking.

Nothing is looked at but names and what the directory says of them, so that the first names of a
folder of any size are there at once.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from daemon.protocol.formats import BY_NAME, LISTED_EXTENSIONS
from daemon.protocol.natural import NaturalOrder, natural_key

FIRST_PIECE = 200
PIECE = 1000
_PIECE_BYTES = 512 << 10
_BEAT_EVERY = 256
_LONGEST_S = 0.3

_ENDINGS = frozenset(os.fsencode(extension) for extension in LISTED_EXTENSIONS)
RAW_ENDINGS = frozenset(os.fsencode(extension) for extension in BY_NAME["raw"].extensions)
_JPEG_ENDINGS = frozenset(os.fsencode(extension) for extension in BY_NAME["jpeg"].extensions)
_HEIC_ENDINGS = frozenset(os.fsencode(extension) for extension in BY_NAME["heic"].extensions)
SHOWN_ENDINGS = _JPEG_ENDINGS | _HEIC_ENDINGS


class Beat:
    """Says that a thread gets on; one that hangs on a sleeping drive does not.

    Attributes:
        count: Grows while there is progress.
        stopped: Nobody waits any more: the thread may leave.
    """

    def __init__(self) -> None:
        self.count = 0
        self.stopped = False


class Piece(NamedTuple):
    """Some photos, in natural order.

    Attributes:
        names: Relative to the folder.
        partners: Endings of the RAW files that belong to some of them.
    """

    names: Sequence[bytes]
    partners: dict[bytes, bytes]


def ending_of(name: bytes) -> bytes:
    """Return the ending of a photo's name as it is written; empty: it is no photo's, or hidden."""
    dot = name.rfind(b".")
    head = name.rfind(b"/") + 1
    if dot <= head or name[head] == 0x2E or name[dot:].lower() not in _ENDINGS:
        return b""
    return name[dot:]


def find_photos(folder: bytes, beat: Beat, *, recursive: bool, pairs: bool) -> Iterator[Piece]:
    """Go through the photos of *folder* in natural order, the first piece small.

    With *recursive*, folders that are reached by a link are gone into once, and never upward.

    Raises:
        OSError: the folder itself cannot be read.
    """
    pieces = _tree(folder, beat, pairs=pairs) if recursive else _one(folder, beat, pairs=pairs)
    return _cut(pieces)


def pair_up(names: list[bytes]) -> tuple[list[bytes], dict[bytes, bytes]]:
    """Join RAW files with the JPEG (or HEIC) of the same name.

    Returns:
        The names without the RAW files that found a partner, and who has one.
    """
    raws: dict[bytes, bytes] = {}
    for name in names:
        ending = name[name.rfind(b".") :]
        if ending.lower() in RAW_ENDINGS:
            raws.setdefault(name[: -len(ending)], ending)
    partners: dict[bytes, bytes] = {}
    if not raws:
        return names, partners
    for endings in (_JPEG_ENDINGS, _HEIC_ENDINGS):
        for name in names:
            ending = name[name.rfind(b".") :]
            stem = name[: -len(ending)]
            if stem in raws and ending.lower() in endings:
                partners[name] = raws.pop(stem)
    taken = {name[: name.rfind(b".")] + ending for name, ending in partners.items()}
    return [name for name in names if name not in taken], partners


def _one(folder: bytes, beat: Beat, *, pairs: bool) -> Iterator[Piece]:
    names, _ = _read(folder, beat, folders=False)
    partners: dict[bytes, bytes] = {}
    if pairs:
        names, partners = pair_up(names)
    order = NaturalOrder(names)
    yield Piece(order.first(FIRST_PIECE), partners)
    yield Piece(order.all()[FIRST_PIECE:], partners)


def _tree(root: bytes, beat: Beat, *, pairs: bool) -> Iterator[Piece]:
    """Depth first: a folder stands among the files where its photos' relative names do."""
    found = os.stat(root)
    been = {(found.st_dev, found.st_ino)}
    real_root = os.path.join(os.path.realpath(root), b"")
    waiting: list[tuple[bytes, bool]] = [(b"", True)]
    while waiting and not beat.stopped:
        name, is_folder = waiting.pop()
        if not is_folder:
            yield Piece([name], {})
            continue
        try:
            names, folders = _read(os.path.join(root, name) if name else root, beat, folders=True)
        except OSError:
            if not name:
                raise
            continue
        partners: dict[bytes, bytes] = {}
        if pairs:
            names, partners = pair_up(names)
        inside = [each for each in folders if _may_enter(root, name + each, been, real_root)]
        yield from _level(name, names, partners, inside, waiting)


def _level(
    prefix: bytes,
    names: list[bytes],
    partners: dict[bytes, bytes],
    folders: list[bytes],
    waiting: list[tuple[bytes, bool]],
) -> Iterator[Piece]:
    """Give what stands before the first folder, and leave the rest waiting, last first."""
    ordered = NaturalOrder(names).all()
    told = {prefix + name: ending for name, ending in partners.items()}
    if not folders:
        yield Piece([prefix + name for name in ordered], told)
        return
    places = sorted((natural_key(name), name) for name in folders)
    first = places[0][0]
    before = [name for name in ordered if natural_key(name) < first] if ordered else []
    rest = [(natural_key(name), name, False) for name in ordered[len(before) :]]
    rest += [(key, name, True) for key, name in places]
    rest.sort(reverse=True)
    waiting += [(prefix + name, is_folder) for _, name, is_folder in rest]
    yield Piece([prefix + name for name in before], told)


def _may_enter(root: bytes, name: bytes, been: set[tuple[int, int]], real_root: bytes) -> bool:
    path = os.path.join(root, name)
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            real = os.path.join(os.path.realpath(path), b"")
            if real.startswith(real_root) or real_root.startswith(real):
                return False
            found = os.stat(path)
    except OSError:
        return False
    mark = (found.st_dev, found.st_ino)
    if mark in been:
        return False
    been.add(mark)
    return True


def _read(folder: bytes, beat: Beat, *, folders: bool) -> tuple[list[bytes], list[bytes]]:
    """Return the names of a folder's photos and, with a slash, of its folders; unsorted."""
    names: list[bytes] = []
    inside: list[bytes] = []
    listed: dict[bytes, bool] = {}
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if not number % _BEAT_EVERY:
                beat.count += 1
            name = entry.name
            if name[0] == 0x2E:
                continue
            dot = name.rfind(b".")
            if dot > 0:
                ending = name[dot:]
                known = listed.get(ending)
                if known is None:
                    known = listed[ending] = ending.lower() in _ENDINGS
                if known and _is_file(entry):
                    names.append(name)
                    continue
            if folders and _is_folder(entry):
                inside.append(name + b"/")
    beat.count += 1
    return names, inside


def _is_file(entry: os.DirEntry[bytes]) -> bool:
    """Whether it is a file, or a link to one; a link that leads round in a circle is not."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _cut(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Bring pieces of any size to sizes that are good to send."""
    names: list[bytes] = []
    partners: dict[bytes, bytes] = {}
    size, used, since_s = FIRST_PIECE, 0, time.monotonic()
    for piece in pieces:
        partners.update(piece.partners)
        for name in piece.names:
            names.append(name)
            used += len(name)
            if len(names) >= size or used >= _PIECE_BYTES:
                yield _take(names, partners)
                names, size, used, since_s = [], PIECE, 0, time.monotonic()
        if names and time.monotonic() - since_s > _LONGEST_S:
            yield _take(names, partners)
            names, size, used, since_s = [], PIECE, 0, time.monotonic()
    if names:
        yield _take(names, partners)


def _take(names: list[bytes], partners: dict[bytes, bytes]) -> Piece:
    mine = {name: partners.pop(name) for name in names if name in partners} if partners else {}
    return Piece(names, mine)
