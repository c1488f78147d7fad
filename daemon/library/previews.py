"""Photos for the photo view: the embedded preview at once, then the pixels; surfaces if large."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import msgspec

from daemon.library.keeping import SCREEN_SIZE, Keeping
from daemon.library.profiles import MonitorProfiles
from daemon.library.surfaces import Surfaces
from daemon.library.threads import FileThreads
from daemon.library.thumbnail_cache import Cached, PhotoState
from daemon.library.thumbnails import make_pixels, read_priority, show_cached
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import PreviewRequest, SurfaceReady
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager
from daemon.tasks import MakePreview, PixelsMade, ShowCached

INLINE_BYTES = 4 << 20
MAX_SIDE_PX = 65_535

_Task = MakePreview | ShowCached


class _Step(NamedTuple):
    """One answer to a request."""

    task: _Task
    quality: str
    priority: Priority


class Previews:
    """Makes previews and hands them over."""

    def __init__(
        self,
        render: RenderManager,
        surfaces: Surfaces,
        threads: FileThreads,
        keeping: Keeping,
        profiles: MonitorProfiles,
    ) -> None:
        self._render = render
        self._surfaces = surfaces
        self._threads = threads
        self._keeping = keeping
        self._profiles = profiles

    async def send(self, peer: Peer, request: PreviewRequest) -> None:
        """Answer *request*: something small if that is the faster one, then the pixels.

        A photo whose screen-size picture is kept needs one answer only.

        Raises:
            RabbitError: there is no such photo, or it cannot be decoded.
        """
        priority = read_priority(request.priority)
        _check_box(request)
        look = self._keeping.look_for_screen
        photo, screen, small = await self._threads.run(look, bytes(request.path))
        profile = self._profiles.path(request.profile)
        box = request.max_width_px, request.max_height_px
        if screen is not None and fills(screen, box):
            step = _Step(show_cached(screen, box, profile), "screen", priority)
            try:
                await self._send_one(peer, request, step)
            except RabbitError as error:
                if error.info.kind is ErrorKind.DISK_FULL:
                    raise
                self._keeping.screens.drop(photo, SCREEN_SIZE)
            else:
                return
        task = _task(photo, box, profile, keep=bool(box[0]) and self._keeping.keeps_screens)
        early = None
        if priority is Priority.VISIBLE and box[0]:
            early = asyncio.create_task(self._send_early(peer, request, task, small))
        try:
            await self._send_one(peer, request, _Step(task, "", priority), instead_of=early)
        finally:
            if early is not None:
                early.cancel()
                await asyncio.gather(early, return_exceptions=True)

    async def _send_early(
        self, peer: Peer, request: PreviewRequest, task: MakePreview, small: Cached | None
    ) -> None:
        """Send the kept thumbnail, or else the file's own preview."""
        box = task.max_width_px, task.max_height_px
        if small is not None:
            cached = show_cached(small, box, task.profile_path)
            with contextlib.suppress(RabbitError):
                await self._send_one(peer, request, _Step(cached, "embedded", Priority.VISIBLE))
                return
        embedded = msgspec.structs.replace(task, embedded_only=True, keep=False, levels=False)
        with contextlib.suppress(RabbitError):
            await self._send_one(peer, request, _Step(embedded, "embedded", Priority.VISIBLE))

    async def _send_one(
        self,
        peer: Peer,
        request: PreviewRequest,
        step: _Step,
        *,
        instead_of: asyncio.Task[None] | None = None,
    ) -> None:
        task, surface_path = step.task, b""
        if not 0 < task.max_width_px * task.max_height_px * 4 <= INLINE_BYTES:
            surface_path = self._make_surface()
            task = msgspec.structs.replace(task, surface_path=surface_path)
        try:
            made, pixels = await make_pixels(self._render, task, step.priority)
        except BaseException:
            self._surfaces.discard(surface_path)
            raise
        if instead_of is not None:
            instead_of.cancel()
        if surface_path and not made.surface_path:
            self._surfaces.discard(surface_path)
            surface_path = b""
        surface_id = self._surfaces.give(peer.peer_id, surface_path) if surface_path else 0
        quality = step.quality or _quality(made)
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


def _task(
    photo: PhotoState, box: tuple[int, int], profile_path: bytes, *, keep: bool
) -> MakePreview:
    return MakePreview(
        path=photo.path,
        max_width_px=box[0],
        max_height_px=box[1],
        generation=photo.mtime_ns,
        file_bytes=photo.size_bytes,
        profile_path=profile_path,
        keep=keep,
        levels=not box[0],
    )


def fills(screen: Cached, box: tuple[int, int]) -> bool:
    """Return whether a kept picture is as large as the photo can be shown in *box*."""
    if not all(box):
        return False
    width, height = screen.source_width_px, screen.source_height_px
    if not width or not height:
        return False
    scale = min(box[0] / width, box[1] / height, 1.0)
    return screen.width_px >= int(width * scale) and screen.height_px >= int(height * scale)


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
        levels=made.levels,
    )
