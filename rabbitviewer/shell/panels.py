"""The photo area between two side panels that slide away and come back as they were."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, Qt, QVariantAnimation, Signal
from PySide6.QtWidgets import QSplitter, QStyle, QWidget

from rabbitviewer.theme.tokens import tokens

LEFT, CENTER, RIGHT = 0, 1, 2
_LEAST_WIDTH = 180


@dataclasses.dataclass
class _Side:
    widget: QWidget
    width: int
    is_open: bool = True
    animation: QVariantAnimation | None = None


class Panels(QSplitter):
    """Left panel, photo area, right panel.

    Signals:
        toggled: a panel was opened or closed (LEFT or RIGHT, whether it is open).
    """

    toggled = Signal(int, bool)

    def __init__(self, left: QWidget, center: QWidget, right: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        look = tokens()
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        for widget in (left, center, right):
            self.addWidget(widget)
        self.setStretchFactor(CENTER, 1)
        self._sides = {
            LEFT: _Side(left, look.panel_width * 3 // 4),
            RIGHT: _Side(right, look.panel_width),
        }
        for side in self._sides.values():
            side.widget.setMinimumWidth(_LEAST_WIDTH)
        self.splitterMoved.connect(self._on_moved)

    def is_open(self, which: int) -> bool:
        """Whether a side is open (or on its way)."""
        return self._sides[which].is_open

    def width_of(self, which: int) -> int:
        """Return the width a side has while it is open."""
        return self._sides[which].width

    def restore(self, which: int, *, is_open: bool, width: int) -> None:
        """Put a side where it was; nothing moves on the screen."""
        side = self._sides[which]
        side.width = max(width, _LEAST_WIDTH)
        side.is_open = is_open
        side.widget.setVisible(is_open)
        self._apply(which, side.width if is_open else 0)

    def set_open(self, which: int, *, is_open: bool) -> None:
        """Slide a side in or out."""
        side = self._sides[which]
        if side.is_open == is_open:
            return
        side.is_open = is_open
        self.toggled.emit(which, is_open)
        self._stop(side)
        duration = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self)
        if not (self.isVisible() and duration):
            side.widget.setVisible(is_open)
            self._apply(which, side.width if is_open else 0)
            return
        self._slide(which, side)

    def toggle(self, which: int) -> None:
        """Slide a side in when it is out, and out when it is in."""
        self.set_open(which, is_open=not self.is_open(which))

    def _slide(self, which: int, side: _Side) -> None:
        start = side.widget.width() if side.widget.isVisible() else 0
        end = side.width if side.is_open else 0
        side.widget.setMinimumWidth(0)
        side.widget.show()
        animation = QVariantAnimation(self)
        animation.setDuration(tokens().animation_ms)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.setStartValue(start)
        animation.setEndValue(end)
        animation.valueChanged.connect(self._mover(which))
        animation.finished.connect(self._finisher(side))
        side.animation = animation
        animation.start(QVariantAnimation.DeletionPolicy.KeepWhenStopped)

    def _mover(self, which: int) -> Callable[[int], None]:
        def move(width: int) -> None:
            self._apply(which, width)

        return move

    def _finisher(self, side: _Side) -> Callable[[], None]:
        def finish() -> None:
            side.widget.setVisible(side.is_open)
            side.widget.setMinimumWidth(_LEAST_WIDTH)

        return finish

    def _stop(self, side: _Side) -> None:
        if side.animation is not None:
            side.animation.stop()
            side.animation.deleteLater()
            side.animation = None

    def _apply(self, which: int, width: int) -> None:
        sizes = self.sizes()
        free = sum(sizes) - sizes[LEFT + RIGHT - which] - width
        sizes[which] = width
        sizes[CENTER] = max(free, 0)
        self.setSizes(sizes)

    def _on_moved(self) -> None:
        for which, width in zip((LEFT, CENTER, RIGHT), self.sizes(), strict=True):
            side = self._sides.get(which)
            if side is not None and side.is_open and side.widget.isVisible():
                side.width = max(width, _LEAST_WIDTH)
