"""Plain 8-bit pictures of our own and of hosts: no profile, no orientation, read completely."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from daemon.protocol.errors import ErrorKind, RabbitError

MAX_PIXELS = 300_000_000


def read_rgb(path: bytes) -> NDArray[np.uint8]:
    """Read a picture completely.

    Returns:
        Shape (H, W, 3), uint8.

    Raises:
        RabbitError: ``result_invalid``: it is damaged, no picture, or too large.
    """
    return _read(path, "RGB")


def read_gray(path: bytes) -> NDArray[np.uint8]:
    """Read a mask completely.

    Returns:
        Shape (H, W), uint8.

    Raises:
        RabbitError: ``result_invalid``: it is damaged, no picture, or too large.
    """
    return _read(path, "L")


def write_png(path: bytes, pixels: NDArray[np.uint8]) -> None:
    """Write *pixels*, shape (H, W) or (H, W, 3), as a lossless PNG that is on disk on return."""
    with open(path, "wb") as file:
        Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        file.flush()
        os.fsync(file.fileno())


def _read(path: bytes, mode: str) -> NDArray[np.uint8]:
    try:
        with Image.open(os.fsdecode(path)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _invalid(path, f"is too large ({picture.width}x{picture.height})")
            return np.asarray(picture.convert(mode))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise _invalid(path, f"is damaged or no picture ({error})") from error


def _invalid(path: bytes, problem: str) -> RabbitError:
    return RabbitError(ErrorKind.RESULT_INVALID, f"The picture {os.fsdecode(path)} {problem}.")
