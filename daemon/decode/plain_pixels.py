"""GIF and BMP through Pillow: 8-bit formats of which only the first picture matters."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from daemon.decode.model import Decoded, Encoding
from daemon.decode.source import DECODER_ERRORS, Source


def decode_plain(source: Source) -> Decoded:
    """Decode a GIF or BMP file.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    name = source.format.upper()
    try:
        with Image.open(io.BytesIO(source.read_all()), formats=[name]) as opened:
            source.check_size(*opened.size)
            opened.load()
            clear = opened.has_transparency_data
            pixels = np.array(opened.convert("RGBA" if clear else "RGB"))
            animated = getattr(opened, "n_frames", 1) > 1
    except (*DECODER_ERRORS, Image.DecompressionBombError) as error:
        raise source.damaged(str(error)) from error
    notes: tuple[str, ...] = ()
    if animated:
        notes = ("The file is an animation; only its first picture is used.",)
    return Decoded(
        pixels=pixels,
        size=(pixels.shape[1], pixels.shape[0]),
        encoding=Encoding(palette=source.format == "gif"),
        notes=notes,
    )
