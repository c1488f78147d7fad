"""A JPEG's segments: what stands before its pixels, read without decoding them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from daemon.decode import iptc
from daemon.decode.exif import orientation_of
from daemon.decode.jpeg_tables import Table, estimate_quality, read_tables
from daemon.decode.model import Encoding, Metadata

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"
GRAY = "gray"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_SUBSAMPLING = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (1, 2): "440", (4, 1): "411"}
_CM_PER_INCH = 2.54


@dataclass
class JpegHeader:
    """What a JPEG says before its first scan.

    Attributes:
        frame: Marker of the frame header, 0 without one.
        subsampling: As in :class:`Encoding`; empty for another one.
        adobe: It has an Adobe segment: CMYK is stored inverted.
        more_pictures: A multi-picture index (previews, gain maps) follows the picture.
        tables: Quantisation tables by identifier.
        table_ids: Which of them each component uses.
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
    tables: dict[int, Table] = field(default_factory=dict[int, Table])
    table_ids: tuple[int, ...] = ()

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
    def quantisation(self) -> tuple[Table, ...]:
        """The tables of luminance and, in a colour picture, of chrominance; empty: not known."""
        ids = self.table_ids[:2]
        known = tuple(self.tables[i] for i in ids if i in self.tables)
        return known if len(known) == len(ids) else ()

    @property
    def luminance(self) -> int:
        """Sum of the luminance table; 0 without one."""
        return sum(self.quantisation[0]) if self.quantisation else 0

    @property
    def encoding(self) -> Encoding:
        """How the pixels are packed."""
        quality = estimate_quality(self.luminance)
        return Encoding(True, quality, self.subsampling, jpeg_tables=self.quantisation)


def read_header(data: bytes) -> JpegHeader:
    """Read the segments of *data* up to the first scan; what is missing stays at its default."""
    header = JpegHeader()
    for marker, payload in segments(data):
        if marker in _FRAMES:
            _read_frame(header, marker, payload)
        elif marker == 0xDB:
            header.tables.update(read_tables(payload))
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
    header.table_ids = tuple(payload[8 : 6 + 3 * header.components : 3])
    factors = [payload[7 + 3 * i] for i in range(header.components) if 7 + 3 * i < len(payload)]
    if len(factors) == 3 and factors[1:] == [0x11, 0x11]:
        header.subsampling = _SUBSAMPLING.get((factors[0] >> 4, factors[0] & 15), "")
    elif header.components == 1:
        header.subsampling = GRAY


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
