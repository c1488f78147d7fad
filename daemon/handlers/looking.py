"""What a worker does for looking: thumbnails, previews, facts, and checks of what arrived."""

from __future__ import annotations

import functools
import io
import time
import zlib
from collections.abc import Callable

from daemon.decode.display import Fitted, Picture, as_jpeg, fit, show, smaller
from daemon.decode.icc import device_space
from daemon.decode.photo import read_bytes
from daemon.decode.source import Source
from daemon.decode.surface import write_surface
from daemon.decode.thumbnail import fit_jpeg, fit_preview, fit_thumbnail
from daemon.handlers.context import Context
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import (
    DecodePreview,
    Kept,
    MakePreview,
    MakeThumbnail,
    PhotoInfoRead,
    PixelsMade,
    ReadPhotoInfo,
    ShowCached,
    Task,
    TaskResult,
)

_THUMBNAIL_QUALITY, _PREVIEW_QUALITY = 80, 90
_WORTH_KEEPING_S = 0.02
_MAX_PROFILE_BYTES = 16 << 20
_MOST_INLINE_BYTES = 48 << 20


def thumbnail(task: MakeThumbnail, context: Context) -> tuple[PixelsMade, bytes]:
    """Make a thumbnail, and afterwards its JPEG for the cache when that is wanted."""
    context.checkpoint()
    monitor = monitor_profile(task.profile_path)
    fitted = fit_thumbnail(task.path, task.size_px, embedded_only=task.embedded_only)
    if task.keep:
        context.afterwards(functools.partial(_kept, fitted, _THUMBNAIL_QUALITY, own_colors=False))
    picture = show(smaller(fitted, task.shown_px), monitor)
    return _made(picture), picture.pixels.tobytes()


def preview(task: MakePreview, context: Context) -> tuple[PixelsMade, bytes]:
    """Make a preview, in a surface file when one is named."""
    context.checkpoint()
    began = time.process_time()
    monitor = monitor_profile(task.profile_path)
    fitted = fit_preview(
        task.path, task.max_width_px, task.max_height_px, embedded_only=task.embedded_only
    )
    if task.keep and time.process_time() - began > _WORTH_KEEPING_S:
        context.afterwards(functools.partial(_kept, fitted, _PREVIEW_QUALITY, own_colors=True))
    context.checkpoint()
    return _answer(show(fitted, monitor), task.surface_path, levels=task.levels)


def show_cached(task: ShowCached, context: Context) -> tuple[PixelsMade, bytes]:
    """Decode a JPEG of the cache."""
    context.checkpoint()
    data = read_pack(task)
    monitor = monitor_profile(task.profile_path)
    with Source(b"a picture of the cache", io.BytesIO(data), len(data)) as source:
        fitted = fit_jpeg(source, task.max_width_px, task.max_height_px)
    shown = show(fitted, monitor)
    picture = Picture(shown.pixels, task.source_width_px, task.source_height_px)
    return _answer(picture, task.surface_path)


def photo_info(task: ReadPhotoInfo, context: Context) -> tuple[PhotoInfoRead, bytes]:
    """Read what there is to know about a photo."""
    from daemon.decode.info import read_info

    context.checkpoint()
    return read_info(task.path), b""


def decode_preview(task: DecodePreview, context: Context) -> tuple[PixelsMade, bytes]:
    """Decode a preview that came as bytes."""
    from daemon.decode.host_picture import check_preview

    context.checkpoint()
    check_preview(task.data)
    try:
        photo = read_bytes(task.data)
    except RabbitError as error:
        raise _not_believed(error) from error
    height, width = photo.pixels.shape[:2]
    return _answer(show(fit(photo.pixels, photo.icc, (0, 0), (width, height))))


@functools.lru_cache(maxsize=4)
def monitor_profile(path: bytes) -> bytes | None:
    """Return the profile in the file *path*, whose name changes with its content.

    ``None``, sRGB: there is none, or it cannot be used.
    """
    if not path:
        return None
    from daemon.decode.color import usable

    try:
        with open(path, "rb") as file:
            icc = file.read(_MAX_PROFILE_BYTES)
    except OSError:
        return None
    return icc if device_space(icc) == "RGB" and usable(icc) else None


def read_pack(task: ShowCached) -> bytes:
    """Return a JPEG of the cache.

    Raises:
        RabbitError: ``not_found``; it is not there any more, or not what was written.
    """
    try:
        with open(task.pack_path, "rb", buffering=0) as file:
            file.seek(task.offset)
            data = file.read(task.length)
    except OSError:
        data = b""
    if len(data) != task.length or zlib.crc32(data) != task.checksum:
        raise RabbitError(ErrorKind.NOT_FOUND, "The cached picture is gone.")
    return data


def _kept(fitted: Fitted, quality: int, task_id: int, *, own_colors: bool) -> tuple[Kept, bytes]:
    height, width = fitted.pixels.shape[:2]
    source = fitted.source_width_px, fitted.source_height_px
    return Kept(task_id, width, height, *source), as_jpeg(fitted, quality, own_colors=own_colors)


def _answer(
    picture: Picture, surface_path: bytes = b"", *, levels: bool = False
) -> tuple[PixelsMade, bytes]:
    if not surface_path:
        return _made(picture), picture.pixels.tobytes()
    try:
        copies = write_surface(surface_path, picture.pixels, levels=levels)
    except RabbitError:
        if picture.pixels.nbytes > _MOST_INLINE_BYTES:
            raise
        return _made(picture), picture.pixels.tobytes()  # a full disk must not hide the photo
    return _made(picture, surface_path, copies), b""


def _made(
    picture: Picture, surface_path: bytes = b"", levels: tuple[tuple[int, int, int], ...] = ()
) -> PixelsMade:
    height, width = picture.pixels.shape[:2]
    return PixelsMade(
        width_px=width,
        height_px=height,
        source_width_px=picture.source_width_px,
        source_height_px=picture.source_height_px,
        surface_path=surface_path,
        levels=levels,
    )


def _not_believed(error: RabbitError) -> RabbitError:
    return RabbitError(
        ErrorKind.RESULT_INVALID,
        f"The host sent a picture that cannot be used: {error.info.message}",
        "Run it again; if it stays, look at the host's log.",
        error.info.context,
    )


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {
    MakeThumbnail: thumbnail,
    MakePreview: preview,
    ShowCached: show_cached,
    ReadPhotoInfo: photo_info,
    DecodePreview: decode_preview,
}
