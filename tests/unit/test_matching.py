"""How a few typed letters find a command."""

from __future__ import annotations

import pytest

from rabbitviewer.shell.matching import match


@pytest.mark.parametrize(
    ("typed", "words"),
    [("fb", "Filter bar"), ("FULL", "Full screen"), ("rot r", "Rotate the file right"), ("", "x")],
)
def test_letters_in_order_fit(typed: str, words: str) -> None:
    assert match(typed, words) is not None


@pytest.mark.parametrize(("typed", "words"), [("bf", "Filter bar"), ("fullx", "Full screen")])
def test_letters_out_of_order_or_missing_do_not_fit(typed: str, words: str) -> None:
    assert match(typed, words) is None


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("fb", "Filter bar", "Flip the table"),
        ("grid", "Grid", "Back to the grid"),
        ("re", "Redo", "Invert the selection, read again"),
        ("info", "Info", "In the folder"),
    ],
)
def test_starts_and_whole_words_come_first(typed: str, better: str, worse: str) -> None:
    first, second = match(typed, better), match(typed, worse)
    assert first is not None
    assert second is None or first > second
