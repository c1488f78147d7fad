"""The measuring itself: grades, degradations, rivals, figures and bounds do what they say."""

import colorsys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fidelity import rivals
from benchmarks.fidelity.bounds import GOALS, QUICK_BOUNDS, check
from benchmarks.fidelity.cases import plan
from benchmarks.fidelity.color_tools import from_hsv, to_code, to_hsv, to_light
from benchmarks.fidelity.degradations import KINDS, Frame, cut, degrade, invent
from benchmarks.fidelity.figures import Difference, Ramp, Reference, travel, without_partner
from benchmarks.fidelity.grades import GLOBAL, Grade
from benchmarks.fidelity.hard_grades import HARD
from benchmarks.fidelity.keeping import RowFile
from benchmarks.fidelity.measure import Row, small_copy
from benchmarks.fidelity.methods import OURS, TRUTH, methods_for
from benchmarks.fidelity.photo_list import PHOTOS
from benchmarks.fidelity.photos import shipped
from benchmarks.fidelity.spatial_edits import SPATIAL
from benchmarks.fidelity.tables import Table, as_markdown, as_text
from daemon.imaging.lattice import identity_lut, interpolate
from daemon.working_size import KONTEXT_SIZES
from tests.fakes.graded_photos import chelsea, coffee

RNG = np.random.default_rng(8)
COLORS = RNG.random((500, 3))
CAT = chelsea().astype(np.float32) / 255
CUP = coffee().astype(np.float32) / 255


# ------------------------------------------------------------------ edits


def test_hue_saturation_and_value_are_those_of_the_standard_library():
    expected = [colorsys.rgb_to_hsv(*color) for color in COLORS[:50]]
    found = np.stack([part / unit for part, unit in zip(to_hsv(COLORS), (360, 1, 1), strict=True)])
    np.testing.assert_allclose(found.T[:50], expected, atol=1e-9)


def test_colours_survive_the_way_through_hue_and_through_light():
    np.testing.assert_allclose(from_hsv(*to_hsv(COLORS)), COLORS, atol=1e-9)
    np.testing.assert_allclose(to_code(to_light(COLORS)), COLORS, atol=1e-6)


def test_there_are_enough_grades_and_no_two_share_a_name():
    names = [edit.name for edit in (*GLOBAL, *HARD, *SPATIAL)]
    assert len(GLOBAL) >= 30
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("grade", [*GLOBAL, *HARD], ids=lambda grade: grade.name)
def test_a_grade_changes_colours_and_stays_in_range(grade):
    graded = grade(COLORS)
    assert np.isfinite(graded).all()
    assert graded.min() >= 0
    assert graded.max() <= 1
    assert np.abs(graded - COLORS).mean() > 0.01


@pytest.mark.parametrize("edit", SPATIAL, ids=lambda edit: edit.name)
def test_a_spatial_edit_gives_one_colour_many_results(edit):
    even = np.full((500, 3), 0.6)
    assert edit(even, RNG.random((500, 2))).std(axis=0).max() > 0.02


def test_photos_are_named_once_and_under_a_free_licence():
    assert len({photo.name for photo in PHOTOS}) == len(PHOTOS)
    assert {photo.license.split("-")[0] for photo in PHOTOS} <= {"GPL", "CC", "CC0"}


# ------------------------------------------------------------------ degradations


def test_a_clean_edit_comes_back_as_it_was():
    np.testing.assert_array_equal(degrade(CAT, "clean", "any", CUP), chelsea())


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_comes_back_the_same_whenever_it_is_made(kind):
    np.testing.assert_array_equal(degrade(CAT, kind, "a", CUP), degrade(CAT, kind, "a", CUP))


def test_cases_of_other_names_come_back_otherwise():
    assert (degrade(CAT, "soft", "a", CUP) != degrade(CAT, "soft", "b", CUP)).any()


def test_softness_brings_the_noise_of_two_levels():
    even = np.full((200, 200, 3), 0.5, np.float32)
    assert degrade(even, "soft", "a", CUP).std() == pytest.approx(2.0, rel=0.05)


