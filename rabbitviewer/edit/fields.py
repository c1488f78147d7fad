"""Controls for the values of a workflow: choice, model, text, tick, read-only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QMenu, QVBoxLayout, QWidget, QWidgetAction

from daemon.protocol.values import ParameterInfo
from rabbitviewer.browse.pick_list import PickList
from rabbitviewer.edit.field import Field
from rabbitviewer.edit.grade_settings import Value
from rabbitviewer.edit.number_field import NumberField
from rabbitviewer.edit.text_box import TextBox
from rabbitviewer.theme.controls import Choice, ElidedLabel, Tick

_SEARCH_FROM = 12
_TEXT_LINES = 2


class ChoiceField(Field):
    """One of few choices."""

    def __init__(
        self, choices: Sequence[str], default: object, title: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._box = Choice(title)
        self._box.addItems(list(choices))
        if default is not None and str(default) not in choices:
            self._box.insertItem(0, str(default))
        if default is not None:
            self._box.setCurrentText(str(default))
        self._box.currentIndexChanged.connect(self._on_changed)
        self.put(self._box)
        self._on_changed()

    def value(self) -> Value:
        """Return the choice."""
        return self._box.currentText()

    def set_value(self, value: Value) -> None:
        """Choose *value* where it is offered."""
        self._box.setCurrentText(str(value))

    def _on_changed(self) -> None:
        self._box.setToolTip(self._box.currentText())
        self.changed.emit()


class SearchField(Field):
    """One of many choices, found by a few letters."""

    def __init__(
        self, choices: Sequence[str], default: object, title: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._choices = list(choices)
        self._box = _Opener(title)
        self._list = PickList(title, self.tr("Nothing to choose from"))
        self._menu = QMenu(self)
        action = QWidgetAction(self._menu)
        action.setDefaultWidget(self._list)
        self._menu.addAction(action)
        self._box.opened.connect(self._open)
        self._list.picked.connect(self._on_picked)
        if default is not None and str(default) not in self._choices:
            self._choices.insert(0, str(default))
        self._show(str(default) if default is not None else next(iter(self._choices), ""))
        self.put(self._box)

    def value(self) -> Value:
        """Return the choice."""
        return self._box.currentText()

    def set_value(self, value: Value) -> None:
        """Choose *value* where it is offered."""
        if value in self._choices:
            self._show(str(value))

    def _open(self) -> None:
        chosen = {self._box.currentText()}
        self._list.show_choices([(each, each, 0) for each in self._choices], chosen)
        self._menu.popup(self._box.mapToGlobal(QPoint(0, self._box.height())))
        self._list.start()

    def _on_picked(self, choice: str) -> None:
        self._menu.hide()
        self._show(choice)
        self._box.setFocus(Qt.FocusReason.PopupFocusReason)

    def _show(self, choice: str) -> None:
        if choice == self._box.currentText():
            return
        self._box.clear()
        self._box.addItem(choice)
        self._box.setToolTip(choice)
        self.changed.emit()


class TextField(Field):
    """A line of text."""

    def __init__(self, default: object, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QLineEdit("" if default is None else str(default))
        self._box.setAccessibleName(title)
        self._box.textChanged.connect(self.changed)
        self.put(self._box)

    def value(self) -> Value:
        """Return the text."""
        return self._box.text()

    def set_value(self, value: Value) -> None:
        """Show *value*."""
        self._box.setText(str(value))


class LinesField(Field):
    """Text of several lines."""

    def __init__(self, default: object, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = TextBox(title, lines=_TEXT_LINES)
        self._box.setPlainText("" if default is None else str(default))
        self._box.textChanged.connect(self.changed)
        self._box.submitted.connect(self.submitted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        self.setFocusProxy(self._box)

    def value(self) -> Value:
        """Return the text, as it stands."""
        return self._box.toPlainText()

    def set_value(self, value: Value) -> None:
        """Show *value*."""
        self._box.setPlainText(str(value))


class TickField(Field):
    """Yes or no."""

    def __init__(self, default: object, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = Tick()
        self._box.setAccessibleName(title)
        self._box.setChecked(bool(default))
        self._box.toggled.connect(self.changed)
        self.put(self._box)

    def value(self) -> Value:
        """Return whether it is ticked."""
        return self._box.isChecked()

    def set_value(self, value: Value) -> None:
        """Tick it or not."""
        self._box.setChecked(bool(value))


class FixedField(Field):
    """A value that no control fits: it is shown, and stays."""

    def __init__(self, default: object, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = "" if default is None else str(default)
        label = ElidedLabel("secondary")
        label.setText(self._value or "–")
        label.setAccessibleName(title)
        self.put(label)
        self.setToolTip(self.tr("This cannot be changed here; the workflow's own value is used."))

    def value(self) -> Value:
        """Return the workflow's own value."""
        return self._value

    def set_value(self, value: Value) -> None:
        """Leave it."""
        del value


def make_field(info: ParameterInfo, title: str) -> Field:
    """Return the control for a parameter."""
    if info.type in ("integer", "number"):
        return NumberField(info, title)
    if info.type == "boolean":
        return TickField(info.default, title)
    if info.type in ("choice", "model") and info.choices:
        many = len(info.choices) > _SEARCH_FROM
        return (SearchField if many else ChoiceField)(info.choices, info.default, title)
    if info.type == "unknown":
        return FixedField(info.default, title)
    return (LinesField if info.multiline else TextField)(info.default, title)


class _Opener(Choice):
    """Looks like a drop-down list; opens something of ours."""

    opened = Signal()

    def showPopup(self) -> None:
        self.opened.emit()
