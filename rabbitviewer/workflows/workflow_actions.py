"""Opens the workflows' room and does what is asked for in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import WorkflowImport, WorkflowProposal, WorkflowSaved
from rabbitviewer.models.workflow_trials import WorkflowTrial
from rabbitviewer.models.workflows import WorkflowsModel
from rabbitviewer.words import file_name
from rabbitviewer.workflows.workflow_card import WorkflowCard
from rabbitviewer.workflows.workflow_files import WorkflowDialogs


class WorkflowActions(QObject):
    """Connects the room to the daemon."""

    def __init__(
        self,
        card: WorkflowCard,
        workflows: WorkflowsModel,
        trial: WorkflowTrial,
        dialogs: WorkflowDialogs,
        photo: Callable[[], bytes],
    ) -> None:
        """Connect.

        Args:
            card: The room.
            workflows: What there is.
            trial: Test runs.
            dialogs: Asks for files.
            photo: The photo that keys act on; empty: none.
        """
        super().__init__(card)
        self._card = card
        self._workflows = workflows
        self._trial = trial
        self._dialogs = dialogs
        self._photo = photo
        page, form = card.page, card.form
        page.import_pressed.connect(self.ask_for_file)
        page.export_wanted.connect(self._on_export_wanted)
        form.save_wanted.connect(self._on_save_wanted)
        form.trial_wanted.connect(self._on_trial_wanted)
        form.back_pressed.connect(trial.cancel)
        card.closed.connect(self._on_closed)
        workflows.saved.connect(self._on_saved)
        workflows.deleted.connect(self._on_deleted)
        workflows.failed.connect(self._on_failed)

    def open(self) -> None:
        """Open the room with the list."""
        self._workflows.look(on=True)
        self._card.page.show_all()
        self._card.open_card(self._card.page.list)

    def ask_for_file(self) -> None:
        """Let a file be chosen."""
        self.open()
        self._dialogs.ask_for_file(self.take_file)

    def take_file(self, path: bytes) -> None:
        """Read a file that may become a workflow, and show the form."""
        if not self._card.isVisible():
            self.open()
        self._card.show_list()
        reading = self.tr("Reading {file}…").format(file=file_name(path))
        self._card.page.say(reading)
        self._workflows.propose(path, lambda found: self._on_proposed(path, found), self._on_failed)

    def _on_proposed(self, path: bytes, found: WorkflowProposal) -> None:
        photo = self._photo()
        self._card.page.say("")
        self._card.form.show_proposal(path, found, file_name(photo) if photo else "")
        self._card.show_form(file_name(path))
        self._trial.show_photo(photo)

    def _on_save_wanted(self, request: WorkflowImport) -> None:
        self._trial.cancel()
        self._workflows.import_file(request, self._card.form.show_failure)

    def _on_trial_wanted(self, request: WorkflowImport, prompt: str) -> None:
        photo = self._photo()
        if photo:
            self._trial.start(request, photo, prompt)

    def _on_saved(self, saved: WorkflowSaved) -> None:
        self._card.show_list()
        self._workflows.refresh()
        words = self.tr("“{title}” is a workflow of yours now.").format(title=saved.workflow.title)
        self._card.page.say(" ".join((words, *saved.notes)))
        wanted = saved.workflow.name

        def choose() -> None:
            self._card.page.list.choose(wanted)
            if self._workflows.workflow(wanted) is not None:
                self._workflows.changed.disconnect(choose)

        self._workflows.changed.connect(choose)

    def _on_deleted(self, name: str, title: str) -> None:
        words = self.tr("“{title}” is deleted.").format(title=title)
        self._card.page.say(words, lambda: self._workflows.restore(name))

    def _on_export_wanted(self, name: str) -> None:
        self._dialogs.ask_where(
            name, lambda path: self._workflows.export(name, path, self._on_exported)
        )

    def _on_exported(self, path: bytes) -> None:
        words = self.tr("{file} was written.").format(file=file_name(path))
        self._card.page.say(words)

    def _on_failed(self, error: ErrorInfo) -> None:
        self._card.page.say(f"{error.message} {error.hint}".strip(), bad=True)

    def _on_closed(self) -> None:
        self._trial.cancel()
        self._workflows.look(on=False)
        self._card.show_list()
        self._card.page.say("")
