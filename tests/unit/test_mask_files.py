"""Masks from pictures of any kind: depth, colour, transparency, orientation, size."""

from __future__ import annotations

import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from daemon.decode.mask_file import read_mask
from daemon.decode.orientation import stored_view, upright_view
from daemon.handlers import masking
from daemon.imaging.masks.resizing import resize_mask
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import ImportMask, PrepareMask
from tests.fakes.quiet import QuietContext

RNG = np.random.default_rng(11)
SOFT = RNG.integers(0, 256, (7, 11), dtype=np.uint8)


def saved(path: Path, pixels: np.ndarray, **how: object) -> bytes:
    Image.fromarray(pixels).save(path, **how)
    return os.fsencode(path)


def with_alpha(alpha: np.ndarray) -> np.ndarray:
    return np.dstack([np.full((*alpha.shape, 3), 40, np.uint8), alpha])


def taken(folder: Path, source: bytes, **how: object) -> np.ndarray:
    task = ImportMask(
        path=source,
        png_path=bytes(folder / "mask.png"),
        **{"width_px": 11, "height_px": 7, **how},
    )
    masking.import_mask(task, QuietContext())
    with Image.open(folder / "mask.png") as picture:
        assert picture.mode == "L"
        return np.asarray(picture)


# ---------------------------------------------------------------- kinds of pictures


def test_a_gray_picture_is_taken_as_it_is(tmp_path: Path) -> None:
    assert np.array_equal(read_mask(saved(tmp_path / "m.png", SOFT)), SOFT)


def test_sixteen_bits_are_rounded(tmp_path: Path) -> None:
    deep = np.array([[0, 128, 129, 257, 32767, 65407, 65406, 65535]], np.uint16)
    expected = np.round(deep / 257).astype(np.uint8)
    assert np.array_equal(read_mask(saved(tmp_path / "m.png", deep)), expected)


def test_a_colour_picture_that_is_gray_is_taken_exactly(tmp_path: Path) -> None:
    rgb = np.repeat(SOFT[..., None], 3, axis=2)
    assert np.array_equal(read_mask(saved(tmp_path / "m.png", rgb)), SOFT)


def test_a_deep_colour_picture_that_is_gray_is_taken_exactly(tmp_path: Path) -> None:
    deep = np.repeat(SOFT[..., None].astype(np.uint16) * 257, 3, axis=2)
    tifffile.imwrite(tmp_path / "m.tif", deep, photometric="rgb")
    assert np.array_equal(read_mask(bytes(tmp_path / "m.tif")), SOFT)


