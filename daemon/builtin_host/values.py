"""Shared vocabulary of the host: JSON documents, images, masks, and the two ways a node can end."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Json: TypeAlias = dict[str, Any]
"""A JSON object as it stands on the wire."""

Image: TypeAlias = npt.NDArray[np.float32]
"""A batch of pictures, shape (B, H, W, C), C 3 or 4, sRGB-encoded, nominally 0..1."""

Mask: TypeAlias = npt.NDArray[np.float32]
"""A batch of masks, shape (B, H, W), nominally 0..1."""

MAX_RESOLUTION_PX = 16384
MAX_IMAGE_BYTES = 1 << 30


class Interrupted(Exception):  # noqa: N818  # not an error: the client asked for it
    """The running prompt was cancelled."""


class NodeFailed(Exception):  # noqa: N818  # named as the protocol names it
    """A node cannot do what it was asked; the message is one sentence for the user."""


def require_size(batch: int, height_px: int, width_px: int, channels: int) -> None:
    """Refuse a picture that would not fit the host's memory, before it is allocated.

    Raises:
        NodeFailed: the picture would take more than ``MAX_IMAGE_BYTES`` as float32.
    """
    if height_px < 1 or width_px < 1:
        raise NodeFailed(f"A picture of {width_px} x {height_px} pixels has no content.")
    if 4 * batch * height_px * width_px * channels > MAX_IMAGE_BYTES:
        raise NodeFailed(
            f"A picture of {width_px} x {height_px} pixels is too large for the built-in host "
            f"(limit {MAX_IMAGE_BYTES // (12 * 1_000_000)} megapixels)."
        )
