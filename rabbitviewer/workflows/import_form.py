"""The one form between a file of ComfyUI and a workflow: what was found, to be confirmed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import WirePath
from daemon.protocol.workflows import (
    POSSIBLE_RESULTS,
    ProposedBinding,
    ProposedParameter,
    WorkflowImport,
    WorkflowProposal,
)
from rabbitviewer.theme.controls import (
    Choice,
    Fold,
    Tick,
    hairline,
    push_button,
    set_look,
    text_label,
)
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.workflows.scrolled import Scrolled
from rabbitviewer.workflows.trial_view import TrialView
from rabbitviewer.workflows.workflow_words import (
    binding_title,
    mask_words,
    operation_title,
    operation_words,
    place_words,
    result_words,
)

_NEEDED = ("output", "image")
_TRIAL_WIDTH = 320
_PROMPTS = ("prompt",)


class ImportForm(QWidget):
    """Name, purpose, places and fields of a workflow that is about to be kept.

    Attributes:
        trial: The test run beside it.

    Signals:
        save_wanted: keep it (:class:`WorkflowImport`).
        trial_wanted: run it once (:class:`WorkflowImport`, the prompt).
        back_pressed: leave without keeping it.
    """

    save_wanted = Signal(object)
    trial_wanted = Signal(object, str)
    back_pressed = Signal()

    def __init__(self, trial: TrialView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trial = trial
        self._path = b""
        self._proposal: WorkflowProposal | None = None
        self._places: dict[str, Choice] = {}
        self._ticks: list[tuple[Tick, ProposedParameter]] = []
        self._name = QLineEdit()
        self._name.setAccessibleName(self.tr("Name"))
        self._does = Choice(self.tr("What it does"))
        self._result = Choice(self.tr("What becomes of the result"))
        self._mask = Choice(self.tr("What it does with a mask"))
        self._notes = text_label("", "small", wraps=True)
        self._problem = text_label("", "small", wraps=True)
        self._back = push_button(self.tr("Back"))
        self._save = push_button(self.tr("Save the workflow"), "primary")
        self._scroll = Scrolled()
        self._lay_out()
        self._back.clicked.connect(self.leave)
        self._save.clicked.connect(self.submit)
        self._name.textChanged.connect(self._check)
        trial.run_wanted.connect(self._on_run_wanted)

    def show_proposal(self, path: bytes, proposal: WorkflowProposal, photo: str) -> None:
        """Show what was found in a file.

        Args:
            path: The file.
            proposal: What importing it would make.
            photo: Name of the photo for a test run; empty: none is open.
        """
        self._path, self._proposal = path, proposal
        self._name.setText(proposal.title)
        words = {proposal.operation: operation_title(proposal.operation), **operation_words()}
        _fill(self._does, words, proposal.operation)
        kinds = {
            n: w for n, w in result_words().items() if n in (*POSSIBLE_RESULTS, proposal.result)
        }
        _fill(self._result, kinds, proposal.result)
        _fill(self._mask, mask_words(), proposal.mask)
        self._notes.setText(" ".join(proposal.notes))
        self._notes.setVisible(bool(proposal.notes))
        self._build(proposal)
        prompts = [one for one in proposal.bindings if one.name in _PROMPTS and one.chosen >= 0]
        prompt = prompts[0].choices[prompts[0].chosen].value if prompts else ""
        self.trial.prepare(photo, prompt, takes_prompt=bool(prompts))
        self._check()

    def show_failure(self, error: ErrorInfo) -> None:
        """Say why it could not be kept."""
        self._say(f"{error.message} {error.hint}".strip(), bad=True)

    def leave(self) -> None:
        """Go back without keeping it."""
        self.back_pressed.emit()

    def submit(self) -> None:
        """Keep it as the form says."""
        if self._save.isEnabled():
            self.save_wanted.emit(self.request())

    def request(self) -> WorkflowImport:
        """Return what the form says."""
        bindings = {name: choice.currentData() or "" for name, choice in self._places.items()}
        ticked = {
            one.info.name: f"{one.place.node}.{one.place.input}"
            for tick, one in self._ticks
            if tick.isChecked()
        }
        title = " ".join(self._name.text().split())
        return WorkflowImport(
            path=WirePath.of(self._path),
            name=title,
            title=title,
            operation=self._does.currentData(),
            result=self._result.currentData(),
            mask=self._mask.currentData(),
            bindings=bindings,
            parameters=ticked,
        )

    def focus_first(self) -> QWidget:
        """Return where a person has to look first: what could not be decided, else the name."""
        proposal = self._proposal
        for one in proposal.bindings if proposal is not None else ():
            if one.unsure and one.name in self._places:
                return self._places[one.name]
        return self._name

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        self._form = self._scroll.column
        self._form.setContentsMargins(0, 0, look.space_4, 0)
        self._form.setSpacing(look.space_4)
        self._top = _rows()
        for row, (name, control) in enumerate(
            (
                (self.tr("Name"), self._name),
                (self.tr("Does"), self._does),
                (self.tr("Result"), self._result),
                (self.tr("Mask"), self._mask),
            )
        ):
            self._top.addWidget(text_label(name, "secondary"), row, 0)
            self._top.addWidget(control, row, 1)
        self._below = QVBoxLayout()
        self._below.setSpacing(look.space_4)
        self._form.addWidget(self._notes)
        self._form.addLayout(self._top)
        self._form.addLayout(self._below)
        self._form.addStretch(1)
        self.trial.setFixedWidth(_TRIAL_WIDTH)
        sides = QHBoxLayout()
        sides.setSpacing(look.space_4)
        sides.addWidget(self._scroll, 1)
        sides.addWidget(hairline(vertical=True))
        sides.addWidget(self.trial)
        foot = QHBoxLayout()
        foot.setSpacing(look.space_2)
        foot.addWidget(self._problem, 1)
        foot.addWidget(self._back)
        foot.addWidget(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_3)
        layout.addLayout(sides, 1)
        layout.addWidget(hairline())
        layout.addLayout(foot)

    def _build(self, proposal: WorkflowProposal) -> None:
        """Make rows for what this graph has."""
        while (item := self._below.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._places, self._ticks = {}, []
        self._below.addWidget(self._places_of(proposal.bindings))
        wanted = [one for one in proposal.parameters if one.wanted]
        others = [one for one in proposal.parameters if not one.wanted]
        if wanted:
            self._below.addWidget(self._ticks_of(self.tr("Offer in the form"), wanted))
        if others:
            fold = Fold(
                self.tr("{n} more values").format(n=len(others)), self._ticks_of("", others)
            )
            self._below.addWidget(fold)

    def _places_of(self, bindings: tuple[ProposedBinding, ...]) -> QWidget:
        look = tokens()
        box = QWidget()
        grid = _rows()
        box.setLayout(grid)
        grid.setContentsMargins(0, 0, 0, 0)
        head = text_label(self.tr("Where things go"), "heading")
        grid.addWidget(head, 0, 0, 1, 2)
        for number, one in enumerate(bindings):
            title = binding_title(one.name)
            choice = Choice(title)
            for place in one.choices:
                choice.addItem(place_words(place), f"{place.node}.{place.input}")
            if one.name not in _NEEDED:
                choice.addItem(self.tr("Leave as it is in the graph"), "")
            choice.setCurrentIndex(one.chosen if one.chosen >= 0 else choice.count() - 1)
            before = choice.currentData() or ""
            choice.setProperty("before", before)
            choice.currentIndexChanged.connect(
                lambda _index, name=one.name: self._on_place_changed(name)  # pyright: ignore
            )
            why = text_label(_sentence(one.reason), "small", wraps=True)
            if one.unsure:
                set_look(why, "small-error")
                why.setText(self.tr("Look here: {why}").format(why=_sentence(one.reason)))
            cell = QVBoxLayout()
            cell.setSpacing(2)
            cell.addWidget(choice)
            cell.addWidget(why)
            label = text_label(title, "secondary")
            label.setFixedHeight(look.control_height)
            grid.addWidget(label, number + 1, 0, Qt.AlignmentFlag.AlignTop)
            grid.addLayout(cell, number + 1, 1)
            self._places[one.name] = choice
        return box

    def _ticks_of(self, title: str, parameters: list[ProposedParameter]) -> QWidget:
        look = tokens()
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(look.space_4)
        grid.setVerticalSpacing(look.space_1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        if title:
            grid.addWidget(text_label(title, "heading"), 0, 0, 1, 2)
        for number, one in enumerate(parameters):
            tick = Tick(one.info.title)
            tick.setChecked(one.wanted)
            tick.setToolTip(f"{place_words(one.place)} · {one.place.input}")
            tick.setAccessibleName(one.info.title)
            grid.addWidget(tick, number // 2 + 1, number % 2)
            self._ticks.append((tick, one))
        return box

    # ------------------------------------------------------------ state

    def _on_place_changed(self, name: str) -> None:
        """Let pictures change places, so that no two go to the same node."""
        choice = self._places[name]
        before, now = choice.property("before"), choice.currentData() or ""
        choice.setProperty("before", now)
        for other, rival in self._places.items():
            if other == name or not now or rival.currentData() != now:
                continue
            if _is_picture(name) and _is_picture(other):
                rival.setCurrentIndex(rival.findData(before))
        self._check()

    def _check(self, *_changed: object) -> None:
        proposal = self._proposal
        if proposal is None:
            return
        problem = self._what_is_missing()
        blocked = [] if self._places.get("output") else list(proposal.problems)
        self._save.setEnabled(not problem)
        can_run = not problem and not proposal.problems
        self.trial.allow(can_run=can_run)
        if problem:
            self._say(problem, bad=True)
        elif proposal.problems and not blocked:
            self._say(self.tr("Cannot run yet: {why}").format(why=" ".join(proposal.problems[:3])))
        else:
            self._say("")

    def _what_is_missing(self) -> str:
        proposal = self._proposal
        if not self._name.text().strip():
            return self.tr("Give it a name.")
        for name in _NEEDED:
            choice = self._places.get(name)
            if choice is None or not choice.currentData():
                return next(iter(proposal.problems if proposal else ()), "")
        return ""

    def _on_run_wanted(self, prompt: str) -> None:
        self.trial_wanted.emit(self.request(), prompt)

    def _say(self, words: str, *, bad: bool = False) -> None:
        self._problem.setText(words)
        set_look(self._problem, "small-error" if bad else "small")


def _is_picture(name: str) -> bool:
    return name == "image" or name.startswith(("reference_", "control_"))


def _rows() -> QGridLayout:
    look = tokens()
    grid = QGridLayout()
    grid.setHorizontalSpacing(look.space_4)
    grid.setVerticalSpacing(look.space_2)
    grid.setColumnStretch(1, 1)
    grid.setColumnMinimumWidth(0, 6 * look.icon)
    return grid


def _fill(choice: Choice, words: dict[str, str], chosen: str) -> None:
    choice.clear()
    for name, word in words.items():
        choice.addItem(word, name)
    choice.setCurrentIndex(max(choice.findData(chosen), 0))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}" if words else ""
