"""Colour transforms between profiles: float and unclamped where the profiles allow it.

Relative colorimetric, without black-point compensation. Two matrix profiles are computed here,
because Little CMS cuts pure gamma curves at 0; table profiles (printers, cameras) go through
Little CMS, which clamps to their gamut.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import cast

import imagecodecs
import numpy as np

from daemon.decode import icc as icc_profiles
from daemon.decode.icc import FloatArray, identify, profile_for
from daemon.decode.model import Pixels

__all__ = ["IccSpace", "identify", "profile_for", "to_srgb_8bit", "transform", "usable"]

_CHUNK_PIXELS = 1 << 18
_RELATIVE_COLORIMETRIC = 1
_BLACK_POINT = 0x2000


def transform(
    pixels: FloatArray,
    source: bytes | None,
    target: bytes | None,
    *,
    checkpoint: Callable[[], None] | None = None,
) -> FloatArray:
    """Convert *pixels* from one RGB profile to another.

    Args:
        pixels: Shape (..., 3), float32; 0..1 is the source's gamut.
        source: ICC profile of the pixels; ``None``: sRGB.
        target: ICC profile wanted; ``None``: sRGB.
        checkpoint: Called between slices of a large image; may raise to stop.

    Returns:
        Same shape, float32, a new array. Values outside 0..1 are colours outside the target's
        gamut; a table profile on either side clamps instead.
    """
    convert = _converter(source, target)
    flat = np.ascontiguousarray(pixels, np.float32).reshape(-1, 3)
    result = np.empty_like(flat)
    for start in range(0, len(flat), _CHUNK_PIXELS):
        if checkpoint is not None:
            checkpoint()
        part = slice(start, start + _CHUNK_PIXELS)
        result[part] = convert(flat[part])
    return result.reshape(pixels.shape)


class IccSpace:
    """A photo's colour space, between which and sRGB pairs of pictures are converted."""

    def __init__(self, icc: bytes | None) -> None:
        self.icc = icc
        self.name = identify(icc)

    def from_srgb(self, colors: FloatArray) -> FloatArray:
        """Return sRGB *colors* (..., 3) in this space."""
        return transform(colors, None, self.icc)

    def to_srgb(self, colors: FloatArray) -> FloatArray:
        """Return *colors* (..., 3) of this space in sRGB, unclamped where the profile allows."""
        return transform(colors, self.icc, None)


def to_srgb_8bit(pixels: Pixels, icc: bytes | None) -> Pixels:
    """Return *pixels* for a screen: sRGB, clamped, same depth; unchanged when they are sRGB.

    Args:
        pixels: Shape (H, W, 3).
        icc: Their RGB profile.
    """
    if icc is None or identify(icc) == "srgb":
        return pixels
    return convert_integer(pixels, icc, "rgb")


def convert_integer(pixels: Pixels, icc: bytes, space: str) -> Pixels:
    """Convert *pixels* of any device space to sRGB with Little CMS, same depth.

    Inks are the one case with black-point compensation: the darkest a press can print becomes
    black, as in other programs, instead of a dark gray.

    Args:
        pixels: Shape (H, W, C) or (H, W) for gray.
        icc: Their profile.
        space: ``rgb``, ``cmyk`` (0: no ink) or ``gray``.

    Returns:
        Shape (H, W, 3).

    Raises:
        ValueError: the profile cannot be used.
    """
    result = cast("Pixels", np.empty((*pixels.shape[:2], 3), pixels.dtype))
    rows = max(1, _CHUNK_PIXELS // pixels.shape[1])
    srgb = _srgb_profile()
    for top in range(0, pixels.shape[0], rows):
        part = np.ascontiguousarray(pixels[top : top + rows])
        try:
            result[top : top + rows] = imagecodecs.cms_transform(
                part,
                icc,
                srgb,
                colorspace=space,
                outcolorspace="rgb",
                outdtype=pixels.dtype,
                intent=_RELATIVE_COLORIMETRIC,
                flags=_BLACK_POINT if space == "cmyk" else 0,
            )
        except RuntimeError as error:
            raise ValueError(f"the colour profile cannot be used: {error}") from error
    return result


@functools.lru_cache(maxsize=32)
def usable(icc: bytes) -> bool:
    """Return whether pixels can be converted with *icc*: it is whole, and of a known space."""
    channels = {"RGB": 3, "CMYK": 4, "GRAY": 1}.get(icc_profiles.device_space(icc), 0)
    if not channels or icc_profiles.parse_matrix(icc) is not None:
        return bool(channels)
    shape = (1, 1) if channels == 1 else (1, 1, channels)
    try:
        convert_integer(np.zeros(shape, np.uint8), icc, icc_profiles.device_space(icc).lower())
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=16)
def _converter(source: bytes | None, target: bytes | None) -> Callable[[FloatArray], FloatArray]:
    """Return the function that converts (N, 3) float32."""
    if identify(source) == identify(target):
        return np.copy
    first, second = _matrix_of(source), _matrix_of(target)
    if first is None or second is None:
        return functools.partial(
            _through_cms, source=source or _srgb_profile(), target=target or _srgb_profile()
        )
    matrix = np.linalg.solve(second.matrix, first.matrix).T.astype(np.float32)

    def convert(pixels: FloatArray) -> FloatArray:
        return second.from_linear(first.to_linear(pixels) @ matrix)

    return convert


def _matrix_of(icc: bytes | None) -> icc_profiles.MatrixProfile | None:
    """Return *icc* as a matrix profile; the named spaces by their standard's numbers."""
    if icc is None:
        return icc_profiles.known_profile("srgb")
    return icc_profiles.parse_matrix(icc)


def _through_cms(pixels: FloatArray, *, source: bytes, target: bytes) -> FloatArray:
    result = imagecodecs.cms_transform(
        pixels[None],
        source,
        target,
        colorspace="rgb",
        outcolorspace="rgb",
        outdtype="float32",
        intent=_RELATIVE_COLORIMETRIC,
        flags=0,
    )
    return result[0]


@functools.cache
def _srgb_profile() -> bytes:
    profile = profile_for("srgb")
    if profile is None:
        raise AssertionError("sRGB has a profile")
    return profile
