"""What a worker believes of a picture that a host sent, and what it makes of it."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from daemon.decode.host_picture import Expected, accept_picture, check_preview
from daemon.decode.png_chunks import SIGNATURE, chunk
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError

SIZE = (96, 64)
HOST = "studio"


def noise(size: tuple[int, int] = SIZE, channels: int = 3, seed: int = 1) -> np.ndarray:
    shape = (size[1], size[0], channels)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def saved(kind: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise()).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def png(*extra: bytes, size: tuple[int, int] = SIZE, pixels: np.ndarray | None = None) -> bytes:
    """A PNG with chunks after its header."""
    whole = imagecodecs.png_encode(noise(size) if pixels is None else pixels)
    end = len(SIGNATURE) + 25
    return whole[:end] + b"".join(extra) + whole[end:]


def claims(width: int, height: int) -> bytes:
    """A PNG that says it is of that size and has next to nothing in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return SIGNATURE + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def with_wrong_checksum() -> bytes:
    data = bytearray(png())
    data[-20] ^= 0xFF
    return bytes(data)


def prompt_of(prefix: str) -> bytes:
    graph = {"9": {"class_type": "SaveImage", "inputs": {"filename_prefix": prefix}}}
    return json.dumps(graph).encode()


def in_file(tmp_path: Path, data: bytes) -> bytes:
    path = tmp_path / "edited.part"
    path.write_bytes(data)
    return bytes(path)


def sent(tmp_path: Path) -> bytes:
    path = tmp_path / "sent.png"
    Image.fromarray(noise()).save(path)
    return bytes(path)


def refusal(tmp_path: Path, data: bytes, **changes: object) -> ErrorInfo:
    expected = Expected(host=HOST, sent_path=sent(tmp_path), sent_size=SIZE, graded=True)
    with pytest.raises(RabbitError) as caught:
        accept_picture(in_file(tmp_path, data), expected._replace(**changes))
    assert caught.value.info.kind is ErrorKind.RESULT_INVALID
    assert caught.value.info.hint
    return caught.value.info


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lambda: saved("GIF"), "studio sent a GIF picture"),
        (lambda: saved("TIFF"), "studio sent a TIFF picture"),
        (lambda: saved("BMP"), "studio sent a BMP picture"),
        (lambda: b'<?xml version="1.0"?><svg xmlns="x"/>', "studio sent an SVG drawing"),
        (lambda: b"\n<!DOCTYPE html><html></html>", "studio sent an HTML page"),
        (lambda: b'{"error": "not found"}', "studio sent JSON"),
        (lambda: b"internal server error", "studio sent text"),
        (lambda: b"", "studio sent an empty file"),
        (lambda: b"\x76\x2f\x31\x01" + bytes(100), "studio sent an OpenEXR picture"),
        (lambda: b"#?RADIANCE\n", "studio sent a Radiance HDR picture"),
        (lambda: b"\x93NUMPY\x01\x00", "studio sent a NumPy array"),
        (lambda: b"\xfe\xed" * 50, "studio sent something that is no picture"),
        (lambda: saved("JPEG", "CMYK"), "studio sent a JPEG in CMYK"),
        (lambda: png()[:300], "damaged or cut off"),
        (lambda: png()[:20], "damaged or cut off"),
        (with_wrong_checksum, "damaged or cut off"),
        (lambda: saved("JPEG")[:-100], "damaged or cut off"),
        (lambda: claims(*SIZE), "damaged or cut off"),
        (lambda: claims(60000, 60000), "says it has 60000 × 60000 pixels"),
        (lambda: claims(2**31 - 1, 2**31 - 1), "more than the 100 million"),
        (lambda: claims(0, 10), "damaged or cut off"),
        (lambda: png(chunk(b"acTL", struct.pack(">II", 5000, 0))), "sent an animation"),
    ],
)
def test_what_is_no_sound_picture_is_refused_in_words(
    tmp_path: Path, data: Callable[[], bytes], words: str
) -> None:
    assert words in refusal(tmp_path, data()).message


