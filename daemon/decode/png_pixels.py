"""A PNG's pixels at 8 or 16 bit, with every checksum verified."""

from __future__ import annotations

import imagecodecs

from daemon.decode.exif import orientation_of
from daemon.decode.model import Decoded, Encoding
from daemon.decode.png_chunks import read_header
from daemon.decode.source import Source


def decode_png(source: Source) -> Decoded:
    """Decode a PNG file as stored.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    header = read_header(source.read_at)
    source.check_size(header.width_px, header.height_px)
    if not header.complete:
        raise source.damaged("its end (IEND) is missing")
    try:
        pixels = imagecodecs.png_decode(source.read_all())
    except (imagecodecs.PngError, ValueError) as error:
        raise source.damaged(str(error)) from error
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    few_bits = header.color_type == 3 or header.bit_depth < 8
    notes: tuple[str, ...] = ()
    if header.animated:
        notes = ("The file is an animation; only its first picture is used.",)
    return Decoded(
        pixels=pixels,
        size=(header.width_px, header.height_px),
        icc=header.icc,
        metadata=header.metadata,
        encoding=Encoding(palette=few_bits),
        bit_depth=8 if header.color_type == 3 else header.bit_depth,
        orientation=orientation_of(header.exif),
        notes=notes,
    )