def test_a_crop_has_the_shape_of_one_of_the_model_s_sizes():
    height, width = degrade(CAT, "crop", "a", CUP).shape[:2]
    assert min(abs(width / height - w / h) for w, h in KONTEXT_SIZES) < 0.01


def test_invented_content_covers_three_to_eight_per_cent():
    shares = [
        (np.abs(invent(CAT, CUP, np.random.default_rng(seed)) - CAT).max(axis=2) > 0.004).mean()
        for seed in range(8)
    ]
    assert min(shares) > 0.02
    assert max(shares) < 0.11


def test_a_frame_moved_by_whole_pixels_shows_those_pixels():
    height, width = CAT.shape[:2]
    moved = cut(CAT, Frame(3, -2, width, height, (width, height)))
    np.testing.assert_allclose(moved[2:, :-3], CAT[:-2, 3:], atol=1e-5)


# ------------------------------------------------------------------ rivals


@pytest.mark.parametrize("fit", [rivals.affine, rivals.polynomial, rivals.thin_plate])
def test_a_regression_finds_what_it_can_express(fit):
    sent = chelsea()
    matrix = np.array([[0.7, 0.2, 0.0], [0.1, 0.8, 0.0], [0.0, 0.1, 0.8]])
    returned = np.rint(sent @ matrix + 9).astype(np.uint8)
    found = interpolate(fit(sent, returned), sent / 255) * 255
    assert np.abs(found - (sent @ matrix + 9)).mean() < 0.35


def test_the_sketch_puts_the_mean_of_a_cell_at_its_node():
    sent = np.full((8, 8, 3), (40, 81, 122), np.uint8)
    lut = rivals.sketch(sent, np.full((8, 8, 3), (10, 20, 30), np.uint8))
    np.testing.assert_allclose(lut[10, 20, 30] * 255, (10, 20, 30), atol=1e-4)
    np.testing.assert_allclose(lut[63, 0, 0] * 255, (10, 20, 30), atol=1e-4)


# ------------------------------------------------------------------ figures


def test_the_rounded_truth_is_no_farther_than_rounding():
    truth = RNG.random((20_000, 3))
    result = np.rint(truth * 255).astype(np.uint8)
    found = Reference(truth, np.zeros(len(truth), bool)).compare(result)
    assert found.rounded == 0
    assert 0.05 < found.mean < 0.25
    assert found.unseen is None


def test_unseen_colours_are_measured_on_their_own():
    truth = np.full((4, 3), 0.5)
    result = np.full((4, 3), 128, np.uint8)
    result[3] = 255
    unseen = np.array([False, False, False, True])
    found = Reference(truth, unseen).compare(result)
    # L* 53.4 and 100: 46.6 over S_L = 1 + 0.015 * 26.7^2 / sqrt(20 + 26.7^2) = 1.395
    assert found.unseen == pytest.approx(33.4, abs=0.1)
    assert found.mean == pytest.approx(33.4 / 4, abs=0.2)


def test_a_colour_is_unseen_when_its_cell_holds_no_pixel_of_the_small_copy():
    colors = np.array([[0, 0, 0], [3, 3, 3], [4, 0, 0], [255, 255, 255]], np.uint8)
    small = np.array([[[1, 2, 3], [252, 253, 254]]], np.uint8)
    assert without_partner(colors, small).tolist() == [False, False, True, False]


def test_the_identity_walks_a_ramp_straight_up():
    ramp = travel(identity_lut(33), lambda colors: colors)
    assert ramp.back == pytest.approx(0, abs=1e-3)
    assert ramp.bend == pytest.approx(0, abs=1e-3)


def test_a_ramp_that_falls_is_measured_in_levels():
    lut = identity_lut(33)
    lut[17, 17, 17] = lut[16, 16, 16] - np.float32(10 / 255)
    assert travel(lut, lambda colors: colors).back == pytest.approx(10, abs=0.5)


