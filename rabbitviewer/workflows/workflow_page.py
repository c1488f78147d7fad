"""The list of workflows with the chosen one beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from daemon.protocol.values import WorkflowInfo
from rabbitviewer.models.workflows import WorkflowsModel
from rabbitviewer.theme.controls import ElidedLabel, hairline, push_button, set_look, text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.workflows.workflow_details import WorkflowDetails
from rabbitviewer.workflows.workflow_list import WorkflowList

_LIST_WIDTH = 320


class WorkflowPage(QWidget):
    """All workflows and what can be done to them.

    Attributes:
        list: The workflows.
        details: The chosen one.

    Signals:
        import_pressed: a file is to become a workflow.
        export_wanted: one is to be written into a file (its name).
    """

    import_pressed = Signal()
    export_wanted = Signal(str)

    def __init__(
        self,
        workflows: WorkflowsModel,
        host_of: Callable[[WorkflowInfo], str],
        parent: QWidget | None = None,
    ) -> None:
        """Prepare.

        Args:
            workflows: What there is.
            host_of: Says which machine would run one.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._workflows = workflows
        self._host_of = host_of
        self._undo: Callable[[], object] | None = None
        self.list = WorkflowList()
        self.details = WorkflowDetails()
        self._import = push_button(self.tr("Import…"), "primary", "ph.download-simple")
        self._hint = text_label(self.tr("or drop a file here"), "small")
        self._note = ElidedLabel("small")
        self._offer: QPushButton = push_button(self.tr("Undo"), "quiet")
        self._beside = QStackedWidget()
        self._lay_out()
        self.list.chosen_changed.connect(self._show_chosen)
        self._import.clicked.connect(self.import_pressed)
        self._offer.clicked.connect(self._on_offer)
        details = self.details
        details.export_wanted.connect(lambda: self.export_wanted.emit(self.list.chosen))
        details.duplicate_wanted.connect(lambda: workflows.duplicate(self.list.chosen))
        details.delete_wanted.connect(lambda: workflows.delete(self.list.chosen))
        details.map_wanted.connect(self._on_map_wanted)
        workflows.changed.connect(self.show_all)
        self.say("")

    def show_all(self) -> None:
        """Show what there is now."""
        model = self._workflows
        self.list.show_workflows(model.workflows, checking=model.is_checking)

    def say(
        self, words: str, undo: Callable[[], object] | None = None, *, bad: bool = False
    ) -> None:
        """Say what happened, with a way back where there is one."""
        self._undo = undo
        self._note.setText(words)
        set_look(self._note, "small-error" if bad else "small")
        self._offer.setVisible(undo is not None)
        if undo is not None and self.isVisible():
            self._offer.setFocus(Qt.FocusReason.OtherFocusReason)
        self._hint.setVisible(not words)

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        self.list.setFixedWidth(_LIST_WIDTH)
        empty = text_label(self.tr("Choose a workflow."), "secondary")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._beside.addWidget(empty)
        self._beside.addWidget(self.details)
        sides = QHBoxLayout()
        sides.setSpacing(look.space_4)
        sides.addWidget(self.list)
        sides.addWidget(hairline(vertical=True))
        sides.addWidget(self._beside, 1)
        foot = QHBoxLayout()
        foot.setSpacing(look.space_2)
        foot.addWidget(self._import)
        foot.addWidget(self._hint)
        foot.addWidget(self._note)
        foot.addWidget(self._offer)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_3)
        layout.addLayout(sides, 1)
        layout.addWidget(hairline())
        layout.addLayout(foot)
        self.setFocusProxy(self.list)

    def _show_chosen(self, name: str) -> None:
        workflow = self._workflows.workflow(name)
        self._beside.setCurrentIndex(0 if workflow is None else 1)
        if workflow is not None:
            checking = self._workflows.is_checking
            self.details.show_workflow(workflow, self._host_of(workflow), checking=checking)

    def _on_map_wanted(self, old: str, new: str) -> None:
        self._workflows.map_models({old: new})
        words = self.tr("{new} is used instead of {old}.").format(new=new, old=old)
        self.say(words, lambda: self._workflows.map_models({old: ""}))

    def _on_offer(self) -> None:
        undo = self._undo
        self.say("")
        if undo is not None:
            undo()
