"""Photos for the photo view: the embedded preview at once, then the pixels; surfaces if large."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from daemon.library.surfaces import Surfaces
from daemon.library.threads import FileThreads
from daemon.library.thumbnails import look_at_photo, make_pixels, read_priority
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import PreviewRequest, SurfaceReady
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager
from daemon.tasks import MakePreview, PixelsMade

INLINE_BYTES = 4 << 20
MAX_SIDE_PX = 65_535


class Previews:
    """Makes previews and hands them over."""

    def __init__(self, render: RenderManager, surfaces: Surfaces, threads: FileThreads) -> None:
        self._render = render
        self._surfaces = surfaces
        self._threads = threads

    async def send(self, peer: Peer, request: PreviewRequest) -> None:
        """Answer *request*: the embedded preview if it is the faster one, then the pixels.

        Raises:
            RabbitError: there is no such photo, or it cannot be decoded.
        """
        priority = read_priority(request.priority)
        _check_box(request)
        photo = await self._threads.run(look_at_photo, bytes(request.path))
        task = MakePreview(
            path=photo.path,
            max_width_px=request.max_width_px,
            max_height_px=request.max_height_px,
            generation=photo.mtime_ns,
        )
        early = None
        if priority is Priority.VISIBLE and request.max_width_px:
            early = asyncio.create_task(self._send_embedded(peer, request, task))
        try:
            await self._send_one(peer, request, task, priority, instead_of=early)
        finally:
            if early is not None:
                early.cancel()
                await asyncio.gather(early, return_exceptions=True)

    async def _send_embedded(self, peer: Peer, request: PreviewRequest, task: MakePreview) -> None:
        embedded = msgspec.structs.replace(task, embedded_only=True)
        with contextlib.suppress(RabbitError):
            await self._send_one(peer, request, embedded, Priority.VISIBLE)

    async def _send_one(
        self,
        peer: Peer,
        request: PreviewRequest,
        task: MakePreview,
        priority: Priority,
        *,
        instead_of: asyncio.Task[None] | None = None,
    ) -> None:
        surface_path = b""
        if not 0 < task.max_width_px * task.max_height_px * 4 <= INLINE_BYTES:
            surface_path = self._make_surface()
            task = msgspec.structs.replace(task, surface_path=surface_path)
        try:
            made, pixels = await make_pixels(self._render, task, priority)
        except BaseException:
            self._surfaces.discard(surface_path)
            raise
        if instead_of is not None:
            instead_of.cancel()
        surface_id = self._surfaces.give(peer.peer_id, surface_path) if surface_path else 0
        quality = "embedded" if task.embedded_only else _quality(made)
        peer.send(_answer(request, made, quality, surface_path, surface_id), pixels)

    def _make_surface(self) -> bytes:
        try:
            return self._surfaces.make()
        except OSError as error:
            raise RabbitError(
                ErrorKind.DISK_FULL,
                f"A photo cannot be shown: the cache cannot be written ({error.strerror}).",
                "Free some room on the drive that holds the cache folder.",
            ) from error


def _check_box(request: PreviewRequest) -> None:
    sides = (request.max_width_px, request.max_height_px)
    if not all(0 <= side <= MAX_SIDE_PX for side in sides) or (0 in sides and any(sides)):
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A preview cannot be fitted into {sides[0]} x {sides[1]} pixels.",
        )


def _quality(made: PixelsMade) -> str:
    return "full" if made.width_px >= made.source_width_px else "screen"


def _answer(
    request: PreviewRequest, made: PixelsMade, quality: str, surface_path: bytes, surface_id: int
) -> SurfaceReady:
    return SurfaceReady(
        request_id=request.request_id,
        path=bytes(request.path),
        surface_path=surface_path,
        surface_id=surface_id,
        width_px=made.width_px,
        height_px=made.height_px,
        stride_bytes=4 * made.width_px,
        source_width_px=made.source_width_px,
        source_height_px=made.source_height_px,
        quality=quality,
    )
