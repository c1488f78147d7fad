"""The look in numbers: what is read can be read."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from rabbitviewer.theme.tokens import DARK, LIGHT, Tokens

TEXT = ("text", "text_secondary", "accent_text", "error", "success")
GROUNDS = ("window", "panel", "control", "raised")


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in QColor(color).getRgbF()[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("text", TEXT)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_stands_out_from_its_ground(look: Tokens, text: str, ground: str) -> None:
    assert contrast(getattr(look, text), getattr(look, ground)) >= 4.5


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
def test_text_stands_out_on_a_primary_button(look: Tokens) -> None:
    assert contrast(look.on_accent, look.accent) >= 4.5


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_focus_ring_stands_out(look: Tokens, ground: str) -> None:
    assert contrast(look.accent, getattr(look, ground)) >= 3.0


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", [*GROUNDS, "photo_area", "cell", "line"])
def test_grounds_are_neutral_grey(look: Tokens, ground: str) -> None:
    color = QColor(getattr(look, ground))
    assert color.red() == color.green() == color.blue()
