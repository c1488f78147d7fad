"""The small previews that cameras put into their files: found, cropped, turned upright."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from daemon.decode import icc as icc_profiles
from daemon.decode.color import usable
from daemon.decode.display import Fitted, fit
from daemon.decode.exif import Exif
from daemon.decode.icc import device_space
from daemon.decode.jpeg_header import JpegHeader, read_header
from daemon.decode.jpeg_pixels import scale_hint
from daemon.decode.orientation import swaps_sides, turn_upright
from daemon.decode.source import DECODER_ERRORS, Source
from daemon.protocol.errors import ErrorKind, RabbitError

_HEAD_BYTES = 256 << 10
_SAME_ASPECT = 0.02
_BLACK = 40
_ENOUGH_SHARE, _ENOUGH_PX = 0.9, 1024

Box = tuple[int, int]


def embedded_preview(source: Source, max_width_px: int, max_height_px: int) -> Fitted:
    """Return the file's own preview, fitted into a box; only what is needed of it is read.

    Raises:
        RabbitError: ``not_found``: the file has none.
    """
    box = max_width_px, max_height_px
    match source.format:
        case "jpeg":
            return _of_jpeg(source, box)
        case "raw":
            return _best_of_raw(source, box)
        case "tiff":
            found = _of_tiff(source, box)
        case "heic":
            found = _of_heic(source, box)
        case _:
            found = None
    if found is None:
        raise _none(source)
    return found


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
    """Nine of ten samples are dark; the rest is what the JPEG's blocks let in from the picture."""
    return int(np.count_nonzero(bars >= _BLACK)) <= bars.size // 10


def _of_jpeg(source: Source, box: Box) -> Fitted:
    header = read_header(source.read_at(0, _HEAD_BYTES))
    exif = Exif.of(header.exif)
    pixels = _decode(source, exif.thumbnail if header.exif else b"", box)
    size = pixels.shape[1], pixels.shape[0]
    if header.frame and header.width_px and header.height_px:
        size = header.width_px, header.height_px
        pixels = without_bars(pixels, *size)
    icc = _rgb_profile(header)
    if icc is None and exif.is_adobe_rgb:
        icc = icc_profiles.profile_for("adobe-rgb")
    return _upright(pixels, header.orientation, icc, size, box)


def _of_tiff(source: Source, box: Box) -> Fitted | None:
    """Return the preview that the file's own directories name; ``None`` without one."""
    from daemon.decode.tiff_previews import TiffPreviews

    previews = TiffPreviews(source)
    best, size = previews.best(*box), previews.full_size
    if best is None or not all(size):
        return None
    if best.plain:
        pixels, icc, turn = previews.pixels(best), None, previews.orientation
    else:
        data = previews.data(best)
        pixels, header = _decode(source, data, box), read_header(data)
        icc = _rgb_profile(header)
        turn = _turn_of(header, previews.orientation, size)
    if turn != previews.orientation and swaps_sides(turn) != swaps_sides(previews.orientation):
        size = size[1], size[0]
    return _upright(without_bars(pixels, *size), turn, icc, size, box)


def _best_of_raw(source: Source, box: Box) -> Fitted:
    """Take the preview that the directories name; ask LibRaw, which is slower, if it is small.

    Some makers hide the large one in their notes, or use no TIFF structure at all.
    """
    found = _of_tiff(source, box)
    enough = min(_ENOUGH_SHARE * max(box), _ENOUGH_PX) if all(box) else _ENOUGH_PX
    if found is not None and max(found.pixels.shape[:2]) >= enough:
        return found
    try:
        other = _of_raw(source, box)
    except RabbitError:
        if found is None:
            raise
        return found
    return found if found and found.pixels.size >= other.pixels.size else other


def _of_raw(source: Source, box: Box) -> Fitted:
    """Ask LibRaw, which knows the files that are no TIFF."""
    from daemon.decode.raw_pixels import embedded_jpeg, opened, orientation

    with opened(source) as raw:
        preview = embedded_jpeg(raw)
        turn = orientation(raw)
        size = raw.sizes.width, raw.sizes.height
    pixels = _decode(source, preview, box)
    header = read_header(preview)
    known = turn
    turn = _turn_of(header, turn, size)
    if swaps_sides(turn) != swaps_sides(known):
        size = size[1], size[0]
    return _upright(without_bars(pixels, *size), turn, _rgb_profile(header), size, box)


def _turn_of(header: JpegHeader, turn: int, size: tuple[int, int]) -> int:
    """Return how a preview is turned: by its own word, not at all if it stands already, else so."""
    if header.exif and header.orientation != 1:
        return header.orientation
    stands = (header.width_px < header.height_px) != (size[0] < size[1])
    return 1 if stands else turn


def _of_heic(source: Source, box: Box) -> Fitted | None:
    import pi_heif

    from daemon.decode.heic_thumbnail import with_thumbnail_first

    data = source.read_all()
    swapped = with_thumbnail_first(data)
    if swapped is None:
        return None
    try:
        whole = pi_heif.open_heif(io.BytesIO(data))
        small = pi_heif.open_heif(io.BytesIO(swapped))
        info: dict[str, Any] = dict(whole.info)
        pixels = np.asarray(small).copy()
    except DECODER_ERRORS:
        return None
    if pixels.ndim != 3 or pixels.dtype != np.uint8 or pixels.shape[2] not in (3, 4):
        return None
    icc = info.get("icc_profile") or None
    if icc is not None and not (device_space(icc) == "RGB" and usable(icc)):
        icc = None
    size = int(whole.size[0]), int(whole.size[1])
    return fit(without_bars(pixels[..., :3], *size), icc, box, size)


def _rgb_profile(header: JpegHeader) -> bytes | None:
    icc = header.icc
    return icc if icc and device_space(icc) == "RGB" and usable(icc) else None


def _upright(
    pixels: NDArray[np.uint8], turn: int, icc: bytes | None, stored_size: tuple[int, int], box: Box
) -> Fitted:
    width, height = stored_size
    size = (height, width) if swaps_sides(turn) else (width, height)
    return fit(turn_upright(pixels, turn), icc, box, size)


def _decode(source: Source, preview: bytes, box: Box) -> NDArray[np.uint8]:
    if not preview:
        raise _none(source)
    header = read_header(preview)
    long_side = max(box)
    wide = header.width_px >= header.height_px
    wanted = (long_side, 0) if wide else (0, long_side)
    least = scale_hint(header.width_px, header.height_px, *wanted)
    try:
        return simplejpeg.decode_jpeg(
            preview, "RGB", min_width=least[0], min_height=least[1], strict=False
        )
    except ValueError as error:
        raise _none(source) from error


def _none(source: Source) -> RabbitError:
    return RabbitError(ErrorKind.NOT_FOUND, f"{source.name} holds no preview of its own.")
