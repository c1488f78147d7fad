"""HEIC, AVIF and JPEG XL: pixels at 16 bit, so that a grade of 10-bit pictures loses nothing."""

from __future__ import annotations

import dataclasses
import io
import struct
from typing import Any

import imagecodecs
import numpy as np
import pi_heif
from numpy.typing import NDArray

from daemon.decode import icc as icc_profiles
from daemon.decode import jxl_header
from daemon.decode.model import Decoded, Encoding, Facts, Metadata, Pixels
from daemon.decode.source import DECODER_ERRORS, Source

_HEAD_BYTES = 1 << 18
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}


def decode_heic(source: Source) -> Decoded:
    """Decode a HEIC file's main picture; libheif turns it upright by the file's own boxes.

    Raises:
        RabbitError: ``unreadable``.
    """
    facts, picture = _open_heic(source)
    try:
        # the array borrows libheif's memory, which goes with the picture: keep a copy of our own
        pixels: NDArray[Any] = np.asarray(picture).copy()
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
    return _decoded(facts, pixels)


def heic_facts(source: Source) -> Facts:
    """Return a HEIC file's facts without decoding it."""
    return _open_heic(source)[0]


def decode_avif(source: Source) -> Decoded:
    """Decode an AVIF file's main picture.

    Raises:
        RabbitError: ``unreadable``.
    """
    facts = avif_facts(source)
    try:
        pixels = imagecodecs.avif_decode(source.read_all(), index=0, numthreads=2)
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
    return _decoded(facts, pixels)


def avif_facts(source: Source) -> Facts:
    """Return an AVIF file's facts without decoding it."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(source.read_all()), formats=["AVIF"]) as opened:
            info: dict[Any, Any] = dict(opened.info)
            turn = int(opened.getexif().get(274, 1))
            width, height = opened.size
            has_alpha = opened.mode == "RGBA"
    except (*DECODER_ERRORS, Image.DecompressionBombError) as error:
        raise source.damaged(str(error)) from error
    source.check_size(width, height)
    head = source.read_at(0, _HEAD_BYTES)
    icc, notes = _color(info.get("icc_profile"), nclx(head))
    return Facts(
        *(width, height, avif_depth(head), 4 if has_alpha else 3, icc),
        *(turn if 1 <= turn <= 8 else 1, has_alpha),
        metadata=Metadata(strip_exif(info.get("exif")), info.get("xmp") or b""),
        notes=notes,
    )


def decode_jxl(source: Source) -> Decoded:
    """Decode a JPEG XL file; libjxl turns it upright.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    facts = jxl_facts(source)
    try:
        pixels = imagecodecs.jpegxl_decode(source.read_all(), index=0, numthreads=2)
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
    if pixels.dtype.kind == "f":
        raise source.unsupported("is a JPEG XL with floating-point samples")
    facts = dataclasses.replace(facts, orientation=1)
    return _decoded(facts, pixels)


def jxl_facts(source: Source) -> Facts:
    """Return a JPEG XL file's facts without decoding it."""
    header = jxl_header.read_header(source.read_all())
    source.check_size(header.width_px, header.height_px)
    icc, notes = _color(None, header.cicp)
    if header.hidden_icc:
        notes = (*notes, "The file's colour profile cannot be read; its colours count as sRGB.")
    return Facts(
        *(header.width_px, header.height_px, header.bit_depth, 4 if header.has_alpha else 3, icc),
        *(header.orientation, header.has_alpha, Metadata(header.exif, header.xmp), notes),
        lossy=header.lossy,
    )


def _open_heic(source: Source) -> tuple[Facts, pi_heif.HeifFile]:
    try:
        # hdr_to_16bit shifts, which leaves white at 65472; we stretch ourselves
        picture = pi_heif.open_heif(
            io.BytesIO(source.read_all()), convert_hdr_to_8bit=False, hdr_to_16bit=False
        )
        info: dict[str, Any] = dict(picture.info)
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
    source.check_size(*picture.size)
    icc, notes = _color(info.get("icc_profile"), nclx(source.read_at(0, _HEAD_BYTES)))
    facts = Facts(
        *(*picture.size, int(info.get("bit_depth", 8)), 4 if picture.has_alpha else 3, icc),
        *(1, picture.has_alpha),
        metadata=Metadata(strip_exif(info.get("exif")), info.get("xmp") or b""),
        notes=notes,
    )
    return facts, picture


def _decoded(facts: Facts, pixels: NDArray[Any]) -> Decoded:
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return Decoded(
        pixels=_stretched(pixels, facts.bit_depth),
        size=(pixels.shape[1], pixels.shape[0]),
        icc=facts.icc,
        metadata=facts.metadata,
        encoding=Encoding(lossy=facts.lossy),
        bit_depth=facts.bit_depth,
        orientation=facts.orientation,
        notes=facts.notes,
    )


def strip_exif(block: bytes | None) -> bytes:
    """Return an EXIF block without the prefixes it travels with."""
    data = block or b""
    start = min((i for i in (data.find(b"II*\0"), data.find(b"MM\0*")) if i >= 0), default=-1)
    return data[start:] if 0 <= start <= 10 else b""


def nclx(head: bytes) -> tuple[int, int] | None:
    """Return (primaries, transfer) of an ISO file's ``colr`` box; ``None`` without one."""
    at = head.find(b"colrnclx")
    return struct.unpack_from(">HH", head, at + 8) if 0 <= at <= len(head) - 12 else None


def avif_depth(head: bytes) -> int:
    """Return the bits per sample that the AV1 configuration box states."""
    at = head.find(b"av1C")
    if at < 0 or at + 7 > len(head):
        return 8
    flags = head[at + 6]
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8


def _color(icc: bytes | None, cicp: tuple[int, int] | None) -> tuple[bytes | None, tuple[str, ...]]:
    if icc or cicp is None:
        return icc or None, ()
    primaries, transfer = cicp
    notes: tuple[str, ...] = ()
    if transfer in _HDR_TRANSFERS:
        notes = (f"The file is an HDR picture ({_HDR_TRANSFERS[transfer]}); it is read as SDR.",)
    return icc_profiles.profile_for_primaries(primaries), notes


def _stretched(pixels: NDArray[Any], depth: int) -> Pixels:
    """Stretch samples of 9 to 15 bits to 16."""
    if pixels.dtype != np.uint16 or depth in (8, 16):
        return pixels
    top = (1 << depth) - 1
    table = (np.arange(top + 1, dtype=np.float64) * 65535 / top).round().astype(np.uint16)
    result = np.empty(pixels.shape, np.uint16)
    for index, row in enumerate(pixels):
        result[index] = table[np.minimum(row, top)]
    return result
