"""The workflows as the window knows them: which there are, and what is done to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Failed,
    Message,
    SettingsChanged,
    WirePath,
    WorkflowDelete,
    WorkflowDuplicate,
    WorkflowExport,
    WorkflowExported,
    WorkflowImport,
    WorkflowMapModels,
    WorkflowProposal,
    WorkflowProposeRequest,
    WorkflowRestore,
    Workflows,
    WorkflowSaved,
    WorkflowsChanged,
    WorkflowsRequest,
)
from daemon.protocol.values import WorkflowInfo
from rabbitviewer.ipc.client import DaemonClient

_PASSING = (ErrorKind.DAEMON_UNAVAILABLE, ErrorKind.CANCELLED)
_CHECK_AFTER_MS = 300

Then = Callable[[Message], object]


class WorkflowsModel(QObject):
    """All workflows, shipped ones and the user's; other windows and editors may change them too.

    Hosts are asked whether they can run them while somebody looks (:meth:`look`).

    Signals:
        changed: there are others, or one can run now.
        saved: a workflow came into the user's folder from here (:class:`WorkflowSaved`).
        deleted: one was taken away (its name, its title).
        failed: something could not be done (``ErrorInfo``).
    """

    changed = Signal()
    saved = Signal(object)
    deleted = Signal(str, str)
    failed = Signal(object)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._workflows: tuple[WorkflowInfo, ...] = ()
        self._looking = False
        self._checking = False
        self._soon = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._soon.timeout.connect(self._check)
        client.connected.connect(self._on_connected)
        client.replied.connect(self._on_replied)

    @property
    def workflows(self) -> tuple[WorkflowInfo, ...]:
        """All, the user's own first, then by title."""
        return self._workflows

    @property
    def is_checking(self) -> bool:
        """Whether hosts are being asked what they can run."""
        return self._checking

    def workflow(self, name: str) -> WorkflowInfo | None:
        """Return one; None: it is not there."""
        return next((each for each in self._workflows if each.name == name), None)

    def look(self, *, on: bool) -> None:
        """Say whether somebody looks; then hosts are asked now and after every change."""
        self._looking = on
        if on:
            self.refresh()

    def refresh(self) -> None:
        """Ask what there is, then what can run."""
        if self._client.is_connected:
            self._client.send(WorkflowsRequest())
            self._soon.start()

    # ------------------------------------------------------------ changes

    def propose(
        self,
        path: bytes,
        then: Callable[[WorkflowProposal], object],
        refused: Callable[[ErrorInfo], object],
    ) -> None:
        """Read a file that may become a workflow."""

        def answered(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, Failed):
                refused(answer.error)
            elif isinstance(answer, WorkflowProposal):
                then(answer)

        self._client.send(WorkflowProposeRequest(path=WirePath.of(path)), answered)

    def import_file(self, request: WorkflowImport, refused: Callable[[ErrorInfo], object]) -> None:
        """Keep a file as a workflow; :attr:`saved` tells of it."""

        def answered(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, Failed):
                refused(answer.error)
            elif isinstance(answer, WorkflowSaved):
                self.saved.emit(answer)

        self._client.send(request, answered)

    def duplicate(self, name: str) -> None:
        """Copy a workflow into the user's folder."""
        self._send(WorkflowDuplicate(name=name), self._on_saved)

    def delete(self, name: str) -> None:
        """Take one of the user's away; :meth:`restore` brings it back."""
        known = self.workflow(name)
        title = known.title if known is not None else name
        self._send(WorkflowDelete(name=name), lambda _: self.deleted.emit(name, title))

    def restore(self, name: str) -> None:
        """Bring a deleted one back."""
        self._send(WorkflowRestore(name=name), self._on_saved)

    def export(self, name: str, output: bytes, then: Callable[[bytes], object]) -> None:
        """Write a workflow into one ``.zip``; *then* hears where it stands."""

        def written(answer: Message) -> None:
            if isinstance(answer, WorkflowExported):
                then(answer.path)

        self._send(WorkflowExport(name=name, output=WirePath.of(output)), written)

    def map_models(self, files: Mapping[str, str]) -> None:
        """Say what model files are called on the user's hosts."""
        self._send(WorkflowMapModels(files=dict(files)), lambda _: self.refresh())

    def _send(self, request: Message, then: Then) -> None:
        def answered(answer: Message, _blob: bytes) -> None:
            if not isinstance(answer, Failed):
                then(answer)
            elif answer.error.kind not in _PASSING:
                self.failed.emit(answer.error)

        self._client.send(request, answered)

    # ------------------------------------------------------------ hearing

    def _on_saved(self, answer: Message) -> None:
        if isinstance(answer, WorkflowSaved):
            self.saved.emit(answer)

    def _on_connected(self) -> None:
        self._checking = False
        if self._looking:
            self.refresh()

    def _check(self) -> None:
        if not self._client.is_connected or self._checking:
            return
        self._checking = True
        self.changed.emit()

        def answered(_answer: Message, _blob: bytes) -> None:
            self._checking = False
            self.changed.emit()

        self._client.send(WorkflowsRequest(check=True), answered)

    def _on_replied(self, message: object, _blob: bytes) -> None:
        match message:
            case Workflows():
                self._take(message.workflows)
            case WorkflowsChanged():
                # Also for the forms that offer workflows: they take every list that arrives.
                self._client.send(WorkflowsRequest())
                self._soon.start()
            case SettingsChanged():
                self._soon.start()
            case _:
                return

    def _take(self, found: tuple[WorkflowInfo, ...]) -> None:
        known = {each.name: each for each in self._workflows}
        kept = [_with_check(each, known.get(each.name)) for each in found]
        self._workflows = tuple(
            sorted(kept, key=lambda each: (each.source != "user", each.title.casefold()))
        )
        self.changed.emit()


def _with_check(new: WorkflowInfo, old: WorkflowInfo | None) -> WorkflowInfo:
    """Keep what a host said while the same workflow is listed without asking: nothing flickers."""
    if new.usable is not None or old is None or old.usable is None:
        return new
    same = (new.operation, new.result, new.parameters) == (
        old.operation,
        old.result,
        old.parameters,
    )
    return old if same and new.title == old.title else new
