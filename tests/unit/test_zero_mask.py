"""No mask is a mask of zeros: in files, for painting, under every change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.handlers import masking
from daemon.imaging.masks import morphology
from daemon.imaging.masks.boxes import Box
from daemon.imaging.masks.geometry import box_of, grown_box
from daemon.imaging.masks.similar import connected, cut
from daemon.tasks import CheckMask, ImportMask, LoadMask, WriteMask
from tests.fakes.quiet import QuietContext

ZEROS = np.zeros((7, 9), np.uint8)
CHANGES: dict[str, Callable[[], tuple[Box, np.ndarray]]] = {
    "grow": lambda: morphology.grow(ZEROS, 3, calm),
    "shrink": lambda: morphology.shrink(ZEROS, 3, calm),
    "feather": lambda: morphology.feather(ZEROS, 3, calm),
    "smooth": lambda: morphology.smooth(ZEROS, 3, calm),
    "fill holes": lambda: morphology.fill_holes(ZEROS, calm),
    "connected": lambda: connected(ZEROS, 3, 3, calm),
    "cut": lambda: cut(ZEROS),
}


def calm() -> None:
    return


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_zeros_changes_nothing(name: str) -> None:
    box, values = CHANGES[name]()
    assert box.is_empty
    assert values.size == 0


def test_zeros_have_no_box() -> None:
    assert box_of(ZEROS).is_empty
    assert grown_box(box_of(ZEROS), 5, Box(0, 0, 9, 7)).is_empty


def test_zeros_of_a_photos_size_are_written_without_values(tmp_path: Path) -> None:
    task = WriteMask(
        values_path=b"", offset=0, width_px=9, height_px=7, png_path=bytes(tmp_path / "zero.png")
    )
    written, _ = masking.store_mask(task, QuietContext())
    assert written.is_empty
    with Image.open(tmp_path / "zero.png") as picture:
        assert np.array_equal(np.asarray(picture), ZEROS)
    found, _ = masking.check_mask(CheckMask(path=task.png_path), QuietContext())
    assert found.is_empty


def test_painting_without_a_mask_begins_with_zeros(tmp_path: Path) -> None:
    task = LoadMask(
        mask_path=b"", values_path=bytes(tmp_path / "v"), offset=4, width_px=9, height_px=7
    )
    loaded, _ = masking.load_mask(task, QuietContext())
    assert loaded.is_empty
    assert (tmp_path / "v").read_bytes() == bytes(4 + 63)


def test_a_black_picture_is_told_as_empty(tmp_path: Path) -> None:
    Image.fromarray(ZEROS).save(tmp_path / "black.png")
    task = ImportMask(
        path=bytes(tmp_path / "black.png"),
        png_path=bytes(tmp_path / "mask.png"),
        width_px=9,
        height_px=7,
    )
    written, _ = masking.import_mask(task, QuietContext())
    assert written.is_empty
