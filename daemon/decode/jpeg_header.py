"""A JPEG's segments: what stands before its pixels, read without decoding them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from daemon.decode import iptc
from daemon.decode.exif import orientation_of
from daemon.decode.model import Encoding, Metadata

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_SUBSAMPLING = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (1, 2): "440", (4, 1): "411"}
_CM_PER_INCH = 2.54
# sum of the luminance table of ITU-T T.81 annex K at quality 50
_ANNEX_K_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)


@dataclass
class JpegHeader:
    """What a JPEG says before its first scan.

    Attributes:
        frame: Marker of the frame header, 0 without one.
        subsampling: As in :class:`Encoding`; empty for another one.
        adobe: It has an Adobe segment: CMYK is stored inverted.
        more_pictures: A multi-picture index (previews, gain maps) follows the picture.
        luminance: Sum of the first quantisation table.
    """

    width_px: int = 0
    height_px: int = 0
    frame: int = 0
    precision: int = 8
    components: int = 3
    subsampling: str = ""
    exif: bytes = b""
    xmp: bytes = b""
    xmp_extension: list[bytes] = field(default_factory=list[bytes])
    iptc: bytes = b""
    icc_parts: dict[int, bytes] = field(default_factory=dict[int, bytes])
    icc_count: int = 0
    density: tuple[float, float] | None = None
    adobe: bool = False
    more_pictures: bool = False
    luminance: int = 0

    @property
    def readable(self) -> bool:
        """The decoder can handle this kind of JPEG."""
        return self.frame in _READABLE_FRAMES and self.precision == 8

    @property
    def icc(self) -> bytes | None:
        """The profile, when all its parts are there."""
        if not self.icc_count or len(self.icc_parts) != self.icc_count:
            return None
        return b"".join(self.icc_parts[i] for i in sorted(self.icc_parts))

    @property
    def orientation(self) -> int:
        """EXIF orientation, 1..8."""
        return orientation_of(self.exif)

    @property
    def metadata(self) -> Metadata:
        """What is carried over to a result."""
        return Metadata(self.exif, self.xmp, tuple(self.xmp_extension), self.iptc, self.density)

    @property
    def encoding(self) -> Encoding:
        """How the pixels are packed."""
        return Encoding(True, estimate_quality(self.luminance), self.subsampling)


def read_header(data: bytes) -> JpegHeader:
    """Read the segments of *data* up to the first scan; what is missing stays at its default."""
    header = JpegHeader()
    for marker, payload in segments(data):
        if marker in _FRAMES:
            _read_frame(header, marker, payload)
        elif marker == 0xDB and not header.luminance:
            header.luminance = _table_sum(payload)
        elif marker == 0xE0 and payload[:5] == b"JFIF\0":
            header.density = _density(payload)
        elif marker == 0xE1:
            _read_app1(header, payload)
        elif marker == 0xE2:
            _read_app2(header, payload)
        elif marker == 0xED and payload.startswith(iptc.PHOTOSHOP):
            header.iptc = header.iptc or iptc.from_resources(payload[len(iptc.PHOTOSHOP) :])
        elif marker == 0xEE and payload[:5] == b"Adobe":
            header.adobe = True
    return header


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, payload) of every segment before the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA or marker == 0xD9:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2:
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def estimate_quality(luminance_sum: int) -> int:
    """Return the IJG quality whose luminance table comes nearest; 0 without a table."""
    if not luminance_sum:
        return 0
    return min(range(1, 101), key=lambda q: (abs(_scaled_sum(q) - luminance_sum), -q))


def _scaled_sum(quality: int) -> int:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return sum(min(max((v * scale + 50) // 100, 1), 255) for v in _ANNEX_K_LUMINANCE)


def _table_sum(payload: bytes) -> int:
    if not payload:
        return 0
    if payload[0] >> 4:
        return sum(struct.unpack(">64H", payload[1:129])) if len(payload) >= 129 else 0
    return sum(payload[1:65])


def _density(payload: bytes) -> tuple[float, float] | None:
    if len(payload) < 12:
        return None
    unit, across, down = struct.unpack_from(">BHH", payload, 7)
    factor = {1: 1.0, 2: _CM_PER_INCH}.get(unit)
    return (across * factor, down * factor) if factor and across and down else None


def _read_frame(header: JpegHeader, marker: int, payload: bytes) -> None:
    if header.frame or len(payload) < 6:
        return
    header.frame = marker
    header.precision, header.height_px, header.width_px, header.components = struct.unpack_from(
        ">BHHB", payload
    )
    factors = [payload[7 + 3 * i] for i in range(header.components) if 7 + 3 * i < len(payload)]
    if len(factors) == 3 and factors[1:] == [0x11, 0x11]:
        header.subsampling = _SUBSAMPLING.get((factors[0] >> 4, factors[0] & 15), "")


def _read_app1(header: JpegHeader, payload: bytes) -> None:
    if payload.startswith(EXIF):
        header.exif = header.exif or payload[len(EXIF) :]
    elif payload.startswith(XMP):
        header.xmp = header.xmp or payload[len(XMP) :]
    elif payload.startswith(XMP_EXTENSION):
        header.xmp_extension.append(payload[len(XMP_EXTENSION) :])


def _read_app2(header: JpegHeader, payload: bytes) -> None:
    if payload.startswith(ICC) and len(payload) > len(ICC) + 2:
        header.icc_parts[payload[12]] = payload[14:]
        header.icc_count = payload[13]
    elif payload.startswith(b"MPF\0"):
        header.more_pictures = True
