"""Thumbnails for clients: from the cache, else the embedded one first and then the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator

from daemon.library.keeping import Keeping, look_at_photo
from daemon.library.profiles import MonitorProfiles
from daemon.library.threads import FileThreads
from daemon.library.thumbnail_cache import Cached, PhotoState
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import ThumbnailReady, ThumbnailRequest
from daemon.render import Priority, RenderManager, of_kind
from daemon.tasks import AnyTask, MakeThumbnail, PixelsMade, ShowCached

__all__ = ["Thumbnails", "look_at_photo", "make_pixels", "read_priority", "show_cached"]

MIN_SIZE_PX, MAX_SIZE_PX = 16, 1024
PRIORITIES = {
    "visible": Priority.VISIBLE,
    "near": Priority.NEAR,
    "background": Priority.BACKGROUND,
}
_NO_PIXELS = PixelsMade(width_px=0, height_px=0, source_width_px=0, source_height_px=0)


class Thumbnails:
    """Makes, keeps and finds thumbnails."""

    def __init__(
        self,
        render: RenderManager,
        keeping: Keeping,
        threads: FileThreads,
        profiles: MonitorProfiles,
    ) -> None:
        self._render = render
        self._keeping = keeping
        self._threads = threads
        self._profiles = profiles

    async def stages(
        self, request: ThumbnailRequest
    ) -> AsyncIterator[tuple[ThumbnailReady, bytes]]:
        """Yield the answers to *request*, each with its pixels.

        Raises:
            RabbitError: there is no such photo, or it cannot be decoded.
        """
        priority = read_priority(request.priority)
        size_px = min(max(request.size_px, MIN_SIZE_PX), MAX_SIZE_PX)
        path = bytes(request.path)
        photo, cached = await self._threads.run(self._keeping.look, path, size_px)
        profile = self._profiles.path(request.profile)
        if cached is not None:
            try:
                side_px = min(_shown_px(request) or size_px, size_px)
                task = show_cached(cached, (side_px, side_px), profile)
                made, pixels = await self._pixels(task, priority)
            except RabbitError:
                self._keeping.thumbnails.drop(photo, size_px)
            else:
                yield _answer(request, made, "final", cached=True), pixels
                return
        if priority is not Priority.BACKGROUND:
            yield await self._make_embedded(request, photo, size_px, priority)
        yield await self._make_final(request, photo, size_px, priority)

    async def _make_embedded(
        self, request: ThumbnailRequest, photo: PhotoState, size_px: int, priority: Priority
    ) -> tuple[ThumbnailReady, bytes]:
        task = MakeThumbnail(
            path=photo.path,
            size_px=size_px,
            shown_px=_shown_px(request),
            embedded_only=True,
            generation=photo.mtime_ns,
            file_bytes=photo.size_bytes,
            profile_path=self._profiles.path(request.profile),
        )
        try:
            made, pixels = await self._pixels(task, priority)
        except RabbitError:
            return _answer(request, _NO_PIXELS, "none"), b""
        return _answer(request, made, "embedded"), pixels

    async def _make_final(
        self, request: ThumbnailRequest, photo: PhotoState, size_px: int, priority: Priority
    ) -> tuple[ThumbnailReady, bytes]:
        task = MakeThumbnail(
            path=photo.path,
            size_px=size_px,
            shown_px=_shown_px(request),
            generation=photo.mtime_ns,
            file_bytes=photo.size_bytes,
            keep=True,
            profile_path=self._profiles.path(request.profile),
        )
        made, pixels = await self._pixels(task, priority)
        return _answer(request, made, "final"), pixels

    async def _pixels(self, task: AnyTask, priority: Priority) -> tuple[PixelsMade, bytes]:
        return await make_pixels(self._render, task, priority)


def show_cached(
    cached: Cached, box: tuple[int, int], profile_path: bytes, surface_path: bytes = b""
) -> ShowCached:
    """Return the task that shows a kept picture, fitted into *box*."""
    return ShowCached(
        pack_path=cached.pack_path,
        offset=cached.offset,
        length=cached.length,
        checksum=cached.checksum,
        source_width_px=cached.source_width_px,
        source_height_px=cached.source_height_px,
        max_width_px=box[0],
        max_height_px=box[1],
        surface_path=surface_path,
        profile_path=profile_path,
    )


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
    return of_kind(made, PixelsMade), pixels


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


def _shown_px(request: ThumbnailRequest) -> int:
    return max(request.shown_px, MIN_SIZE_PX) if request.shown_px > 0 else 0


def _answer(
    request: ThumbnailRequest, made: PixelsMade, stage: str, *, cached: bool = False
) -> ThumbnailReady:
    return ThumbnailReady(
        request_id=request.request_id,
        path=bytes(request.path),
        width_px=made.width_px,
        height_px=made.height_px,
        source_width_px=made.source_width_px,
        source_height_px=made.source_height_px,
        stage=stage,
        cached=cached,
    )
