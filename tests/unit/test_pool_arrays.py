"""What a pool gives, as arrays: rows, columns, channels and dtype, whatever the files were."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.fakes.pool_desk import PoolDesk, samples

WIDTH, HEIGHT = 7, 5
ORIENTATION = 0x0112
RAMP = np.linspace(0, 255, WIDTH * HEIGHT).round().astype(np.uint8).reshape(HEIGHT, WIDTH)


def given(folder: Path, photo: Path, mask: Path | None, **more: bool) -> tuple[bytes, bytes]:
    """Put a photo with a mask into a pool; return the image and the mask that it gives."""

    async def story() -> tuple[bytes, bytes]:
        desk = PoolDesk(folder)
        try:
            await desk.add([photo])
            if mask is not None:
                await desk.set_mask(0, mask, **more)
            found = await desk.select()
            return found.image, found.mask
        finally:
            await desk.store.close()

    return asyncio.run(story())


def gray_photo(folder: Path) -> Path:
    path = folder / "photo.png"
    Image.new("L", (WIDTH, HEIGHT), 90).save(path)
    return path


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_an_image_is_the_users_own_file_whatever_its_channels(mode: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new(mode, (WIDTH, HEIGHT)).save(photo)
    image, mask = given(tmp_path, photo, None)
    assert image == bytes(photo)
    assert samples(image).shape[:2] == samples(mask).shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_masks_rows_and_columns_are_those_of_the_photo_as_it_is_shown(
    orientation: int, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (WIDTH, HEIGHT)).save(photo, exif=exif)
    _, mask = given(tmp_path, photo, None)
    lies = orientation >= 5
    assert samples(mask).shape == ((WIDTH, HEIGHT) if lies else (HEIGHT, WIDTH))


MASKS: dict[str, NDArray[Any]] = {
    "gray": RAMP,
    "rgb": np.stack([RAMP] * 3, axis=2),
    "gray and alpha": np.stack([RAMP, np.full_like(RAMP, 9)], axis=2),
    "rgba": np.stack([RAMP] * 3 + [np.full_like(RAMP, 9)], axis=2),
    "16-bit": RAMP.astype(np.uint16) * 257,
}


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_of_any_kind_becomes_one_channel_of_8_bits(kind: str, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    Image.fromarray(MASKS[kind]).save(mask)
    _, path = given(tmp_path, gray_photo(tmp_path), mask)
    values = samples(path)
    assert (values.shape, values.dtype) == ((HEIGHT, WIDTH), np.uint8)
    assert np.array_equal(values, RAMP)


def test_a_mask_of_one_bit_is_black_and_white(tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    Image.fromarray(RAMP > 127).save(mask)
    _, path = given(tmp_path, gray_photo(tmp_path), mask)
    assert np.array_equal(samples(path), np.where(RAMP > 127, 255, 0))


def test_transparency_turned_into_a_mask_is_white_where_it_was_clear(tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    Image.fromarray(np.stack([RAMP * 0] * 3 + [RAMP], axis=2)).save(mask)
    _, path = given(tmp_path, gray_photo(tmp_path), mask, alpha=True)
    assert np.array_equal(samples(path), 255 - RAMP)


def test_a_mask_that_was_fitted_has_the_photos_rows_and_columns(tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    Image.new("L", (3 * WIDTH, 2 * HEIGHT), 77).save(mask)
    _, path = given(tmp_path, gray_photo(tmp_path), mask, resize=True)
    values = samples(path)
    assert (values.shape, values.dtype) == ((HEIGHT, WIDTH), np.uint8)
    assert set(values.ravel()) == {77}


def test_an_empty_pool_gives_one_black_pixel_twice(tmp_path: Path) -> None:
    async def story() -> tuple[bytes, bytes]:
        desk = PoolDesk(tmp_path)
        try:
            found = await desk.select()
            return found.image, found.mask
        finally:
            await desk.store.close()

    image, mask = asyncio.run(story())
    assert (samples(image).shape, samples(mask).shape) == ((1, 1), (1, 1))
    assert samples(mask).dtype == np.uint8
    assert (samples(image).max(), samples(mask).max()) == (0, 0)
