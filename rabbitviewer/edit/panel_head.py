"""The head of the Edit tab: what is done there, and whether a model is at work."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from rabbitviewer.models.hosts import GRADE_OPERATION, Plan
from rabbitviewer.theme.controls import text_label
from rabbitviewer.theme.tokens import tokens


class PanelHead(QWidget):
    """A title, and a tag where no model is at work."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = text_label(self.tr("AI color grade"), "title")
        self._no_ai = text_label(self.tr("No AI"), "tag")
        self._no_ai.setToolTip(self.tr("The built-in look works with classical means, no model."))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens().space_2)
        line.addWidget(self._title)
        line.addStretch(1)
        line.addWidget(self._no_ai)

    def show_plan(self, plan: Plan) -> None:
        """Say what a run would be."""
        known = plan.host is not None or plan.workflow is not None
        self._no_ai.setVisible(known and not plan.ai)
        is_grade = plan.workflow is None or plan.workflow.operation == GRADE_OPERATION
        self._title.setText(self.tr("AI color grade") if is_grade else self.tr("Edit"))
