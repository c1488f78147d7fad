"""From a photo's profile to a monitor's: at the photo's own precision, rounded once, to 8 bits.

Relative colorimetric with black-point compensation, as photographers' programs show pictures: white
is the monitor's white, the darkest of a press or camera is the monitor's black, colours that the
monitor cannot show are cut to the nearest it can. 8-bit pixels go through Little CMS. 16-bit ones
between two matrix profiles are computed here: Little CMS would put them through a coarse table that
is off by up to 20 of 255 where colours are cut.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from daemon.decode import icc as icc_profiles
from daemon.decode.icc import identify, profile_for
from daemon.decode.model import Pixels
from daemon.decode.scaling import in_bands

_BAND_PX = 1 << 22
_DEEP_BAND_PX = 1 << 16
_RELATIVE_COLORIMETRIC = 1
_BLACK_POINT, _FINE_TABLE, _NO_TABLE, _COPY_FOURTH = 0x2000, 0x400, 0x100, 0x04000000
_LINEAR_STEPS = 1 << 20

_Convert = Callable[[Pixels], NDArray[np.uint8]]


def to_screen(pixels: Pixels, icc: bytes | None, monitor: bytes | None) -> NDArray[np.uint8]:
    """Return *pixels* as a monitor shows them.

    Args:
        pixels: Shape (H, W, 3) RGB, uint8 or uint16; or (H, W, 4) BGRX, uint8.
        icc: Their RGB profile; ``None``: sRGB.
        monitor: The monitor's RGB profile; ``None``: sRGB.

    Returns:
        The same shape, uint8; *pixels* themselves when nothing is to be done.
    """
    same = identify(icc) == identify(monitor)
    deep = pixels.dtype == np.uint16
    if same and not deep:
        return pixels.astype(np.uint8, copy=False)
    result = np.empty(pixels.shape, np.uint8)
    convert: _Convert = rounded if same else _converter(icc, monitor, deep=deep)
    band_px = _DEEP_BAND_PX if deep else _BAND_PX
    step = max(1, band_px // max(1, pixels.shape[1]))

    def work(top: int, bottom: int) -> None:
        for start in range(top, bottom, step):
            part = slice(start, min(start + step, bottom))
            result[part] = convert(cast("Pixels", np.ascontiguousarray(pixels[part])))

    in_bands(work, pixels.shape[0], pixels.shape[1])
    return result


def rounded(pixels: Pixels) -> NDArray[np.uint8]:
    """Return 16-bit *pixels* at 8 bits: the exact rounding of v / 257, in integers."""
    return ((pixels.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)


@dataclass(frozen=True)
class _Tables:
    """Two matrix profiles as three lookups: encoded to linear, matrix, linear to encoded."""

    decode: tuple[NDArray[np.float32], ...]
    matrix: NDArray[np.float32]
    encode: tuple[NDArray[np.uint8], ...]

    def convert(self, pixels: Pixels) -> NDArray[np.uint8]:
        flat = pixels.reshape(-1, 3)
        linear = np.empty(flat.shape, np.float32)
        for channel in range(3):
            np.take(self.decode[channel], flat[:, channel], out=linear[:, channel])
        linear = linear @ self.matrix
        np.clip(linear, 0.0, 1.0, out=linear)
        linear *= _LINEAR_STEPS
        linear += 0.5
        steps = linear.astype(np.int32)
        result = np.empty(flat.shape, np.uint8)
        for channel in range(3):
            np.take(self.encode[channel], steps[:, channel], out=result[:, channel])
        return result.reshape(pixels.shape)


@functools.lru_cache(maxsize=8)
def _converter(icc: bytes | None, monitor: bytes | None, *, deep: bool) -> _Convert:
    if deep:
        first, second = _matrix(icc), _matrix(monitor)
        if first is not None and second is not None:
            return _tables(first, second).convert
    flags = _BLACK_POINT | _COPY_FOURTH | (_NO_TABLE if deep else _FINE_TABLE)
    source, target = icc or _srgb(), monitor or _srgb()

    def through_cms(pixels: Pixels) -> NDArray[np.uint8]:
        layout = "bgra" if pixels.shape[2] == 4 else "rgb"
        return imagecodecs.cms_transform(
            pixels,
            source,
            target,
            colorspace=layout,
            outcolorspace=layout,
            outdtype=np.uint8,
            intent=_RELATIVE_COLORIMETRIC,
            flags=flags,
        )

    return through_cms


def _tables(first: icc_profiles.MatrixProfile, second: icc_profiles.MatrixProfile) -> _Tables:
    codes = np.linspace(0.0, 1.0, 65536, dtype=np.float64).astype(np.float32)
    steps = np.linspace(0.0, 1.0, _LINEAR_STEPS + 1, dtype=np.float64).astype(np.float32)

    def encoded(curve: int) -> NDArray[np.uint8]:
        values = second.curves[curve].encode(steps)
        return (np.clip(values, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)

    matrix = np.linalg.solve(second.matrix, first.matrix).T.astype(np.float32)
    decode = tuple(curve.decode(codes) for curve in first.curves)
    return _Tables(decode, matrix, tuple(encoded(index) for index in range(3)))


def _matrix(icc: bytes | None) -> icc_profiles.MatrixProfile | None:
    if icc is None:
        return icc_profiles.known_profile("srgb")
    return icc_profiles.parse_matrix(icc)


@functools.cache
def _srgb() -> bytes:
    profile = profile_for("srgb")
    if profile is None:
        raise AssertionError("sRGB has a profile")
    return profile
