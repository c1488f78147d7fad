"""A photo under looks and grades: many small pictures at once, or one for the photo view."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from daemon.library.keeping import Keeping
from daemon.library.previews import INLINE_BYTES, MAX_SIDE_PX, fills
from daemon.library.profiles import MonitorProfiles
from daemon.library.surfaces import Surfaces
from daemon.library.threads import FileThreads
from daemon.library.thumbnail_cache import Cached
from daemon.library.thumbnails import show_cached
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.looks import LookPreviewRequest, LookThumbnails, LookThumbnailsRequest
from daemon.protocol.messages import SurfaceReady
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager, of_kind
from daemon.tasks import GradesShown, ShowGrades

MAX_LOOKS_AT_ONCE = 400
MAX_THUMBNAIL_PX = 512
_MAX_BLOB_BYTES = 48 << 20
_CHANNELS = ("all", "luma", "chroma")
_MAX_STRENGTH = 1.5


class GradeFiles(Protocol):
    """The looks library and the finished jobs, as their viewers see them."""

    async def lut_of(self, look_id: str) -> bytes:
        """Return the file of a look's LUT."""
        ...

    async def luts_of(self, look_ids: tuple[str, ...]) -> dict[str, bytes]:
        """Return the files of those looks that are there."""
        ...

    async def files_of(self, job_id: str) -> tuple[bytes, bytes]:
        """Return LUT and spatial part (empty: none) of a finished job's grade."""
        ...


