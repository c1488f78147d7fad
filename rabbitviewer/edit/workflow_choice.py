"""The drop-down list of workflows: those that cannot run are grey and say why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel

from daemon.protocol.values import WorkflowInfo
from rabbitviewer.theme.controls import Choice

_LETTERS = 3  # it stretches; this is what a narrow panel leaves it
_TIP = Qt.ItemDataRole.ToolTipRole


class WorkflowChoice(Choice):
    """Holds on to what the user chose.

    Signals:
        workflow_changed: another one is chosen, or the same one is another one now.
        picked: the user chose one (its name).
    """

    workflow_changed = Signal()
    picked = Signal(str)

    def __init__(self, accessible_name: str, chosen: str = "") -> None:
        super().__init__(accessible_name)
        self.setMinimumContentsLength(_LETTERS)
        self._workflows: dict[str, WorkflowInfo] = {}
        self._chosen = chosen
        self.activated.connect(self._on_activated)
        self.currentIndexChanged.connect(self._on_changed)

    @property
    def workflow(self) -> WorkflowInfo | None:
        """The chosen one; None: none is known yet."""
        return self._workflows.get(self.currentData() or "")

    def show_workflows(self, workflows: Sequence[WorkflowInfo], greyed: dict[str, str]) -> None:
        """Offer *workflows*: the user's choice stays, else the first one that can run is taken.

        Args:
            workflows: In the order to be shown; those that cannot be chosen come last.
            greyed: Names of those, with the reason.
        """
        workflows = sorted(workflows, key=lambda each: each.name in greyed)
        self._workflows = {each.name: each for each in workflows}
        able = [each.name for each in workflows if each.name not in greyed]
        with QSignalBlocker(self):
            self.clear()
            for row, each in enumerate(workflows):
                self.addItem(each.title, each.name)
                said = greyed.get(each.name) or "\n".join(each.problems)
                self.setItemData(row, f"{each.title}\n{said}".strip(), _TIP)
                model = self.model()
                if each.name in greyed and isinstance(model, QStandardItemModel):
                    model.item(row).setEnabled(False)
            wanted = [self._chosen, *able, *self._workflows]
            found = next((name for name in wanted if name in self._workflows), "")
            self.setCurrentIndex(self.findData(found))
        self.setEnabled(bool(workflows))
        self._on_changed()

    def _on_activated(self) -> None:
        self._chosen = self.currentData() or ""
        self.picked.emit(self._chosen)

    def _on_changed(self) -> None:
        chosen = self.workflow
        self.setToolTip(chosen.title if chosen else "")
        self.workflow_changed.emit()
