"""Painting a mask that lies in a mapping: strokes, shapes, fills, undo."""

from __future__ import annotations

import functools
import mmap
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEventLoop, QRect, QTimer
from pytestqt.qtbot import QtBot

from daemon.imaging.masks.stroke import paint_stroke
from rabbitviewer.paint.buffer import MaskBuffer
from rabbitviewer.paint.editing import MaskEditing
from rabbitviewer.paint.tools import (
    MODES,
    Brush,
    Ellipse,
    LinearGradient,
    Polygon,
    RadialGradient,
    Rectangle,
    Shape,
    StrokePoint,
)

WIDTH, HEIGHT, OFFSET = 601, 523, 4096
HARD = Brush(40, 1.0)
SHAPES: tuple[Shape, ...] = (
    Rectangle(50.5, 60, 400, 300.25),
    Ellipse(100, 100, 550, 500),
    Polygon(((10, 10), (590, 40), (300, 500))),
    LinearGradient(0, 0, 600, 500),
    RadialGradient(300, 260, 200, 100, core=0.3),
)


@pytest.fixture
def mapping(tmp_path: Path) -> mmap.mmap:
    """As the daemon leaves it: a header, then the values."""
    file = tmp_path / "img_0001.painting"
    file.write_bytes(bytes(OFFSET + WIDTH * HEIGHT))
    with file.open("r+b") as opened:
        return mmap.mmap(opened.fileno(), 0)


@pytest.fixture
def editing(qtbot: QtBot, mapping: mmap.mmap, tmp_path: Path) -> Iterator[MaskEditing]:
    made = MaskEditing(MaskBuffer(mapping, OFFSET, WIDTH, HEIGHT), tmp_path / "undo", 16)
    wait(qtbot, made)
    yield made
    made.close()


def wait(qtbot: QtBot, editing: MaskEditing) -> None:
    qtbot.waitUntil(lambda: not editing.is_busy)


def copy(editing: MaskEditing) -> np.ndarray:
    return editing.buffer.values.copy()


def settle(editing: MaskEditing) -> None:
    """Let all that was asked for be done, however slow the machine."""
    loop = QEventLoop()
    QTimer.singleShot(0, lambda: editing.when_idle(loop.quit))
    loop.exec()


def draw(editing: MaskEditing, *at: tuple[float, float], brush: Brush = HARD) -> None:
    editing.begin_stroke(brush, StrokePoint(*at[0]))
    editing.extend_stroke([StrokePoint(*each) for each in at[1:]])
    editing.end_stroke()
    settle(editing)


def levels_are_true(buffer: MaskBuffer) -> bool:
    fresh = MaskBuffer(buffer.values.tobytes(), 0, buffer.width, buffer.height)
    fresh.refresh([fresh.box])
    return all(map(np.array_equal, buffer.pyramid.levels, fresh.pyramid.levels))


# ------------------------------------------------------------ what is painted


def test_what_is_painted_is_in_the_file_at_once(editing: MaskEditing, mapping: mmap.mmap) -> None:
    draw(editing, (100, 100), (200, 100))
    assert mapping[OFFSET + 100 * WIDTH + 150] == 255
    assert mapping[OFFSET + 100 * WIDTH + 300] == 0
    assert mapping[:OFFSET] == bytes(OFFSET)


def test_the_change_told_holds_all_that_changed(qtbot: QtBot, editing: MaskEditing) -> None:
    told: list[QRect] = []
    editing.changed.connect(told.append)
    draw(editing, (100, 100), (300, 260), (310, 20))
    around = functools.reduce(QRect.united, told)
    rows, columns = np.nonzero(editing.buffer.values)
    assert around.contains(QRect(int(columns.min()), int(rows.min()), 1, 1))
    assert around.contains(QRect(int(columns.max()), int(rows.max()), 1, 1))


def test_the_right_button_erases(editing: MaskEditing) -> None:
    draw(editing, (100, 100), (200, 100))
    editing.begin_stroke(HARD, StrokePoint(150, 100), erase=True)
    editing.end_stroke()
    settle(editing)
    assert editing.buffer.values[100, 150] == 0
    assert editing.buffer.values[100, 110] == 255


def test_a_shift_click_draws_a_line_from_where_the_last_stroke_ended(editing: MaskEditing) -> None:
    draw(editing, (50, 50), (100, 50))
    editing.line_to(HARD, StrokePoint(100, 400))
    settle(editing)
    assert (editing.buffer.values[50:400, 100] == 255).all()
    editing.undo()
    settle(editing)
    assert not editing.buffer.values[100:, 100].any()


def test_a_recorded_stroke_is_the_same_pixels_when_it_is_replayed(editing: MaskEditing) -> None:
    rng = random.Random(5)
    brush = Brush(70, 0.4, opacity=0.8, flow=0.4, pressure_size=True, pressure_opacity=True)
    points = [
        StrokePoint(rng.uniform(0, 600), rng.uniform(0, 500), rng.random()) for _ in range(40)
    ]
    editing.begin_stroke(brush, points[0])
    for point in points[1:]:
        editing.extend_stroke([point])
    editing.end_stroke()
    settle(editing)
    replayed = np.zeros((HEIGHT, WIDTH), np.uint8)
    paint_stroke(replayed, brush, points)
    assert np.array_equal(editing.buffer.values, replayed)


