"""WebP: RIFF chunks in and out, pixels through libwebp."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import imagecodecs

from daemon.decode.exif import orientation_of
from daemon.decode.model import Decoded, Encoding, Metadata
from daemon.decode.source import DECODER_ERRORS, Source

MAX_SIDE_PX = 16383
_ALPHA, _ANIMATION, _EXIF, _XMP, _ICC = 0x10, 0x02, 0x08, 0x04, 0x20
_MAX_CHUNKS = 10_000


@dataclass(frozen=True)
class WebpHeader:
    """What a WebP says outside its pixels."""

    width_px: int = 0
    height_px: int = 0
    lossless: bool = False
    has_alpha: bool = False
    animated: bool = False
    icc: bytes | None = None
    exif: bytes = b""
    xmp: bytes = b""


def decode_webp(source: Source) -> Decoded:
    """Decode a WebP file, the first picture of an animation.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    data = source.read_all()
    header = read_header(data)
    source.check_size(header.width_px, header.height_px)
    (stated,) = struct.unpack_from("<I", data, 4)
    if stated + 8 > len(data):
        raise source.damaged(f"{stated + 8} bytes were promised, {len(data)} are there")
    try:
        pixels = imagecodecs.webp_decode(data, hasalpha=header.has_alpha)
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
    notes: tuple[str, ...] = ()
    if header.animated:
        notes = ("The file is an animation; only its first picture is used.",)
    return Decoded(
        pixels=pixels,
        size=(header.width_px, header.height_px),
        icc=header.icc,
        metadata=Metadata(header.exif, header.xmp),
        encoding=Encoding(lossy=not header.lossless),
        orientation=orientation_of(header.exif),
        notes=notes,
    )


def read_header(data: bytes) -> WebpHeader:
    """Read the chunks of *data*; a simple file's size comes from its bitstream."""
    found: dict[bytes, bytes] = {}
    for kind, payload in _chunks(data):
        found.setdefault(kind, payload)
    flags = found.get(b"VP8X", b"")
    lossless = b"VP8L" in found or found.get(b"ANMF", b"")[16:20] == b"VP8L"
    width, height, alpha = _bitstream_size(found)
    if len(flags) >= 10:
        width = 1 + int.from_bytes(flags[4:7], "little")
        height = 1 + int.from_bytes(flags[7:10], "little")
        alpha = alpha or bool(flags[0] & _ALPHA)  # some programs forget the flag
    return WebpHeader(
        width_px=width,
        height_px=height,
        lossless=lossless,
        has_alpha=alpha,
        animated=b"ANMF" in found,
        icc=found.get(b"ICCP"),
        exif=found.get(b"EXIF", b"").removeprefix(b"Exif\0\0"),
        xmp=found.get(b"XMP ", b""),
    )


def with_metadata(
    encoded: bytes, *, size: tuple[int, int], has_alpha: bool, icc: bytes, exif: bytes, xmp: bytes
) -> list[bytes]:
    """Return a file's parts: the bitstream of *encoded* in the extended form with metadata."""
    stream = [(k, d) for k, d in _chunks(encoded) if k in (b"VP8 ", b"VP8L", b"ALPH")]
    flags = _ALPHA * has_alpha | _ICC * bool(icc) | _EXIF * bool(exif) | _XMP * bool(xmp)
    width, height = size
    extended = struct.pack("<I", flags) + (width - 1).to_bytes(3, "little")
    extended += (height - 1).to_bytes(3, "little")
    order = [(b"VP8X", extended), (b"ICCP", icc), *stream, (b"EXIF", exif), (b"XMP ", xmp)]
    body = [part for kind, data in order if data for part in _pack(kind, data)]
    return [struct.pack("<4sI4s", b"RIFF", 4 + sum(map(len, body)), b"WEBP"), *body]


def _pack(kind: bytes, data: bytes) -> list[bytes]:
    return [struct.pack("<4sI", kind, len(data)), data, bytes(len(data) % 2)]


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    at = 12
    while at + 8 <= len(data) and len(found) < _MAX_CHUNKS:
        kind, size = struct.unpack_from("<4sI", data, at)
        found.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def _bitstream_size(found: dict[bytes, bytes]) -> tuple[int, int, bool]:
    lossless = found.get(b"VP8L", b"")
    if len(lossless) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    lossy = found.get(b"VP8 ", b"")
    if len(lossy) >= 10:
        width, height = struct.unpack_from("<HH", lossy, 6)
        return width & 0x3FFF, height & 0x3FFF, False
    return 0, 0, False
