"""Masks as files: any picture read as gray values, values written as an 8-bit gray PNG."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
import threading
import zlib
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from daemon.decode.mask_strips import STRIP_BYTES, stored_rows, strip_rows, unfold_strips
from daemon.decode.model import Decoded, Pixels
from daemon.decode.orientation import turn_upright
from daemon.decode.photo import bands, decode, to_8_bit
from daemon.decode.png_chunks import SIGNATURE, chunk
from daemon.decode.png_writer import ZLIB_HEADER, pack_strip
from daemon.decode.source import open_source, shown
from daemon.decode.strips import in_order
from daemon.decode.surface import allocate
from daemon.protocol.errors import ErrorKind, RabbitError

Mask = NDArray[np.uint8]
ReadRows = Callable[[int, int], Mask]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# ITU-R BT.601 in 16 bits, as Pillow's "L" and with it every node of ComfyUI reads a colour mask
_LUMA = (19595, 38470, 7471)


def read_mask(path: bytes, *, alpha: bool = False) -> Mask:
    """Read a picture of any kind as a mask, upright.

    Deeper samples are rounded, colours become their luma (exact where red, green and blue are
    equal); a colour profile is not looked at.

    Args:
        path: The picture.
        alpha: Take its transparency instead: transparent is 255, opaque 0 (as in ComfyUI).

    Returns:
        Shape (H, W), uint8, writable.

    Raises:
        RabbitError: as :func:`daemon.decode.photo.read_photo`; ``invalid_request``: *alpha* of a
            picture that has none.
    """
    with open_source(path) as source:
        known = None if alpha else unfold_strips(source)
        if known is not None:
            return known
        decoded = decode(source)
        values = _transparency(decoded, source.name) if alpha else _brightness(decoded)
    upright = turn_upright(values, decoded.orientation)
    return np.require(upright, requirements=["C", "W"])


def check_mask_size(width_px: int, height_px: int, photo_width: int, photo_height: int) -> None:
    """Refuse a mask that has not the size of its upright photo.

    Raises:
        RabbitError: ``invalid_request``; names both sizes.
    """
    if (width_px, height_px) == (photo_width, photo_height):
        return
    hint = "Have it resized, or make it at the photo's size."
    if (height_px, width_px) == (photo_width, photo_height):
        hint = "It lies on its side: a mask stands as the photo is shown. Turn it, then try again."
    raise RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"The mask is {width_px} x {height_px} pixels, the photo {photo_width} x {photo_height}.",
        hint,
    )


def write_mask(
    png_path: bytes,
    width_px: int,
    height_px: int,
    read_rows: ReadRows,
    checkpoint: Callable[[], None],
) -> bool:
    """Write a mask as an 8-bit gray PNG that is on the disk on return.

    Args:
        png_path: File to write; replaced when it exists, removed when writing fails.
        width_px: Its width.
        height_px: Its height.
        read_rows: Returns the rows from the first index up to the second one, shape (rows, W); its
            own copy, for the values may change meanwhile. Called from two threads.
        checkpoint: Called between strips; may raise to stop.

    Returns:
        Whether all of it is black.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    try:
        with open(png_path, "wb") as file:
            try:
                painted = False
                file.write(SIGNATURE)
                header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
                file.write(chunk(b"IHDR", header))
                parts = strip_rows(width_px, height_px)

                def pack(part: slice) -> tuple[bytes, bytes, bool]:
                    rows = read_rows(part.start, part.stop)
                    plain = stored_rows(rows)
                    packed = pack_strip(plain, last=part.stop >= height_px)
                    return plain, packed, bool(rows.any())

                checksum, opening = 1, ZLIB_HEADER
                for plain, packed, used in in_order(pack, parts, checkpoint):
                    painted |= used
                    checksum = zlib.adler32(plain, checksum)
                    file.write(chunk(b"IDAT", opening + packed))
                    opening = b""
                file.write(chunk(b"IDAT", struct.pack(">I", checksum)))
                file.write(chunk(b"IEND", b""))
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(png_path)
                raise
    except OSError as error:
        raise _no_room(png_path, error) from error
    return not painted


def rows_of(values: Mask) -> ReadRows:
    """Return how :func:`write_mask` reads an array that nobody changes; shape (H, W)."""
    return lambda top, bottom: values[top:bottom]


