"""Forms and budgets of workflows, as the daemon tells them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo
from daemon.protocol.values import HostInfo
from daemon.protocol.workflows import Budget, BudgetRequest, WorkflowForm, WorkflowFormRequest
from rabbitviewer.ipc.client import DaemonClient

_ASK_MS = 60
_AGAIN_MS = 500


class FormsModel(QObject):
    """The form of one workflow at a time, and what a run of it would cost.

    Signals:
        form_changed: the form that is wanted is there, or another one.
        budget_changed: what a run costs is known, or refused.
    """

    form_changed = Signal()
    budget_changed = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._wanted = ""
        self._forms: dict[str, WorkflowForm] = {}
        self._hosts: dict[str, tuple[bool, str]] = {}
        self._budget: Budget | None = None
        self._refusal: ErrorInfo | None = None
        self._budget_of: BudgetRequest | None = None
        self._budget_id = 0
        self._ask_soon = QTimer(self, singleShot=True, interval=_ASK_MS)
        self._ask_soon.timeout.connect(self._ask_budget)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self._ask_form)
        client.connected.connect(self._ask_all)
        client.replied.connect(self._on_replied)

    @property
    def form(self) -> WorkflowForm | None:
        """The form that is wanted; None: it is not known yet."""
        return self._forms.get(self._wanted)

    @property
    def budget(self) -> Budget | None:
        """What a run costs; None: not known."""
        return self._budget

    @property
    def refusal(self) -> ErrorInfo | None:
        """Why the budget cannot be told: a value that does not fit; None: it can."""
        return self._refusal

    def want(self, workflow: str) -> None:
        """Have the form of *workflow*; what is known of it stands until a fresh one comes."""
        if workflow == self._wanted:
            return
        self._wanted = workflow
        self._budget = self._refusal = self._budget_of = None
        self._ask_form()

    def want_budget(self, request: BudgetRequest | None) -> None:
        """Have the cost of a run; only the latest question counts. None: there is no run."""
        if request == self._budget_of:
            return
        self._budget_of = request
        if request is None:
            self._budget = self._refusal = None
        elif not self._ask_soon.isActive():
            self._ask_soon.start()

    def _ask_all(self) -> None:
        self._forms.clear()
        self._ask_form()
        if self._budget_of is not None:
            self._ask_soon.start()

    def _ask_form(self) -> None:
        if self._wanted:
            self._client.send(WorkflowFormRequest(workflow=self._wanted), self._on_form)

    def _on_form(self, answer: messages.Message, _blob: bytes) -> None:
        if isinstance(answer, WorkflowForm):
            self._forms[answer.workflow] = answer
            if answer.workflow == self._wanted:
                self.form_changed.emit()

    def _ask_budget(self) -> None:
        if self._budget_of is not None:
            self._budget_id = self._client.send(self._budget_of, self._on_budget)

    def _on_budget(self, answer: messages.Message, _blob: bytes) -> None:
        if answer.request_id != self._budget_id or self._budget_of is None:
            return
        self._budget = answer if isinstance(answer, Budget) else None
        self._refusal = answer.error if isinstance(answer, messages.Failed) else None
        self.budget_changed.emit()

    def _on_replied(self, message: object, _blob: bytes) -> None:
        match message:
            case messages.WorkflowsChanged() | messages.SettingsChanged():
                self._again.start()
                if self._budget_of is not None:
                    self._ask_soon.start()
            case messages.HostChanged():
                self._take_host(message.host)
            case _:
                pass

    def _take_host(self, host: HostInfo) -> None:
        """Ask anew where a host came, went or was renewed; not each time its queue moves."""
        now = host.state in ("ready", "busy"), host.version
        before = self._hosts.get(host.name)
        self._hosts[host.name] = now
        if before is not None and before != now:
            self._again.start()
