"""A PNG's chunks: header, colour and metadata, read without decoding pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daemon.decode import iptc
from daemon.decode.model import Metadata

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = b"XML:com.adobe.xmp"
_RAW_PROFILES = {b"Raw profile type iptc": "iptc", b"Raw profile type exif": "exif"}
_MAX_TEXT_BYTES = 16 << 20
_METRES_PER_INCH = 0.0254
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


@dataclass
class PngHeader:
    """What a PNG says outside its pixels.

    Attributes:
        color_type: 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA.
        complete: The chunk that ends the file was seen.
    """

    width_px: int = 0
    height_px: int = 0
    bit_depth: int = 8
    color_type: int = 2
    transparency: bool = False
    animated: bool = False
    complete: bool = False
    icc: bytes | None = None
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    density: tuple[float, float] | None = None
    color_chunks: bytes = b""

    @property
    def channels(self) -> int:
        """Channels after decoding a palette."""
        return _CHANNELS.get(self.color_type, 3) + (self.transparency and self.color_type != 6)

    @property
    def has_alpha(self) -> bool:
        """Some pixels may be transparent."""
        return self.transparency or self.color_type in (4, 6)

    @property
    def metadata(self) -> Metadata:
        """What is carried over to a result."""
        colour = b"" if self.icc else self.color_chunks
        return Metadata(self.exif, self.xmp, (), self.iptc, self.density, colour)


def read_header(read_at: Callable[[int, int], bytes]) -> PngHeader:
    """Read every chunk but the pixels'."""
    header = PngHeader()
    for kind, load in chunks(read_at):
        _read_chunk(header, kind, load)
    return header


def chunks(
    read_at: Callable[[int, int], bytes],
) -> Iterator[tuple[bytes, Callable[[], bytes]]]:
    """Yield (type, function that reads the data) of every chunk; ends after IEND or the file."""
    at = len(SIGNATURE)
    while True:
        head = read_at(at, 8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        yield kind, _reader(read_at, at + 8, length)
        if kind == b"IEND":
            return
        at += length + 12


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk as it stands in a file."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def inflate(data: bytes) -> bytes:
    """Return decompressed *data*; empty when it is damaged or unreasonably long."""
    try:
        return zlib.decompressobj().decompress(data, _MAX_TEXT_BYTES)
    except zlib.error:
        return b""


def _reader(read_at: Callable[[int, int], bytes], offset: int, length: int) -> Callable[[], bytes]:
    return lambda: read_at(offset, min(length, _MAX_TEXT_BYTES))


def _read_chunk(header: PngHeader, kind: bytes, load: Callable[[], bytes]) -> None:
    if kind == b"iCCP":
        name, _, rest = load().partition(b"\0")
        header.icc = inflate(rest[1:]) or None if name else None
    elif kind in (b"gAMA", b"cHRM", b"sRGB", b"cICP"):
        header.color_chunks += chunk(kind, load())
    elif kind == b"eXIf":
        header.exif = load().removeprefix(b"Exif\0\0")
    elif kind == b"pHYs":
        header.density = _density(load())
    elif kind in (b"iTXt", b"zTXt", b"tEXt"):
        _read_text(header, kind, load())
    else:
        _read_structure(header, kind, load)


def _read_structure(header: PngHeader, kind: bytes, load: Callable[[], bytes]) -> None:
    if kind == b"IHDR":
        data = load()
        if len(data) >= 13:
            header.width_px, header.height_px, header.bit_depth, header.color_type = (
                struct.unpack_from(">IIBB", data)
            )
    header.transparency |= kind == b"tRNS"
    header.animated |= kind == b"acTL"
    header.complete |= kind == b"IEND"


def _density(data: bytes) -> tuple[float, float] | None:
    if len(data) < 9 or data[8] != 1:
        return None
    across, down = struct.unpack_from(">II", data)
    return (across * _METRES_PER_INCH, down * _METRES_PER_INCH) if across and down else None


def _read_text(header: PngHeader, kind: bytes, data: bytes) -> None:
    keyword, _, rest = data.partition(b"\0")
    if kind == b"iTXt" and keyword == XMP_KEYWORD and len(rest) > 4:
        packed = rest[0] == 1
        text = rest[2:].split(b"\0", 2)[-1]
        header.xmp = inflate(text) if packed else text
    elif keyword in _RAW_PROFILES:
        text = inflate(rest[1:]) if kind == b"zTXt" else rest
        profile = iptc.from_raw_profile(text)
        if _RAW_PROFILES[keyword] == "iptc":
            header.iptc = profile
        else:
            header.exif = header.exif or profile.removeprefix(b"Exif\0\0")
