"""What goes into a result file beside its pixels, made ready once for every format."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from daemon.decode import exif, xmp
from daemon.decode.model import Encoding, Photo, Pixels
from daemon.decode.photo import bands
from daemon.decode.strips import in_order

MAX_SEGMENT_BYTES = 65533
"""Payload of one JPEG segment."""


def as_they_are(rows: slice) -> None:
    """Leave rows that are final already."""
    del rows


@dataclass(frozen=True)
class Unfinished:
    """Pixels that become final row by row while they are coded, so that both overlap.

    Attributes:
        pixels: Shape (H, W, 3) or (H, W, 4).
        ready: Makes rows of them final; called once for every row before it is read, from several
            threads.
    """

    pixels: Pixels
    ready: Callable[[slice], None] = as_they_are


@dataclass(frozen=True)
class Parcel:
    """A result, ready to be packed.

    Attributes:
        pixels: Shape (H, W, 3) or (H, W, 4).
        icc: Profile to embed; empty: none.
        exif: Corrected block.
        xmp: Marked packet.
        xmp_extension: JPEG extension segments of the original.
        iptc: Records.
        density: Pixels per inch.
        png_color: PNG colour chunks.
        encoding: How the original was packed.
        format: The original's format.
        jpeg_quality: 1..100; 0: like the original.
        checkpoint: Called between strips; may raise to stop.
        notes: Gathers sentences about what could not be kept.
        ready: As in :class:`Unfinished`.
    """

    pixels: Pixels
    icc: bytes
    exif: bytes
    xmp: bytes
    xmp_extension: tuple[bytes, ...]
    iptc: bytes
    density: tuple[float, float] | None
    png_color: bytes
    encoding: Encoding
    format: str
    jpeg_quality: int
    checkpoint: Callable[[], None]
    notes: list[str]
    ready: Callable[[slice], None] = as_they_are

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def has_alpha(self) -> bool:
        """There is a fourth channel."""
        return self.pixels.shape[2] == 4


Packer = Callable[[BinaryIO, Parcel], None]


def make_parcel(
    unfinished: Unfinished,
    source: Photo,
    *,
    recipe: str,
    ai: bool,
    jpeg_quality: int,
    checkpoint: Callable[[], None],
) -> Parcel:
    """Return pixels with the metadata of *source*, corrected for an upright result."""
    pixels = unfinished.pixels
    if not pixels.flags.c_contiguous:
        if unfinished.ready is not as_they_are:
            raise ValueError("unfinished pixels have to be contiguous")
        pixels = pixels.copy()
    height, width = pixels.shape[:2]
    metadata = source.metadata
    return Parcel(
        pixels=pixels,
        icc=source.icc or b"",
        exif=exif.corrected(metadata.exif, width, height) if metadata.exif else b"",
        xmp=xmp.marked(
            metadata.xmp,
            source_type=xmp.digital_source_type(ai=ai),
            recipe=recipe,
            size=(width, height),
            extended=bool(metadata.xmp_extension),
        ),
        xmp_extension=metadata.xmp_extension,
        iptc=metadata.iptc,
        density=metadata.density,
        png_color=b"" if source.icc else metadata.png_color,
        encoding=source.encoding,
        format=source.format,
        jpeg_quality=jpeg_quality,
        checkpoint=checkpoint,
        notes=[],
        ready=unfinished.ready,
    )


def make_ready(parcel: Parcel) -> Parcel:
    """Return *parcel* with all rows final, for a coder that needs them all at once."""
    if parcel.ready is as_they_are:
        return parcel
    for _ in in_order(parcel.ready, bands(parcel.pixels), parcel.checkpoint):
        pass
    return dataclasses.replace(parcel, ready=as_they_are)


def flattened(pixels: Pixels) -> Pixels:
    """Return 8-bit *pixels* without alpha, on white."""
    result = np.empty((*pixels.shape[:2], 3), np.uint8)
    for index, row in enumerate(pixels):
        alpha = row[:, 3:].astype(np.uint32)
        result[index] = (row[:, :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return result
