"""Writes a PNG of 8 or 16 bits strip by strip, so that a huge one needs no memory of its size."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

import numpy as np

from daemon.decode import iptc
from daemon.decode.model import Pixels
from daemon.decode.parcel import Parcel
from daemon.decode.png_chunks import SIGNATURE, XMP_KEYWORD, chunk
from daemon.decode.strips import in_order, row_slices

_STRIP_BYTES = 2 << 20
_LEVEL = 1
# after the Sub filter a photo packs smaller by runs of one byte than by searching, and faster
_STRATEGY = zlib.Z_RLE
_SUB = 1
ZLIB_HEADER = b"\x78\x5e"
_INCHES_PER_METRE = 1 / 0.0254


def write_png(file: BinaryIO, parcel: Parcel) -> None:
    """Encode *parcel* with the Sub filter; strips are compressed on their own, two at a time."""
    pixels = parcel.pixels
    file.write(SIGNATURE)
    for kind, data in _chunks_before(parcel):
        file.write(chunk(kind, data))
    parts = row_slices(pixels, _STRIP_BYTES)

    def pack(part: slice) -> tuple[bytes, bytes]:
        parcel.ready(part)
        plain = _filtered(pixels[part])
        return plain, pack_strip(plain, last=part.stop >= pixels.shape[0])

    checksum, opening = 1, ZLIB_HEADER
    for plain, packed in in_order(pack, parts, parcel.checkpoint):
        checksum = zlib.adler32(plain, checksum)
        file.write(chunk(b"IDAT", opening + packed))
        opening = b""
    file.write(chunk(b"IDAT", struct.pack(">I", checksum)))
    file.write(chunk(b"IEND", b""))


def _chunks_before(parcel: Parcel) -> list[tuple[bytes, bytes]]:
    width, height = parcel.size
    depth = parcel.pixels.dtype.itemsize * 8
    kind = 6 if parcel.has_alpha else 2
    found = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))]
    if parcel.icc:
        found.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(parcel.icc, 9)))
    found += _split_chunks(parcel.png_color)
    if parcel.density is not None:
        across, down = (round(v * _INCHES_PER_METRE) for v in parcel.density)
        found.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if parcel.exif:
        found.append((b"eXIf", parcel.exif))
    if parcel.xmp:
        found.append((b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + parcel.xmp))
    if parcel.iptc:
        text = zlib.compress(iptc.to_raw_profile(parcel.iptc))
        found.append((b"zTXt", b"Raw profile type iptc\0\0" + text))
    return found


def _split_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def pack_strip(plain: bytes, *, last: bool) -> bytes:
    """Return a strip's filtered rows compressed on their own; strips follow each other."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15, 9, _STRATEGY)
    packed = packer.compress(plain)
    return packed + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def _filtered(strip: Pixels) -> bytes:
    """Return the rows of *strip* (H, W, C) as PNG stores them, each after its filter byte."""
    rows, width, channels = strip.shape
    step = channels * strip.dtype.itemsize
    plain = np.ascontiguousarray(strip.astype(f">u{strip.dtype.itemsize}", copy=False))
    plain = plain.view(np.uint8).reshape(rows, width * step)
    result = np.empty((rows, 1 + width * step), np.uint8)
    result[:, 0] = _SUB
    result[:, 1 : 1 + step] = plain[:, :step]
    np.subtract(plain[:, step:], plain[:, :-step], out=result[:, 1 + step :])
    return result.tobytes()
