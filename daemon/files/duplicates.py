"""Looking for photos that are the same or nearly so, for clients."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence

from daemon.files.alike import near_groups
from daemon.files.failures import failure, that_fit
from daemon.files.paths import checked, checked_each
from daemon.files.same import Candidate, candidates, photos_below, same_groups
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import CancelRequests
from daemon.protocol.organising import (
    Duplicates,
    DuplicatesRequest,
    FileWorkProgress,
)
from daemon.protocol.peer import Peer
from daemon.protocol.values import DuplicateGroup, PathFailure
from daemon.render import Priority, RenderManager, of_kind
from daemon.storage.hashes import Hashed, HashFile
from daemon.tasks import HashPhoto, PhotoHashed

log = logging.getLogger(__name__)

_AT_ONCE = 16
_KEEP_EVERY = 256
_TELL_EVERY_S = 0.1
_ANSWER_BYTES = 700_000


class DuplicateService:
    """Answers searches for duplicates; each is given up with its request or its client."""

    def __init__(self, render: RenderManager, hashes: HashFile) -> None:
        self._render = render
        self._hashes = hashes
        self._running: dict[tuple[int, int], asyncio.Task[Duplicates]] = {}

    async def close(self) -> None:
        """Give up every search."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def duplicates(self, peer: Peer, request: DuplicatesRequest) -> Duplicates:
        """Search; cancelled by ``cancel_requests``.

        Raises:
            RabbitError: the folder cannot be read, or it was cancelled.
        """
        key = (peer.peer_id, request.request_id)
        self._cancel(peer, request.request_id)
        task = asyncio.create_task(self._search(peer, request))
        self._running[key] = task
        try:
            return await task
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if this is not None and this.cancelling():
                raise
            raise RabbitError(ErrorKind.CANCELLED, "The search was stopped.") from None
        finally:
            if self._running.get(key) is task:
                del self._running[key]

    async def cancel_requests(self, peer: Peer, request: CancelRequests) -> None:
        """Give up searches; ids of other requests are none of ours."""
        for request_id in request.request_ids:
            self._cancel(peer, request_id)

    def _cancel(self, peer: Peer, request_id: int) -> None:
        task = self._running.pop((peer.peer_id, request_id), None)
        if task is not None:
            task.cancel()

    def peer_closed(self, peer: Peer) -> None:
        """Give up the searches of a client that left."""
        for key in [key for key in self._running if key[0] == peer.peer_id]:
            self._running.pop(key).cancel()

    async def _search(self, peer: Peer, request: DuplicatesRequest) -> Duplicates:
        async with _stoppable() as stop:
            photos = await asyncio.to_thread(_chosen, request, stop)
            same, unread = await asyncio.to_thread(same_groups, photos, stop)
            failed = [failure(path, "could not be read", error) for path, error in unread]
            groups = [
                DuplicateGroup(tuple(photo.path for photo in group), exact=True) for group in same
            ]
            if request.distance > 0:
                copies = {photo.path for group in same for photo in group[1:]}
                single = [photo for photo in photos if photo.path not in copies]
                progress = _Progress(peer, request.request_id, len(single))
                hashed = await self._hashed(single, progress, failed)
                groups += await asyncio.to_thread(_alike, hashed, request.distance, stop)
        return Duplicates(groups=_that_fit(groups), failed=that_fit(failed))

    async def _hashed(
        self, photos: Sequence[Candidate], progress: _Progress, failed: list[PathFailure]
    ) -> list[tuple[Candidate, Hashed]]:
        """Return hash and sharpness of each; those not known yet are worked out by workers."""
        known = await asyncio.to_thread(self._hashes.read)
        found: list[tuple[Candidate, Hashed]] = []
        todo: list[Candidate] = []
        for photo in photos:
            hashed = known.get(HashFile.key_of(*photo))
            if hashed is None:
                todo.append(photo)
            else:
                found.append((photo, hashed))
        progress.advance(len(found))
        waiting = asyncio.Semaphore(_AT_ONCE)
        fresh: dict[bytes, Hashed] = {}

        async def one(photo: Candidate) -> None:
            try:
                hashed = await self._hash(photo)
            except RabbitError as error:
                failed.append(PathFailure(photo.path, error.info))
            else:
                found.append((photo, hashed))
                fresh[HashFile.key_of(*photo)] = hashed
            finally:
                waiting.release()
            progress.advance(1)

        try:
            async with asyncio.TaskGroup() as tasks:
                for photo in todo:
                    await waiting.acquire()
                    tasks.create_task(one(photo))
                    if len(fresh) >= _KEEP_EVERY:
                        await self._keep(fresh)
        finally:
            await self._keep(fresh)
        return found

    async def _hash(self, photo: Candidate) -> Hashed:
        task = self._render.submit(
            HashPhoto(path=photo.path, generation=photo.mtime_ns), priority=Priority.EDIT
        )
        try:
            result, _ = await task.result()
        except BaseException:
            task.cancel()
            raise
        result = of_kind(result, PhotoHashed)
        return Hashed(result.perceptual_hash, result.sharpness, result.pixels)

    async def _keep(self, fresh: dict[bytes, Hashed]) -> None:
        kept = dict(fresh)
        fresh.clear()
        if kept:
            await asyncio.to_thread(self._hashes.add, kept)