def test_a_cancelled_stroke_leaves_neither_trace_nor_step(
    qtbot: QtBot, editing: MaskEditing
) -> None:
    draw(editing, (100, 100), (200, 100))
    before = copy(editing)
    editing.begin_stroke(HARD, StrokePoint(100, 120))
    editing.extend_stroke([StrokePoint(400, 300), StrokePoint(10, 20)])
    editing.cancel_stroke()
    wait(qtbot, editing)
    assert np.array_equal(editing.buffer.values, before)
    editing.undo()
    settle(editing)
    assert editing.buffer.is_empty
    assert not editing.can_undo


def test_a_stroke_that_changes_nothing_is_no_step(editing: MaskEditing) -> None:
    editing.begin_stroke(HARD, StrokePoint(100, 100), erase=True)
    editing.end_stroke()
    settle(editing)
    assert not editing.can_undo


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_added_and_taken_away_again(
    qtbot: QtBot, editing: MaskEditing, shape: Shape
) -> None:
    editing.fill_shape(shape, "add")
    wait(qtbot, editing)
    assert not editing.buffer.is_empty
    assert levels_are_true(editing.buffer)
    editing.fill_shape(shape, "subtract")
    wait(qtbot, editing)
    assert editing.buffer.values.max() <= 128


def test_intersecting_and_replacing_reach_what_is_outside_the_shape(
    qtbot: QtBot, editing: MaskEditing
) -> None:
    draw(editing, (500, 400))
    editing.fill_shape(Rectangle(0, 0, 50, 50), "intersect")
    wait(qtbot, editing)
    assert editing.buffer.is_empty
    draw(editing, (500, 400))
    editing.fill_shape(Rectangle(0, 0, 50, 50), "replace")
    wait(qtbot, editing)
    assert editing.buffer.values.sum() == 255 * 50 * 50


def test_fill_clear_and_invert_are_known_at_a_glance(qtbot: QtBot, editing: MaskEditing) -> None:
    editing.fill()
    wait(qtbot, editing)
    assert editing.buffer.is_full
    editing.invert()
    wait(qtbot, editing)
    assert editing.buffer.is_empty
    draw(editing, (100, 100))
    assert not editing.buffer.is_empty
    assert not editing.buffer.is_full
    editing.clear()
    wait(qtbot, editing)
    assert editing.buffer.is_empty


def test_filling_what_is_full_is_no_step(qtbot: QtBot, editing: MaskEditing) -> None:
    editing.clear()
    wait(qtbot, editing)
    assert not editing.can_undo


@pytest.mark.parametrize(("mode", "inside", "outside"), [("add", 200, 255), ("intersect", 200, 0)])
def test_a_selection_from_elsewhere_counts_as_nothing_outside_its_box(
    qtbot: QtBot, editing: MaskEditing, mode: str, inside: int, outside: int
) -> None:
    draw(editing, (500, 400))
    editing.apply_values(bytes([7] + [200] * 600), QRect(10, 20, 30, 20), mode, offset=1)
    wait(qtbot, editing)
    assert editing.buffer.values[400, 500] == outside
    assert editing.buffer.values[25, 15] == (inside if mode == "add" else 0)


def test_replaced_values_leave_what_is_outside_their_box(
    qtbot: QtBot, editing: MaskEditing
) -> None:
    draw(editing, (100, 100))
    editing.replace_values(bytes(20 * 20), QRect(90, 90, 20, 20))
    wait(qtbot, editing)
    assert not editing.buffer.values[90:110, 90:110].any()
    assert editing.buffer.values[100, 85] == 255


def test_values_that_are_too_few_are_refused(editing: MaskEditing) -> None:
    with pytest.raises(ValueError, match="100 values, not the 20 x 20"):
        editing.replace_values(bytes(100), QRect(0, 0, 20, 20))


# ------------------------------------------------------------ long work


def test_what_is_asked_for_during_long_work_is_done_after_it(qtbot: QtBot, tmp_path: Path) -> None:
    large = MaskBuffer(bytearray(4096 * 4096), 0, 4096, 4096)
    editing = MaskEditing(large, tmp_path)
    busy: list[bool] = []
    editing.busy_changed.connect(busy.append)
    editing.fill()
    editing.begin_stroke(HARD, StrokePoint(2000, 2000), erase=True)
    editing.extend_stroke([StrokePoint(2100, 2000)])
    editing.end_stroke()
    assert editing.is_busy
    wait(qtbot, editing)
    assert large.values[2000, 2050] == 0
    assert large.values[2000, 3000] == 255
    assert busy[-1] is False
    editing.close()


