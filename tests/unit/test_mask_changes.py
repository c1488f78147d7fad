"""Changes of a mask in a worker: what it reads, what it writes, what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.decode.icc import profile_for
from daemon.handlers.mask_changes import change_mask
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import BoxChanged, ChangeMask
from tests.fakes.quiet import QuietContext

HEIC = Path(__file__).parents[1] / "data/photos/phone.heic"
WIDTH, HEIGHT = 40, 30


class Easel:
    """A photo, a painting of its size, and a place for what a change gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.photo, self.values = folder / "photo.png", folder / "values"
        self.surface = folder / "surface"
        self.size = (WIDTH, HEIGHT)
        Image.new("RGB", self.size, "white").save(self.photo)
        self.paint(np.zeros((HEIGHT, WIDTH), np.uint8))

    def paint(self, mask: np.ndarray) -> None:
        self.values.write_bytes(bytes(4096) + mask.tobytes())

    def change_mask(self, name: str, **how: object) -> np.ndarray:
        """Return the whole mask that a change gives, zeros outside its box."""
        width, height = self.size
        box = self.box(name, **how)
        whole = np.zeros((height, width), np.uint8)
        if box.width_px:
            found = np.frombuffer(self.surface.read_bytes(), np.uint8)
            rows = slice(box.top_px, box.top_px + box.height_px)
            columns = slice(box.left_px, box.left_px + box.width_px)
            whole[rows, columns] = found.reshape(box.height_px, box.width_px)
        return whole

    def box(self, name: str, **how: object) -> BoxChanged:
        task = ChangeMask(
            change=name,
            photo_path=bytes(self.photo),
            values_path=bytes(self.values),
            offset=4096,
            width_px=self.size[0],
            height_px=self.size[1],
            surface_path=bytes(self.surface),
            **how,
        )
        return change_mask(task, QuietContext())[0]


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    return Easel(tmp_path)


def refusal(easel: Easel, name: str, **how: object) -> RabbitError:
    with pytest.raises(RabbitError) as caught:
        easel.change_mask(name, **how)
    return caught.value


def test_only_the_box_that_changes_is_given(easel: Easel) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10, 20] = 255
    easel.paint(mask)
    box = easel.box("grow", amount_px=2.0)
    assert (box.left_px, box.top_px, box.width_px, box.height_px) == (18, 8, 5, 5)
    assert easel.surface.stat().st_size == 25


def test_the_photos_transparency_becomes_white(easel: Easel) -> None:
    alpha = np.arange(WIDTH * HEIGHT, dtype=np.uint32).reshape(HEIGHT, WIDTH).astype(np.uint8)
    rgba = np.dstack([np.zeros((HEIGHT, WIDTH, 3), np.uint8), alpha])
    Image.fromarray(rgba).save(easel.photo)
    assert np.array_equal(easel.change_mask("alpha"), 255 - alpha)
    assert np.array_equal(easel.change_mask("alpha", invert=True), alpha)


def test_a_photo_without_transparency_says_so(easel: Easel) -> None:
    assert "has no transparency" in refusal(easel, "alpha").info.message


def test_a_file_is_fitted_on_request_only(easel: Easel, tmp_path: Path) -> None:
    Image.new("L", (8, 6), 200).save(tmp_path / "small.png")
    path = bytes(tmp_path / "small.png")
    error = refusal(easel, "file", path=path)
    assert error.info.message == "The mask is 8 x 6 pixels, the photo 40 x 30."
    assert (easel.change_mask("file", path=path, resize=True) == 200).all()
    assert (easel.change_mask("file", path=path, resize=True, invert=True) == 55).all()


def test_a_photo_that_changed_its_size_is_told(easel: Easel) -> None:
    Image.new("RGB", (41, 30)).save(easel.photo)
    error = refusal(easel, "luminosity")
    assert error.info.message == "The photo is 41 x 30 pixels now, its mask 40 x 30."


@pytest.mark.parametrize("radius", [-1.0, 1e9, float("nan"), float("inf")])
def test_a_radius_that_makes_no_sense_is_refused(easel: Easel, radius: float) -> None:
    assert refusal(easel, "grow", amount_px=radius).info.kind is ErrorKind.INVALID_REQUEST


def test_a_heic_photo_is_looked_at_upright(easel: Easel) -> None:
    easel.photo, easel.size = HEIC, (240, 180)
    assert (easel.change_mask("luminosity") == 255).all()


def test_colours_outside_of_srgb_are_told_apart(easel: Easel) -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:, :20] = (0, 255, 0)
    pixels[:, 20:] = (30, 238, 10)
    easel.photo.unlink()
    Image.fromarray(pixels).save(easel.photo, icc_profile=profile_for("display-p3"))
    selected = easel.change_mask("similar", row=0, column=0, tolerance=3.0)
    assert (selected[:, :20] == 255).all()
    assert not selected[:, 20:].any()


def test_what_is_connected_stops_at_another_colour(easel: Easel) -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    pixels[:, 15] = 0
    Image.fromarray(pixels).save(easel.photo)
    near = easel.change_mask("similar", row=3, column=3, tolerance=2.0)
    assert (near[:, :15] == 255).all()
    assert not near[:, 15:].any()
    everywhere = easel.change_mask("similar", row=3, column=3, tolerance=2.0, contiguous=False)
    assert (everywhere[:, 16:] == 255).all()
