"""Ratings, labels, flags and keywords: keys, menus and what they show."""

from __future__ import annotations

from rabbitviewer.organise.marking import MarkActions
from rabbitviewer.view.overlay import PassingFigure
from rabbitviewer.wiring.parts import Parts


def add_marking(parts: Parts) -> None:
    """Let the user mark photos."""
    marking = MarkActions(parts.window, parts.listing, parts.selection, parts.marks)
    for menu in marking.menus():
        parts.navigator.add_to_menu(menu)
    figure = PassingFigure(parts.photo.canvas)
    marking.marked.connect(figure.say)
