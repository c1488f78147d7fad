"""Writes PNG files of 16 bits a channel, which Pillow cannot.

Source: PNG specification, third edition: IHDR, tEXt and iTXt, IDAT; filter 2 (up) in every row.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from daemon.builtin_host.values import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_LEVEL = 4
_ROWS = 64
_UP = b"\x02"


def write_png16(
    path: Path, picture: Image, texts: dict[str, str], checkpoint: Callable[[], None]
) -> None:
    """Write one picture.

    Args:
        path: File to write.
        picture: Shape (H, W, C), float32, C 1 to 4; clipped to 0..1 and truncated to 16 bits.
        texts: Text chunks by keyword.
        checkpoint: Called between rows; raises to stop.
    """
    height_px, width_px, channels = picture.shape
    head = struct.pack(">IIBBBBB", width_px, height_px, 16, _COLOR_TYPES[channels], 0, 0, 0)
    with path.open("wb") as file:
        file.write(_SIGNATURE + _chunk(b"IHDR", head))
        for keyword, text in texts.items():
            file.write(_text_chunk(keyword, text))
        packer = zlib.compressobj(_LEVEL)
        above = np.zeros(width_px * channels * 2, np.uint8)
        for start in range(0, height_px, _ROWS):
            checkpoint()
            block = np.clip(picture[start : start + _ROWS] * np.float32(65535), 0, 65535)
            rows = block.astype(">u2").view(np.uint8).reshape(len(block), -1)
            filtered = rows - np.concatenate([above[None], rows[:-1]])
            above = rows[-1]
            file.write(_data(packer.compress(b"".join(_UP + row.tobytes() for row in filtered))))
        file.write(_data(packer.flush()) + _chunk(b"IEND", b""))


def _data(compressed: bytes) -> bytes:
    return _chunk(b"IDAT", compressed) if compressed else b""


def _text_chunk(keyword: str, text: str) -> bytes:
    name = keyword.encode("latin-1", "replace")[:79]
    try:
        return _chunk(b"tEXt", name + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return _chunk(b"iTXt", name + b"\0\0\0\0\0" + text.encode("utf-8"))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
