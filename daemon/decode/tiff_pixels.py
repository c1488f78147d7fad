"""A TIFF's first picture, strip by strip, straight into upright pixels."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import tifffile
from numpy.typing import NDArray
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, PLANARCONFIG

from daemon.decode import iptc
from daemon.decode.exif import Exif, gathered
from daemon.decode.model import Decoded, Encoding, Metadata, Pixels
from daemon.decode.orientation import stored_view, swaps_sides, turn_upright
from daemon.decode.source import DECODER_ERRORS, Source
from daemon.decode.tiff_parts import read_parts

XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG, ICC_TAG = 700, 33723, 34377, 34675
_BLOCKS = (XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG)
_LOSSY = {COMPRESSION.JPEG, COMPRESSION.OJPEG, COMPRESSION.JPEG_LOSSY, COMPRESSION.WEBP}
_CHANNELS = {
    PHOTOMETRIC.MINISWHITE: 1,
    PHOTOMETRIC.MINISBLACK: 1,
    PHOTOMETRIC.PALETTE: 1,
    PHOTOMETRIC.RGB: 3,
    PHOTOMETRIC.YCBCR: 3,
    PHOTOMETRIC.SEPARATED: 4,
}


def decode_tiff(source: Source) -> Decoded:
    """Decode a TIFF file, turned upright on the way.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    source.file.seek(0)
    try:
        with tifffile.TiffFile(source.file, name="photo.tif") as tif:
            page = tif.pages.first
            _check(source, page)
            return _decode(source, page, pages=len(tif.pages))
    except DECODER_ERRORS as error:
        raise source.damaged(f"{type(error).__name__}: {error}") from error


def read_metadata(source: Source) -> Metadata:
    """Return the metadata of a TIFF structure."""
    exif = Exif(source.read_at)
    found = {tag: exif.raw(entry) for tag, entry in exif.main.entries.items() if tag in _BLOCKS}
    records = found.get(IPTC_TAG, b"") or iptc.from_resources(found.get(PHOTOSHOP_TAG, b""))
    return Metadata(gathered(exif), found.get(XMP_TAG, b""), (), records)


def color_channels(page: tifffile.TiffPage) -> int:
    """Return how many channels carry colour; 0 for a kind we do not read."""
    return _CHANNELS.get(cast("PHOTOMETRIC", page.photometric), 0)


def alpha_channel(page: tifffile.TiffPage) -> tuple[int, bool] | None:
    """Return (index, premultiplied) of the alpha channel; ``None`` without one."""
    first = color_channels(page)
    for index, kind in enumerate(page.extrasamples):
        if kind in (EXTRASAMPLE.ASSOCALPHA, EXTRASAMPLE.UNASSALPHA):
            return first + index, kind == EXTRASAMPLE.ASSOCALPHA
    return None


def orientation(source: Source) -> int:
    """Return the orientation tag, 1..8."""
    return Exif(source.read_at).orientation


def _check(source: Source, page: tifffile.TiffPage) -> None:
    source.check_size(page.imagewidth, page.imagelength)
    kind = getattr(page.photometric, "name", str(page.photometric))
    sample = page.dtype
    if page.imagedepth != 1 or page.samplesperpixel < max(1, color_channels(page)):
        raise source.damaged(f"{page.samplesperpixel} samples for {kind}")
    if not color_channels(page):
        raise source.unsupported(f"is a TIFF of a rare kind ({kind})")
    if page.photometric == PHOTOMETRIC.YCBCR and page.compression not in _LOSSY:
        raise source.unsupported("is a TIFF with uncompressed YCbCr pixels")
    if sample is None or sample.kind not in "ub" or sample.itemsize > 2:
        raise source.unsupported(f"is a TIFF with samples of {page.bitspersample} bits ({sample})")
    for offset, size in zip(page.dataoffsets, page.databytecounts, strict=False):
        if size == 0 or offset + size > source.size_bytes:
            raise source.damaged(f"a strip at {offset} of {size} bytes lies outside the file")


