"""Grades that vary over the picture: found, kept as bytes, applied without seams or halos."""

import numpy as np
import pytest

from daemon.imaging.lattice import identity_lut
from daemon.imaging.lut import apply_lut, extract_lut
from daemon.imaging.quality import NOT_GLOBAL
from daemon.imaging.spatial import SpatialGrid, color_terms
from daemon.imaging.spatial_apply import apply_spatial
from tests.fakes.graded_photos import astronaut, coffee, graded, teal_and_orange, to_8_bit

PORTRAIT = astronaut()
STILL = coffee()
IDENTITY = identity_lut(17)


def places(photo):
    """Height and width, 0..1, of every pixel's middle."""
    height, width = photo.shape[:2]
    return (np.arange(height)[:, None] + 0.5) / height, (np.arange(width) + 0.5) / width


def vignette(photo):
    down, across = places(photo)
    fall = 1 - 0.9 * ((down - 0.5) ** 2 + (across - 0.5) ** 2)
    return to_8_bit(photo / 255 * fall[..., None])


def mean_error(got, wanted):
    return np.abs(got.astype(int) - wanted).mean()


def grid_of(change, rows=7, columns=9, levels=3):
    """A grid whose offset is *change* (rows, columns) at all levels and in all channels."""
    coefficients = np.zeros((rows, columns, levels, 4, 3), np.float32)
    coefficients[:, :, :, 0, :] = change[:, :, None, None]
    return SpatialGrid(coefficients)


def random_grid(seed=1, size=0.05):
    rng = np.random.default_rng(seed)
    return SpatialGrid(rng.normal(0, size, (6, 8, 4, 4, 3)).astype(np.float32))


# ------------------------------------------------------------------ fitted


@pytest.fixture(scope="module")
def vignetted():
    return extract_lut(PORTRAIT, vignette(PORTRAIT), fit="spatial")


def test_a_vignette_is_brought_back(vignetted):
    result = apply_spatial(PORTRAIT, vignetted.lut, vignetted.grid)
    lut_alone = apply_lut(PORTRAIT, extract_lut(PORTRAIT, vignette(PORTRAIT)).lut)
    wanted = vignette(PORTRAIT)
    assert mean_error(result, wanted) < 1.5
    assert mean_error(result, wanted) < mean_error(lut_alone, wanted) / 3


def test_the_report_of_a_spatial_grade_is_about_the_grade(vignetted):
    assert vignetted.explained > 0.98
    assert vignetted.warning == ""
    assert vignetted.spatial_score > 5


def test_a_vignette_over_a_grade_is_brought_back():
    edit = vignette(graded(STILL, teal_and_orange))
    fit = extract_lut(STILL, edit, fit="spatial")
    assert mean_error(apply_spatial(STILL, fit.lut, fit.grid), edit) < 2


def test_the_blocks_of_a_sky_are_not_magnified():
    """A sky whose colour tells the place, and that darkens from left to right."""
    height, width = STILL.shape[:2]
    across = np.linspace(0, 1, width)[:, None]
    blocks = np.random.default_rng(3).normal(0, 1, (height // 16, width // 8, 1))
    photo = np.array(STILL)
    sky = np.array([150, 170, 210]) - 10 * across + np.kron(blocks, np.ones((8, 8, 1)))
    photo[: len(sky)] = to_8_bit(sky / 255)
    edit = to_8_bit(photo / 255 * (1 - np.clip(1.6 * across - 0.3, 0, 1) * [0.75, 0.6, 0.3]))
    fit = extract_lut(photo, edit, fit="spatial")
    result = apply_spatial(photo, fit.lut, fit.grid)
    tops = result[: len(sky)], edit[: len(sky)]
    roughness = [np.diff(part.astype(int), axis=0).std() for part in tops]
    assert roughness[0] < 1.3 * roughness[1]


def test_a_patch_of_invented_content_does_not_leak_into_the_grade():
    edit = vignette(PORTRAIT)
    down, across = places(PORTRAIT)
    patch = ((down - 0.3) / 0.1) ** 2 + ((across - 0.25) / 0.1) ** 2 < 1
    edit[patch] = (250, 210, 30)
    fit = extract_lut(PORTRAIT, edit, fit="spatial")
    result = apply_spatial(PORTRAIT, fit.lut, fit.grid)
    assert np.abs(result[patch].astype(int) - vignette(PORTRAIT)[patch]).mean() < 10


def test_the_middle_of_a_patch_that_is_not_believed_is_not_believed_either():
    edit = vignette(STILL)
    down, across = places(STILL)
    reach = np.hypot((down - 0.6) * STILL.shape[0] / STILL.shape[1], across - 0.75)
    share = np.clip((0.1 - reach) / 0.015 + 0.5, 0, 1)[..., None]
    stripes = np.array([0.3, 0.2, 0.9]) + 0.15 * np.sin(40 * across + 30 * down)[..., None]
    painted = to_8_bit(edit / 255 * (1 - share) + stripes * share)
    fit = extract_lut(STILL, painted, fit="spatial")
    patch = reach < 0.1
    assert mean_error(apply_spatial(STILL, fit.lut, fit.grid)[patch], edit[patch]) < 12


def test_auto_stays_with_the_lut_for_one_grade_everywhere():
    fit = extract_lut(STILL, graded(STILL, teal_and_orange), fit="auto")
    assert fit.grid is None
    assert fit.verdict in ("excellent", "good")


def test_auto_takes_the_grid_for_a_vignette():
    fit = extract_lut(STILL, vignette(STILL), fit="auto")
    assert fit.grid is not None
    assert fit.warning == ""


def test_a_lut_for_a_vignette_says_that_it_is_not_enough():
    fit = extract_lut(STILL, vignette(STILL), fit="lut")
    assert fit.grid is None
    assert (fit.verdict, fit.warning) == ("not_global", NOT_GLOBAL)


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 3), (33, 33)])
def test_pictures_of_a_few_pixels_have_a_grid_too(size):
    picture = np.random.default_rng(2).integers(0, 256, (*size, 3)).astype(np.uint8)
    fit = extract_lut(picture, picture, fit="spatial")
    assert fit.grid is not None
    assert np.abs(apply_spatial(picture, fit.lut, fit.grid).astype(int) - picture).max() <= 2


