"""Plain 8-bit pictures of our own and of hosts: no profile, no orientation, read completely."""

from __future__ import annotations

import os
import stat
import struct
from typing import BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from daemon.decode.png_chunks import SIGNATURE
from daemon.protocol.errors import ErrorKind, RabbitError

MAX_PIXELS = 300_000_000
_PNG_HEAD_BYTES = 26
_DAMAGED = (OSError, UnidentifiedImageError, SyntaxError, ValueError, imagecodecs.PngError)
# of a photo, a third of the time of zlib's search, and smaller
_PNG_PACKING = {
    "filter": imagecodecs.PNG.FILTER.PAETH,
    "strategy": imagecodecs.PNG.STRATEGY.RLE,
}


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
        file.write(imagecodecs.png_encode(pixels, level=1, **_PNG_PACKING))
        file.flush()
        os.fsync(file.fileno())


def open_regular(path: bytes) -> BinaryIO:
    """Open a file with content for reading; never waits for the other end of a pipe.

    Raises:
        RabbitError: ``not_found``, ``permission_denied`` or ``invalid_request`` (no such file).
    """
    name = os.fsdecode(path)
    flags = os.O_RDONLY
    for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    try:
        handle = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = "It may have been moved or renamed."
        raise RabbitError(ErrorKind.NOT_FOUND, f"There is no file {name}.", hint) from error
    except OSError as error:
        raise RabbitError(
            ErrorKind.PERMISSION_DENIED, f"{name} cannot be opened: {error.strerror}."
        ) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise RabbitError(
            ErrorKind.INVALID_REQUEST, f"{name} is a folder, pipe or device.", "Name a file."
        )
    return os.fdopen(handle, "rb")


def _read(path: bytes, mode: str) -> NDArray[np.uint8]:
    with open_regular(path) as file:
        try:
            if mode == "RGB" and _is_plain_png(file.read(_PNG_HEAD_BYTES)):
                file.seek(0)
                decoded = imagecodecs.png_decode(file.read())
                return np.ascontiguousarray(decoded[..., :3])
            file.seek(0)
            with Image.open(file) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise _invalid(path, f"is too large ({picture.width}x{picture.height})")
                if picture.mode.startswith("I;16"):  # Pillow would cut it off, not scale it
                    high = (np.asarray(picture) >> 8).astype(np.uint8)
                    return np.asarray(Image.fromarray(high).convert(mode))
                return np.asarray(picture.convert(mode))
        except _DAMAGED as error:
            raise _invalid(path, "is damaged or no picture", str(error)) from error


def _is_plain_png(head: bytes) -> bool:
    """Whether a file that begins so is a PNG of 8-bit RGB, which is read in half the time."""
    if len(head) < _PNG_HEAD_BYTES or not head.startswith(SIGNATURE) or head[12:16] != b"IHDR":
        return False
    width, height, depth, color = struct.unpack_from(">IIBB", head, 16)
    return (depth, color) == (8, 2) and width * height <= MAX_PIXELS


def _invalid(path: bytes, problem: str, detail: str = "") -> RabbitError:
    return RabbitError(
        ErrorKind.RESULT_INVALID,
        f"The picture {os.fsdecode(path)} {problem}.",
        context={"detail": detail[:500]} if detail else None,
    )
