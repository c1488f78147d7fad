"""The parts of a name pattern as chips that can be pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from rabbitviewer.theme.controls import push_button
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.tokens import tokens


def token_chips(parts: Iterable[tuple[str, str]], insert: Callable[[str], object]) -> QWidget:
    """Return a row of chips that wraps.

    Args:
        parts: What each chip says, and the token it stands for.
        insert: Called with the token of a chip that was pressed.
    """
    chips = QWidget()
    flow = FlowLayout(tokens().space_1, chips)
    for text, token in parts:
        chip = push_button(text, "chip")
        chip.setToolTip(token)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.clicked.connect(lambda _on=False, chosen=token: insert(chosen))
        flow.addWidget(chip)
    return chips
