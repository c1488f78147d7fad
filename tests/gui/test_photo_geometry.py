"""From the photo's pixels to the device's and back: exact whatever turn, zoom and ratio."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QRegion, QTransform
from pytestqt.qtbot import QtBot

from rabbitviewer.view.layers import outward, parts_of, photo_to_device
from rabbitviewer.view.surface import PhotoSurface
from rabbitviewer.view.turning import ViewTurn
from rabbitviewer.view.viewport import Viewport
from tests.fakes.window import PHOTO, flat

RATIOS = (1.0, 1.25, 1.5, 2.0)
TURNS = [ViewTurn(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)]

turns = st.sampled_from(TURNS)
sides = st.integers(1, 9001)
zooms = st.floats(0.01, 16.0)
shares = st.floats(0.0, 1.0)


def way_of(
    turn: ViewTurn, size: tuple[int, int], zoom: float, at: tuple[float, float]
) -> QTransform:
    """The way through a viewport of 1000 x 700 device pixels, zoomed at a place of it."""
    seen = turn.size(*size)
    viewport = Viewport(1000, 700, *seen).to_fit().zoomed(zoom, at[0] * 1000, at[1] * 700)
    return photo_to_device(QRectF(*viewport.rect), turn, *size)


@given(turns, sides, sides, zooms, shares, shares, shares, shares)
def test_a_place_of_the_photo_is_found_again(
    turn: ViewTurn,
    width: int,
    height: int,
    zoom: float,
    at_x: float,
    at_y: float,
    column: float,
    row: float,
) -> None:
    way = way_of(turn, (width, height), zoom, (at_x, at_y))
    place = QPointF(column * width, row * height)
    back, possible = way.inverted()
    assert possible
    found = back.map(way.map(place))
    assert found.x() == pytest.approx(place.x(), abs=1e-6 * max(width, 1))
    assert found.y() == pytest.approx(place.y(), abs=1e-6 * max(height, 1))


@given(turns, sides, sides, zooms, shares, shares)
def test_the_photo_fills_exactly_what_the_viewport_says(
    turn: ViewTurn, width: int, height: int, zoom: float, at_x: float, at_y: float
) -> None:
    seen = turn.size(width, height)
    viewport = Viewport(1000, 700, *seen).to_fit().zoomed(zoom, at_x * 1000, at_y * 700)
    target = QRectF(*viewport.rect)
    filled = photo_to_device(target, turn, width, height).mapRect(QRectF(0, 0, width, height))
    assert filled.left() == pytest.approx(target.left(), abs=1e-6)
    assert filled.top() == pytest.approx(target.top(), abs=1e-6)
    assert filled.width() == pytest.approx(target.width(), abs=1e-6)
    assert filled.height() == pytest.approx(target.height(), abs=1e-6)


@pytest.mark.parametrize(
    ("turn", "corner"),
    [
        (ViewTurn(0), (0, 0)),
        (ViewTurn(1), (30, 0)),
        (ViewTurn(2), (40, 30)),
        (ViewTurn(3), (0, 40)),
        (ViewTurn(0, mirrored=True), (40, 0)),
        (ViewTurn(1, mirrored=True), (30, 40)),
        (ViewTurn(2, mirrored=True), (0, 30)),
        (ViewTurn(3, mirrored=True), (0, 0)),
    ],
)
def test_the_upper_left_corner_goes_where_the_turn_puts_it(
    turn: ViewTurn, corner: tuple[int, int]
) -> None:
    target = QRectF(0, 0, *turn.size(40, 30))
    there = photo_to_device(target, turn, 40, 30).map(QPointF(0, 0))
    assert (round(there.x(), 9), round(there.y(), 9)) == corner


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("turn", TURNS)
def test_a_point_of_the_widget_is_found_again_at_every_device_pixel_ratio(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, ratio: float, turn: ViewTurn
) -> None:
    surface = PhotoSurface()
    qtbot.addWidget(surface)
    monkeypatch.setattr(surface, "devicePixelRatioF", lambda: ratio)
    surface.resize(301, 203)
    surface.show()
    surface.show_picture(flat(PHOTO, "#808080", 4001, 2999), turn)
    surface.zoom_by_steps(7, QPointF(100, 60))
    for where in (QPointF(0, 0), QPointF(150.5, 101.25), QPointF(300, 202)):
        place = surface.to_photo(where)
        device = surface.photo_transform().map(place)
        assert device.x() == pytest.approx(where.x() * ratio, abs=1e-6)
        assert device.y() == pytest.approx(where.y() * ratio, abs=1e-6)


class Dot:
    """A layer that paints one pixel of the photo, and remembers what was to be repainted."""

    def __init__(self, pixel: QRect) -> None:
        self.pixel = pixel
        self.exposed: list[QRect] = []

    def paint(self, painter: QPainter, to_device: QTransform, exposed: QRect) -> None:
        self.exposed.append(QRect(exposed))
        painter.setTransform(to_device, combine=True)
        painter.fillRect(self.pixel, QColor("#ff0000"))

    def paint_lines(self, painter: QPainter) -> None:
        """It has no lines."""


@pytest.mark.parametrize("turn", TURNS)
def test_a_layer_paints_on_the_very_pixel_of_the_photo(qtbot: QtBot, turn: ViewTurn) -> None:
    surface = PhotoSurface()
    qtbot.addWidget(surface)
    surface.resize(400, 400)
    surface.show()
    picture = flat(PHOTO, "#808080", 40, 30)
    surface.show_picture(picture, turn)
    surface.zoom_by_steps(10)
    surface.set_layer(Dot(QRect(11, 7, 1, 1)))
    where = surface.photo_transform().map(QPointF(11.5, 7.5)).toPoint()
    beside = surface.photo_transform().map(QPointF(12.5, 7.5)).toPoint()
    shown = surface.grab().toImage()
    assert QColor(shown.pixel(where)).name() == "#ff0000"
    assert QColor(shown.pixel(beside)).name() == "#808080"


def test_only_what_changed_is_repainted(qtbot: QtBot) -> None:
    surface = PhotoSurface()
    qtbot.addWidget(surface)
    surface.resize(400, 300)
    surface.show()
    qtbot.waitExposed(surface)
    surface.show_picture(flat(PHOTO, "#808080", 400, 300))
    layer = Dot(QRect(0, 0, 1, 1))
    surface.set_layer(layer)
    qtbot.waitUntil(lambda: bool(layer.exposed))
    layer.exposed.clear()
    surface.update_photo(QRect(100, 80, 10, 12))
    qtbot.waitUntil(lambda: bool(layer.exposed))
    assert layer.exposed == [QRect(99, 79, 12, 14)]


def test_a_region_of_too_many_parts_is_repainted_as_one() -> None:
    region = QRegion()
    for number in range(10):
        region += QRect(2 * number, 2 * number, 1, 1)
    assert len(parts_of(region)) == 10
    assert parts_of(region, 5) == (QRect(0, 0, 19, 19),)


def test_whole_pixels_are_taken_all_round() -> None:
    assert outward(QRectF(1.5, 2.0, 3.0, 1.0)) == QRect(0, 1, 6, 3)
