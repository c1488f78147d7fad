"""What clients may ask of the library: folders, thumbnails, previews, facts of a photo."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol

from daemon.library import scan
from daemon.library.grade_views import GradeFiles, GradeViews
from daemon.library.keeping import Keeping
from daemon.library.listing import Chosen, Listing
from daemon.library.previews import Previews
from daemon.library.profiles import MonitorProfiles
from daemon.library.surfaces import Surfaces
from daemon.library.threads import FileThreads
from daemon.library.thumbnails import Thumbnails, look_at_photo
from daemon.library.warming import Warming
from daemon.library.watch import Pace
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import (
    CancelRequests,
    Done,
    Failed,
    FolderClose,
    FolderOpen,
    LookPreviewRequest,
    LookThumbnailsRequest,
    PhotoInfo,
    PhotoInfoRequest,
    PreviewRequest,
    Subfolders,
    SubfoldersRequest,
    SurfaceMapped,
    ThumbnailRequest,
)
from daemon.protocol.peer import Peer, Publish
from daemon.render import Priority, RenderManager, of_kind
from daemon.settings import SettingsStore
from daemon.tasks import PhotoInfoRead, ReadPhotoInfo

_log = logging.getLogger(__name__)

MAX_REQUESTS = 4096
MAX_LISTINGS = 64

_Group = tuple[int, str]


class FactsOfListings(Chosen, Protocol):
    """The catalogue, as the library sees it."""

    def attach(self, listing: Listing) -> None:
        """A listing is being opened; its roll is empty still."""
        ...

    def detach(self, listing: Listing) -> None:
        """A listing was closed."""
        ...


class LibraryService:
    """Folders and pixels for every client.

    Work for a client runs in a task of its own and is cancelled with the request, the listing or
    the client. Requests are told apart by client and request id; one without an id cannot be
    cancelled alone.
    """

    def __init__(
        self,
        render: RenderManager,
        publish: Publish,
        folders: Folders,
        settings: SettingsStore,
        *,
        pace: Pace | None = None,
        catalogue: FactsOfListings | None = None,
        grades: GradeFiles | None = None,
    ) -> None:
        """Prepare.

        Args:
            render: Who gives work to the workers.
            publish: How events reach every client.
            folders: Where the daemon keeps things.
            settings: What is in force.
            pace: How often folders are looked at.
            catalogue: Who knows facts and marks of what is listed.
            grades: Who knows looks and finished grades.
        """
        del publish
        self._catalogue = catalogue
        self._render = render
        self._pace = pace or Pace()
        self._threads = FileThreads()
        self._surfaces = Surfaces(folders.cache / "surfaces")
        self._surfaces.sweep()
        self._keeping = Keeping(folders.cache, self._threads, settings)
        render.on_kept(self._keeping.take)
        self.profiles = MonitorProfiles(folders.cache / "profiles", self._threads, settings)
        self._thumbnails = Thumbnails(render, self._keeping, self._threads, self.profiles)
        self._previews = Previews(
            render, self._surfaces, self._threads, self._keeping, self.profiles
        )
        self._grade_views: GradeViews | None = None
        if grades is not None:
            self._grade_views = GradeViews(
                render,
                self._surfaces,
                self._threads,
                self._keeping,
                self.profiles,
                grades,
                os.fsencode(folders.cache / "looks"),
            )
        self._running: dict[_Group, dict[int, asyncio.Task[None]]] = {}
        self._unended: set[asyncio.Task[None]] = set()
        self._unnumbered = 0
        self._warming = Warming(
            render,
            self._keeping,
            self._threads,
            self._is_busy,
            lambda: settings.current.cache.limit_mb,
        )

    @property
    def surfaces(self) -> Surfaces:
        """The files that clients map; those of other services are released with its own."""
        return self._surfaces

    async def close(self) -> None:
        """Stop all work."""
        await self._warming.close()
        for task in self._unended:
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*self._unended, return_exceptions=True)
        await self._keeping.settled()
        self._keeping.close()
        self._threads.close()

    async def settled(self) -> None:
        """Return once what workers sent for the caches is kept."""
        await self._keeping.settled()

    def peer_closed(self, peer: Peer) -> None:
        """Drop what was under way for a client that left."""
        for group in [group for group in self._running if group[0] == peer.peer_id]:
            for task in self._running.pop(group).values():
                task.cancel()
        self._surfaces.release_all(peer.peer_id)

    # ------------------------------------------------------------ folders

    async def folder_open(self, peer: Peer, request: FolderOpen) -> None:
        """List a folder and follow it; the answers are sent as they come."""
        if not (request.collection or request.search):
            scan.check_path(bytes(request.path))
        listing = Listing(peer, request, self._threads, self._pace, self._catalogue)
        work = self._carry_out(peer, request.request_id, lambda: self._follow(listing))
        self._start((peer.peer_id, "listing"), request.listing_id, work)

    async def folder_close(self, peer: Peer, request: FolderClose) -> Done:
        """Follow a folder no longer; closing one that is not open is no failure."""
        self._cancel((peer.peer_id, "listing"), request.listing_id)
        return Done()

    async def subfolders(self, peer: Peer, request: SubfoldersRequest) -> Subfolders:
        """List the subfolders of a folder."""
        del peer
        path = scan.check_path(bytes(request.path))
        try:
            folders = await self._threads.run(scan.list_subfolders, path)
        except OSError as error:
            raise scan.folder_error(path, error) from error
        return Subfolders(path=path, folders=folders)

    async def _follow(self, listing: Listing) -> None:
        """Keep *listing* up to date, and the catalogue in the picture."""
        if self._catalogue is not None:
            self._catalogue.attach(listing)
        self._warming.opened(listing)
        try:
            await listing.run()
        finally:
            self._warming.closed(listing)
            if self._catalogue is not None:
                self._catalogue.detach(listing)

    # ------------------------------------------------------------ pixels

    async def thumbnail(self, peer: Peer, request: ThumbnailRequest) -> None:
        """Make a thumbnail; up to two answers are sent as they come."""
        self._start_pixels(peer, request.request_id, lambda: self._send_thumbnail(peer, request))
        if request.priority == "visible":
            self._warming.looked_at(peer.peer_id, request)

    async def preview(self, peer: Peer, request: PreviewRequest) -> None:
        """Make a preview; up to two answers are sent as they come."""
        self._start_pixels(peer, request.request_id, lambda: self._previews.send(peer, request))

    async def look_thumbnails(self, peer: Peer, request: LookThumbnailsRequest) -> None:
        """Show a photo under looks; the answer is sent when it is there."""
        views = self._views()
        self._start_pixels(peer, request.request_id, lambda: views.send_thumbnails(peer, request))

    async def look_preview(self, peer: Peer, request: LookPreviewRequest) -> None:
        """Show a photo under a grade; the answer is sent when it is there."""
        views = self._views()
        self._start_pixels(peer, request.request_id, lambda: views.send_preview(peer, request))

    def _views(self) -> GradeViews:
        if self._grade_views is None:
            raise RabbitError(ErrorKind.INVALID_REQUEST, "This daemon has no looks library.")
        return self._grade_views

    async def surface_mapped(self, peer: Peer, request: SurfaceMapped) -> None:
        """Unlink a surface that its receiver holds."""
        self._surfaces.release(peer.peer_id, request.surface_id)

    async def cancel_requests(self, peer: Peer, request: CancelRequests) -> None:
        """Drop pixel requests; those that are done already are no failure."""
        for request_id in request.request_ids:
            self._cancel((peer.peer_id, "pixels"), request_id)

    async def photo_info(self, peer: Peer, request: PhotoInfoRequest) -> PhotoInfo:
        """Read what there is to know about a photo."""
        del peer
        path = bytes(request.path)
        await self._threads.run(look_at_photo, path)
        running = self._render.submit(ReadPhotoInfo(path=path), priority=Priority.VISIBLE)
        try:
            found = of_kind((await running.result())[0], PhotoInfoRead)
        except BaseException:
            running.cancel()
            raise
        return PhotoInfo(
            path=path,
            format=found.format,
            width_px=found.width_px,
            height_px=found.height_px,
            size_bytes=found.size_bytes,
            bit_depth=found.bit_depth,
            channels=found.channels,
            color_space=found.color_space,
            icc_description=found.icc_description,
            orientation=found.orientation,
            has_alpha=found.has_alpha,
            metadata=found.metadata,
            notes=found.notes,
        )

    async def _send_thumbnail(self, peer: Peer, request: ThumbnailRequest) -> None:
        async for answer, pixels in self._thumbnails.stages(request):
            peer.send(answer, pixels)

    # ------------------------------------------------------------ tasks

    def _start_pixels(
        self, peer: Peer, request_id: int, work: Callable[[], Awaitable[None]]
    ) -> None:
        number = request_id
        if not number:
            self._unnumbered -= 1
            number = self._unnumbered
        self._start((peer.peer_id, "pixels"), number, self._carry_out(peer, request_id, work))

    def _start(self, group: _Group, number: int, work: Coroutine[None, None, None]) -> None:
        """Run *work* until it ends or is cancelled as *number* of *group*."""
        running = self._running.setdefault(group, {})
        limit = MAX_LISTINGS if group[1] == "listing" else MAX_REQUESTS
        if len(running) >= limit:
            work.close()
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"More than {limit} requests of this kind are under way.",
                "Cancel those that are no longer wanted.",
            )
        self._cancel(group, number)
        task = asyncio.create_task(work)
        running[number] = task
        self._unended.add(task)
        task.add_done_callback(lambda done: self._forget(group, number, done))

    async def _carry_out(
        self, peer: Peer, request_id: int, work: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            await work()
        except RabbitError as error:
            peer.send(Failed(request_id=request_id, error=error.info))
        except Exception as error:  # noqa: BLE001 - a boundary: what fails here is one answer
            _log.exception("request %d of client %d failed", request_id, peer.peer_id)
            peer.send(Failed(request_id=request_id, error=_internal(error)))

    def _is_busy(self) -> bool:
        """Whether somebody waits for pixels."""
        return any(self._running[group] for group in self._running if group[1] == "pixels")

    def _cancel(self, group: _Group, number: int) -> None:
        task = self._running.get(group, {}).pop(number, None)
        if task is not None:
            task.cancel()

    def _forget(self, group: _Group, number: int, task: asyncio.Task[None]) -> None:
        self._unended.discard(task)
        running = self._running.get(group, {})
        if running.get(number) is task:
            del running[number]


def _internal(error: Exception) -> ErrorInfo:
    return ErrorInfo(
        ErrorKind.INTERNAL,
        "Something in RabbitViewer failed that should not have.",
        "The daemon's log says more.",
        {"error": repr(error)},
    )
