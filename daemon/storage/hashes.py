"""The cache of perceptual hashes: one small file of fixed records, safe to delete at any time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_HEAD = b"rvhash1\n"
_RECORD = struct.Struct("<16sQdQ")
_MAX_RECORDS = 1_000_000


class Hashed(NamedTuple):
    """What a worker found of one photo.

    Attributes:
        perceptual_hash: 64 bits.
        sharpness: Higher is sharper.
        pixels: How many the photo has.
    """

    perceptual_hash: int
    sharpness: float
    pixels: int


class HashFile:
    """Reads and appends hashes; what cannot be read or written is worked out again. Blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @staticmethod
    def key_of(path: bytes, size_bytes: int, mtime_ns: int) -> bytes:
        """Return what a photo of this content is found by."""
        text = b"%d %d " % (size_bytes, mtime_ns) + path
        return hashlib.blake2b(text, digest_size=16).digest()

    def read(self) -> dict[bytes, Hashed]:
        """Return everything that is known, by key."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return {}
        if not data.startswith(_HEAD):
            return {}
        end = len(_HEAD) + (len(data) - len(_HEAD)) // _RECORD.size * _RECORD.size
        return {
            key: Hashed(value, sharp, pixels)
            for key, value, sharp, pixels in _RECORD.iter_unpack(memoryview(data)[len(_HEAD) : end])
        }

    def add(self, found: Mapping[bytes, Hashed]) -> None:
        """Append *found*; a file that grew too long, or is none of ours, begins anew."""
        records = b"".join(_RECORD.pack(key, *hashed) for key, hashed in found.items())
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(handle, "r+b") as file:
                size = os.fstat(file.fileno()).st_size
                whole = (size - len(_HEAD)) // _RECORD.size
                if file.read(len(_HEAD)) != _HEAD or whole > _MAX_RECORDS:
                    file.truncate(0)
                    file.seek(0)
                    file.write(_HEAD)
                    whole = 0
                file.seek(len(_HEAD) + whole * _RECORD.size)
                file.write(records)
                file.truncate()
