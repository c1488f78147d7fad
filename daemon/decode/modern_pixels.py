"""HEIC, AVIF and JPEG XL: pixels at 16 bit, so that a grade of 10-bit pictures loses nothing."""

from __future__ import annotations

import io
import struct
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from daemon.decode import icc as icc_profiles
from daemon.decode import jxl_header
from daemon.decode.model import Decoded, Encoding, Metadata, Pixels
from daemon.decode.source import DECODER_ERRORS, Source

_HEAD_BYTES = 1 << 18
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}


def decode_heic(source: Source) -> Decoded:
    """Decode a HEIC file's main picture; libheif turns it upright by the file's own boxes.

    Raises:
        RabbitError: ``unreadable``.
    """
    import pi_heif

    try:
        picture = pi_heif.open_heif(
            io.BytesIO(source.read_all()), convert_hdr_to_8bit=False, bgr_mode=False
        )
        source.check_size(*picture.size)
        pixels: NDArray[Any] = np.asarray(picture)
        info: dict[str, Any] = dict(picture.info)
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    icc, notes = _color(info.get("icc_profile"), nclx(source.read_at(0, _HEAD_BYTES)))
    return Decoded(
        pixels=pixels,
        size=picture.size,
        icc=icc,
        metadata=Metadata(strip_exif(info.get("exif")), info.get("xmp") or b""),
        encoding=Encoding(lossy=True),
        bit_depth=int(info.get("bit_depth", 8)),
        notes=notes,
    )


def decode_avif(source: Source) -> Decoded:
    """Decode an AVIF file's main picture.

    Raises:
        RabbitError: ``unreadable``.
    """
    from PIL import Image

    data = source.read_all()
    try:
        with Image.open(io.BytesIO(data), formats=["AVIF"]) as opened:
            source.check_size(*opened.size)
            info: dict[Any, Any] = dict(opened.info)
            turn = int(opened.getexif().get(274, 1))
        pixels: NDArray[Any] = imagecodecs.avif_decode(data, index=0, numthreads=2)
    except (*DECODER_ERRORS, Image.DecompressionBombError) as error:
        raise source.damaged(str(error)) from error
    depth = avif_depth(data[:_HEAD_BYTES])
    icc, notes = _color(info.get("icc_profile"), nclx(data[:_HEAD_BYTES]))
    return Decoded(
        pixels=_stretched(pixels, depth),
        size=(pixels.shape[1], pixels.shape[0]),
        icc=icc,
        metadata=Metadata(strip_exif(info.get("exif")), info.get("xmp") or b""),
        encoding=Encoding(lossy=True),
        bit_depth=depth,
        orientation=turn if 1 <= turn <= 8 else 1,
        notes=notes,
    )


def decode_jxl(source: Source) -> Decoded:
    """Decode a JPEG XL file; libjxl turns it upright.

    Raises:
        RabbitError: ``unreadable``.
    """
    data = source.read_all()
    header = jxl_header.read_header(data)
    source.check_size(header.width_px, header.height_px)
    try:
        pixels: NDArray[Any] = imagecodecs.jpegxl_decode(data, index=0, numthreads=2)
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
    if pixels.dtype.kind == "f":
        raise source.unsupported("is a JPEG XL with floating-point samples")
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    icc, notes = _color(None, header.cicp)
    if header.hidden_icc:
        notes = (*notes, "The file's colour profile cannot be read; its colours count as sRGB.")
    return Decoded(
        pixels=_stretched(pixels, header.bit_depth),
        size=(pixels.shape[1], pixels.shape[0]),
        icc=icc,
        metadata=Metadata(header.exif, header.xmp),
        encoding=Encoding(lossy=header.lossy),
        bit_depth=header.bit_depth,
        notes=notes,
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
    for row in pixels:
        row[:] = table[np.minimum(row, top)]
    return pixels
