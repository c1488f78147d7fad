"""The file that takes the oldest undo steps of a mask when memory is full; it has no name."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from daemon.imaging.masks.boxes import TileKey, Values, uniform_value

TileValues = Values | bytes | int
Tiles = dict[TileKey, TileValues]
Place = tuple[int, int]

_LEVEL = 1


def pack(values: TileValues) -> TileValues:
    """Return *values* small: one number where all are equal, else compressed with their shape.

    It takes up to 2 ms for a tile, but not of the window's: the compressor lets other threads run.
    """
    if not isinstance(values, np.ndarray):
        return values
    uniform = uniform_value(values)
    if uniform is not None:
        return uniform
    height, width = values.shape
    head = height.to_bytes(2, "little") + width.to_bytes(2, "little")
    return head + zlib.compress(np.ascontiguousarray(values).data, _LEVEL)


def unpack(values: TileValues) -> Values | int:
    """Return what :func:`pack` was given, or its one value."""
    if not isinstance(values, bytes):
        return values
    height, width = int.from_bytes(values[:2], "little"), int.from_bytes(values[2:4], "little")
    return np.frombuffer(zlib.decompress(values[4:]), np.uint8).reshape(height, width)


def size_of(values: TileValues) -> int:
    """Return the bytes that *values* take; a uniform tile counts as nothing."""
    if isinstance(values, int):
        return 0
    return len(values) if isinstance(values, bytes) else values.nbytes


class SpillFile:
    """Packed steps in a nameless temporary file, gone with the process. For one thread only.

    Attributes:
        size_bytes: How long the file is.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare; the file is made when it is needed.

        Args:
            folder: Where; made when it is not there.
        """
        self.size_bytes = 0
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._holes: list[Place] = []

    def store(self, tiles: Mapping[TileKey, TileValues]) -> Place:
        """Write a packed step and return where.

        Raises:
            OSError: The disk is full or read-only.
        """
        blob = msgspec.msgpack.encode([(*key, values) for key, values in tiles.items()])
        file = self._opened()
        place = self._find(len(blob))
        file.seek(place[0])
        file.write(blob)
        file.flush()
        self.size_bytes = max(self.size_bytes, sum(place))
        return place

    def load(self, place: Place) -> Tiles:
        """Read a step again and give its place free.

        Raises:
            OSError: The file cannot be read.
            msgspec.MsgspecError: What was read is not what was written.
        """
        file = self._opened()
        file.seek(place[0])
        blob = file.read(place[1])
        rows = msgspec.msgpack.decode(blob, type=list[tuple[int, int, int | bytes]])
        self.free(place)
        return {(row, column): values for row, column, values in rows}

    def free(self, place: Place) -> None:
        """Let the place be written again."""
        start, length = place
        if start + length != self.size_bytes:
            self._holes.append(place)
            return
        self.size_bytes = start
        for hole in sorted(self._holes, reverse=True):
            if sum(hole) == self.size_bytes:
                self.size_bytes = hole[0]
                self._holes.remove(hole)
        self._opened().truncate(self.size_bytes)

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._folder, prefix="undo-")  # noqa: SIM115
        return self._file

    def _find(self, length: int) -> Place:
        for hole in self._holes:
            if hole[1] >= length:
                self._holes.remove(hole)
                if hole[1] > length:
                    self._holes.append((hole[0] + length, hole[1] - length))
                return hole[0], length
        return self.size_bytes, length
