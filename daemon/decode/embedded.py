"""The small previews that cameras put into their files: found, cropped, turned upright."""

from __future__ import annotations

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from daemon.decode import icc as icc_profiles
from daemon.decode.color import usable
from daemon.decode.display import Picture, for_screen
from daemon.decode.exif import Exif
from daemon.decode.icc import device_space
from daemon.decode.jpeg_header import JpegHeader, read_header
from daemon.decode.orientation import swaps_sides, turn_upright
from daemon.decode.source import Source
from daemon.protocol.errors import ErrorKind, RabbitError

_HEAD_BYTES = 256 << 10
_SAME_ASPECT = 0.02
_BLACK = 40


def embedded_preview(source: Source, max_width_px: int, max_height_px: int) -> Picture:
    """Return the file's own preview, fitted into a box.

    Raises:
        RabbitError: ``not_found``: the file has none.
    """
    if source.format == "jpeg":
        return _of_jpeg(source, max_width_px, max_height_px)
    if source.format == "raw":
        return _of_raw(source, max_width_px, max_height_px)
    raise _none(source)


def without_bars(
    preview: NDArray[np.uint8], full_width_px: int, full_height_px: int
) -> NDArray[np.uint8]:
    """Return *preview* (H, W, 3) without the black bars that pad it to another aspect ratio.

    Bars are where the full picture's aspect ratio says they must be, and only if they are black.
    """
    height, width = preview.shape[:2]
    kept_height = min(height, width * full_height_px // full_width_px)
    kept_width = min(width, height * full_width_px // full_height_px)
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    if kept_height < height * (1 - _SAME_ASPECT):
        bars = np.concatenate([preview[:top], preview[height - top :]])
        return preview[top : top + kept_height] if _is_black(bars) else preview
    if kept_width < width * (1 - _SAME_ASPECT):
        bars = np.concatenate([preview[:, :left], preview[:, width - left :]], axis=1)
        return preview[:, left : left + kept_width] if _is_black(bars) else preview
    return preview


def _is_black(bars: NDArray[np.uint8]) -> bool:
    return bars.size == 0 or float(np.percentile(bars, 90)) < _BLACK


def _of_jpeg(source: Source, max_width_px: int, max_height_px: int) -> Picture:
    header = read_header(source.read_at(0, _HEAD_BYTES))
    preview = Exif.of(header.exif).thumbnail if header.exif else b""
    pixels = _decode(source, preview)
    if header.frame and header.width_px and header.height_px:
        pixels = without_bars(pixels, header.width_px, header.height_px)
        size = header.width_px, header.height_px
    else:
        size = pixels.shape[1], pixels.shape[0]
    icc = _rgb_profile(header)
    if icc is None and Exif.of(header.exif).is_adobe_rgb:
        icc = icc_profiles.profile_for("adobe-rgb")
    return _picture(pixels, header.orientation, icc, size, (max_width_px, max_height_px))


def _of_raw(source: Source, max_width_px: int, max_height_px: int) -> Picture:
    from daemon.decode.raw_pixels import embedded_jpeg, opened, orientation

    with opened(source) as raw:
        preview = embedded_jpeg(raw)
        turn = orientation(raw)
        size = raw.sizes.width, raw.sizes.height
    pixels = _decode(source, preview, max_width_px, max_height_px)
    header = read_header(preview)
    if header.exif and header.orientation != 1:
        turn = header.orientation
    elif (header.width_px < header.height_px) != (size[0] < size[1]):
        turn = 1
        size = size[1], size[0]
    pixels = without_bars(pixels, *size)
    return _picture(pixels, turn, _rgb_profile(header), size, (max_width_px, max_height_px))


def _rgb_profile(header: JpegHeader) -> bytes | None:
    icc = header.icc
    return icc if icc and device_space(icc) == "RGB" and usable(icc) else None


def _picture(
    pixels: NDArray[np.uint8],
    turn: int,
    icc: bytes | None,
    stored_size: tuple[int, int],
    box: tuple[int, int],
) -> Picture:
    upright = turn_upright(pixels, turn)
    width, height = stored_size[::-1] if swaps_sides(turn) else stored_size
    return Picture(for_screen(upright, icc, *box), width, height)


def _decode(
    source: Source, preview: bytes, min_width_px: int = 0, min_height_px: int = 0
) -> NDArray[np.uint8]:
    if not preview:
        raise _none(source)
    smaller = min(min_width_px, min_height_px)
    try:
        return simplejpeg.decode_jpeg(preview, "RGB", min_width=smaller, min_height=smaller)
    except ValueError as error:
        raise _none(source) from error


def _none(source: Source) -> RabbitError:
    return RabbitError(ErrorKind.NOT_FOUND, f"{source.name} holds no preview of its own.")
