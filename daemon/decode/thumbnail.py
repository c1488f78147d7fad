"""Thumbnails and previews of any photo, as cheaply as their size allows."""

from __future__ import annotations

from daemon.decode.display import Fitted, Picture, fit, show
from daemon.decode.embedded import embedded_preview
from daemon.decode.exif import Exif
from daemon.decode.icc import identify, profile_for
from daemon.decode.jpeg_header import JpegHeader, read_header
from daemon.decode.jpeg_pixels import check, decode_pixels
from daemon.decode.orientation import swaps_sides, turn_upright
from daemon.decode.photo import read_for_looking, usable_profile
from daemon.decode.scaling import fitted_size, resized
from daemon.decode.source import Source, open_source
from daemon.protocol.errors import RabbitError

_RAW_PREVIEW_SHARE = 0.9


def make_thumbnail(
    path: bytes, size_px: int, *, embedded_only: bool = False, monitor: bytes | None = None
) -> Picture:
    """Return *path* fitted into a square, for a monitor.

    Args:
        path: The photo.
        size_px: Side of the square; a smaller photo keeps its size.
        embedded_only: Only the file's own preview will do, whatever its size.
        monitor: The monitor's ICC profile; ``None``: sRGB.

    Raises:
        RabbitError: ``not_found`` (no such file, or no preview in it), ``unreadable``, ...
    """
    return show(fit_thumbnail(path, size_px, embedded_only=embedded_only), monitor)


def make_preview(
    path: bytes,
    max_width_px: int,
    max_height_px: int,
    *,
    embedded_only: bool = False,
    monitor: bytes | None = None,
) -> Picture:
    """Return *path* fitted into a box, for a monitor; 0 x 0: full size.

    Raises:
        RabbitError: as :func:`make_thumbnail`.
    """
    box = max_width_px, max_height_px
    return show(fit_preview(path, *box, embedded_only=embedded_only), monitor)


def fit_thumbnail(path: bytes, size_px: int, *, embedded_only: bool = False) -> Fitted:
    """Return *path* fitted into a square, in its own colours; see :func:`make_thumbnail`."""
    with open_source(path) as source:
        if embedded_only:
            return embedded_preview(source, size_px, size_px)
        if source.format == "raw":
            return _raw_thumbnail(source, size_px)
        return _decoded(source, size_px, size_px)


def fit_preview(
    path: bytes, max_width_px: int, max_height_px: int, *, embedded_only: bool = False
) -> Fitted:
    """Return *path* fitted into a box, in its own colours; see :func:`make_preview`."""
    with open_source(path) as source:
        if embedded_only:
            return embedded_preview(source, max_width_px, max_height_px)
        return _decoded(source, max_width_px, max_height_px)


def fit_jpeg(source: Source, max_width: int, max_height: int) -> Fitted:
    """Decode a JPEG in colour, at the smallest scale that is large enough.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    data = source.read_all()
    header = read_header(data)
    check(source, header)
    if header.components != 3:
        return _any(source, max_width, max_height)
    turn = header.orientation
    if swaps_sides(turn):
        max_width, max_height = max_height, max_width
    width, height = fitted_size(header.width_px, header.height_px, max_width, max_height)
    whole = decode_pixels(
        source,
        data,
        header,
        min_width_px=width,
        min_height_px=height,
        layout="BGRX",
    )
    small = turn_upright(resized(whole, width, height), turn)
    size = (header.width_px, header.height_px)
    return Fitted(small, _profile(header), *(size[::-1] if swaps_sides(turn) else size))


def is_srgb_jpeg(path: bytes) -> bool:
    """Whether *path* is a JPEG whose colours are sRGB."""
    try:
        with open_source(path) as source:
            if source.format != "jpeg":
                return False
            header = read_header(source.read_all())
    except RabbitError:
        return False
    return header.components == 3 and identify(_profile(header)) == "srgb"


def _decoded(source: Source, max_width: int, max_height: int) -> Fitted:
    if source.format == "jpeg":
        return fit_jpeg(source, max_width, max_height)
    return _any(source, max_width, max_height)


def _any(source: Source, max_width: int, max_height: int) -> Fitted:
    photo = read_for_looking(source, min_width_px=max_width, min_height_px=max_height)
    size = photo.source_width_px, photo.source_height_px
    return fit(photo.pixels, photo.icc, (max_width, max_height), size)


def _profile(header: JpegHeader) -> bytes | None:
    """Return the profile of the pixels; ``None``: sRGB."""
    if header.icc is not None and usable_profile(header.icc):
        return header.icc
    return profile_for("adobe-rgb") if Exif.of(header.exif).is_adobe_rgb else None


def _raw_thumbnail(source: Source, size_px: int) -> Fitted:
    """Take the camera's preview when it is large enough, else develop at half size."""
    try:
        preview = embedded_preview(source, size_px, size_px)
    except RabbitError:
        preview = None
    if preview is not None and max(preview.pixels.shape[:2]) >= size_px * _RAW_PREVIEW_SHARE:
        return preview
    return _decoded(source, size_px, size_px)