class GradeViews:
    """Shows photos under grades, from the kept picture of the photo where there is one."""

    def __init__(
        self,
        render: RenderManager,
        surfaces: Surfaces,
        threads: FileThreads,
        keeping: Keeping,
        profiles: MonitorProfiles,
        grades: GradeFiles,
        tables: bytes,
    ) -> None:
        """Prepare.

        Args:
            render: Who gives work to the workers.
            surfaces: Files for pictures that are too large for a message.
            threads: Where files are looked at.
            keeping: The kept pictures.
            profiles: Of the monitors.
            grades: Where the LUTs are.
            tables: Folder for copies of LUTs that are read faster; safe to delete.
        """
        self._render = render
        self._surfaces = surfaces
        self._threads = threads
        self._keeping = keeping
        self._profiles = profiles
        self._grades = grades
        self._tables = tables

    async def send_thumbnails(self, peer: Peer, request: LookThumbnailsRequest) -> None:
        """Answer with the photo under each look.

        Raises:
            RabbitError: there is no such photo, it cannot be decoded, or too much is asked for.
        """
        side = request.long_edge_px
        if not 0 < side <= MAX_THUMBNAIL_PX or len(request.look_ids) > MAX_LOOKS_AT_ONCE:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"Pictures of looks are 1 to {MAX_THUMBNAIL_PX} pixels long, and "
                f"{MAX_LOOKS_AT_ONCE} at most are made at once.",
            )
        if len(request.look_ids) * side * side * 4 > _MAX_BLOB_BYTES:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, "These pictures of looks do not fit into one answer."
            )
        found = await self._grades.luts_of(request.look_ids)
        wanted = tuple(dict.fromkeys(key for key in request.look_ids if key in found))
        task = await self._task(bytes(request.path), (side, side), request.profile)
        task = msgspec.structs.replace(task, lut_paths=tuple(found[key] for key in wanted))
        shown, pixels = await self._show(task)
        peer.send(
            LookThumbnails(
                request_id=request.request_id,
                path=bytes(request.path),
                width_px=shown.width_px,
                height_px=shown.height_px,
                look_ids=tuple(wanted[index] for index in shown.shown),
            ),
            pixels,
        )

    async def send_preview(self, peer: Peer, request: LookPreviewRequest) -> None:
        """Answer with the photo under a look, or under the grade of a finished job.

        Raises:
            RabbitError: photo or grade are gone or damaged, or the request contradicts itself.
        """
        _check(request)
        if request.look_id:
            cube, grid = await self._grades.lut_of(request.look_id), b""
        else:
            cube, grid = await self._grades.files_of(request.job_id)
        box = request.max_width_px, request.max_height_px
        path = bytes(request.path)
        surface = self._make_surface() if box[0] * box[1] * 4 > INLINE_BYTES else b""
        task = msgspec.structs.replace(
            await self._task(path, box, request.profile),
            lut_paths=(cube,),
            grid_path=grid,
            strength=request.strength,
            channels=request.channels,
            surface_path=surface,
        )
        try:
            shown, pixels = await self._show(task)
            _check_shown(shown, request)
        except BaseException:
            self._surfaces.discard(surface)
            raise
        if surface and not shown.surface_path:
            self._surfaces.discard(surface)
        surface_path = shown.surface_path
        peer.send(
            SurfaceReady(
                request_id=request.request_id,
                path=path,
                surface_path=surface_path,
                surface_id=self._surfaces.give(peer.peer_id, surface_path) if surface_path else 0,
                width_px=shown.width_px,
                height_px=shown.height_px,
                stride_bytes=4 * shown.width_px,
                source_width_px=shown.source_width_px,
                source_height_px=shown.source_height_px,
                quality="full" if shown.width_px >= shown.source_width_px else "screen",
            ),
            pixels,
        )

    async def _task(self, path: bytes, box: tuple[int, int], profile: str) -> ShowGrades:
        """Return the task for a photo; it names the kept picture that is large enough."""
        photo, screen, small = await self._threads.run(self._keeping.look_for_screen, path)
        whole: Cached | None = screen if screen is not None and fills(screen, box) else None
        tame = small if whole is None and small is not None and fills(small, box) else None
        return ShowGrades(
            path=path,
            max_width_px=box[0],
            max_height_px=box[1],
            lut_paths=(),
            generation=photo.mtime_ns,
            file_bytes=photo.size_bytes,
            profile_path=self._profiles.path(profile),
            kept=show_cached(whole, box, b"") if whole is not None else None,
            kept_srgb=show_cached(tame, box, b"") if tame is not None else None,
            tables=self._tables,
        )

    async def _show(self, task: ShowGrades) -> tuple[GradesShown, bytes]:
        running = self._render.submit(task, priority=Priority.VISIBLE)
        try:
            result, pixels = await running.result()
        except asyncio.CancelledError:
            running.cancel()
            raise
        return of_kind(result, GradesShown), pixels

    def _make_surface(self) -> bytes:
        try:
            return self._surfaces.make()
        except OSError:
            return b""  # the cache is full: the answer itself carries the picture


def _check(request: LookPreviewRequest) -> None:
    sides = (request.max_width_px, request.max_height_px)
    problem = ""
    if not all(0 < side <= MAX_SIDE_PX for side in sides):
        problem = f"it cannot be fitted into {sides[0]} x {sides[1]} pixels"
    elif sides[0] * sides[1] * 4 > _MAX_BLOB_BYTES:
        problem = f"{sides[0]} x {sides[1]} pixels are more than a screen has"
    elif bool(request.look_id) == bool(request.job_id):
        problem = "name a look or a finished job"
    elif not 0.0 <= request.strength <= _MAX_STRENGTH:
        problem = f"strength {request.strength:g} is outside 0 to {_MAX_STRENGTH:g}"
    elif request.channels not in _CHANNELS:
        problem = f"channels '{request.channels}' is none of {', '.join(_CHANNELS)}"
    if problem:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST, f"The grade was not shown on the photo: {problem}."
        )


def _check_shown(shown: GradesShown, request: LookPreviewRequest) -> None:
    if shown.shown:
        return
    what = "look" if request.look_id else "grade"
    raise RabbitError(
        ErrorKind.UNREADABLE,
        f"The LUT of this {what} is damaged.",
        "Save or import the look again." if request.look_id else "Grade the photo again.",
    )
