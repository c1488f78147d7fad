"""What the user sets before an edit: prompt, look, workflow, strength, seed, its own fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from daemon.protocol.values import ParameterInfo, WorkflowInfo
from daemon.protocol.workflows import WorkflowForm
from rabbitviewer.edit.grade_settings import GradeSettings, Value
from rabbitviewer.edit.learning_form import LearningForm
from rabbitviewer.edit.look_chips import LookChips
from rabbitviewer.edit.parameter_form import ParameterForm
from rabbitviewer.edit.prompt_box import PromptBox
from rabbitviewer.edit.rows import Rows
from rabbitviewer.edit.run_button import RunButton
from rabbitviewer.edit.run_inputs import RunInputs
from rabbitviewer.edit.seed_rows import SeedRows
from rabbitviewer.edit.strength_row import StrengthRow
from rabbitviewer.edit.workflow_choice import WorkflowChoice
from rabbitviewer.models.form_memory import FormMemory
from rabbitviewer.theme.controls import Fold, icon_button, text_label
from rabbitviewer.theme.tokens import tokens

LUT = "lut"
PROMPT = "prompt"


class GradeForm(QWidget):
    """The form of an edit, made for the workflow that is chosen.

    Signals:
        changed: something that the line under Run may speak of.
        submitted: Run, by button or by Ctrl+Enter, where it can.
        workflow_changed: another workflow is chosen.
        workflows_wanted: show where workflows are kept and imported.
    """

    changed = Signal()
    submitted = Signal()
    workflow_changed = Signal()
    workflows_wanted = Signal()

    def __init__(
        self,
        recent: Callable[[], list[str]],
        inputs: RunInputs,
        memory: FormMemory,
        parent: QWidget | None = None,
    ) -> None:
        """Make the form.

        Args:
            recent: Returns the prompts used last.
            inputs: What a run takes beside photo and prompt.
            memory: What the form said the last time; kept up to date.
            parent: Its parent.
        """
        super().__init__(parent)
        self._memory = memory
        self._form: WorkflowForm | None = None
        self._shown = ""
        self._prompt = PromptBox(recent)
        self._prompt_error = text_label("", "small-error", wraps=True)
        self._chips = LookChips()
        self._inputs = inputs
        self._workflow = WorkflowChoice(self.tr("Workflow"), memory.workflow)
        self._rows = Rows(self.font())
        self._rows.add(self.tr("Workflow"), self._workflow_row())
        self._strength = StrengthRow(self._rows, self)
        self._seed = SeedRows(self._rows, memory, self)
        self._basic = ParameterForm()
        self._advanced_fields = ParameterForm()
        self._how = LearningForm()
        self._advanced = Fold(self.tr("Advanced"), self._advanced_part())
        self._run = RunButton()
        self._plan = self._run.plan
        self._lay_out()
        self._connect()
        self._on_workflow_changed()
        self._on_prompt_changed()

    @property
    def settings(self) -> GradeSettings:
        """What the form says now."""
        is_lut = self._is_lut()
        return GradeSettings(
            prompt=self._prompt.prompt if self._takes(PROMPT) else "",
            workflow=self.workflow,
            strength=self._strength.strength if is_lut else 1.0,
            seed=self._seed.seed,
            parameters=self._basic.values() | self._advanced_fields.values(),
            fit=self._how.fit if is_lut else "auto",
            channels=self._how.channels if is_lut else "all",
            negative=self._inputs.negative,
            prompt_2=self._inputs.prompt_2,
            negative_prompt_2=self._inputs.negative_prompt_2,
            images=self._inputs.images,
        )

    @property
    def workflow(self) -> str:
        """The chosen workflow's name; empty: none is known yet."""
        return self._workflow.currentData() or ""

    @property
    def seeds(self) -> SeedRows:
        """The seed and how many pictures of each photo."""
        return self._seed

    @property
    def missing(self) -> str:
        """What has to be chosen before it can run, a title; empty: nothing."""
        return self._inputs.missing

    def mended(self) -> set[str]:
        """Return the model files that the host does not have, where others were chosen."""
        said = self.settings.parameters
        fields = self._form.fields if self._form is not None else ()
        return {each.missing for each in fields if each.missing and each.name in said}

    def show_workflows(self, workflows: Sequence[WorkflowInfo], greyed: dict[str, str]) -> None:
        """Offer *workflows*; those in *greyed* cannot be chosen, for the reason that stands there.

        The user's choice stays, else the first one that can run is taken.
        """
        self._workflow.show_workflows(workflows, greyed)

    def show_form(self, form: WorkflowForm | None) -> None:
        """Show what the host knows of the workflow; None: nothing yet."""
        self._form = form if form is not None and form.workflow == self.workflow else None
        self._show_fields()

    def show_plan(
        self, words: str, *, can_run: bool, trouble: bool, running: bool, photos: int = 1
    ) -> None:
        """Say what Run will do, and whether it can; *trouble*: the words say why not."""
        self._run.show_plan(words, can_run=can_run, trouble=trouble, running=running, photos=photos)
        self._enable_run()

    def show_error(self, field: str, words: str) -> bool:
        """Say at a field what is wrong with it, and bring it into view.

        Returns:
            Whether there is such a field.
        """
        if field == PROMPT and self._takes(PROMPT):
            self._prompt_error.setText(words)
            self._prompt_error.show()
            return True
        if self._advanced_fields.show_error(field, words):
            self._advanced.set_open(is_open=True)
            self._advanced_fields.focus_field(field)
            return True
        if self._basic.show_error(field, words):
            self._basic.focus_field(field)
            return True
        return self._inputs.show_error(field, words)

    def clear_errors(self) -> None:
        """Nothing is wrong any more."""
        self._prompt_error.hide()
        for part in (self._basic, self._advanced_fields, self._inputs):
            part.clear_errors()

    def keep(self) -> None:
        """Remember what the form says."""
        if self.workflow:
            said: dict[str, Value] = {**self.settings.parameters, **self._inputs.values()}
            self._memory.keep(self.workflow, said)
        self._seed.keep(self._memory)

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt box."""
        self._prompt.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_prompt(self, prompt: str) -> None:
        """Put *prompt* into the box."""
        self._prompt.set_prompt(prompt)

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_3)
        layout.addWidget(self._prompt)
        layout.addWidget(self._prompt_error)
        layout.addWidget(self._chips)
        layout.addWidget(self._inputs)
        layout.addLayout(self._rows)
        for part in (self._basic, self._advanced, self._run, self._plan):
            layout.addWidget(part)
        self._prompt_error.hide()

    def _workflow_row(self) -> QHBoxLayout:
        """Return the choice of a workflow, and the way to the room where they are kept."""
        manage = icon_button("ph.flow-arrow", self.tr("Workflows… (import, map models)"))
        manage.clicked.connect(self.workflows_wanted)
        row = QHBoxLayout()
        row.setSpacing(tokens().space_1)
        row.addWidget(self._workflow, 1)
        row.addWidget(manage)
        return row

    def _connect(self) -> None:
        self._prompt.textChanged.connect(self._on_prompt_changed)
        self._prompt.submitted.connect(self._submit)
        self._chips.chosen.connect(self._prompt.set_prompt)
        self._workflow.workflow_changed.connect(self._on_workflow_changed)
        self._workflow.picked.connect(self._on_picked)
        self._run.clicked.connect(self._submit)
        for part in (self._how, self._inputs, self._basic, self._advanced_fields, self._seed):
            part.changed.connect(self._on_changed)
        for box in (self._inputs, self._basic, self._advanced_fields):
            box.submitted.connect(self._submit)

    def _advanced_part(self) -> QWidget:
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens().space_2)
        layout.addWidget(self._how)
        layout.addWidget(self._advanced_fields)
        return part

    # ------------------------------------------------------------ what is shown

    def _is_lut(self) -> bool:
        workflow = self._workflow.workflow
        return workflow is None or workflow.result == LUT

    def _takes(self, name: str) -> bool:
        """Whether the workflow binds *name*; before its form is there, what the list says."""
        if self._form is not None:
            return any(each.name == name for each in self._form.inputs)
        workflow = self._workflow.workflow
        return workflow is None or not workflow.inputs or name in workflow.inputs

    def _show_fields(self) -> None:
        workflow, form = self._workflow.workflow, self._form
        said = self._memory.of(self.workflow)
        found: tuple[ParameterInfo, ...] = ()
        if form is not None:
            found = form.fields
        elif workflow is not None:
            found = tuple(each for each in workflow.parameters if each.default is not None)
        if self._shown == self.workflow:
            said |= self._basic.values() | self._advanced_fields.values()
        self._shown = self.workflow
        self._basic.show_parameters([each for each in found if not each.advanced], said)
        self._advanced_fields.show_parameters([each for each in found if each.advanced], said)
        self._inputs.show_inputs(
            form.inputs if form else (),
            second_prompts=form is not None and form.second_prompts,
            values=said,
        )
        is_lut = self._is_lut()
        self._basic.setVisible(not self._basic.is_empty)
        self._advanced_fields.setVisible(not self._advanced_fields.is_empty)
        self._how.setVisible(is_lut)
        self._advanced.setVisible(is_lut or not self._advanced_fields.is_empty)
        self._strength.set_visible(shown=is_lut)
        self._prompt.setVisible(self._takes(PROMPT))
        self._prompt.show_example(is_grade=is_lut)
        self._chips.setVisible(is_lut and self._takes(PROMPT))
        self._enable_run()
        self.changed.emit()

    # ------------------------------------------------------------ events

    def _enable_run(self) -> None:
        """Let it run where it can; without a prompt say what is missing."""
        told = bool(self._prompt.prompt) or not self._takes(PROMPT)
        self._run.enable(told=told, looks=self._chips.isVisibleTo(self))

    def _on_prompt_changed(self) -> None:
        self._prompt_error.hide()
        self._chips.mark(self._prompt.prompt)
        self._enable_run()
        self.changed.emit()

    def _on_changed(self) -> None:
        self.keep()
        self.changed.emit()

    def _on_picked(self, name: str) -> None:
        self._memory.workflow = name

    def _on_workflow_changed(self) -> None:
        if self.workflow != self._shown:
            self._form = None
        self._show_fields()
        self.workflow_changed.emit()

    def _submit(self) -> None:
        if self._run.isEnabled():
            self.submitted.emit()
