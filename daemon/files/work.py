"""One piece of work on files: how far it is, what came of it, whether it should stop."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from daemon.files.failures import failure, refused, that_fit
from daemon.protocol.errors import RabbitError
from daemon.protocol.organising import FileWorkDone, FileWorkProgress
from daemon.protocol.values import PathFailure

T = TypeVar("T")

_TELL_EVERY_S = 0.1
_MAX_ANSWER_BYTES = 700_000


class Work:
    """What runs in the thread of file work; its events reach the client through the event loop.

    Attributes:
        work_id: Its number.
        kind: As in ``file_work_done``.
        total: How many photos (at undo: files) it is about.
        can_undo: The journal holds it.
    """

    def __init__(
        self,
        work_id: int,
        kind: str,
        tell: Callable[[FileWorkProgress], None],
        changed: Callable[[tuple[bytes, ...]], None],
    ) -> None:
        self.work_id = work_id
        self.kind = kind
        self.total = 0
        self.can_undo = True
        self._about: frozenset[bytes] = frozenset()
        self._done = 0
        self._done_bytes = self._total_bytes = 0
        self._path = b""
        self._tell = tell
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._told_at = 0.0
        self._stop = threading.Event()
        self._moved: list[tuple[bytes, bytes]] = []
        self._failed: list[PathFailure] = []

    @property
    def cancelled(self) -> bool:
        """Whether to stop after the file it is at."""
        return self._stop.is_set()

    @property
    def failed(self) -> list[PathFailure]:
        """What could not be done so far."""
        return self._failed

    @property
    def moves(self) -> Sequence[tuple[bytes, bytes]]:
        """Old and new path of photos so far."""
        return self._moved

    def cancel(self) -> None:
        """Stop after the file it is at; harmless when it has ended."""
        self._stop.set()

    def is_about(self, photos: Iterable[bytes]) -> None:
        """Say which photos it is about: progress counts them and not their sidecars."""
        self._about = frozenset(photos)
        self.total = len(self._about)

    def advance(self, *paths: bytes) -> None:
        """Some are dealt with, well or not; told ten times a second at most."""
        count = sum(path in self._about for path in paths) if self._about else len(paths)
        if not count:
            return
        self._done += count
        self._tell_progress(paths[-1], anyway=self._done == self.total)

    def expect_bytes(self, count: int) -> None:
        """Say how many bytes will be copied; they are read back too."""
        self._total_bytes = count * 2

    def count_bytes(self, count: int) -> None:
        """Some bytes were copied or read back."""
        self._done_bytes += count
        self._tell_progress(b"", anyway=False)

    def moved(self, old: bytes, new: bytes) -> None:
        """A photo has another path, or a copy."""
        self._moved.append((old, new))

    def fail(self, path: bytes, what: str, error: OSError | RabbitError) -> None:
        """Something could not be done for *path*."""
        self._failed.append(failure(path, what, error))

    def fail_unit(
        self, path: bytes, unit: Iterable[bytes], what: str, error: OSError | RabbitError
    ) -> None:
        """Something could not be done for *path*, and so not for the photos that go with it."""
        failed = failure(path, what, error)
        self._failed.append(failed)
        name = os.fsdecode(os.path.basename(path))
        for other in unit:
            if other != path and other in self._about:
                why = f"was left as it is: {name} {what}"
                self._failed.append(refused(other, failed.error.kind, why, failed.error.hint))

    def refuse(self, failed: PathFailure) -> None:
        """Something was not done, for a reason of our own."""
        self._failed.append(failed)

    def files_changed(self, paths: Iterable[bytes]) -> None:
        """Let the catalogue and the listings hear of changed files."""
        changed = tuple(paths)
        if changed:
            self._loop.call_soon_threadsafe(self._changed, changed)

    def on_loop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run *coroutine* in the event loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _tell_progress(self, path: bytes, *, anyway: bool) -> None:
        self._path = path or self._path
        now = time.monotonic()
        if now - self._told_at < _TELL_EVERY_S and not anyway:
            return
        self._told_at = now
        news = FileWorkProgress(
            work_id=self.work_id,
            done=self._done,
            total=self.total,
            path=self._path,
            done_bytes=min(self._done_bytes, self._total_bytes) // 2,
            total_bytes=self._total_bytes // 2,
        )
        self._loop.call_soon_threadsafe(self._tell, news)

    def ended(self, error: RabbitError | None = None) -> FileWorkDone:
        """Return the last message; as many paths as fit into one."""
        moved: list[tuple[bytes, bytes]] = []
        room = _MAX_ANSWER_BYTES
        for old, new in self._moved:
            room -= len(old) + len(new) + 16
            if room < 0:
                break
            moved.append((old, new))
        return FileWorkDone(
            work_id=self.work_id,
            kind=self.kind,
            moved=tuple(moved),
            failed=that_fit(self._failed),
            cancelled=self.cancelled,
            can_undo=self.can_undo and error is None,
            error=error.info if error is not None else None,
        )