class ValuesFile:
    """A file of plain values, one byte per pixel, rows from the top; a window may be painting it.

    Attributes:
        width_px: Its width.
        height_px: Its height.
    """

    def __init__(self, path: bytes, offset: int, width_px: int, height_px: int) -> None:
        """Open *path* for reading; the values begin at *offset*.

        Raises:
            OSError: it cannot be opened.
            RabbitError: ``unreadable``: it is no plain file, or too short.
        """
        self.width_px, self.height_px = width_px, height_px
        self._offset = offset
        self._lock = threading.Lock()
        try:
            self._file = open(path, "rb", buffering=0, opener=_open_plain)  # noqa: SIM115
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _not_plain(path) from error
            raise
        found = os.fstat(self._file.fileno())
        if not stat.S_ISREG(found.st_mode):
            self._file.close()
            raise _not_plain(path)
        if found.st_size < offset + width_px * height_px:
            self._file.close()
            raise RabbitError(
                ErrorKind.UNREADABLE,
                f"The painting {shown(path)} is shorter than {width_px} x {height_px} pixels.",
                "Paint the mask again.",
            )

    def __enter__(self) -> ValuesFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read_rows(self, top: int, bottom: int) -> Mask:
        """Return a copy of rows *top* up to *bottom*, shape (rows, W), uint8."""
        rows = np.empty((bottom - top, self.width_px), np.uint8)
        left = rows.reshape(-1).data
        with self._lock:
            self._file.seek(self._offset + top * self.width_px)
            while left:
                count = self._file.readinto(left)
                if not count:
                    raise OSError(errno.EIO, "the painting ended early")
                left = left[count:]
        return rows

    def read(self) -> Mask:
        """Return a copy of all of it, shape (H, W), uint8."""
        return self.read_rows(0, self.height_px)


def _not_plain(path: bytes) -> RabbitError:
    return RabbitError(
        ErrorKind.UNREADABLE,
        f"The painting {shown(path)} is no plain file.",
        "Paint the mask again.",
    )


def _open_plain(path: str, flags: int) -> int:
    """Open a file, but follow no link and wait for nobody at the other end of a pipe."""
    careful = ("O_NOFOLLOW", "O_NONBLOCK")
    return os.open(path, flags | sum(getattr(os, name, 0) for name in careful))


def fill_values_file(path: bytes, offset: int, shape: tuple[int, int], mask: Mask | None) -> None:
    """Put *mask* (None: zeros) of *shape* (H, W) behind the first *offset* bytes of a file.

    The whole file is allocated first, so that nobody who maps it can run out of disk.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    size = shape[0] * shape[1]
    try:
        handle = os.open(path, flags, 0o600)
        try:
            os.ftruncate(handle, offset)
            reserved = allocate(handle, offset + size)
            os.lseek(handle, offset, os.SEEK_SET)
            if mask is not None:
                _write_all(handle, mask.reshape(-1).data)
            elif not reserved:
                zeros = bytes(STRIP_BYTES)
                for start in range(0, size, len(zeros)):
                    _write_all(handle, memoryview(zeros)[: size - start])
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        finally:
            os.close(handle)
    except OSError as error:
        raise _no_room(path, error) from error


def _write_all(handle: int, left: memoryview) -> None:
    while left:
        left = left[os.write(handle, left) :]


def _brightness(decoded: Decoded) -> Mask:
    """Return the gray values of what was decoded, as stored."""
    pixels = decoded.pixels
    result = np.empty(pixels.shape[:2], np.uint8)
    for part in bands(pixels):
        band = pixels[part]
        if decoded.cmyk:
            band = _without_inks(band)
        gray = band[..., 0] if band.shape[2] < 3 else _luma(band)
        result[part] = to_8_bit(gray)
    return result


def _luma(band: Pixels) -> Pixels:
    red, green, blue = (band[..., index].astype(np.uint32) for index in range(3))
    total = red * _LUMA[0] + green * _LUMA[1] + blue * _LUMA[2] + (1 << 15)
    return cast("Pixels", (total >> 16).astype(band.dtype))


def _without_inks(band: Pixels) -> Pixels:
    full = int(np.iinfo(band.dtype).max)
    light = full - band[..., :4].astype(np.uint32)
    return cast(
        "Pixels", ((light[..., :3] * light[..., 3:] + full // 2) // full).astype(band.dtype)
    )


def _transparency(decoded: Decoded, name: str) -> Mask:
    pixels = decoded.pixels
    at = 4 if decoded.cmyk else (1 if pixels.shape[2] < 3 else 3)
    if pixels.shape[2] <= at:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"{name} has no transparency to take a mask from.",
            "Choose a picture with an alpha channel, or take its brightness as the mask.",
        )
    result = np.empty(pixels.shape[:2], np.uint8)
    for part in bands(pixels):
        np.subtract(255, to_8_bit(pixels[part][..., at]), out=result[part])
    return result


def _no_room(path: bytes, error: OSError) -> RabbitError:
    folder = shown(os.path.dirname(path))
    if error.errno in _FULL:
        message = f"The disk is full: the mask does not fit in {folder}."
        return RabbitError(ErrorKind.DISK_FULL, message, "Free some space there.")
    reason = error.strerror or str(error)
    return RabbitError(
        ErrorKind.PERMISSION_DENIED,
        f"The mask cannot be written into {folder}: {reason}.",
        "Check that the folder can be written.",
    )
