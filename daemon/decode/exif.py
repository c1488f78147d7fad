"""EXIF blocks: read, corrected in place for an upright result, or gathered from a TIFF or RAW.

A block is corrected byte by byte where it stands, so that maker notes, which point into it by
absolute offsets, stay readable.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

ReadAt = Callable[[int, int], bytes]

ORIENTATION = 274
EXIF_IFD = 34665
GPS_IFD = 34853
INTEROP_IFD = 40965
MAKER_NOTE = 37500

_CLASSIC_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TYPE_BYTES = _CLASSIC_BYTES | {16: 8, 17: 8, 18: 8}
_CLASSIC_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_TYPE_CODES = _CLASSIC_CODES | {16: "Q", 17: "q", 18: "Q"}
_MAX_ENTRIES = 1000
_MAX_VALUE_BYTES = 4 << 20
_SIZE_TAGS = ((256, "width"), (257, "height"))
_EXIF_SIZE_TAGS = ((40962, "width"), (40963, "height"))
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 513, 514
_KEPT_OF_TIFF = (
    *(269, 270, 271, 272, 274, 282, 283, 285, 296, 305, 306, 315, 316, 18246, 18249, 33432),
    *(40091, 40092, 40093, 40094, 40095),
)


class Entry(NamedTuple):
    """One field of a directory.

    Attributes:
        tag: Its number.
        kind: TIFF field type.
        length: Number of values.
        at: Where the entry stands: 12 bytes, 20 in a BigTIFF.
        value_at: Where the value stands.
    """

    tag: int
    kind: int
    length: int
    at: int
    value_at: int

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return _TYPE_BYTES.get(self.kind, 1) * self.length


class Directory(NamedTuple):
    """One IFD: its entries by tag, and where the next one's offset stands."""

    entries: dict[int, Entry]
    next_at: int
    next_offset: int


_NOTHING = Directory({}, 0, 0)


