"""Understanding a file that may become a workflow, with the nodes of a host that knows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple, Protocol

from daemon.comfyui.capability import Abilities
from daemon.comfyui.checks import check_host
from daemon.comfyui.graph import Graph, Workflow, nodes
from daemon.comfyui.hosts import BUILTIN
from daemon.comfyui.import_choices import choose, manifest_of, proposal_of_manifest
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.proposals import OUTPUT, Proposal, propose
from daemon.comfyui.result_node import make_ready
from daemon.comfyui.window_format import WindowFormatError, convert
from daemon.comfyui.workflow_sources import WorkflowSource, not_convertible, read_source
from daemon.protocol.errors import RabbitError
from daemon.protocol.message import WirePath
from daemon.protocol.workflows import WorkflowImport

log = logging.getLogger(__name__)


class NodesOfHosts(Protocol):
    """What is asked of the hosts; a :class:`daemon.comfyui.hosts.HostRegistry` answers it."""

    def in_use(self) -> list[str]:
        """Return the names of the ComfyUI hosts in use."""
        ...

    async def abilities(self, host: str) -> Abilities:
        """Return what a host can run."""
        ...


class _Asked(NamedTuple):
    """A host that told its nodes."""

    host: str
    info: ObjectInfo
    version: str


class ReadWorkflow(NamedTuple):
    """A file as it was understood.

    Attributes:
        source: What the file holds.
        graph: Ready to run.
        proposal: What it would be.
        notes: What was changed on the way, in sentences.
        asked: The host that was asked about its nodes.
        converted: It was in the format of ComfyUI's window.
    """

    source: WorkflowSource
    graph: Graph
    proposal: Proposal
    notes: tuple[str, ...]
    asked: _Asked | None
    converted: bool


class WorkflowReader:
    """Reads files, and asks hosts which nodes they have."""

    def __init__(self, library: WorkflowLibrary, hosts: NodesOfHosts) -> None:
        """Prepare.

        Args:
            library: Tells what model files are called on the user's hosts.
            hosts: Tell which nodes they have.
        """
        self._library = library
        self._hosts = hosts

    async def read(self, path: Path, host: str) -> ReadWorkflow:
        """Read a file and understand it, with the nodes of a host that knows them all.

        Args:
            path: The file.
            host: Whom to ask; empty: the hosts in use, the built-in one last.

        Raises:
            RabbitError: it holds no workflow, or the host that was named cannot be asked.
        """
        source = await asyncio.to_thread(read_source, path)
        asked: _Asked | None = None
        graph, why = source.graph, "no host told its nodes"
        async for one in self._infos(host):
            asked = one
            if source.window is not None:
                try:
                    graph = convert(source.window, asked.info)
                    break
                except WindowFormatError as error:
                    why = str(error)
            elif all(str(node["class_type"]) in asked.info for _, node in nodes(graph or {})):
                break
        info = asked.info if asked is not None else None
        if graph is None:
            raise not_convertible(path.name, why)
        ready, notes = make_ready(graph)
        converted = source.window is not None
        if converted:
            notes = ("It was converted from the format of ComfyUI's window.", *notes)
        elif info is None:
            notes = (*notes, "No host was asked: types and ranges are guessed.")
        if source.manifest is not None:
            proposal = proposal_of_manifest(source.manifest, ready, source.name, info)
        else:
            proposal = propose(ready, source.name, info)
        return ReadWorkflow(source, ready, proposal, notes, asked, converted)

    async def _infos(self, host: str) -> AsyncIterator[_Asked]:
        """Yield the hosts that answer, the built-in one last."""
        for name in [host] if host else dict.fromkeys([*self._hosts.in_use(), BUILTIN]):
            try:
                abilities = await self._hosts.abilities(name)
            except RabbitError as error:
                if host:
                    raise
                log.info("not asked about a workflow: %s", error.info.message)
                continue
            yield _Asked(name, abilities.info, abilities.version)

    def lacks(self, read: ReadWorkflow) -> list[str]:
        """Return what keeps the host that was asked from running it."""
        proposal = read.proposal
        names = {one.name for one in proposal.bindings if one.chosen >= 0}
        if read.asked is None or not {OUTPUT, "image"} <= names:
            return []
        choices = choose(proposal, WorkflowImport(path=WirePath()), read.graph, read.source.name)
        manifest = manifest_of(choices, base=read.source.manifest, title=read.source.name)
        workflow = Workflow(
            read.source.name, "user", manifest, read.graph, model_names=self._library.model_names
        )
        if read.asked.host == BUILTIN and workflow.uses_ai:
            return [
                "It needs a ComfyUI host: comfyui.enabled: true and comfyui.host in config.yaml."
            ]
        return check_host(workflow, read.asked.info, read.asked.version, read.asked.host)
