"""Where no mask was painted a pool gives zeros of the photo's size, and never an old one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.protocol.messages import PoolSelected
from tests.fakes.pool_desk import PoolDesk, samples


def photo(folder: Path, name: str, width_px: int, height_px: int) -> Path:
    path = folder / name
    Image.new("RGB", (width_px, height_px), (200, 100, 50)).save(path)
    return path


def white(folder: Path, width_px: int, height_px: int) -> Path:
    path = folder / "white.png"
    Image.new("L", (width_px, height_px), 255).save(path)
    return path


def told(folder: Path, story: Callable[[PoolDesk], Awaitable[PoolSelected]]) -> PoolSelected:
    async def run() -> PoolSelected:
        desk = PoolDesk(folder)
        try:
            return await story(desk)
        finally:
            await desk.store.close()

    return asyncio.run(run())


def is_zeros(path: bytes, width_px: int, height_px: int) -> bool:
    values = samples(path)
    return values.shape == (height_px, width_px) and values.dtype == np.uint8 and not values.any()


def test_a_photo_without_a_mask_has_zeros_of_its_size(tmp_path: Path) -> None:
    async def story(desk: PoolDesk) -> PoolSelected:
        await desk.add([photo(tmp_path, "a.png", 9, 4)])
        return await desk.select()

    found = told(tmp_path, story)
    assert is_zeros(found.mask, 9, 4)
    assert not found.painted


def test_photos_of_different_sizes_have_zeros_of_their_own(tmp_path: Path) -> None:
    async def story(desk: PoolDesk) -> PoolSelected:
        await desk.add([photo(tmp_path, "a.png", 9, 4), photo(tmp_path, "b.png", 4, 9)])
        await desk.select(0)
        return await desk.select(1)

    assert is_zeros(told(tmp_path, story).mask, 4, 9)


def test_a_mask_that_was_taken_away_leaves_zeros(tmp_path: Path) -> None:
    async def story(desk: PoolDesk) -> PoolSelected:
        await desk.add([photo(tmp_path, "a.png", 9, 4)])
        await desk.set_mask(0, white(tmp_path, 9, 4))
        assert (await desk.select()).painted
        await desk.set_mask(0, None)
        return await desk.select()

    found = told(tmp_path, story)
    assert is_zeros(found.mask, 9, 4)
    assert not found.painted


def test_a_mask_that_is_black_all_over_counts_as_none(tmp_path: Path) -> None:
    black = tmp_path / "black.png"
    Image.new("L", (9, 4)).save(black)

    async def story(desk: PoolDesk) -> PoolSelected:
        await desk.add([photo(tmp_path, "a.png", 9, 4)])
        await desk.set_mask(0, white(tmp_path, 9, 4))
        await desk.set_mask(0, black)
        return await desk.select()

    found = told(tmp_path, story)
    assert is_zeros(found.mask, 9, 4)
    assert not found.painted


def test_one_step_above_black_is_a_mask(tmp_path: Path) -> None:
    faint = tmp_path / "faint.png"
    Image.new("L", (9, 4), 1).save(faint)

    async def story(desk: PoolDesk) -> PoolSelected:
        await desk.add([photo(tmp_path, "a.png", 9, 4)])
        await desk.set_mask(0, faint)
        return await desk.select()

    found = told(tmp_path, story)
    assert found.painted
    assert set(samples(found.mask).ravel()) == {1}


def test_zeros_that_were_cleaned_out_of_the_cache_are_made_again(tmp_path: Path) -> None:
    async def story(desk: PoolDesk) -> PoolSelected:
        await desk.add([photo(tmp_path, "a.png", 9, 4)])
        os.unlink((await desk.select()).mask)
        return await desk.select()

    assert is_zeros(told(tmp_path, story).mask, 9, 4)


def test_zeros_follow_a_photo_that_was_cropped(tmp_path: Path) -> None:
    async def story(desk: PoolDesk) -> PoolSelected:
        await desk.add([photo(tmp_path, "a.png", 9, 4)])
        await desk.select()
        photo(tmp_path, "a.png", 6, 3)
        return await desk.select()

    assert is_zeros(told(tmp_path, story).mask, 6, 3)


@pytest.mark.parametrize("index", [-1, 0, 5])
def test_an_empty_pool_has_a_zero_of_one_pixel(index: int, tmp_path: Path) -> None:
    found = told(tmp_path, lambda desk: desk.select(index))
    assert is_zeros(found.mask, 1, 1)
    assert (found.count, found.painted) == (0, False)
