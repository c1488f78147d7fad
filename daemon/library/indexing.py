"""Folders that are indexed with all their subfolders, whether somebody looks at them or not."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from daemon.library.facts import FactsScanner
from daemon.library.scan import is_photo_name
from daemon.library.threads import FileThreads
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import IndexProgress
from daemon.storage.catalogue import CatalogueStore
from daemon.storage.catalogue_reading import FactsRow
from daemon.storage.indexed_folders import IndexedFolderStore

log = logging.getLogger(__name__)

LOOK_AGAIN_EVERY_S = 300.0
MAX_FOLDERS = 1000
_MAX_WAITING = 4000
_ROOM_EVERY_S = 0.1
_MOST_SUBFOLDERS = 1_000_000

Tell = Callable[[IndexProgress], None]


class FolderIndexer:
    """Keeps the catalogue of the indexed folders up to date.

    Each is walked at the start, when it is added, and every few minutes; a folder whose time of
    change is known is not read again.
    """

    def __init__(
        self,
        remembered: IndexedFolderStore,
        store: CatalogueStore,
        scanner: FactsScanner,
        threads: FileThreads,
        tell: Tell,
    ) -> None:
        self._remembered = remembered
        self._store = store
        self._scanner = scanner
        self._threads = threads
        self._tell = tell
        self._folders: list[bytes] | None = None
        self._news = asyncio.Event()
        self._waiting: list[bytes] = []
        self._done = self._total = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Go on with what was chosen before."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop; the next daemon goes on."""
        self._scanner.remove(self)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def folders(self) -> list[bytes]:
        """Return the folders that are indexed."""
        if self._folders is None:
            self._folders = await self._threads.run(self._remembered.load)
        return self._folders

    async def change(self, add: Sequence[bytes], remove: Sequence[bytes]) -> list[bytes]:
        """Choose folders; return those that are indexed now.

        Raises:
            RabbitError: the choice cannot be remembered.
        """
        before = await self.folders()
        gone = {_plain(folder) for folder in remove}
        after = [folder for folder in before if folder not in gone]
        after += [folder for folder in map(_plain, add) if folder not in after]
        after = after[:MAX_FOLDERS]
        if after != before:
            await self._threads.run(self._remembered.save, after)
            self._folders = after
            self._news.set()
        return after

    def take(self, count: int) -> Sequence[bytes]:
        """Return paths whose facts are not known; see ``Source``."""
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def have_read(self, count: int) -> None:
        """See ``Source``."""
        self._done += count

    async def _run(self) -> None:
        while True:
            self._news.clear()
            for folder in tuple(await self.folders()):
                try:
                    await self._index(folder)
                except RabbitError as error:
                    log.warning("%s was not indexed: %s", os.fsdecode(folder), error.info.message)
                except Exception:
                    log.exception("indexing %r failed", folder)
            try:
                async with asyncio.timeout(LOOK_AGAIN_EVERY_S):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _index(self, top: bytes) -> None:
        marks = await self._store.folder_marks(top)
        folders = _folders_below(top)
        self._done = self._total = 0
        while self._is_chosen(top):
            found = await self._threads.run(_next_changed, folders, marks)
            if found is None:
                break
            folder, mtime_ns = found
            unknown, vanished = await self._compare(folder)
            if vanished:
                await self._store.mark_gone(vanished)
            if unknown:
                await self._read(unknown, top)
            if self._is_chosen(top):
                await self._store.mark_folder(folder, mtime_ns)
        if self._total:
            self._tell(IndexProgress(done=self._total, total=self._total, folder=top))

    def _is_chosen(self, top: bytes) -> bool:
        return top in (self._folders or ())

    async def _compare(self, folder: bytes) -> tuple[list[bytes], list[bytes]]:
        """Return the photos of *folder* that are unknown or changed, and those that are gone."""
        known: dict[bytes, tuple[int, int, int]] = {}

        def take(_: bytes, rows: Iterable[FactsRow]) -> None:
            known.update((row.name, (row.size_bytes, row.mtime_ns, row.gone_s)) for row in rows)

        await self._store.each_row({folder: None}, take)
        present = await self._threads.run(_photos_in, folder)
        unknown = [
            os.path.join(folder, name)
            for name, status in present.items()
            if known.get(name) != (*status, 0)
        ]
        vanished = [
            os.path.join(folder, name)
            for name, (_, _, gone_s) in known.items()
            if name not in present and not gone_s
        ]
        return unknown, vanished

    async def _read(self, paths: list[bytes], top: bytes) -> None:
        """Have *paths* read, a bounded number of them waiting at a time."""
        self._total += len(paths)
        for start in range(0, len(paths), _MAX_WAITING):
            self._waiting += paths[start : start + _MAX_WAITING]
            self._scanner.add(self, urgent=False)
            end = self._total - len(paths) + start + _MAX_WAITING
            while self._done < min(end, self._total) and self._is_chosen(top):
                await asyncio.sleep(_ROOM_EVERY_S)
                done = min(self._done, self._total - 1)
                self._tell(IndexProgress(done=done, total=self._total, folder=top))
        await self._scanner.flush()
        if not self._is_chosen(top):
            self._waiting.clear()


def _plain(folder: bytes) -> bytes:
    return os.path.normpath(folder)


def _folders_below(top: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the folders at and below *top*, each with its time of change; follow no links."""
    waiting = [top]
    for _ in range(_MOST_SUBFOLDERS):
        if not waiting:
            return
        folder = waiting.pop()
        try:
            mtime_ns = os.stat(folder).st_mtime_ns
            with os.scandir(folder) as entries:
                below = [
                    entry.path
                    for entry in entries
                    if not entry.name.startswith(b".") and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            continue
        waiting += sorted(below, reverse=True)
        yield folder, mtime_ns


def _next_changed(
    folders: Iterator[tuple[bytes, int]], marks: dict[bytes, int]
) -> tuple[bytes, int] | None:
    return next((found for found in folders if marks.get(found[0]) != found[1]), None)


def _photos_in(folder: bytes) -> dict[bytes, tuple[int, int]]:
    found: dict[bytes, tuple[int, int]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_photo_name(entry.name):
                continue
            try:
                status = entry.stat()
            except OSError:
                continue
            found[entry.name] = (status.st_size, status.st_mtime_ns)
    return found
