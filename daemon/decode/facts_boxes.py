"""HEIC, AVIF and CR3: size, turn and metadata from the boxes of ISO 14496-12 and 23008-12."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from daemon.decode.exif import ReadAt

_MAX_BOXES = 4000
_MAX_BLOCK_BYTES = 8 << 20
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_TURNS = {0: 1, 1: 8, 2: 3, 3: 6}
_XMP_TYPE = b"application/rdf+xml"


@dataclass
class Boxes:
    """What the boxes say.

    Attributes:
        width_px: As stored, before *orientation*.
        height_px: As stored.
        orientation: 1..8 by the file's own boxes; 0: its EXIF says it.
        exif: The block of EXIF; in a CR3 the main directory alone.
        photo: A CR3's block of the shot's directory.
        gps: A CR3's block of the place's directory.
        xmp: The packet.
    """

    width_px: int = 0
    height_px: int = 0
    orientation: int = 0
    exif: bytes = b""
    photo: bytes = b""
    gps: bytes = b""
    xmp: bytes = b""


@dataclass
class _Items:
    """The tables of a ``meta`` box."""

    primary: int = 0
    kinds: dict[int, tuple[bytes, bytes]] = field(default_factory=dict[int, tuple[bytes, bytes]])
    places: dict[int, list[tuple[int, int]]] = field(
        default_factory=dict[int, list[tuple[int, int]]]
    )
    properties: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    of_item: dict[int, list[int]] = field(default_factory=dict[int, list[int]])


def read_boxes(read_at: ReadAt, size_bytes: int) -> Boxes:
    """Read the boxes of a file of *size_bytes*.

    Raises:
        ValueError: they make no sense; so do ``struct.error`` and the ``LookupError`` s.
    """
    found = Boxes()
    for kind, at, end in _boxes(read_at, 0, size_bytes):
        if kind == b"meta":
            _read_meta(found, read_at, at + 4, min(end, at + _MAX_BLOCK_BYTES))
        elif kind == b"moov":
            _read_canon(found, read_at, at, end)
        elif kind == b"uuid" and read_at(at, 16) == _XMP:
            found.xmp = read_at(at + 16, min(end - at - 16, _MAX_BLOCK_BYTES))
    return found


def _boxes(read_at: ReadAt, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, start of the content, end) of the boxes between two places."""
    for _ in range(_MAX_BOXES):
        head = read_at(at, 16)
        if at + 8 > end or len(head) < 8:
            return
        size, kind = struct.unpack_from(">I4s", head)
        start = at + 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            start = at + 16
        elif size == 0:
            size = end - at
        if size < start - at:
            return
        yield kind, start, min(at + size, end)
        at += size


def _read_canon(found: Boxes, read_at: ReadAt, at: int, end: int) -> None:
    """Read the blocks of a CR3, which stand in a box of Canon's own."""
    names = {b"CMT1": "exif", b"CMT2": "photo", b"CMT4": "gps"}
    for kind, start, stop in _boxes(read_at, at, end):
        if kind != b"uuid" or read_at(start, 16) != _CANON:
            continue
        for inner, begin, over in _boxes(read_at, start + 16, stop):
            if inner in names:
                setattr(found, names[inner], read_at(begin, min(over - begin, _MAX_BLOCK_BYTES)))


def _read_meta(found: Boxes, read_at: ReadAt, at: int, end: int) -> None:
    items = _Items()
    data_at = 0
    for kind, start, stop in _boxes(read_at, at, end):
        data = read_at(start, stop - start) if kind in _TABLES else b""
        if kind in _TABLES:
            _TABLES[kind](items, data)
        elif kind == b"iprp":
            _read_properties(items, read_at, start, stop)
        elif kind == b"idat":
            data_at = start
    _take_properties(found, items)
    for item, (kind, content_type) in items.kinds.items():
        places = items.places.get(item, [])
        if kind == b"Exif":
            block = _load(read_at, places, data_at)
            (skipped,) = struct.unpack_from(">I", block.ljust(4, b"\0"))
            found.exif = found.exif or block[4 + skipped :].removeprefix(b"Exif\0\0")
        elif kind == b"mime" and content_type == _XMP_TYPE:
            found.xmp = found.xmp or _load(read_at, places, data_at)


