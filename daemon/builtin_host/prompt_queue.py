"""Prompts that wait, the one that runs, and the history of those that ended."""

from __future__ import annotations

import heapq
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from daemon.builtin_host.values import Interrupted, Json

HISTORY_LIMIT = 1000
PENDING_LIMIT = 1000


@dataclass
class QueueItem:
    """One accepted prompt.

    Attributes:
        number: Priority; lower runs first.
        prompt_id: UUID.
        prompt: The graph.
        extra_data: What came with it, plus ``client_id`` and ``create_time``.
        outputs: Output nodes to run.
        interrupted: Set to stop it.
    """

    number: float
    prompt_id: str
    prompt: Json
    extra_data: Json
    outputs: tuple[str, ...]
    interrupted: threading.Event = field(default_factory=threading.Event)

    @property
    def client_id(self) -> str | None:
        """The submitting client."""
        client_id = self.extra_data.get("client_id")
        return None if client_id is None else str(client_id)

    @property
    def extra_pnginfo(self) -> Json:
        """Documents that the client wants in saved pictures."""
        info = self.extra_data.get("extra_pnginfo")
        return info if isinstance(info, dict) else {}

    def checkpoint(self) -> None:
        """Raise ``Interrupted`` when the prompt was cancelled."""
        if self.interrupted.is_set():
            raise Interrupted

    def row(self) -> list[Any]:
        """As ``/queue`` and the history show it."""
        return [self.number, self.prompt_id, self.prompt, self.extra_data, list(self.outputs)]


@dataclass(frozen=True)
class Outcome:
    """How a prompt ended; see the history document."""

    outputs: Json
    meta: Json
    success: bool
    messages: list[tuple[str, Json]]


class PromptQueue:
    """Thread-safe queue; the HTTP side puts and asks, the worker thread takes."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Make an empty queue.

        Args:
            on_change: Called, under no lock, whenever the number of open prompts may have changed.
        """
        self._on_change = on_change
        self._changed = threading.Condition()
        self._pending: list[tuple[float, int, QueueItem]] = []
        self._running: QueueItem | None = None
        self._history: OrderedDict[str, Json] = OrderedDict()
        self._arrivals = 0
        self._closed = False
        self._forget_asked = False

    def put(self, item: QueueItem) -> bool:
        """Queue a prompt; ``False`` when too many wait already."""
        with self._changed:
            if len(self._pending) >= PENDING_LIMIT:
                return False
            heapq.heappush(self._pending, (item.number, self._arrivals, item))
            self._arrivals += 1
        self._on_change()
        with self._changed:
            self._changed.notify()
        return True

    def take(self) -> QueueItem | None:
        """Wait for the next prompt.

        Returns:
            The prompt; ``None`` when the cache is to be emptied (see ``forget_wanted``) or the
            queue was closed.
        """
        with self._changed:
            while not self._pending and not self._closed and not self._forget_asked:
                self._changed.wait()
            if self._closed or self._forget_asked:
                return None
            self._running = heapq.heappop(self._pending)[2]
            item = self._running
        self._on_change()
        return item

    def finish(self, item: QueueItem, outcome: Outcome) -> None:
        """Move the running prompt to the history."""
        status = {
            "status_str": "success" if outcome.success else "error",
            "completed": outcome.success,
            "messages": [list(message) for message in outcome.messages],
        }
        entry = {"prompt": item.row(), "outputs": outcome.outputs, "status": status}
        with self._changed:
            self._running = None
            self._history.pop(item.prompt_id, None)
            self._history[item.prompt_id] = {**entry, "meta": outcome.meta}
            while len(self._history) > HISTORY_LIMIT:
                self._history.popitem(last=False)
        self._on_change()

    def close(self) -> None:
        """Interrupt what runs and let ``take`` return ``None`` for good."""
        with self._changed:
            self._closed = True
            if self._running is not None:
                self._running.interrupted.set()
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the host is stopping."""
        return self._closed

    def ask_to_forget(self) -> None:
        """Have the worker empty its cache before the next prompt (``/free``)."""
        with self._changed:
            self._forget_asked = True
            self._changed.notify()

    def forget_wanted(self) -> bool:
        """Whether the cache is to be emptied now; asking resets it."""
        with self._changed:
            asked, self._forget_asked = self._forget_asked, False
            return asked

    def remaining(self) -> int:
        """Number of prompts that run or wait."""
        with self._changed:
            return len(self._pending) + (self._running is not None)

    def snapshot(self) -> tuple[list[QueueItem], list[QueueItem]]:
        """Running and pending prompts, the latter in the order they will run."""
        with self._changed:
            running = [self._running] if self._running is not None else []
            return running, [item for _, _, item in sorted(self._pending, key=lambda e: e[:2])]

    def interrupt(self, prompt_id: str | None = None) -> bool:
        """Stop the running prompt, if it is *prompt_id* (``None``: whichever runs)."""
        with self._changed:
            if self._running is None or prompt_id not in (None, self._running.prompt_id):
                return False
            self._running.interrupted.set()
            return True

    def delete_pending(self, prompt_id: str) -> bool:
        """Drop a waiting prompt without a trace."""
        with self._changed:
            kept = [entry for entry in self._pending if entry[2].prompt_id != prompt_id]
            found = len(kept) != len(self._pending)
            self._pending = kept
            heapq.heapify(self._pending)
        if found:
            self._on_change()
        return found

    def clear_pending(self) -> None:
        """Drop every waiting prompt."""
        with self._changed:
            self._pending = []
        self._on_change()

    def cancel(self, prompt_id: str) -> bool:
        """Stop or drop a prompt, whichever it needs; ``False`` when it is neither."""
        return self.delete_pending(prompt_id) or self.interrupt(prompt_id)

    def history(self, prompt_id: str | None = None) -> dict[str, Json]:
        """The whole history, oldest first, or the entry of one prompt (empty when unknown)."""
        with self._changed:
            if prompt_id is None:
                return dict(self._history)
            return {prompt_id: self._history[prompt_id]} if prompt_id in self._history else {}

    def delete_history(self, prompt_ids: list[str] | None) -> None:
        """Forget some entries, or all for ``None``."""
        with self._changed:
            for prompt_id in list(self._history) if prompt_ids is None else prompt_ids:
                self._history.pop(prompt_id, None)
