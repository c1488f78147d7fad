"""Small controls that Fusion and the style sheet alone do not give: choice, fold, icon button."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.theme.icons import icon, paint_icon
from rabbitviewer.theme.tokens import tokens


class Choice(QComboBox):
    """A drop-down list with the theme's caret; the wheel scrolls the panel, not the choice."""

    def __init__(self, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, what is chosen as far as there is room, then the caret."""
        del event
        look = tokens()
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        box = QStyle.ComplexControl.CC_ComboBox
        field = self.style().subControlRect(box, option, QStyle.SubControl.SC_ComboBoxEditField)
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, field.width() - look.space_2
        )
        styled = QStylePainter(self)
        styled.drawComplexControl(box, option)
        styled.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        styled.end()
        side = look.font_small
        box = QRect(0, 0, side, side)
        box.moveCenter(self.rect().center())
        box.moveRight(self.width() - look.space_2)
        painter = QPainter(self)
        color = look.text_secondary if self.isEnabled() else look.text_disabled
        paint_icon(painter, box, "ph.caret-down", color)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what scrolls."""
        event.ignore()


class Fold(QWidget):
    """A heading that opens and closes what stands under it.

    Signals:
        toggled: it was opened or closed.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._button = _FoldButton(title)
        self._button.toggled.connect(self._on_toggled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_1)
        layout.addWidget(self._button)
        layout.addWidget(content)
        self._on_toggled(False)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self._button.isChecked()

    def set_open(self, *, is_open: bool) -> None:
        """Show or hide the content."""
        self._button.setChecked(is_open)

    def _on_toggled(self, checked: bool) -> None:
        self._content.setVisible(checked)
        self.toggled.emit(checked)


class _FoldButton(QAbstractButton):
    """A caret and a title, flush with what stands above and below."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setText(title)
        self.setCheckable(True)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the room for caret and title."""
        look = tokens()
        width = self.fontMetrics().horizontalAdvance(self.text()) + look.icon_small + look.space_2
        return QSize(width, look.control_height - look.space_1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint caret and title, and the ring of the focus."""
        look = tokens()
        painter = QPainter(self)
        color = look.text if self.underMouse() else look.text_secondary
        side = look.font_small
        box = QRect(0, (self.height() - side) // 2, side, side)
        paint_icon(painter, box, "ph.caret-down" if self.isChecked() else "ph.caret-right", color)
        painter.setPen(QColor(color))
        words = self.rect().adjusted(side + look.space_1 + 2, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.hasFocus():
            painter.setPen(QColor(look.accent))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        painter.end()


class Tick(QCheckBox):
    """A box to tick, drawn from the icon set, and the words after it."""

    def sizeHint(self) -> QSize:
        """Return the room of box and words."""
        look = tokens()
        side = look.icon + look.space_1
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(side + (words + look.space_2 if words else 0), side)

    def hitButton(self, pos: QPoint) -> bool:
        """Take presses on box and words alike."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, ticked or not, and the words."""
        del event
        look = tokens()
        painter = QPainter(self)
        box = QRect(0, (self.height() - look.icon) // 2, look.icon, look.icon)
        name = "ph.check-square-fill" if self.isChecked() else "ph.square"
        on = look.accent if self.isChecked() or self.hasFocus() else look.text_secondary
        paint_icon(painter, box, name, on if self.isEnabled() else look.text_disabled)
        if self.text():
            words = self.rect().adjusted(look.icon + look.space_2, 0, 0, 0)
            painter.setPen(QColor(look.text if self.isEnabled() else look.text_disabled))
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
            if self.hasFocus():
                painter.setPen(QColor(look.accent))
                ring = self.rect().adjusted(0, 0, -1, -1)
                painter.drawRoundedRect(ring, look.space_1, look.space_1)
        painter.end()


class ElidedLabel(QLabel):
    """A line of text that ends in dots where there is no room; the whole stands in its tool tip."""

    def __init__(self, look: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", look)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """Return next to nothing: whoever needs the room may have it."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        self.setToolTip(self.text() if shown != self.text() else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


class Sign(QWidget):
    """A large quiet icon for a panel that is empty, in the colours of the theme in force."""

    def __init__(self, icon_name: str) -> None:
        super().__init__()
        self._icon_name = icon_name
        side = 2 * tokens().icon
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the icon."""
        del event
        painter = QPainter(self)
        paint_icon(painter, self.rect(), self._icon_name, tokens().text_disabled)
        painter.end()


def text_label(text: str = "", look: str = "", *, wraps: bool = False) -> QLabel:
    """Return a label of a variant of the style sheet (``secondary``, ``small``, ``title`` ...)."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if look:
        label.setProperty("look", look)
    if look.startswith("tag"):
        label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    if wraps:
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
    return label


def set_look(widget: QWidget, look: str) -> None:
    """Change the variant of *widget* after it was shown."""
    if widget.property("look") != look:
        widget.setProperty("look", look)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def push_button(text: str, look: str = "", icon_name: str = "") -> QPushButton:
    """Return a button with words on it."""
    button = QPushButton(text)
    button.setAccessibleName(text)
    if look:
        button.setProperty("look", look)
    if icon_name:
        button.setIcon(icon(icon_name, "on_accent" if look == "primary" else "text"))
        button.setIconSize(icon_before_words(tokens().icon_small))
    return button


def icon_before_words(side: int) -> QSize:
    """Return the size of an icon with a gap between it and the words after it."""
    return QSize(side + tokens().space_1, side)


def icon_button(icon_name: str, text: str) -> QToolButton:
    """Return a button with an icon alone; *text* is its tool tip and accessible name."""
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(tokens().icon_small, tokens().icon_small))
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button


def action_button(action: QAction) -> QToolButton:
    """Return a button for *action*, with its icon, state and tool tip."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(tokens().icon, tokens().icon))
    button.setAccessibleName(action.text())
    return button


def hairline(*, vertical: bool = False) -> QFrame:
    """Return a line between parts."""
    line = QFrame()
    line.setProperty("look", "line")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line
