"""Which parts of a returned picture are not the photo graded: invented, retouched, written over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from daemon.imaging.filters import box_mean
from daemon.imaging.lattice import FloatArray
from daemon.imaging.parallel import side_by_side

_TUKEY = 4.685
"""Points farther off than this many spreads weigh nothing: 95 % efficient on normal noise."""

_RESIDUAL_WINDOW = 3
_LEAST_SPREAD = 0.7 / 255
_CALM = 0.3
_MOST, _ROOM = 0.8, 1.2
"""So much of the picture is never disbelieved: a photo of few colours may miss one at first."""

_STRUCTURE_WINDOW = 5
_NOISE = 3 / 255
_UNLIKE, _ALIKE = 0.1, 0.5

_SUSPECT = 0.6
"""Of Tukey's limit, from which on a point belongs to a suspect region."""

_GENUINE, _INVENTED = 0.9, 0.3
"""Structure of a region: a grade that fits badly keeps the photo's, inventions have their own."""

_LEAST_GENUINE, _LEAST_INVENTED = 2e-3, 3e-4
_GENUINE_WEIGHT = 0.5
"""Share of the picture, and weight, of a region that is taken back."""

# scipy carries no types
_label: Any = ndimage.label
_maximum: Any = ndimage.maximum_filter


@dataclass(frozen=True, eq=False)
class _Structure:
    """How two pictures vary around each point, shape (H, W) each, summed over the channels."""

    common: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, first: FloatArray, second: FloatArray) -> _Structure:
        squares = _dot(first, first) + _dot(second, second)
        *means, common, total = side_by_side(
            lambda image: box_mean(image, _STRUCTURE_WINDOW),
            (first, second, _dot(first, second), squares),
        )
        common -= _dot(means[0], means[1])
        total -= _dot(means[0], means[0]) + _dot(means[1], means[1])
        return cls(2 * common, np.maximum(total, 0))

    def alike(self) -> FloatArray:
        """1: the same structure, or none to compare; 0: another one.

        Source: the structure and contrast terms of Wang et al. 2004, "Image quality assessment:
        from error visibility to structural similarity".
        """
        noise = np.float32(2 * _NOISE**2)
        ratio = (self.common + noise) / (self.total + noise)
        share = np.clip((ratio - _UNLIKE) / np.float32(_ALIKE - _UNLIKE), 0, 1)
        return np.multiply(share * share, 3 - 2 * share, dtype=np.float32)


def _dot(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.einsum("ijk,ijk->ij", first, second)


def believe(predicted: FloatArray, goal: FloatArray, trust: FloatArray) -> FloatArray:
    """How far each point may be believed, given what the fit so far makes of it.

    Three things speak against a point: its surroundings miss their goal by more than most do;
    they vary in another way than the photo's; it lies in a connected region that does. A region
    that misses its goal but has the photo's structure is a part of the grade that the fit has not
    reached yet, and comes back.

    Args:
        predicted: Shape (H, W, 3), encoded sRGB.
        goal: Same.
        trust: Shape (H, W), weights known beforehand.

    Returns:
        Shape (H, W), float32, 0..1.
    """
    residual = box_mean(goal - predicted, _RESIDUAL_WINDOW)
    distance = np.sqrt(_dot(residual, residual))
    calm = trust > _CALM * trust.max()
    middle, most = np.quantile(distance[calm], (0.5, _MOST)) if calm.any() else (0.0, 0.0)
    limit = np.float32(max(_TUKEY * max(1.4826 * middle, _LEAST_SPREAD), _ROOM * most))
    structure = _Structure.of(predicted, goal)
    fitting = np.clip(1 - (distance / limit) ** 2, 0, 1) ** 2
    belief = np.multiply(structure.alike(), fitting, dtype=np.float32)
    return _by_region(belief, distance > np.float32(_SUSPECT) * limit, structure)


def _by_region(belief: FloatArray, suspect: NDArray[np.bool_], structure: _Structure) -> FloatArray:
    """Take back or drop whole regions of *suspect* points by the structure in and around them."""
    labels, count = _label(suspect)
    if not count:
        return belief
    around = _maximum(labels, 3)
    sums = [
        np.bincount(around.ravel(), part.ravel(), count + 1)
        for part in (structure.common, structure.total)
    ]
    kept = sums[0] / np.maximum(sums[1], 1e-9)
    area = np.bincount(labels.ravel(), minlength=count + 1) / labels.size
    genuine = (kept > _GENUINE) & (area > _LEAST_GENUINE)
    invented = (kept < _INVENTED) & (area > _LEAST_INVENTED)
    genuine[0] = invented[0] = False
    belief = np.where(genuine[around], np.maximum(belief, np.float32(_GENUINE_WEIGHT)), belief)
    return np.where(invented[around], np.float32(0), belief)
