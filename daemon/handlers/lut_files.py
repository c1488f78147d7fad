"""The files beside a photo in a worker: the ``.cube`` of a look, the mask of where it goes."""

from __future__ import annotations

import errno
import os

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from daemon.decode import mask_file
from daemon.decode.photo import decode
from daemon.decode.plain import open_regular
from daemon.decode.png_chunks import SIGNATURE
from daemon.decode.source import open_source
from daemon.imaging.cube import Cube, format_cube, parse_cube
from daemon.imaging.hald import HaldError, hald_from_lut, lut_from_hald, nearest_level
from daemon.imaging.lattice import FloatArray
from daemon.protocol.errors import ErrorKind, RabbitError

_MAX_CUBE_BYTES = 256 << 20
_HEAD_BYTES = 4096
_HALD_STEP = 0.5 / 65535
FITTED = "Made by RabbitViewer: robust lattice regression, tetrahedral"
_REDUCED = "The Hald CLUT has {} nodes a side; {} were taken, which is the most that can be used."
_NO_SPACE = (
    "A Hald CLUT does not say its colour space: other programs will take this one, which is for "
    "{}, for sRGB."
)


def read_mask(path: bytes, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Read the mask of a photo of that upright size, from a picture of any kind.

    Returns:
        Shape (H, W), uint8; 255 = edit, 0 = keep.

    Raises:
        RabbitError: it cannot be read, or has another size.
    """
    mask = mask_file.read_mask(path)
    mask_file.check_mask_size(mask.shape[1], mask.shape[0], width_px, height_px)
    return mask


def read_lut(path: bytes) -> tuple[Cube, tuple[str, ...]]:
    """Read a LUT: a ``.cube`` file, or a Hald CLUT, told by their content.

    Returns:
        The LUT, and sentences on what could not be taken over as it was.

    Raises:
        RabbitError: it is not there, neither of them, too large or damaged; names the line.
    """
    name = os.fsdecode(path)
    with open_regular(path) as file:
        if file.read(len(SIGNATURE)) == SIGNATURE:
            return _read_hald(path)
        if os.fstat(file.fileno()).st_size > _MAX_CUBE_BYTES:
            raise RabbitError(ErrorKind.UNREADABLE, f"{name} is too large for a LUT.")
        try:
            file.seek(0)
            data = file.read()
        except OSError as error:
            reason = error.strerror or str(error)
            raise RabbitError(ErrorKind.UNREADABLE, f"{name} cannot be read: {reason}.") from error
    if b"\0" in data[:_HEAD_BYTES] or data[:2] == b"\xff\xd8":
        raise RabbitError(
            ErrorKind.UNREADABLE,
            f"{name} is not a .cube file.",
            "Export the look as .cube, or as a Hald CLUT in a PNG.",
        )
    try:
        return parse_cube(data.decode("utf-8", errors="replace")), ()
    except ValueError as error:
        raise RabbitError(ErrorKind.UNREADABLE, f"The LUT {name} is damaged: {error}.") from error


def _read_hald(path: bytes) -> tuple[Cube, tuple[str, ...]]:
    name = os.fsdecode(path)
    with open_source(path) as source:
        decoded = decode(source)
    if decoded.encoding.palette:
        raise _no_hald(name, "has a palette or fewer than 8 bits, which a Hald CLUT has not")
    try:
        lut, held = lut_from_hald(decoded.pixels)
    except HaldError as error:
        raise _no_hald(name, str(error)) from error
    size = lut.shape[0]
    notes = (_REDUCED.format(held, size),) if held != size else ()
    return Cube(lut), notes


def _no_hald(name: str, reason: str) -> RabbitError:
    return RabbitError(
        ErrorKind.UNREADABLE,
        f"The picture {name} {reason}.",
        "Choose a .cube file, or a Hald CLUT as it was written, neither scaled nor cropped.",
    )


def write_lut(
    path: bytes,
    lut: FloatArray,
    *,
    space: str,
    title: str,
    hald: bool = False,
    comments: tuple[str, ...] = (FITTED,),
) -> tuple[str, ...]:
    """Write a 3D LUT as ``.cube`` or as a Hald CLUT; it is on the disk on return.

    Returns:
        Sentences on what the form cannot hold.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    if hald:
        return write_hald(path, Cube(lut, space, title))
    write_synced(path, format_cube(lut, title=title, space=space, comments=comments).encode())
    return ()


def write_hald(path: bytes, cube: Cube) -> tuple[str, ...]:
    """Write the nearest Hald CLUT, at 16 bits, fsynced; returns what it cannot hold."""
    pixels = hald_from_lut(cube.lut, nearest_level(cube.lut.shape[0]))
    write_synced(path, bytes(imagecodecs.png_encode(pixels, level=6)))
    notes: list[str] = []
    if cube.lut.min() < -_HALD_STEP or cube.lut.max() > 1 + _HALD_STEP:
        notes.append("Values below 0 and above 1 were cut: a Hald CLUT cannot hold them.")
    if cube.space != "srgb":
        notes.append(_NO_SPACE.format(cube.space))
    return tuple(notes)


def write_synced(path: bytes, data: bytes) -> None:
    """Write a file of a grade; it is on the disk on return.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    try:
        with open(path, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        folder = os.fsdecode(os.path.dirname(path))
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            kind, message = ErrorKind.DISK_FULL, f"The disk is full: no LUT fits into {folder}."
            hint = "Free some space or choose another folder."
        else:
            reason = error.strerror or str(error)
            kind = ErrorKind.PERMISSION_DENIED
            message = f"No LUT can be written into {folder}: {reason}."
            hint = "Choose another folder."
        raise RabbitError(kind, message, hint) from error
