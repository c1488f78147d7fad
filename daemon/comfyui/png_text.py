"""The texts inside a PNG, read without decoding it: ComfyUI leaves its graph there."""

from __future__ import annotations

import zlib
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 10_000


def png_text(file: BinaryIO, keyword: bytes, max_bytes: int) -> bytes | None:
    """Return the text that stands under *keyword*; None: there is none, or it is too long.

    Args:
        file: At the start of the PNG.
        keyword: ``prompt``, ``workflow``.
        max_bytes: A longer text counts as absent, also once it is unpacked.
    """
    if file.read(len(SIGNATURE)) != SIGNATURE:
        return None
    for _ in range(_MOST_CHUNKS):
        header = file.read(8)
        if len(header) < 8 or header[4:] == b"IEND":
            return None
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if kind not in (b"tEXt", b"zTXt", b"iTXt") or length > max_bytes:
            file.seek(length + 4, 1)
            continue
        name, _, rest = file.read(length).partition(b"\0")
        file.seek(4, 1)
        if name == keyword:
            return _unpacked(kind, rest, max_bytes)
    return None


def _unpacked(kind: bytes, rest: bytes, max_bytes: int) -> bytes | None:
    if kind == b"tEXt":
        return rest.decode("latin-1").encode()
    if kind == b"zTXt":
        return _inflated(rest[1:], max_bytes)
    packed, body = rest[:1] == b"\1", rest[2:]
    _, _, body = body.partition(b"\0")
    _, _, body = body.partition(b"\0")
    return _inflated(body, max_bytes) if packed else body


def _inflated(data: bytes, max_bytes: int) -> bytes | None:
    worker = zlib.decompressobj()
    try:
        found = worker.decompress(data, max_bytes + 1)
    except zlib.error:
        return None
    return found if len(found) <= max_bytes else None
