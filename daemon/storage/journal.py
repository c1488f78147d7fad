"""The journal of everything that changes files and sidecars: what undo and a restart go by.

A step is begun, its records are noted (and on the disk) before each change, and it is committed.
Undoing a step is another pass over it, with records of its own, which are what redo goes by.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.journal_entry import Entry, Pass, summed
from daemon.storage.journal_file import JournalFile, Span
from daemon.storage.journal_records import (
    AnyRecord,
    Created,
    Line,
    Moved,
    NoteLine,
    Removed,
    Restored,
    SidecarWritten,
    Trashed,
    Turned,
    digest_of,
)

__all__ = [
    "AnyRecord",
    "Created",
    "JournalStep",
    "JournalStore",
    "Moved",
    "Removed",
    "Restored",
    "SidecarWritten",
    "Trashed",
    "Turned",
    "digest_of",
]

P = ParamSpec("P")
T = TypeVar("T")

KEPT_STEPS = 1000
KEPT_BYTES = 32 << 20


class JournalStep:
    """One step that is under way. The methods ending in ``_now`` are for threads.

    Attributes:
        number: Its number in the journal.
        kind: copy | move | rename | trash | rotate | ingest | marks | …
        title: In words: "Rename 12 photos".
        reversing: This pass undoes the step, or does it again.
        undone: It was undone before this pass began: this pass does it again.
    """

    def __init__(self, store: JournalStore, entry: Entry) -> None:
        self._store = store
        self._entry = entry
        self.number = entry.number
        self.kind = entry.kind
        self.title = entry.title
        self.reversing = entry.reversal is not None
        self.undone = entry.undone

    @property
    def is_empty(self) -> bool:
        """Nothing came true so far."""
        return self._entry.current.is_empty

    async def note(self, records: Iterable[AnyRecord]) -> int:
        """Put *records* on the disk; call it before what they tell is done.

        Returns:
            Number of the first one, for :meth:`retract`.

        Raises:
            RabbitError: they could not be written; do not do what they tell.
        """
        return await self._store.in_thread(self.note_now, tuple(records))

    async def retract(self, places: Sequence[int]) -> None:
        """Say that the records of these numbers did not come true."""
        await self._store.in_thread(self.retract_now, places)

    async def commit(self) -> None:
        """Say that all is done; undo may have it from now on."""
        await self._store.in_thread(self.commit_now)

    def note_now(self, records: Sequence[AnyRecord]) -> int:
        """See :meth:`note`."""
        return self._store.note_records(self._entry, records)

    def retract_now(self, places: Sequence[int]) -> None:
        """See :meth:`retract`."""
        self._store.retract_records(self._entry, places)

    def commit_now(self) -> None:
        """See :meth:`commit`."""
        self._store.commit_entry(self._entry)

    def abandon_now(self, *, forget: bool) -> None:
        """End a reversal of which nothing came true; *forget* the step, or keep it as it was."""
        self._store.abandon_entry(self._entry, forget=forget)

    def records_now(self, *, before: bool = False) -> dict[int, AnyRecord]:
        """Return this pass's records that were not retracted, by number.

        Args:
            before: Those of the pass that this one reverses.
        """
        return self._store.read_records(self._entry.done if before else self._entry.current)


class JournalStore:
    """Steps on disk, bounded: the oldest are forgotten. Safe to use from several threads.

    Attributes:
        on_change: Called in the event loop when what can be undone changed.
    """

    def __init__(
        self, path: Path, *, kept_steps: int = KEPT_STEPS, kept_bytes: int = KEPT_BYTES
    ) -> None:
        self._file = JournalFile(path)
        self._kept_steps, self._kept_bytes = kept_steps, kept_bytes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._lock = threading.RLock()
        self._entries: dict[int, Entry] = {}
        self._last = 0
        self._top = ("", "")
        self._loop: asyncio.AbstractEventLoop | None = None
        self.on_change: Callable[[str, str], None] = _nobody

    async def open(self) -> None:
        """Open or create the journal.

        Raises:
            RabbitError: its file cannot be used.
        """
        self._loop = asyncio.get_running_loop()
        await self.in_thread(self._open)

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self.in_thread(self._file.close)
        self._thread.shutdown(wait=True)

    async def begin(self, kind: str, title: str, batch: str = "") -> JournalStep:
        """Begin a step; one of the same *batch* is gone on with.

        Args:
            kind: What is done.
            title: In words, for the menu; figures of one batch's titles are added up.
            batch: Any text of the client's choosing; empty: a step of its own.
        """
        return await self.in_thread(self.begin_now, kind, title, batch)

    def begin_now(self, kind: str, title: str, batch: str = "") -> JournalStep:
        """See :meth:`begin`; for threads."""
        with self._lock:
            entry = self._of_batch(kind, batch)
            if entry is not None:
                entry.title = summed(entry.title, title)
                self._file.append(Line("again", entry.number, title=entry.title), durable=False)
            else:
                self._last += 1
                entry = Entry(self._last, kind, title, batch)
                self._file.append(
                    Line("begin", entry.number, kind=kind, title=title, batch=batch), durable=False
                )
                self._forget_undone()
                self._entries[entry.number] = entry
            entry.running += 1
            return JournalStep(self, entry)

    @property
    def top(self) -> tuple[str, str]:
        """What undo and redo would do, in words; empty: nothing."""
        with self._lock:
            undo, redo = self._next(undone=False), self._next(undone=True)
            return undo.title if undo else "", redo.title if redo else ""

    def reverse_now(self, *, redo: bool) -> JournalStep:
        """Begin to undo the newest step, or to do again the one undone last.

        Raises:
            RabbitError: ``nothing_to_undo``.
        """
        with self._lock:
            entry = self._next(undone=redo)
            if entry is None:
                what = "done again" if redo else "undone"
                raise RabbitError(
                    ErrorKind.NOTHING_TO_UNDO, f"There is nothing that could be {what}."
                )
            self._file.append(Line("reverse", entry.number), durable=False)
            entry.reversal = Pass()
            entry.running += 1
            return JournalStep(self, entry)

    def unfinished(self) -> list[JournalStep]:
        """Return the steps that were under way when the last daemon ended."""
        with self._lock:
            return [JournalStep(self, each) for each in self._entries.values() if each.running]

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *call* on the journal's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: call(*args, **kwargs))

    # ------------------------------------------------------------ for steps

    def note_records(self, entry: Entry, records: Sequence[AnyRecord]) -> int:
        """A step: write records."""
        with self._lock:
            first = entry.current.count
            if records:
                line = NoteLine("note", entry.number, count=len(records), records=tuple(records))
                entry.current.spans += self._file.append(line, durable=True)
                entry.current.count += len(records)
            return first

    def retract_records(self, entry: Entry, places: Sequence[int]) -> None:
        """A step: some records did not come true."""
        with self._lock:
            if places:
                line = Line("retract", entry.number, places=tuple(places))
                entry.current.spans += self._file.append(line, durable=False)
                entry.current.retracted += len(places)

    def commit_entry(self, entry: Entry) -> None:
        """A step: it is done; one without records leaves no trace."""
        with self._lock:
            left = max(entry.running - 1, 0)
            self._file.append(Line("commit", entry.number, left=left), durable=True)
            self._commit(entry, left)
            if len(self._entries) > self._kept_steps * 5 // 4 or (
                self._file.size_bytes > self._kept_bytes * 5 // 4
            ):
                self._shorten()
            self._tell()

    def abandon_entry(self, entry: Entry, *, forget: bool) -> None:
        """A step: nothing of its reversal came true."""
        with self._lock:
            self._file.append(Line("forget" if forget else "abandon", entry.number), durable=True)
            entry.running, entry.reversal = 0, None
            if forget:
                self._entries.pop(entry.number, None)
            self._tell()

    def read_records(self, way: Pass) -> dict[int, AnyRecord]:
        """A step: read its records."""
        with self._lock:
            found: dict[int, AnyRecord] = {}
            count = 0
            for span in way.spans:
                line = self._file.note_at(span)
                for place in line.places:
                    found.pop(place, None)
                found.update(enumerate(line.records, count))
                count += len(line.records)
            return found

    # ------------------------------------------------------------ inside

    def _open(self) -> None:
        with self._lock:
            for line, span in self._file.open():
                self._replay(line, span)
            if self._file.size_bytes > self._kept_bytes * 5 // 4:
                self._shorten()
            self._top = self.top

    def _replay(self, line: Line, span: Span) -> None:
        """Take one line of the file into account."""
        self._last = max(self._last, line.step)
        if line.op == "begin":
            if not line.kept:
                self._forget_undone()
            self._entries[line.step] = Entry(
                line.step, line.kind, line.title, line.batch, running=1
            )
            return
        entry = self._entries.get(line.step)
        if entry is None:
            return
        match line.op:
            case "note" | "retract":
                entry.current.spans.append(span)
                entry.current.count += line.count
                entry.current.retracted += len(line.places)
            case "commit":
                self._commit(entry, line.left)
                entry.undone = entry.undone or line.undone
            case "again":
                entry.title, entry.running = line.title, entry.running + 1
            case "reverse":
                entry.reversal, entry.running = Pass(), 1
            case "abandon":
                entry.reversal, entry.running = None, 0
            case "forget":
                del self._entries[line.step]
            case _:
                pass

    def _commit(self, entry: Entry, left: int) -> None:
        entry.running = left
        if entry.reversal is not None:
            entry.done, entry.reversal = entry.reversal, None
            entry.undone = not entry.undone
        entry.committed = True
        if entry.done.is_empty and not entry.running:
            self._entries.pop(entry.number, None)

    def _of_batch(self, kind: str, batch: str) -> Entry | None:
        if not batch:
            return None
        for entry in reversed(self._entries.values()):
            if (entry.batch, entry.kind) == (batch, kind):
                return None if entry.undone or entry.reversal else entry
        return None

    def _next(self, *, undone: bool) -> Entry | None:
        """Return the step that undo (redo) is about."""
        found = [
            entry
            for entry in self._entries.values()
            if entry.committed and not entry.running and entry.undone is undone
        ]
        if not found:
            return None
        return found[0] if undone else found[-1]

    def _forget_undone(self) -> None:
        """Something new was done: what had been undone cannot be done again."""
        gone = [each.number for each in self._entries.values() if each.undone and not each.running]
        for number in gone:
            del self._entries[number]

    def _shorten(self) -> None:
        """Write the journal anew with the steps that are worth keeping."""
        kept: list[Entry] = []
        room = self._kept_bytes
        for entry in reversed(self._entries.values()):
            room -= entry.size_bytes
            if kept and not entry.running and (room < 0 or len(kept) >= self._kept_steps):
                continue
            kept.append(entry)
        running = {entry.number: entry for entry in kept if entry.running}
        lines = [line for entry in reversed(kept) for line in self._lines_of(entry)]
        spans = self._file.replace(lines)
        self._entries = {}
        for line, span in spans:
            self._replay(line, span)
        for number, entry in running.items():  # whoever is at work goes on with the same object
            fresh = self._entries[number]
            entry.done, entry.reversal = fresh.done, fresh.reversal
            self._entries[number] = entry

    def _lines_of(self, entry: Entry) -> list[Line]:
        begin = Line("begin", entry.number, entry.kind, entry.title, entry.batch, kept=True)
        lines = [begin, *(self._file.note_at(span) for span in entry.done.spans)]
        if entry.committed:
            lines.append(Line("commit", entry.number, undone=entry.undone))
        if entry.reversal is not None:
            lines.append(Line("reverse", entry.number))
            lines += [self._file.note_at(span) for span in entry.reversal.spans]
        elif entry.committed and entry.running:
            again = Line("again", entry.number, title=entry.title)
            lines += [again] * entry.running
        return lines

    def _tell(self) -> None:
        """Let the event loop know when the newest step is another one."""
        top = self.top
        if top != self._top and self._loop is not None:
            self._top = top
            self._loop.call_soon_threadsafe(self._changed)

    def _changed(self) -> None:
        self.on_change(*self.top)


def _nobody(undo: str, redo: str) -> None:
    del undo, redo
