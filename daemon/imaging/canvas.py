"""A resized photo on the canvas that is sent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.working_size import CanvasPlan


def fill_canvas(photo: NDArray[Any], plan: CanvasPlan) -> NDArray[Any]:
    """Put the resized photo on its canvas and mirror its edges into the rest.

    Mirrored edges give a model nothing new to explain, and their colours are the photo's own.

    Args:
        photo: Shape (box height, box width, C) or (box height, box width), any dtype.
        plan: Where it lies.

    Returns:
        Shape (height_px, width_px, C), same dtype.

    Raises:
        ValueError: *photo* does not have the size of the plan's box.
    """
    left, top, width, height = plan.box
    if photo.shape[:2] != (height, width):
        raise ValueError(f"the photo is {photo.shape[1::-1]}, its box is {(width, height)}")
    margins = [
        (top, plan.height_px - height - top),
        (left, plan.width_px - width - left),
        *[(0, 0)] * (photo.ndim - 2),
    ]
    return np.pad(photo, margins, mode="symmetric")
