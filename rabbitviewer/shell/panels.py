"""The photo area between two side panels that slide away and come back as they were."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStyle, QWidget

from rabbitviewer.theme.tokens import tokens

LEFT, CENTER, RIGHT = 0, 1, 2
_LEAST_WIDTH = 180
_LEAST_RIGHT = 240


class _Curtain(QWidget):
    """Holds a side's content at its full width while the side itself slides."""

    def __init__(self, content: QWidget, least_width: int, *, at_right_edge: bool) -> None:
        super().__init__()
        self.least_width = least_width
        self._content = content
        self._at_right_edge = at_right_edge
        self.full_width = 0
        content.setParent(self)
        self.setMinimumWidth(least_width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the content's inner edge at ours."""
        super().resizeEvent(event)
        self.place()

    def place(self) -> None:
        """Lay the content out for the width there is, or for the full one while sliding."""
        width = max(self.width(), self.full_width)
        left = self.width() - width if self._at_right_edge else 0
        self._content.setGeometry(left, 0, width, self.height())


@dataclasses.dataclass
class _Side:
    curtain: _Curtain
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
        self._sides = {
            LEFT: _Side(
                _Curtain(left, _LEAST_WIDTH, at_right_edge=True), look.panel_width * 3 // 4
            ),
            RIGHT: _Side(_Curtain(right, _LEAST_RIGHT, at_right_edge=False), look.panel_width),
        }
        for widget in (self._sides[LEFT].curtain, center, self._sides[RIGHT].curtain):
            self.addWidget(widget)
        center.setMinimumWidth(_LEAST_WIDTH)
        self.setStretchFactor(CENTER, 1)
        self._now = {which: side.width for which, side in self._sides.items()}
        self._placed = False
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
        side.width = max(width, side.curtain.least_width)
        side.is_open = is_open
        side.curtain.setVisible(is_open)
        self._now[which] = side.width if is_open else 0
        self._placed = False

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
            side.curtain.setVisible(is_open)
            self._apply(which, side.width if is_open else 0)
            return
        self._slide(which, side)

    def toggle(self, which: int) -> None:
        """Slide a side in when it is out, and out when it is in."""
        self.set_open(which, is_open=not self.is_open(which))

    def _slide(self, which: int, side: _Side) -> None:
        start = self._now[which]
        end = side.width if side.is_open else 0
        wanted = {**self._now, which: side.width}
        shared = self._share(wanted[LEFT], wanted[RIGHT])
        side.curtain.full_width = shared[0] if which == LEFT else shared[1]
        side.curtain.setMinimumWidth(1)
        side.curtain.show()
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
            side.curtain.full_width = 0
            side.curtain.place()
            side.curtain.setVisible(side.is_open)
            side.curtain.setMinimumWidth(side.curtain.least_width)

        return finish

    def _stop(self, side: _Side) -> None:
        if side.animation is not None:
            side.animation.stop()
            side.animation.deleteLater()
            side.animation = None

    def _apply(self, which: int, width: int) -> None:
        self._now[which] = width
        left, right = self._share(self._now[LEFT], self._now[RIGHT])
        self.setSizes([left, max(self.width() - left - right, 0), right])

    def _share(self, left: int, right: int) -> tuple[int, int]:
        """Narrow both sides where the photos would have less than half; widths stay remembered."""
        room = self.width() // 2
        if left + right <= room or not self.width():
            return left, right
        if not (left and right):
            return min(left, room), min(right, room)
        narrow = max(left * room // (left + right), _LEAST_WIDTH)
        narrow = min(narrow, left, room - min(right, _LEAST_RIGHT))
        return narrow, room - narrow

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the sides their widths once there is room to divide."""
        super().resizeEvent(event)
        running = QVariantAnimation.State.Running
        animations = [side.animation for side in self._sides.values()]
        sliding = any(each is not None and each.state() == running for each in animations)
        if self.width() > 2 * _LEAST_WIDTH and not (self._placed and sliding):
            self._placed = True
            for which, side in self._sides.items():
                self._apply(which, side.width if side.is_open else 0)

    def _on_moved(self) -> None:
        for which, width in zip((LEFT, CENTER, RIGHT), self.sizes(), strict=True):
            side = self._sides.get(which)
            if side is not None and side.is_open and side.curtain.isVisible():
                side.width = self._now[which] = max(width, side.curtain.least_width)
