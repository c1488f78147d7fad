"""Counting samples for the histogram and the clipping marks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from daemon.handlers.toning import tones
from daemon.imaging.tones import BLOCKED, BLOWN, count_tones
from daemon.tasks import MeasureTones


class Idle:
    """A worker that nobody pauses or cancels."""

    def checkpoint(self, fraction: float | None = None) -> None:
        return


def test_every_sample_is_counted_in_its_channel() -> None:
    counted = count_tones(np.array([[[10, 20, 30], [10, 99, 30]]], np.uint8))
    assert counted.bins[0, 10] == 2
    assert (counted.bins[1, 20], counted.bins[1, 99]) == (1, 1)
    assert counted.bins[2, 30] == 2
    assert counted.bins.sum(axis=1).tolist() == [2, 2, 2, 2]


def test_luma_of_grey_is_that_grey() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, axis=2)
    assert count_tones(ramp).bins[3].tolist() == [1] * 256


def test_one_channel_at_the_top_blows_a_pixel_and_all_at_the_bottom_block_it() -> None:
    row = [[255, 10, 10], [0, 0, 0], [0, 0, 40], [128, 128, 128]]
    counted = count_tones(np.array([row], np.uint8))
    assert counted.clipping.tolist() == [[BLOWN, BLOCKED, 0, 0]]
    assert (counted.blown, counted.blocked) == (0.25, 0.25)


def test_strips_of_a_large_photo_add_up() -> None:
    counted = count_tones(np.full((1200, 700, 3), 255, np.uint8))
    assert counted.bins[:, 255].tolist() == [840_000] * 4
    assert counted.blown == 1.0


def test_a_photo_is_measured_at_the_size_that_fits(tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    Image.new("RGB", (400, 200), (255, 255, 255)).save(path)
    task = MeasureTones(path=os.fsencode(path), max_width_px=100, max_height_px=100)
    made, blob = tones(task, Idle())
    assert (made.width_px, made.height_px, made.blown) == (100, 50, 1.0)
    bins = np.frombuffer(blob[:4096], "<u4").reshape(4, 256)
    assert bins[:, 255].tolist() == [5000] * 4
    assert blob[4096:] == bytes([BLOWN]) * 5000
