"""The filter bar: stars, labels, lists and dates make one filter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from daemon.protocol.messages import FilterChoices
from daemon.protocol.values import PhotoFilter
from rabbitviewer.browse.date_range import DateChip, range_words
from rabbitviewer.browse.filter_bar import FilterBar
from rabbitviewer.browse.filter_controls import ChoiceChip, Stars
from rabbitviewer.models.filtering import Filtering


@pytest.fixture
def filtering() -> Filtering:
    return Filtering()


@pytest.fixture
def bar(qtbot: QtBot, filtering: Filtering) -> FilterBar:
    bar = FilterBar(filtering)
    qtbot.addWidget(bar)
    bar.resize(1200, 44)
    bar.show()
    return bar


def named(bar: FilterBar, name: str) -> QAbstractButton:
    return next(each for each in bar.findChildren(QAbstractButton) if each.accessibleName() == name)


def press_star(qtbot: QtBot, stars: Stars, number: int) -> None:
    side = stars.width() / 5
    where = QPoint(int((number - 0.5) * side), stars.height() // 2)
    qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=where)


def test_a_star_asks_for_at_least_so_many_and_again_for_any(
    qtbot: QtBot, bar: FilterBar, filtering: Filtering
) -> None:
    stars = bar.findChildren(Stars)[0]
    press_star(qtbot, stars, 3)
    assert filtering.filter == PhotoFilter(min_rating=3)
    press_star(qtbot, stars, 3)
    assert not filtering.is_active


def test_stars_are_reached_by_the_keyboard(
    qtbot: QtBot, bar: FilterBar, filtering: Filtering
) -> None:
    stars = bar.findChildren(Stars)[0]
    qtbot.keyClick(stars, Qt.Key.Key_4)
    qtbot.keyClick(stars, Qt.Key.Key_Right)
    assert filtering.filter.min_rating == 5


def test_several_labels_are_any_of_them(qtbot: QtBot, bar: FilterBar, filtering: Filtering) -> None:
    for name in ("Red label", "Blue label"):
        qtbot.mouseClick(named(bar, name), Qt.MouseButton.LeftButton)
    assert filtering.filter.labels == ("red", "blue")


def test_a_camera_is_ticked_in_its_list_and_named_on_the_chip(
    bar: FilterBar, filtering: Filtering
) -> None:
    filtering.set_choices(FilterChoices(listing_id=1, cameras=(("X100V", 40), ("Z 6", 2))))
    chip = next(each for each in bar.findChildren(ChoiceChip) if "Camera" in each.text())
    chip.pick_list.picked.emit("X100V")
    assert filtering.filter.cameras == ("X100V",)
    assert chip.isChecked()
    assert "X100V" in chip.text()


def test_clear_asks_nothing_any_more(qtbot: QtBot, bar: FilterBar, filtering: Filtering) -> None:
    filtering.set(min_rating=2, edited=True)
    qtbot.mouseClick(named(bar, "Clear"), Qt.MouseButton.LeftButton)
    assert not filtering.is_active


def test_a_chosen_month_is_a_range_of_days(bar: FilterBar, filtering: Filtering) -> None:
    bar.findChildren(DateChip)[0].chosen.emit("2024-02-01", "2024-02-29")
    assert (filtering.filter.taken_from, filtering.filter.taken_to) == ("2024-02-01", "2024-02-29")


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2024-01-01", "2024-12-31", "2024"),
        ("2024-02-01", "2024-02-29", "February 2024"),
        ("2024-02-03", "2024-02-03", "2024-02-03"),
        ("2024-02-03", "2024-03-01", "2024-02-03 – 2024-03-01"),
        ("", "", ""),
    ],
)
def test_a_range_is_said_as_shortly_as_it_can_be(first: str, last: str, words: str) -> None:
    assert range_words(first, last) == words
