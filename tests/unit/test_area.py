import numpy as np
import pytest

from daemon.imaging.area import area_weights, downscale


def test_every_source_pixel_counts_the_same() -> None:
    weights = area_weights(10, 4)
    assert weights.sum(axis=0) == pytest.approx(np.full(10, 0.4))
    assert weights.sum(axis=1) == pytest.approx(np.ones(4))


def test_halving_averages_blocks_of_two_by_two() -> None:
    pixels = np.array([[0, 100], [100, 200]], np.uint8)[..., None].repeat(3, axis=2)
    assert downscale(pixels, 1, 1)[0, 0] == pytest.approx([100 / 255] * 3)


def test_sixteen_bit_keeps_what_eight_bit_would_round_away() -> None:
    pixels = np.full((200, 300, 3), 32769, np.uint16)
    assert downscale(pixels, 31, 17) == pytest.approx(np.float32(32769 / 65535), abs=1e-6)


def test_a_fractional_factor_splits_the_middle_pixel() -> None:
    pixels = np.array([[[0]], [[90]], [[255]]], np.uint8)
    small = downscale(pixels, 1, 2)[:, 0, 0] * 255
    assert small == pytest.approx([30.0, 200.0], abs=1e-3)


def test_the_same_size_returns_the_same_values() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (130, 70, 3), dtype=np.uint8)
    assert np.rint(downscale(pixels, 70, 130) * 255).astype(np.uint8) == pytest.approx(pixels)
