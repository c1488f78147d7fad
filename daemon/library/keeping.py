"""The pictures kept on the disk: finished thumbnails, and photos at the size of the screen."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import time
from pathlib import Path

from daemon.library.scan import check_path
from daemon.library.threads import FileThreads
from daemon.library.thumbnail_cache import Cached, PhotoState, ThumbnailCache
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.settings import SettingsStore
from daemon.tasks import AnyTask, Kept, MakePreview, MakeThumbnail

_log = logging.getLogger(__name__)

SCREEN_SIZE = 0
_SETTLED_NS = 2_000_000_000
_MAX_UNDER_WAY = 64


class Keeping:
    """Finds kept pictures, and takes in what workers send once their answer has gone out.

    Attributes:
        thumbnails: By photo and size; sRGB.
        screens: By photo and :data:`SCREEN_SIZE`; in the photo's own colours.
    """

    def __init__(self, folder: Path, threads: FileThreads, settings: SettingsStore) -> None:
        self.thumbnails = ThumbnailCache(folder / "thumbnails")
        self.screens = ThumbnailCache(folder / "previews")
        self._threads = threads
        self._settings = settings
        self._under_way: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def keeps_screens(self) -> bool:
        """Whether there is room for photos at the size of the screen."""
        return self._settings.current.cache.previews_mb > 0

    def look(self, path: bytes, size_px: int) -> tuple[PhotoState, Cached | None]:
        """Return what the file is now, and its kept thumbnail; blocking.

        Raises:
            RabbitError: there is no such photo.
        """
        photo = look_at_photo(path)
        found = self.thumbnails.find(photo, size_px)
        if found is not None:
            self.thumbnails.freshen(photo, size_px, self._settings.current.cache.limit_mb)
        return photo, found

    def look_for_screen(self, path: bytes) -> tuple[PhotoState, Cached | None, Cached | None]:
        """Return what the file is now, its kept screen-size picture and its thumbnail; blocking.

        Raises:
            RabbitError: there is no such photo.
        """
        photo = look_at_photo(path)
        screen = self.screens.find(photo, SCREEN_SIZE)
        if screen is not None:
            limit_mb = self._settings.current.cache.previews_mb
            self.screens.freshen(photo, SCREEN_SIZE, limit_mb)
        size_px = self._settings.current.cache.thumbnail_px
        return photo, screen, self.thumbnails.find(photo, size_px)

    def take(self, task: AnyTask, kept: Kept, jpeg: bytes) -> None:
        """A worker sent *jpeg* of *task*; more than a few at once are not kept."""
        if self._closed or len(self._under_way) >= _MAX_UNDER_WAY:
            return
        work = asyncio.get_running_loop().create_task(
            self._threads.run(self._keep, task, kept, jpeg)
        )
        self._under_way.add(work)
        work.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Return once everything that was taken in is kept."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def close(self) -> None:
        """Let go of the files; what workers send from now on is dropped."""
        self._closed = True
        self.thumbnails.close()
        self.screens.close()

    def _ended(self, work: asyncio.Task[None]) -> None:
        self._under_way.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            _log.warning("a picture was not kept", exc_info=error)

    def _keep(self, task: AnyTask, kept: Kept, jpeg: bytes) -> None:
        """Keep it, unless the file is still being written or changed meanwhile."""
        if not isinstance(task, MakeThumbnail | MakePreview):
            return
        photo = PhotoState(task.path, task.generation, task.file_bytes)
        try:
            unchanged = look_at_photo(photo.path) == photo
        except RabbitError:
            unchanged = False
        if not unchanged or time.time_ns() - photo.mtime_ns < _SETTLED_NS:
            return
        limits = self._settings.current.cache
        is_thumbnail = isinstance(task, MakeThumbnail)
        store = self.thumbnails if is_thumbnail else self.screens
        store.add(
            photo,
            task.size_px if isinstance(task, MakeThumbnail) else SCREEN_SIZE,
            jpeg,
            size=(kept.width_px, kept.height_px),
            source=(kept.source_width_px, kept.source_height_px),
            limit_mb=limits.limit_mb if is_thumbnail else limits.previews_mb,
        )


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
        raise RabbitError(
            ErrorKind.NOT_A_PHOTO,
            f"{name} is not a file with content but a folder, pipe, socket or device.",
            "It is left alone; the other photos of the folder are not affected.",
        )
    return PhotoState(path, found.st_mtime_ns, found.st_size)
