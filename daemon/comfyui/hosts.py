"""The hosts there are, how they are, and which one does a job."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable

import msgspec

from daemon.comfyui.address import HostAddress, check_headers, parse_url
from daemon.comfyui.builtin import BuiltinHost
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.graph import Workflow
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.replies import Device
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import HostInfo
from daemon.settings import HostSettings, SettingsStore

log = logging.getLogger(__name__)

BUILTIN = "builtin"
DEFAULT = "comfyui"
_BUILTIN_PREFIX = "builtin_"


class HostChoice(msgspec.Struct, frozen=True):
    """Who does a job, and with what.

    Attributes:
        host_name: What :meth:`HostRegistry.client_for` takes: a name, or an unnamed host's URL.
        url: Its address without secrets; empty for the built-in host.
        workflow: Name of the workflow to run there.
        ai: Whether a model may be at work.
        note: Sentence for the user, e.g. that no AI is at work; mostly empty.
    """

    host_name: str
    url: str
    workflow: str
    ai: bool
    note: str = ""


class HostRegistry:
    """Hosts of the settings, the built-in one, and those named by URL.

    Attributes:
        on_change: Called with a host's new state.
    """

    def __init__(
        self,
        settings: SettingsStore,
        folders: Folders,
        workflows: WorkflowLibrary,
        *,
        builtin: BuiltinHost | None = None,
    ) -> None:
        """Prepare; nothing is started or asked yet.

        Args:
            settings: Where the hosts stand.
            folders: The user's folders.
            workflows: Tells which workflows need a model.
            builtin: The built-in host's process; None: the usual one.
        """
        self.on_change: Callable[[HostInfo], None] | None = None
        self._settings = settings
        self._workflows = workflows
        self._builtin = builtin or BuiltinHost(
            folders.cache / "builtin_host",
            folders.data / "logs" / "builtin_host.log",
            last_used=self.builtin_last_used,
        )
        self._unnamed: dict[str, HostAddress] = {}
        self._clients: dict[str, ComfyUIClient] = {}
        self._retired: list[ComfyUIClient] = []
        self._infos: dict[str, HostInfo] = {}

    def resolve(self, workflow: str = "", host: str = "") -> HostChoice:
        """Return who runs *workflow*.

        With ``comfyui.enabled: false`` and no host named, the built-in host does the work; a
        workflow that needs a model is then replaced by the built-in one of the same operation. A
        job meant for a ComfyUI host never goes to the built-in one.

        Args:
            workflow: Its name; empty: the configured one.
            host: Name, URL or ``builtin``; empty: by configuration.

        Raises:
            RabbitError: no such workflow or host, or nothing can run it.
        """
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
        if host:
            name, address = self._find(host)
        else:
            name, address = self._preferred()
        return HostChoice(name, address.http_url, found.name, found.uses_ai)

    async def client_for(self, host: str) -> ComfyUIClient:
        """Return the client of a host, shared by all jobs; starts the built-in host.

        Args:
            host: ``host_name`` of a choice, or any name or URL.
        """
        if host == BUILTIN:
            if not self._builtin.running:
                self._tell(self._info(BUILTIN, state="starting"))
            address = await self._builtin.address()
            name, label = BUILTIN, "Built-in host"
        else:
            name, address = self._find(host)
            label = "" if name in self._unnamed or name == DEFAULT else name
        client = self._clients.get(name)
        if client is not None and client.address == address:
            self._tell_started(name)
            return client
        if client is not None:
            self._retired.append(client)
        await self._close_retired()
        client = self._clients[name] = ComfyUIClient(address, name=label)
        self._tell_started(name)
        return client

    def infos(self) -> tuple[HostInfo, ...]:
        """Return all hosts that are in use, as they were last seen."""
        return tuple(self._infos.get(name) or self._info(name) for name in self._names())

    async def check(self, host: str = "") -> tuple[HostInfo, ...]:
        """Ask *host*, or every host in use, how it is: none of the settings' while it is off."""
        names = [host] if host else self._names()
        return tuple(await asyncio.gather(*(self._check(name) for name in names)))

    async def check_workflow(self, workflow: str, host: str) -> list[str]:
        """Return what keeps *host* from running *workflow*; empty when it can.

        Raises:
            RabbitError: no such workflow, or the host cannot be asked.
        """
        self._workflows.get(workflow)
        client = await self.client_for(host)
        stats = await client.system_stats()
        info = await client.object_info(max_age_s=10.0)
        return self._workflows.check(workflow, info, stats.version, client.host)

    async def close(self) -> None:
        """Close all clients and end the built-in host."""
        clients = [*self._clients.values(), *self._retired]
        self._clients, self._retired = {}, []
        for client in clients:
            await client.close()
        await self._builtin.close()

    def builtin_last_used(self) -> float:
        """Return when the built-in host was last used (monotonic); infinite while it works."""
        client = self._clients.get(BUILTIN)
        if client is None or client.open_runs:
            return math.inf
        return client.last_used

    def _tell_started(self, name: str) -> None:
        seen = self._infos.get(name)
        if name == BUILTIN and (seen is None or seen.state == "starting"):
            self._tell(self._info(BUILTIN, state="ready", detail="No AI is at work here."))

    async def _close_retired(self) -> None:
        """Close clients whose host's settings changed, once their runs have ended."""
        idle = [client for client in self._retired if not client.open_runs]
        self._retired = [client for client in self._retired if client.open_runs]
        for client in idle:
            await client.close()

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
        note = (
            f"No AI: the built-in host did this instead of '{found.manifest.title}'. "
            "Set comfyui.enabled: true and comfyui.host in config.yaml to use it."
        )
        return HostChoice(BUILTIN, "", substitute, ai=False, note=note)

    def _configured(self) -> dict[str, HostAddress]:
        config = self._settings.current.comfyui
        listed = config.hosts or (HostSettings(name=DEFAULT, host=config.host, port=config.port),)
        found: dict[str, HostAddress] = {}
        for entry in listed:
            check_headers(entry.headers, entry.name)
            found[entry.name] = HostAddress(
                host=entry.host.strip("[]"),
                port=entry.port,
                https=entry.https,
                headers=entry.headers,
                ca_file=entry.ca_file,
                connect_timeout_s=config.connect_timeout_s,
                response_timeout_s=config.response_timeout_s,
            )
        return found

    def _preferred(self) -> tuple[str, HostAddress]:
        """Return the first host that is not known to be away."""
        configured = self._configured()
        for name, address in configured.items():
            seen = self._infos.get(name)
            if seen is None or seen.state != "unreachable":
                return name, address
        return next(iter(configured.items()))

    def _find(self, host: str) -> tuple[str, HostAddress]:
        configured = self._configured()
        if host in configured:
            return host, configured[host]
        if host in self._unnamed:
            return host, self._unnamed[host]
        if host != "localhost" and not any(sign in host for sign in ":/."):
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"There is no host called '{host}'.",
                f"Known are {', '.join([*configured, BUILTIN])}; or give a URL.",
            )
        config = self._settings.current.comfyui
        address = msgspec.structs.replace(
            parse_url(host),
            connect_timeout_s=config.connect_timeout_s,
            response_timeout_s=config.response_timeout_s,
        )
        for name, known in configured.items():
            if known.http_url == address.http_url and not address.headers:
                return name, known
        self._unnamed[address.http_url] = address
        return address.http_url, address

    def _names(self) -> list[str]:
        enabled = self._settings.current.comfyui.enabled
        return [*(self._configured() if enabled else ()), *self._unnamed, BUILTIN]

    def _info(
        self, name: str, *, state: str = "unknown", version: str = "", detail: str = ""
    ) -> HostInfo:
        builtin = name == BUILTIN
        if builtin:
            client = self._clients.get(BUILTIN)
            url = client.address.http_url if client is not None and self._builtin.running else ""
        else:
            url = self._find(name)[1].http_url
        return HostInfo(
            name=name, url=url, builtin=builtin, state=state, version=version, detail=detail
        )

    async def _check(self, host: str) -> HostInfo:
        name = host if host == BUILTIN else self._find(host)[0]
        try:
            client = await self.client_for(host)
            stats = await client.system_stats()
            queue = await client.queue_length()
        except RabbitError as error:
            info = msgspec.structs.replace(
                self._info(name, state="unreachable", detail=error.info.message),
                hint=error.info.hint,
            )
        else:
            detail = "No AI is at work here." if name == BUILTIN else _devices(stats.devices)
            info = msgspec.structs.replace(
                self._info(name, state="ready", version=stats.version, detail=detail),
                state="busy" if queue else "ready",
                queue=queue,
            )
        self._tell(info)
        return info

    def _tell(self, info: HostInfo) -> None:
        if self._infos.get(info.name) == info:
            return
        self._infos[info.name] = info
        if self.on_change is not None:
            self.on_change(info)


def _devices(devices: tuple[Device, ...]) -> str:
    """Return the host's devices with their free memory, in words."""
    return ", ".join(
        f"{device.name or device.type} ({device.vram_free / 2**30:.1f} of "
        f"{device.vram_total / 2**30:.1f} GB free)"
        for device in devices
    )
