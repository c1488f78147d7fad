"""Answers about workflows of the user's own: importing, keeping and giving them away."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec

from daemon.comfyui.checks import check_bindings
from daemon.comfyui.graph import Graph, Workflow
from daemon.comfyui.import_choices import choose, manifest_of
from daemon.comfyui.manifest import Manifest
from daemon.comfyui.manifest_text import retitled
from daemon.comfyui.operations import WorkflowEntry, WorkflowLibrary
from daemon.comfyui.proposals import title_for
from daemon.comfyui.result_node import only_result
from daemon.comfyui.workflow_files import WorkflowFiles, safe_name
from daemon.comfyui.workflow_sources import refused
from daemon.edits.workflow_reading import NodesOfHosts, WorkflowReader
from daemon.protocol.messages import Done
from daemon.protocol.peer import Peer, Publish
from daemon.protocol.workflows import (
    WorkflowDelete,
    WorkflowDuplicate,
    WorkflowExport,
    WorkflowExported,
    WorkflowImport,
    WorkflowMapModels,
    WorkflowProposal,
    WorkflowProposeRequest,
    WorkflowRestore,
    WorkflowSaved,
    WorkflowsChanged,
)

LOOK_EVERY_S = 1.5
_TRIAL = "~trial-"
_KEPT_TRIALS = 8


class WorkflowService:
    """Imports, exports and keeps workflows; tells clients when there are others."""

    def __init__(
        self,
        library: WorkflowLibrary,
        hosts: NodesOfHosts,
        publish: Publish,
        trials: Path,
        listening: Callable[[], bool],
    ) -> None:
        """Watch nothing yet.

        Args:
            library: What there is.
            hosts: Tell which nodes they have.
            publish: Tells the clients.
            trials: Folder for results of test runs; made when one is wanted.
            listening: Whether there is a client to be told of changes.
        """
        self._library = library
        self._files = WorkflowFiles(library.folder)
        self._reader = WorkflowReader(library, hosts)
        self._publish = publish
        self._trials = trials
        self._listening = listening
        self._writing = asyncio.Lock()
        self._told = 0

    # ------------------------------------------------------------ import

    async def propose(self, peer: Peer, request: WorkflowProposeRequest) -> WorkflowProposal:
        """Say what importing a file would make."""
        del peer
        path = Path(os.fsdecode(request.path))
        read = await self._reader.read(path, request.host)
        manifest = read.source.manifest
        proposal = read.proposal
        guess = proposal.guess
        problems = proposal.problems or tuple(self._reader.lacks(read))
        return WorkflowProposal(
            name=safe_name(read.source.name),
            title=manifest.title if manifest else title_for(read.source.name),
            operation=guess.operation,
            result=guess.result,
            mask=guess.mask,
            bindings=proposal.bindings,
            parameters=proposal.parameters,
            sure=proposal.sure,
            converted=read.converted,
            notes=read.notes,
            problems=problems,
        )

    async def import_file(self, peer: Peer, request: WorkflowImport) -> WorkflowSaved:
        """Keep a file as a workflow of the user, or on trial."""
        del peer
        path = Path(os.fsdecode(request.path))
        read = await self._reader.read(path, request.host)
        name = safe_name(request.name or read.source.name)
        title = request.title or title_for(request.name or read.source.name)
        choices = choose(read.proposal, request, read.graph, path.name)
        manifest = manifest_of(choices, base=read.source.manifest, title=title)
        if not request.title:
            manifest = await asyncio.to_thread(self._with_new_title, manifest)
        graph, left_out = only_result(read.graph, manifest.output.node)
        check_bindings(manifest, graph, path.name)
        if request.trial:
            return await self._keep_on_trial(manifest, graph)
        note = f"Imported from {path.name}. The bindings say where RabbitViewer puts what."
        async with self._writing:
            names = await asyncio.to_thread(self._names)
            saved = await asyncio.to_thread(
                self._files.save, name, graph, manifest, names.__contains__, note
            )
        return await self._saved(saved, (*read.notes, *left_out))

    async def _keep_on_trial(self, manifest: Manifest, graph: Graph) -> WorkflowSaved:
        """Let a workflow run once, to show the picture that comes back from the model."""
        name = f"{_TRIAL}{uuid.uuid4().hex[:8]}"
        title = f"{manifest.title} (test run)"[:200]
        # Without a mask it runs too: all is white then, so that everything is edited.
        policy = "optional" if manifest.mask == "required" else manifest.mask
        as_it_comes = msgspec.structs.replace(manifest, result="image", title=title, mask=policy)
        workflow = Workflow(name, "user", as_it_comes, graph)
        await asyncio.to_thread(self._library.keep_on_trial, workflow)
        folder = self._trials / name.removeprefix(_TRIAL)
        await asyncio.to_thread(_fresh_folder, folder)
        info = WorkflowEntry(name, "user", workflow).to_info()
        return WorkflowSaved(workflow=info, path=os.fsencode(folder))

    # ------------------------------------------------------------ keeping

    async def export(self, peer: Peer, request: WorkflowExport) -> WorkflowExported:
        """Write a pair into one archive."""
        del peer
        graph, manifest = await self._pair(request.name)
        output = Path(os.fsdecode(request.output))
        path = await asyncio.to_thread(self._files.export, request.name, graph, manifest, output)
        return WorkflowExported(path=os.fsencode(path))

    async def duplicate(self, peer: Peer, request: WorkflowDuplicate) -> WorkflowSaved:
        """Copy a workflow, shipped or not, into the user's folder."""
        del peer
        graph, manifest = await self._pair(request.name)
        async with self._writing:
            names = await asyncio.to_thread(self._names)
            wanted = request.new_name or request.name
            known = await asyncio.to_thread(self._library.get, request.name)
            titled = msgspec.structs.replace(
                known.manifest, title=title_for(request.new_name) or known.manifest.title
            )
            titled = await asyncio.to_thread(self._with_new_title, titled)
            saved = await asyncio.to_thread(
                self._files.duplicate,
                graph,
                retitled(manifest, titled.title),
                wanted,
                names.__contains__,
            )
        return await self._saved(saved, ())

    async def delete(self, peer: Peer, request: WorkflowDelete) -> Done:
        """Take a workflow of the user's away."""
        del peer
        async with self._writing:
            await asyncio.to_thread(self._files.delete, request.name)
        await self.look()
        return Done()

    async def restore(self, peer: Peer, request: WorkflowRestore) -> WorkflowSaved:
        """Bring a deleted one back."""
        del peer
        async with self._writing:
            # A shipped one of the same name is no obstacle: the deleted one stood before it.
            saved = await asyncio.to_thread(self._files.restore, request.name, _never)
        return await self._saved(saved, ())

    async def map_models(self, peer: Peer, request: WorkflowMapModels) -> Done:
        """Remember what model files are called on the user's hosts."""
        del peer
        async with self._writing:
            await asyncio.to_thread(self._files.map_models, request.files)
        await self.look()
        return Done()

    # ------------------------------------------------------------ hearing

    async def watch(self) -> None:
        """Look whether files changed while somebody would hear of it, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._listening():
                await self.look()

    async def look(self) -> None:
        """Tell the clients where the folders hold others than at the last look."""
        await asyncio.to_thread(self._library.refresh)
        generation = self._library.generation
        if generation == self._told:
            return
        first, self._told = self._told == 0, generation
        if not first:
            self._publish(WorkflowsChanged())

    # ------------------------------------------------------------ parts

    def _with_new_title(self, manifest: Manifest) -> Manifest:
        """Return *manifest* with a number after its title, where another one is called so."""
        taken = {
            entry.workflow.manifest.title for entry in self._library.entries() if entry.workflow
        }
        title, number = manifest.title[:190], 1
        while title in taken:
            number += 1
            title = f"{manifest.title[:190]} ({number})"
        return msgspec.structs.replace(manifest, title=title)

    def _names(self) -> frozenset[str]:
        return frozenset(entry.name for entry in self._library.entries())

    async def _pair(self, name: str) -> tuple[bytes, bytes]:
        """Return both files of a workflow; a manifest that was only proposed is written out."""
        return await asyncio.to_thread(self._library.pair, name)

    async def _saved(self, name: str, notes: tuple[str, ...]) -> WorkflowSaved:
        await self.look()
        entries = await asyncio.to_thread(self._library.entries)
        entry = next((one for one in entries if one.name == name), None)
        if entry is None:
            raise refused(name, "went away while it was being saved")
        path = os.fsencode(self._library.folder / f"{name}.json")
        return WorkflowSaved(workflow=entry.to_info(), path=path, notes=notes)


def _never(name: str) -> bool:
    del name
    return False


def _fresh_folder(folder: Path) -> None:
    """Make a folder for a test run's picture; those of long ago go."""
    folder.mkdir(mode=0o700, parents=True)
    old = sorted(folder.parent.iterdir(), key=lambda one: one.stat().st_mtime)
    for one in old[:-_KEPT_TRIALS]:
        shutil.rmtree(one, ignore_errors=True)
