"""Tells clients what can be done and where: operations, workflows, hosts."""

from __future__ import annotations

import asyncio

from daemon.comfyui.candidates import in_order, why_none
from daemon.comfyui.hosts import HostRegistry
from daemon.comfyui.operations import WorkflowEntry, WorkflowLibrary
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import (
    Hosts,
    HostsRequest,
    Operations,
    OperationsRequest,
    Workflows,
    WorkflowsRequest,
)
from daemon.protocol.peer import Peer
from daemon.protocol.values import MissingModel, OperationInfo, WorkflowInfo
from daemon.settings import SettingsStore

_ALL = 1000
_STOOD_IN_FOR = (
    "It needs a ComfyUI host, and comfyui.enabled is false in config.yaml; meanwhile '{}' does its "
    "work on the built-in host, without AI."
)


class OfferService:
    """Answers what is on offer; changes nothing."""

    def __init__(
        self, hosts: HostRegistry, workflows: WorkflowLibrary, settings: SettingsStore
    ) -> None:
        self._hosts = hosts
        self._settings = settings
        self._workflows = workflows

    async def hosts(self, peer: Peer, request: HostsRequest) -> Hosts:
        """List the hosts; with *check* each is asked."""
        del peer
        if request.check:
            return Hosts(hosts=await self._hosts.check())
        return Hosts(hosts=self._hosts.infos())

    async def workflows(self, peer: Peer, request: WorkflowsRequest) -> Workflows:
        """List the workflows; with *check* a host is asked whether it can run each."""
        del peer
        if request.check:
            for name in request.names:
                await asyncio.to_thread(self._workflows.get, name)
        entries = await asyncio.to_thread(self._workflows.entries)
        wanted = [entry for entry in entries if not request.names or entry.name in request.names]
        if not request.check:
            return Workflows(workflows=tuple(entry.to_info() for entry in wanted))
        return Workflows(workflows=tuple([await self._checked(e, request.host) for e in wanted]))

    async def operations(self, peer: Peer, request: OperationsRequest) -> Operations:
        """List the operations: one for each that some workflow serves."""
        del peer, request
        entries = await asyncio.to_thread(self._workflows.entries)
        names = {entry.workflow.manifest.operation for entry in entries if entry.workflow}
        found = [await self._operation(name, entries) for name in sorted(names)]
        return Operations(operations=tuple(found))

    async def _operation(self, name: str, entries: tuple[WorkflowEntry, ...]) -> OperationInfo:
        serving = [e for e in entries if e.workflow and e.workflow.manifest.operation == name]
        chosen, reason, available = serving[0], "", False
        preferred = [e for e in serving if e.name == self._settings.current.comfyui.workflow]
        try:
            wanted = (preferred or serving)[0].name
            choice = await asyncio.to_thread(self._hosts.resolve, wanted)
            chosen = next((e for e in serving if e.name == choice.workflow), chosen)
            reason, available = choice.note, True
        except RabbitError as error:
            reason = error.info.message
        info = chosen.to_info()
        assert chosen.workflow is not None
        return OperationInfo(
            id=name,
            title=name.replace("_", " ").capitalize(),
            category=chosen.workflow.manifest.category,
            result=info.result,
            mask=info.mask,
            available=available,
            reason=reason,
            ai=info.ai,
            workflow=chosen.name,
            parameters=info.parameters,
        )

    async def _checked(self, entry: WorkflowEntry, host: str) -> WorkflowInfo:
        if entry.workflow is None:
            return entry.to_info()
        try:
            if not host:
                choice = await asyncio.to_thread(self._hosts.resolve, entry.name)
                if choice.workflow != entry.name:
                    return entry.to_info([_STOOD_IN_FOR.format(choice.workflow)])
                host = choice.host_name
            if not host:
                found = await self._hosts.candidates(entry.name)
                if able := in_order(found):
                    return entry.to_info([], able=tuple(one.name for one in able))
                names = [one.name for one in found if not one.waits]
                return entry.to_info(why_none(found, _ALL), await self._missing(entry.name, names))
            problems = await self._hosts.check_workflow(entry.name, host)
        except RabbitError as error:
            return entry.to_info([f"{error.info.message} {error.info.hint}".strip()])
        missing = await self._missing(entry.name, [host]) if problems else ()
        return entry.to_info(problems, missing, () if problems else (host,))

    async def _missing(self, name: str, hosts: list[str]) -> tuple[MissingModel, ...]:
        """Return the model files that hosts do not have, each once."""
        found: dict[str, MissingModel] = {}
        for host in hosts:
            try:
                info = (await self._hosts.abilities(host)).info
            except RabbitError:
                continue  # that it does not answer is said among the problems
            for one in await asyncio.to_thread(self._workflows.missing_models, name, info):
                found.setdefault(one.file, one)
        return tuple(found.values())
