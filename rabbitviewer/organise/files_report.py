"""What follows from work on files: a line with Undo, the list of failures, the trash's question."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from daemon.protocol.errors import ErrorKind
from rabbitviewer.models.filework import FileWork, Outcome
from rabbitviewer.organise.files_failures import FailuresCard
from rabbitviewer.organise.files_question import Question
from rabbitviewer.organise.files_words import outcome_words, subject_words
from rabbitviewer.window import MainWindow


class FileReports(QObject):
    """Tells how work on files ended.

    Signals:
        kept: the user kept photos after all (paths).
        going: the user wants photos deleted for good (paths).
    """

    kept = Signal(object)
    going = Signal(object)

    def __init__(self, window: MainWindow, work: FileWork) -> None:
        super().__init__(window)
        self._window = window
        self._work = work
        self._failures = FailuresCard(window)
        self._question = Question(window)
        self._quiet: set[int] = set()
        work.ended.connect(self._on_ended)

    def leave_to_others(self, number: int) -> None:
        """Somebody else tells how this work ends."""
        self._quiet.add(number)

    def ask_to_delete(self, paths: tuple[bytes, ...]) -> None:
        """Ask whether *paths* are to be deleted for good."""
        what = subject_words(paths)
        self._question.ask(
            self.tr("Delete {photos} for good?").format(photos=what),
            self.tr("The files and their sidecars cannot be brought back."),
            (self.tr("Delete"), lambda: self._delete(paths)),
            (self.tr("Keep"), lambda: self.kept.emit(paths)),
        )

    def _delete(self, paths: tuple[bytes, ...]) -> None:
        self.going.emit(paths)
        self._work.trash(paths, permanently=True)

    def list_failures(self, outcome: Outcome) -> None:
        """List what failed in *outcome*."""
        self._failures.show_outcome(outcome)

    def _on_ended(self, outcome: Outcome) -> None:
        if outcome.number in self._quiet:
            self._quiet.discard(outcome.number)
            return
        trashless = _without_trash(outcome)
        if trashless:
            self._ask_without_trash(trashless)
        offer, run = self._offer(outcome)
        if not trashless or outcome.done:
            self._window.status.say(outcome_words(outcome), offer, run)
        if outcome.failed and not trashless and (len(outcome.failed) > 1 or outcome.done):
            self._failures.show_outcome(outcome)

    def _offer(self, outcome: Outcome) -> tuple[str, Callable[[], object] | None]:
        if outcome.kind == "undo":
            return self.tr("Redo"), self._work.redo
        if outcome.can_undo and outcome.done and outcome.kind != "delete":
            return self.tr("Undo"), self._work.undo
        if len(outcome.failed) == 1 and outcome.failed[0].error.hint:
            return self.tr("Why"), lambda: self._failures.show_outcome(outcome)
        return "", None

    def _ask_without_trash(self, paths: tuple[bytes, ...]) -> None:
        what = subject_words(paths)
        self._question.ask(
            self.tr("No trash here. Delete {photos} for good?").format(photos=what),
            self.tr(
                "The drive has no trash that can be used. Files and sidecars deleted now cannot"
                " be brought back."
            ),
            (self.tr("Delete"), lambda: self._delete(paths)),
            (self.tr("Keep"), lambda: self.kept.emit(paths)),
        )


def _without_trash(outcome: Outcome) -> tuple[bytes, ...]:
    """Return the photos that failed because their volume has no trash."""
    if outcome.kind != "trash":
        return ()
    if outcome.error is not None and outcome.error.kind == ErrorKind.NO_TRASH:
        return outcome.paths
    failed = [each.path for each in outcome.failed if each.error.kind == ErrorKind.NO_TRASH]
    return tuple(path for path in outcome.paths if path in set(failed))
