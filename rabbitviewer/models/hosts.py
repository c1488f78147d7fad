"""Hosts, workflows and the settings in force: what an edit would run on."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from PySide6.QtCore import QObject, QTimer, Signal

from daemon.protocol import messages
from daemon.protocol.hosting import BUILTIN
from daemon.protocol.values import HostInfo, JobInfo, WorkflowInfo
from daemon.protocol.workflows import POSSIBLE_RESULTS
from rabbitviewer.ipc.client import DaemonClient

GRADE_OPERATION = "color_grade"
_CHECK_AFTER_MS = 3000


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        host: The host it would run on; None: not known yet.
        workflow: The workflow it would use; None: not known yet.
        ai: Whether a model would be at work.
        reason: Empty, or why it cannot run now.
    """

    host: HostInfo | None
    workflow: WorkflowInfo | None
    ai: bool
    reason: str = ""


class HostsModel(QObject):
    """What the daemon last said of hosts, workflows and config.yaml.

    Signals:
        changed: something is another one.
    """

    changed = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._hosts: tuple[HostInfo, ...] = ()
        self._workflows: tuple[WorkflowInfo, ...] = ()
        self._values: dict[str, str | int | float | bool | None] = {}
        self._config_path = b""
        self._problem = ""
        self._check_soon = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._check_soon.timeout.connect(self.refresh)
        client.connected.connect(self._on_connected)
        client.replied.connect(self._on_replied)

    @property
    def hosts(self) -> tuple[HostInfo, ...]:
        """All hosts."""
        return self._hosts

    @property
    def config_path(self) -> bytes:
        """Where config.yaml stands; empty until the daemon said so."""
        return self._config_path

    @property
    def settings_problem(self) -> str:
        """What is wrong with config.yaml; empty when nothing is."""
        return self._problem

    @property
    def ai_enabled(self) -> bool:
        """Whether config.yaml switches ComfyUI on."""
        return bool(self._values.get("comfyui.enabled", False))

    def value(self, key: str) -> str | int | float | bool | None:
        """Return the setting *key* (``section.key``); None when it is not known."""
        return self._values.get(key)

    def edit_workflows(self) -> list[WorkflowInfo]:
        """Return the workflows that make a grade or a picture: the configured one, then grades."""
        preferred = self._values.get("comfyui.workflow")
        found = [each for each in self._workflows if each.result in POSSIBLE_RESULTS]
        return sorted(
            found,
            key=lambda each: (
                each.name != preferred,
                each.operation != GRADE_OPERATION,
                each.title,
            ),
        )

    def greyed(self) -> dict[str, str]:
        """Return the workflows that cannot run now, and why.

        One that only lacks model files can be chosen all the same: others may be picked there. So
        can one whose host is away: it may be back before Run is pressed.
        """
        found: dict[str, str] = {}
        for each in self.edit_workflows():
            if each.ai and not self.ai_enabled:
                found[each.name] = next(iter(each.problems), "") or self.tr(
                    "It needs a ComfyUI host, and none is in use."
                )
            elif each.usable is False and not _may_be_mended(each):
                host = self.host()
                if host is None or host.state in ("ready", "busy"):
                    found[each.name] = "\n".join(each.problems)
        return found

    def host(self, able: Collection[str] = ()) -> HostInfo | None:
        """Return the host that does the work now: the best remote one, or the built-in one.

        Args:
            able: Names of those that come into question; empty: all that are in use.
        """
        ranks = ("ready", "busy", "starting", "unknown", "hung", "unreachable")
        hosts = self.in_use()
        hosts = [each for each in hosts if each.name in able] or hosts
        return min(hosts, key=lambda each: _rank(each.state, ranks), default=None)

    def in_use(self) -> list[HostInfo]:
        """Return the hosts that jobs may go to: the machines with ComfyUI, or the built-in one."""
        return [each for each in self._hosts if each.builtin != self.ai_enabled]

    def plan(self, workflow_name: str) -> Plan:
        """Return what a run with the workflow *workflow_name* would do."""
        named = next((each for each in self._workflows if each.name == workflow_name), None)
        if named is None or not named.ai:
            host = next((each for each in self._hosts if each.builtin), None)
            return Plan(host, named, ai=False)
        host = self.host(named.able_hosts)
        if host is not None and host.state == "unreachable":
            why = " ".join(part for part in (host.detail, host.hint) if part)
            return Plan(host, named, ai=True, reason=why)
        reason = named.problems[0] if named.usable is False and named.problems else ""
        return Plan(host, named, ai=True, reason=reason)

    def others_for(self, info: JobInfo) -> tuple[str, ...]:
        """Name the hosts on which a job could run instead; none where the built-in one does it.

        Those that cannot run its workflow now are left out, once it is known which can.
        """
        is_builtin = not info.ai and info.host in ("", BUILTIN)
        if is_builtin or not self.ai_enabled:
            return ()
        able = {
            name
            for each in self._workflows
            if each.name == info.workflow
            for name in each.able_hosts
        }
        named = (each.name for each in self._hosts if not each.builtin)
        return tuple(name for name in named if name != info.host and (name in able or not able))

    def refresh(self) -> None:
        """Ask for everything again."""
        self._client.send(messages.ConfigRequest())
        self._client.send(messages.HostsRequest(check=True))
        self._client.send(messages.WorkflowsRequest(check=True))

    def _on_connected(self) -> None:
        """Ask for what is known; hosts are contacted once the first photos had their turn."""
        self._client.send(messages.ConfigRequest())
        self._client.send(messages.HostsRequest())
        self._client.send(messages.WorkflowsRequest())
        self._check_soon.start()

    def check_hosts(self) -> None:
        """Contact every host again."""
        self._client.send(messages.HostsRequest(check=True))

    def _on_replied(self, message: object, _blob: bytes) -> None:
        match message:
            case messages.Hosts():
                self._hosts = message.hosts
            case messages.HostChanged():
                self._put_host(message.host)
            case messages.Workflows():
                self._workflows = message.workflows
            case messages.Config():
                self._values = message.values
                self._config_path = message.path
                self._problem = message.errors[0] if message.errors else ""
            case messages.SettingsChanged():
                self._problem = message.problem
                self.refresh()
            case _:
                return
        self.changed.emit()

    def _put_host(self, host: HostInfo) -> None:
        names = [each.name for each in self._hosts]
        hosts = list(self._hosts)
        if host.name in names:
            hosts[names.index(host.name)] = host
        else:
            hosts.append(host)
        self._hosts = tuple(hosts)


def _may_be_mended(workflow: WorkflowInfo) -> bool:
    """Whether all it lacks are model files that its form offers to replace."""
    files = [str(each.default) for each in workflow.parameters if each.type == "model"]
    return all(any(file in said for file in files) for said in workflow.problems)


def _rank(state: str, ranks: tuple[str, ...]) -> int:
    return ranks.index(state) if state in ranks else len(ranks)
