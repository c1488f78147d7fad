"""The small picture inside a HEIC file: made the file's main one, so that libheif decodes it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_META_LIMIT = 4 << 20


class _Box(NamedTuple):
    kind: bytes
    at: int
    start: int
    end: int


def with_thumbnail_first(data: bytes) -> bytes | None:
    """Return the file with its thumbnail as the main picture; ``None`` without one.

    Args:
        data: The whole HEIC file.
    """
    meta = next((box for box in _boxes(data, 0, len(data)) if box.kind == b"meta"), None)
    if meta is None or meta.end - meta.start > _META_LIMIT:
        return None
    inside = {box.kind: box for box in _boxes(data, meta.start + 4, meta.end)}
    main, references = inside.get(b"pitm"), inside.get(b"iref")
    if main is None or references is None:
        return None
    wide_main = data[main.start] > 0
    main_id = _number(data, main.start + 4, wide=wide_main)
    found = _thumbnail(data, references, main_id)
    if found is None:
        return None
    box, thumbnail_id = found
    result = bytearray(data)
    struct.pack_into(">I" if wide_main else ">H", result, main.start + 4, thumbnail_id)
    result[box.at + 4 : box.at + 8] = b"free"
    return bytes(result)


def _thumbnail(data: bytes, references: _Box, main_id: int) -> tuple[_Box, int] | None:
    wide = data[references.start] > 0
    step = 4 if wide else 2
    for box in _boxes(data, references.start + 4, references.end):
        if box.kind != b"thmb" or box.end - box.start < 2 * step + 2:
            continue
        (count,) = struct.unpack_from(">H", data, box.start + step)
        first = box.start + step + 2
        targets = [
            _number(data, first + step * index, wide=wide)
            for index in range(min(count, (box.end - first) // step))
        ]
        thumbnail_id = _number(data, box.start, wide=wide)
        if main_id in targets and thumbnail_id <= 0xFFFF:
            return box, thumbnail_id
    return None


def _number(data: bytes, at: int, *, wide: bool) -> int:
    return int(struct.unpack_from(">I" if wide else ">H", data, at)[0])


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            return
        yield _Box(kind, at, at + head, at + size)
        at += size
