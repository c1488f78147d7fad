"""The size of a video in an ISO container (MP4, MOV), read from its boxes without ffmpeg."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from daemon.decode.source import Source

_MAX_MOOV_BYTES = 16 << 20
_MAX_BOXES = 64
_TURNED_QUARTER = 0x00010000


def video_size(source: Source) -> tuple[int, int]:
    """Return the upright width and height of the first picture track; (0, 0) when unknown."""
    moov = _moov(source)
    for kind, track in _boxes(moov):
        if kind != b"trak":
            continue
        for inner, header in _boxes(track):
            if inner == b"tkhd" and (size := _track_size(header)):
                return size
    return 0, 0


def _moov(source: Source) -> bytes:
    offset = 0
    for _ in range(_MAX_BOXES):
        head = source.read_at(offset, 16)
        if len(head) < 8:
            return b""
        size, kind = struct.unpack_from(">I4s", head)
        start = 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            start = 16
        if kind == b"moov":
            return source.read_at(offset + start, min(size - start, _MAX_MOOV_BYTES))
        if size < start:
            return b""
        offset += size
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            return
        yield kind, data[at + 8 : at + size]
        at += size


def _track_size(header: bytes) -> tuple[int, int] | None:
    """Read width, height and turn of a ``tkhd`` box; ``None`` for a track without a picture."""
    if len(header) < 84:
        return None
    matrix = len(header) - 44
    turned = abs(struct.unpack_from(">i", header, matrix + 4)[0]) >= _TURNED_QUARTER
    width, height = (value >> 16 for value in struct.unpack_from(">II", header, matrix + 36))
    if not width or not height:
        return None
    return (height, width) if turned else (width, height)
