"""Fitting a LUT to a pair: the identity exactly, grades closely, whatever else models do."""

import numpy as np
import pytest
from scipy import ndimage

from daemon.imaging.difference import delta_e_2000, srgb_to_lab
from daemon.imaging.lattice import identity_lut, interpolate
from daemon.imaging.lut import apply_lut, extract_lut
from daemon.imaging.quality import NO_MATCH, NOT_GLOBAL
from daemon.imaging.registration import Placement
from daemon.imaging.resample import resample
from tests.fakes.graded_photos import (
    astronaut,
    black_and_white,
    bleach_bypass,
    chelsea,
    coffee,
    graded,
    teal_and_orange,
    to_8_bit,
    warm,
)

PORTRAIT, STILL, CAT = astronaut(), coffee(), chelsea()
PORTRAIT.flags.writeable = STILL.flags.writeable = CAT.flags.writeable = False
PHOTOS = {"portrait": PORTRAIT, "still": STILL, "cat": CAT}
GRADES = (warm, teal_and_orange, bleach_bypass, black_and_white)


def moved(edit, placement):
    size = edit.shape[:2]
    rows, columns = placement.maps(size, size)
    return to_8_bit(resample(edit.astype(np.float32) / 255, size, rows, columns))


def with_noise(edit):
    return to_8_bit(edit / 255 + np.random.default_rng(3).normal(0, 2 / 255, edit.shape))


def with_inventions(edit):
    """Two patches, 6 % of the picture, that show something else."""
    result = edit.copy()
    height, width = edit.shape[:2]
    grain = ndimage.gaussian_filter(np.random.default_rng(4).normal(0, 1, edit.shape[:2]), 3)
    for top, left, color in ((0.1, 0.2, (0.9, 0.2, 0.3)), (0.55, 0.6, (0.1, 0.5, 0.9))):
        rows = slice(int(top * height), int((top + 0.2) * height))
        columns = slice(int(left * width), int((left + 0.15) * width))
        texture = np.array(color) + grain[rows, columns, None] / grain.std() * 0.06
        result[rows, columns] = to_8_bit(texture)
    return result


DEGRADATIONS = {
    "clean": lambda edit: edit,
    "shift and zoom": lambda edit: moved(edit, Placement(0.012, 0.012, 3.2, -2.6)),
    "noise": with_noise,
    "inventions": with_inventions,
    "all together": lambda edit: with_noise(
        with_inventions(moved(edit, Placement(-0.01, -0.01, -2.5, 3.4)))
    ),
}


def error(lut, photo, truth):
    """Mean CIEDE2000 between the LUT and the true grade on the photo."""
    part = photo[::2, ::2]
    predicted = srgb_to_lab(apply_lut(np.ascontiguousarray(part), lut) / 255)
    return float(delta_e_2000(predicted, srgb_to_lab(truth[::2, ::2] / 255)).mean())


