"""The workflows there are: shipped ones and the user's own, read again when files change."""

from __future__ import annotations

import difflib
import logging
import os
import threading
from pathlib import Path

import msgspec

from daemon.comfyui.checks import (
    MAX_GRAPH_BYTES,
    check_bindings,
    check_host,
    impossible_result,
    parse_graph,
)
from daemon.comfyui.graph import Workflow
from daemon.comfyui.manifest import MAX_MANIFEST_BYTES, invalid, parse_manifest
from daemon.comfyui.manifest_text import write_manifest
from daemon.comfyui.model_names import FILE_NAME, absent_models, parse_model_names
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.proposals import propose_manifest
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.values import MissingModel, WorkflowInfo
from daemon.protocol.workflows import POSSIBLE_RESULTS
from daemon.resources import data_folder

log = logging.getLogger(__name__)

_MAX_FILES = 500
_MOST_ON_TRIAL = 8
_Stamp = tuple[tuple[str, int, int], ...]


class WorkflowEntry(msgspec.Struct, frozen=True):
    """One name in a workflow folder: a usable workflow, or why it is none.

    Attributes:
        name: File name without its extension.
        source: ``shipped`` or ``user``.
        workflow: None where the files cannot be used.
        error: Why not.
    """

    name: str
    source: str
    workflow: Workflow | None = None
    error: ErrorInfo | None = None

    def to_info(
        self,
        problems: list[str] | None = None,
        missing: tuple[MissingModel, ...] = (),
        able: tuple[str, ...] = (),
    ) -> WorkflowInfo:
        """Return what clients see.

        Args:
            problems: Of a host that was checked; None where none was.
            missing: Model files that it does not have.
            able: Names of the hosts that can run it.
        """
        workflow = self.workflow
        if workflow is None:
            said = self.error.message if self.error else ""
            return WorkflowInfo(
                name=self.name,
                operation="",
                title=self.name,
                result="",
                mask="none",
                source=self.source,
                ai=False,
                usable=False,
                problems=(said,),
            )
        manifest = workflow.manifest
        if problems is None and manifest.result not in POSSIBLE_RESULTS:
            problems = [impossible_result(manifest)]
        return WorkflowInfo(
            name=self.name,
            operation=manifest.operation,
            title=manifest.title,
            result=manifest.result,
            mask=manifest.mask,
            source=self.source,
            ai=workflow.uses_ai,
            usable=None if problems is None else not problems,
            problems=tuple(problems or ()),
            parameters=tuple(p.to_info(name) for name, p in manifest.parameters.items()),
            category=manifest.category,
            inputs=tuple(sorted(manifest.bindings)),
            proposed=workflow.proposed,
            missing_models=missing,
            able_hosts=able,
        )