class Exif:
    """A TIFF structure, in memory or in a file, whatever its content.

    Attributes:
        order: ``<`` or ``>``; empty when it is no TIFF structure.
        is_big: It is a BigTIFF, with offsets of 64 bits.
    """

    def __init__(self, read_at: ReadAt) -> None:
        self._read_at = read_at
        head = read_at(0, 16)
        self.is_big = head[2:4] in (b"+\0", b"\0+")
        known = len(head) >= (16 if self.is_big else 8)
        self.order = {b"II": "<", b"MM": ">"}.get(head[:2], "") if known else ""
        self.main = _NOTHING
        if self.order:
            self.main = self.directory(self._offset(head, 8 if self.is_big else 4))
        self.photo = self._below(EXIF_IFD, self.main)
        self.gps = self._below(GPS_IFD, self.main)

    @classmethod
    def of(cls, block: bytes) -> Exif:
        """Read a block that is in memory."""
        return cls(lambda offset, size: block[offset : offset + size] if offset >= 0 else b"")

    def directory(self, offset: int) -> Directory:
        """Return the IFD at *offset*; empty when there is none."""
        counted = 8 if self.is_big else 2
        word = 8 if self.is_big else 4
        step = 4 + 2 * word
        raw = self._read_at(offset, counted) if offset >= 8 else b""
        if len(raw) < counted:
            return _NOTHING
        count = min(int.from_bytes(raw, "little" if self.order == "<" else "big"), _MAX_ENTRIES)
        start = offset + counted
        table = self._read_at(start, step * count + word)
        entries: dict[int, Entry] = {}
        for index in range(min(count, len(table) // step)):
            tag, kind = struct.unpack_from(f"{self.order}HH", table, step * index)
            values = self._offset(table, step * index + 4)
            at, within = start + step * index, 4 + word
            inside = _TYPE_BYTES.get(kind, 1) * values <= word
            place = at + within if inside else self._offset(table, step * index + within)
            entries.setdefault(tag, Entry(tag, kind, values, at, place))
        next_at = step * count
        next_offset = self._offset(table, next_at) if len(table) == next_at + word else 0
        return Directory(entries, start + next_at, next_offset)

    def _offset(self, data: bytes, at: int) -> int:
        """Return the offset or number of values that stands at *at*."""
        return int(struct.unpack_from(f"{self.order}{'Q' if self.is_big else 'I'}", data, at)[0])

    def raw(self, entry: Entry) -> bytes:
        """Return the bytes of a value; empty when they lie outside."""
        if entry.size > _MAX_VALUE_BYTES:
            return b""
        data = self._read_at(entry.value_at, entry.size)
        return data if len(data) == entry.size else b""

    def numbers(self, entry: Entry) -> tuple[float, ...]:
        """Return a value as numbers; rationals divided, 0 where the denominator is 0."""
        data = self.raw(entry)
        if entry.kind in (5, 10):
            code = "I" if entry.kind == 5 else "i"
            parts = struct.unpack(f"{self.order}{len(data) // 4}{code}", data)
            pairs = zip(parts[::2], parts[1::2], strict=True)
            return tuple(n / d if d else 0.0 for n, d in pairs)
        code = _TYPE_CODES.get(entry.kind)
        if code is None or not data:
            return ()
        return struct.unpack(f"{self.order}{entry.length}{code}", data)

    def number(self, tag: int, directory: Directory) -> float | None:
        """Return the first number of a field; ``None`` when the field is absent."""
        entry = directory.entries.get(tag)
        values = self.numbers(entry) if entry else ()
        return values[0] if values else None

    def text(self, tag: int, directory: Directory) -> str:
        """Return a text field, stripped; empty when it is absent."""
        entry = directory.entries.get(tag)
        if entry is None:
            return ""
        data = self.raw(entry)
        if 40091 <= tag <= 40095:
            return data.decode("utf-16-le", "replace").split("\0")[0].strip()
        return data.split(b"\0")[0].decode("utf-8", "replace").strip()

    @property
    def orientation(self) -> int:
        """EXIF orientation 1..8; 1 when it is absent or nonsense."""
        value = self.number(ORIENTATION, self.main)
        return int(value) if value is not None and 1 <= value <= 8 else 1

    @property
    def is_adobe_rgb(self) -> bool:
        """A camera's way to say so, mostly without a profile (DCF, interoperability R03)."""
        return self.text(1, self._below(INTEROP_IFD, self.photo)) == "R03"

    @property
    def thumbnail(self) -> bytes:
        """The embedded JPEG preview; empty without one."""
        following = self.directory(self.main.next_offset) if self.main.next_offset else _NOTHING
        offset = self.number(_THUMBNAIL_OFFSET, following)
        length = self.number(_THUMBNAIL_LENGTH, following)
        if offset is None or length is None or not 0 < length <= _MAX_VALUE_BYTES:
            return b""
        data = self._read_at(int(offset), int(length))
        return data if data[:3] == b"\xff\xd8\xff" else b""

    def _below(self, tag: int, directory: Directory) -> Directory:
        offset = self.number(tag, directory)
        return self.directory(int(offset)) if offset is not None else _NOTHING


def orientation_of(block: bytes) -> int:
    """Return the orientation stated in a block, 1..8; 1 when it is empty."""
    return Exif.of(block).orientation if block else 1


def corrected(block: bytes, width_px: int, height_px: int) -> bytes:
    """Return *block* as it must stand in an upright result of another content.

    Orientation becomes 1, sizes become the result's, the embedded preview (it shows the ungraded
    picture) is cut out. Everything else keeps its bytes and its place.
    """
    exif = Exif.of(block)
    if not exif.order or exif.is_big:
        return b""
    result = bytearray(block)
    size = {"width": width_px, "height": height_px}
    _put(exif, result, exif.main, ORIENTATION, 1)
    for tag, side in _SIZE_TAGS:
        _put(exif, result, exif.main, tag, size[side])
    for tag, side in _EXIF_SIZE_TAGS:
        _put(exif, result, exif.photo, tag, size[side])
    if exif.main.next_offset and exif.main.next_at + 4 <= len(result):
        _cut_preview(exif, result)
    return bytes(result)


def gathered(exif: Exif, *, maker_note: bool = True) -> bytes:
    """Return a compact block of what describes the photo in a TIFF or RAW file's directories.

    Args:
        exif: The file's structure.
        maker_note: Keep it; one that points into its old file by absolute offsets would be broken.
    """
    if not exif.order:
        return b""
    kept = {tag: exif.main.entries[tag] for tag in _KEPT_OF_TIFF if tag in exif.main.entries}
    photo = dict(exif.photo.entries)
    photo.pop(INTEROP_IFD, None)
    if not maker_note:
        photo.pop(MAKER_NOTE, None)
    if not kept and not photo and not exif.gps.entries:
        return b""
    order = exif.order
    block = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8))
    fields = [(e.tag, e.kind, e.length, exif.raw(e)) for e in kept.values()]
    links = [(t, d) for t, d in ((EXIF_IFD, photo), (GPS_IFD, exif.gps.entries)) if d]
    fields += [(tag, 4, 1, bytes(4)) for tag, _ in links]
    places = append_directory(block, order, fields)
    for tag, entries in links:
        struct.pack_into(f"{order}I", block, places[tag], len(block))
        append_directory(
            block, order, [(e.tag, e.kind, e.length, exif.raw(e)) for e in entries.values()]
        )
    return bytes(block)


