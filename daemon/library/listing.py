"""One open listing of one client: its snapshot in pieces, then numbered changes until closed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from daemon.library import changes, scan, walk
from daemon.library.changes import Changes
from daemon.library.roll import Roll
from daemon.library.scan import NO_FILE, FolderMark
from daemon.library.threads import FileThreads
from daemon.library.walk import Beat, Piece
from daemon.library.watch import FolderWatch, Pace
from daemon.protocol.messages import FolderChunk, FolderDelta, FolderOpen
from daemon.protocol.natural import natural_key
from daemon.protocol.peer import Peer
from daemon.protocol.values import PhotoEntry

NO_FOLDER = FolderMark(0, 0, 0)
REST_FACTOR = 20
_BREATH_S = 0.01
_FIRST_SCREEN_S = 0.15
_HURRIED = 3000

T = TypeVar("T")
OnChange = Callable[[Sequence[int], Sequence[int], Sequence[int]], None]


class Chosen(Protocol):
    """Who knows what collections and searches hold."""

    def collection_entries(self, name: str) -> Awaitable[Sequence[PhotoEntry]]:
        """Return the photos of a saved collection, named by their path without its first slash."""
        ...

    def search_entries(self, text: str) -> Awaitable[Sequence[PhotoEntry]]:
        """Return the photos in which *text* was found, named likewise."""
        ...


class Listing:
    """Follows a folder for as long as :meth:`run` is not cancelled.

    Attributes:
        peer: Who asked.
        listing_id: The client's number for it.
        path: What the names are relative to, with a slash at its end.
        roll: The photos with their ids.
        on_change: Called with the ids that were added, changed and removed, after *roll* knows.
    """

    def __init__(
        self,
        peer: Peer,
        request: FolderOpen,
        threads: FileThreads,
        pace: Pace,
        chosen: Chosen | None = None,
    ) -> None:
        self.peer = peer
        self.listing_id = request.listing_id
        self.path = os.path.join(bytes(request.path) or b"/", b"")
        self.roll = Roll()
        self.on_change: list[OnChange] = []
        self._request = request
        self._folder = bytes(request.path) or b"/"
        self._threads = threads
        self._pace = pace
        self._chosen = chosen
        self._watch = FolderWatch(self._folder, pace, recursive=request.recursive)
        self._mark = NO_FOLDER
        self._number = 0
        self._offline = False
        self._rest_until_s = 0.0

    async def run(self) -> None:
        """Send the snapshot, then what changes.

        Raises:
            RabbitError: the folder cannot be read.
        """
        if self._request.collection or self._request.search:
            await self._send_chosen()
            return
        # A large tree takes seconds to watch; its photos must not wait for that.
        watching = asyncio.create_task(self._threads.run(self._watch.start))
        try:
            if not self._request.recursive:
                await asyncio.wait({watching}, timeout=self._pace.patience_s)
            try:
                await self._send_snapshot()
            except OSError as error:
                raise scan.folder_error(self._folder, error) from error
            late = not watching.done()
            await watching
            await self._read_statuses()
            while True:
                await self._follow(unsure=late)
                late = False
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await asyncio.shield(self._threads.run(self._watch.close))

    # ------------------------------------------------------------ the snapshot

    async def _send_snapshot(self) -> None:
        self._mark = await self._touch(self._look)
        beat = Beat()
        request = self._request
        pieces = walk.find_photos(
            self._folder, beat, recursive=request.recursive, pairs=request.pairs
        )
        try:
            piece = await self._touch(lambda _: next(pieces, None), beat)
            entries = await self._look_at_first(piece, beat)
            while piece is not None:
                if request.recursive or len(entries) >= walk.FIRST_PIECE:
                    self._send_chunk(entries, last=False)
                    entries = []
                    await self._let_others_in()
                piece = await self._touch(lambda _: next(pieces, None), beat)
                if piece is not None:
                    entries += [_unseen(name, piece) for name in piece.names]
            self._send_chunk(entries, last=True)
        finally:
            beat.stopped = True

    async def _let_others_in(self) -> None:
        """Slow a large folder down a little: its first screen of pictures matters more."""
        told = len(self.roll.names)
        if told > _HURRIED:
            before = told - walk.PIECE <= _HURRIED
            await asyncio.sleep(_FIRST_SCREEN_S if before else _BREATH_S)

    async def _look_at_first(self, piece: Piece | None, beat: Beat) -> list[PhotoEntry]:
        """Return the entries of the first screen, which is looked at before it is told."""
        if piece is None:
            return []
        looked = await self._look_at(piece.names, beat)
        return [
            PhotoEntry(name, *status, piece.partners.get(name, b""))
            for name, status in zip(piece.names, looked, strict=True)
            if status != NO_FILE
        ]

    async def _look_at(self, names: Sequence[bytes], beat: Beat) -> list[tuple[int, int]]:
        return await self._touch(lambda beat: scan.read_statuses(self._folder, names, beat), beat)

    async def _send_chosen(self) -> None:
        if self._chosen is not None:
            request = self._request
            asked = self._chosen.collection_entries, request.collection
            if request.search:
                asked = self._chosen.search_entries, request.search
            found = {entry.name: entry for entry in await asked[0](asked[1])}
            names = await self._threads.run(sorted, found, key=natural_key)
            for start in range(0, len(names), walk.PIECE):
                part = names[start : start + walk.PIECE]
                self._send_chunk([found[name] for name in part], last=False)
        self._send_chunk([], last=True)
        await asyncio.Event().wait()

    def _send_chunk(self, entries: Sequence[PhotoEntry], *, last: bool) -> None:
        first = len(self.roll.names)
        self.roll.add(entries)
        self.peer.send(
            FolderChunk(
                request_id=self._request.request_id,
                listing_id=self.listing_id,
                path=self._folder,
                entries=tuple(entries),
                last=last,
            )
        )
        self._tell_listeners(range(first, len(self.roll.names)), (), ())

    async def _read_statuses(self) -> None:
        """Look at the files that are known by name alone, in the order in which they stand."""
        beat = Beat()
        try:
            for start in range(walk.FIRST_PIECE, len(self.roll.names), walk.PIECE):
                ids = range(start, min(start + walk.PIECE, len(self.roll.names)))
                names = [
                    self.roll.names[photo_id] for photo_id in ids if self.roll.sizes[photo_id] < 0
                ]
                names = [name for name in names if name]
                looked = await self._look_at(names, beat)
                found = Changes()
                for name, status in zip(names, looked, strict=True):
                    if status == NO_FILE:
                        found.removed.append(name)
                    else:
                        found.changed.append(PhotoEntry(name, *status, self.roll.partner(name)))
                self._report(found)
                await asyncio.sleep(_BREATH_S)
        finally:
            beat.stopped = True

    # ------------------------------------------------------------ what changes

    async def _follow(self, *, unsure: bool = False) -> None:
        names = set[bytes]() if unsure else await self._watch.settled()
        try:
            mark = await self._touch(self._look)
            if not mark.is_same_folder(self._mark):
                await self._watch_anew()
                await self._compare_all()
            elif names:
                await self._compare_named(names)
            elif unsure or self._must_compare(mark):
                await self._compare_all()
            self._mark = mark
        except OSError as error:
            if scan.is_away(error):
                self._tell_offline()
            else:
                self._report_gone()

    def _must_compare(self, mark: FolderMark) -> bool:
        """Whether to read everything though nothing was told; a large folder rests in between."""
        if asyncio.get_running_loop().time() < self._rest_until_s:
            return False
        return self._watch.is_polling or (mark != self._mark and not self._watch.has_heard())

    async def _watch_anew(self) -> None:
        """Another folder stands under the name: the old watch hears nothing of it."""
        await self._threads.run(self._watch.close)
        self._watch = FolderWatch(self._folder, self._pace, recursive=self._request.recursive)
        await self._threads.run(self._watch.start)

    async def _compare_all(self) -> None:
        loop, beat = asyncio.get_running_loop(), Beat()
        began_s = loop.time()
        try:
            found = await self._touch(self._compare, beat)
        finally:
            beat.stopped = True
        self._report(found)
        self._rest_until_s = loop.time() + REST_FACTOR * max(loop.time() - began_s - 0.05, 0.0)

    def _look(self, beat: Beat) -> FolderMark:
        del beat
        return scan.mark_folder(self._folder)

    def _compare(self, beat: Beat) -> Changes:
        request = self._request
        return changes.compare_all(
            self._folder, self.roll, beat, recursive=request.recursive, pairs=request.pairs
        )

    async def _compare_named(self, names: set[bytes]) -> None:
        sidecars = {name for name in names if name.lower().endswith(b".xmp")}
        photos = names - sidecars
        if b"" in photos or (self._request.pairs and changes.touches_pairs(self.roll, photos)):
            await self._compare_all()
        elif photos:
            folder, roll = self._folder, self.roll
            self._report(
                await self._touch(lambda b: changes.compare_named(folder, roll, photos, b))
            )
        if sidecars:
            self._tell_listeners((), changes.photos_of_sidecars(self.roll, sidecars), ())

    def _report_gone(self) -> None:
        if self._mark != NO_FOLDER:
            removed = list(self.roll.live())
            for photo_id in removed:
                self.roll.remove(self.roll.names[photo_id])
            self._mark = NO_FOLDER
            self._offline = False
            self._send(Changes(), gone=True)
            self._tell_listeners((), (), removed)

    def _report(self, found: Changes) -> None:
        for part in found.pieces():
            first = len(self.roll.names)
            self.roll.add(part.added)
            for entry in part.changed:
                self.roll.change(entry)
            changed = [self.roll.id_of(entry.name) for entry in part.changed]
            removed = [self.roll.remove(name) for name in part.removed]
            self._send(part)
            self._tell_listeners(range(first, len(self.roll.names)), changed, removed)

    # ------------------------------------------------------------ telling

    async def _touch(self, call: Callable[[Beat], T], beat: Beat | None = None) -> T:
        """Return what *call* returns, in a thread; a drive that does not answer is told.

        What is told is taken back when the drive answered after all.
        """
        beat = beat or Beat()
        work = asyncio.ensure_future(self._threads.run(call, beat))
        try:
            while not work.done():
                before = beat.count
                await asyncio.wait({work}, timeout=self._pace.patience_s)
                if not work.done() and beat.count == before:
                    self._tell_offline()
            result = work.result()
        except asyncio.CancelledError:
            beat.stopped = True
            work.cancel()
            raise
        if self._offline:
            self._offline = False
            self._send(Changes())
        return result

    def _tell_offline(self) -> None:
        if not self._offline:
            self._offline = True
            self._send(Changes(), offline=True)

    def _tell_listeners(
        self, added: Sequence[int], changed: Sequence[int], removed: Sequence[int]
    ) -> None:
        if added or changed or removed:
            for call in tuple(self.on_change):
                call(added, changed, removed)

    def _send(self, found: Changes, *, gone: bool = False, offline: bool = False) -> None:
        self._number += 1
        self.peer.send(
            FolderDelta(
                listing_id=self.listing_id,
                number=self._number,
                added=tuple(found.added),
                changed=tuple(found.changed),
                removed=tuple(found.removed),
                gone=gone,
                offline=offline,
            )
        )


def _unseen(name: bytes, piece: Piece) -> PhotoEntry:
    return PhotoEntry(name, -1, 0, piece.partners.get(name, b""))