def naive_lut(original, edit, size=33):
    """Averages per cell, holes filled from the nearest cell."""
    index = (original.reshape(-1, 3).astype(int) * size // 256) @ np.array([size * size, size, 1])
    count = np.bincount(index, minlength=size**3)
    sums = [np.bincount(index, edit[..., c].ravel() / 255, size**3) for c in range(3)]
    lut = (np.stack(sums, axis=1) / np.maximum(count, 1)[:, None]).reshape(size, size, size, 3)
    empty = (count == 0).reshape(size, size, size)
    nearest = ndimage.distance_transform_edt(empty, return_distances=False, return_indices=True)
    return lut[tuple(nearest)].astype(np.float32)


# ------------------------------------------------------------------ the identity


@pytest.mark.parametrize("size", [2, 9, 17, 33])
def test_an_edit_that_changes_nothing_gives_the_identity(size):
    fit = extract_lut(CAT, CAT, size)
    np.testing.assert_allclose(fit.lut, identity_lut(size), atol=1e-4)


@pytest.mark.parametrize("size", [12, 65])
def test_sizes_between_and_beyond_give_the_identity_too(size):
    fit = extract_lut(CAT, CAT, size, register=False)
    np.testing.assert_allclose(fit.lut, identity_lut(size), atol=1e-4)


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_other_depths_are_fitted_alike(kind):
    scale = 257 if kind == np.uint16 else np.float32(1 / 255)
    fit = extract_lut(CAT.astype(kind) * kind(scale), CAT, register=False)
    np.testing.assert_allclose(fit.lut, identity_lut(33), atol=1e-4)


def test_where_only_the_compression_differs_nothing_is_left_to_explain():
    noise = np.random.default_rng(3).integers(-1, 2, CAT.shape)
    fit = extract_lut(CAT, np.clip(CAT + noise, 0, 255).astype(np.uint8))
    assert (fit.explained, fit.verdict) == (1.0, "excellent")


def test_the_identity_is_reported_as_perfect():
    fit = extract_lut(CAT, CAT)
    assert fit.delta_e_mean == pytest.approx(0, abs=1e-3)
    assert fit.explained == 1.0
    assert fit.warning == ""
    assert (fit.registration.dx_px, fit.registration.dy_px, fit.registration.scale) == (0, 0, 1)


class AdobeRgb:
    """Adobe RGB (1998) by its published matrix, gamma 563/256, not clipped."""

    _TO_XYZ_ADOBE = np.array(
        [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
    )
    _TO_XYZ_SRGB = np.array(
        [[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07217], [0.01933, 0.11919, 0.95030]]
    )
    _GAMMA = 563 / 256

    def from_srgb(self, colors):
        size = np.abs(colors)
        linear = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
        mixed = (np.sign(colors) * linear) @ (
            np.linalg.inv(self._TO_XYZ_ADOBE) @ self._TO_XYZ_SRGB
        ).T
        return (np.sign(mixed) * np.abs(mixed) ** (1 / self._GAMMA)).astype(np.float32)

    def to_srgb(self, colors):
        linear = np.sign(colors) * np.abs(colors) ** self._GAMMA
        mixed = linear @ (np.linalg.inv(self._TO_XYZ_SRGB) @ self._TO_XYZ_ADOBE).T
        size = np.abs(mixed)
        encoded = np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
        return (np.sign(mixed) * encoded).astype(np.float32)


def test_the_identity_stays_the_identity_in_a_wide_space():
    fit = extract_lut(CAT, CAT, space=AdobeRgb())
    np.testing.assert_allclose(fit.lut, identity_lut(33), atol=1e-4)
    # fully saturated colours of the wide space, which sRGB cannot hold, come out untouched
    chart = np.array([[[0, 255, 0], [255, 0, 0], [0, 255, 255], [255, 255, 0]]], np.uint8)
    np.testing.assert_array_equal(apply_lut(chart, fit.lut), chart)


def test_a_grade_fitted_in_a_wide_space_is_the_same_grade():
    space = AdobeRgb()
    fit = extract_lut(STILL, graded(STILL, teal_and_orange), register=False, space=space)
    colors = STILL[::5, ::5].astype(np.float32) / 255
    back = space.to_srgb(interpolate(fit.lut, space.from_srgb(colors)).astype(np.float32))
    difference = delta_e_2000(srgb_to_lab(back), srgb_to_lab(teal_and_orange(colors)))
    assert difference.mean() < 0.4
    assert fit.delta_e_mean < 0.3


# ------------------------------------------------------------------ grades, and what models do


@pytest.mark.parametrize("grade", GRADES)
def test_a_grade_is_found_to_a_fraction_of_a_just_visible_difference(grade):
    truth = graded(STILL, grade)
    fit = extract_lut(STILL, truth)
    assert error(fit.lut, STILL, truth) < 0.35
    assert fit.explained > 0.99
    assert fit.warning == ""


@pytest.mark.slow
@pytest.mark.parametrize("degradation", list(DEGRADATIONS))
@pytest.mark.parametrize("grade", [teal_and_orange, bleach_bypass])
def test_the_grade_is_found_under_what_models_do_to_a_picture(grade, degradation):
    errors = []
    for photo in (PORTRAIT, STILL):
        truth = graded(photo, grade)
        fit = extract_lut(photo, DEGRADATIONS[degradation](truth))
        errors.append(error(fit.lut, photo, truth))
        assert fit.warning == ""
    assert max(errors) < 0.5


@pytest.mark.slow
def test_the_fit_beats_averaged_bins_many_times_on_a_degraded_edit():
    truth = graded(PORTRAIT, teal_and_orange)
    edit = DEGRADATIONS["all together"](truth)
    ours = error(extract_lut(PORTRAIT, edit).lut, PORTRAIT, truth)
    assert error(naive_lut(PORTRAIT, edit), PORTRAIT, truth) > 8 * ours


def test_colours_that_the_photo_does_not_have_follow_the_grade():
    fit = extract_lut(STILL, with_noise(graded(STILL, warm)))
    assert error(fit.lut, CAT, graded(CAT, warm)) < 1.0


def test_the_lut_has_no_bands_on_a_ramp_the_photo_never_showed():
    fit = extract_lut(CAT, with_noise(graded(CAT, teal_and_orange)))
    ramp = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], 3, axis=2)
    green = apply_lut(ramp, fit.lut)[0, :, 1]
    assert (np.diff(green) > -1e-3).all()


