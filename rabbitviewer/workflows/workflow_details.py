"""One workflow in words: what it does and takes, whether it can run, what is missing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from daemon.protocol.values import MissingModel, WorkflowInfo
from rabbitviewer.theme.controls import Choice, hairline, push_button, set_look, text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.workflows.scrolled import Scrolled
from rabbitviewer.workflows.workflow_words import (
    inputs_words,
    mask_words,
    operation_title,
    result_words,
    source_words,
    state_words,
)


class WorkflowDetails(QWidget):
    """What there is to know of the chosen workflow, and what can be done with it.

    Signals:
        export_wanted, duplicate_wanted, delete_wanted: a button was pressed.
        map_wanted: use one model file for another (name in the workflow, name on the hosts).
    """

    export_wanted = Signal()
    duplicate_wanted = Signal()
    delete_wanted = Signal()
    map_wanted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = text_label("", "title", wraps=True)
        self._state = text_label("", "secondary", wraps=True)
        self._facts = QGridLayout()
        self._problems = QVBoxLayout()
        self._export = push_button(self.tr("Export…"), "", "ph.export")
        self._duplicate = push_button(self.tr("Duplicate"), "", "ph.copy")
        self._delete = push_button(self.tr("Delete"), "", "ph.trash")
        self._values: dict[str, QLabel] = {}
        self._shown: tuple[object, ...] = ()
        self._lay_out()
        self._export.clicked.connect(self.export_wanted)
        self._duplicate.clicked.connect(self.duplicate_wanted)
        self._delete.clicked.connect(self.delete_wanted)

    def show_workflow(self, workflow: WorkflowInfo, host: str, *, checking: bool) -> None:
        """Show one.

        Args:
            workflow: What is known of it.
            host: The machine that would run it, in words; empty: not known.
            checking: Hosts are being asked just now.
        """
        shown = (workflow, host, checking)
        if shown == self._shown:
            return
        self._shown = shown
        self._title.setText(workflow.title)
        state = state_words(workflow, host, checking=checking)
        self._state.setText(state)
        set_look(self._state, "error" if workflow.usable is False else "secondary")
        values = {
            "does": operation_title(workflow.operation) if workflow.operation else "",
            "result": result_words().get(workflow.result, workflow.result),
            "takes": inputs_words(workflow.inputs),
            "mask": mask_words().get(workflow.mask, workflow.mask) if workflow.result else "",
            "form": ", ".join(one.title for one in workflow.parameters),
            "from": source_words(workflow.source),
            "file": f"{workflow.name}.json",
        }
        for name, label in self._values.items():
            label.setText(values[name])
            label.setVisible(bool(values[name]))
            self._names[name].setVisible(bool(values[name]))
        self._show_problems(workflow)
        own = workflow.source == "user"
        self._delete.setVisible(own)
        usable_files = bool(workflow.result)
        self._export.setEnabled(usable_files)
        self._duplicate.setEnabled(usable_files)

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        self._facts.setHorizontalSpacing(look.space_4)
        self._facts.setVerticalSpacing(look.space_2)
        self._facts.setColumnStretch(1, 1)
        self._names: dict[str, QLabel] = {}
        names = {
            "does": self.tr("Does"),
            "result": self.tr("Result"),
            "takes": self.tr("Takes"),
            "mask": self.tr("Mask"),
            "form": self.tr("Form"),
            "from": self.tr("From"),
            "file": self.tr("File"),
        }
        for row, (name, words) in enumerate(names.items()):
            label = text_label(words, "secondary")
            value = text_label("", wraps=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._names[name], self._values[name] = label, value
            self._facts.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(value, row, 1)
        self._problems.setSpacing(look.space_2)
        scroll = Scrolled()
        inner = scroll.column
        inner.setContentsMargins(0, 0, look.space_2, 0)
        inner.setSpacing(look.space_4)
        head = QVBoxLayout()
        head.setSpacing(look.space_1)
        head.addWidget(self._title)
        head.addWidget(self._state)
        inner.addLayout(head)
        inner.addLayout(self._problems)
        inner.addLayout(self._facts)
        inner.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        for button in (self._export, self._duplicate, self._delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_3)
        layout.addWidget(scroll, 1)
        layout.addWidget(hairline())
        layout.addLayout(buttons)

    def _show_problems(self, workflow: WorkflowInfo) -> None:
        while (item := self._problems.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        missing = {one.file: one for one in workflow.missing_models if one.choices}
        for problem in workflow.problems:
            label = text_label(problem, wraps=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._problems.addWidget(label)
        for one in missing.values():
            self._problems.addWidget(MissingRow(one, self.map_wanted.emit))


class MissingRow(QWidget):
    """A model file that is missing, and the files of the host that could stand for it."""

    def __init__(self, missing: MissingModel, use: Callable[[str, str], object]) -> None:
        super().__init__()
        look = tokens()
        self._missing = missing
        self._choice = Choice(self.tr("Use instead of {file}").format(file=missing.file))
        for name in missing.choices:
            self._choice.addItem(name, name)
        near = self._choice.findData(missing.near)
        self._choice.setCurrentIndex(max(near, 0))
        self._use = push_button(self.tr("Use it"))
        self._use.setAccessibleName(self.tr("Use it instead of {file}").format(file=missing.file))
        words = self.tr("Instead of {file}, everywhere:").format(file=missing.file)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_1)
        layout.addWidget(text_label(words, "small", wraps=True))
        row = QHBoxLayout()
        row.setSpacing(look.space_2)
        row.addWidget(self._choice, 1)
        row.addWidget(self._use)
        layout.addLayout(row)
        self._use.clicked.connect(lambda: use(missing.file, self._choice.currentData()))
