"""Shared vocabulary of the host: JSON documents, images, masks, and how a node can end."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard, cast

import numpy as np
import numpy.typing as npt

Json: TypeAlias = dict[str, Any]
"""A JSON object as it stands on the wire."""

Image: TypeAlias = npt.NDArray[np.float32]
"""A batch of pictures, shape (B, H, W, C), C 3 or 4, sRGB-encoded, nominally 0..1."""

Mask: TypeAlias = npt.NDArray[np.float32]
"""A batch of masks, shape (B, H, W), nominally 0..1."""

MAX_IMAGE_BYTES = 1 << 30
MAX_LIST = 4096
_LINK_PARTS = 2


def is_link(value: object) -> TypeGuard[list[Any]]:
    """Whether an input of a valid graph is a link ``[node id, slot]``; other lists are values."""
    if not isinstance(value, list):
        return False
    parts = cast("list[Any]", value)
    return len(parts) == _LINK_PARTS and isinstance(parts[0], str) and isinstance(parts[1], int)


class Interrupted(Exception):  # noqa: N818  # not an error: the client asked for it
    """The running prompt was cancelled."""


class NodeFailed(Exception):  # noqa: N818  # named as the protocol names it
    """A node cannot do what it was asked; the message is one sentence for the user.

    Attributes:
        kind: The ``exception_type`` that the real server gives for it, "" for our own.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


def require_size(batch: int, height_px: int, width_px: int, channels: int) -> None:
    """Refuse a picture that would not fit the host's memory, before it is allocated.

    Raises:
        NodeFailed: the picture would take more than ``MAX_IMAGE_BYTES`` as float32, or none.
    """
    if height_px < 1 or width_px < 1:
        raise NodeFailed(
            f"A picture of {width_px} x {height_px} pixels has no content.", "RuntimeError"
        )
    wanted_bytes = 4 * batch * height_px * width_px * channels
    if wanted_bytes > MAX_IMAGE_BYTES:
        raise out_of_memory(
            f"A batch of {batch} pictures" if batch > 1 else "A picture",
            f" of {width_px} x {height_px} pixels",
            wanted_bytes,
        )


def out_of_memory(what: str, size: str, wanted_bytes: int) -> NodeFailed:
    """The failure for something too large, in our words and then in the real server's.

    Clients know that they ran out of memory by the second half.
    """
    return NodeFailed(
        f"{what}{size} is too large for the built-in host (limit "
        f"{MAX_IMAGE_BYTES // (12 * 1_000_000)} megapixels): DefaultCPUAllocator: can't allocate "
        f"memory: you tried to allocate {wanted_bytes} bytes. "
        "Error code 12 (Cannot allocate memory)",
        "RuntimeError",
    )
