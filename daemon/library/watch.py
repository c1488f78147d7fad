"""Noticing that a folder's files change: the system tells, or the folder is read every 2 s."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable
from typing import NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from daemon.library.scan import is_on_network, is_photo_name

_log = logging.getLogger(__name__)

_BATCH_S = 0.03
_KINDS: list[type[FileSystemEvent]] = [
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
_TREE_KINDS: list[type[FileSystemEvent]] = [
    *_KINDS,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]


class Pace(NamedTuple):
    """How often to look.

    Attributes:
        poll_s: Between two comparisons of a folder whose changes nobody tells.
        heartbeat_s: Between two looks at whether a watched folder is still the same one.
        settle_s: How long a file must be left alone to count as written.
        patience_s: How long a drive may take before its folder counts as offline.
    """

    poll_s: float = 2.0
    heartbeat_s: float = 5.0
    settle_s: float = 0.4
    patience_s: float = 2.0


class FolderWatch:
    """Collects the names of photos and sidecars that changed, each once it has settled.

    A file counts as settled when it was closed, renamed, or left alone for a while. In a tree,
    names are relative, and an empty name says that folders came or went.

    Attributes:
        is_polling: Nobody tells; the caller compares the folder with what it knows.
    """

    def __init__(self, path: bytes, pace: Pace, *, recursive: bool = False) -> None:
        self._path = path
        self._prefix = os.path.join(path, b"")
        self._recursive = recursive
        self._heard = False
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._observer: BaseObserver | None = None
        self._closed = False
        self._due: dict[bytes, float] = {}
        self._news = asyncio.Event()
        self.is_polling = True

    def start(self) -> None:
        """Begin to watch; blocking. Where the system tells nothing, polling is left."""
        if is_on_network(self._path):
            return
        observer = Observer()
        try:
            observer.schedule(
                _Handler(self._on_event),
                os.fsdecode(self._path),
                recursive=self._recursive,
                event_filter=_TREE_KINDS if self._recursive else _KINDS,
            )
            observer.start()
        except OSError as error:
            _log.info("polling %s: %s", os.fsdecode(self._path), error)
            return
        with self._lock:
            too_late = self._closed
            if not too_late:
                self._observer = observer
                self.is_polling = False
        if too_late:
            _end(observer)

    def close(self) -> None:
        """Stop watching, also where :meth:`start` is still under way; blocking."""
        with self._lock:
            self._closed = True
            observer, self._observer = self._observer, None
        if observer is not None:
            _end(observer)

    async def settled(self) -> set[bytes]:
        """Wait for names that changed and settled; empty when it is time to look at the folder."""
        wait_s = self._pace.poll_s if self.is_polling else self._pace.heartbeat_s
        deadline = self._loop.time() + wait_s
        while True:
            now = self._loop.time()
            ready = {name for name, due in self._due.items() if due <= now}
            if ready or now >= deadline:
                for name in ready:
                    del self._due[name]
                return ready
            self._news.clear()
            until = min(min(self._due.values(), default=deadline), deadline)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._news.wait()
                    await asyncio.sleep(_BATCH_S)

    def has_heard(self) -> bool:
        """Whether the system told anything since this was asked last, of photos or not."""
        heard, self._heard = self._heard, False
        return heard

    def _on_event(self, event: FileSystemEvent) -> None:
        self._heard = True
        settling = isinstance(event, FileCreatedEvent | FileModifiedEvent)
        for path in (event.src_path, event.dest_path):
            name = self._name_of(os.fsencode(path)) if path else None
            if name is None:
                continue
            if event.is_directory:
                name = b""
            elif not is_photo_name(name) and not name.lower().endswith(b".xmp"):
                continue
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._note, name, settling)

    def _name_of(self, path: bytes) -> bytes | None:
        """Return the name of *path* in the listing; None: it is not in it, or hidden."""
        name = path.removeprefix(self._prefix)
        if len(name) == len(path):
            return None
        if not self._recursive:
            return None if b"/" in name else name
        return None if name.startswith(b".") or b"/." in name else name

    def _note(self, name: bytes, settling: bool) -> None:
        self._due[name] = self._loop.time() + (self._pace.settle_s if settling else 0.0)
        self._news.set()


def _end(observer: BaseObserver) -> None:
    observer.stop()
    observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, call: Callable[[FileSystemEvent], None]) -> None:
        self._call = call

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._call(event)
