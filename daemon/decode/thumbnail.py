"""Thumbnails and previews of any photo, as cheaply as their size allows."""

from __future__ import annotations

import numpy as np

from daemon.decode.display import Picture, fitted_size, for_screen, resized
from daemon.decode.embedded import embedded_preview
from daemon.decode.exif import Exif
from daemon.decode.icc import identify
from daemon.decode.jpeg_header import JpegHeader, read_header
from daemon.decode.jpeg_pixels import check, decode_pixels
from daemon.decode.orientation import swaps_sides, turn_upright
from daemon.decode.photo import read_for_looking
from daemon.decode.source import Source, open_source
from daemon.protocol.errors import RabbitError

_RAW_PREVIEW_SHARE = 0.9


def make_thumbnail(path: bytes, size_px: int, *, embedded_only: bool = False) -> Picture:
    """Return *path* fitted into a square.

    Args:
        path: The photo.
        size_px: Side of the square; a smaller photo keeps its size.
        embedded_only: Only the file's own preview will do, whatever its size.

    Raises:
        RabbitError: ``not_found`` (no such file, or no preview in it), ``unreadable``, ...
    """
    with open_source(path) as source:
        if embedded_only:
            return embedded_preview(source, size_px, size_px)
        if source.format == "raw":
            return _raw_thumbnail(source, size_px)
        return _decoded(source, size_px, size_px)


def make_preview(
    path: bytes, max_width_px: int, max_height_px: int, *, embedded_only: bool = False
) -> Picture:
    """Return *path* fitted into a box; 0 x 0: full size.

    Raises:
        RabbitError: as :func:`make_thumbnail`.
    """
    with open_source(path) as source:
        if embedded_only:
            return embedded_preview(source, max_width_px, max_height_px)
        return _decoded(source, max_width_px, max_height_px)


def _decoded(source: Source, max_width: int, max_height: int) -> Picture:
    if source.format == "jpeg":
        data = source.read_all()
        header = read_header(data)
        check(source, header)
        if header.components == 3 and _shows_as_it_is(header):
            return _quick_jpeg(source, data, header, max_width, max_height)
    photo = read_for_looking(source, min_width_px=max_width, min_height_px=max_height)
    pixels = for_screen(photo.pixels.astype(np.uint8, copy=False), photo.icc, max_width, max_height)
    return Picture(pixels, photo.source_width_px, photo.source_height_px)


def _shows_as_it_is(header: JpegHeader) -> bool:
    """Return whether the pixels are sRGB."""
    if header.icc is None:
        return not Exif.of(header.exif).is_adobe_rgb
    return identify(header.icc) == "srgb"


def _quick_jpeg(
    source: Source, data: bytes, header: JpegHeader, max_width: int, max_height: int
) -> Picture:
    """Decode an sRGB JPEG straight to BGRX, at the smallest scale that is large enough."""
    turn = header.orientation
    if swaps_sides(turn):
        max_width, max_height = max_height, max_width
    width, height = fitted_size(header.width_px, header.height_px, max_width, max_height)
    whole = decode_pixels(
        source, data, header, min_width_px=width, min_height_px=height, layout="BGRX"
    )
    small = turn_upright(resized(whole, width, height), turn)
    size = (header.width_px, header.height_px)
    return Picture(np.ascontiguousarray(small), *(size[::-1] if swaps_sides(turn) else size))


def _raw_thumbnail(source: Source, size_px: int) -> Picture:
    """Take the camera's preview when it is large enough, else develop at half size."""
    try:
        preview = embedded_preview(source, size_px, size_px)
    except RabbitError:
        preview = None
    if preview is not None and max(preview.pixels.shape[:2]) >= size_px * _RAW_PREVIEW_SHARE:
        return preview
    return _decoded(source, size_px, size_px)
