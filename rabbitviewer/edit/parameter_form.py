"""A form made from a workflow's parameters: one control per parameter, of its type and range."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from daemon.protocol.values import ParameterInfo
from rabbitviewer.edit.grade_settings import Value
from rabbitviewer.theme.controls import Choice, Tick, text_label
from rabbitviewer.theme.tokens import tokens

_WIDEST = 2**31 - 1
_OWN_CONTROLS = ("prompt", "seed", "strength")


class ParameterForm(QWidget):
    """The controls of one workflow's parameters."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(tokens().space_3)
        self._layout.setVerticalSpacing(tokens().space_2)
        self._parameters: tuple[ParameterInfo, ...] = ()
        self._readers: dict[str, Callable[[], Value]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to set."""
        return not self._readers

    def show_parameters(self, parameters: tuple[ParameterInfo, ...]) -> None:
        """Make the controls for *parameters*; those the panel has controls for are left out."""
        wanted = tuple(
            each
            for each in parameters
            if each.name not in _OWN_CONTROLS and each.type not in ("seed", "prompt")
        )
        if wanted == self._parameters:
            return
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self._parameters = wanted
        self._readers = {}
        for each in wanted:
            title = each.title or each.name.replace("_", " ").capitalize()
            control, read = _make_control(each)
            control.setAccessibleName(title)
            control.setToolTip(each.name)
            self._readers[each.name] = read
            self._layout.addRow(text_label(title, "secondary"), control)

    def values(self) -> dict[str, Value]:
        """Return the values that differ from the defaults."""
        defaults = {each.name: each.default for each in self._parameters}
        found = {name: read() for name, read in self._readers.items()}
        return {name: value for name, value in found.items() if value != defaults[name]}


def _make_control(parameter: ParameterInfo) -> tuple[QWidget, Callable[[], Value]]:
    makers = {
        "integer": _make_integer,
        "number": _make_number,
        "boolean": _make_boolean,
        "choice": _make_choice,
        "model": _make_choice,
    }
    return makers.get(parameter.type, _make_text)(parameter)


def _make_integer(parameter: ParameterInfo) -> tuple[QWidget, Callable[[], Value]]:
    box = QSpinBox()
    _indent(box)
    low = -_WIDEST if parameter.min is None else max(int(parameter.min), -_WIDEST)
    high = _WIDEST if parameter.max is None else min(int(parameter.max), _WIDEST)
    box.setRange(low, high)
    box.setSingleStep(max(int(parameter.step or 1), 1))
    box.setValue(int(parameter.default or 0))
    return box, box.value


def _make_number(parameter: ParameterInfo) -> tuple[QWidget, Callable[[], Value]]:
    box = QDoubleSpinBox()
    _indent(box)
    step = parameter.step or 0.05
    box.setDecimals(max(len(f"{step:f}".rstrip("0").partition(".")[2]), 1))
    box.setRange(
        -1e9 if parameter.min is None else parameter.min,
        1e9 if parameter.max is None else parameter.max,
    )
    box.setSingleStep(step)
    box.setValue(float(parameter.default or 0.0))
    return box, box.value


def _make_boolean(parameter: ParameterInfo) -> tuple[QWidget, Callable[[], Value]]:
    box = Tick()
    box.setChecked(bool(parameter.default))
    return box, box.isChecked


def _make_choice(parameter: ParameterInfo) -> tuple[QWidget, Callable[[], Value]]:
    box = Choice(parameter.title or parameter.name)
    choices = list(parameter.choices)
    if parameter.default is not None and str(parameter.default) not in choices:
        choices.insert(0, str(parameter.default))
    box.addItems(choices)
    if parameter.default is not None:
        box.setCurrentText(str(parameter.default))
    return box, box.currentText


def _make_text(parameter: ParameterInfo) -> tuple[QWidget, Callable[[], Value]]:
    box = QLineEdit("" if parameter.default is None else str(parameter.default))
    return box, box.text


def _indent(box: QSpinBox | QDoubleSpinBox) -> None:
    """Let the figure begin where the text of other fields does; the style sheet cannot."""
    field = box.findChild(QLineEdit)
    if field is not None:
        field.setTextMargins(tokens().space_1, 0, 0, 0)
