"""Frames on a byte stream: ``u32 header length | u32 blob length | header | blob``, little-endian.

Bytes in, frames out: no socket and no event loop, so that the daemon, the window, the command line
and the worker processes share it.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MAX_HEADER_BYTES = 1 << 20
MAX_BLOB_BYTES = 64 << 20

_LENGTHS = struct.Struct("<II")
LENGTHS_BYTES = _LENGTHS.size


class FramingError(ValueError):
    """What arrived is no frame; nothing later on this stream can be trusted."""


class Frame(NamedTuple):
    """One message: its encoded header and a payload, which may be empty."""

    header: bytes
    blob: bytes = b""


def pack(frame: Frame) -> bytes:
    """Return *frame* as it goes on the wire.

    Raises:
        FramingError: a part is over its limit.
    """
    _check(len(frame.header), len(frame.blob))
    return _LENGTHS.pack(len(frame.header), len(frame.blob)) + frame.header + frame.blob


def unpack_lengths(data: bytes | bytearray | memoryview) -> tuple[int, int]:
    """Return (header length, blob length) from the first eight bytes of *data*.

    Raises:
        FramingError: a length is over its limit, before anything is allocated for it.
    """
    header_bytes, blob_bytes = _LENGTHS.unpack_from(data)
    _check(header_bytes, blob_bytes)
    return header_bytes, blob_bytes


class FrameReader:
    """Cuts a stream, fed in slices of any size, into frames."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._wanted_bytes = LENGTHS_BYTES

    def feed(self, data: bytes) -> list[Frame]:
        """Take *data* and return every frame it completes, oldest first.

        Raises:
            FramingError: a length is over its limit.
        """
        self._pending += data
        if len(self._pending) < self._wanted_bytes:
            return []
        frames: list[Frame] = []
        start = 0
        with memoryview(self._pending) as pending:
            while len(pending) - start >= LENGTHS_BYTES:
                header_bytes, blob_bytes = unpack_lengths(pending[start : start + LENGTHS_BYTES])
                middle = start + LENGTHS_BYTES + header_bytes
                end = middle + blob_bytes
                if len(pending) < end:
                    self._wanted_bytes = end - start
                    break
                header = bytes(pending[start + LENGTHS_BYTES : middle])
                frames.append(Frame(header, bytes(pending[middle:end])))
                start = end
                self._wanted_bytes = LENGTHS_BYTES
            else:
                self._wanted_bytes = LENGTHS_BYTES
        del self._pending[:start]
        return frames


def _check(header_bytes: int, blob_bytes: int) -> None:
    if header_bytes > MAX_HEADER_BYTES or blob_bytes > MAX_BLOB_BYTES:
        raise FramingError(f"a frame of {header_bytes} + {blob_bytes} bytes is over the limit")
