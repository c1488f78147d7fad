"""SplitImageToTileList and ImageMergeTileList: overlapping tiles, and back with soft seams."""

from __future__ import annotations

import numpy as np

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.values import MAX_LIST, Image, Json, out_of_memory, require_size

_LEAST_STEP = 0.25
_LEAST_WEIGHT = np.float32(1e-5)


def split_image(inputs: Json, context: NodeContext) -> NodeResult:
    """SplitImageToTileList: tiles row by row; the last of a row or column ends at the edge."""
    image: Image = inputs["image"]
    tile_height, tile_width = int(inputs["tile_height"]), int(inputs["tile_width"])
    overlap_px = int(inputs["overlap"])
    tops = _starts(image.shape[1], tile_height, overlap_px)
    lefts = _starts(image.shape[2], tile_width, overlap_px)
    if len(tops) * len(lefts) > MAX_LIST:
        raise out_of_memory(f"A list of {len(tops) * len(lefts)} tiles", "", image.nbytes)
    tiles: list[Image] = []
    for top in tops:
        context.checkpoint()
        tiles += [image[:, top : top + tile_height, left : left + tile_width] for left in lefts]
    return NodeResult((tiles,))


def merge_tiles(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageMergeTileList: the tiles in their places, each weighted by a sine over its sides."""
    tiles: list[Image] = inputs["image_list"]
    count, tile_height, tile_width, channels = tiles[0].shape
    height_px, width_px = int(inputs["final_height"][0]), int(inputs["final_width"][0])
    overlap_px = int(inputs["overlap"][0])
    require_size(count, height_px, width_px, channels)
    share = np.ones((tile_height, tile_width), np.float32)
    if overlap_px > 0:
        share = np.outer(_arch(tile_height), _arch(tile_width))
    total = np.zeros((count, height_px, width_px, channels), np.float32)
    weight = np.zeros((height_px, width_px), np.float32)
    places = [
        (top, left)
        for top in _starts(height_px, tile_height, overlap_px)
        for left in _starts(width_px, tile_width, overlap_px)
    ]
    for (top, left), tile in zip(places, tiles, strict=False):
        context.checkpoint()
        rows = min(tile_height, tile.shape[1], height_px - top)
        columns = min(tile_width, tile.shape[2], width_px - left)
        part = share[:rows, :columns]
        region = (slice(top, top + rows), slice(left, left + columns))
        total[:, *region] += tile[:, :rows, :columns] * part[..., None]
        weight[region] += part
    weight[weight == 0] = 1
    return NodeResult((total / weight[..., None],))


def _starts(length_px: int, tile_px: int, overlap_px: int) -> list[int]:
    """Where tiles begin along a side; they step by at least a quarter of a tile."""
    step = round(max(tile_px * _LEAST_STEP, tile_px - overlap_px))
    starts = [max(0, min(start, length_px - tile_px)) for start in range(0, length_px, step)]
    last = max(0, length_px - tile_px)
    return starts[: starts.index(last) + 1]


def _arch(length_px: int) -> Image:
    wave = np.sin(np.float32(np.pi) * np.linspace(0, 1, length_px, dtype=np.float32))
    return np.maximum(wave, _LEAST_WEIGHT)


RUNS: dict[str, Run] = {
    "SplitImageToTileList": split_image,
    "ImageMergeTileList": merge_tiles,
}
