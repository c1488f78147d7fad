"""Thumbnails made ahead while nobody waits for any, so that scrolling on finds them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from daemon.library.keeping import Keeping
from daemon.library.listing import Listing
from daemon.library.threads import FileThreads
from daemon.library.thumbnail_cache import PhotoState
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import ThumbnailRequest
from daemon.render import Priority, RenderManager
from daemon.tasks import MakeThumbnail

QUIET_S = 1.0
_BATCH = 64
_BYTES_EACH = 60 << 10
_SHARE_OF_CACHE = 0.5


class _Looked(NamedTuple):
    peer_id: int
    path: bytes
    size_px: int
    profile: str


class Warming:
    """Makes the thumbnails of the folder that was looked at last, one at a time.

    It begins a moment after the last request, from the photo that was looked at onward and round,
    and rests as soon as anybody asks for pixels. It makes no more than half of what the cache
    holds, so that it never drives out what was looked at.
    """

    def __init__(
        self,
        render: RenderManager,
        keeping: Keeping,
        threads: FileThreads,
        is_busy: Callable[[], bool],
        limit_mb: Callable[[], int],
        *,
        quiet_s: float = QUIET_S,
    ) -> None:
        """Prepare.

        Args:
            render: Who gives work to the workers.
            keeping: Where thumbnails are kept.
            threads: Where files are looked at.
            is_busy: Whether somebody waits for pixels.
            limit_mb: Size of the cache.
            quiet_s: How long nobody must have waited.
        """
        self._render = render
        self._keeping = keeping
        self._threads = threads
        self._is_busy = is_busy
        self._limit_mb = limit_mb
        self._quiet_s = quiet_s
        self._listings: list[Listing] = []
        self._looked: _Looked | None = None
        self._done: tuple[int, int] | None = None
        self._task: asyncio.Task[None] | None = None

    def opened(self, listing: Listing) -> None:
        """A listing is open."""
        self._listings.append(listing)

    def closed(self, listing: Listing) -> None:
        """A listing is open no more."""
        with contextlib.suppress(ValueError):
            self._listings.remove(listing)

    def looked_at(self, peer_id: int, request: ThumbnailRequest) -> None:
        """Somebody sees this photo at this moment."""
        path = bytes(request.path)
        self._looked = _Looked(peer_id, path, request.size_px, request.profile)
        if self._task is None or self._task.done():
            listing = self._listing()
            if listing is not None and self._done != (id(listing), request.size_px):
                self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        left = int(_SHARE_OF_CACHE * (self._limit_mb() << 20) / _BYTES_EACH)
        while left > 0:
            await self._quiet()
            listing, looked = self._listing(), self._looked
            if listing is None or looked is None:
                return
            for names in _batches(listing, looked.path):
                missing = await self._threads.run(
                    self._missing, listing.path, names, looked.size_px
                )
                for photo in missing:
                    if not self._may_go_on(listing, looked) or left <= 0:
                        break
                    await self._make(photo, looked)
                    left -= 1
                else:
                    if self._may_go_on(listing, looked):
                        continue
                break
            else:
                self._done = (id(listing), looked.size_px)
                return

    def _may_go_on(self, listing: Listing, looked: _Looked) -> bool:
        """Whether the listing is still open, and nobody looked or waits meanwhile."""
        still_open = any(each is listing for each in self._listings)
        return still_open and not self._is_busy() and self._looked == looked

    async def _quiet(self) -> None:
        """Wait until nobody has waited for pixels for a while."""
        seen: object = object()
        while self._is_busy() or seen != self._looked:
            seen = self._looked
            await asyncio.sleep(self._quiet_s)

    def _listing(self) -> Listing | None:
        """Return the newest listing that the photo looked at last stands in."""
        if self._looked is None:
            return None
        for listing in reversed(self._listings):
            name = self._looked.path.removeprefix(listing.path)
            if listing.peer.peer_id == self._looked.peer_id and name in listing.roll:
                return listing
        return None

    def _missing(self, prefix: bytes, names: Sequence[bytes], size_px: int) -> list[PhotoState]:
        found: list[PhotoState] = []
        for name in names:
            with contextlib.suppress(RabbitError):
                photo, kept = self._keeping.look(os.path.join(prefix, name), size_px)
                if kept is None:
                    found.append(photo)
        return found

    async def _make(self, photo: PhotoState, looked: _Looked) -> None:
        task = MakeThumbnail(
            path=photo.path,
            size_px=looked.size_px,
            generation=photo.mtime_ns,
            file_bytes=photo.size_bytes,
            keep=True,
        )
        running = self._render.submit(task, priority=Priority.BACKGROUND)
        try:
            with contextlib.suppress(RabbitError):
                await running.result()
        except BaseException:
            running.cancel()
            raise


def _batches(listing: Listing, path: bytes) -> Iterator[list[bytes]]:
    """Go through the names of *listing*, from *path* on and round."""
    names = listing.roll.names
    start = max(listing.roll.id_of(path.removeprefix(listing.path)), 0)
    count = len(names)
    for first in range(start, start + count, _BATCH):
        places = range(first, min(first + _BATCH, start + count))
        batch = [names[place % count] for place in places]
        yield [name for name in batch if name]