def test_colours_become_their_luma_as_elsewhere(tmp_path: Path) -> None:
    rgb = RNG.integers(0, 256, (7, 11, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(rgb).convert("L"))
    assert np.array_equal(read_mask(saved(tmp_path / "m.png", rgb)), expected)


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "m.png"
    picture = Image.fromarray(SOFT // 16)
    picture = picture.convert("P")
    picture.putpalette([value for gray in range(16) for value in (gray * 17,) * 3])
    picture.save(path)
    assert np.array_equal(read_mask(bytes(path)), SOFT // 16 * 17)


@pytest.mark.parametrize("name", ["m.png", "m.tif", "m.bmp", "m.gif"])
def test_one_bit_is_black_and_white(tmp_path: Path, name: str) -> None:
    hard = SOFT > 128
    Image.fromarray(hard).save(tmp_path / name)
    assert np.array_equal(read_mask(bytes(tmp_path / name)), hard * np.uint8(255))


def test_a_jpeg_is_a_mask_too(tmp_path: Path) -> None:
    big = np.kron(SOFT, np.ones((16, 16), np.uint8))
    found = read_mask(saved(tmp_path / "m.jpg", big, quality=100))
    assert np.abs(found.astype(int) - big).max() <= 4


# ---------------------------------------------------------------- transparency


@pytest.mark.parametrize("name", ["m.png", "m.webp", "m.tif"])
def test_transparent_becomes_white(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name, with_alpha(SOFT), lossless=True, exact=True)
    assert np.array_equal(read_mask(path, alpha=True), 255 - SOFT)


def test_deep_transparency_is_rounded(tmp_path: Path) -> None:
    rgba = np.zeros((1, 3, 4), np.uint16)
    rgba[0, :, 3] = (0, 128, 65535)
    (tmp_path / "m.png").write_bytes(imagecodecs.png_encode(rgba))
    assert read_mask(bytes(tmp_path / "m.png"), alpha=True).tolist() == [[255, 255, 0]]


def test_the_transparency_of_gray_is_found(tmp_path: Path) -> None:
    both = np.dstack([np.full_like(SOFT, 9), SOFT])
    (tmp_path / "m.png").write_bytes(imagecodecs.png_encode(both))
    assert np.array_equal(read_mask(bytes(tmp_path / "m.png"), alpha=True), 255 - SOFT)


def test_the_transparency_of_an_avif_is_found(tmp_path: Path) -> None:
    rgba = with_alpha(np.kron(SOFT, np.ones((8, 8), np.uint8)))
    (tmp_path / "m.avif").write_bytes(imagecodecs.avif_encode(rgba, level=100))
    found = read_mask(bytes(tmp_path / "m.avif"), alpha=True)
    assert np.abs(found.astype(int) - (255 - rgba[..., 3])).max() <= 2


def test_the_transparency_of_a_jxl_is_found(tmp_path: Path) -> None:
    (tmp_path / "m.jxl").write_bytes(imagecodecs.jpegxl_encode(with_alpha(SOFT), lossless=True))
    assert np.array_equal(read_mask(bytes(tmp_path / "m.jxl"), alpha=True), 255 - SOFT)


def test_the_transparency_of_a_gif_is_found(tmp_path: Path) -> None:
    alpha = np.where(SOFT > 128, 255, 0).astype(np.uint8)
    path = saved(tmp_path / "m.gif", with_alpha(alpha))
    assert np.array_equal(read_mask(path, alpha=True), 255 - alpha)


def test_a_picture_without_transparency_says_so(tmp_path: Path) -> None:
    with pytest.raises(RabbitError) as caught:
        read_mask(saved(tmp_path / "m.png", SOFT), alpha=True)
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert caught.value.info.message.endswith("has no transparency to take a mask from.")


# ---------------------------------------------------------------- orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(7, 11), (8, 5), (1, 9), (13, 13)])
def test_a_turned_file_is_read_upright(
    tmp_path: Path, orientation: int, shape: tuple[int, int]
) -> None:
    upright = RNG.integers(0, 256, shape, dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(stored_view(upright, orientation))
    path = saved(tmp_path / "m.png", stored, exif=exif)
    assert np.array_equal(read_mask(path), upright)


@given(st.integers(1, 8), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_every_orientation_goes_there_and_back(
    orientation: int, height: int, width: int, seed: int
) -> None:
    mask = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    assert np.array_equal(upright_view(stored_view(mask, orientation), orientation), mask)
    assert np.array_equal(stored_view(upright_view(mask, orientation), orientation), mask)


# ---------------------------------------------------------------- taking one in


def test_a_mask_is_inverted_on_request(tmp_path: Path) -> None:
    source = saved(tmp_path / "m.png", SOFT)
    assert np.array_equal(taken(tmp_path, source, invert=True), 255 - SOFT)


def test_transparency_may_be_inverted_too(tmp_path: Path) -> None:
    source = saved(tmp_path / "a.png", with_alpha(SOFT))
    assert np.array_equal(taken(tmp_path, source, alpha=True, invert=True), SOFT)


def test_a_mask_of_another_size_names_both_and_what_to_do(tmp_path: Path) -> None:
    source = saved(tmp_path / "m.png", SOFT)
    with pytest.raises(RabbitError) as caught:
        taken(tmp_path, source, width_px=6000, height_px=4000)
    assert caught.value.info.message == "The mask is 11 x 7 pixels, the photo 6000 x 4000."
    assert "resized" in caught.value.info.hint


def test_a_mask_on_its_side_is_told_as_such(tmp_path: Path) -> None:
    source = saved(tmp_path / "m.png", SOFT)
    with pytest.raises(RabbitError) as caught:
        taken(tmp_path, source, width_px=7, height_px=11)
    assert "lies on its side" in caught.value.info.hint


# ---------------------------------------------------------------- other sizes


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 60), st.integers(1, 60))
def test_white_stays_white_and_black_black_at_any_size(
    height: int, width: int, new_height: int, new_width: int
) -> None:
    full = np.full((height, width), 255, np.uint8)
    result = resize_mask(full, new_width, new_height)
    assert result.shape == (new_height, new_width)
    assert (result == 255).all()
    assert not resize_mask(full * 0, new_width, new_height).any()


def test_a_smaller_mask_is_the_mean_of_what_it_covers() -> None:
    mask = np.array([[0, 100, 255, 255], [100, 200, 255, 255]], np.uint8)
    assert resize_mask(mask, 2, 1).tolist() == [[100, 255]]


def test_a_larger_mask_runs_between_the_centres() -> None:
    assert resize_mask(np.array([[0, 200]], np.uint8), 4, 1).tolist() == [[0, 50, 150, 200]]


def test_a_thin_stroke_never_vanishes() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    mask[500, 500] = 9
    assert resize_mask(mask, 10, 10).any()


# ---------------------------------------------------------------- beside a small copy


def prepared(folder: Path, alpha_of: bytes = b"") -> np.ndarray:
    mask = saved(folder / "m.png", np.full((14, 22), 255, np.uint8))
    task = PrepareMask(
        mask_path=mask,
        png_path=bytes(folder / "small.png"),
        width_px=16,
        height_px=8,
        box=(2, 1, 11, 7),
        alpha_of=alpha_of,
    )
    masking.prepare_mask(task, QuietContext())
    with Image.open(folder / "small.png") as picture:
        return np.asarray(picture)


def test_the_padding_of_a_small_copy_is_kept(tmp_path: Path) -> None:
    expected = np.zeros((8, 16), np.uint8)
    expected[1:8, 2:13] = 255
    assert np.array_equal(prepared(tmp_path), np.dstack([expected] * 3))


def test_a_mask_goes_as_transparency_where_the_node_reads_it_there(tmp_path: Path) -> None:
    colours = RNG.integers(0, 256, (8, 16, 3), dtype=np.uint8)
    result = prepared(tmp_path, saved(tmp_path / "copy.png", colours))
    assert np.array_equal(result[..., :3], colours)
    assert (result[1:8, 2:13, 3] == 0).all()
    assert (result[0, :, 3] == 255).all()
