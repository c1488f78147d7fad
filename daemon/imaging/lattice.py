"""The 3D lattice itself: building it, interpolating in it, refining it (numpy only)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""float32 of any shape."""

MIN_LUT_SIZE = 2
MAX_LUT_SIZE = 129
"""OpenColorIO's own limit."""


def check_lut_size(size: int) -> None:
    """Refuse lattices that cannot be applied.

    Raises:
        ValueError: *size* is outside 2..129.
    """
    if not MIN_LUT_SIZE <= size <= MAX_LUT_SIZE:
        raise ValueError(f"a LUT has {MIN_LUT_SIZE} to {MAX_LUT_SIZE} nodes a side, not {size}")


def check_lut(lut: NDArray[Any]) -> FloatArray:
    """Return *lut* as contiguous float32.

    Args:
        lut: Shape (N, N, N, 3), indexed [red, green, blue], N in 2..129; values finite.

    Raises:
        ValueError: another shape or size, or a value that is not finite.
    """
    if lut.ndim != 4 or lut.shape[3] != 3 or len(set(lut.shape[:3])) != 1:
        raise ValueError(f"a LUT has the shape (N, N, N, 3), not {lut.shape}")
    check_lut_size(lut.shape[0])
    nodes = np.ascontiguousarray(lut, dtype=np.float32)
    if not np.isfinite(nodes).all():
        raise ValueError("the LUT holds a value that is not a finite number")
    return nodes


def identity_lut(size: int) -> FloatArray:
    """The LUT that changes nothing.

    Args:
        size: Nodes a side, 2..129.

    Returns:
        Shape (size, size, size, 3), float32, indexed [red, green, blue].
    """
    check_lut_size(size)
    axis = np.linspace(0, 1, size, dtype=np.float32)
    return np.ascontiguousarray(np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1))


def blend_with_identity(lut: FloatArray, strength: float) -> FloatArray:
    """The LUT at another strength: exactly linear, 0 changes nothing, 1 is *lut* itself.

    Args:
        lut: Shape (N, N, N, 3), float32.
        strength: 0..1.5; above 1 the change is exaggerated.
    """
    if strength == 1.0:
        return lut
    identity = identity_lut(lut.shape[0])
    return (identity + np.float32(strength) * (lut - identity)).astype(np.float32, copy=False)


def tetrahedral_weights(
    colors: NDArray[Any], size: int
) -> tuple[NDArray[np.intp], NDArray[np.floating[Any]]]:
    """The four nodes around each colour and their shares.

    The cube around a colour is cut along its grey diagonal into six tetrahedra: walking from the
    darkest corner along the axes in the order of falling fractions visits the four nodes.

    Args:
        colors: Shape (M, 3), clamped to 0..1.
        size: Nodes a side.

    Returns:
        Flat node indices, shape (M, 4), and weights, shape (M, 4), >= 0, summing to 1.
    """
    scaled = np.clip(colors, 0, 1) * (size - 1)
    cell = np.minimum(scaled.astype(np.intp), size - 2)
    fraction = scaled - cell
    order = np.argsort(-fraction, axis=1, kind="stable")
    falling = np.take_along_axis(fraction, order, axis=1)
    steps = np.array([size * size, size, 1], dtype=np.intp)
    nodes = np.empty((len(colors), 4), dtype=np.intp)
    nodes[:, 0] = cell @ steps
    nodes[:, 1:] = nodes[:, :1] + np.cumsum(steps[order], axis=1)
    weights = np.empty((len(colors), 4), dtype=fraction.dtype)
    weights[:, 0] = 1 - falling[:, 0]
    weights[:, 1:3] = falling[:, :2] - falling[:, 1:]
    weights[:, 3] = falling[:, 2]
    return nodes, weights


def interpolate(lut: NDArray[Any], colors: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """Tetrahedral interpolation in plain numpy: the reference that everything is tested against.

    Args:
        lut: Shape (N, N, N, K).
        colors: Shape (..., 3), clamped to 0..1.

    Returns:
        Shape (..., K); float64 when either input is.
    """
    flat = colors.reshape(-1, 3)
    nodes, weights = tetrahedral_weights(flat, lut.shape[0])
    values = lut.reshape(-1, lut.shape[3])
    result = sum(weights[:, k, None] * values[nodes[:, k]] for k in range(4))
    return np.asarray(result).reshape(*colors.shape[:-1], lut.shape[3])


def resize_lut(lut: NDArray[Any], size: int) -> NDArray[np.floating[Any]]:
    """The same colour change on a lattice of another size.

    Args:
        lut: Shape (N, N, N, K).
        size: Nodes a side wanted.
    """
    if lut.shape[0] == size:
        return lut
    return interpolate(lut, identity_lut(size).astype(lut.dtype))
