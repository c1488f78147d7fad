"""JPEG XL's header bits and boxes: size, depth, colour and metadata (ISO/IEC 18181-1 and -2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import imagecodecs

_MAX_BOX_BYTES = 16 << 20
_PRIMARIES = {1: 1, 9: 9, 11: 12}


@dataclass(frozen=True)
class JxlHeader:
    """What a JPEG XL file says outside its pixels.

    Attributes:
        width_px: As stored.
        height_px: As stored.
        orientation: EXIF orientation that the decoder applies, 1..8.
        lossy: Made with the lossy colour transform (XYB).
        cicp: (primaries, transfer) by ITU-T H.273; ``None`` for sRGB or an ICC profile.
        hidden_icc: The pixels are in the space of a compressed ICC profile.
    """

    width_px: int = 0
    height_px: int = 0
    bit_depth: int = 8
    orientation: int = 1
    has_alpha: bool = False
    lossy: bool = True
    cicp: tuple[int, int] | None = None
    hidden_icc: bool = False
    exif: bytes = b""
    xmp: bytes = b""


def read_header(data: bytes) -> JxlHeader:
    """Read a bare codestream or a container; sizes are 0 where it makes no sense."""
    if data.startswith(b"\xff\x0a"):
        return _read_codestream(data, b"", b"")
    boxes = _boxes(data)
    exif = boxes.get(b"Exif", b"")
    if len(exif) > 4:
        (skip,) = struct.unpack_from(">I", exif)
        exif = exif[4 + skip :]
    stream = boxes.get(b"jxlc", b"") or boxes.get(b"jxlp", b"")[4:]
    return _read_codestream(stream, exif, boxes.get(b"xml ", b""))


class _Bits:
    """Bits of a codestream, least significant first; zeros after its end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[2:400], "little")
        self._at = 0

    def read(self, count: int) -> int:
        value = self._value >> self._at & ((1 << count) - 1)
        self._at += count
        return value

    def flag(self) -> bool:
        return bool(self.read(1))

    def choice(self, *options: tuple[int, int]) -> int:
        """Read U32: four (offset, extra bits), chosen by two bits."""
        offset, extra = options[self.read(2)]
        return offset + self.read(extra)

    def enum(self) -> int:
        return self.choice((0, 0), (1, 0), (2, 4), (18, 6))


def _read_codestream(data: bytes, exif: bytes, xmp: bytes) -> JxlHeader:
    if not data.startswith(b"\xff\x0a"):
        return JxlHeader(exif=exif, xmp=xmp)
    bits = _Bits(data)
    width, height = _size(bits)
    if bits.flag():
        return JxlHeader(width, height, exif=exif, xmp=xmp)
    orientation = 1
    if bits.flag():
        orientation = 1 + bits.read(3)
        if bits.flag():
            _size(bits)
        if bits.flag() or bits.flag():
            return JxlHeader(width, height, orientation=orientation, exif=exif, xmp=xmp)
    depth = _depth(bits)
    bits.flag()
    extra = bits.choice((0, 0), (1, 0), (2, 4), (1, 12))
    alpha = [_extra_channel(bits) for _ in range(min(extra, 8))]
    lossy = bits.flag()
    cicp, profile = _color(bits)
    return JxlHeader(
        *(width, height, depth, orientation, any(alpha), lossy, cicp),
        hidden_icc=profile and not lossy,
        exif=exif,
        xmp=xmp,
    )


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.flag()
    lengths = ((1, 9), (1, 13), (1, 18), (1, 30))
    height = 8 * (1 + bits.read(5)) if small else bits.choice(*lengths)
    ratio = bits.read(3)
    if ratio:
        across, down = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
        return height * across // down, height
    return (8 * (1 + bits.read(5)) if small else bits.choice(*lengths)), height


def _depth(bits: _Bits) -> int:
    if bits.flag():
        depth = bits.choice((32, 0), (16, 0), (24, 0), (1, 6))
        bits.read(4)
        return depth
    return bits.choice((8, 0), (10, 0), (12, 0), (1, 6))


def _extra_channel(bits: _Bits) -> bool:
    """Skip one channel's description; return whether it is alpha."""
    if bits.flag():
        return True
    kind = bits.enum()
    _depth(bits)
    bits.choice((0, 0), (3, 0), (4, 0), (1, 3))
    for _ in range(bits.choice((0, 0), (0, 4), (16, 5), (48, 10))):
        bits.read(8)
    if kind == 0:
        bits.flag()
    return kind == 0


def _color(bits: _Bits) -> tuple[tuple[int, int] | None, bool]:
    """Return (primaries, transfer) and whether an ICC profile describes the colours."""
    if bits.flag():
        return None, False
    profile = bits.flag()
    space = bits.enum()
    if profile or space != 0:
        return None, profile
    if bits.enum() == 2:
        _custom_point(bits)
    primaries = bits.enum()
    if primaries == 2:
        for _ in range(3):
            _custom_point(bits)
    transfer = 13
    if bits.flag():
        bits.read(24)
    else:
        transfer = bits.enum()
    return (_PRIMARIES.get(primaries, 1), transfer), False


def _custom_point(bits: _Bits) -> None:
    for _ in range(2):
        bits.choice((0, 19), (524288, 19), (1048576, 20), (2097152, 21))


def _boxes(data: bytes) -> dict[bytes, bytes]:
    """Return the first box of every kind; Brotli-compressed ones unpacked."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = len(data) if size == 0 else at + size
        if end <= at:
            break
        payload = data[start:end]
        if kind == b"brob" and len(payload) > 4:
            kind, payload = payload[:4], _unpacked(payload[4:])
        found.setdefault(kind, payload)
        at = end
    return found


def _unpacked(data: bytes) -> bytes:
    try:
        return bytes(imagecodecs.brotli_decode(data, out=_MAX_BOX_BYTES))
    except (RuntimeError, ValueError):
        return b""