class WorkflowLibrary:
    """Every workflow by name; the user's own stand before shipped ones of the same name.

    Attributes:
        generation: How often the folders were found changed, the first reading included.
    """

    def __init__(self, shipped: Path, user: Path) -> None:
        """Prepare; the folders are read at the first question.

        Args:
            shipped: Folder of the installation.
            user: Folder of the user; need not exist.
        """
        self._folders = (("shipped", shipped), ("user", user))
        self._entries: dict[str, WorkflowEntry] = {}
        self._on_trial: dict[str, Workflow] = {}
        self._model_names: dict[str, str] = {}
        self._stamps: dict[str, _Stamp] = {}
        self._reading = threading.Lock()
        self.generation = 0

    @classmethod
    def of(cls, folders: Folders) -> WorkflowLibrary:
        """Return the library of this installation and this user."""
        return cls(data_folder("comfyui_workflows"), folders.config / "comfyui_workflows")

    def entries(self) -> tuple[WorkflowEntry, ...]:
        """Return all names in order, broken ones too."""
        self.refresh()
        return tuple(self._entries[name] for name in sorted(self._entries))

    def get(self, name: str) -> Workflow:
        """Return the workflow called *name*.

        Raises:
            RabbitError: ``not_found`` with the nearest name, or why its files cannot be used.
        """
        self.refresh()
        if name in self._on_trial:
            return self._on_trial[name]
        entry = self._entries.get(name)
        if entry is None:
            near = difflib.get_close_matches(name, self._entries, 1)
            hint = f"Did you mean '{near[0]}'?" if near else "See `rabbitviewer workflows list`."
            raise RabbitError(ErrorKind.NOT_FOUND, f"There is no workflow called '{name}'.", hint)
        if entry.workflow is None:
            error = entry.error or ErrorInfo(ErrorKind.WORKFLOW_INVALID, f"{name} is broken.")
            raise RabbitError.from_info(error)
        return entry.workflow

    @property
    def folder(self) -> Path:
        """The user's own folder; need not exist."""
        return self._folders[-1][1]

    @property
    def model_names(self) -> dict[str, str]:
        """Names that the user gave: file in a workflow to file on the hosts."""
        self.refresh()
        return self._model_names

    def keep_on_trial(self, workflow: Workflow) -> None:
        """Let a workflow run that no file holds yet; the oldest ones are forgotten.

        It is found by its name, which no file can have, and never listed.
        """
        while len(self._on_trial) >= _MOST_ON_TRIAL:
            del self._on_trial[next(iter(self._on_trial))]
        names = self.model_names
        self._on_trial[workflow.name] = msgspec.structs.replace(workflow, model_names=names)

    def missing_models(self, name: str, info: ObjectInfo) -> tuple[MissingModel, ...]:
        """Return the model files that a host does not have, and what it has in their place."""
        workflow = self.get(name)
        return tuple(
            MissingModel(file=one.file, folder=one.folder, near=one.near, choices=one.choices)
            for one in absent_models(workflow.graph, info, workflow.model_names)
        )

    def pair(self, name: str) -> tuple[bytes, bytes]:
        """Return the bytes of a workflow's graph and manifest; blocks.

        A manifest that was only proposed is written out.

        Raises:
            RabbitError: there is no such workflow, or it cannot be used.
        """
        workflow = self.get(name)
        folder = dict(self._folders)[workflow.source]
        graph = _content(folder / f"{name}.json", MAX_GRAPH_BYTES)
        if workflow.proposed:
            return graph, write_manifest(workflow.manifest).encode()
        return graph, _content(folder / f"{name}.yaml", MAX_MANIFEST_BYTES)

    def has(self, name: str) -> bool:
        """Whether there is a usable workflow called *name*."""
        self.refresh()
        if name in self._on_trial:
            return True
        entry = self._entries.get(name)
        return entry is not None and entry.workflow is not None

    def check(self, name: str, info: ObjectInfo, version: str, host: str) -> list[str]:
        """Return what keeps *host* from running the workflow; empty when it can."""
        return check_host(self.get(name), info, version, host)

    def refresh(self) -> bool:
        """Read the folders again where files changed; return whether anything did.

        Safe to call from several threads: reading blocks, so callers do it off the event loop.
        """
        with self._reading:
            stamps = {source: _stamp(folder) for source, folder in self._folders}
            if stamps == self._stamps:
                return False
            entries: dict[str, WorkflowEntry] = {}
            names = _read_model_names(self.folder)
            for source, folder in self._folders:
                for name in _names(stamps[source]):
                    entries[name] = _load(name, folder, source, names)
            self._entries, self._stamps, self._model_names = entries, stamps, names
            self.generation += 1
            return True


def _read_model_names(folder: Path) -> dict[str, str]:
    """Return the user's names of model files; none where the file cannot be used."""
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    try:
        return parse_model_names(_content(path, MAX_MANIFEST_BYTES))
    except RabbitError as error:
        log.warning("%s %s", error.info.message, error.info.hint)
        return {}


def _load(name: str, folder: Path, source: str, names: dict[str, str]) -> WorkflowEntry:
    try:
        found = msgspec.structs.replace(_read(name, folder, source), model_names=names)
        return WorkflowEntry(name, source, found)
    except RabbitError as error:
        log.info("workflow %s (%s): %s", name, source, error.info.message)
        return WorkflowEntry(name, source, error=error.info)


def _read(name: str, folder: Path, source: str) -> Workflow:
    graph_file, manifest_file = folder / f"{name}.json", folder / f"{name}.yaml"
    if not graph_file.exists():
        raise invalid(manifest_file.name, f"the graph {graph_file.name} beside it is missing")
    graph = parse_graph(_content(graph_file, MAX_GRAPH_BYTES), graph_file.name)
    if not manifest_file.exists():
        return Workflow(name, source, propose_manifest(graph, name), graph, proposed=True)
    manifest = parse_manifest(_content(manifest_file, MAX_MANIFEST_BYTES), manifest_file.name)
    check_bindings(manifest, graph, manifest_file.name)
    return Workflow(name, source, manifest, graph)


def _content(path: Path, max_bytes: int) -> bytes:
    """Return at most one byte more than *max_bytes* of a regular file; never waits for a FIFO."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            return stream.read(max_bytes + 1) or b""
    except OSError as error:
        raise invalid(path.name, f"cannot be read: {error.strerror}") from error


def _stamp(folder: Path) -> _Stamp:
    """Return names, sizes and times of a folder's files, so that a change shows."""
    found: list[tuple[str, int, int]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".json", ".yaml")) and not entry.name.startswith("."):
                    status = entry.stat()
                    found.append((entry.name, status.st_size, status.st_mtime_ns))
    except OSError:
        return ()
    return tuple(sorted(found)[:_MAX_FILES])


def _names(stamp: _Stamp) -> list[str]:
    return sorted({name.rpartition(".")[0] for name, _, _ in stamp if name != FILE_NAME})