def test_where_the_edit_lay_is_reported():
    edit = moved(graded(STILL, warm), Placement(0.01, 0.01, 2.0, -3.0))
    found = extract_lut(STILL, edit).registration
    # content seen from 2 px farther right lies 2 px farther left
    assert (found.dx_px, found.dy_px) == pytest.approx((-2.0, 3.0), abs=0.2)
    assert found.scale == pytest.approx(np.exp(-0.01), abs=1e-3)
    assert found.rotation_deg == 0


def test_an_edit_of_another_size_is_fitted():
    truth = graded(PORTRAIT, warm)
    half = truth.astype(np.float32).reshape(256, 2, 256, 2, 3).mean(axis=(1, 3))
    fit = extract_lut(PORTRAIT, to_8_bit(half / 255))
    assert error(fit.lut, PORTRAIT, truth) < 0.5


def test_a_larger_edit_is_fitted():
    truth = graded(CAT, warm)
    fit = extract_lut(CAT, truth.repeat(2, axis=0).repeat(2, axis=1))
    assert error(fit.lut, CAT, truth) < 0.5


def test_pairs_far_over_a_megapixel_are_shrunk_first():
    large = PORTRAIT.repeat(3, axis=0).repeat(3, axis=1)
    fit = extract_lut(large, graded(large, warm), weights=np.ones(large.shape[:2], np.float32))
    assert error(fit.lut, PORTRAIT, graded(PORTRAIT, warm)) < 0.5


def test_a_cropped_edit_is_fitted():
    truth = graded(STILL, warm)
    fit = extract_lut(STILL, truth[:, 60:540])
    assert error(fit.lut, STILL, truth) < 0.35


def test_without_registration_the_edit_is_taken_as_a_stretch():
    truth = graded(CAT, warm)
    fit = extract_lut(CAT, truth, register=False)
    assert error(fit.lut, CAT, truth) < 0.3
    assert fit.registration.scale == 1.0


def test_pixels_without_weight_have_no_say():
    edit = graded(STILL, warm)
    edit[:, :300] = 255 - edit[:, :300]
    weights = np.ones(STILL.shape[:2], np.uint8) * 255
    weights[:, :310] = 0
    fit = extract_lut(STILL, edit, register=False, weights=weights)
    part = np.ascontiguousarray(STILL[:, 310:])
    assert error(fit.lut, part, graded(part, warm)) < 0.35


def test_no_weight_anywhere_gives_the_identity():
    weights = np.zeros(CAT.shape[:2], np.float32)
    fit = extract_lut(CAT, graded(CAT, warm), weights=weights)
    np.testing.assert_allclose(fit.lut, identity_lut(33), atol=1e-4)


