"""What a worker does for looking: thumbnails, previews, facts, and checks of what arrived."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from daemon.decode.display import Picture, for_screen
from daemon.decode.photo import read_bytes, read_photo, to_8_bit
from daemon.decode.surface import write_surface
from daemon.decode.thumbnail import make_preview, make_thumbnail
from daemon.handlers.context import Context
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import (
    CheckImage,
    DecodePreview,
    MakePreview,
    MakeThumbnail,
    PhotoInfoRead,
    PixelsMade,
    ReadPhotoInfo,
    Task,
    TaskResult,
)

_CACHE_QUALITY = 90


def thumbnail(task: MakeThumbnail, context: Context) -> tuple[PixelsMade, bytes]:
    """Make a thumbnail, and its JPEG for the cache when that is wanted."""
    context.checkpoint()
    picture = make_thumbnail(task.path, task.size_px, embedded_only=task.embedded_only)
    if task.jpeg_path:
        _write_jpeg(task.jpeg_path, picture.pixels)
    return _made(picture), picture.pixels.tobytes()


def preview(task: MakePreview, context: Context) -> tuple[PixelsMade, bytes]:
    """Make a preview, in a surface file when one is named."""
    context.checkpoint()
    picture = make_preview(
        task.path, task.max_width_px, task.max_height_px, embedded_only=task.embedded_only
    )
    context.checkpoint()
    if not task.surface_path:
        return _made(picture), picture.pixels.tobytes()
    write_surface(task.surface_path, picture.pixels)
    return _made(picture, task.surface_path), b""


def photo_info(task: ReadPhotoInfo, context: Context) -> tuple[PhotoInfoRead, bytes]:
    """Read what there is to know about a photo."""
    from daemon.decode.info import read_info

    context.checkpoint()
    return read_info(task.path), b""


def check_image(task: CheckImage, context: Context) -> tuple[PixelsMade, bytes]:
    """Decode a server's picture completely."""
    context.checkpoint()
    try:
        photo = read_photo(task.path)
    except RabbitError as error:
        raise _not_believed(error) from error
    height, width = photo.pixels.shape[:2]
    side = task.max_side_px
    if side <= 0:
        return _size(width, height), b""
    eight = to_8_bit(photo.pixels).astype(np.uint8, copy=False)
    picture = Picture(for_screen(eight, photo.icc, side, side), width, height)
    return _made(picture), picture.pixels.tobytes()


def decode_preview(task: DecodePreview, context: Context) -> tuple[PixelsMade, bytes]:
    """Decode a preview that came as bytes."""
    context.checkpoint()
    try:
        photo = read_bytes(task.data)
    except RabbitError as error:
        raise _not_believed(error) from error
    height, width = photo.pixels.shape[:2]
    eight = to_8_bit(photo.pixels).astype(np.uint8, copy=False)
    picture = Picture(for_screen(eight, photo.icc, 0, 0), width, height)
    return _made(picture), picture.pixels.tobytes()


def _made(picture: Picture, surface_path: bytes = b"") -> PixelsMade:
    height, width = picture.pixels.shape[:2]
    return PixelsMade(
        width_px=width,
        height_px=height,
        source_width_px=picture.source_width_px,
        source_height_px=picture.source_height_px,
        surface_path=surface_path,
    )


def _size(width: int, height: int) -> PixelsMade:
    return PixelsMade(width_px=0, height_px=0, source_width_px=width, source_height_px=height)


def _write_jpeg(path: bytes, pixels: NDArray[np.uint8]) -> None:
    """Write the cache's JPEG; without it the thumbnail is made again another day."""
    encoded = simplejpeg.encode_jpeg(pixels, _CACHE_QUALITY, "BGRX", "444", fastdct=False)
    try:
        with open(path, "wb") as file:
            file.write(encoded)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)


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
    ReadPhotoInfo: photo_info,
    CheckImage: check_image,
    DecodePreview: decode_preview,
}
