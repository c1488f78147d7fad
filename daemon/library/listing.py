"""One open folder of one client: its snapshot in pieces, then numbered changes until closed."""

from __future__ import annotations

import asyncio

from daemon.library import scan
from daemon.library.scan import FolderMark
from daemon.library.threads import FileThreads
from daemon.library.watch import FolderWatch, Pace
from daemon.protocol.messages import FolderChunk, FolderDelta, FolderOpen
from daemon.protocol.peer import Peer
from daemon.protocol.values import PhotoEntry

FIRST_CHUNK = 200
CHUNK = 1000
NO_FOLDER = FolderMark(0, 0, 0)


class Listing:
    """Follows a folder for as long as :meth:`run` is not cancelled."""

    def __init__(self, peer: Peer, request: FolderOpen, threads: FileThreads, pace: Pace) -> None:
        self._peer = peer
        self._request = request
        self._path = bytes(request.path)
        self._threads = threads
        self._pace = pace
        self._watch = FolderWatch(self._path, pace)
        self._known: dict[bytes, PhotoEntry] = {}
        self._mark = NO_FOLDER
        self._number = 0

    async def run(self) -> None:
        """Send the snapshot, then what changes.

        Raises:
            RabbitError: the folder cannot be read.
        """
        try:
            await self._threads.run(self._watch.start)
            try:
                await self._send_snapshot()
            except OSError as error:
                raise scan.folder_error(self._path, error) from error
            while True:
                await self._follow()
        finally:
            await asyncio.shield(self._threads.run(self._watch.close))

    async def _send_snapshot(self) -> None:
        self._mark = await self._threads.run(scan.mark_folder, self._path)
        found = await self._threads.run(scan.scan_photos, self._path)
        start, size = 0, FIRST_CHUNK
        while True:
            entries = await self._threads.run(scan.read_entries, found[start : start + size])
            self._known.update((entry.name, entry) for entry in entries)
            start, size = start + size, CHUNK
            self._peer.send(
                FolderChunk(
                    request_id=self._request.request_id,
                    listing_id=self._request.listing_id,
                    path=self._path,
                    entries=entries,
                    last=start >= len(found),
                )
            )
            if start >= len(found):
                return

    async def _follow(self) -> None:
        names = await self._watch.settled()
        try:
            mark = await self._threads.run(scan.mark_folder, self._path)
            if not mark.is_same_folder(self._mark):
                await self._watch_anew()
                await self._compare_all()
            elif names:
                present = await self._threads.run(scan.read_named, self._path, names)
                self._report(names, present)
            elif self._watch.is_polling or mark != self._mark:
                await self._compare_all()
            self._mark = mark
        except OSError:
            self._report_gone()

    async def _watch_anew(self) -> None:
        """Another folder stands under the name: the old watch hears nothing of it."""
        await self._threads.run(self._watch.close)
        self._watch = FolderWatch(self._path, self._pace)
        await self._threads.run(self._watch.start)

    async def _compare_all(self) -> None:
        found = await self._threads.run(scan.scan_photos, self._path)
        entries = await self._threads.run(scan.read_entries, found)
        present = {entry.name: entry for entry in entries}
        self._report(self._known.keys() | present.keys(), present)

    def _report_gone(self) -> None:
        if self._mark != NO_FOLDER:
            self._known.clear()
            self._mark = NO_FOLDER
            self._send(gone=True)

    def _report(self, names: set[bytes], present: dict[bytes, PhotoEntry]) -> None:
        added: list[PhotoEntry] = []
        changed: list[PhotoEntry] = []
        removed: list[bytes] = []
        for name in names:
            before, now = self._known.get(name), present.get(name)
            if now is None:
                if self._known.pop(name, None) is not None:
                    removed.append(name)
            elif before != now:
                (added if before is None else changed).append(now)
                self._known[name] = now
        for start in range(0, max(len(added), len(changed), len(removed)), CHUNK):
            piece = slice(start, start + CHUNK)
            self._send(tuple(added[piece]), tuple(changed[piece]), tuple(removed[piece]))

    def _send(
        self,
        added: tuple[PhotoEntry, ...] = (),
        changed: tuple[PhotoEntry, ...] = (),
        removed: tuple[bytes, ...] = (),
        *,
        gone: bool = False,
    ) -> None:
        self._number += 1
        self._peer.send(
            FolderDelta(
                listing_id=self._request.listing_id,
                number=self._number,
                added=added,
                changed=changed,
                removed=removed,
                gone=gone,
            )
        )
