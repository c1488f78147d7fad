"""A form made from a workflow's parameters: one control per parameter, of its type and range."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from daemon.protocol.values import ParameterInfo
from rabbitviewer.edit.field import Field
from rabbitviewer.edit.fields import LinesField, make_field
from rabbitviewer.edit.grade_settings import Value
from rabbitviewer.edit.rows import name_width
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens

_OWN_CONTROLS = ("prompt", "seed", "strength")


@dataclasses.dataclass
class _Row:
    """One parameter's controls."""

    info: ParameterInfo
    field: Field
    label: QLabel
    error: QLabel
    is_shown: bool = True

    def show(self, *, shown: bool) -> None:
        """Show or hide all of it."""
        self.is_shown = shown
        self.field.setVisible(shown)
        self.label.setVisible(shown)
        self.error.setVisible(shown and bool(self.error.text()))

    def complain(self, words: str) -> None:
        """Say what is wrong with the value; empty: nothing."""
        self.error.setText(words)
        self.error.setVisible(bool(words) and self.is_shown)


class ParameterForm(QWidget):
    """The controls of one workflow's parameters.

    Signals:
        changed: a value is another one.
        submitted: Ctrl+Enter was pressed in a box of text.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(look.space_3)
        self._layout.setVerticalSpacing(look.space_2)
        self._layout.setColumnMinimumWidth(0, name_width(self.font()))
        self._layout.setColumnStretch(1, 1)
        self._parameters: tuple[ParameterInfo, ...] = ()
        self._rows: list[_Row] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to set."""
        return not self._rows

    def show_parameters(
        self, parameters: Iterable[ParameterInfo], values: Mapping[str, Value] | None = None
    ) -> None:
        """Make the controls for *parameters*; those the panel has controls for are left out.

        Args:
            parameters: What there is to set.
            values: What is to stand there instead of the defaults.
        """
        wanted = tuple(
            each
            for each in parameters
            if each.name not in _OWN_CONTROLS and each.type not in ("seed", "prompt")
        )
        if wanted == self._parameters:
            return
        self._clear()
        self._parameters = wanted
        for info in wanted:
            self._add(info, (values or {}).get(info.name))
        self._show_fitting()

    def values(self) -> dict[str, Value]:
        """Return the values that differ from the defaults, of what is shown."""
        return {
            row.info.name: row.field.value()
            for row in self._shown()
            if row.info.type != "unknown" and row.field.value() != row.info.default
        }

    def show_error(self, name: str, words: str) -> bool:
        """Say at the field *name* what is wrong with it; return whether there is such a field."""
        found = [row for row in self._shown() if row.info.name == name]
        for row in found:
            row.complain(words)
        return bool(found)

    def clear_errors(self) -> None:
        """Nothing is wrong any more."""
        for row in self._rows:
            row.complain(_missing_words(self, row.info, row.field))

    def focus_field(self, name: str) -> None:
        """Put the cursor into the field *name*."""
        for row in self._shown():
            if row.info.name == name:
                row.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, info: ParameterInfo, value: Value | None) -> None:
        title = info.title or info.name.replace("_", " ").capitalize()
        field = make_field(info, title)
        if value is not None:
            field.set_value(value)
        field.setToolTip(field.toolTip() or info.name)
        label = text_label(title, "secondary", wraps=True)
        label.setBuddy(field)
        row = _Row(info, field, label, text_label("", "small-error", wraps=True))
        row.complain(_missing_words(self, info, field))
        place = self._layout.rowCount()
        if isinstance(field, LinesField) or self._is_wide(title):
            self._layout.addWidget(label, place, 0, 1, 2)
            self._layout.addWidget(field, place + 1, 0, 1, 2)
        else:
            self._layout.addWidget(label, place, 0)
            self._layout.addWidget(field, place, 1)
        self._layout.addWidget(row.error, place + 2, 0, 1, 2)
        field.changed.connect(lambda: self._on_changed(row))
        field.submitted.connect(self.submitted)
        self._rows.append(row)

    def _is_wide(self, title: str) -> bool:
        """Whether a word of *title* has no room at the left."""
        room, metrics = name_width(self.font()), self.fontMetrics()
        return any(metrics.horizontalAdvance(word) > room for word in title.split())

    def _clear(self) -> None:
        for row in self._rows:
            for widget in (row.field, row.label, row.error):
                self._layout.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._rows = []

    def _on_changed(self, row: _Row) -> None:
        row.complain(_missing_words(self, row.info, row.field))
        self._show_fitting()
        self.changed.emit()

    def _shown(self) -> list[_Row]:
        """Return the rows that there are with what is chosen."""
        chosen = {row.info.name: row for row in self._rows if not row.info.when}
        found: list[_Row] = []
        for row in self._rows:
            above = chosen.get(row.info.name.rpartition(".")[0])
            fits = not row.info.when or (
                above is not None and above in found and above.field.value() == row.info.when
            )
            if fits:
                found.append(row)
                chosen[row.info.name] = row
        return found

    def _show_fitting(self) -> None:
        shown = self._shown()
        for row in self._rows:
            row.show(shown=row in shown)


def _missing_words(form: ParameterForm, info: ParameterInfo, field: Field) -> str:
    """Say that the file that stands there is not on the host; empty: it is."""
    if not info.missing or field.value() != info.missing:
        return ""
    return form.tr("The host does not have it; choose another one.")