def append_directory(
    block: bytearray, order: str, fields: list[tuple[int, int, int, bytes]], base: int = 0
) -> dict[int, int]:
    """Append an IFD of (tag, type, count, value) with its values to *block*.

    Args:
        block: Must have an even length.
        order: ``<`` or ``>``; the values are already in it.
        fields: In any order; one whose value is incomplete is left out.
        base: Where *block* will stand in the file.

    Returns:
        Where the value of each tag stands inside *block*.
    """
    known = (f for f in fields if f[1] in _CLASSIC_BYTES)
    good = sorted(f for f in known if f[3] and len(f[3]) == _TYPE_BYTES.get(f[1], 1) * f[2])
    start = len(block)
    values_at = start + 2 + 12 * len(good) + 4
    table, values = bytearray(struct.pack(f"{order}H", len(good))), bytearray()
    places: dict[int, int] = {}
    for tag, kind, count, value in good:
        table += struct.pack(f"{order}HHI", tag, kind, count)
        if len(value) <= 4:
            places[tag] = start + len(table)
            table += value.ljust(4, b"\0")
        else:
            places[tag] = values_at + len(values)
            table += struct.pack(f"{order}I", base + places[tag])
            values += value + bytes(len(value) % 2)
    block += table + bytes(4) + values
    return places


def _put(exif: Exif, block: bytearray, directory: Directory, tag: int, value: int) -> None:
    """Overwrite one whole number in place."""
    entry = directory.entries.get(tag)
    if entry is None or entry.length != 1 or entry.kind not in (3, 4):
        return
    if entry.kind == 3 and value > 65535:
        struct.pack_into(f"{exif.order}HII", block, entry.at + 2, 4, 1, value)
        return
    block[entry.value_at : entry.value_at + 4] = bytes(4)
    struct.pack_into(f"{exif.order}{_TYPE_CODES[entry.kind]}", block, entry.value_at, value)


def _cut_preview(exif: Exif, block: bytearray) -> None:
    following = exif.directory(exif.main.next_offset)
    struct.pack_into("4x", block, exif.main.next_at)
    offset = exif.number(_THUMBNAIL_OFFSET, following)
    length = exif.number(_THUMBNAIL_LENGTH, following)
    if offset is None or length is None:
        return
    start, end = int(offset), min(int(offset) + int(length), len(block))
    if not 8 <= start < end or not block.startswith(b"\xff\xd8", start):
        return
    if end >= len(block) - 4:
        del block[start:]
    else:
        block[start:end] = bytes(end - start)
