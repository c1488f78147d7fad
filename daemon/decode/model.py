"""What reading a photo gives: pixels, colour and everything else the file said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Metadata:
    """A file's metadata, as bytes that are carried over.

    Attributes:
        exif: A TIFF-structured block, without the ``Exif`` prefix; empty without one.
        xmp: The XMP packet.
        xmp_extension: Payloads of JPEG's extended XMP segments, as they stood.
        iptc: IPTC-IIM records.
        density: Horizontal and vertical pixels per inch where the container states them.
        png_color: PNG colour chunks (gAMA, cHRM, sRGB, cICP) of a file without a profile, whole.
    """

    exif: bytes = b""
    xmp: bytes = b""
    xmp_extension: tuple[bytes, ...] = ()
    iptc: bytes = b""
    density: tuple[float, float] | None = None
    png_color: bytes = b""


@dataclass(frozen=True)
class Encoding:
    """How a file's pixels are packed, so that a result can be packed alike.

    Attributes:
        lossy: The pixels went through a lossy codec.
        jpeg_quality: Estimate for a JPEG, 1..100; 0 otherwise.
        jpeg_subsampling: ``444``, ``422``, ``420``, ``440``, ``411``, ``gray`` or empty.
        compressed: A TIFF with any compression.
        palette: A palette or fewer than 8 bits per sample.
        jpeg_tables: Quantisation tables of luminance and chrominance, in natural order.
    """

    lossy: bool = False
    jpeg_quality: int = 0
    jpeg_subsampling: str = ""
    compressed: bool = True
    palette: bool = False
    jpeg_tables: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Photo:
    """A photo, decoded and upright.

    Attributes:
        pixels: Shape (H, W, 3) or (H, W, 4) with straight alpha last; uint8 or uint16.
        icc: The RGB profile of the pixels; ``None``: sRGB.
        color_space: ``srgb``, ``adobe-rgb``, ``display-p3``, ``prophoto`` or ``icc:SHA256``.
        metadata: What is carried over to a result.
        encoding: How the file was packed.
        format: What the content is (``jpeg``, ``png``, ...).
        bit_depth: Bits per sample in the file; the pixels hold 8 or 16.
        source_width_px: Upright width of the full picture, also after a scaled decode.
        source_height_px: Upright height of the full picture.
        notes: Sentences for the user (CMYK was converted, ...).
    """

    pixels: Pixels
    icc: bytes | None
    color_space: str
    metadata: Metadata
    encoding: Encoding
    format: str
    bit_depth: int
    source_width_px: int
    source_height_px: int
    notes: tuple[str, ...] = ()

    @property
    def lossy(self) -> bool:
        """The file's pixels went through a lossy codec."""
        return self.encoding.lossy


@dataclass(frozen=True)
class Decoded:
    """What one format's reader hands over: pixels as stored, before turning and colour.

    Attributes:
        pixels: Shape (H, W, C), C = 1 gray, 2 gray + alpha, 3 RGB, 4 RGBA; CMYK has *cmyk* set.
        icc: Profile of the file, unchecked.
        metadata: What is carried over.
        encoding: How the file was packed.
        bit_depth: Bits per sample in the file.
        orientation: EXIF orientation that is still to be applied, 1..8.
        turned: EXIF orientation that the reader applied on the way, 1..8.
        size: Stored width and height of the full picture.
        cmyk: The four channels are inks, 0 = none.
        notes: Sentences for the user.
    """

    pixels: Pixels
    size: tuple[int, int]
    icc: bytes | None = None
    metadata: Metadata = Metadata()
    encoding: Encoding = Encoding()
    bit_depth: int = 8
    orientation: int = 1
    turned: int = 1
    cmyk: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What a file's header says, without its pixels.

    Attributes:
        width_px: As stored.
        height_px: As stored.
        channels: As stored, alpha included.
        icc: The file's profile.
        orientation: EXIF orientation, 1..8.
    """

    width_px: int
    height_px: int
    bit_depth: int = 8
    channels: int = 3
    icc: bytes | None = None
    orientation: int = 1
    has_alpha: bool = False
    metadata: Metadata = Metadata()
    notes: tuple[str, ...] = ()
    lossy: bool = True
