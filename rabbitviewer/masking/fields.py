"""Controls of the options: a figure with its slider, modes side by side, the overlay's colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_SLIDER_STEPS = 1000
_FIELD_WIDTH = 72
_NARROW_WIDTH = 62
_LABEL_WIDTH = 64
_SLIDER_WIDTH = 72


class NumberField(QWidget):
    """A figure with a name before it and, where there is room, a slider.

    Signals:
        edited: the user set another one.
        left: the user is done with the keyboard here (Enter, Esc).
    """

    edited = Signal(float)
    left = Signal()

    def __init__(
        self,
        name: str,
        span: tuple[int, int],
        suffix: str,
        *,
        wide: bool,
        even: bool = True,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Prepare.

        Args:
            name: What it is.
            span: Least and largest figure.
            suffix: Its unit, with the space before it.
            wide: The whole width is its own: with a slider that fills it. Else only figures of a
                long span have a slider.
            even: The slider is even; else every figure takes room by its proportion.
            tip: Tool tip.
            parent: Qt's owner.
        """
        super().__init__(parent)
        look = tokens()
        self._span = span
        self._even = even
        label = text_label(name, "secondary")
        self._box = _Figure(self.left.emit)
        self._box.setRange(*span)
        self._box.setSuffix(suffix)
        self._box.setAccessibleName(name)
        self._box.setFixedWidth(_FIELD_WIDTH)
        self._box.setFont(figures_font(self._box.font()))
        self._box.setKeyboardTracking(False)
        self.setMinimumHeight(look.control_height + 2)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _SLIDER_STEPS)
        self._slider.setAccessibleName(name)
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_2)
        layout.addWidget(label)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._box)
        if wide:
            label.setMinimumWidth(_LABEL_WIDTH)
        else:
            self._slider.setFixedWidth(_SLIDER_WIDTH)
            self._slider.setVisible(not even)
            self._box.setFixedWidth(_FIELD_WIDTH if not even else _NARROW_WIDTH)
        if tip:
            self.setToolTip(tip)
        self._box.valueChanged.connect(self._on_figure)
        self._slider.valueChanged.connect(self._on_slider)

    @property
    def value(self) -> int:
        """What is set."""
        return self._box.value()

    @property
    def figure(self) -> QSpinBox:
        """Where it is typed."""
        return self._box

    def show_value(self, value: float) -> None:
        """Show a figure that was set elsewhere."""
        for control, shown in (
            (self._box, round(value)),
            (self._slider, self._position(value)),
        ):
            control.blockSignals(True)
            control.setValue(shown)
            control.blockSignals(False)

    def _on_figure(self, value: int) -> None:
        self.show_value(value)
        self.edited.emit(float(value))

    def _on_slider(self, position: int) -> None:
        low, high = self._span
        share = position / _SLIDER_STEPS
        value = low + share * (high - low) if self._even else low * (high / low) ** share
        self._box.blockSignals(True)
        self._box.setValue(round(value))
        self._box.blockSignals(False)
        self.edited.emit(float(round(value)))

    def _position(self, value: float) -> int:
        low, high = self._span
        if self._even:
            share = (value - low) / (high - low)
        else:
            share = math.log(max(value, low) / low) / math.log(high / low)
        return round(share * _SLIDER_STEPS)


class _Figure(QSpinBox):
    """A figure; Enter and Esc give the keys back to the photo."""

    def __init__(self, left: Callable[[], object]) -> None:
        super().__init__()
        self._left = left
        field = self.findChild(QLineEdit)
        if field is not None:
            field.setTextMargins(tokens().space_1, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take what was typed and leave."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.interpretText()
            event.accept()
            self._left()
        else:
            super().keyPressEvent(event)


class Segments(QFrame):
    """A few choices side by side, or in two rows, one of them chosen.

    Signals:
        chosen: the user took one (its name).
    """

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        choices: Sequence[tuple[str, str, QIcon | None, str]],
        parent: QWidget | None = None,
        *,
        rows: int = 1,
    ) -> None:
        """Prepare.

        Args:
            name: Accessible name.
            choices: Name, words, icon instead of the words, tool tip of each.
            parent: Qt's owner.
            rows: Rows they are divided into.
        """
        super().__init__(parent)
        self.setProperty("look", "segments")
        self.setAccessibleName(name)
        self._buttons: dict[str, QToolButton] = {}
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        columns = -(-len(choices) // rows)
        for number, (choice, words, picture, tip) in enumerate(choices):
            button = QToolButton()
            if rows > 1:
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setCheckable(True)
            button.setAccessibleName(words)
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if picture is None:
                button.setText(words)
            else:
                button.setIcon(picture)
                button.setIconSize(QSize(tokens().icon_small, tokens().icon_small))
            button.clicked.connect(lambda _on=False, choice=choice: self._on_clicked(choice))
            self._buttons[choice] = button
            layout.addWidget(button, number // columns, number % columns)

    def show_choice(self, choice: str) -> None:
        """Show which one is chosen."""
        for name, button in self._buttons.items():
            button.setChecked(name == choice)

    def _on_clicked(self, choice: str) -> None:
        self.show_choice(choice)
        self.chosen.emit(choice)


class ColorButton(QToolButton):
    """The overlay's colour, and a menu of others.

    Signals:
        chosen: the user took one (``#rrggbb``; empty: the theme's).
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = tokens().mask
        self.setAccessibleName(self.tr("Color of the overlay"))
        self.setToolTip(self.accessibleName())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setIconSize(QSize(tokens().icon_small, tokens().icon_small))
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        self.setMenu(menu)

    def show_color(self, color: str) -> None:
        """Show the colour in force."""
        self._color = color
        self.setIcon(_swatch(color))

    def _fill(self, menu: QMenu) -> None:
        look = tokens()
        menu.clear()
        for words, color, stored in (
            (self.tr("Red"), look.mask, ""),
            (self.tr("Green"), look.label_green, look.label_green),
            (self.tr("Blue"), look.label_blue, look.label_blue),
            (self.tr("Yellow"), look.label_yellow, look.label_yellow),
            (self.tr("Purple"), look.label_purple, look.label_purple),
        ):
            entry = menu.addAction(_swatch(color), words)
            entry.triggered.connect(lambda _on=False, stored=stored: self.chosen.emit(stored))
        menu.addSeparator()
        menu.addAction(self.tr("Another color…")).triggered.connect(self._choose)

    def _choose(self) -> None:
        dialog = QColorDialog(QColor(self._color), self.window())
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog, on=False)
        dialog.setModal(False)
        dialog.colorSelected.connect(self._on_color)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def _on_color(self, color: QColor) -> None:
        self.chosen.emit(color.name())


def _swatch(color: str) -> QIcon:
    look = tokens()
    picture = QPixmap(look.icon_small, look.icon_small)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(look.control_line))
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(picture.rect().adjusted(1, 1, -2, -2), 3, 3)
    painter.end()
    return QIcon(picture)