class _Progress:
    """Tells the client how many photos are looked at, ten times a second at most."""

    def __init__(self, peer: Peer, work_id: int, total: int) -> None:
        self._peer, self._work_id, self._total = peer, work_id, total
        self._done = 0
        self._told_at = 0.0

    def advance(self, count: int) -> None:
        """Some more are done."""
        self._done += count
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_S or self._done == self._total:
            self._told_at = now
            self._peer.send(
                FileWorkProgress(work_id=self._work_id, done=self._done, total=self._total)
            )


@contextlib.asynccontextmanager
async def _stoppable() -> AsyncGenerator[Callable[[], bool]]:
    """Give threads something to ask whether to stop; they do when the block is left."""
    over = threading.Event()
    try:
        yield over.is_set
    finally:
        over.set()


def _chosen(request: DuplicatesRequest, stop: Callable[[], bool]) -> list[Candidate]:
    if request.paths:
        return candidates(checked_each(request.paths))
    folder = checked(request.folder)
    try:
        return candidates(photos_below(folder, recursive=request.recursive, stop=stop))
    except OSError as error:
        raise RabbitError(
            ErrorKind.UNREADABLE,
            f"The folder {os.fsdecode(folder)} could not be read: {error.strerror}.",
            "Check that its drive is connected.",
        ) from error


def _alike(
    hashed: Sequence[tuple[Candidate, Hashed]], distance: int, stop: Callable[[], bool]
) -> list[DuplicateGroup]:
    """Return the groups of photos that look alike, the best first in each."""
    ordered = sorted(hashed, key=lambda one: one[0].path)
    groups: list[DuplicateGroup] = []
    for indices in near_groups([one.perceptual_hash for _, one in ordered], distance, stop):
        group = sorted((ordered[index] for index in indices), key=_worth, reverse=True)
        groups.append(
            DuplicateGroup(
                tuple(photo.path for photo, _ in group),
                exact=False,
                sharpness=tuple(round(one.sharpness, 6) for _, one in group),
            )
        )
    return sorted(groups, key=lambda group: group.paths[0])


def _worth(one: tuple[Candidate, Hashed]) -> tuple[float, int]:
    """Return what the best pick goes by: sharpness, but a small or squashed copy is no better."""
    photo, hashed = one
    size = max(hashed.pixels, 1) ** 0.5 * photo.size_bytes**0.25
    return hashed.sharpness * size, photo.size_bytes


def _that_fit(groups: Sequence[DuplicateGroup]) -> tuple[DuplicateGroup, ...]:
    """Return as many groups as fit into one message; the next search finds the others."""
    fitting: list[DuplicateGroup] = []
    room = _ANSWER_BYTES
    for group in groups:
        room -= sum(len(path) + 16 for path in group.paths) + 16
        if room < 0:
            log.warning("%d of %d groups did not fit", len(groups) - len(fitting), len(groups))
            break
        fitting.append(group)
    return tuple(fitting)
