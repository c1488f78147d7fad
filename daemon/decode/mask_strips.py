"""Masks as this program stores them: PNGs whose strips are packed and unfolded two at a time."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from daemon.decode.png_chunks import SIGNATURE
from daemon.decode.png_writer import ZLIB_HEADER
from daemon.decode.source import Source
from daemon.decode.strips import in_order

STRIP_BYTES = 2 << 20
_NO_FILTER = 0
_GRAY_8_BIT = (8, 0, 0, 0, 0)
_MOST_FILE_BYTES = 256 << 20
_HEADER_BYTES, _CHECKSUM_BYTES = 13, 4


def strip_rows(width_px: int, height_px: int) -> list[slice]:
    """Return the rows of every strip of a mask of this size, as they are written and read."""
    step = max(1, STRIP_BYTES // width_px)
    return [slice(top, min(top + step, height_px)) for top in range(0, height_px, step)]


def stored_rows(rows: NDArray[np.uint8]) -> bytes:
    """Return rows of values (H, W) as PNG stores them unfiltered: they unfold by copying."""
    stored = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    stored[:, 0] = _NO_FILTER
    stored[:, 1:] = rows
    return stored.tobytes()


def unfold_strips(source: Source) -> NDArray[np.uint8] | None:
    """Return the values of a PNG that :func:`daemon.decode.mask_file.write_mask` wrote.

    Args:
        source: Any picture.

    Returns:
        Shape (H, W), uint8; None where it is another PNG, or a damaged one: whoever reads any PNG
        says then what it is.
    """
    if source.format != "png" or source.size_bytes > _MOST_FILE_BYTES:
        return None
    chunks = _chunks(source.read_all())
    kinds = [kind for kind, _ in chunks]
    if len(chunks) < 4 or kinds != [b"IHDR", *[b"IDAT"] * (len(chunks) - 2), b"IEND"]:
        return None
    header, *packed, checksum, _ = (content for _, content in chunks)
    if len(header) != _HEADER_BYTES or len(checksum) != _CHECKSUM_BYTES:
        return None
    width, height, *form = struct.unpack(">IIBBBBB", header)
    if tuple(form) != _GRAY_8_BIT or not (width and height):
        return None
    source.check_size(width, height)
    parts = strip_rows(width, height)
    if len(packed) != len(parts) or not packed[0].startswith(ZLIB_HEADER):
        return None
    packed[0] = packed[0][len(ZLIB_HEADER) :]
    strips = {part.start: strip for part, strip in zip(parts, packed, strict=True)}
    values = np.empty((height, width), np.uint8)

    def unfold(part: slice) -> bool:
        return _unfold(strips[part.start], values[part])

    return values if all(list(in_order(unfold, parts, _go_on))) else None


def _unfold(packed: bytes, rows: NDArray[np.uint8]) -> bool:
    """Put one strip into *rows*; False: it is not such a strip."""
    height, width = rows.shape
    length = height * (width + 1)
    try:
        plain = zlib.decompressobj(-15).decompress(packed, length + 1)
    except zlib.error:
        return False
    if len(plain) != length:
        return False
    stored = np.frombuffer(plain, np.uint8).reshape(height, width + 1)
    if (stored[:, 0] != _NO_FILTER).any():
        return False
    rows[:] = stored[:, 1:]
    return True


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return kind and content of every chunk; none where one is damaged or cut off."""
    found: list[tuple[bytes, bytes]] = []
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        told = data[at + 4 : at + 8 + length]
        check = data[at + 8 + length : at + 12 + length]
        if check != struct.pack(">I", zlib.crc32(told)):
            return []
        found.append((told[:4], told[4:]))
        at += 12 + length
    return found if at == len(data) else []


def _go_on() -> None:
    """Nobody waits long enough to stop this."""
