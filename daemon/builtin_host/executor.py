"""Runs one prompt after another in the worker thread and tells every step of it.

The order of messages is the real server's: ``execution_start``, ``execution_cached``, for every
node ``progress_state``, ``executing``, (progress, previews), ``executed``, ``progress_state``, at
last exactly one of ``execution_success``, ``execution_error``, ``execution_interrupted``.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Protocol

from daemon.builtin_host.cache import ResultCache, signatures
from daemon.builtin_host.calls import Held, Lists, call, gather, size_bytes
from daemon.builtin_host.documents import error_data, failure_data, meta, node_data, preview_data
from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.base import NodeClass, NodeContext, Preview
from daemon.builtin_host.nodes.catalogue import Catalogue
from daemon.builtin_host.progress import ProgressBoard
from daemon.builtin_host.prompt_queue import Outcome, QueueItem
from daemon.builtin_host.schedule import Schedule
from daemon.builtin_host.values import (
    Image,
    Interrupted,
    Json,
    NodeFailed,
    is_link,
    out_of_memory,
)

logger = logging.getLogger(__name__)

LIVE_LIMIT_BYTES = 4 << 30
"""What the results of one prompt may take that are still needed."""
_PREVIEW_METHODS = frozenset({"auto", "latent2rgb", "taesd"})


class Outbox(Protocol):
    """Where messages go; callable from any thread."""

    def send(self, event: str, data: Json, client_id: str | None) -> None:
        """Queue a message for one client, for everybody when *client_id* is ``None``."""
        ...

    def send_preview(self, image: Image, metadata: Json, client_id: str | None) -> None:
        """Queue a preview picture (H, W, 3) in the form the client understands."""
        ...

    def send_text(self, node_id: str, text: str) -> None:
        """Queue a line of text that a node shows, for everybody."""
        ...

    def wants_metadata(self, client_id: str | None) -> bool:
        """Whether the client asked for previews with metadata."""
        ...


@dataclass
class _Run:
    """Everything about the prompt that is running."""

    item: QueueItem
    board: ProgressBoard
    keys: dict[str, str] = field(default_factory=dict[str, str])
    png_prompt: Json = field(default_factory=dict[str, Any])
    messages: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    held: dict[str, Held] = field(default_factory=dict[str, Held])
    shown: dict[str, Json] = field(default_factory=dict[str, Json])
    executed: list[str] = field(default_factory=list[str])

    @property
    def client_id(self) -> str | None:
        """The client that submitted the prompt."""
        return self.item.client_id


class _Step(Enum):
    """How one node ended: done, waiting for lazy inputs, or with the end of the prompt."""

    DONE = auto()
    WAITS = auto()
    FAILED = auto()


class Executor:
    """Owner of the result cache; runs prompts, one at a time."""

    def __init__(self, catalogue: Catalogue, folders: HostFolders, outbox: Outbox) -> None:
        self._catalogue = catalogue
        self._folders = folders
        self._outbox = outbox
        self._cache = ResultCache()
        self.current_node: tuple[str | None, str | None] = (None, None)
        """Client and node that are being executed, for clients that reconnect."""

    def forget(self) -> None:
        """Empty the cache."""
        self._cache.clear()

    def run(self, item: QueueItem) -> Outcome:
        """Run a prompt to its end.

        Args:
            item: The prompt; its ``interrupted`` event stops it at the next checkpoint.

        Returns:
            What the history keeps. Failures of nodes are part of it, never raised.
        """
        run = _Run(item, ProgressBoard(item.prompt_id))
        self._tell(run, "execution_start", {})
        try:
            success = self._run_prompt(run)
        except Exception as error:
            logger.exception("prompt %s failed", item.prompt_id)
            self._tell(
                run, "execution_error", error_data(item, item.outputs[0], run.executed, {}, error)
            )
            success = False
        self.current_node = (None, None)
        return Outcome(
            outputs=run.shown,
            meta={node_id: meta(node_id) for node_id in run.shown},
            success=success,
            messages=run.messages,
        )

    def _run_prompt(self, run: _Run) -> bool:
        item = run.item
        run.keys, fingerprints = signatures(item.prompt, self._catalogue, self._folders)
        run.png_prompt = json.loads(json.dumps(item.prompt))
        for node_id, mark in fingerprints.items():
            run.png_prompt[node_id]["is_changed"] = [mark]
        cached = {
            node_id: result
            for node_id in item.prompt
            if node_id in run.keys and (result := self._cache.get(run.keys[node_id])) is not None
        }
        run.held.update(cached)
        self._tell(run, "execution_cached", {"nodes": list(cached)})
        return self._run_nodes(run, list(cached))

    def _run_nodes(self, run: _Run, cached: list[str]) -> bool:
        schedule = Schedule(run.item.prompt, self._catalogue, run.item.outputs, cached)
        while schedule:
            node_id = schedule.next()
            if node_id in cached:
                self._show_cached(run, node_id)
                self._send_state(run, run.board.finish(node_id))
            else:
                outcome = self._run_node(run, schedule, node_id)
                if outcome is _Step.FAILED:
                    return False
                if outcome is _Step.WAITS:
                    continue
            schedule.done(node_id)
            _release(run, schedule)
        for node_id in run.item.prompt:
            if (
                node_id in cached
                and node_id not in run.shown
                and self._is_intermediate(run, node_id)
            ):
                self._show_cached(run, node_id)
        self._tell(run, "execution_success", {})
        return True

    def _run_node(self, run: _Run, schedule: Schedule, node_id: str) -> _Step:
        lists: Lists = {}
        try:
            self._send_state(run, run.board.start(node_id))
            if run.client_id is not None:
                self.current_node = (run.client_id, node_id)
                self._send_to_owner(run, "executing", node_data(node_id))
            run.item.checkpoint()
            node: Json = run.item.prompt[node_id]
            node_class = self._catalogue[node["class_type"]]
            lists = gather(node_class, node, run.held)
            missing = _missing_sources(node_class, node, lists)
            if missing:
                schedule.require(node_id, missing)
                return _Step.WAITS
            held = call(node_class, lists, self._context(run, node_id))
            _require_memory(run, held)
        except Interrupted:
            data = failure_data(run.item, node_id, run.executed)
            self._tell(run, "execution_interrupted", data, broadcast=True)
            return _Step.FAILED
        except Exception as error:  # boundary: a node's failure is a message
            refused = isinstance(error, NodeFailed)  # a sentence for the user, no fault of ours
            logger.warning("node %s failed: %s", node_id, error, exc_info=not refused)
            self._tell(
                run, "execution_error", error_data(run.item, node_id, run.executed, lists, error)
            )
            return _Step.FAILED
        run.held[node_id] = held
        if held.ui:
            run.shown[node_id] = held.ui
            self._send_to_owner(run, "executed", {**node_data(node_id), "output": held.ui})
        self._cache.put(run.keys[node_id], held)
        self._send_state(run, run.board.finish(node_id))
        run.executed.append(node_id)
        return _Step.DONE

    def _context(self, run: _Run, node_id: str) -> NodeContext:
        return NodeContext(
            folders=self._folders,
            prompt=run.png_prompt,
            extra_pnginfo=run.item.extra_pnginfo,
            checkpoint=run.item.checkpoint,
            progress=self._reporter(run, node_id),
            tell=lambda text: self._outbox.send_text(node_id, text),
        )

    def _reporter(self, run: _Run, node_id: str) -> Callable[[int, int, Preview | None], None]:
        wanted = run.item.extra_data.get("preview_method") in _PREVIEW_METHODS

        def report(value: int, maximum: int, preview: Preview | None) -> None:
            run.item.checkpoint()
            self._send_state(run, run.board.update(node_id, value, maximum))
            picture = preview() if preview is not None and wanted else None
            metadata = self._outbox.wants_metadata(run.client_id)
            if picture is not None and metadata:
                self._outbox.send_preview(picture, preview_data(run.item, node_id), run.client_id)
            data = {"value": value, "max": maximum, "prompt_id": run.item.prompt_id}
            self._outbox.send("progress", {**data, "node": node_id}, run.client_id)
            if picture is not None and not metadata:
                self._outbox.send_preview(picture, preview_data(run.item, node_id), run.client_id)

        return report

    def _is_intermediate(self, run: _Run, node_id: str) -> bool:
        node_class = self._catalogue[run.item.prompt[node_id]["class_type"]]
        return bool(node_class.schema.get("has_intermediate_output"))

    def _show_cached(self, run: _Run, node_id: str) -> None:
        ui = run.held[node_id].ui
        if ui:
            run.shown[node_id] = ui
        self._send_to_owner(run, "executed", {**node_data(node_id), "output": ui or None})

    def _tell(self, run: _Run, event: str, data: Json, *, broadcast: bool = False) -> None:
        """Send a step of the life of the prompt and keep it for the history."""
        full = {**data, "prompt_id": run.item.prompt_id, "timestamp": int(time.time() * 1000)}
        run.messages.append((event, full))
        if run.client_id is not None or broadcast:
            self._outbox.send(event, full, run.client_id)

    def _send_to_owner(self, run: _Run, event: str, data: Json) -> None:
        if run.client_id is not None:
            full = {**data, "prompt_id": run.item.prompt_id}
            self._outbox.send(event, full, run.client_id)

    def _send_state(self, run: _Run, data: Json) -> None:
        self._outbox.send("progress_state", data, run.client_id)


def _missing_sources(node_class: NodeClass, node: Json, lists: Lists) -> list[str]:
    """Nodes behind lazy inputs that are needed and have not run."""
    if node_class.wanted is None:
        return []
    known = {name: values[0] for name, values in lists.items() if values}
    wanted = [name for name in node_class.wanted(known) if name not in lists]
    return [node["inputs"][name][0] for name in wanted if is_link(node["inputs"].get(name))]


def _require_memory(run: _Run, fresh: Held) -> None:
    """Refuse a result that does not fit beside those which are still needed."""
    slots = [values for held in (*run.held.values(), fresh) for values in held.slots]
    total = size_bytes(slots)
    if total > LIVE_LIMIT_BYTES:
        raise out_of_memory("What this graph holds at once", "", total)


def _release(run: _Run, schedule: Schedule) -> None:
    """Let go of the results that nothing reads any more; what was shown is kept."""
    needed = schedule.needed()
    for node_id, held in run.held.items():
        if node_id not in needed and held.slots:
            run.held[node_id] = Held((), held.ui)
