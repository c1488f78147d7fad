"""The small parts of the filter bar: stars, label dots, a chip that opens a list."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QMenu,
    QPushButton,
    QSizePolicy,
    QWidget,
    QWidgetAction,
)

from rabbitviewer.browse.pick_list import PickList
from rabbitviewer.theme.controls import set_look
from rabbitviewer.theme.icons import paint_icon
from rabbitviewer.theme.tokens import label_color, tokens

_STARS = 5
_DOT = 12


class Stars(QWidget):
    """Five stars: a click asks for at least so many; a click on the last of them for any.

    Signals:
        chosen: the least number of stars.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stars = 0
        self._hovered = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_stars(0)

    def set_stars(self, stars: int) -> None:
        """Show the least number of stars asked for."""
        self._stars = stars
        words = self.tr("At least {n} stars").format(n=stars) if stars else self.tr("Any rating")
        self.setAccessibleName(self.tr("Rating"))
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for five stars."""
        look = tokens()
        return QSize(_STARS * (look.icon_small + 2) + look.space_2, look.control_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stars, the asked for ones full."""
        look = tokens()
        painter = QPainter(self)
        for number in range(1, _STARS + 1):
            full = number <= (self._hovered or self._stars)
            color = look.accent if number <= self._stars else look.text_secondary
            name = "ph.star-fill" if full else "ph.star"
            paint_icon(painter, self._box(number), name, color)
        if self.hasFocus():
            painter.setPen(QColor(look.accent))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose by a click."""
        number = self._at(event.position().x())
        self.chosen.emit(0 if number == self._stars else number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the stars under the pointer."""
        self._hovered = self._at(event.position().x())
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Show what is chosen again."""
        self._hovered = 0
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose by arrows and figures."""
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            wanted = self._stars + steps[Qt.Key(event.key())]
            self.chosen.emit(min(max(wanted, 0), _STARS))
        elif event.text().isdecimal() and int(event.text()) <= _STARS:
            self.chosen.emit(int(event.text()))
        else:
            super().keyPressEvent(event)

    def _box(self, number: int) -> QRect:
        look = tokens()
        side = look.icon_small
        left = look.space_1 + (number - 1) * (side + 2)
        return QRect(left, (self.height() - side) // 2, side, side)

    def _at(self, x: float) -> int:
        look = tokens()
        number = int((x - look.space_1) // (look.icon_small + 2)) + 1
        return min(max(number, 1), _STARS)


class LabelDot(QAbstractButton):
    """A dot in a label's colour, with a ring while it is asked for; a hollow one for no label."""

    def __init__(self, label: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self.setCheckable(True)
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        """Return the room of a dot with its ring."""
        side = _DOT + tokens().space_2
        return QSize(side, tokens().control_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dot."""
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRect(0, 0, _DOT, _DOT)
        box.moveCenter(self.rect().center())
        color = QColor(label_color(look, self._label))
        if self._label == "none":
            painter.setPen(color)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(box.adjusted(1, 1, -1, -1))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            if not (self.isChecked() or self.underMouse()):
                color.setAlphaF(0.75)
            painter.setBrush(color)
            painter.drawEllipse(box)
        if self.isChecked() or self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(look.accent if self.hasFocus() else look.text))
            painter.drawEllipse(box.adjusted(-2, -2, 2, 2))
        painter.end()


class ChoiceChip(QPushButton):
    """A chip that opens a list of values; it names the ticked ones."""

    def __init__(self, name: str, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._name = name
        self.pick_list = PickList(name, nothing)
        self.setProperty("look", "chip")
        self.setCheckable(True)
        self.setAccessibleName(name)
        menu = QMenu(self)
        inside = QWidgetAction(menu)
        inside.setDefaultWidget(self.pick_list)
        menu.addAction(inside)
        menu.aboutToShow.connect(self._keep_state)
        menu.aboutToHide.connect(self._keep_state)
        self._menu = menu
        self._held = 0
        self.clicked.connect(self._open)

    def show_picked(self, words: list[str]) -> None:
        """Name what is ticked."""
        self._held = len(words)
        shown = self._name if not words else words[0] if len(words) == 1 else ""
        if len(words) > 1:
            shown = f"{self._name}: {len(words)}"
        metrics = self.fontMetrics()
        elided = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, 8 * tokens().space_5)
        self.setText(elided.replace("&", "&&") + "  ▾")
        self.setToolTip(", ".join(words))
        self.setAccessibleDescription(", ".join(words))
        self._keep_state()

    def _keep_state(self) -> None:
        self.setChecked(self._held > 0)
        set_look(self, "chip")

    def _open(self) -> None:
        self._keep_state()
        self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
        self.pick_list.start()
