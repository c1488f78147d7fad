"""Reading the facts of many photos in the background: for open listings first, then for others."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from daemon.library.threads import FileThreads
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import Priority, RenderManager
from daemon.sidecars.marks import Said
from daemon.storage.catalogue import CatalogueStore
from daemon.storage.catalogue_reading import FactsRow
from daemon.tasks import FactsScanned, PhotoFacts, ScanFacts

log = logging.getLogger(__name__)

BATCH = 64
UNDER_WAY = 2
WRITTEN_AT_ONCE = 1000
WRITTEN_EVERY_S = 0.5
_ELSEWHERE = 4

Aside = Callable[[bytes, int], Said | None]
Rows = Sequence[tuple[bytes, FactsRow]]


class Source(Protocol):
    """Somebody who wants the facts of photos."""

    def take(self, count: int) -> Sequence[bytes]:
        """Return up to *count* paths that were not taken yet; empty: none are left."""
        ...

    def have_read(self, count: int) -> None:
        """So many more of those that were taken were read; what was found is written soon."""
        ...


class FactsScanner:
    """Has workers read facts and writes them into the catalogue.

    A few tasks at a time are under way, of the lowest priority: what somebody looks at goes first.
    """

    def __init__(
        self,
        render: RenderManager,
        store: CatalogueStore,
        threads: FileThreads,
        aside: Aside,
        on_rows: Callable[[Rows], None],
        on_moved: Callable[[dict[bytes, bytes]], None],
    ) -> None:
        """Prepare.

        Args:
            render: Who gives work to the workers.
            store: Where facts go.
            threads: For looking at files.
            aside: Returns what is said of a photo whose folder cannot be written.
            on_rows: Called with what was written.
            on_moved: Called with the old paths, by new ones, of photos that turned up elsewhere.
        """
        self._render = render
        self._store = store
        self._threads = threads
        self._aside = aside
        self._on_rows = on_rows
        self._on_moved = on_moved
        self._sources: list[Source] = []
        self._news = asyncio.Event()
        self._read: list[PhotoFacts] = []
        self._writing = asyncio.Lock()
        self._flush_due = False
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, source: Source, *, urgent: bool) -> None:
        """Serve *source*, before the others when it is urgent; again when it has got more."""
        if source not in self._sources:
            self._sources.insert(0 if urgent else len(self._sources), source)
        if not self._tasks:
            self._tasks = {asyncio.create_task(self._work()) for _ in range(UNDER_WAY)}
        self._news.set()

    def remove(self, source: Source) -> None:
        """Serve *source* no more."""
        if source in self._sources:
            self._sources.remove(source)

    async def close(self) -> None:
        """Stop; what was read is written."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._flush()
        except RabbitError as error:
            log.warning("%s", error.info.message)

    async def scan_now(self, paths: Sequence[bytes]) -> list[PhotoFacts]:
        """Read and write the facts of *paths* for somebody who waits."""
        found: list[PhotoFacts] = []
        for start in range(0, len(paths), BATCH):
            found += await self._scan(paths[start : start + BATCH], Priority.EDIT)
        await self._write(found)
        return found

    async def flush(self) -> None:
        """Write what was read so far.

        Raises:
            RabbitError: it cannot be written.
        """
        await self._flush()

    async def _work(self) -> None:
        while True:
            source, paths = self._next()
            if source is None:
                self._news.clear()
                await self._try_flush()
                await self._news.wait()
                continue
            found = await self._scan(paths, Priority.BACKGROUND)
            self._read += found
            source.have_read(len(paths))
            if not found:
                self._on_rows(())
            if len(self._read) >= WRITTEN_AT_ONCE:
                await self._try_flush()
            elif not self._flush_due:
                self._flush_due = True
                asyncio.get_running_loop().call_later(WRITTEN_EVERY_S, self._flush_soon)

    def _next(self) -> tuple[Source | None, Sequence[bytes]]:
        for source in tuple(self._sources):
            paths = source.take(BATCH)
            if paths:
                return source, paths
        return None, ()

    async def _scan(self, paths: Sequence[bytes], priority: Priority) -> list[PhotoFacts]:
        """Read facts; a file that costs its worker is found by halving, and its reason kept."""
        running = self._render.submit(ScanFacts(paths=tuple(paths)), priority=priority)
        try:
            result, _ = await running.result()
        except RabbitError as error:
            if error.info.kind is ErrorKind.CANCELLED:
                return []
            if len(paths) == 1:
                return await self._broken(paths[0], error)
            half = len(paths) // 2
            first = await self._scan(paths[:half], priority)
            return first + await self._scan(paths[half:], priority)
        except BaseException:
            running.cancel()
            raise
        return list(result.facts) if isinstance(result, FactsScanned) else []

    async def _broken(self, path: bytes, error: RabbitError) -> list[PhotoFacts]:
        try:
            found = await self._threads.run(os.stat, path)
        except OSError:
            return []
        problem = error.info.message
        return [
            PhotoFacts(
                path=path,
                size_bytes=found.st_size,
                mtime_ns=found.st_mtime_ns,
                problem=problem,
            )
        ]

    # ------------------------------------------------------------ writing

    def _flush_soon(self) -> None:
        self._flush_due = False
        task = asyncio.ensure_future(self._try_flush())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try_flush(self) -> None:
        try:
            await self._flush()
        except RabbitError as error:
            log.warning("facts were not kept: %s", error.info.message)

    async def _flush(self) -> None:
        async with self._writing:
            while self._read:
                part = self._read[:WRITTEN_AT_ONCE]
                del self._read[:WRITTEN_AT_ONCE]
                await self._write(part)

    async def _write(self, facts: Sequence[PhotoFacts]) -> None:
        if not facts:
            return
        facts = [self._with_aside(each) for each in facts]
        moved = await self._moved(facts)
        rows = await self._store.put(facts, moved)
        if moved:
            self._on_moved(moved)
        self._on_rows(rows)

    def _with_aside(self, facts: PhotoFacts) -> PhotoFacts:
        said = self._aside(facts.path, facts.sidecar_mtime_ns)
        if said is None:
            return facts
        return msgspec.structs.replace(
            facts,
            rating=said.rating,
            label=said.label,
            flag=said.flag,
            title=said.title,
            keywords=said.keywords,
        )

    async def _moved(self, facts: Sequence[PhotoFacts]) -> dict[bytes, bytes]:
        """Return where photos that are new to the catalogue were before, by their new path."""
        elsewhere = await self._store.elsewhere(facts, _ELSEWHERE)
        if not elsewhere:
            return {}
        return await self._threads.run(_gone_from, elsewhere)


def _gone_from(elsewhere: dict[bytes, tuple[bytes, ...]]) -> dict[bytes, bytes]:
    """Return the first place of each that is empty now; no place is given twice."""
    moved: dict[bytes, bytes] = {}
    taken: set[bytes] = set()
    for path, places in elsewhere.items():
        for place in places:
            if place not in taken and not os.path.lexists(place):
                moved[path] = place
                taken.add(place)
                break
    return moved
