"""What is known of all photos: for open listings, for searches, for those who ask about files."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from daemon.library import scan
from daemon.library.catalogue_listing import AttachedListing
from daemon.library.catalogue_orders import Edited
from daemon.library.catalogue_sidecars import newest_sidecar
from daemon.library.facts import Aside, FactsScanner, Rows
from daemon.library.given_back import give_back
from daemon.library.indexing import FolderIndexer
from daemon.library.listing import Listing
from daemon.library.threads import FileThreads
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    CollectionDelete,
    Collections,
    CollectionSave,
    CollectionsRequest,
    FilterChoices,
    FilterChoicesRequest,
    IndexedFolders,
    IndexedFoldersKnown,
    IndexProgress,
    ListingArrange,
)
from daemon.protocol.peer import Peer, Publish
from daemon.protocol.values import Collection, PhotoEntry, PhotoMarks
from daemon.render import RenderManager
from daemon.settings import SettingsStore
from daemon.storage.catalogue import CatalogueStore
from daemon.storage.collections import CollectionStore
from daemon.storage.indexed_folders import IndexedFolderStore
from daemon.tasks import PhotoFacts

log = logging.getLogger(__name__)

MAX_FOUND = 20_000
PROGRESS_EVERY_S = 0.25
REST_AFTER_S = 5.0
_MAX_EARLY = 256
_Key = tuple[int, int]


class Catalogue:
    """The catalogue as clients and the rest of the library know it."""

    def __init__(
        self,
        *,
        store: CatalogueStore,
        collections: CollectionStore,
        indexed: IndexedFolderStore,
        render: RenderManager,
        publish: Publish,
        settings: SettingsStore,
        edited: Edited,
        aside: Aside,
    ) -> None:
        """Prepare.

        Args:
            store: What is known of photos.
            collections: The saved collections.
            indexed: The folders that are indexed.
            render: Who gives work to the workers.
            publish: How events reach every client.
            settings: What is in force.
            edited: Returns the paths of the photos that results were made from.
            aside: Returns what is said of a photo whose folder cannot be written.
        """
        self._store = store
        self._collections = collections
        self._publish = publish
        self._settings = settings
        self._edited = edited
        self._threads = FileThreads()
        self._arranging = ThreadPoolExecutor(2, thread_name_prefix="arrange")
        self._scanner = FactsScanner(
            render, store, self._threads, aside, self._on_rows, self._on_moved
        )
        self._indexer = FolderIndexer(indexed, store, self._scanner, self._threads, self._tell)
        self._attached: dict[_Key, AttachedListing] = {}
        self._early: OrderedDict[_Key, tuple[Peer, ListingArrange]] = OrderedDict()
        self._closed = False
        self._told_at_s = 0.0
        self._resting: asyncio.TimerHandle | None = None
        self._again: set[bytes] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Go on with the indexing of folders."""
        self._indexer.start()

    async def close(self) -> None:
        """Stop all work and keep what was found."""
        self._closed = True
        if self._resting is not None:
            self._resting.cancel()
        for attached in tuple(self._attached.values()):
            attached.close()
        await self._indexer.close()
        await self._scanner.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._arranging.shutdown(wait=False, cancel_futures=True)
        self._threads.close()

    # ------------------------------------------------------------ listings

    def attach(self, listing: Listing) -> None:
        """Follow a listing that opens; its roll is empty still."""
        key = (listing.peer.peer_id, listing.listing_id)
        if key in self._attached:
            self._attached.pop(key).close()
        attached = self._attached[key] = AttachedListing(
            listing,
            store=self._store,
            scanner=self._scanner,
            threads=self._threads,
            arranging=self._arranging,
            edited=self._edited,
            index=self._settings.current.library.index_opened,
        )
        self._rest_soon()
        early = self._early.pop(key, None)
        if early is not None:
            self._spawn(attached.arrange(early[1]))

    def detach(self, listing: Listing) -> None:
        """Follow a listing no longer."""
        key = (listing.peer.peer_id, listing.listing_id)
        attached = self._attached.get(key)
        if attached is not None and attached.listing is listing:
            unfinished = attached.progress
            attached.close()
            if unfinished is not None:
                ended = msgspec.structs.replace(unfinished, done=unfinished.total)
                self._tell(ended)
            del self._attached[key]
            self._rest_soon()

    async def listing_arrange(self, peer: Peer, request: ListingArrange) -> None:
        """Answer in which order to show a listing's photos, and again when that changes."""
        key = (peer.peer_id, request.listing_id)
        attached = self._attached.get(key)
        if attached is not None:
            await attached.arrange(request)
            return
        self._early[key] = (peer, request)
        while len(self._early) > _MAX_EARLY:
            self._early.popitem(last=False)

    async def filter_choices(self, peer: Peer, request: FilterChoicesRequest) -> FilterChoices:
        """Answer what a listing's photos can be filtered by."""
        attached = self._attached.get((peer.peer_id, request.listing_id))
        if attached is None:
            raise RabbitError(ErrorKind.INVALID_REQUEST, "That listing is not open.")
        return await attached.choices()

    # ------------------------------------------------------------ for the rest of the library

    def facts_changed(self, paths: Iterable[bytes]) -> None:
        """Read the facts of *paths* anew soon: they or their sidecars were written."""
        first = not self._again
        self._again.update(paths)
        if first and self._again:
            self._spawn(self._scan_again())

    async def facts_of(self, paths: Sequence[bytes]) -> dict[bytes, PhotoFacts]:
        """Return what is known of *paths*; what is not known, or not any more, is read now.

        A file that is not there is left out.
        """
        known = await self._store.facts_of(paths)
        stamps = await self._threads.run(_stamps, paths)
        found = {
            path: facts
            for path, facts in known.items()
            if stamps.get(path) == (facts.size_bytes, facts.mtime_ns)
        }
        unknown = [path for path in stamps if path not in found]
        if unknown:
            found.update((facts.path, facts) for facts in await self._scanner.scan_now(unknown))
        return found

    def marks_told(self, marks: Sequence[PhotoMarks]) -> None:
        """Take over marks that were just written, or that no file holds."""
        if marks:
            self._spawn(self._put_marks(tuple(marks)))

    async def collection_entries(self, name: str) -> list[PhotoEntry]:
        """Return the photos of a collection, named by their paths without the first slash."""
        paths = await self._collections.members(name)
        return await self._threads.run(_entries, paths)

    async def search_entries(self, text: str) -> list[PhotoEntry]:
        """Return the photos in which *text* was found, named likewise."""
        found = await self._store.search(text, MAX_FOUND)
        return await self._threads.run(_entries, [path for path, _, _ in found])

    # ------------------------------------------------------------ indexed folders, collections

    async def indexed_folders(self, peer: Peer, request: IndexedFolders) -> IndexedFoldersKnown:
        """Read or change which folders are indexed."""
        del peer
        add = [scan.check_path(bytes(path)) for path in request.add]
        folders = await self._indexer.change(add, [bytes(path) for path in request.remove])
        return IndexedFoldersKnown(folders=tuple(folders), photos=await self._store.count())

    async def collections(self, peer: Peer, request: CollectionsRequest) -> Collections:
        """Tell the saved collections."""
        del peer, request
        return await self._told_collections()

    async def collection_save(self, peer: Peer, request: CollectionSave) -> Collections:
        """Create or change a collection."""
        del peer
        await self._collections.save(
            request.name,
            rename=request.rename,
            add=[scan.check_path(bytes(path)) for path in request.add],
            remove=[bytes(path) for path in request.remove],
        )
        return await self._publish_collections()

    async def collection_delete(self, peer: Peer, request: CollectionDelete) -> Collections:
        """Delete a collection."""
        del peer
        await self._collections.delete(request.name)
        return await self._publish_collections()

    async def _told_collections(self) -> Collections:
        counts = await self._collections.counts()
        return Collections(collections=tuple(Collection(*pair) for pair in counts))

    async def _publish_collections(self) -> Collections:
        told = await self._told_collections()
        self._publish(told)
        return told

    # ------------------------------------------------------------ news

    def _rest_soon(self) -> None:
        """Give memory back once there has been nothing new for a while."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(REST_AFTER_S, self._rest)

    def _rest(self) -> None:
        if not self._closed:
            self._spawn(self._give_back())

    async def _give_back(self) -> None:
        await self._store.rest()
        await self._threads.run(give_back)

    async def _put_marks(self, marks: Sequence[PhotoMarks]) -> None:
        sidecars = await self._threads.run(_sidecar_times, [each.path for each in marks])
        self._on_rows(await self._store.put_marks(marks, sidecars))

    async def _scan_again(self) -> None:
        await asyncio.sleep(0)
        paths, self._again = sorted(self._again), set()
        try:
            found = await self._scanner.scan_now(paths)
            gone = set(paths) - {facts.path for facts in found}
            if gone:
                await self._store.mark_gone(sorted(gone))
        except RabbitError as error:
            log.warning("facts were not read again: %s", error.info.message)

    def _on_rows(self, rows: Rows) -> None:
        self._rest_soon()
        for attached in tuple(self._attached.values()):
            attached.facts_written(rows)
            progress = attached.progress
            if progress is not None:
                self._tell(progress)

    def _on_moved(self, moved: dict[bytes, bytes]) -> None:
        self._spawn(self._follow_moved(moved))

    async def _follow_moved(self, moved: dict[bytes, bytes]) -> None:
        if await self._collections.moved(moved):
            await self._publish_collections()

    def _tell(self, progress: IndexProgress) -> None:
        """Tell progress, not too often; its end always."""
        now_s = time.monotonic()
        if progress.done >= progress.total or now_s - self._told_at_s >= PROGRESS_EVERY_S:
            self._told_at_s = now_s
            self._publish(progress)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, RabbitError):
            log.warning("%s", error)
        else:
            log.warning("the catalogue failed", exc_info=error)


def _entries(paths: Iterable[bytes]) -> list[PhotoEntry]:
    stamps = _stamps(paths)
    return [PhotoEntry(path.lstrip(b"/"), *stamp) for path, stamp in stamps.items()]


def _sidecar_times(paths: Iterable[bytes]) -> dict[bytes, int]:
    return {path: newest_sidecar(path) for path in paths}


def _stamps(paths: Iterable[bytes]) -> dict[bytes, tuple[int, int]]:
    found: dict[bytes, tuple[int, int]] = {}
    for path in paths:
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            continue
        found[path] = (status.st_size, status.st_mtime_ns)
    return found