def test_an_animated_webp_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(noise(seed=seed)) for seed in range(3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    assert "an animation" in refusal(tmp_path, buffer.getvalue()).message


@pytest.mark.parametrize(
    ("width", "height", "word"),
    [(96, 20, "shape"), (20, 64, "shape"), (8, 5, "size"), (960, 640, "size")],
)
def test_a_picture_of_another_shape_or_size_teaches_no_grade(
    tmp_path: Path, width: int, height: int, word: str
) -> None:
    info = refusal(tmp_path, png(size=(width, height)))
    assert f"{width} × {height} pixels for one of 96 × 64" in info.message
    assert info.message.endswith(f"another {word}.")


@pytest.mark.parametrize("size", [(48, 32), (192, 128), (64, 64), (96, 50), (104, 64)])
def test_crops_and_scales_that_are_found_again_are_taken(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    expected = Expected(HOST, sent(tmp_path), SIZE, graded=True)
    taken = accept_picture(in_file(tmp_path, png(size=size)), expected)
    assert taken.shape == (size[1], size[0], 3)


def test_a_models_own_picture_may_have_any_size(tmp_path: Path) -> None:
    expected = Expected(HOST, sent(tmp_path), SIZE, graded=False)
    assert accept_picture(in_file(tmp_path, png(size=(400, 20))), expected).shape == (20, 400, 3)


def test_a_black_picture_names_what_makes_it(tmp_path: Path) -> None:
    info = refusal(tmp_path, png(pixels=np.zeros((64, 96, 3), np.uint8)))
    assert info.message == "studio sent a picture that is completely black."
    assert "--fp32-vae" in info.hint


def test_a_flat_picture_is_refused(tmp_path: Path) -> None:
    info = refusal(tmp_path, png(pixels=np.full((64, 96, 3), 90, np.uint8)))
    assert info.message.endswith("a single flat colour.")


def test_a_black_photo_may_stay_black(tmp_path: Path) -> None:
    black = png(pixels=np.zeros((64, 96, 3), np.uint8))
    (tmp_path / "sent.png").write_bytes(black)
    expected = Expected(HOST, bytes(tmp_path / "sent.png"), SIZE, graded=True)
    assert accept_picture(in_file(tmp_path, black), expected).max() == 0


def test_a_transparent_picture_is_refused(tmp_path: Path) -> None:
    pixels = np.concatenate([noise(), np.zeros((64, 96, 1), np.uint8)], axis=2)
    assert "completely transparent" in refusal(tmp_path, png(pixels=pixels)).message


@pytest.mark.parametrize(
    "data",
    [
        lambda: saved("JPEG", quality=95),
        lambda: saved("WEBP", lossless=True),
        lambda: saved("PNG", "L"),
        lambda: saved("PNG", "P"),
        lambda: saved("PNG", "RGBA"),
        lambda: imagecodecs.png_encode(noise().astype(np.uint16) * 257),
        lambda: png(chunk(b"zTXt", b"prompt\0\0" + zlib.compress(bytes(200 << 20), 1))),
        lambda: png(*[chunk(b"tEXt", b"a\0" + bytes(1000))] * 100),
    ],
)
def test_other_depths_and_codings_become_a_plain_png(
    tmp_path: Path, data: Callable[[], bytes]
) -> None:
    path = in_file(tmp_path, data())
    taken = accept_picture(path, Expected(HOST, sent(tmp_path), SIZE, graded=True))
    with Image.open(io.BytesIO(Path(path.decode()).read_bytes())) as kept:
        assert (kept.format, kept.mode, kept.size) == ("PNG", "RGB", SIZE)
        assert (np.asarray(kept) == taken).all()


def test_sixteen_bits_are_rounded_not_cut(tmp_path: Path) -> None:
    deep = np.full((64, 96, 3), 0x05FF, np.uint16)
    taken = accept_picture(in_file(tmp_path, imagecodecs.png_encode(deep)), Expected())
    assert taken[9, 9].tolist() == [6, 6, 6]


def test_a_plain_png_is_kept_byte_for_byte(tmp_path: Path) -> None:
    data = png(chunk(b"tEXt", b"prompt\0" + prompt_of("rabbitviewer/job")))
    path = in_file(tmp_path, data)
    accept_picture(path, Expected(HOST, sent(tmp_path), SIZE, graded=True))
    assert Path(path.decode()).read_bytes() == data


@pytest.mark.parametrize(
    "written",
    [
        lambda text: chunk(b"tEXt", b"prompt\0" + text),
        lambda text: chunk(b"zTXt", b"prompt\0\0" + zlib.compress(text)),
        lambda text: chunk(b"iTXt", b"prompt\0\0\0\0\0" + text),
        lambda text: chunk(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(text)),
    ],
)
def test_the_picture_of_another_job_is_told_by_the_graph_in_it(
    tmp_path: Path, written: Callable[[bytes], bytes]
) -> None:
    data = png(written(prompt_of("rabbitviewer/other")))
    info = refusal(tmp_path, data, origin=("9", "filename_prefix", "rabbitviewer/job"))
    assert info.message == "studio sent the picture of another job."
    assert info.context["found"] == "rabbitviewer/other"


@pytest.mark.parametrize(
    "text", [b"{", b"[1]", b'{"9": []}', b"[" * 100_000, prompt_of("rabbitviewer/job")]
)
def test_a_graph_that_says_nothing_else_does_no_harm(tmp_path: Path, text: bytes) -> None:
    data = png(chunk(b"tEXt", b"prompt\0" + text))
    origin = ("9", "filename_prefix", "rabbitviewer/job")
    expected = Expected(HOST, sent(tmp_path), SIZE, graded=True, origin=origin)
    assert accept_picture(in_file(tmp_path, data), expected).shape == (64, 96, 3)


def test_the_graph_that_pillow_writes_is_understood(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("prompt", prompt_of("rabbitviewer/ünlike").decode())
    info = refusal(
        tmp_path, saved("PNG", pnginfo=texts), origin=("9", "filename_prefix", "rabbitviewer/job")
    )
    assert "another job" in info.message


@pytest.mark.parametrize(
    "data",
    [
        lambda: claims(9000, 9000),
        lambda: saved("TIFF"),
        lambda: saved("GIF"),
        lambda: b"",
        lambda: b"\xff\xd8\xff",
        lambda: png(chunk(b"acTL", struct.pack(">II", 5000, 0))),
    ],
)
def test_a_preview_that_no_sampler_sends_is_not_decoded(data: Callable[[], bytes]) -> None:
    with pytest.raises(RabbitError) as caught:
        check_preview(data())
    assert caught.value.info.kind is ErrorKind.RESULT_INVALID


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_samplers_preview_is_let_through(kind: str) -> None:
    check_preview(saved(kind))
