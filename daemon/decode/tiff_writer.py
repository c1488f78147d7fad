"""Writes a TIFF of 8 or 16 bits strip by strip.

The file begins with the photo's EXIF block as it stood: its directories, GPS and maker notes, which
use absolute offsets, stay valid without being understood. Pixels follow, then the main directory.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

import imagecodecs

from daemon.decode import exif
from daemon.decode.model import Pixels
from daemon.decode.parcel import Parcel
from daemon.decode.strips import in_order, row_slices
from daemon.decode.tiff_pixels import ICC_TAG, IPTC_TAG, PHOTOSHOP_TAG, XMP_TAG
from daemon.protocol.errors import ErrorKind, RabbitError

_STRIP_BYTES = 2 << 20
_MAX_FILE_BYTES = (1 << 32) - (64 << 20)
_LEVEL = 4
_SHORT, _LONG, _RATIONAL, _BYTE, _UNDEFINED = 3, 4, 5, 1, 7
_NONE, _DEFLATE = 1, 8
_RGB, _HORIZONTAL, _STRAIGHT_ALPHA, _INCH = 2, 2, 2, 2
_STRUCTURE = {
    *range(254, 269),
    *(273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293, 301),
    *range(317, 348),
    *range(512, 533),
    *(XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG, ICC_TAG),
    *range(33421, 33423),
    *range(50706, 51200),
}
"""Tags of a directory that describe how pixels are stored, or that are written anew."""


def write_tiff(file: BinaryIO, parcel: Parcel) -> None:
    """Encode *parcel*: uncompressed where the original TIFF was, else deflate with a predictor.

    Raises:
        RabbitError: ``output_refused`` over 4 GB.
    """
    block = exif.Exif.of(parcel.exif)
    order = block.order or "<"
    start = parcel.exif if block.order else b"II*\0" + bytes(4)
    start += bytes(len(start) % 2)
    file.write(start)
    plain = parcel.format == "tiff" and not parcel.encoding.compressed
    offsets, sizes = _write_strips(file, parcel, order, len(start), plain=plain)
    end = offsets[-1] + sizes[-1]
    file.write(bytes(end % 2))
    end += end % 2
    table = bytearray()
    fields = _fields(parcel, order, offsets, sizes, plain=plain)
    written = {tag for tag, *_ in fields}
    for entry in block.main.entries.values():
        if entry.tag not in _STRUCTURE and entry.tag not in written:
            fields.append((entry.tag, entry.kind, entry.length, block.raw(entry)))
    exif.append_directory(table, order, fields, base=end)
    file.write(table)
    file.seek(4)
    file.write(struct.pack(f"{order}I", end))


def _write_strips(
    file: BinaryIO, parcel: Parcel, order: str, start: int, *, plain: bool
) -> tuple[list[int], list[int]]:
    pixels = parcel.pixels

    def pack(part: slice) -> bytes:
        parcel.ready(part)
        return _packed(pixels[part], order, plain=plain)

    offsets: list[int] = []
    sizes: list[int] = []
    at = start
    for data in in_order(pack, row_slices(pixels, _STRIP_BYTES), parcel.checkpoint):
        if at + len(data) > _MAX_FILE_BYTES:
            raise RabbitError(
                ErrorKind.OUTPUT_REFUSED,
                "The result would be over 4 GB, more than a TIFF holds.",
                "Write a .png instead.",
            )
        file.write(data)
        offsets.append(at)
        sizes.append(len(data))
        at += len(data)
    return offsets, sizes


def _packed(strip: Pixels, order: str, *, plain: bool) -> bytes:
    if not plain:
        differences = strip.copy()
        differences[:, 1:] -= strip[:, :-1]
        strip = differences
    data = strip.astype(f"{order}u{strip.dtype.itemsize}", copy=False).tobytes()
    return data if plain else bytes(imagecodecs.deflate_encode(data, _LEVEL))


def _fields(
    parcel: Parcel, order: str, offsets: list[int], sizes: list[int], *, plain: bool
) -> list[tuple[int, int, int, bytes]]:
    width, height = parcel.size
    channels = parcel.pixels.shape[2]
    rows = row_slices(parcel.pixels, _STRIP_BYTES)[0].stop
    bits = parcel.pixels.dtype.itemsize * 8

    def shorts(*values: int) -> bytes:
        return struct.pack(f"{order}{len(values)}H", *values)

    def longs(*values: int) -> bytes:
        return struct.pack(f"{order}{len(values)}I", *values)

    fields = [
        (256, _LONG, 1, longs(width)),
        (257, _LONG, 1, longs(height)),
        (258, _SHORT, channels, shorts(*[bits] * channels)),
        (259, _SHORT, 1, shorts(_NONE if plain else _DEFLATE)),
        (262, _SHORT, 1, shorts(_RGB)),
        (273, _LONG, len(offsets), longs(*offsets)),
        (277, _SHORT, 1, shorts(channels)),
        (278, _LONG, 1, longs(rows)),
        (279, _LONG, len(sizes), longs(*sizes)),
        (284, _SHORT, 1, shorts(1)),
        (XMP_TAG, _BYTE, len(parcel.xmp), parcel.xmp),
        (IPTC_TAG, _UNDEFINED, len(parcel.iptc), parcel.iptc),
        (ICC_TAG, _UNDEFINED, len(parcel.icc), parcel.icc),
    ]
    if not plain:
        fields.append((317, _SHORT, 1, shorts(_HORIZONTAL)))
    if parcel.has_alpha:
        fields.append((338, _SHORT, 1, shorts(_STRAIGHT_ALPHA)))
    if parcel.density is not None:
        across, down = (longs(round(v * 1000), 1000) for v in parcel.density)
        fields += [(282, _RATIONAL, 1, across), (283, _RATIONAL, 1, down)]
        fields.append((296, _SHORT, 1, shorts(_INCH)))
    return fields