def _decode(source: Source, page: tifffile.TiffPage, *, pages: int) -> Decoded:
    turn = orientation(source)
    colours, alpha = color_channels(page), alpha_channel(page)
    wanted = [*range(colours), *([alpha[0]] if alpha else [])]
    pixels = _read_pixels(source, page, wanted, turn)
    pixels = _to_full_range(pixels, page)
    if page.photometric == PHOTOMETRIC.PALETTE:
        pixels = _through_palette(pixels, page)
    if alpha is not None and alpha[1]:
        _unmultiply(pixels)
    notes: list[str] = []
    if page.samplesperpixel > len(wanted):
        notes.append("The file's extra channels are not carried over.")
    if pages > 1:
        notes.append(f"The file holds {pages} pictures; only the first is used.")
    few_bits = page.photometric == PHOTOMETRIC.PALETTE or page.bitspersample < 8
    return Decoded(
        pixels=pixels,
        size=(page.imagewidth, page.imagelength),
        icc=page.iccprofile,
        metadata=read_metadata(source),
        encoding=Encoding(
            lossy=page.compression in _LOSSY,
            compressed=page.compression != COMPRESSION.NONE,
            palette=few_bits,
        ),
        bit_depth=8 if few_bits else page.bitspersample,
        turned=turn,
        cmyk=page.photometric == PHOTOMETRIC.SEPARATED,
        notes=tuple(notes),
    )


def _read_pixels(
    source: Source, page: tifffile.TiffPage, wanted: list[int], turn: int
) -> NDArray[Any]:
    """Return the *wanted* channels, upright: (H, W, C) of the file's sample type."""
    height, width = page.imagelength, page.imagewidth
    shape = (width, height) if swaps_sides(turn) else (height, width)
    dtype = np.dtype(np.uint16 if page.dtype == np.uint16 else np.uint8)
    upright = np.empty((*shape, len(wanted)), dtype)
    stored = stored_view(upright, turn)
    whole = _fill(stored, source, page, wanted)
    if whole is None:
        return upright
    return turn_upright(np.require(whole, requirements=["C", "W"]), turn)


def _fill(
    stored: NDArray[Any], source: Source, page: tifffile.TiffPage, wanted: list[int]
) -> NDArray[Any] | None:
    """Put the file's strips or tiles into *stored*; return a single one that is all of it instead.

    What was read from the file is let go of on return, before anybody makes a copy.
    """
    height, width = stored.shape[:2]
    separate = page.planarconfig == PLANARCONFIG.SEPARATE and page.samplesperpixel > 1
    empty = True
    for plane, top, left, part in read_parts(source, page):
        if part.shape == stored.shape and part.dtype == stored.dtype:
            return part
        bottom, right = min(top + part.shape[0], height), min(left + part.shape[1], width)
        area = (slice(top, bottom), slice(left, right))
        part = part[: bottom - top, : right - left]
        if not separate:
            stored[area] = part if part.shape[2] == len(wanted) else part[..., wanted]
        elif plane in wanted:
            stored[(*area, wanted.index(plane))] = part[..., 0]
        empty = False
    if empty:
        raise ValueError("no strips")
    return None


def _to_full_range(pixels: NDArray[Any], page: tifffile.TiffPage) -> Pixels:
    """Stretch 1, 2, 4, 10, 12 or 14 bits to the array's range; white is the highest value."""
    bits, full = page.bitspersample, int(np.iinfo(pixels.dtype).max)
    if bits not in (8, 16) and page.photometric != PHOTOMETRIC.PALETTE:
        table = (np.arange(1 << bits) * full / ((1 << bits) - 1)).round().astype(pixels.dtype)
        pixels = table[np.minimum(pixels, (1 << bits) - 1)]
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        np.subtract(full, pixels[..., :1], out=pixels[..., :1])
    return pixels


def _through_palette(pixels: Pixels, page: tifffile.TiffPage) -> Pixels:
    if page.colormap is None:
        raise ValueError("the palette is missing")
    table = (np.asarray(page.colormap) >> 8).astype(np.uint8).T
    colour = table[np.minimum(pixels[..., 0], len(table) - 1)]
    return np.concatenate([colour, pixels[..., 1:].astype(np.uint8)], axis=2)


def _unmultiply(pixels: Pixels) -> None:
    """Turn premultiplied colour into straight colour, in place."""
    full = np.float32(np.iinfo(pixels.dtype).max)
    for row in pixels:
        alpha = row[:, -1:].astype(np.float32)
        colour = row[:, :-1].astype(np.float32)
        straight = np.divide(colour * full, alpha, out=np.zeros_like(colour), where=alpha > 0)
        row[:, :-1] = np.minimum(straight.round(), full)
