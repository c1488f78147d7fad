"""GIF and BMP through Pillow: 8-bit formats of which only the first picture matters."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from daemon.decode.model import Decoded, Encoding, Facts
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
    except Image.DecompressionBombError as error:
        raise source.unsupported("has too many pixels for its format") from error
    except DECODER_ERRORS as error:
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


def plain_facts(source: Source) -> Facts:
    """Return the facts of a GIF or BMP without decoding it.

    Raises:
        RabbitError: ``unreadable`` or ``unsupported_format``.
    """
    data = io.BytesIO(source.read_all())
    try:
        with Image.open(data, formats=[source.format.upper()]) as opened:
            alpha = opened.has_transparency_data
            return Facts(*opened.size, channels=4 if alpha else 3, has_alpha=alpha)
    except Image.DecompressionBombError as error:
        raise source.unsupported("has too many pixels for its format") from error
    except DECODER_ERRORS as error:
        raise source.damaged(str(error)) from error
