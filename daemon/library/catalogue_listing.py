"""What the catalogue does for one open listing: marks, order, filter, and what is to be read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from daemon.library.arrange import Arranger
from daemon.library.arrange_columns import Columns
from daemon.library.catalogue_orders import Edited, Orders
from daemon.library.catalogue_sidecars import really_stale, stale_by_sidecar
from daemon.library.facts import FactsScanner, Rows
from daemon.library.listing import Listing
from daemon.library.threads import FileThreads
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import (
    FilterChoices,
    IndexProgress,
    ListingArrange,
    ListingMarks,
)
from daemon.storage.catalogue import CatalogueStore
from daemon.storage.catalogue_reading import FactsRow

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_QUIET_S = 0.05
_FIRST_WITHIN_S = 2.0
_MARKS_BYTES = 8 * 50_000
_BY_NAME_UP_TO = 500


class AttachedListing:
    """Follows one listing with what the catalogue knows.

    All columns are changed by one task, under one lock, so that arranging never meets half a
    change.
    """

    def __init__(
        self,
        listing: Listing,
        *,
        store: CatalogueStore,
        scanner: FactsScanner,
        threads: FileThreads,
        arranging: ThreadPoolExecutor,
        edited: Edited,
        index: bool,
    ) -> None:
        """Begin to follow *listing*.

        Args:
            listing: An open listing.
            store: What is known.
            scanner: Who reads what is not.
            threads: For looking at files.
            arranging: Threads for sorting.
            edited: Returns the photos that results were made from.
            index: Read facts though nobody sorts or filters by them yet.
        """
        self.listing = listing
        self._store = store
        self._scanner = scanner
        self._threads = threads
        self._arranging = arranging
        self._index = index
        self._columns = Columns(listing.roll)
        self._arranger = Arranger(self._columns)
        self._lock = asyncio.Lock()
        self._orders = Orders(
            listing, self._arranger, self._lock, arranging, edited, self._is_arranging
        )
        self._news = asyncio.Event()
        self._unseen = bytearray()
        self._seen: list[int] = []
        self._stale: list[int] = []
        self._removed: list[int] = []
        self._rows: list[tuple[int, FactsRow]] = []
        self._wanted: deque[int] = deque()
        self._total = self._done = 0
        self._filled = False
        self._ready = asyncio.Event()
        listing.on_change.append(self._on_change)
        self._on_change(range(len(listing.roll.names)), (), ())
        self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Follow the listing no longer."""
        if self._on_change in self.listing.on_change:
            self.listing.on_change.remove(self._on_change)
        self._scanner.remove(self)
        self._wanted.clear()
        self._task.cancel()
        self._orders.close()

    # ------------------------------------------------------------ what clients ask

    async def arrange(self, request: ListingArrange) -> None:
        """Answer *request*, and again whenever the answer changes.

        Raises:
            RabbitError: there is no such order.
        """
        self._orders.remember(request)
        if not self._index:
            self._index = True
            self._read_more()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_WITHIN_S):
                await self._ready.wait()
        await self._orders.answer(request, request.request_id)

    async def choices(self) -> FilterChoices:
        """Return what the photos can be filtered by."""
        async with self._lock:
            return await self._in_thread(lambda: self._arranger.choices(self.listing.listing_id))

    # ------------------------------------------------------------ what the scanner asks

    def take(self, count: int) -> Sequence[bytes]:
        """Return paths whose facts are not known; see ``Source``."""
        wanted, names, prefix = self._wanted, self._columns.names, self.listing.path
        found: list[bytes] = []
        while wanted and len(found) < count:
            photo_id = wanted.popleft()
            if self._columns.here[photo_id]:
                found.append(prefix + names[photo_id])
            else:
                self._done += 1
        return found

    def have_read(self, count: int) -> None:
        """See ``Source``."""
        self._done += count

    @property
    def progress(self) -> IndexProgress | None:
        """How far the reading is; ``None``: there is nothing to read."""
        if not self._total or not self._index:
            return None
        total, folder = self._total, self.listing.path
        done = min(self._done, total)
        if done == total:
            self._done = self._total = 0
        return IndexProgress(done=done, total=total, folder=folder.rstrip(b"/") or b"/")

    # ------------------------------------------------------------ news

    def facts_written(self, rows: Rows) -> None:
        """Facts of photos, perhaps of this listing, were read anew."""
        prefix, roll = self.listing.path, self.listing.roll
        inside = prefix[:-1]
        for folder, row in rows:
            if folder == inside:
                photo_id = roll.id_of(row.name)
            elif folder.startswith(prefix):
                photo_id = roll.id_of(os.path.join(folder[len(prefix) :], row.name))
            else:
                continue
            if photo_id >= 0:
                self._rows.append((photo_id, row))
        if self._rows:
            self._news.set()

    def look_again(self, paths: Iterable[bytes]) -> None:
        """These photos or their sidecars have changed."""
        prefix, roll = self.listing.path, self.listing.roll
        ids = (roll.id_of(p[len(prefix) :]) for p in paths if p.startswith(prefix))
        self._stale += [photo_id for photo_id in ids if photo_id >= 0]
        if self._stale:
            self._news.set()

    def _on_change(
        self, added: Sequence[int], changed: Sequence[int], removed: Sequence[int]
    ) -> None:
        sizes = self.listing.roll.sizes
        if added:
            self._unseen += bytes(sizes[i] < 0 for i in range(len(self._unseen), len(sizes)))
        for photo_id in changed:
            if self._unseen[photo_id]:
                self._unseen[photo_id] = 0
                self._seen.append(photo_id)
            else:
                self._stale.append(photo_id)
        self._removed += removed
        self._news.set()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            await self._until_quiet()
            self._news.clear()
            try:
                async with self._lock:
                    await self._take_news()
            except RabbitError as error:
                log.warning("%s", error.info.message)
            except Exception:
                log.exception("the facts of %r could not be followed", self.listing.path)
            self._filled = True
            if len(self._columns):
                self._ready.set()
            self._read_more()
            self._orders.answer_again()

    async def _until_quiet(self) -> None:
        """Wait while the listing's snapshot is still coming in."""
        count = -1
        while count != len(self.listing.roll.names):
            count = len(self.listing.roll.names)
            await asyncio.sleep(_QUIET_S)

    async def _take_news(self) -> None:
        columns = self._columns
        new = await self._in_thread(columns.grow)
        removed, self._removed = self._removed, []
        seen, self._seen = self._seen, []
        stale, self._stale = self._stale, []
        rows, self._rows = self._rows, []
        if seen or stale:
            columns.touch()
        if removed:
            columns.remove(removed)
            await self._store.mark_gone([self.listing.path + columns.names[i] for i in removed])
        if new:
            await self._fill(new)
        if rows:
            await self._in_thread(lambda: columns.put(rows))
            await self._learn_words()
            await self._send_marks([i for i, _ in rows])
        unknown = [i for i in new if not columns.known[i]]
        unknown += [i for i in seen if columns.known[i] and not columns.is_current(i)]
        if stale:
            prefix = self.listing.path
            unknown += await self._threads.run(really_stale, prefix, set(stale), columns)
        self._want(unknown)

    async def _fill(self, new: Sequence[int]) -> None:
        """Take over what is known of new photos; find those whose sidecars changed since."""
        columns, prefix, roll = self._columns, self.listing.path, self.listing.roll
        wanted = await self._in_thread(lambda: self._by_folder(new))

        back: list[bytes] = []

        def take(folder: bytes, rows: Iterable[FactsRow]) -> None:
            below = folder[len(prefix) :]
            relative = below + b"/" if below else b""

            def found() -> Iterator[tuple[int, FactsRow]]:
                for row in rows:
                    yield roll.id_of(relative + row.name), row
                    if row.gone_s:
                        back.append(os.path.join(folder, row.name))

            columns.put(found())

        await self._store.each_row(wanted, take)
        if back:
            await self._store.mark_back(back)
        await self._learn_words()
        await self._send_marks(new if len(new) < len(columns) else None)
        stale = await self._threads.run(stale_by_sidecar, prefix, wanted, roll, columns)
        self._stale += stale
        if stale:
            self._news.set()
        await self._in_thread(self._arranger.prepare)

    def _by_folder(self, ids: Iterable[int]) -> dict[bytes, list[bytes] | None]:
        prefix, names = self.listing.path, self._columns.names
        found: dict[bytes, list[bytes] | None] = {}
        for photo_id in ids:
            below, _, name = names[photo_id].rpartition(b"/")
            folder = (prefix + below).rstrip(b"/") or b"/"
            of_folder = found.setdefault(folder, [])
            if of_folder is not None and name:
                of_folder.append(name)
        for folder, of_folder in found.items():
            if of_folder is not None and len(of_folder) > _BY_NAME_UP_TO:
                found[folder] = None
        return found

    async def _learn_words(self) -> None:
        missing = self._columns.missing_words()
        if any(missing):
            self._columns.add_words(await self._store.names(*missing))

    def _want(self, ids: Iterable[int]) -> None:
        before = len(self._wanted)
        self._wanted.extend(i for i in ids if self._columns.here[i])
        self._total += len(self._wanted) - before

    def _read_more(self) -> None:
        if self._index and self._wanted:
            self._scanner.add(self, urgent=True)

    # ------------------------------------------------------------ telling

    async def _send_marks(self, ids: Iterable[int] | None) -> None:
        """Tell marks; ``None``: of all photos that have any."""
        told = await self._in_thread(lambda: self._columns.told_marks(ids))
        for start in range(0, len(told), _MARKS_BYTES):
            message = ListingMarks(listing_id=self.listing.listing_id)
            self.listing.peer.send(message, told[start : start + _MARKS_BYTES])

    def _is_arranging(self) -> bool:
        return not self._filled or bool(self._wanted) or self._done < self._total

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._arranging, work)
