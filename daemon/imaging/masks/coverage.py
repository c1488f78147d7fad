"""How far one stroke covers each pixel, joined from its prints in tiles made where it comes."""

from __future__ import annotations

import zlib
from typing import ClassVar, Protocol

import numpy as np

from daemon.imaging.masks.boxes import Box, TileKey, Values, tile_box, tile_keys, uniform_value
from daemon.imaging.masks.brush import Brush
from daemon.imaging.masks.path import Dab
from daemon.imaging.masks.stamp import FULL_DEPTH, Depth, StampCache, depth_to_coverage


class Coverage(Protocol):
    """What the prints of a stroke have covered so far.

    Attributes:
        TURN_PX: How many pixels of prints can be joined in a few milliseconds.
    """

    TURN_PX: ClassVar[int]

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        ...

    def add(self, dab: Dab) -> dict[TileKey, Box]:
        """Join a print and return the box that it may have changed in each tile."""
        ...

    def values(self, key: TileKey, box: Box) -> Values:
        """Return the coverage of *box*, which lies in the tile *key*; not to be changed."""
        ...

    def settle(self, key: TileKey) -> None:
        """Let the tile go if nothing can be added to it any more."""
        ...


class MostCoverage:
    """Prints joined by their maximum: a stroke covers what its fullest print covers (flow 1)."""

    TURN_PX: ClassVar[int] = 16_000_000

    def __init__(self, limits: Box, brush: Brush, stamps: StampCache) -> None:
        self._limits = limits
        self._hardness = brush.hardness
        self._stamps = stamps
        self._tiles: dict[TileKey, Values] = {}
        self._full: set[TileKey] = set()

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        return sum(tile.nbytes for tile in self._tiles.values())

    def add(self, dab: Dab) -> dict[TileKey, Box]:
        """Join a print and return the box that it may have changed in each tile."""
        stamp = self._stamps.coverage(
            dab.column, dab.row, dab.radius_px, self._hardness, dab.strength
        )
        changed: dict[TileKey, Box] = {}
        for key in tile_keys(stamp.box.intersected(self._limits)):
            if key in self._full:
                continue
            tile = tile_box(key, self._limits)
            cover = self._tiles.get(key)
            if cover is None:
                cover = self._tiles[key] = np.zeros((tile.height, tile.width), np.uint8)
            box = changed[key] = stamp.box.intersected(tile)
            target = cover[box.inside(tile)]
            np.maximum(target, stamp.values[box.inside(stamp.box)], out=target)
        return changed

    def values(self, key: TileKey, box: Box) -> Values:
        """Return the coverage of *box*, which lies in the tile *key*; not to be changed."""
        return self._tiles[key][box.inside(tile_box(key, self._limits))]

    def settle(self, key: TileKey) -> None:
        """Let the tile go if nothing can be added to it any more."""
        if self._tiles[key][0, 0] == 255 and uniform_value(self._tiles[key]) == 255:
            self._full.add(key)
            del self._tiles[key]


class AddedCoverage:
    """Prints joined by adding optical depths: each takes its share of what is left (flow < 1).

    Depths are whole numbers, so the order of the prints makes no difference; the smallest is 1, so
    going over a place often enough covers it all. A stroke that covers most of a photo has those
    tiles packed where it was longest ago: they never take more than 1.25 bytes per pixel of photo.
    """

    TURN_PX: ClassVar[int] = 5_000_000

    def __init__(self, limits: Box, brush: Brush, stamps: StampCache) -> None:
        self._limits = limits
        self._brush = brush
        self._stamps = stamps
        self._table = depth_to_coverage()
        self._tiles: dict[TileKey, Depth] = {}
        self._tile_bytes = 0
        self._most_bytes = limits.width * limits.height * 5 // 4
        self._packed: dict[TileKey, bytes] = {}
        self._highest: dict[TileKey, int] = {}
        self._full: set[TileKey] = set()

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        return self._tile_bytes + sum(map(len, self._packed.values()))

    def add(self, dab: Dab) -> dict[TileKey, Box]:
        """Join a print and return the box that it may have changed in each tile."""
        amount = (self._brush.flow * dab.strength, dab.share)
        stamp = self._stamps.depth(dab.column, dab.row, dab.radius_px, self._brush.hardness, amount)
        highest = int(stamp.values[len(stamp.values) // 2].max())
        changed: dict[TileKey, Box] = {}
        for key in tile_keys(stamp.box.intersected(self._limits)):
            if key in self._full:
                continue
            tile = tile_box(key, self._limits)
            depth = self._touch(key, tile)
            box = changed[key] = stamp.box.intersected(tile)
            target, source = depth[box.inside(tile)], stamp.values[box.inside(stamp.box)]
            self._highest[key] = self._highest.get(key, 0) + highest
            if self._highest[key] > FULL_DEPTH:
                np.minimum(target, FULL_DEPTH - source, out=target)
            np.add(target, source, out=target)
        return changed

    def values(self, key: TileKey, box: Box) -> Values:
        """Return the coverage of *box*, which lies in the tile *key*."""
        tile = tile_box(key, self._limits)
        return self._table.take(self._touch(key, tile)[box.inside(tile)] >> 4)

    def settle(self, key: TileKey) -> None:
        """Let the tile go if nothing can be added to it any more."""
        tile = self._tiles.get(key)
        if tile is None or tile[0, 0] < FULL_DEPTH or uniform_value(tile) is None:
            return
        self._full.add(key)
        self._tile_bytes -= self._tiles.pop(key).nbytes

    def _touch(self, key: TileKey, box: Box) -> Depth:
        """Return a tile, made or unpacked; it is the last to be packed from now on."""
        tile = self._tiles.pop(key, None)
        if tile is None:
            shape = (box.height, box.width)
            packed = self._packed.pop(key, None)
            tile = np.zeros(shape, np.uint16) if packed is None else _unpacked(packed, shape)
            self._tile_bytes += tile.nbytes
            while self._tile_bytes > self._most_bytes and self._tiles:
                oldest = next(iter(self._tiles))
                idle = self._tiles.pop(oldest)
                self._tile_bytes -= idle.nbytes
                self._packed[oldest] = zlib.compress(idle.data, 1)
        self._tiles[key] = tile
        return tile


def _unpacked(packed: bytes, shape: tuple[int, int]) -> Depth:
    return np.frombuffer(bytearray(zlib.decompress(packed)), np.uint16).reshape(shape)
