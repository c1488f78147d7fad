"""Finds the XMP packet in files made of boxes: HEIC, AVIF, JPEG XL and Canon's CR3."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from daemon.sidecars.packet import MOST_BYTES

_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MOST_BOXES = 5_000
_MOST_META = 16 << 20


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


def in_boxes(file: BinaryIO) -> bytes:
    """Return the packet; empty without one."""
    file.seek(0, 2)
    for box in _boxes(file, 0, file.tell()):
        if box.kind == b"uuid" and _read(file, box.start, 16) == _XMP_UUID:
            return _read(file, box.start + 16, box.end - box.start - 16)
        if box.kind == b"xml ":
            return _read(file, box.start, box.end - box.start)
        if box.kind == b"meta":
            return _in_meta(file, box)
    return b""


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    if not 0 <= size <= MOST_BYTES:
        raise ValueError("too large")
    file.seek(at)
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind = struct.unpack(">I4s", _read(file, at, 8))
        start = at + 8
        if size == 1:
            size = struct.unpack(">Q", _read(file, start, 8))[0]
            start += 8
        elif size == 0:
            size = end - at
        if size < start - at or at + size > end:
            return
        yield _Box(kind, start, at + size)
        at += size


def _in_meta(file: BinaryIO, meta: _Box) -> bytes:
    """HEIF: an item of type ``mime`` says it is RDF, and ``iloc`` where it lies."""
    boxes = {box.kind: box for box in _boxes(file, meta.start + 4, meta.end)}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return b""
    item = _xmp_item(file, boxes[b"iinf"])
    if item is None:
        return b""
    data_start = boxes[b"idat"].start if b"idat" in boxes else 0
    spans = _item_spans(_content(file, boxes[b"iloc"]), item, data_start)
    if sum(size for _, size in spans) > MOST_BYTES:
        return b""
    return b"".join(_read(file, at, size) for at, size in spans)


def _content(file: BinaryIO, box: _Box) -> bytes:
    if box.end - box.start > _MOST_META:
        raise ValueError("too large")
    return _read(file, box.start, box.end - box.start)


def _xmp_item(file: BinaryIO, info: _Box) -> int | None:
    version = _read(file, info.start, 4)[0]
    first = info.start + 4 + (2 if version == 0 else 4)
    for box in _boxes(file, first, info.end):
        entry = _content(file, box)
        if box.kind != b"infe" or entry[0] < 2:
            continue
        wide = entry[0] >= 3
        number = struct.unpack_from(">I" if wide else ">H", entry, 4)[0]
        rest = entry[10 if wide else 8 :]
        if rest[:4] == b"mime" and b"application/rdf+xml" in rest:
            return int(number)
    return None


def _item_spans(table: bytes, wanted: int, data_start: int) -> list[tuple[int, int]]:
    """Return offset and size of every piece of an item, by the box ``iloc``."""
    version, sizes = table[0], struct.unpack_from(">H", table, 4)[0]
    widths = [(sizes >> shift) & 15 for shift in (12, 8, 4, 0)]
    offset_width, length_width, base_width, index_width = widths
    at = 6

    def take(width: int) -> int:
        nonlocal at
        at += width
        return int.from_bytes(table[at - width : at], "big")

    count = take(2 if version < 2 else 4)
    for _ in range(min(count, _MOST_BOXES)):
        number = take(2 if version < 2 else 4)
        method = take(2) & 15 if version > 0 else 0
        take(2)
        base = take(base_width) + (data_start if method == 1 else 0)
        spans: list[tuple[int, int]] = []
        for _ in range(min(take(2), _MOST_BOXES)):
            if version > 0:
                take(index_width)
            offset = take(offset_width)
            spans.append((base + offset, take(length_width)))
        if number == wanted and method in (0, 1):
            return spans
    return []