def test_a_grade_that_clips_a_third_of_the_picture_is_found():
    def brighter(x):
        return np.minimum(x * 2.0, 1.0)

    truth = graded(STILL, brighter)
    assert (truth.max(axis=2) == 255).mean() > 0.33
    fit = extract_lut(STILL, truth, register=False)
    assert error(fit.lut, STILL, truth) < 0.3


def test_nodes_stay_near_the_displayable_range():
    fit = extract_lut(CAT, graded(CAT, lambda x: (x - 0.4) * 3))
    assert fit.lut.min() >= np.float32(-0.15)
    assert fit.lut.max() <= np.float32(1.15)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_even_picture_is_fitted_at_its_colour(value):
    even = np.full((64, 64, 3), value, np.uint8)
    edit = np.full((64, 64, 3), 200, np.uint8)
    fit = extract_lut(even, edit)
    graded_even = apply_lut(even, fit.lut).astype(int)
    assert np.abs(graded_even - 200).max() <= 4


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (5, 3), (33, 20)])
def test_pictures_of_a_few_pixels_are_no_error(size):
    tiny = np.random.default_rng(9).integers(0, 256, (*size, 3), np.uint8)
    fit = extract_lut(tiny, tiny)
    np.testing.assert_allclose(fit.lut, identity_lut(33), atol=1e-3)


# ------------------------------------------------------------------ what is said about it


def vignette(photo):
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    return to_8_bit(photo / 255 * (1 - 1.4 * (rows**2 + columns**2))[..., None])


def relit(photo):
    side = np.linspace(0.6, 1.5, photo.shape[1])[None, :, None]
    return to_8_bit(photo / 255 * side)


@pytest.mark.parametrize("photo", list(PHOTOS))
@pytest.mark.parametrize("edit", [vignette, relit])
def test_an_edit_that_differs_from_place_to_place_is_said_to(photo, edit):
    assert extract_lut(PHOTOS[photo], edit(PHOTOS[photo])).warning == NOT_GLOBAL


def test_another_picture_is_said_to_be_one():
    other = np.ascontiguousarray(np.tile(PORTRAIT, (1, 2, 1))[:400, :600])
    assert extract_lut(STILL, other).warning == NO_MATCH


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_with_nothing_on_it_is_no_match(level):
    fit = extract_lut(STILL, np.full_like(STILL, level))
    assert (fit.verdict, fit.warning) == ("no_match", NO_MATCH)


def test_a_very_flat_edit_is_a_match():
    assert extract_lut(STILL, (STILL * 0.1 + 100).astype(np.uint8)).warning != NO_MATCH


def test_a_picture_that_lost_its_outlines_raises_no_alarm():
    assert extract_lut(np.full((80, 80, 3), 90, np.uint8), CAT[:80, :80]).warning != NO_MATCH


def test_the_checkpoint_hears_growing_shares():
    heard = []
    extract_lut(CAT, CAT, checkpoint=heard.append)
    assert heard == sorted(heard)
    assert len(heard) >= 8
    assert heard[-1] <= 1


def test_a_checkpoint_that_raises_stops_the_fit():
    class StopError(Exception):
        pass

    def stop(fraction):
        raise StopError

    with pytest.raises(StopError):
        extract_lut(CAT, CAT, checkpoint=stop)


@pytest.mark.parametrize(
    ("original", "options", "complaint"),
    [
        (np.zeros((4, 4), np.uint8), {}, "shape"),
        (np.zeros((4, 4, 4), np.uint8), {}, "shape"),
        (np.zeros((0, 4, 3), np.uint8), {}, "shape"),
        (CAT, {"weights": np.ones((3, 3))}, "weights"),
        (CAT, {"fit": "affine"}, "not 'affine'"),
        (CAT, {"lut_size": 1}, "not 1"),
        (CAT, {"lut_size": 130}, "not 130"),
    ],
)
def test_what_does_not_fit_is_refused(original, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        extract_lut(original, CAT, **options)


def test_other_depths_are_refused():
    with pytest.raises(TypeError, match="int64"):
        extract_lut(CAT.astype(np.int64), CAT)
