"""Thumbnails for clients: from the cache, else the embedded one first and then the real one."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import AsyncIterator

from daemon.library.scan import check_path
from daemon.library.threads import FileThreads
from daemon.library.thumbnail_cache import CachedThumbnail, PhotoState, ThumbnailCache
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import ThumbnailReady, ThumbnailRequest
from daemon.render import Priority, RenderManager
from daemon.settings import SettingsStore
from daemon.tasks import AnyTask, DecodePreview, MakeThumbnail, PixelsMade

MIN_SIZE_PX, MAX_SIZE_PX = 16, 1024
PRIORITIES = {
    "visible": Priority.VISIBLE,
    "near": Priority.NEAR,
    "background": Priority.BACKGROUND,
}
_SETTLED_NS = 2_000_000_000


class Thumbnails:
    """Makes, keeps and finds thumbnails."""

    def __init__(
        self,
        render: RenderManager,
        cache: ThumbnailCache,
        threads: FileThreads,
        settings: SettingsStore,
    ) -> None:
        self._render = render
        self._cache = cache
        self._threads = threads
        self._settings = settings

    async def stages(
        self, request: ThumbnailRequest
    ) -> AsyncIterator[tuple[ThumbnailReady, bytes]]:
        """Yield the answers to *request*, each with its pixels.

        Raises:
            RabbitError: there is no such photo, or it cannot be decoded.
        """
        priority = read_priority(request.priority)
        size_px = min(max(request.size_px, MIN_SIZE_PX), MAX_SIZE_PX)
        photo, cached = await self._threads.run(self._look, bytes(request.path), size_px)
        if cached is not None:
            answer = await self._decode_cached(request, cached, priority)
            if answer is not None:
                yield answer
                return
            await self._threads.run(self._cache.drop, photo, size_px)
        if priority is not Priority.BACKGROUND:
            answer = await self._make_embedded(request, photo, size_px, priority)
            if answer is not None:
                yield answer
        yield await self._make_final(request, photo, size_px, priority)

    def _look(self, path: bytes, size_px: int) -> tuple[PhotoState, CachedThumbnail | None]:
        photo = look_at_photo(path)
        return photo, self._cache.read(photo, size_px)

    async def _decode_cached(
        self, request: ThumbnailRequest, cached: CachedThumbnail, priority: Priority
    ) -> tuple[ThumbnailReady, bytes] | None:
        try:
            made, pixels = await self._pixels(DecodePreview(data=cached.jpeg), priority)
        except RabbitError:
            return None
        source = (cached.source_width_px, cached.source_height_px)
        return _answer(request, made, source, "final"), pixels

    async def _make_embedded(
        self, request: ThumbnailRequest, photo: PhotoState, size_px: int, priority: Priority
    ) -> tuple[ThumbnailReady, bytes] | None:
        task = MakeThumbnail(
            path=photo.path, size_px=size_px, embedded_only=True, generation=photo.mtime_ns
        )
        try:
            made, pixels = await self._pixels(task, priority)
        except RabbitError:
            return None
        return _answer(request, made, _source(made), "embedded"), pixels

    async def _make_final(
        self, request: ThumbnailRequest, photo: PhotoState, size_px: int, priority: Priority
    ) -> tuple[ThumbnailReady, bytes]:
        keeps = await self._threads.run(self._prepare_cache)
        task = MakeThumbnail(
            path=photo.path,
            size_px=size_px,
            generation=photo.mtime_ns,
            jpeg_path=self._cache.incoming(photo, size_px) if keeps else b"",
        )
        made, pixels = await self._pixels(task, priority)
        if keeps:
            await self._threads.run(self._keep, photo, size_px, _source(made))
        return _answer(request, made, _source(made), "final"), pixels

    async def _pixels(self, task: AnyTask, priority: Priority) -> tuple[PixelsMade, bytes]:
        return await make_pixels(self._render, task, priority)

    def _prepare_cache(self) -> bool:
        try:
            self._cache.prepare()
        except OSError:
            return False
        return True

    def _keep(self, photo: PhotoState, size_px: int, source: tuple[int, int]) -> None:
        """Keep what was made, unless the file is still being written or changed meanwhile."""
        try:
            unchanged = look_at_photo(photo.path) == photo
        except RabbitError:
            unchanged = False
        if unchanged and time.time_ns() - photo.mtime_ns > _SETTLED_NS:
            limit_mb = self._settings.current.cache.limit_mb
            self._cache.take(photo, size_px, source, limit_mb)
        else:
            self._cache.drop(photo, size_px)


async def make_pixels(
    render: RenderManager, task: AnyTask, priority: Priority
) -> tuple[PixelsMade, bytes]:
    """Run *task* and return its pixels; a caller that goes away cancels its share of it.

    Raises:
        RabbitError: the task failed.
    """
    running = render.submit(task, priority=priority)
    try:
        made, pixels = await running.result()
    except BaseException:
        running.cancel()
        raise
    if not isinstance(made, PixelsMade):
        raise RabbitError(ErrorKind.INTERNAL, f"{type(task).__name__} made no pixels.")
    return made, pixels


def look_at_photo(path: bytes) -> PhotoState:
    """Return what the file at *path* is now; blocking.

    Raises:
        RabbitError: ``not_found``, ``not_a_photo`` or ``permission_denied``.
    """
    name = os.fsdecode(check_path(path))
    try:
        found = os.stat(path)
    except PermissionError as error:
        raise RabbitError(ErrorKind.PERMISSION_DENIED, f"{name} may not be read.") from error
    except OSError as error:
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"There is no photo {name}.",
            "It may have been moved or renamed, or its drive is not connected.",
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise RabbitError(ErrorKind.NOT_A_PHOTO, f"{name} is not a file.")
    return PhotoState(path, found.st_mtime_ns, found.st_size)


def read_priority(name: str) -> Priority:
    """Return the priority that a request names.

    Raises:
        RabbitError: ``invalid_request``.
    """
    try:
        return PRIORITIES[name]
    except KeyError:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"There is no priority {name!r}.",
            "visible, near, background",
        ) from None


def _source(made: PixelsMade) -> tuple[int, int]:
    return made.source_width_px, made.source_height_px


def _answer(
    request: ThumbnailRequest, made: PixelsMade, source: tuple[int, int], stage: str
) -> ThumbnailReady:
    return ThumbnailReady(
        request_id=request.request_id,
        path=bytes(request.path),
        width_px=made.width_px,
        height_px=made.height_px,
        source_width_px=source[0],
        source_height_px=source[1],
        stage=stage,
    )
