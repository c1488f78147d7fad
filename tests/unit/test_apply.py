"""Applying a LUT: exact where it must be, close to the float reference elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.imaging.apply import apply_lut
from daemon.imaging.lattice import identity_lut, interpolate
from daemon.imaging.processor import LutProcessor, run_lut

RNG = np.random.default_rng(11)


def wild_lut(size):
    noise = np.random.default_rng(size).uniform(-0.15, 0.15, (size, size, size, 3))
    return (identity_lut(size) + noise).astype(np.float32)


def random_image(dtype, shape=(61, 83, 3)):
    if np.dtype(dtype).kind == "f":
        return RNG.random(shape, dtype=np.float32)
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def every_level(dtype):
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    return np.stack([levels, levels[::-1], np.roll(levels, 77)], axis=-1).reshape(16, -1, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [2, 17, 33, 64, 129])
def test_the_identity_returns_every_level_unchanged(dtype, size):
    image = every_level(dtype)
    np.testing.assert_array_equal(apply_lut(image, identity_lut(size)), image)


@pytest.mark.parametrize("size", [2, 3, 17, 33, 65, 129])
@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_the_result_is_the_rounded_float_reference(dtype, white, size):
    image = random_image(dtype)
    lut = wild_lut(size)
    reference = np.clip(interpolate(lut.astype(np.float64), image / white), 0, 1) * 255
    error = np.abs(apply_lut(image, lut) * (255 / white) - reference)
    assert error.max() <= 0.51


def test_float_pixels_are_graded_without_clipping():
    image = random_image(np.float32)
    lut = wild_lut(33)
    np.testing.assert_allclose(apply_lut(image, lut), interpolate(lut, image), atol=2e-6)


def test_float_pixels_outside_the_lattice_are_clamped_onto_it():
    image = np.array([[[-1.0, 2.0, np.inf], [np.nan, 0.5, -np.inf]]], np.float32)
    np.testing.assert_allclose(
        apply_lut(image, identity_lut(5)), [[[0, 1, 1], [0, 0.5, 0]]], atol=1e-6
    )


def test_strength_zero_returns_the_image():
    image = random_image(np.uint16)
    np.testing.assert_array_equal(apply_lut(image, wild_lut(17), strength=0.0), image)


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.5])
def test_strength_moves_linearly_from_the_image_to_the_graded_one(strength):
    image = random_image(np.float32)
    lut = wild_lut(17)
    expected = image + strength * (interpolate(lut, image) - image)
    np.testing.assert_allclose(apply_lut(image, lut, strength=strength), expected, atol=3e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_alpha_is_left_alone(dtype):
    image = random_image(dtype, (50, 40, 4))
    graded = apply_lut(image, wild_lut(9))
    np.testing.assert_array_equal(graded[..., 3], image[..., 3])
    np.testing.assert_array_equal(graded[..., :3], apply_lut(image[..., :3], wild_lut(9)))


def test_alpha_is_left_alone_under_a_mask():
    image = random_image(np.uint8, (50, 40, 4))
    graded = apply_lut(image, wild_lut(9), mask=np.full((50, 40), 128, np.uint8))
    np.testing.assert_array_equal(graded[..., 3], image[..., 3])


def test_a_view_into_a_larger_image_is_graded_in_place():
    canvas = random_image(np.uint8, (60, 80, 4))
    before = canvas.copy()
    view = canvas[5:50, 7:70, :3]
    apply_lut(view, wild_lut(9), out=view)
    np.testing.assert_array_equal(view, apply_lut(before[5:50, 7:70, :3], wild_lut(9)))
    np.testing.assert_array_equal(canvas[..., 3], before[..., 3])
    np.testing.assert_array_equal(canvas[:5], before[:5])


def test_the_original_is_not_written_to():
    image = random_image(np.uint8)
    image.flags.writeable = False
    assert apply_lut(image, wild_lut(9)) is not image


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_mask_keeps_grades_and_mixes(dtype):
    image = random_image(dtype, (3, 30, 3))
    lut = wild_lut(17)
    mask = np.repeat(np.array([[0], [255], [51]], np.uint8), 30, axis=1)
    masked, graded = apply_lut(image, lut, mask=mask), apply_lut(image, lut)
    np.testing.assert_array_equal(masked[0], image[0])
    np.testing.assert_allclose(masked[1], graded[1], rtol=1e-6, atol=1e-6)
    # 51 / 255 is a fifth; two roundings of half a level each
    mixed = image[2] * 0.8 + graded[2] * 0.2
    np.testing.assert_allclose(masked[2], mixed, atol=0.61 if dtype != np.float32 else 1e-6)


@pytest.mark.parametrize(
    "mask",
    [
        np.ones((20, 20), bool),
        np.ones((20, 20), np.float64),
        np.full((20, 20), 7.0, np.float32),
        np.full((20, 20), 65535, np.uint16),
    ],
)
def test_a_full_mask_of_any_kind_grades_everything(mask):
    image = random_image(np.uint8, (20, 20, 3))
    np.testing.assert_array_equal(
        apply_lut(image, wild_lut(9), mask=mask), apply_lut(image, wild_lut(9))
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 5), (257, 300)])
def test_a_thin_mask_changes_no_bit_outside(dtype, channels, shape):
    image = random_image(dtype, (*shape, channels))
    mask = np.zeros(shape, np.uint8)
    mask[-1, -1] = 200
    graded = apply_lut(image, wild_lut(9), mask=mask)
    np.testing.assert_array_equal(graded[mask == 0], image[mask == 0])
    np.testing.assert_array_equal(graded[..., 3:], image[..., 3:])
    assert (graded[-1, -1] != image[-1, -1]).any()


def test_nan_and_minus_zero_survive_where_the_mask_keeps():
    image = np.array([[[np.nan, -0.0, 0.5], [0.1, 0.2, 0.3]]], np.float32)
    graded = apply_lut(image, wild_lut(9), mask=np.array([[0, 255]], np.uint8))
    assert graded[0, 0].tobytes() == image[0, 0].tobytes()


def test_an_empty_mask_returns_the_image():
    image = random_image(np.uint16, (20, 20, 3))
    np.testing.assert_array_equal(
        apply_lut(image, wild_lut(9), mask=np.zeros((20, 20), np.float32)), image
    )


def opponent_parts(pixels):
    """Luma by BT.709 and the differences to it, of float pixels."""
    luma = pixels @ np.array([0.2126, 0.7152, 0.0722])
    return luma, pixels - luma[..., None]


@pytest.mark.parametrize("strength", [1.0, 0.4, 1.5])
def test_luma_alone_keeps_the_images_chroma(strength):
    image, lut = random_image(np.float32).astype(np.float64), wild_lut(17)
    graded = apply_lut(image.astype(np.float32), lut, channels="luma", strength=strength)
    luma, chroma = opponent_parts(graded)
    wanted, _ = opponent_parts(image + strength * (interpolate(lut, image) - image))
    np.testing.assert_allclose(luma, wanted, atol=5e-6)
    np.testing.assert_allclose(chroma, opponent_parts(image)[1], atol=5e-6)


@pytest.mark.parametrize("strength", [1.0, 0.4, 1.5])
def test_chroma_alone_keeps_the_images_luma(strength):
    image, lut = random_image(np.float32).astype(np.float64), wild_lut(17)
    graded = apply_lut(image.astype(np.float32), lut, channels="chroma", strength=strength)
    luma, chroma = opponent_parts(graded)
    _, wanted = opponent_parts(image + strength * (interpolate(lut, image) - image))
    np.testing.assert_allclose(chroma, wanted, atol=5e-6)
    np.testing.assert_allclose(luma, opponent_parts(image)[0], atol=5e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", ["luma", "chroma"])
def test_the_identity_in_part_returns_every_level_unchanged(dtype, channels):
    image = every_level(dtype)
    graded = apply_lut(image, identity_lut(33), channels=channels, strength=1.5)
    np.testing.assert_array_equal(graded, image)


def test_unknown_channels_are_refused():
    with pytest.raises(ValueError, match="'colour'"):
        apply_lut(np.zeros((4, 4, 3), np.uint8), identity_lut(2), channels="colour")


@settings(max_examples=25, deadline=None)
@given(height=st.integers(0, 40), width=st.integers(0, 40), threads=st.integers(1, 3))
def test_any_size_and_thread_count_gives_the_same_pixels(height, width, threads):
    image = random_image(np.uint8, (height, width, 3))
    expected = interpolate(wild_lut(5).astype(np.float64), image / 255)
    graded = apply_lut(image, wild_lut(5), threads=threads)
    assert graded.shape == image.shape
    assert (np.abs(graded - np.clip(expected, 0, 1) * 255) <= 0.51).all()


def test_the_checkpoint_hears_of_every_strip_and_ends_at_one():
    heard = []
    apply_lut(np.zeros((3000, 1024, 3), np.uint8), identity_lut(2), checkpoint=heard.append)
    assert heard == [512 / 3000, 1024 / 3000, 1536 / 3000, 2048 / 3000, 2560 / 3000, 1.0]


def test_a_checkpoint_that_raises_stops_the_work():
    class StopError(Exception):
        pass

    def stop(fraction):
        raise StopError

    image = np.full((6000, 1024, 3), 9, np.uint8)
    with pytest.raises(StopError):
        apply_lut(image, np.zeros((2, 2, 2, 3), np.float32), out=image, checkpoint=stop)
    assert (image[3000:] == 9).all()


@pytest.mark.parametrize(
    ("image", "options", "complaint"),
    [
        (np.zeros((4, 4), np.uint8), {}, "shape"),
        (np.zeros((4, 4, 2), np.uint8), {}, "shape"),
        (np.zeros((4, 4, 3), np.uint8), {"strength": 1.6}, "strength"),
        (np.zeros((4, 4, 3), np.uint8), {"strength": float("nan")}, "strength"),
        (np.zeros((4, 4, 3), np.uint8), {"mask": np.zeros((4, 5))}, "mask"),
        (np.zeros((4, 4, 3), np.uint8), {"out": np.zeros((4, 4, 3), np.uint16)}, "out"),
    ],
)
def test_what_does_not_fit_is_refused(image, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        apply_lut(image, identity_lut(2), **options)


def test_other_depths_are_refused():
    with pytest.raises(TypeError, match="int32"):
        apply_lut(np.zeros((4, 4, 3), np.int32), identity_lut(2))


def test_a_processor_for_another_depth_is_refused():
    with pytest.raises(TypeError, match="float64"):
        LutProcessor(identity_lut(2), np.float64, np.float32)


def test_running_a_lut_over_no_colours_is_no_error():
    assert run_lut(identity_lut(2), np.zeros((0, 3), np.float32)).shape == (0, 3)
