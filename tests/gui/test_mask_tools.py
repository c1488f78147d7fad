"""The tools of the mask editor, as a user holds them; the mask's bytes are looked at."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol.messages import MaskChange
from tests.fakes.daemon import FakeDaemon
from tests.fakes.painter import ALT, LEFT, NONE, RIGHT, SHIFT, Painter


def test_a_stroke_paints_and_is_seen(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 255
    assert painter.value(125, 130) == 0
    assert painter.color(125, 130) == "#808080"
    assert painter.color(125, 100) != "#808080"
    assert not painter.masks.is_empty


def test_the_right_button_erases(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.drag((125, 90), (125, 110), button=RIGHT)
    assert painter.value(125, 100) == 0
    assert painter.value(100, 100) == 255


def test_the_eraser_erases_and_its_right_button_paints(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.press("E")
    painter.drag((125, 90), (125, 110))
    assert painter.value(125, 100) == 0
    painter.drag((125, 90), (125, 110), button=RIGHT)
    assert painter.value(125, 100) == 255


def test_x_swaps_painting_and_erasing(painter: Painter) -> None:
    painter.begin()
    painter.press("X")
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 0
    painter.press("X")
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 255


def test_a_click_with_shift_draws_a_straight_line(painter: Painter) -> None:
    painter.begin()
    painter.drag((50, 50))
    painter.drag((200, 50), keys=SHIFT)
    assert painter.value(125, 50) == 255


def test_brackets_change_the_size(painter: Painter) -> None:
    painter.begin()
    painter.press("]")
    painter.press("]")
    painter.drag((100, 100))
    assert painter.value(100, 113) == 255
    assert painter.value(100, 117) == 0
    for _time in range(4):
        painter.press("[")
    painter.drag((200, 100))
    assert painter.value(200, 103) == 255
    assert painter.value(200, 107) == 0


def test_braces_change_the_hardness(painter: Painter) -> None:
    painter.begin()
    painter.press("{")
    painter.press("{")
    painter.drag((100, 100))
    assert painter.value(100, 100) == 255
    assert 0 < painter.value(100, 108) < 255


def test_a_stroke_is_the_same_at_every_zoom(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 120), (180, 90))
    first = painter.pool.values()
    painter.press("Ctrl+Z")
    painter.canvas.zoom_by_steps(6.2126, QPointF(painter.at(140, 100)))
    assert painter.canvas.viewport.zoom == pytest.approx(4.0, rel=1e-4)
    painter.drag((100, 100), (150, 120), (180, 90))
    assert painter.pool.values() == first


def tablet(
    painter: Painter,
    kind: QEvent.Type,
    place: tuple[float, float],
    pressure: float,
    pen: QPointingDevice.PointerType = QPointingDevice.PointerType.Pen,
) -> None:
    """Send what a tablet sends."""
    where = painter.canvas.photo_transform().map(QPointF(*place))
    device = QPointingDevice(
        "pen", 1, QPointingDevice.DeviceType.Stylus, pen, QPointingDevice.Capability.All, 1, 3
    )
    there = QPointF(painter.canvas.mapToGlobal(where))
    held = LEFT if kind != QEvent.Type.TabletRelease else Qt.MouseButton.NoButton
    event = QTabletEvent(kind, device, where, there, pressure, 0, 0, 0, 0, 0, NONE, LEFT, held)
    QApplication.sendEvent(painter.canvas, event)
    assert event.isAccepted()


def test_a_pens_pressure_makes_the_brush_smaller(painter: Painter) -> None:
    painter.begin()
    for kind, place, pressure in (
        (QEvent.Type.TabletPress, (100, 100), 0.5),
        (QEvent.Type.TabletMove, (150, 100), 0.5),
        (QEvent.Type.TabletRelease, (150, 100), 0.0),
    ):
        tablet(painter, kind, place, pressure)
    painter.settle()
    assert painter.value(125, 100) == 255
    assert painter.value(125, 108) == 0


def test_a_pens_other_end_erases(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    for kind, place in (
        (QEvent.Type.TabletPress, (125, 100)),
        (QEvent.Type.TabletRelease, (125, 100)),
    ):
        tablet(painter, kind, place, 1.0, QPointingDevice.PointerType.Eraser)
    painter.settle()
    assert painter.value(125, 100) == 0


def test_a_rectangle_is_added_and_taken_away_again(painter: Painter) -> None:
    painter.begin()
    painter.press("M")
    painter.drag((50, 50), (80, 60), (150, 120))
    assert painter.value(100, 100) == 255
    assert painter.value(160, 100) == 0
    painter.drag((90, 90), (110, 110), keys=ALT)
    assert painter.value(100, 100) == 0
    assert painter.value(60, 60) == 255


def test_shift_and_alt_intersect(painter: Painter) -> None:
    painter.begin()
    painter.press("M")
    painter.drag((50, 50), (150, 150))
    painter.drag((100, 100), (200, 200), keys=SHIFT | ALT)
    assert painter.value(120, 120) == 255
    assert painter.value(60, 60) == 0
    assert painter.value(180, 180) == 0


def test_an_ellipse_leaves_the_corners(painter: Painter) -> None:
    painter.begin()
    painter.press("Shift+M")
    painter.drag((50, 50), (150, 130))
    assert painter.value(100, 90) == 255
    assert painter.value(53, 53) == 0


def test_a_lasso_takes_what_was_drawn_round(painter: Painter) -> None:
    painter.begin()
    painter.press("L")
    painter.drag((50, 50), (150, 50), (150, 150), (50, 150))
    assert painter.value(100, 100) == 255
    assert painter.value(160, 100) == 0


def test_a_polygon_is_closed_by_enter_and_its_last_corner_taken_back(painter: Painter) -> None:
    painter.begin()
    painter.press("Shift+L")
    for place in ((50, 50), (150, 50), (150, 150), (300, 250)):
        painter.drag(place)
    painter.press("Backspace")
    painter.press("Return")
    assert painter.masks.is_painting
    assert painter.value(140, 70) == 255
    assert painter.value(200, 150) == 0


def test_a_polygon_is_closed_at_its_first_corner(painter: Painter) -> None:
    painter.begin()
    painter.press("Shift+L")
    for place in ((50, 50), (150, 50), (150, 150), (52, 51)):
        painter.drag(place)
    assert painter.value(140, 70) == 255
    painter.drag((300, 200))
    painter.press("Esc")
    assert painter.masks.is_painting


def test_escape_gives_up_a_shape_before_it_ends_painting(painter: Painter) -> None:
    painter.begin()
    painter.press("Shift+L")
    painter.drag((50, 50))
    painter.drag((150, 50))
    painter.press("Esc")
    assert painter.masks.is_painting
    assert painter.masks.is_empty
    painter.press("Esc")
    assert not painter.masks.is_painting


def test_gradients_fall_from_full_to_nothing(painter: Painter) -> None:
    painter.begin()
    painter.press("G")
    painter.drag((100, 150), (300, 150))
    assert painter.value(50, 150) == 255
    assert painter.value(200, 150) == pytest.approx(128, abs=2)
    assert painter.value(350, 150) == 0
    painter.press("Ctrl+Z")
    painter.press("Shift+G")
    painter.drag((200, 150), (300, 150))
    assert painter.value(200, 150) > 250
    assert painter.value(200, 100) == pytest.approx(128, abs=3)


def test_similar_colors_ask_the_daemon_and_combine(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.pool.changes["similar"] = (10, 20, 30, 40, b"\xff" * (30 * 40))
    painter.begin()
    painter.press("W")
    painter.drag((15, 25))
    qtbot.waitUntil(lambda: painter.value(15, 25) == 255)
    (asked,) = fake_daemon.of(MaskChange)
    assert isinstance(asked, MaskChange)
    assert (asked.change, asked.column, asked.row, asked.contiguous) == ("similar", 15, 25, True)
    assert painter.value(41, 25) == 0


def test_a_tone_that_is_clicked_becomes_the_middle_of_the_range(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.begin()
    painter.press("Shift+W")
    painter.drag((15, 25))
    qtbot.waitUntil(lambda: bool(fake_daemon.of(MaskChange)))
    (asked,) = fake_daemon.of(MaskChange)
    assert isinstance(asked, MaskChange)
    assert (asked.low, asked.high) == (0.4, 0.6)