def test_long_work_begins_with_what_is_seen(qtbot: QtBot, tmp_path: Path) -> None:
    large = MaskBuffer(bytearray(4096 * 4096), 0, 4096, 4096)
    editing = MaskEditing(large, tmp_path)
    wait(qtbot, editing)
    seen = QRect(3000, 3000, 500, 500)
    editing.set_visible(seen)
    told: list[QRect] = []
    editing.changed.connect(told.append)
    editing.fill()
    wait(qtbot, editing)
    assert told[0].intersects(seen)
    editing.close()


def test_something_may_be_done_when_all_is_done(qtbot: QtBot, tmp_path: Path) -> None:
    large = MaskBuffer(bytearray(3000 * 3000), 0, 3000, 3000)
    editing = MaskEditing(large, tmp_path)
    editing.fill()
    found: list[bool] = []
    editing.when_idle(lambda: found.append(large.is_full))
    qtbot.waitUntil(lambda: bool(found))
    assert found == [True]
    editing.close()


def test_a_mask_with_values_is_looked_through_when_it_is_opened(
    qtbot: QtBot, tmp_path: Path
) -> None:
    values = bytearray(3000 * 2000)
    values[-1] = 9
    editing = MaskEditing(MaskBuffer(values, 0, 3000, 2000), tmp_path)
    with qtbot.assertNotEmitted(editing.changed), qtbot.waitSignal(editing.loaded):
        assert editing.is_busy
    assert not editing.buffer.is_empty
    assert levels_are_true(editing.buffer)
    editing.close()


# ------------------------------------------------------------ undo


def change_at_random(editing: MaskEditing, rng: random.Random) -> None:
    def at() -> StrokePoint:
        return StrokePoint(
            rng.uniform(-20, WIDTH + 20), rng.uniform(-20, HEIGHT + 20), rng.random()
        )

    def stroke() -> None:
        brush = Brush(
            rng.uniform(1, 200),
            rng.random(),
            rng.random(),
            rng.choice((1.0, 0.2)),
            pressure_size=rng.random() < 0.5,
        )
        editing.begin_stroke(brush, at(), erase=rng.random() < 0.3)
        editing.extend_stroke([at() for _ in range(rng.randrange(4))])
        editing.end_stroke()

    rng.choice(
        (
            stroke,
            stroke,
            stroke,
            editing.invert,
            editing.fill,
            editing.clear,
            lambda: editing.fill_shape(rng.choice(SHAPES), rng.choice(MODES)),
            lambda: editing.line_to(Brush(30, 0.3), at()),
        )
    )()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_state_comes_back_on_the_way_back_and_forth(
    qtbot: QtBot, editing: MaskEditing, seed: int
) -> None:
    rng = random.Random(seed)
    states = [copy(editing)]
    while len(states) < 25:
        change_at_random(editing, rng)
        wait(qtbot, editing)
        states += [] if np.array_equal(states[-1], editing.buffer.values) else [copy(editing)]
    for state in states[-2::-1]:
        editing.undo()
        wait(qtbot, editing)
        assert np.array_equal(editing.buffer.values, state)
    assert levels_are_true(editing.buffer)
    for state in states[1:]:
        editing.redo()
        wait(qtbot, editing)
        assert np.array_equal(editing.buffer.values, state)
    assert not editing.can_redo


def test_a_new_change_forgets_what_was_undone(editing: MaskEditing) -> None:
    draw(editing, (100, 100))
    editing.undo()
    settle(editing)
    assert editing.can_redo
    draw(editing, (300, 300))
    assert not editing.can_redo


def test_undoing_during_a_stroke_takes_that_stroke_back(editing: MaskEditing) -> None:
    editing.begin_stroke(HARD, StrokePoint(100, 100))
    editing.undo()
    settle(editing)
    assert editing.buffer.is_empty
    editing.extend_stroke([StrokePoint(200, 200)])
    settle(editing)
    assert editing.buffer.is_empty


def test_undo_of_a_fill_takes_no_memory(qtbot: QtBot, editing: MaskEditing) -> None:
    editing.fill()
    wait(qtbot, editing)
    assert editing.history.memory_bytes == 0
    editing.undo()
    wait(qtbot, editing)
    assert editing.buffer.is_empty


def test_a_mask_goes_on_in_another_mapping_with_its_history(
    qtbot: QtBot, editing: MaskEditing
) -> None:
    draw(editing, (100, 100), (200, 100))
    before = copy(editing)
    draw(editing, (300, 300))
    after = copy(editing)
    other = bytearray(WIDTH * HEIGHT)
    editing.rebind(MaskBuffer(other, 0, WIDTH, HEIGHT))
    wait(qtbot, editing)
    assert bytes(other) == after.tobytes()
    editing.undo()
    settle(editing)
    assert bytes(other) == before.tobytes()


def test_a_mapping_of_another_size_is_refused(editing: MaskEditing) -> None:
    with pytest.raises(ValueError, match=f"{WIDTH} x {HEIGHT} pixels cannot go on in one of 2 x 3"):
        editing.rebind(MaskBuffer(bytearray(6), 0, 2, 3))


def test_a_mapping_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="holds 6 values, not the 10 x 10"):
        MaskBuffer(bytearray(10), 4, 10, 10)
