"""Finds the XMP packet inside a photo's file, reading no more of it than it must."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from daemon.sidecars.boxes import in_boxes
from daemon.sidecars.packet import MOST_BYTES

_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_NAME = b"XML:com.adobe.xmp\0"
_TIFF_XMP = 700
_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
_BIG_TIFF_MAGICS = (b"II+\0", b"MM\0+")
_MOST_CHUNKS = 20_000


def embedded_xmp(path: bytes) -> bytes:
    """Return the XMP packet inside JPEG, PNG, TIFF, WebP, HEIC, AVIF, JPEG XL or RAW.

    Empty without one, and where the file is too damaged to tell.

    Raises:
        OSError: the file cannot be read.
    """
    # a FIFO would wait for its writer for ever
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return b""
    with os.fdopen(handle, "rb", buffering=16384) as file:
        head = file.read(16)
        reader = _reader_for(head)
        if reader is None:
            return b""
        try:
            return reader(file).strip(b"\0")
        except (struct.error, ValueError, EOFError, zlib.error, MemoryError):
            return b""


def _reader_for(head: bytes) -> Callable[[BinaryIO], bytes] | None:
    found: Callable[[BinaryIO], bytes] | None = None
    if head.startswith(b"\xff\xd8\xff"):
        found = _in_jpeg
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        found = _in_png
    elif head[:4] in _TIFF_MAGICS:
        found = _in_tiff
    elif head[:4] in _BIG_TIFF_MAGICS:
        found = _in_big_tiff
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        found = _in_webp
    elif head.startswith(b"FUJIFILM"):
        found = _in_raf
    elif head[4:8] in (b"ftyp", b"JXL "):
        found = in_boxes
    return found


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    if not 0 <= size <= MOST_BYTES:
        raise ValueError("too large")
    file.seek(at)
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _in_jpeg(file: BinaryIO, start: int = 0) -> bytes:
    at = start + 2
    for _ in range(_MOST_CHUNKS):
        mark, code, length = struct.unpack(">BBH", _read(file, at, 4))
        if mark != 0xFF or code in (0xDA, 0xD9):
            return b""
        if code == 0xFF:
            at += 1
            continue
        if code == 0xE1 and length > len(_JPEG_NAME):
            body = _read(file, at + 4, length - 2)
            if body.startswith(_JPEG_NAME):
                return body[len(_JPEG_NAME) :]
        at += 2 + length
    return b""


def _in_png(file: BinaryIO) -> bytes:
    at = 8
    for _ in range(_MOST_CHUNKS):
        length, kind = struct.unpack(">I4s", _read(file, at, 8))
        if kind == b"IEND":
            return b""
        if kind == b"iTXt":
            body = _read(file, at + 8, length)
            if body.startswith(_PNG_NAME):
                return _png_text(body[len(_PNG_NAME) :])
        at += 12 + length
    return b""


def _png_text(body: bytes) -> bytes:
    is_packed, rest = body[0], body[2:]
    text = rest.split(b"\0", 2)[2]
    if not is_packed:
        return text
    unpacked = zlib.decompressobj().decompress(text, MOST_BYTES)
    return unpacked


def _in_tiff(file: BinaryIO) -> bytes:
    order = "<" if _read(file, 0, 2) == b"II" else ">"
    return _tiff_value(file, order, _read(file, 4, 4), "I", "H", 4)


def _in_big_tiff(file: BinaryIO) -> bytes:
    order = "<" if _read(file, 0, 2) == b"II" else ">"
    return _tiff_value(file, order, _read(file, 8, 8), "Q", "Q", 8)


def _tiff_value(
    file: BinaryIO, order: str, first: bytes, offset: str, count: str, inline: int
) -> bytes:
    """Return the value of tag 700 in the first directory."""
    at = struct.unpack(order + offset, first)[0]
    width = struct.calcsize(count)
    entries = struct.unpack(order + count, _read(file, at, width))[0]
    size = 4 + 2 * inline
    table = _read(file, at + width, min(entries, _MOST_CHUNKS) * size)
    for start in range(0, len(table), size):
        tag, kind = struct.unpack_from(order + "HH", table, start)
        if tag == _TIFF_XMP and kind in (1, 7):
            length = struct.unpack_from(order + offset, table, start + 4)[0]
            value = table[start + 4 + inline : start + size]
            if length <= inline:
                return value[:length]
            return _read(file, struct.unpack(order + offset, value)[0], length)
    return b""


def _in_webp(file: BinaryIO) -> bytes:
    for kind, at, size in _riff_chunks(file):
        if kind == b"XMP ":
            return _read(file, at, size)
    return b""


def _riff_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, size = struct.unpack("<4sI", head)
        yield kind, at + 8, size
        at += 8 + size + (size & 1)


def _in_raf(file: BinaryIO) -> bytes:
    """Fujifilm: the packet is that of the JPEG inside."""
    return _in_jpeg(file, struct.unpack(">I", _read(file, 84, 4))[0])