def test_a_fall_that_the_truth_has_too_is_not_held_against_the_lut():
    def turned(colors):
        return np.where(colors < 0.5, colors, 1 - colors)

    lut = turned(identity_lut(33)).astype(np.float32)
    assert travel(lut, turned).back < 1


# ------------------------------------------------------------------ the plan and the bounds


def test_every_photo_and_every_edit_has_its_turn():
    pairs = plan(shipped(), {"global": len(GLOBAL), "spatial": len(SPATIAL)})
    assert {pair.edit_name for pair in pairs} == {edit.name for edit in (*GLOBAL, *SPATIAL)}
    assert {pair.photo.name for pair in pairs} == {photo.name for photo in shipped()}
    assert all(pair.photo != pair.other for pair in pairs)


def test_a_pair_finds_its_edit_by_name():
    pair = plan(shipped(), {"hard": 1})[0]
    assert isinstance(pair.edit, Grade)
    assert pair.edit.name == pair.edit_name


def test_the_small_copy_has_about_a_megapixel_or_what_is_asked_for():
    large = np.zeros((3000, 4500, 3), np.uint8)
    assert small_copy(large).shape[:2] == pytest.approx((836, 1254), abs=1)
    assert small_copy(large, 300).shape[:2] == (200, 300)


def test_rivals_are_left_out_where_they_would_show_nothing_new():
    assert methods_for("global", "soft", ["sketch", OURS]) == [OURS]
    assert methods_for("global", "all", ["sketch", TRUTH, OURS]) == ["sketch", OURS]


def row(group, kind, mean):
    difference = Difference(mean, mean, mean, mean, mean)
    model = "spatial" if group == "spatial" else "lut"
    ramp = Ramp(back=mean, bend=0)
    return Row(group, "p", "e", kind, OURS, difference, 0.1, ramp, model, "good", 1.0, 1.0, 1.0)


BOUNDED = sorted({(bound.group, bound.kind) for bound in QUICK_BOUNDS if bound.kind})
GOOD = [row(group, kind, 0.1) for group, kind in BOUNDED]


def test_good_figures_keep_every_bound():
    assert check(GOOD, QUICK_BOUNDS, "Bounds")[1]


@pytest.mark.parametrize("place", range(len(GOOD)))
def test_one_bad_figure_breaks_a_bound(place):
    bad = Difference(9.0, 9.0, 9.0, 9.0, 9.0)
    rows = [replace(one, difference=bad) if i == place else one for i, one in enumerate(GOOD)]
    table, kept = check(rows, QUICK_BOUNDS, "Bounds")
    assert not kept
    assert "BROKEN" in as_text(table)


def test_a_global_edit_taken_for_a_spatial_one_breaks_a_bound():
    rows = [replace(one, model="spatial") for one in GOOD]
    assert not check(rows, QUICK_BOUNDS, "Bounds")[1]


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    pair = plan(shipped(), {"global": 1})[0]
    measured = replace(GOOD[0], group="global", photo=pair.photo.name, edit=pair.edit_name)
    RowFile(tmp_path / "rows").add([measured])
    kept = RowFile(tmp_path / "rows")
    assert kept.rows == [measured]
    assert kept.missing(pair, [OURS, TRUTH]) == [TRUTH]


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "rows").write_text("hello")
    with pytest.raises(SystemExit, match="no rows"):
        RowFile(tmp_path / "rows")


@pytest.mark.parametrize(("mean", "kept"), [(0.25, True), (0.27, False)])
def test_some_goals_are_counted_from_the_true_grade_s_own_figure(mean, kept):
    truth = replace(row("global", "clean", 0.2), method=TRUTH)
    rows = [replace(row("global", "clean", mean), ramp=Ramp(0, 0)), truth]
    assert check(rows, GOALS, "Goals")[1] == kept


def test_a_table_reads_alike_in_both_forms():
    table = Table("Title", ("method", "mean"), (("ours", "0.20"),))
    assert as_text(table) == "Title\n\nmethod  mean\nours    0.20\n"
    assert as_markdown(table) == "**Title**\n\n| method | mean |\n|---|---|\n| ours | 0.20 |\n"
