"""A JPEG's pixels: complete or scaled decode, strict about what is missing."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from daemon.decode.jpeg_header import JpegHeader, read_header
from daemon.decode.model import Decoded
from daemon.decode.source import Source

_HARMLESS = ("extraneous bytes", "JFIF", "Adobe marker")


def decode_jpeg(source: Source, *, min_side_px: int = 0) -> Decoded:
    """Decode a JPEG file as stored.

    Args:
        source: The open file.
        min_side_px: > 0: a scaled decode will do whose long side is at least this.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    data = source.read_all()
    header = read_header(data)
    check(source, header)
    wide = header.width_px >= header.height_px
    pixels = decode_pixels(
        source,
        data,
        header,
        min_width_px=min_side_px if wide else 0,
        min_height_px=0 if wide else min_side_px,
    )
    notes: tuple[str, ...] = ()
    if header.more_pictures:
        notes = ("The file's further pictures (previews, HDR gain map) are not carried over.",)
    return Decoded(
        pixels=pixels,
        size=(header.width_px, header.height_px),
        icc=header.icc,
        metadata=header.metadata,
        encoding=header.encoding,
        orientation=header.orientation,
        cmyk=header.components == 4,
        notes=notes,
    )


def check(source: Source, header: JpegHeader) -> None:
    """Refuse what cannot be decoded.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    if not header.frame:
        raise source.damaged("it has no frame header")
    source.check_size(header.width_px, header.height_px)
    if not header.readable or header.components not in (1, 3, 4):
        raise source.unsupported(
            f"is a JPEG of a rare kind ({header.precision} bits, frame type "
            f"{header.frame:#x}, {header.components} channels)"
        )


def scale_hint(
    width_px: int, height_px: int, min_width_px: int, min_height_px: int
) -> tuple[int, int]:
    """Return the size to ask the decoder for: an eighth, a quarter, a half of the picture, or all.

    The scales between cost more than the next larger one, because only these have fast transforms.
    """
    if min_width_px <= 0 and min_height_px <= 0:
        return 0, 0
    for eighths in (1, 2, 4):
        width, height = -(-width_px * eighths // 8), -(-height_px * eighths // 8)
        if width >= min_width_px and height >= min_height_px:
            return width, height
    return width_px, height_px


def decode_pixels(
    source: Source,
    data: bytes,
    header: JpegHeader,
    *,
    min_width_px: int,
    min_height_px: int,
    layout: str = "",
) -> NDArray[np.uint8]:
    """Return the pixels (H, W, C) as stored, CMYK as inks; *layout*: other channels (``BGRX``).

    Raises:
        RabbitError: ``unreadable``.
    """
    space = layout or {1: "GRAY", 3: "RGB", 4: "CMYK"}[header.components]
    least = scale_hint(header.width_px, header.height_px, min_width_px, min_height_px)
    decode = functools.partial(
        simplejpeg.decode_jpeg, data, space, min_width=least[0], min_height=least[1]
    )
    try:
        pixels = decode(strict=True)
    except ValueError as error:
        pixels = _second_try(source, decode, error)
    if header.components == 4 and header.adobe:
        np.invert(pixels, out=pixels)
    return pixels


def _second_try(
    source: Source, decode: Callable[..., NDArray[np.uint8]], error: ValueError
) -> NDArray[np.uint8]:
    """Decode leniently when all that strictness found is harmless."""
    if not any(word in str(error) for word in _HARMLESS):
        raise source.damaged(str(error)) from error
    try:
        return decode(strict=False)
    except ValueError as again:
        raise source.damaged(str(again)) from again
