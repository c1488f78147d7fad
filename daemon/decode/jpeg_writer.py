"""Writes a JPEG with its metadata segments."""

from __future__ import annotations

import struct
from typing import BinaryIO

from daemon.decode import exif, iptc, jpeg_header, xmp
from daemon.decode.jpeg_header import GRAY
from daemon.decode.jpeg_strips import JpegCoding, join_strips
from daemon.decode.jpeg_tables import is_standard
from daemon.decode.model import Pixels
from daemon.decode.parcel import MAX_SEGMENT_BYTES, Parcel, flattened, make_ready
from daemon.decode.photo import bands, to_8_bit
from daemon.decode.strips import in_order
from daemon.protocol.errors import ErrorKind, RabbitError

MAX_SIDE_PX = 65500
_FULL_COLOUR_FROM = 90
_NEW_QUALITY = 95
_APP0_BYTES = 18
_ICC_PART_BYTES = MAX_SEGMENT_BYTES - len(jpeg_header.ICC) - 2


def write_jpeg(file: BinaryIO, parcel: Parcel) -> None:
    """Encode *parcel* with the original's sampling and quantisation, unless told otherwise.

    Raises:
        RabbitError: ``output_refused`` for a picture too large for the format.
    """
    width, height = parcel.size
    if max(width, height) > MAX_SIDE_PX:
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"JPEG holds up to {MAX_SIDE_PX} pixels a side; the result has {max(width, height)}.",
            "Write a .tif or .png instead.",
        )
    if parcel.has_alpha:
        parcel.notes.append("JPEG holds no transparency; the result stands on white.")
    if parcel.encoding.jpeg_subsampling == GRAY:
        parcel = make_ready(parcel)
    coding = _coding(parcel)
    rows = coding.rows(width)
    parts = [slice(top, min(top + rows, height)) for top in range(0, height, rows)]

    def encode(part: slice) -> bytes:
        parcel.ready(part)
        strip = to_8_bit(parcel.pixels[part])
        strip = flattened(strip) if parcel.has_alpha else strip
        return coding.encode(strip[..., :1].copy() if coding.sampling == GRAY else strip)

    strips = in_order(encode, parts, parcel.checkpoint)
    pieces = join_strips(strips, height, coding.interval(width))
    encoded = next(pieces)
    file.write(encoded[:2])
    file.write(_app0(parcel, encoded[2 : 2 + _APP0_BYTES]))
    for marker, payload in _segments(parcel):
        file.write(struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload)
    file.write(encoded[2 + _APP0_BYTES :])
    file.writelines(pieces)


def _coding(parcel: Parcel) -> JpegCoding:
    """Return how the picture is coded: as the original was, as far as that is a JPEG."""
    like = parcel.encoding
    sampling = like.jpeg_subsampling or "444"
    if sampling == GRAY and not _is_gray(parcel.pixels):
        sampling = "444"
    if parcel.jpeg_quality:
        if not like.jpeg_subsampling:
            sampling = "444" if parcel.jpeg_quality >= _FULL_COLOUR_FROM else "420"
        return JpegCoding(parcel.jpeg_quality, sampling)
    if not like.jpeg_quality:
        return JpegCoding(_NEW_QUALITY, sampling)
    tables = like.jpeg_tables
    own_scale = not is_standard(tables, like.jpeg_quality)
    kept = tables if own_scale and JpegCoding.can_hold(tables, sampling) else ()
    return JpegCoding(like.jpeg_quality, sampling, kept)


def _is_gray(pixels: Pixels) -> bool:
    """Whether no pixel has a colour."""
    return all(bool((pixels[part, :, :1] == pixels[part, :, 1:3]).all()) for part in bands(pixels))


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