# ------------------------------------------------------------------ kept as bytes


def test_a_grid_comes_back_from_its_bytes():
    grid = random_grid().part(0.1, 0.2, 0.7, 0.5)
    again = SpatialGrid.from_bytes(grid.to_bytes())
    assert np.array_equal(again.coefficients, grid.coefficients)
    assert again.window == grid.window


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"not a grid" + content,
        lambda content: content[:20],
        lambda content: content[:-5],
        lambda content: content + b"\0",
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
        lambda content: content[:8] + b"\xff\xff" + content[10:],
    ],
)
def test_spoiled_bytes_are_refused(spoil):
    with pytest.raises(ValueError, match="spatial grade"):
        SpatialGrid.from_bytes(spoil(random_grid().to_bytes()))


def test_a_grid_with_a_value_that_is_no_number_is_refused():
    grid = random_grid()
    grid.coefficients[0, 0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        SpatialGrid.from_bytes(grid.to_bytes())


def test_other_shapes_make_no_grid():
    with pytest.raises(ValueError, match="rows, columns, levels"):
        SpatialGrid(np.zeros((5, 5, 3, 3, 3), np.float32))
    with pytest.raises(ValueError, match="empty"):
        random_grid().part(0, 0, 0, 1)


# ------------------------------------------------------------------ applied


def test_the_correction_is_what_the_splines_say():
    image = np.random.default_rng(3).random((40, 60, 3)).astype(np.float32)
    grid = random_grid(size=0.02)
    down, across = (axis.ravel() for axis in places(image))
    changes = grid.changes(down, across).reshape(-1, grid.levels * 4, 3)
    terms = color_terms(image.reshape(-1, 3), grid.levels)
    wanted = image + np.einsum("mk,mkc->mc", terms, changes).reshape(image.shape)
    assert np.abs(apply_spatial(image, IDENTITY, grid) - wanted).max() < 0.01


def test_a_part_of_a_photo_is_graded_as_in_the_whole():
    image = PORTRAIT.astype(np.float32) / 255
    grid = random_grid(size=0.02)
    height, width = image.shape[:2]
    whole = apply_spatial(image, IDENTITY, grid)
    place = grid.part(0.25, 0.5, 0.5, 0.25)
    rows, columns = slice(height // 2, height * 3 // 4), slice(width // 4, width * 3 // 4)
    part = apply_spatial(np.ascontiguousarray(image[rows, columns]), IDENTITY, place)
    assert np.abs(part - whole[rows, columns]).max() < 0.002


def test_the_correction_has_no_seams():
    even = np.full((400, 600, 3), 0.5, np.float32)
    change = np.random.default_rng(4).uniform(-0.2, 0.2, (7, 9)).astype(np.float32)
    result = apply_spatial(even, IDENTITY, grid_of(change))[..., 0]
    steepest = 0.4 * 9 / 600
    assert np.abs(np.diff(result, axis=0)).max() < steepest * 1.5
    assert np.abs(np.diff(result, axis=1)).max() < steepest
    # nor are there steps of slope: straight pieces follow the splines closely
    assert np.abs(np.diff(result, 2, axis=1)).max() < steepest * 0.55


def test_a_hard_edge_has_no_halo():
    picture = np.full((200, 300, 3), 40, np.uint8)
    picture[:, 150:] = 210
    fit = extract_lut(picture, vignette(picture), fit="spatial")
    row = apply_spatial(picture, fit.lut, fit.grid)[100, :, 1].astype(int)
    dark, bright = row[130:150], row[150:170]
    # whatever is left and right of the edge goes on smoothly up to it
    assert dark.max() - dark.min() <= 2
    assert bright.max() - bright.min() <= 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_depths_are_graded_alike(dtype):
    full = 1.0 if dtype == np.float32 else np.iinfo(dtype).max
    image = (PORTRAIT[::4, ::4] / 255 * full).astype(dtype)
    grid = random_grid(size=0.02)
    result = apply_spatial(image, IDENTITY, grid) / full
    exact = apply_spatial((image / full).astype(np.float32), IDENTITY, grid)
    assert np.abs(np.clip(result, 0, 1) - np.clip(exact, 0, 1)).max() <= 0.51 / 255


def test_alpha_is_left_alone():
    alpha = np.random.default_rng(5).integers(0, 256, PORTRAIT.shape[:2]).astype(np.uint8)
    image = np.dstack([PORTRAIT, alpha])
    result = apply_spatial(image, IDENTITY, random_grid())
    assert np.array_equal(result[..., 3], alpha)
    assert np.array_equal(result[..., :3], apply_spatial(PORTRAIT, IDENTITY, random_grid()))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_strength_nought_changes_nothing(dtype):
    image = PORTRAIT.astype(dtype)
    assert np.array_equal(apply_spatial(image, IDENTITY, random_grid(), strength=0), image)


def test_strength_is_linear_in_the_change():
    image = np.full((50, 50, 3), 0.5, np.float32)
    grid = random_grid(size=0.02)
    changes = [apply_spatial(image, IDENTITY, grid, strength=s) - image for s in (0.5, 1.0, 1.5)]
    assert np.allclose(changes[0], changes[1] * 0.5, atol=1e-5)
    assert np.allclose(changes[2], changes[1] * 1.5, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pixels_under_a_black_mask_keep_every_bit(dtype):
    image = PORTRAIT.astype(dtype)
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[100:300, 50:] = np.arange(mask.shape[1] - 50) % 256
    result = apply_spatial(image, IDENTITY, random_grid(), mask=mask)
    assert np.array_equal(result[mask == 0], image[mask == 0])


def test_a_white_mask_grades_fully():
    white = np.full(PORTRAIT.shape[:2], 255, np.uint8)
    grid = random_grid()
    assert np.array_equal(
        apply_spatial(PORTRAIT, IDENTITY, grid, mask=white),
        apply_spatial(PORTRAIT, IDENTITY, grid),
    )


def test_a_gray_mask_grades_in_part():
    half = np.full(PORTRAIT.shape[:2], 0.5, np.float32)
    image = PORTRAIT.astype(np.float32) / 255
    full = apply_spatial(image, IDENTITY, random_grid()) - image
    part = apply_spatial(image, IDENTITY, random_grid(), mask=half) - image
    assert np.allclose(part, full / 2, atol=1e-5)


def test_luma_and_chroma_add_up_to_all():
    image = np.random.default_rng(6).random((60, 80, 3)).astype(np.float32)
    lut = (IDENTITY**1.2).astype(np.float32)
    changes = {
        channels: apply_spatial(image, lut, random_grid(), channels=channels) - image
        for channels in ("all", "luma", "chroma")
    }
    assert np.allclose(changes["luma"] + changes["chroma"], changes["all"], atol=1e-4)
    assert np.ptp(changes["luma"], axis=2).max() < 1e-4


def test_a_photo_can_be_graded_in_place():
    image = PORTRAIT.copy()
    wanted = apply_spatial(image, IDENTITY, random_grid())
    assert apply_spatial(image, IDENTITY, random_grid(), out=image) is image
    assert np.array_equal(image, wanted)


def test_the_checkpoint_hears_growing_shares():
    heard = []
    apply_spatial(PORTRAIT, IDENTITY, random_grid(), checkpoint=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1


@pytest.mark.parametrize(
    "options",
    [{"strength": 2}, {"mask": np.zeros((3, 3), np.uint8)}, {"channels": "hue"}],
)
def test_what_does_not_fit_is_refused(options):
    with pytest.raises(ValueError, match=r"strength|mask|channels"):
        apply_spatial(PORTRAIT, IDENTITY, random_grid(), **options)
