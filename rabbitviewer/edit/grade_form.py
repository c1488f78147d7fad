"""What the user sets before a grade: prompt, look, workflow, strength, seed, advanced."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRegularExpression, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSlider, QVBoxLayout, QWidget

from daemon.protocol.values import WorkflowInfo
from rabbitviewer.edit.grade_settings import GradeSettings
from rabbitviewer.edit.learning_form import LearningForm
from rabbitviewer.edit.look_chips import LookChips
from rabbitviewer.edit.parameter_form import ParameterForm
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.edit.rows import Rows
from rabbitviewer.theme.controls import Choice, Fold, push_button, set_look, text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_FULL_PCT = 100
_MOST_PCT = 150
_STEP_PCT = 5
_SEED = r"\d{0,18}"


class GradeForm(QWidget):
    """The form of a colour grade.

    Signals:
        changed: something that the line under Run may speak of.
        submitted: Run, by button or by Ctrl+Enter, with a prompt in the box.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(self, recent: Callable[[], list[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workflows: dict[str, WorkflowInfo] = {}
        self._chosen = ""
        self._can_run = False
        self._prompt = PromptBox(recent)
        self._chips = LookChips()
        self._workflow = Choice(self.tr("Workflow"))
        self._strength = self._make_slider()
        self._strength_figure = text_label()
        self._seed = self._make_seed()
        self._parameters = ParameterForm()
        self._how = LearningForm()
        self._advanced = Fold(self.tr("Advanced"), self._advanced_part())
        self._run = push_button(self.tr("Run"), "primary")
        self._plan = text_label("", "small", wraps=True)
        self._lay_out()
        self._prompt.textChanged.connect(self._on_prompt_changed)
        self._prompt.submitted.connect(self._submit)
        self._chips.chosen.connect(self._prompt.set_prompt)
        self._workflow.activated.connect(self._on_workflow_chosen)
        self._workflow.currentIndexChanged.connect(self._on_workflow_changed)
        self._run.clicked.connect(self._submit)
        self._how.changed.connect(self.changed)
        self._show_strength(_FULL_PCT)
        self._on_workflow_changed()
        self._on_prompt_changed()

    @property
    def settings(self) -> GradeSettings:
        """What the form says now."""
        seed = self._seed.text()
        return GradeSettings(
            prompt=self._prompt.prompt,
            workflow=self._workflow.currentData() or "",
            strength=self._strength.value() / 100,
            seed=int(seed) if seed.isdigit() else None,
            parameters=self._parameters.values(),
            fit=self._how.fit,
            channels=self._how.channels,
        )

    def show_workflows(self, workflows: list[WorkflowInfo]) -> None:
        """Offer *workflows*, the first one unless the user chose another that is still there."""
        self._workflows = {each.name: each for each in workflows}
        with QSignalBlocker(self._workflow):
            self._workflow.clear()
            for each in workflows:
                self._workflow.addItem(each.title, each.name)
                row = self._workflow.count() - 1
                self._workflow.setItemData(
                    row, "\n".join(each.problems), Qt.ItemDataRole.ToolTipRole
                )
            self._workflow.setCurrentIndex(max(self._workflow.findData(self._chosen), 0))
        self._workflow.setEnabled(bool(workflows))
        self._on_workflow_changed()

    def show_plan(
        self, words: str, *, can_run: bool, trouble: bool, running: bool, photos: int = 1
    ) -> None:
        """Say what Run will do, and whether it can; *trouble*: the words say why not."""
        self._plan.setText(words)
        set_look(self._plan, "small-error" if trouble else "small")
        self._can_run = can_run
        self._enable_run()
        if photos > 1:
            self._run.setText(self.tr("Run on {count} photos").format(count=photos))
        else:
            self._run.setText(self.tr("Run another") if running else self.tr("Run"))

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt box."""
        self._prompt.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_prompt(self, prompt: str) -> None:
        """Put *prompt* into the box."""
        self._prompt.set_prompt(prompt)

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_3)
        layout.addWidget(self._prompt)
        layout.addWidget(self._chips)
        rows = Rows(self.font())
        rows.add(self.tr("Workflow"), self._workflow)
        rows.add(self.tr("Strength"), self._strength_row())
        rows.add(self.tr("Seed"), self._seed)
        layout.addLayout(rows)
        layout.addWidget(self._advanced)
        layout.addWidget(self._run)
        layout.addWidget(self._plan)
        layout.setSpacing(look.space_3)

    def _advanced_part(self) -> QWidget:
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_2)
        layout.addWidget(self._how)
        layout.addWidget(self._parameters)
        return part

    def _strength_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(tokens().space_2)
        row.addWidget(self._strength, 1)
        self._strength_figure.setFont(figures_font(self._strength_figure.font()))
        widest = self._strength_figure.fontMetrics().horizontalAdvance("150 %")
        self._strength_figure.setMinimumWidth(widest + tokens().space_1)
        self._strength_figure.setAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        row.addWidget(self._strength_figure)
        return row

    def _make_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _MOST_PCT)
        slider.setSingleStep(_STEP_PCT)
        slider.setPageStep(25)
        slider.setValue(_FULL_PCT)
        slider.setAccessibleName(self.tr("Strength in per cent"))
        slider.valueChanged.connect(self._show_strength)
        return slider

    def _make_seed(self) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(self.tr("Random"))
        field.setValidator(QRegularExpressionValidator(QRegularExpression(_SEED), field))
        field.setClearButtonEnabled(True)
        field.setAccessibleName(self.tr("Seed"))
        return field

    # ------------------------------------------------------------ events

    def _show_strength(self, percent: int) -> None:
        self._strength_figure.setText(f"{percent} %")

    def _enable_run(self) -> None:
        """Let it run where it can; without a prompt say what is missing."""
        told = bool(self._prompt.prompt)
        self._run.setEnabled(self._can_run and told)
        missing = self.tr("Describe the look first, or choose one above")
        self._run.setToolTip(self.tr("Run (Ctrl+Enter)") if told else missing)

    def _on_prompt_changed(self) -> None:
        self._chips.mark(self._prompt.prompt)
        self._enable_run()
        self.changed.emit()

    def _on_workflow_chosen(self) -> None:
        self._chosen = self._workflow.currentData() or ""

    def _on_workflow_changed(self) -> None:
        chosen = self._workflows.get(self._workflow.currentData() or "")
        self._parameters.show_parameters(chosen.parameters if chosen else ())
        self._parameters.setVisible(not self._parameters.is_empty)
        self.changed.emit()

    def _submit(self) -> None:
        if self._run.isEnabled():
            self.submitted.emit()
