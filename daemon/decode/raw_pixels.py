"""Camera RAW through LibRaw: camera white balance, 16 bit, Display P3.

Display P3 because it holds nearly all surface colours a camera sees and is still safe at 8 bit,
where ProPhoto bands. Brightness is raised until one pixel in ten thousand is white, so that nothing
a grade could use is cut off. What is graded is always developed from the full mosaic, so that a
small copy and the full picture agree.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any

import numpy as np
import rawpy
from numpy.typing import NDArray

from daemon.decode.exif import Exif, gathered
from daemon.decode.icc import profile_for
from daemon.decode.jpeg_header import read_header
from daemon.decode.model import Decoded, Encoding, Metadata
from daemon.decode.source import DECODER_ERRORS, Source

_CLIPPED_SHARE = 1e-4
_SRGB_CURVE = (2.4, 12.92)
_EXIF_FLIPS = {0: 1, 3: 3, 5: 8, 6: 6}


def decode_raw(source: Source, *, half: bool = False) -> Decoded:
    """Develop a RAW file.

    Args:
        source: The open file.
        half: Half size, four times faster; for looking only.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    metadata = read_metadata(source)
    with opened(source) as raw:
        source.check_size(raw.sizes.width, raw.sizes.height)
        developed: NDArray[Any] = raw.postprocess(
            use_camera_wb=True,
            output_bps=16,
            output_color=rawpy.ColorSpace.P3D65,  # pyright: ignore[reportArgumentType]
            gamma=_SRGB_CURVE,
            auto_bright_thr=_CLIPPED_SHARE,
            half_size=half,
        )
        size = upright_size(raw)
    pixels: NDArray[np.uint16] = developed
    if not half:
        size = pixels.shape[1], pixels.shape[0]
    return Decoded(
        pixels=pixels,
        size=size,
        icc=profile_for("display-p3"),
        metadata=metadata,
        encoding=Encoding(),
        bit_depth=16,
        notes=("The RAW was developed with the camera's white balance into Display P3.",),
    )


@contextlib.contextmanager
def opened(source: Source) -> Generator[rawpy.RawPy]:
    """Open *source* with LibRaw; its failures become sentences.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    source.file.seek(0)
    try:
        with rawpy.imread(source.file) as raw:
            yield raw
    except rawpy.LibRawFileUnsupportedError as error:
        raise source.unsupported(
            "is a RAW file of a camera or kind that LibRaw does not know",
            "Convert it to DNG with the maker's converter first.",
        ) from error
    except (rawpy.LibRawError, *DECODER_ERRORS) as error:
        raise source.damaged(str(error)) from error


def half_is_enough(source: Source, side_px: int) -> bool:
    """Return whether half the size still has a side of *side_px*."""
    with opened(source) as raw:
        return max(upright_size(raw)) >= 2 * side_px


def upright_size(raw: rawpy.RawPy) -> tuple[int, int]:
    """Return width and height after turning."""
    sizes = raw.sizes
    if orientation(raw) >= 5:
        return sizes.height, sizes.width
    return sizes.width, sizes.height


def orientation(raw: rawpy.RawPy) -> int:
    """Return the orientation that developing applies, as EXIF counts."""
    return _EXIF_FLIPS.get(raw.sizes.flip, 1)


def embedded_jpeg(raw: rawpy.RawPy) -> bytes:
    """Return the camera's own preview; empty without one in JPEG form."""
    try:
        preview = raw.extract_thumb()
    except rawpy.LibRawError:
        return b""
    is_jpeg = preview.format == rawpy.ThumbFormat.JPEG
    return bytes(preview.data) if is_jpeg and isinstance(preview.data, bytes) else b""


def read_metadata(source: Source) -> Metadata:
    """Return EXIF and XMP of a RAW; from its preview where the file itself is no TIFF structure.

    Maker notes are left out: they point into the RAW file.
    """
    exif = Exif(source.read_at)
    block = gathered(exif, maker_note=False)
    if block:
        xmp = exif.main.entries.get(700)
        return Metadata(block, exif.raw(xmp) if xmp else b"")
    with opened(source) as raw:
        preview = embedded_jpeg(raw)
    header = read_header(preview) if preview else None
    if header is None or not header.exif:
        return Metadata()
    return Metadata(gathered(Exif.of(header.exif), maker_note=False), header.xmp)
