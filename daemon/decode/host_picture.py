"""A picture that a host sent as a result: believed only once all of it was read."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from daemon.decode import jpeg_header, webp_file
from daemon.decode.photo import read_photo, to_8_bit
from daemon.decode.plain import open_regular, read_rgb, write_png
from daemon.decode.png_chunks import SIGNATURE, chunks, inflate
from daemon.protocol.errors import ErrorKind, RabbitError

MAX_PIXELS = 100_000_000
MAX_BYTES = 512 << 20
MAX_PREVIEW_PIXELS = 16_000_000
MAX_STRETCH = 8.0
"""How many times larger or smaller than the sent picture one may be that a grade is learnt from."""

MAX_SHAPE = 2.0
"""How far its shape may be off: a centre crop, a stretch or bars are found, half a picture not."""

_HEAD_BYTES = 4096
_MAX_CHUNKS = 200_000
_JPEG_HEADER_BYTES = 4 << 20
_FLAT, _VARIED, _BLACK = 1, 8, 2
_SAMPLE_STEP = 16

_SAVE_IMAGE = "Let the workflow end in ComfyUI's own SaveImage node, which writes PNG."
_AGAIN = "Run it again; if it stays so, look at the host's log and check its disk."
_SMALLER = "Check what the workflow's SaveImage node gets."

_MAGIC = (
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_TEXTS = ((b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"{", "JSON"))
_PICTURE_BRANDS = {b"heic", b"heix", b"mif1", b"avif", b"avis"}


class Expected(NamedTuple):
    """What a job waits for.

    Attributes:
        host: The host in words.
        sent_path: The small copy that was sent; empty: the picture is looked at by itself.
        sent_size: Its width and height.
        graded: It is to be the sent picture with other colours, so its shape has to be alike.
        origin: Node, input and value that the graph in the file must have; empty: not compared.
    """

    host: str = "The host"
    sent_path: bytes = b""
    sent_size: tuple[int, int] = (0, 0)
    graded: bool = False
    origin: tuple[str, str, str] = ("", "", "")


class _Header(NamedTuple):
    """Size, and whether the file may be kept as it is; *prompt*: the graph it was made by."""

    width_px: int
    height_px: int
    simple: bool = False
    prompt: str = ""


def accept_picture(path: bytes, expected: Expected) -> NDArray[np.uint8]:
    """Read the picture *path* completely and make it a plain PNG where it is none.

    Args:
        path: The file as it came; afterwards it holds 8-bit RGB, opaque and upright.
        expected: What the job waits for.

    Returns:
        Shape (H, W, 3), uint8.

    Raises:
        RabbitError: ``result_invalid``: of another kind, too large, damaged, of another shape, of
            another job, empty or flat.
    """
    header = _read_header(path, expected)
    _check_size(header, expected)
    _check_origin(header, expected)
    try:
        photo = read_photo(path)
    except RabbitError as error:
        kept = error.info.context or {"detail": error.info.message}
        message = f"{expected.host} sent a picture that is damaged or cut off."
        raise _refused(message, _AGAIN, kept) from error
    pixels = to_8_bit(photo.pixels)
    if pixels.shape[2] > 3 and not pixels[..., 3].any():
        raise _refused(
            f"{expected.host} sent a picture that is completely transparent.",
            "Check what the workflow's SaveImage node gets: it should be a picture without alpha.",
        )
    rgb = np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)
    _check_content(rgb, expected)
    if not header.simple or photo.pixels.dtype != np.uint8 or photo.pixels.shape[2] != 3:
        plain = path + b".plain"
        write_png(plain, rgb)
        os.replace(plain, path)
    return rgb


def check_preview(data: bytes) -> None:
    """Refuse what no sampler sends while it works, before anything of it is decoded.

    Raises:
        RabbitError: ``result_invalid``.
    """
    expected = Expected()
    header = _header_of(lambda offset, wanted: data[offset : offset + wanted], len(data), expected)
    if not 0 < header.width_px * header.height_px <= MAX_PREVIEW_PIXELS:
        raise _refused(
            f"The host sent a preview of {header.width_px} × {header.height_px} pixels.", _AGAIN
        )


def _read_header(path: bytes, expected: Expected) -> _Header:
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise _refused(
                f"{expected.host} sent a picture of {size >> 20} MB, more than the "
                f"{MAX_BYTES >> 20} MB RabbitViewer takes.",
                _SMALLER,
            )

        def read_at(offset: int, wanted: int) -> bytes:
            file.seek(offset)
            return file.read(wanted)

        return _header_of(read_at, size, expected)


def _header_of(read_at: Callable[[int, int], bytes], size: int, expected: Expected) -> _Header:
    head = read_at(0, _HEAD_BYTES)
    if head.startswith(SIGNATURE):
        return _png_header(read_at, expected)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg_header(read_at(0, _JPEG_HEADER_BYTES), expected)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp_header(read_at(0, size), expected)
    raise _refused(
        f"{expected.host} sent {_in_words(head)} where a picture was expected.", _SAVE_IMAGE
    )


def _png_header(read_at: Callable[[int, int], bytes], expected: Expected) -> _Header:
    width, height, simple, prompt = 0, 0, True, ""
    for count, (kind, load) in enumerate(chunks(read_at)):
        if count > _MAX_CHUNKS:
            raise _refused(f"{expected.host} sent a PNG of endless parts.", _AGAIN)
        if kind == b"IHDR":
            data = load()
            if len(data) >= 13:
                width, height, depth, color = struct.unpack_from(">IIBB", data)
                simple &= depth == 8 and color == 2
        elif kind == b"acTL":
            raise _animation(expected)
        elif kind == b"tEXt":
            keyword, _, text = load().partition(b"\0")
            prompt = prompt or (text.decode("latin-1") if keyword == b"prompt" else "")
        elif kind in (b"zTXt", b"iTXt"):
            simple = False
            prompt = prompt or _packed_prompt(kind, load())
        elif kind not in (b"IDAT", b"IEND"):
            simple = False
    return _Header(width, height, simple, prompt)


def _packed_prompt(kind: bytes, data: bytes) -> str:
    keyword, _, rest = data.partition(b"\0")
    if keyword != b"prompt":
        return ""
    if kind == b"zTXt":
        return inflate(rest[1:]).decode("latin-1")
    text = rest[2:].split(b"\0", 2)[-1]
    return (inflate(text) if rest[:1] == b"\1" else text).decode("utf-8", "replace")


def _jpeg_header(data: bytes, expected: Expected) -> _Header:
    found = jpeg_header.read_header(data)
    if found.components == 4:
        raise _refused(f"{expected.host} sent a JPEG in CMYK.", _SAVE_IMAGE)
    return _Header(found.width_px, found.height_px)


def _webp_header(data: bytes, expected: Expected) -> _Header:
    found = webp_file.read_header(data)
    if found.animated:
        raise _animation(expected)
    return _Header(found.width_px, found.height_px)


def _animation(expected: Expected) -> RabbitError:
    message = f"{expected.host} sent an animation where one picture was expected."
    return _refused(message, _SAVE_IMAGE)


def _check_size(header: _Header, expected: Expected) -> None:
    width, height = header.width_px, header.height_px
    if width <= 0 or height <= 0:
        raise _refused(f"{expected.host} sent a picture that is damaged or cut off.", _AGAIN)
    if width * height > MAX_PIXELS:
        raise _refused(
            f"{expected.host} sent a picture that says it has {width} × {height} pixels, more than "
            f"the {MAX_PIXELS // 1_000_000} million RabbitViewer takes.",
            _SMALLER,
        )
    sent_width, sent_height = expected.sent_size
    if not expected.graded or not sent_width or not sent_height:
        return
    across, down = width / sent_width, height / sent_height
    too_odd = not 1 / MAX_SHAPE <= across / down <= MAX_SHAPE
    too_other = not 1 / MAX_STRETCH**2 <= across * down <= MAX_STRETCH**2
    if too_odd or too_other:
        raise _refused(
            f"{expected.host} sent a picture of {width} × {height} pixels for one of "
            f"{sent_width} × {sent_height}: no grade can be learnt from another "
            f"{'shape' if too_odd else 'size'}.",
            "Let the workflow save the edited picture at the size it was given; crops, bars and "
            "scales are found again up to twice the width or height in proportion.",
        )


def _check_origin(header: _Header, expected: Expected) -> None:
    """Refuse the picture of another job: ComfyUI writes the graph it ran into its PNG files."""
    node, name, value = expected.origin
    if not node or not header.prompt:
        return
    try:
        graph: object = json.loads(header.prompt)
    except (ValueError, RecursionError):
        return
    given = _member(_member(_member(graph, node), "inputs"), name)
    if isinstance(given, str) and given != value:
        raise _refused(
            f"{expected.host} sent the picture of another job.",
            "Run it again; if it stays so, look for something on the host that renames results.",
            {"expected": value, "found": given[:200]},
        )


def _check_content(rgb: NDArray[np.uint8], expected: Expected) -> None:
    """Refuse one flat colour, unless that is what was sent."""
    if _spread(rgb[::_SAMPLE_STEP, ::_SAMPLE_STEP]) > _FLAT or _spread(rgb) > _FLAT:
        return
    if not expected.sent_path or _spread(read_rgb(expected.sent_path)) <= _VARIED:
        return
    if int(rgb.max()) <= _BLACK:
        raise _refused(
            f"{expected.host} sent a picture that is completely black.",
            "A model that runs out of its number range does that: start ComfyUI with --fp32-vae, "
            "or choose another model file.",
        )
    raise _refused(
        f"{expected.host} sent a picture of a single flat colour.",
        "Check the workflow and its model files on the host; another seed may do.",
    )


def _spread(rgb: NDArray[np.uint8]) -> int:
    """Return how far the values of the most varied channel are apart."""
    flat = rgb.reshape(-1, rgb.shape[-1])
    return int((flat.max(axis=0).astype(int) - flat.min(axis=0)).max())


def _in_words(head: bytes) -> str:
    """Return what a file that begins with *head* is."""
    if not head:
        return "an empty file"
    for magic, words in _MAGIC:
        if head.startswith(magic):
            return words
    if head[4:8] == b"ftyp":
        return "a HEIF picture" if head[8:12] in _PICTURE_BRANDS else "a video"
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, words in _TEXTS:
        if begin.startswith(mark):
            return words
    if b"<svg" in begin:
        return "an SVG drawing"
    if b"<html" in begin:
        return "an HTML page"
    try:
        head[:512].decode("ascii")
    except UnicodeDecodeError:
        return "something that is no picture"
    return "text"


def _member(value: object, key: str) -> object:
    return cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None


def _refused(message: str, hint: str, context: dict[str, str] | None = None) -> RabbitError:
    return RabbitError(ErrorKind.RESULT_INVALID, message, hint, context)
