"""Writes a result: complete, on the disk, with everything the original said about itself."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import imagecodecs
import numpy as np

from daemon.decode import webp_file
from daemon.decode.jpeg_writer import write_jpeg
from daemon.decode.model import Photo, Pixels
from daemon.decode.parcel import Packer, Parcel, Unfinished, make_parcel, make_ready
from daemon.decode.photo import to_8_bit
from daemon.decode.png_writer import write_png
from daemon.decode.source import shown
from daemon.decode.tiff_writer import write_tiff
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import WRITABLE_EXTENSIONS, writable_format

_WEBP_QUALITY = 95
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_EIGHT_BIT = {"jpeg", "webp"}


@dataclass(frozen=True)
class WrittenFile:
    """A file that is complete and on the disk.

    Attributes:
        notes: Sentences about what the format could not hold.
    """

    size_bytes: int
    inode: int
    notes: tuple[str, ...] = ()


def write_photo(
    temp_path: bytes,
    pixels: Pixels | Unfinished,
    extension: str,
    *,
    source: Photo,
    recipe: str = "",
    ai: bool = False,
    jpeg_quality: int = 0,
    checkpoint: Callable[[], None] | None = None,
) -> WrittenFile:
    """Write *pixels* with the metadata of *source*.

    Profile, EXIF (orientation 1, own size, no preview), XMP, IPTC and resolution are kept;
    ``DigitalSourceType`` and the recipe go into the XMP packet.

    Args:
        temp_path: File to write; replaced when it exists. Removed when writing fails.
        pixels: Shape (H, W, 3 or 4), in the space of *source*; uint16 stays 16 bit where the
            format holds it. Unfinished ones are made final on the way.
        extension: With dot: format to write.
        source: The original.
        recipe: JSON of how it was made; empty: none.
        ai: A model made the look.
        jpeg_quality: 1..100; 0: like the original.
        checkpoint: Called between strips; may raise to stop.

    Raises:
        RabbitError: ``output_refused``, ``disk_full`` or ``permission_denied``.
    """
    if extension.lower() not in WRITABLE_EXTENSIONS:
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"Files ending in {extension} cannot be written.",
            "Use .jpg, .png, .tif or .webp.",
        )
    name = writable_format(extension)
    unfinished = pixels if isinstance(pixels, Unfinished) else Unfinished(pixels)
    parcel = make_parcel(
        unfinished,
        source,
        recipe=recipe,
        ai=ai,
        jpeg_quality=jpeg_quality,
        checkpoint=checkpoint or _nothing,
    )
    if name in _EIGHT_BIT and parcel.pixels.dtype != np.uint8:
        parcel.notes.append(f"The result was reduced to the 8 bits that {extension} holds.")
    size, inode = _write_file(temp_path, parcel, _PACKERS[name])
    return WrittenFile(size, inode, tuple(parcel.notes))


def write_plain_png(
    temp_path: bytes, photo: Photo, checkpoint: Callable[[], None] | None = None
) -> WrittenFile:
    """Write a photo's upright pixels as a PNG of their depth with their profile, nothing else.

    Args:
        temp_path: File to write; replaced when it exists. Removed when writing fails.
        photo: The photo.
        checkpoint: Called between strips; may raise to stop.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    parcel = Parcel(
        pixels=photo.pixels if photo.pixels.flags.c_contiguous else photo.pixels.copy(),
        icc=photo.icc or b"",
        exif=b"",
        xmp=b"",
        xmp_extension=(),
        iptc=b"",
        density=None,
        png_color=b"" if photo.icc else photo.metadata.png_color,
        encoding=photo.encoding,
        format=photo.format,
        jpeg_quality=0,
        checkpoint=checkpoint or _nothing,
        notes=[],
    )
    return WrittenFile(*_write_file(temp_path, parcel, write_png))


def _write_file(temp_path: bytes, parcel: Parcel, pack: Packer) -> tuple[int, int]:
    try:
        with open(temp_path, "wb") as file:
            try:
                pack(file, parcel)
                file.flush()
                os.fsync(file.fileno())
                found = os.fstat(file.fileno())
            except BaseException:
                os.unlink(temp_path)
                raise
    except OSError as error:
        raise _refused(temp_path, error) from error
    return found.st_size, found.st_ino


def _refused(path: bytes, error: OSError) -> RabbitError:
    folder = shown(os.path.dirname(path))
    if error.errno in _FULL:
        return RabbitError(
            ErrorKind.DISK_FULL,
            f"The disk is full: the result does not fit into {folder}.",
            "Free some space or choose another folder with -o.",
        )
    return RabbitError(
        ErrorKind.PERMISSION_DENIED,
        f"The result cannot be written into {folder}: {error.strerror}.",
        "Choose another folder with -o.",
    )


def _write_webp(file: BinaryIO, parcel: Parcel) -> None:
    if max(parcel.size) > webp_file.MAX_SIDE_PX:
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"WebP holds up to {webp_file.MAX_SIDE_PX} pixels a side; the result has "
            f"{max(parcel.size)}.",
            "Write a .tif, .png or .jpg instead.",
        )
    pixels = to_8_bit(make_ready(parcel).pixels)
    lossless = not parcel.encoding.lossy
    parcel.checkpoint()
    try:
        encoded = imagecodecs.webp_encode(
            pixels, _WEBP_QUALITY, lossless=lossless, method=4, numthreads=2
        )
    except imagecodecs.WebpError as error:
        raise _webp_refused(parcel, str(error)) from error
    if parcel.iptc:
        parcel.notes.append("WebP holds no IPTC records; they were left out.")
    parts = webp_file.with_metadata(
        bytes(encoded),
        size=parcel.size,
        has_alpha=parcel.has_alpha,
        icc=parcel.icc,
        exif=parcel.exif,
        xmp=parcel.xmp,
    )
    file.writelines(parts)


def _webp_refused(parcel: Parcel, detail: str) -> RabbitError:
    memory = "OUT_OF_MEMORY" in detail
    why = "there was not enough memory for one of" if memory else "the encoder refuses"
    return RabbitError(
        ErrorKind.OUT_OF_MEMORY if memory else ErrorKind.OUTPUT_REFUSED,
        f"The WebP was not written: {why} {parcel.size[0]} x {parcel.size[1]} pixels.",
        "Write a .tif, .png or .jpg instead.",
        {"detail": detail},
    )


def _nothing() -> None:
    return


_PACKERS: dict[str, Packer] = {
    "jpeg": write_jpeg,
    "png": write_png,
    "tiff": write_tiff,
    "webp": _write_webp,
}
