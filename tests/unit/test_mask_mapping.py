"""Which files the window maps for painting: plain ones of the pools, as large as they say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rabbitviewer.models.mask_files import map_answer, open_values

HEADER = 4096


@pytest.fixture
def pools(tmp_path: Path) -> Path:
    pool = tmp_path / "pools" / "one"
    pool.mkdir(parents=True)
    (pool / "img_0001.painting").write_bytes(bytes(HEADER + 600))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "img_0001.painting").write_bytes(bytes(HEADER + 600))
    return tmp_path / "pools"


def opened(path: Path, pools: Path, offset: int = HEADER) -> tuple[int, int]:
    return open_values(os.fsencode(path), offset, 30, 20, pools).buffer.values.shape


def test_a_painting_of_a_pool_is_mapped(pools: Path) -> None:
    assert opened(pools / "one" / "img_0001.painting", pools) == (20, 30)


def test_a_painting_elsewhere_is_not(pools: Path) -> None:
    with pytest.raises(ValueError, match="is not in"):
        opened(pools.parent / "other" / "img_0001.painting", pools)


def test_a_folder_that_leads_elsewhere_is_not_followed(pools: Path) -> None:
    (pools / "two").symlink_to(pools.parent / "other")
    with pytest.raises(ValueError, match="leads out of"):
        opened(pools / "two" / "img_0001.painting", pools)


@pytest.mark.parametrize("offset", [-HEADER, -100, HEADER + 1, 1 << 62])
def test_values_that_are_not_in_the_file_are_not_mapped(pools: Path, offset: int) -> None:
    with pytest.raises(ValueError, match="does not hold 30 x 20"):
        opened(pools / "one" / "img_0001.painting", pools, offset)


def make_pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path, target: Path) -> None:
    path.symlink_to(target)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
@pytest.mark.parametrize("make", [make_pipe, make_link])
def test_an_answer_is_a_plain_file(pools: Path, make: Callable[[Path, Path], None]) -> None:
    surface = pools / "surface"
    make(surface, pools / "one" / "img_0001.painting")
    with pytest.raises((OSError, ValueError)):
        map_answer(os.fsencode(surface), 30, 20, pools)
