"""Other ways to get a LUT from a pair, to compare with: none of them registers or distrusts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.interpolate import RBFInterpolator

from benchmarks.fidelity.color_tools import Colors
from daemon.imaging.lattice import FloatArray, identity_lut

Pixels = NDArray[np.uint8]

_SKETCH_CELLS = 64
_RBF_CELLS = 16
_RBF_SAMPLES = 800
_LUT_SIZE = 33
_EVERY = 5
"""Every n-th pixel is enough for a regression with 20 unknowns."""


def nothing(sent: Pixels, returned: Pixels) -> FloatArray:
    """Leave the photo alone."""
    del sent, returned
    return identity_lut(2)


def sketch(sent: Pixels, returned: Pixels) -> FloatArray:
    """The naive sketch: mean per truncated cell of 64^3, holes filled from the nearest cell."""
    size = _SKETCH_CELLS
    before, after = _paired(sent, returned)
    cell = (before // 4).astype(np.int64) @ np.array([size * size, size, 1])
    count = np.bincount(cell, minlength=size**3)
    sums = [np.bincount(cell, after[:, c], size**3) for c in range(3)]
    lut = (np.stack(sums, axis=1) / np.maximum(count, 1)[:, None] / 255).reshape(*(size,) * 3, 3)
    empty = (count == 0).reshape(*(size,) * 3)
    nearest = ndimage.distance_transform_edt(empty, return_distances=False, return_indices=True)
    return lut[tuple(np.asarray(nearest))].astype(np.float32)


def affine(sent: Pixels, returned: Pixels) -> FloatArray:
    """Least squares on 3 x 4 numbers."""
    return _regress(sent, returned, lambda c: np.column_stack([np.ones(len(c)), c]))


def polynomial(sent: Pixels, returned: Pixels) -> FloatArray:
    """Least squares on the 20 products of degree three and less."""

    def terms(c: Colors) -> Colors:
        red, green, blue = c.T
        powers = [(i, j, k) for i in range(4) for j in range(4 - i) for k in range(4 - i - j)]
        return np.stack([red**i * green**j * blue**k for i, j, k in powers], axis=1)

    return _regress(sent, returned, terms)


def thin_plate(sent: Pixels, returned: Pixels) -> FloatArray:
    """A thin-plate spline through the means of 16^3 cells."""
    before, after = _paired(sent, returned)
    cell = (before // (256 // _RBF_CELLS)).astype(np.int64) @ np.array([256, 16, 1])
    count = np.bincount(cell, minlength=_RBF_CELLS**3)
    used = np.argsort(-count, kind="stable")[:_RBF_SAMPLES]
    used = used[count[used] > 0]
    means = [
        np.stack([np.bincount(cell, side[:, c], len(count))[used] for c in range(3)], axis=1)
        / count[used, None]
        / 255
        for side in (before, after)
    ]
    if len(used) < 10:
        return affine(sent, returned)
    spline = RBFInterpolator(*means, kernel="thin_plate_spline", smoothing=1e-4, degree=1)
    return _on_lattice(spline)


def _paired(sent: Pixels, returned: Pixels) -> tuple[Colors, Colors]:
    """Both pictures' pixels, 0..255, the returned one stretched onto the sent one."""
    if returned.shape != sent.shape:
        size = (sent.shape[1], sent.shape[0])
        stretched = Image.fromarray(returned).resize(size, Image.Resampling.LANCZOS)
        returned = np.asarray(stretched)
    return sent.reshape(-1, 3).astype(np.float64), returned.reshape(-1, 3).astype(np.float64)


def _regress(sent: Pixels, returned: Pixels, terms: Callable[[Colors], Colors]) -> FloatArray:
    before, after = (side[::_EVERY] for side in _paired(sent, returned))
    inputs = terms(before / 255)
    ridge = 1e-6 * len(inputs) * np.eye(inputs.shape[1])
    solved = np.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ (after / 255))
    return _on_lattice(lambda colors: terms(colors) @ solved)


def _on_lattice(change: Callable[[Colors], Colors]) -> FloatArray:
    nodes = identity_lut(_LUT_SIZE).reshape(-1, 3).astype(np.float64)
    return change(nodes).reshape(*(_LUT_SIZE,) * 3, 3).astype(np.float32)