def _take_properties(found: Boxes, items: _Items) -> None:
    """Take size and turn of the main picture."""
    found.orientation = 1
    for number in items.of_item.get(items.primary, []):
        if not 1 <= number <= len(items.properties):
            continue
        kind, data = items.properties[number - 1]
        if kind == b"ispe":
            found.width_px, found.height_px = struct.unpack_from(">II", data, 4)
        elif kind == b"irot":
            found.orientation = _TURNS[data[0] & 3]


def _load(read_at: ReadAt, places: list[tuple[int, int]], data_at: int) -> bytes:
    """Return an item's bytes; places below 0 are meant from the start of ``idat``."""
    parts: list[bytes] = []
    left = _MAX_BLOCK_BYTES
    for offset, size in places:
        start = offset if offset >= 0 else data_at + ~offset
        part = read_at(start, min(size, left))
        left -= len(part)
        parts.append(part)
    return b"".join(parts)


def _read_primary(items: _Items, data: bytes) -> None:
    items.primary = int.from_bytes(data[4:6] if data[0] == 0 else data[4:8], "big")


def _read_kinds(items: _Items, data: bytes) -> None:
    at = 6 if data[0] == 0 else 8
    for _ in range(_MAX_BOXES):
        if at + 12 > len(data):
            return
        size, kind, version = struct.unpack_from(">I4sB", data, at)
        if kind == b"infe" and version >= 2:
            wide = version > 2
            body = data[at + 12 : at + size]
            item = int.from_bytes(body[: 4 if wide else 2], "big")
            rest = body[6 if wide else 4 :]
            _, _, words = rest[4:].partition(b"\0")
            items.kinds[item] = (rest[:4], words.split(b"\0")[0])
        if size < 12:
            return
        at += size


def _read_places(items: _Items, data: bytes) -> None:
    version = data[0]
    offset_bytes, length_bytes = data[4] >> 4, data[4] & 15
    base_bytes, index_bytes = data[5] >> 4, (data[5] & 15) if version else 0
    wide = version >= 2
    reader = _Fields(data, 6)
    for _ in range(min(reader.take(4 if wide else 2), _MAX_BOXES)):
        item = reader.take(4 if wide else 2)
        method = reader.take(2) & 15 if version else 0
        reader.take(2)
        base = reader.take(base_bytes)
        extents: list[tuple[int, int]] = []
        for _ in range(min(reader.take(2), _MAX_BOXES)):
            reader.take(index_bytes)
            offset, length = base + reader.take(offset_bytes), reader.take(length_bytes)
            extents.append((~offset if method == 1 else offset, length))
        items.places[item] = extents


def _read_properties(items: _Items, read_at: ReadAt, at: int, end: int) -> None:
    for kind, start, stop in _boxes(read_at, at, end):
        if kind == b"ipco":
            items.properties = [
                (name, read_at(begin, min(over - begin, 64)) if name in (b"ispe", b"irot") else b"")
                for name, begin, over in _boxes(read_at, start, stop)
            ]
        elif kind == b"ipma":
            _read_associations(items, read_at(start, stop - start))


def _read_associations(items: _Items, data: bytes) -> None:
    wide_item, wide_index = data[0] >= 1, bool(data[3] & 1)
    reader = _Fields(data, 4)
    for _ in range(min(reader.take(4), _MAX_BOXES)):
        item = reader.take(4 if wide_item else 2)
        mask = 0x7FFF if wide_index else 0x7F
        size = 2 if wide_index else 1
        items.of_item[item] = [reader.take(size) & mask for _ in range(reader.take(1))]


class _Fields:
    """Whole numbers one after the other.

    Raises:
        ValueError: they end too early.
    """

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def take(self, size: int) -> int:
        """Return the next *size* bytes as a number."""
        end = self._at + size
        if end > len(self._data):
            raise ValueError("a table is cut off")
        value = int.from_bytes(self._data[self._at : end], "big")
        self._at = end
        return value


_TABLES = {b"pitm": _read_primary, b"iinf": _read_kinds, b"iloc": _read_places}
