"""How much of a photo's colour its small copy holds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from daemon.imaging.area import downscale
from daemon.imaging.coverage import color_coverage
from tests.fakes.graded_photos import astronaut


def flat(level: int, kind: type[np.unsignedinteger] = np.uint8) -> NDArray[np.unsignedinteger]:
    return np.full((60, 90, 3), level, kind)


def unit(pixels: NDArray[np.unsignedinteger]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)


def test_a_photo_holds_all_of_its_own_colours() -> None:
    photo = astronaut()
    assert color_coverage(photo, unit(photo)) == 1.0


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_what_the_small_copy_lacks_is_not_covered(kind: type[np.unsignedinteger]) -> None:
    top = np.iinfo(kind).max
    photo = flat(0, kind)
    photo[:, :30] = top
    assert color_coverage(photo, unit(flat(0, kind))) == pytest.approx(2 / 3)


def test_a_speck_that_averaging_swallows_is_not_covered() -> None:
    photo = flat(200)
    photo[::2, ::2] = (255, 0, 0)
    small = downscale(photo, 9, 6)
    assert color_coverage(photo, small) == 0.0


def test_every_level_of_8_bits_finds_itself() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert color_coverage(ramp, unit(ramp)) == 1.0


def test_colours_beyond_the_range_count_as_its_edge() -> None:
    assert color_coverage(flat(255), unit(flat(255)) * np.float32(1.2)) == 1.0


def test_alpha_is_no_colour() -> None:
    photo = np.dstack([flat(7), np.zeros((60, 90), np.uint8)])
    assert color_coverage(photo, unit(flat(7))) == 1.0


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1)])
def test_thin_photos_are_measured_too(shape: tuple[int, int]) -> None:
    photo = np.full((*shape, 3), 9, np.uint8)
    assert color_coverage(photo, unit(photo)) == 1.0


def test_a_large_photo_is_sampled_evenly_over_the_blocks_of_a_jpeg() -> None:
    photo = np.zeros((2400, 3200, 3), np.uint8)
    photo[::8] = 255
    assert color_coverage(photo, np.zeros((3, 4, 3), np.float32)) == pytest.approx(7 / 8, abs=0.01)
