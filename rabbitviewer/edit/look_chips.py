"""Chips for the looks: one press fills the prompt."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QLinearGradient, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from rabbitviewer.edit.looks import Look, looks
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.tokens import tokens

_SWATCH = 12
_SWATCH_ROOM = 15


class LookChips(QWidget):
    """The named prompts as a paragraph of chips.

    Signals:
        chosen: a look was pressed (its prompt).
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = FlowLayout(tokens().space_1, self)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._chips: dict[str, QPushButton] = {}
        for look in looks():
            chip = self._make_chip(look)
            layout.addWidget(chip)
            self._group.addButton(chip)
            self._chips[look.prompt] = chip

    def mark(self, prompt: str) -> None:
        """Show as pressed the chip that stands for exactly *prompt*, if there is one."""
        for known, chip in self._chips.items():
            chip.setChecked(known == prompt)

    def _make_chip(self, look: Look) -> QPushButton:
        chip = QPushButton(_swatch(look, self.devicePixelRatioF()), look.title)
        chip.setProperty("look", "chip")
        chip.setCheckable(True)
        chip.setIconSize(QSize(_SWATCH_ROOM, _SWATCH))
        chip.setToolTip(look.prompt)
        chip.setAccessibleName(self.tr("Look: {title}").format(title=look.title))
        chip.clicked.connect(lambda: self.chosen.emit(look.prompt))
        return chip


def _swatch(look: Look, ratio: float) -> QIcon:
    """A dot from the look's shadows to its lights."""
    pixmap = QPixmap(round(_SWATCH_ROOM * ratio), round(_SWATCH * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    ramp = QLinearGradient(QPointF(0, _SWATCH), QPointF(_SWATCH, 0))
    ramp.setColorAt(0.25, QColor(look.shadows))
    ramp.setColorAt(0.75, QColor(look.lights))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ramp)
    painter.drawEllipse(QRectF(0.5, 0.5, _SWATCH - 1, _SWATCH - 1))
    painter.end()
    icon = QIcon()
    icon.addPixmap(pixmap)
    return icon
