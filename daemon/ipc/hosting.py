"""What clients ask about machines: how one is step by step, and what config.yaml says of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from daemon.comfyui.address import HostAddress
from daemon.comfyui.diagnosis import diagnose
from daemon.comfyui.host_steps import failed, workflow_checks
from daemon.comfyui.hosts import BUILTIN, HostRegistry
from daemon.comfyui.known_hosts import host_address
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.secrets import keyring_name
from daemon.ipc.config import ConfigService
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import (
    HostChecked,
    HostCheckRequest,
    HostEntries,
    HostEntriesRequest,
    HostRemove,
    HostSave,
)
from daemon.protocol.peer import Peer
from daemon.settings import SettingsStore
from daemon.settings_hosts import entries_of, settings_of

log = logging.getLogger(__name__)

_BUILTIN_START_S = 30.0


class HostingService:
    """Answers about machines; the only one who changes the list of them."""

    def __init__(
        self,
        hosts: HostRegistry,
        workflows: WorkflowLibrary,
        settings: SettingsStore,
        config: ConfigService,
    ) -> None:
        """Ask nothing yet.

        Args:
            hosts: The hosts in use.
            workflows: What they may be asked to run.
            settings: Where the machines stand.
            config: Writes the settings and tells everybody.
        """
        self._hosts = hosts
        self._workflows = workflows
        self._settings = settings
        self._config = config

    async def check(self, peer: Peer, request: HostCheckRequest) -> HostChecked:
        """Go to a host step by step; what is known of it is brought up to date meanwhile."""
        del peer
        if request.entry is not None:
            known = {host.name for host in self._hosts.known.listed()}
            own = request.entry.name if request.entry.name in known else ""
            entry = settings_of(self._settings.current, request.entry, request.host or own)
            address = host_address(entry, self._settings.current.comfyui)
            return await self._diagnosed(entry.name, address, request.workflows)
        if request.host == BUILTIN:
            try:
                async with asyncio.timeout(_BUILTIN_START_S):
                    address = (await self._hosts.client_for(BUILTIN)).address
            except (RabbitError, TimeoutError) as error:
                return _not_started(error)
        else:
            name, address = self._hosts.known.find(request.host)
            request = HostCheckRequest(host=name, workflows=request.workflows)
        looking = self._hosts.begin_look(request.host)
        checked = await self._diagnosed(request.host, address, request.workflows)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.shield(looking)
        return checked

    async def entries(self, peer: Peer, request: HostEntriesRequest) -> HostEntries:
        """Tell the machines of config.yaml, without their secrets."""
        del peer, request
        return await self._entries()

    async def save(self, peer: Peer, request: HostSave) -> HostEntries:
        """Write one machine into config.yaml, and its secret into the keyring."""
        del peer
        if request.secret:
            entry = request.entry
            kept = (entry.token, entry.password, *entry.headers.values())
            names = list(filter(None, map(keyring_name, kept)))
            if len(names) != 1:
                raise RabbitError(
                    ErrorKind.INVALID_REQUEST,
                    f"It is not said where the secret of '{entry.name}' is to be kept.",
                    "Write keyring:NAME as its token, its password or in one of its headers.",
                )
            settings_of(self._settings.current, entry, request.replaces)
            await asyncio.to_thread(self._hosts.secrets.keep, names[0], request.secret)
        await self._config.write(lambda: self._settings.save_host(request.entry, request.replaces))
        return await self._entries()

    async def remove(self, peer: Peer, request: HostRemove) -> HostEntries:
        """Take one machine out of config.yaml."""
        del peer
        await self._config.write(lambda: self._settings.remove_host(request.name))
        return await self._entries()

    async def _entries(self) -> HostEntries:
        works = await asyncio.to_thread(self._hosts.secrets.keyring_works)
        config = self._settings.current.comfyui
        return HostEntries(hosts=entries_of(config), single=not config.hosts, keyring=works)

    async def _diagnosed(
        self, name: str, address: HostAddress, workflows: tuple[str, ...]
    ) -> HostChecked:
        label = "The built-in host" if address.builtin else name
        checks = await asyncio.to_thread(
            workflow_checks,
            self._workflows,
            workflows,
            label,
            builtin=address.builtin,
            usual=self._settings.current.comfyui.workflow,
        )
        steps = await diagnose(address, self._hosts.secrets, checks)
        return HostChecked(host=name, url=address.http_url, steps=steps)


def _not_started(error: RabbitError | TimeoutError) -> HostChecked:
    """Return the check of a built-in host that does not even start."""
    if isinstance(error, RabbitError):
        step = failed("tcp", error.info.message, error.info.hint)
    else:
        step = failed(
            "tcp",
            f"The built-in host did not start within {_BUILTIN_START_S:g} s.",
            "This computer is very busy; try again. Its log is builtin_host.log.",
        )
    return HostChecked(host=BUILTIN, url="", steps=(step,))
