"""What a worker learns from two picture files: in whose space, of which photo, what it tells."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from daemon.decode.color import IccSpace, profile_for
from daemon.decode.plain import read_rgb
from daemon.handlers.decoded_photos import DecodedPhotos
from daemon.handlers.fitting import fit_grade, fit_pair
from daemon.handlers.grading import apply_to_photo
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import FitReport
from daemon.tasks import ApplyLut, FitGrade, FitPair, GradeFitted
from tests.fakes.graded_photos import Colors, coffee, graded, to_8_bit, warm


class Quiet:
    def __init__(self) -> None:
        self.photos = DecodedPhotos()

    def checkpoint(self, fraction: float | None = None) -> None:
        assert fraction is None or 0.0 <= fraction <= 1.0


class Pair:
    """A small original, its edit and the photo, as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.save("photo.png", coffee())
        self.small = self.shrunk(300, 200)
        self.save("small.png", self.small)
        self.edit(lambda image: graded(image, warm))

    def save(self, name: str, pixels: NDArray[np.uint8]) -> None:
        Image.fromarray(pixels).save(self.folder / name)

    def shrunk(self, width: int, height: int) -> NDArray[np.uint8]:
        photo = Image.fromarray(coffee())
        return np.asarray(photo.resize((width, height), Image.Resampling.BOX))

    def edit(self, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> None:
        self.save("edited.png", change(self.small))

    def fit(
        self, photo: str = "photo.png", original: str = "small.png", **more: object
    ) -> FitReport:
        return self.learn(photo, original, **more).report

    def learn(
        self, photo: str = "photo.png", original: str = "small.png", **more: object
    ) -> GradeFitted:
        task = FitPair(
            original_path=os.fsencode(self.folder / original),
            edited_path=os.fsencode(self.folder / "edited.png"),
            cube_path=os.fsencode(self.folder / "grade.cube"),
            lut_size=9,
            photo_path=os.fsencode(self.folder / photo) if photo else b"",
            **more,
        )
        fitted, _ = fit_pair(task, Quiet())
        return fitted

    def cube(self) -> str:
        return (self.folder / "grade.cube").read_text(encoding="utf-8")


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_the_coverage_is_of_the_full_photo(pair: Pair) -> None:
    photo = coffee().copy()
    photo[:100] = np.random.default_rng(4).integers(0, 255, photo[:100].shape, dtype=np.uint8)
    pair.save("photo.png", photo)
    report = pair.fit()
    assert report.coverage is not None
    assert report.coverage == pytest.approx(0.75, abs=0.05)


def test_without_a_photo_it_is_of_the_original(pair: Pair) -> None:
    assert pair.fit(photo="").coverage == 1.0


def test_colours_that_no_srgb_copy_holds_are_not_covered(pair: Pair) -> None:
    pixels = np.full((200, 300, 3), 90, np.uint8)
    pixels[:100] = (0, 255, 0)
    icc = profile_for("display-p3")
    tifffile.imwrite(pair.folder / "wide.tif", pixels, photometric="rgb", iccprofile=icc)
    assert pair.fit("wide.tif", original="wide.tif").coverage == pytest.approx(0.5, abs=0.02)


def test_a_photo_of_other_colours_is_said_to_be_one(pair: Pair) -> None:
    pair.save("photo.png", np.full((400, 600, 3), (0, 255, 255), np.uint8))
    (note,) = pair.learn().notes
    assert note == (
        "Only 0% of the pixels of photo.png have a colour that small.png has too: check that both "
        "show the same scene."
    )


def test_the_photo_of_the_pair_needs_no_note(pair: Pair) -> None:
    assert pair.learn().notes == ()


def test_the_lut_lives_in_the_photos_space(pair: Pair) -> None:
    icc = profile_for("display-p3")
    tifffile.imwrite(pair.folder / "wide.tif", coffee(), photometric="rgb", iccprofile=icc)
    pair.fit(photo="wide.tif")
    assert "# rabbitviewer-space: display-p3" in pair.cube()


def test_without_a_photo_it_lives_in_the_originals(pair: Pair) -> None:
    pair.fit(photo="")
    assert "# rabbitviewer-space: srgb" in pair.cube()


@pytest.mark.parametrize("size", [(300, 201), (299, 200), (301, 199), (64, 43), (7, 5), (305, 200)])
def test_a_pixel_of_rounding_makes_no_other_shape(pair: Pair, size: tuple[int, int]) -> None:
    pair.save("small.png", pair.shrunk(*size))
    assert pair.fit().model in ("lut", "spatial")


@pytest.mark.parametrize("size", [(300, 225), (320, 180), (200, 300), (256, 256), (64, 48)])
def test_a_photo_of_another_shape_is_refused_with_both_sizes(
    pair: Pair, size: tuple[int, int]
) -> None:
    pair.save("small.png", pair.shrunk(*size))
    with pytest.raises(RabbitError, match=f"600 x 400 .* {size[0]} x {size[1]}") as caught:
        pair.fit()
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert not (pair.folder / "grade.cube").exists()


def test_an_edit_of_another_size_than_the_original_is_matched(pair: Pair) -> None:
    pair.edit(lambda image: graded(np.asarray(Image.fromarray(image).resize((440, 296))), warm))
    report = pair.fit()
    assert report.delta_e_mean is not None
    assert report.delta_e_mean < 1.0


def dusk(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A warm grade that grows dark and blue towards the right."""
    across = np.linspace(0, 1, image.shape[1])[None, :, None]
    night = np.array([0.3, 0.45, 0.8])
    colors: Colors = warm(image / 255) * (1 - across * (1 - night))
    return to_8_bit(colors)


class Spatial(Pair):
    """A pair whose edit varies over the picture."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.edit(dusk)
        self.grid = folder / "grade.grid"

    def fit(
        self, photo: str = "photo.png", original: str = "small.png", **more: object
    ) -> FitReport:
        return super().fit(photo, original, grid_path=os.fsencode(self.grid), **more)

    def apply(self, photo: str = "photo.png", *, varies: bool = True, **more: object) -> Colors:
        """The photo under the fitted grade, 0..255."""
        task = ApplyLut(
            path=os.fsencode(self.folder / photo),
            cube_path=os.fsencode(self.folder / "grade.cube"),
            grid_path=os.fsencode(self.grid) if varies else b"",
            temp_path=os.fsencode(self.folder / "result.png"),
            extension=".png",
            **more,
        )
        apply_to_photo(task, Quiet())
        return read_rgb(os.fsencode(self.folder / "result.png")).astype(float)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Spatial:
    """A grade that was fitted as one that varies; leave its files alone."""
    pair = Spatial(tmp_path_factory.mktemp("fitted"))
    assert pair.fit(fit="spatial").model == "spatial"
    return pair


def off(first: Colors, second: Colors) -> float:
    """The mean difference in levels."""
    return float(np.abs(first.astype(float) - second).mean())


def test_a_grade_that_varies_is_applied_where_it_was_learnt(fitted: Spatial) -> None:
    goal = dusk(coffee())
    assert off(fitted.apply(), goal) < 3
    assert off(fitted.apply(varies=False), goal) > 6


def test_automatic_lets_the_grade_vary_where_one_lut_does_not_do(tmp_path: Path) -> None:
    pair = Spatial(tmp_path)
    report = pair.fit(fit="auto")
    assert (report.model, report.warning) == ("spatial", "")
    assert pair.grid.exists()


def test_of_a_pure_colour_change_automatic_keeps_to_the_lut(tmp_path: Path) -> None:
    pair = Spatial(tmp_path)
    pair.edit(lambda image: graded(image, warm))
    report = pair.fit(fit="auto")
    assert (report.model, report.warning) == ("lut", "")
    assert not pair.grid.exists()


def test_one_lut_that_misses_the_edit_says_so(tmp_path: Path) -> None:
    pair = Spatial(tmp_path)
    report = pair.fit(fit="lut")
    assert (report.model, report.verdict) == ("lut", "not_global")
    assert report.warning
    assert report.summary
    assert not pair.grid.exists()


def test_a_spatial_grade_behind_a_mask_changes_nothing_outside(fitted: Spatial) -> None:
    mask = np.zeros((400, 600), np.uint8)
    mask[:, 300:] = 255
    fitted.save("mask.png", mask)
    after = fitted.apply(mask_path=os.fsencode(fitted.folder / "mask.png"))
    assert (after[:, :300] == coffee()[:, :300]).all()
    assert (after[:, 300:] != coffee()[:, 300:]).any()


def test_a_spatial_grade_of_another_space_does_the_same(fitted: Spatial) -> None:
    icc = profile_for("display-p3")
    wide = IccSpace(icc)
    pixels = to_8_bit(wide.from_srgb((coffee() / 255).astype(np.float32)))
    tifffile.imwrite(fitted.folder / "wide.tif", pixels, photometric="rgb", iccprofile=icc)
    result = fitted.apply("wide.tif") / 255
    back = np.clip(wide.to_srgb(result.astype(np.float32)), 0, 1) * 255
    assert off(back, fitted.apply()) < 1


def test_a_damaged_grid_is_refused_by_name(fitted: Spatial, tmp_path: Path) -> None:
    (tmp_path / "bad.grid").write_bytes(b"not a grid")
    task = ApplyLut(
        path=os.fsencode(fitted.folder / "photo.png"),
        cube_path=os.fsencode(fitted.folder / "grade.cube"),
        grid_path=os.fsencode(tmp_path / "bad.grid"),
        temp_path=os.fsencode(tmp_path / "x.png"),
    )
    with pytest.raises(RabbitError, match=r"bad\.grid cannot be used"):
        apply_to_photo(task, Quiet())


def test_what_is_padded_round_the_photo_does_not_move_the_grade(
    fitted: Spatial, tmp_path: Path
) -> None:
    pair = Spatial(tmp_path)
    top, left = 40, 60
    pads = ((top, top), (left, left), (0, 0))
    pair.save("sent.png", np.pad(pair.small, pads, mode="symmetric"))
    pair.save("edited.png", np.pad(dusk(pair.small), pads, mode="symmetric"))
    pair.save("clipped.png", np.pad(np.zeros((200, 300), np.uint8), pads[:2], constant_values=255))
    task = FitGrade(
        path=os.fsencode(tmp_path / "photo.png"),
        png_path=os.fsencode(tmp_path / "sent.png"),
        edited_path=os.fsencode(tmp_path / "edited.png"),
        clipped_path=os.fsencode(tmp_path / "clipped.png"),
        icc_path=os.fsencode(tmp_path / "none.icc"),
        cube_path=os.fsencode(tmp_path / "grade.cube"),
        grid_path=os.fsencode(pair.grid),
        box=(left, top, 300, 200),
        lut_size=9,
        fit="spatial",
        coverage=0.5,
    )
    report = fit_grade(task, Quiet())[0].report
    assert (report.model, report.coverage) == ("spatial", 0.5)
    assert off(pair.apply(), fitted.apply()) < 1


def test_a_hald_clut_says_what_it_cannot_hold(pair: Pair) -> None:
    icc = profile_for("display-p3")
    tifffile.imwrite(pair.folder / "wide.tif", coffee(), photometric="rgb", iccprofile=icc)
    notes = pair.learn("wide.tif", hald=True).notes
    assert any("does not say its colour space" in note for note in notes)
