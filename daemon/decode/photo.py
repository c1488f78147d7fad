"""Reads any photo into upright RGB pixels at their own depth and in their own space."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import cast

import numpy as np

from daemon.decode import icc as icc_profiles
from daemon.decode.color import convert_integer, usable
from daemon.decode.exif import Exif
from daemon.decode.model import Decoded, Photo, Pixels
from daemon.decode.orientation import swaps_sides, turn_upright
from daemon.decode.source import VIDEO_HINT, Source, open_source
from daemon.protocol.formats import BY_NAME

__all__ = ["Photo", "decode", "read_bytes", "read_for_looking", "read_photo", "to_8_bit"]

_BAND_PX = 1 << 20
_NO_PROFILE = "CMYK without a colour profile was converted to sRGB by a plain formula."


def read_photo(path: bytes, *, min_side_px: int = 0) -> Photo:
    """Read a photo completely.

    Args:
        path: The file.
        min_side_px: > 0: a scaled decode will do whose long side is at least this (JPEG); other
            formats are decoded at full size.

    Returns:
        The photo, upright; gray and palette as RGB, CMYK as sRGB; HEIC, AVIF, JPEG XL and RAW at
        16 bit.

    Raises:
        RabbitError: ``not_found``, ``permission_denied``, ``not_a_photo``, ``unreadable`` (damaged
            or cut off) or ``unsupported_format``.
    """
    with open_source(path) as source:
        decoded = decode(source, min_side_px=min_side_px)
        photo = _finished(source, decoded)
    if BY_NAME[photo.format].kind == "modern" and photo.pixels.dtype == np.uint8:
        return _with_pixels(photo, _widened(photo.pixels))
    return photo


def read_bytes(data: bytes) -> Photo:
    """Read a picture that is in memory.

    Raises:
        RabbitError: as :func:`read_photo`.
    """
    with Source(b"the picture", io.BytesIO(data), len(data)) as source:
        return _finished(source, decode(source))


def read_for_looking(source: Source, *, min_width_px: int, min_height_px: int) -> Photo:
    """Read an open photo as cheaply as the wanted size allows, at its own depth.

    Raises:
        RabbitError: as :func:`read_photo`.
    """
    side = max(min_width_px, min_height_px)
    if source.format == "video":
        from daemon.decode.video import poster_frame

        frame = poster_frame(source)
        return _finished(source, Decoded(frame, size=(frame.shape[1], frame.shape[0])))
    if source.format == "raw" and side:
        from daemon.decode.raw_pixels import decode_raw, half_is_enough

        decoded = decode_raw(source, half=half_is_enough(source, side))
    else:
        decoded = decode(source, min_side_px=side)
    return _finished(source, decoded)


def usable_profile(icc: bytes) -> bool:
    """Return whether *icc* tells the colours of RGB pixels."""
    return icc_profiles.device_space(icc) == "RGB" and usable(icc)


def decode(source: Source, *, min_side_px: int = 0) -> Decoded:
    """Decode an open file as its format stores it.

    Raises:
        RabbitError: as :func:`read_photo`.
    """
    if source.format == "jpeg":
        from daemon.decode.jpeg_pixels import decode_jpeg

        return decode_jpeg(source, min_side_px=min_side_px)
    if source.format == "video":
        raise source.unsupported("is a video, which cannot be edited", VIDEO_HINT)
    return _reader(source.format)(source)


def to_8_bit(pixels: Pixels) -> Pixels:
    """Return *pixels* at 8 bit, rounded; themselves when they are."""
    if pixels.dtype == np.uint8:
        return pixels
    result = np.empty(pixels.shape, np.uint8)
    for part in bands(pixels):
        # exact rounding of v / 257 in integers
        result[part] = (pixels[part].astype(np.uint32) * 255 + 32895) >> 16
    return result


def bands(pixels: Pixels) -> list[slice]:
    """Return row slices of about a megapixel each."""
    rows = max(1, _BAND_PX // max(1, pixels.shape[1]))
    return [slice(top, top + rows) for top in range(0, pixels.shape[0], rows)]


def _reader(name: str) -> Callable[[Source], Decoded]:
    """Return the reader of a format; each loads its libraries when it is needed."""
    if name == "png":
        from daemon.decode.png_pixels import decode_png as reader
    elif name == "tiff":
        from daemon.decode.tiff_pixels import decode_tiff as reader
    elif name == "webp":
        from daemon.decode.webp_file import decode_webp as reader
    elif name == "heic":
        from daemon.decode.modern_pixels import decode_heic as reader
    elif name == "avif":
        from daemon.decode.modern_pixels import decode_avif as reader
    elif name == "jxl":
        from daemon.decode.modern_pixels import decode_jxl as reader
    elif name == "raw":
        from daemon.decode.raw_pixels import decode_raw as reader
    else:
        from daemon.decode.plain_pixels import decode_plain as reader
    return reader


def _finished(source: Source, decoded: Decoded) -> Photo:
    notes = list(decoded.notes)
    icc = decoded.icc
    if icc is not None and not _fits(decoded, icc):
        notes.append("The file's colour profile is damaged or of another kind and was left out.")
        icc = None
    if icc is None and Exif.of(decoded.metadata.exif).is_adobe_rgb:
        icc = icc_profiles.profile_for("adobe-rgb")
    pixels = turn_upright(decoded.pixels, decoded.orientation)
    pixels = np.require(pixels, requirements=["C", "W"])
    if decoded.cmyk:
        pixels, note = _from_cmyk(source, pixels, icc)
        notes.append(note)
        icc = icc_profiles.profile_for("srgb")
    elif pixels.shape[2] < 3:
        pixels, icc = _from_gray(pixels, icc)
    width, height = decoded.size
    if swaps_sides(decoded.orientation) or swaps_sides(decoded.turned):
        width, height = height, width
    return Photo(
        pixels=pixels,
        icc=icc,
        color_space=icc_profiles.identify(icc),
        metadata=decoded.metadata,
        encoding=decoded.encoding,
        format=source.format,
        bit_depth=decoded.bit_depth,
        source_width_px=width,
        source_height_px=height,
        notes=tuple(notes),
    )


def _fits(decoded: Decoded, icc: bytes) -> bool:
    if not usable(icc):
        return False
    space = icc_profiles.device_space(icc)
    if decoded.cmyk:
        return space == "CMYK"
    return space == "RGB" or (space == "GRAY" and decoded.pixels.shape[2] < 3)


def _from_cmyk(source: Source, pixels: Pixels, icc: bytes | None) -> tuple[Pixels, str]:
    """Return sRGB (and alpha) pixels, and what was done."""
    alpha = pixels[..., 4:]
    colour = pixels[..., :4]
    if icc is not None:
        try:
            result = convert_integer(colour, icc, "cmyk")
        except ValueError as error:
            raise source.damaged(str(error)) from error
        name = icc_profiles.description(icc) or "its embedded profile"
        note = f"CMYK was converted to sRGB through {name}."
    else:
        full = int(np.iinfo(pixels.dtype).max)
        result = cast("Pixels", np.empty((*pixels.shape[:2], 3), pixels.dtype))
        for part in bands(pixels):
            inks = full - colour[part].astype(np.uint32)
            result[part] = (inks[..., :3] * inks[..., 3:] + full // 2) // full
        note = _NO_PROFILE
    if alpha.shape[2]:
        result = cast("Pixels", np.concatenate([result, alpha], axis=2))
    return result, note


def _from_gray(pixels: Pixels, icc: bytes | None) -> tuple[Pixels, bytes | None]:
    """Return RGB (and alpha) pixels and their profile."""
    height, width, channels = pixels.shape
    result = cast("Pixels", np.empty((height, width, channels + 2), pixels.dtype))
    if icc is not None and icc_profiles.device_space(icc) == "GRAY":
        try:
            result[..., :3] = convert_integer(pixels[..., 0], icc, "gray")
        except ValueError:
            result[..., :3] = pixels[..., :1]
        icc = icc_profiles.profile_for("srgb")
    else:
        result[..., :3] = pixels[..., :1]
    result[..., 3:] = pixels[..., 1:]
    return result, icc


def _widened(pixels: Pixels) -> Pixels:
    result = np.empty(pixels.shape, np.uint16)
    for part in bands(pixels):
        np.multiply(pixels[part], np.uint16(257), out=result[part], dtype=np.uint16)
    return result


def _with_pixels(photo: Photo, pixels: Pixels) -> Photo:
    return dataclasses.replace(photo, pixels=pixels)
