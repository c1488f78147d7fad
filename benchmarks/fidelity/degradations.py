"""What an editing model does to the small copy besides the edit, with seeds of their own."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from daemon.working_size import KONTEXT_SIZES

Picture = NDArray[np.floating[Any]]
"""Encoded sRGB, shape (H, W, 3), 0..1."""

Kind = Literal["clean", "soft", "shift", "crop", "invent", "size", "all"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_MEGAPIXEL = 1024 * 1024
_SHIFT_PX = 4.0
"""At one megapixel; less in a smaller picture."""
_ZOOM = 0.015
_BLUR_PX = 0.7
_NOISE = 2 / 255
_INVENTED = (0.03, 0.08)
_SIZES = (0.72, 1.35)
_MARGIN_PX = 48


@dataclass(frozen=True)
class Frame:
    """Which part of the picture comes back, and how large.

    Attributes:
        left: Pixels of the picture, as the three after it.
        top: See *left*.
        width: See *left*.
        height: See *left*.
        size_px: Width and height of what comes back.
    """

    left: float
    top: float
    width: float
    height: float
    size_px: tuple[int, int]


def degrade(edit: Picture, kind: Kind, name: str, other: Picture) -> NDArray[np.uint8]:
    """Do to *edit* what a model does to it.

    Args:
        edit: The truth at the small copy's size.
        kind: Which degradation; ``all``: every one.
        name: The case; the same name gives the same result everywhere.
        other: Another photo, for invented content.

    Returns:
        What comes back: shape (h, w, 3), another size for some kinds.
    """
    rng = np.random.default_rng(zlib.crc32(f"{name}/{kind}".encode()))
    height, width = edit.shape[:2]
    frame = Frame(0, 0, width, height, (width, height))
    if kind in {"invent", "all"}:
        edit = invent(edit, other, rng)
    if kind in {"crop", "all"}:
        frame = _crop(frame, rng)
    if kind in {"size", "all"}:
        frame = _resize(frame, rng)
    if kind in {"shift", "all"}:
        frame = _move(frame, rng)
    if frame != Frame(0, 0, width, height, (width, height)):
        edit = cut(edit, frame)
    if kind in {"soft", "all"}:
        edit = np.asarray(ndimage.gaussian_filter(edit, (_BLUR_PX, _BLUR_PX, 0)))
        edit = np.asarray(edit) + rng.normal(0, _NOISE, edit.shape)
    return np.rint(np.clip(edit, 0, 1) * 255).astype(np.uint8)


def invent(edit: Picture, other: Picture, rng: np.random.Generator) -> Picture:
    """Put one to four soft-edged things over 3 to 8 % of the area that were not there."""
    height, width = edit.shape[:2]
    count = int(rng.integers(1, 5))
    area = rng.uniform(*_INVENTED) * height * width / count
    fillings: tuple[Callable[[], Picture], ...] = (
        lambda: _part_of(other, height, width, rng),
        lambda: np.broadcast_to(rng.uniform(0, 1, 3).astype(np.float32), edit.shape),
        lambda: np.clip(edit[:, ::-1] * rng.uniform(0.5, 1.4, 3), 0, 1),
        lambda: np.roll(edit, (height // 3, width // 4), (0, 1)),
    )
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    result = edit
    for _ in range(count):
        tall = math.sqrt(area / math.pi) * rng.uniform(0.7, 1.4)
        wide = area / math.pi / tall
        row, column = rng.uniform(tall, height - tall), rng.uniform(wide, width - wide)
        distance = np.hypot((rows - row) / tall, (columns - column) / wide)
        share = np.clip((1 - distance) * 8 + 0.5, 0, 1)[..., None]
        result = result + share * (fillings[rng.integers(len(fillings))]() - result)
    return result.astype(np.float32)


def _part_of(other: Picture, height: int, width: int, rng: np.random.Generator) -> Picture:
    """A part of another photo, tiled where it is too small."""
    times = (-(-height // other.shape[0]), -(-width // other.shape[1]), 1)
    tiled = np.tile(other, times)
    top = rng.integers(tiled.shape[0] - height + 1)
    left = rng.integers(tiled.shape[1] - width + 1)
    return tiled[top : top + height, left : left + width]


def _crop(frame: Frame, rng: np.random.Generator) -> Frame:
    """Centre-crop to one of the 17 sizes: the nearest aspect or one beside it."""
    aspect = frame.width / frame.height
    sizes = sorted(KONTEXT_SIZES, key=lambda size: abs(math.log(aspect * size[1] / size[0])))
    width_px, height_px = sizes[rng.integers(3)]
    width = min(frame.width, frame.height * width_px / height_px)
    height = min(frame.height, frame.width * height_px / width_px)
    left, top = (frame.width - width) / 2, (frame.height - height) / 2
    smaller = math.sqrt(min(frame.width * frame.height / _MEGAPIXEL, 1.0))
    size_px = (round(width_px * smaller), round(height_px * smaller))
    return Frame(frame.left + left, frame.top + top, width, height, size_px)


def _resize(frame: Frame, rng: np.random.Generator) -> Frame:
    """Come back in another size, rounded to 8 pixels as models do."""
    factor = math.exp(rng.uniform(math.log(_SIZES[0]), math.log(_SIZES[1])))
    width, height = (max(round(length * factor / 8) * 8, 8) for length in frame.size_px)
    return Frame(frame.left, frame.top, frame.width, frame.height, (width, height))


def _move(frame: Frame, rng: np.random.Generator) -> Frame:
    zoom = 1 + rng.uniform(-_ZOOM, _ZOOM)
    most = _SHIFT_PX * min(math.sqrt(frame.width * frame.height / _MEGAPIXEL), 1.0)
    across, down = rng.uniform(-most, most, 2)
    width, height = frame.width * zoom, frame.height * zoom
    left = frame.left + (frame.width - width) / 2 + across
    top = frame.top + (frame.height - height) / 2 + down
    return Frame(left, top, width, height, frame.size_px)


def cut(picture: Picture, frame: Frame) -> Picture:
    """Resample the part of *picture* that *frame* shows (Lanczos), mirrored beyond its edges."""
    margin = min(_MARGIN_PX, *picture.shape[:2])
    padded = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    left, top = frame.left + margin, frame.top + margin
    box = (left, top, left + frame.width, top + frame.height)
    channels = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(padded[..., channel]), "F").resize(
                frame.size_px, Image.Resampling.LANCZOS, box=box
            )
        )
        for channel in range(3)
    ]
    return np.clip(np.stack(channels, axis=-1), 0, 1)
