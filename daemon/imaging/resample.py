"""Resampling along rows and columns: shrinking without aliasing, moving by parts of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daemon.imaging.lattice import FloatArray


@dataclass(frozen=True)
class AxisMap:
    """Where along one axis each target pixel is taken from: source = scale * target + offset.

    Attributes:
        scale: Source pixels per target pixel, > 0.
        offset: Source position of target pixel 0, pixels; the centre of a pixel is its index.
    """

    scale: float = 1.0
    offset: float = 0.0

    @classmethod
    def stretch(cls, source: int, target: int) -> AxisMap:
        """Map all of a *source* axis onto all of a *target* axis, edge to edge."""
        scale = source / target
        return cls(scale, scale / 2 - 0.5)

    def on_level(self, step: float) -> AxisMap:
        """The same map between two axes whose pixels are *step* pixels wide."""
        offset = (self.scale * (step / 2 - 0.5) + self.offset + 0.5) / step - 0.5
        return AxisMap(self.scale, offset)

    def positions(self, target: int) -> NDArray[np.float64]:
        """Source positions of the *target* pixels of an axis."""
        return self.scale * np.arange(target, dtype=np.float64) + self.offset


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic kernel, a = -1/2."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))


def _triangle(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(1 - distance, 0)


def _axis_matrix(source: int, target: int, axis: AxisMap, *, cubic: bool) -> Any:  # noqa: ANN401
    """Sparse (target, source) matrix; the edge pixels are repeated outwards."""
    width = max(axis.scale, 1.0)
    reach = (2 if cubic else 1) * width
    center = axis.positions(target)[:, None]
    taps = np.floor(center - reach) + 1 + np.arange(int(np.ceil(2 * reach)))
    distance = np.abs(taps - center) / width
    weights = _cubic(distance) if cubic else _triangle(distance)
    weights /= weights.sum(axis=1, keepdims=True)
    columns = np.clip(taps, 0, source - 1).astype(np.int32)
    starts = np.arange(target + 1) * taps.shape[1]
    return sparse.csr_matrix(
        (weights.astype(np.float32).ravel(), columns.ravel(), starts), shape=(target, source)
    )


def resample(
    image: FloatArray,
    size: tuple[int, int],
    rows: AxisMap,
    columns: AxisMap,
    *,
    cubic: bool = True,
) -> FloatArray:
    """Resample an image; where it shrinks, the kernel widens so that nothing aliases.

    Args:
        image: Shape (H, W) or (H, W, C), float32.
        size: Height and width wanted, pixels.
        rows: Where each target row lies in the source.
        columns: Where each target column lies in the source.
        cubic: Keys' cubic kernel (may overshoot a little), else triangle.

    Returns:
        Shape (*size) or (*size, C), float32. Beyond the source its edge is repeated.
    """
    height, width = size
    rest = image.shape[2:]
    vertical = _axis_matrix(image.shape[0], height, rows, cubic=cubic)
    partial = vertical @ image.reshape(image.shape[0], -1)
    turned = partial.reshape(height, image.shape[1], -1).transpose(1, 0, 2)
    horizontal = _axis_matrix(image.shape[1], width, columns, cubic=cubic)
    result = horizontal @ turned.reshape(image.shape[1], -1)
    upright = result.reshape(width, height, -1).transpose(1, 0, 2)
    return np.ascontiguousarray(upright).reshape(height, width, *rest)


def stretch(image: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Bring an image to a size, edge to edge.

    Args:
        image: Shape (H, W) or (H, W, C), float32.
        size: Height and width wanted, pixels.
    """
    rows = AxisMap.stretch(image.shape[0], size[0])
    columns = AxisMap.stretch(image.shape[1], size[1])
    return resample(image, size, rows, columns, cubic=False)


def shrink(image: FloatArray, step: float) -> FloatArray:
    """Shrink an image by a factor; target pixels are exactly *step* source pixels wide.

    Args:
        image: Shape (H, W) or (H, W, C), float32.
        step: >= 1.

    Returns:
        An image with sides of about 1 / *step*, at least 1 pixel.
    """
    if step == 1:
        return image
    size = (max(int(image.shape[0] / step), 1), max(int(image.shape[1] / step), 1))
    axis = AxisMap(step, step / 2 - 0.5)
    return resample(image, size, axis, axis, cubic=False)
