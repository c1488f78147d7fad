"""Icons: every name there is a glyph for, drawn in the colour of the theme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QIcon, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import rabbitviewer
from rabbitviewer.theme.icons import icon, paint_icon
from rabbitviewer.theme.theme import Theme
from rabbitviewer.theme.tokens import DARK, LIGHT

SOURCES = sorted(Path(rabbitviewer.__file__).parent.rglob("*.py"))
NAMES = sorted(
    {name for file in SOURCES for name in re.findall(r'"(ph\.[a-z-]+)"', file.read_text())}
)


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_named_in_the_window_has_a_glyph(qtbot: QtBot, name: str) -> None:
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_icon(painter, QRect(0, 0, 20, 20), name, "#ffffff")
    painter.end()
    assert any(image.pixelColor(x, y).alpha() for x in range(20) for y in range(20))


def test_an_icon_follows_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme(qapp, "dark")
    shown = icon("ph.square-fill")
    assert middle(shown) == DARK.text
    theme.choose("light")
    assert middle(shown) == LIGHT.text
    theme.choose("dark")


def test_the_icon_of_what_is_on_is_drawn_in_the_accent(qtbot: QtBot, qapp: QApplication) -> None:
    Theme(qapp, "dark")
    assert middle(icon("ph.square-fill"), QIcon.State.On) == DARK.accent_text


def test_an_icon_without_room_is_quietly_nothing(qtbot: QtBot) -> None:
    # Qt warns of a painter on nothing, and a warning fails the test
    assert icon("ph.image").pixmap(QSize(16, 0)).isNull()


def middle(shown: QIcon, state: QIcon.State = QIcon.State.Off) -> str:
    pixmap = shown.pixmap(QSize(32, 32), QIcon.Mode.Normal, state)
    return pixmap.toImage().pixelColor(16, 16).name()
