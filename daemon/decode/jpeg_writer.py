"""Writes a JPEG with its metadata segments."""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np
import simplejpeg

from daemon.decode import exif, iptc, jpeg_header, xmp
from daemon.decode.parcel import MAX_SEGMENT_BYTES, Parcel, flattened
from daemon.decode.photo import to_8_bit
from daemon.protocol.errors import ErrorKind, RabbitError

MAX_SIDE_PX = 65500
_BEST_LIKE_ORIGINAL = 90
_NEW_QUALITY = 95
_APP0_BYTES = 18
_ICC_PART_BYTES = MAX_SEGMENT_BYTES - len(jpeg_header.ICC) - 2


def write_jpeg(file: BinaryIO, parcel: Parcel) -> None:
    """Encode *parcel*: the original's sampling and at least quality 90, unless told otherwise.

    Raises:
        RabbitError: ``output_refused`` for a picture too large for the format.
    """
    if max(parcel.size) > MAX_SIDE_PX:
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"JPEG holds up to {MAX_SIDE_PX} pixels a side; the result has {max(parcel.size)}.",
            "Write a .tif or .png instead.",
        )
    pixels = to_8_bit(parcel.pixels)
    if parcel.has_alpha:
        pixels = flattened(pixels)
        parcel.notes.append("JPEG holds no transparency; the result stands on white.")
    quality, sampling = _how(parcel)
    parcel.checkpoint()
    encoded = memoryview(
        simplejpeg.encode_jpeg(
            np.ascontiguousarray(pixels), quality, "RGB", sampling, fastdct=False
        )
    )
    parcel.checkpoint()
    file.write(encoded[:2])
    file.write(_app0(parcel, bytes(encoded[2 : 2 + _APP0_BYTES])))
    for marker, payload in _segments(parcel):
        file.write(struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload)
    file.write(encoded[2 + _APP0_BYTES :])


def _how(parcel: Parcel) -> tuple[int, str]:
    """Return quality and chroma sampling."""
    if parcel.jpeg_quality:
        return parcel.jpeg_quality, "444" if parcel.jpeg_quality >= _BEST_LIKE_ORIGINAL else "420"
    like = parcel.encoding
    if not like.jpeg_quality:
        return _NEW_QUALITY, "444"
    return max(like.jpeg_quality, _BEST_LIKE_ORIGINAL), like.jpeg_subsampling or "444"


def _app0(parcel: Parcel, segment: bytes) -> bytes:
    if parcel.density is None:
        return segment
    across, down = (min(max(round(v), 1), 65535) for v in parcel.density)
    return segment[:11] + struct.pack(">BHH", 1, across, down) + segment[16:]


def _segments(parcel: Parcel) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    block = _fitting_exif(parcel)
    if block:
        found.append((0xE1, jpeg_header.EXIF + block))
    packet, parts = xmp.split(
        parcel.xmp,
        MAX_SEGMENT_BYTES - len(jpeg_header.XMP),
        MAX_SEGMENT_BYTES - len(jpeg_header.XMP_EXTENSION),
    )
    found.append((0xE1, jpeg_header.XMP + packet))
    extension = parts or list(parcel.xmp_extension)
    found += [(0xE1, jpeg_header.XMP_EXTENSION + part) for part in extension]
    count = -(-len(parcel.icc) // _ICC_PART_BYTES)
    for index in range(min(count, 255)):
        part = parcel.icc[index * _ICC_PART_BYTES : (index + 1) * _ICC_PART_BYTES]
        found.append((0xE2, jpeg_header.ICC + bytes([index + 1, count]) + part))
    records = iptc.PHOTOSHOP + iptc.to_resources(parcel.iptc) if parcel.iptc else b""
    if len(records) > MAX_SEGMENT_BYTES:
        parcel.notes.append("The IPTC records are too long for a JPEG and were left out.")
    elif records:
        found.append((0xED, records))
    return found


def _fitting_exif(parcel: Parcel) -> bytes:
    limit = MAX_SEGMENT_BYTES - len(jpeg_header.EXIF)
    if len(parcel.exif) <= limit:
        return parcel.exif
    parcel.notes.append("The maker's notes are too long for a JPEG and were left out.")
    block = exif.gathered(exif.Exif.of(parcel.exif), maker_note=False)
    return block if len(block) <= limit else b""
