"""Strokes: joined curves that depend on the way alone, not on how it was told."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.imaging.masks.boxes import Box, tile_box, tile_keys
from daemon.imaging.masks.brush import Brush, StrokePoint
from daemon.imaging.masks.coverage import AddedCoverage
from daemon.imaging.masks.path import Dab
from daemon.imaging.masks.stamp import StampCache, profile
from daemon.imaging.masks.stroke import Stroke, paint_stroke

WIDTH, HEIGHT = 320, 280

SMALL = (120, 100)
few = settings(max_examples=20)
quarters = st.integers(-40, 4 * SMALL[0] + 40).map(lambda n: n / 4)
places = st.tuples(quarters, quarters)
pressures = st.sampled_from((0.0, 0.25, 0.5, 1.0))
points = st.builds(lambda at, pressure: StrokePoint(*at, pressure), places, pressures)
brushes = st.builds(
    Brush,
    size_px=st.sampled_from((1.0, 3.0, 12.0, 40.5, 150.0)),
    hardness=st.sampled_from((0.0, 0.5, 0.9, 1.0)),
    opacity=st.sampled_from((0.1, 0.5, 1.0)),
    flow=st.sampled_from((0.05, 0.3, 1.0)),
    pressure_size=st.booleans(),
    pressure_opacity=st.booleans(),
)


def painted(
    brush: Brush,
    way: list[StrokePoint],
    *,
    erase: bool = False,
    on: int = 0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> np.ndarray:
    mask = np.full(size[::-1], on, np.uint8)
    paint_stroke(mask, brush, way, erase=erase)
    return mask


def line(
    start: tuple[float, float], end: tuple[float, float], count: int, *, press: bool = False
) -> list[StrokePoint]:
    return [
        StrokePoint(
            start[0] + (end[0] - start[0]) * k / (count - 1),
            start[1] + (end[1] - start[1]) * k / (count - 1),
            k / (count - 1) if press else 1.0,
        )
        for k in range(count)
    ]


def sine(count: int) -> list[StrokePoint]:
    spread = (k / (count - 1) for k in range(count))
    return [StrokePoint(40 + 240 * t, 140 + 70 * math.sin(2 * math.pi * t)) for t in spread]


# ------------------------------------------------------------ the way, not the events


@given(places, places, brushes, st.sampled_from((3, 7, 100, 500)), st.booleans())
def test_a_straight_line_is_the_same_bytes_however_many_points_tell_it(
    start: tuple[float, float], end: tuple[float, float], brush: Brush, count: int, press: bool
) -> None:
    two = painted(brush, line(start, end, 2, press=press), size=SMALL)
    many = painted(brush, line(start, end, count, press=press), size=SMALL)
    assert np.array_equal(two, many)


@few
@given(st.lists(points, min_size=1, max_size=12), brushes, st.data())
def test_it_makes_no_difference_how_points_come_in_packets(
    way: list[StrokePoint], brush: Brush, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(way)))
    mask = np.zeros(SMALL[::-1], np.uint8)
    stroke = Stroke(mask, brush)
    stroke.add(way[:cut])
    stroke.paint()
    stroke.add(way[cut:])
    stroke.finish()
    list(itertools.takewhile(lambda _: stroke.is_waiting, (stroke.paint() for _ in range(999))))
    assert np.array_equal(mask, painted(brush, way, size=SMALL))


@pytest.mark.parametrize("flow", [1.0, 0.3])
@pytest.mark.parametrize("hardness", [0.0, 0.5])
def test_a_curve_sampled_at_other_rates_agrees_closely(flow: float, hardness: float) -> None:
    brush = Brush(40, hardness, flow=flow)
    slow, fast = painted(brush, sine(30)), painted(brush, sine(400))
    apart = np.abs(slow.astype(int) - fast)
    assert apart.mean() < 0.3
    assert np.percentile(apart, 99.5) < 20


@few
@given(st.lists(points, min_size=1, max_size=8), brushes)
def test_a_mirrored_stroke_paints_the_mirrored_mask(way: list[StrokePoint], brush: Brush) -> None:
    off_ties = [p._replace(column=p.column + 1 / 32, row=p.row + 1 / 32) for p in way]
    mirrored = [p._replace(column=SMALL[0] - p.column) for p in off_ties]
    there = painted(brush, off_ties, size=SMALL)
    back = painted(brush, mirrored, size=SMALL)[:, ::-1]
    assert np.abs(there.astype(int) - back).mean() < 0.05


def test_points_far_apart_are_joined_without_gaps() -> None:
    mask = painted(Brush(10, 1.0), [StrokePoint(20, 40), StrokePoint(300, 40)])
    assert (mask[40, 20:300] == 255).all()


def test_the_outline_of_a_hard_line_is_straight_to_a_quarter_pixel() -> None:
    mask = painted(Brush(100, 1.0), [StrokePoint(60, 140), StrokePoint(260, 140)])
    widths = mask[:, 60:260].sum(axis=0) / 255
    assert widths.max() - widths.min() <= 0.5
    assert widths.mean() == pytest.approx(100, abs=0.5)


def test_the_last_point_is_always_stamped() -> None:
    mask = painted(Brush(30, 1.0), [*line((20, 20.5), (200, 20.5), 9), StrokePoint(203.0, 20.5)])
    assert mask[20, 217] == 255
    assert mask[20, 218] == 0


def test_a_single_point_is_a_disc() -> None:
    mask = painted(Brush(100, 1.0), [StrokePoint(150, 130)])
    assert mask.sum() / 255 == pytest.approx(math.pi * 50**2, rel=0.002)


def test_no_point_paints_nothing() -> None:
    assert not painted(Brush(), []).any()


# ------------------------------------------------------------ values


@few
@given(st.lists(points, min_size=1, max_size=8), brushes, st.integers(0, 255))
def test_painting_never_darkens_and_erasing_never_lightens(
    way: list[StrokePoint], brush: Brush, on: int
) -> None:
    assert (painted(brush, way, on=on, size=SMALL) >= on).all()
    assert (painted(brush, way, on=on, erase=True, size=SMALL) <= on).all()


@few
@given(st.lists(points, min_size=1, max_size=8), brushes)
def test_erasing_white_is_the_negative_of_painting_black(
    way: list[StrokePoint], brush: Brush
) -> None:
    erased = painted(brush, way, on=255, erase=True, size=SMALL)
    assert np.array_equal(erased, ~painted(brush, way, size=SMALL))


@few
@given(st.lists(points, min_size=1, max_size=8), brushes)
def test_opacity_is_as_far_as_one_stroke_goes(way: list[StrokePoint], brush: Brush) -> None:
    there_and_back = way + way[::-1] + way
    assert painted(brush, there_and_back, size=SMALL).max() <= round(brush.opacity * 255)


@few
@given(st.lists(points, min_size=1, max_size=6), brushes)
def test_nothing_is_written_outside_the_box_told(way: list[StrokePoint], brush: Brush) -> None:
    mask = np.zeros(SMALL[::-1], np.uint8)
    box = paint_stroke(mask, brush, way)
    outside = mask.copy()
    outside[box.slices] = 0
    assert not outside.any()
    assert box.intersected(Box(0, 0, *SMALL)) == box


def test_a_stroke_that_crosses_itself_counts_once() -> None:
    brush = Brush(30, 1.0, opacity=0.5)
    mask = painted(
        brush, [StrokePoint(x, y) for x, y in ((50, 50), (200, 200), (200, 50), (50, 200))]
    )
    assert mask[125, 125] == 128


def test_two_strokes_count_twice() -> None:
    brush, way = Brush(30, 1.0, opacity=0.5), line((50, 50), (200, 50), 2)
    mask = painted(brush, way)
    paint_stroke(mask, brush, way)
    assert mask[50, 100] == 192


def test_low_flow_covers_everything_in_the_end() -> None:
    to_and_fro = [StrokePoint(60 + 120 * (k % 2), 100) for k in range(400)]
    mask = painted(Brush(40, 1.0, flow=0.05), to_and_fro)
    assert (mask[90:110, 70:170] == 255).all()


def test_one_print_leaves_the_flow_s_share() -> None:
    mask = painted(Brush(40, 1.0, flow=0.3), [StrokePoint(100, 100)])
    assert int(mask.max()) == pytest.approx(0.3 * 255, abs=1)


@pytest.mark.parametrize("flow", [0.05, 0.3])
def test_flow_leaves_as_much_with_a_large_brush_as_with_a_small(flow: float) -> None:
    small = painted(Brush(16, 1.0, flow=flow), line((40, 140), (280, 140), 2))[140, 160]
    large = painted(Brush(120, 1.0, flow=flow), line((40, 140), (280, 140), 2))[140, 160]
    assert int(small) == pytest.approx(int(large), abs=8)


def test_pressure_makes_the_brush_smaller() -> None:
    mask = painted(Brush(80, 1.0, pressure_size=True), line((40, 140), (280, 140), 2, press=True))
    heights = mask.sum(axis=0) / 255
    assert heights[100] == pytest.approx(20, abs=2)
    assert heights[220] == pytest.approx(60, abs=2)


def test_pressure_makes_the_stroke_fainter() -> None:
    mask = painted(
        Brush(20, 1.0, pressure_opacity=True), line((40, 140), (280, 140), 2, press=True)
    )
    fullest_that_reaches = 0.5 + 10 / 240
    assert int(mask[140, 160]) == pytest.approx(255 * fullest_that_reaches, abs=3)
    assert mask[140, 279] == 255


def test_a_brush_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"hardness cannot be 1\.5"):
        Brush(hardness=1.5)
    with pytest.raises(ValueError, match="choose 1 to 2000 px"):
        Brush(size_px=0)


# ------------------------------------------------------------ prints are not seen


@pytest.mark.parametrize(
    ("size", "hardness", "most"),
    [
        (6, 0, 12),
        (30, 0, 4),
        (30, 0.3, 4),
        (30, 0.7, 12),
        (120, 0, 4),
        (120, 0.7, 4),
        (120, 0.9, 12),
    ],
)
def test_a_soft_line_shows_no_ribs(size: float, hardness: float, most: int) -> None:
    mask = painted(Brush(size, hardness), line((20, 140.5), (300, 140.5), 2))
    along = mask[:, 90:230].astype(int)
    assert (along.max(axis=1) - along.min(axis=1)).max() <= most


@pytest.mark.parametrize(("hardness", "flow"), [(1.0, 0.1), (1.0, 0.4), (0.5, 0.1), (0.0, 0.4)])
def test_a_faint_line_shows_no_fronts(hardness: float, flow: float) -> None:
    mask = painted(Brush(60, hardness, flow=flow), line((20, 140.5), (300, 140.5), 2))
    along = mask[115:166, 90:230].astype(int)
    assert np.abs(np.diff(along, axis=1)).max() <= 5


def test_a_faint_stroke_does_not_begin_with_a_disc() -> None:
    mask = painted(Brush(60, 1.0, flow=0.2), line((60, 140.5), (280, 140.5), 2))
    across = mask[140, 30:170].astype(int)
    assert (np.diff(across[:60]) >= -1).all()
    half_the_depth = 1 - math.sqrt(1 - across[100:].max() / 255)
    assert across[30] == pytest.approx(255 * half_the_depth, abs=8)


def test_a_click_leaves_the_whole_flow_and_a_drag_not_more_at_its_start() -> None:
    brush = Brush(60, 1.0, flow=0.4)
    clicked = painted(brush, [StrokePoint(100, 100)])[100, 100]
    nudged = painted(brush, [StrokePoint(100, 100), StrokePoint(103, 100)])[100, 100]
    assert int(clicked) == pytest.approx(0.4 * 255, abs=1)
    assert int(nudged) == pytest.approx(int(clicked), abs=2)


def test_growing_pressure_is_seen_as_a_slope_without_steps() -> None:
    brush = Brush(60, 1.0, pressure_opacity=True)
    mask = painted(brush, line((40, 140.5), (280, 140.5), 2, press=True))
    along = mask[140, 80:250].astype(int)
    assert np.diff(along).max() <= 3
    assert np.diff(along).min() >= 0


# ------------------------------------------------------------ stamps


@given(st.floats(0.5, 1000), st.floats(0, 1))
def test_a_brush_covers_less_the_further_from_its_middle(radius: float, hardness: float) -> None:
    distances = np.linspace(0, radius + 2, 400, dtype=np.float32)
    cover = profile(distances, radius, hardness)
    assert (np.diff(cover) <= 1e-6).all()
    assert cover[0] == pytest.approx(1.0, abs=1e-5)
    assert cover[-1] == 0


@given(
    st.integers(1, 180).map(lambda n: n / 2), st.sampled_from((0.0, 0.7, 1.0)), quarters, quarters
)
def test_stamps_made_by_quarters_are_what_the_profile_says(
    radius: float, hardness: float, column: float, row: float
) -> None:
    stamp = StampCache().coverage(column, row, radius, hardness, 1.0)
    rows = np.arange(stamp.box.top, stamp.box.bottom) + 0.5 - row
    columns = np.arange(stamp.box.left, stamp.box.right) + 0.5 - column
    away = np.hypot(rows[:, None], columns[None, :]).astype(np.float32)
    wanted = 255 * profile(away, radius, hardness)
    slack = 255 * 0.8 / max(radius * (1 - hardness), 1.0) * 1.6 + 1
    assert np.abs(stamp.values - wanted).max() <= slack


def test_a_stamp_is_made_once() -> None:
    stamps = StampCache()
    first = stamps.coverage(10.0, 20.0, 300, 0.5, 1.0)
    assert stamps.coverage(99.0, 7.0, 300, 0.5, 1.0).values is first.values


def test_a_faint_stroke_over_a_whole_photo_stays_within_its_memory() -> None:
    limits = Box(0, 0, 1024, 1024)
    brush = Brush(300, 0.0, flow=0.02)
    packed = AddedCoverage(limits, brush, StampCache())
    roomy = AddedCoverage(Box(0, 0, 1 << 16, 1 << 16), brush, StampCache())
    dabs = [Dab(100 + 200 * (k % 5), 100 + 200 * (k // 5 % 5), 150, 1.0, 1.0) for k in range(50)]
    assert [packed.add(dab).keys() <= roomy.add(dab).keys() for dab in dabs] == [True] * 50
    assert packed.size_bytes < 1.4 * 1024 * 1024
    parts = [(key, tile_box(key, limits)) for key in tile_keys(Box(0, 0, 1000, 1000))]
    assert all(np.array_equal(packed.values(*part), roomy.values(*part)) for part in parts)
