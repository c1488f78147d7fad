"""Who may do a job, by the settings alone: decided at intake, before any host is asked."""

from __future__ import annotations

import msgspec

from daemon.comfyui.graph import Workflow
from daemon.comfyui.known_hosts import BUILTIN, KnownHosts
from daemon.comfyui.operations import WorkflowLibrary
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.settings import SettingsStore

_BUILTIN_PREFIX = "builtin_"


class HostChoice(msgspec.Struct, frozen=True):
    """Who does a job, and with what.

    Attributes:
        host_name: What :meth:`daemon.comfyui.hosts.HostRegistry.client_for` takes: a name, or an
            unnamed host's URL. Empty: one of several, which is decided when its turn comes.
        url: Its address without secrets; empty for the built-in host and for one of several.
        workflow: Name of the workflow to run there.
        ai: Whether a model may be at work.
        note: Sentence for the user, e.g. that no AI is at work; mostly empty.
    """

    host_name: str
    url: str
    workflow: str
    ai: bool
    note: str = ""


class HostChooser:
    """Decides between the ComfyUI hosts of the settings and the built-in one."""

    def __init__(
        self, settings: SettingsStore, known: KnownHosts, workflows: WorkflowLibrary
    ) -> None:
        self._settings = settings
        self._known = known
        self._workflows = workflows

    def choose(self, workflow: str, host: str) -> HostChoice:
        """See :meth:`daemon.comfyui.hosts.HostRegistry.resolve`."""
        config = self._settings.current.comfyui
        found = self._workflows.get(workflow or config.workflow)
        if host == BUILTIN or (not host and found.name.startswith(_BUILTIN_PREFIX)):
            return self._on_builtin(found)
        if not host and self._settings.host_unknown:
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"Nobody knows which host is meant: {self._settings.problem}.",
                "Mend config.yaml, or name a host (--host builtin).",
            )
        if not host and not config.enabled:
            return self._on_builtin(found)
        names = [self._known.find(host)[0]] if host else self._known.names()
        if not names or not self._known.is_enabled(names[0]):
            switched_off = names or [entry.name for entry in self._known.listed()]
            raise RabbitError(
                ErrorKind.HOST_REFUSED,
                f"{', '.join(switched_off)} {'is' if len(switched_off) == 1 else 'are'} switched "
                "off (enabled: false in config.yaml).",
                "Set enabled: true there, or name another host.",
            )
        if len(names) > 1:
            return HostChoice("", "", found.name, found.uses_ai)
        name, address = self._known.find(names[0])
        return HostChoice(name, address.http_url, found.name, found.uses_ai)

    def in_question(self, found: Workflow, wanted: str) -> list[str]:
        """Return the hosts that may get a job that was taken in, in the settings' order.

        A job that was meant for ComfyUI stays meant for it, whatever was switched off since.

        Args:
            found: What is to be run.
            wanted: The host that the user named; empty: any.
        """
        if wanted:
            return [wanted if wanted == BUILTIN else self._known.find(wanted)[0]]
        weight_free = not self._settings.current.comfyui.enabled and not found.uses_ai
        if weight_free or found.name.startswith(_BUILTIN_PREFIX):
            return [BUILTIN]
        return self._known.names() or [entry.name for entry in self._known.listed()]

    def _on_builtin(self, found: Workflow) -> HostChoice:
        if not found.uses_ai:
            return HostChoice(BUILTIN, "", found.name, ai=False)
        substitute = _BUILTIN_PREFIX + found.manifest.operation
        if not self._workflows.has(substitute):
            raise RabbitError(
                ErrorKind.WORKFLOW_UNAVAILABLE,
                f"'{found.manifest.title}' needs a ComfyUI host; the built-in host has no AI.",
                "Set comfyui.enabled: true and comfyui.host in config.yaml.",
            )
        if self._settings.current.comfyui.enabled:
            note = f"No AI: the built-in host did this, not '{found.manifest.title}', as asked for."
        else:
            note = (
                f"No AI: the built-in host did this instead of '{found.manifest.title}'. "
                "Set comfyui.enabled: true and comfyui.host in config.yaml to use it."
            )
        return HostChoice(BUILTIN, "", substitute, ai=False, note=note)
