"""The photo formats by name: what is listed, what can be written, what a result becomes.

Pure data, so that the daemon and the window share it without a pixel library.
"""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import NamedTuple


class PhotoFormat(NamedTuple):
    """One format.

    Attributes:
        name: Name as in ``photo_info``: what the content is, whatever the file is called.
        title: As people write it.
        kind: ``picture``, ``modern`` (HEIC, AVIF, JPEG XL), ``raw`` or ``video``, which is shown by
            one of its frames and never edited.
        extensions: With dot, lower case; the first is the usual one.
        result_extension: Extension of a result made from it; empty: none can be made.
    """

    name: str
    title: str
    kind: str
    extensions: tuple[str, ...]
    result_extension: str


FORMATS: tuple[PhotoFormat, ...] = (
    PhotoFormat("jpeg", "JPEG", "picture", (".jpg", ".jpeg", ".jpe", ".jfif"), ".jpg"),
    PhotoFormat("png", "PNG", "picture", (".png",), ".png"),
    PhotoFormat("tiff", "TIFF", "picture", (".tif", ".tiff"), ".tif"),
    PhotoFormat("webp", "WebP", "picture", (".webp",), ".webp"),
    PhotoFormat("gif", "GIF", "picture", (".gif",), ".png"),
    PhotoFormat("bmp", "BMP", "picture", (".bmp", ".dib"), ".png"),
    PhotoFormat("heic", "HEIC", "modern", (".heic", ".heif", ".hif"), ".tiff"),
    PhotoFormat("avif", "AVIF", "modern", (".avif",), ".tiff"),
    PhotoFormat("jxl", "JPEG XL", "modern", (".jxl",), ".tiff"),
    PhotoFormat(
        "raw",
        "RAW",
        "raw",
        (
            *(".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf"),
            *(".orf", ".rw2", ".pef", ".srw", ".x3f", ".3fr", ".fff", ".iiq", ".erf", ".mrw"),
            *(".mef", ".mos", ".kdc", ".dcr", ".rwl", ".gpr"),
        ),
        ".tiff",
    ),
    PhotoFormat(
        "video",
        "video",
        "video",
        (
            *(".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mts", ".m2ts", ".m2t", ".3gp"),
            *(".3g2", ".wmv", ".mpg", ".mpeg"),
        ),
        "",
    ),
)
BY_NAME: dict[str, PhotoFormat] = {entry.name: entry for entry in FORMATS}
_BY_EXTENSION = {extension: entry for entry in FORMATS for extension in entry.extensions}

LISTED_EXTENSIONS: frozenset[str] = frozenset(_BY_EXTENSION)
"""Files with these endings are photos to a folder listing."""

WRITABLE_EXTENSIONS: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp"}
)
"""Results can be written with these endings."""

LOSSLESS_EXTENSIONS: frozenset[str] = frozenset({".png", ".tif", ".tiff"})
"""Results with these endings keep every pixel exactly."""


def extension_of(path: str | bytes) -> str:
    """Return the ending of *path*, with dot, lower case; empty without one."""
    return PurePath(os.fsdecode(path)).suffix.lower()


def format_by_extension(path: str | bytes) -> PhotoFormat | None:
    """Return the format that the name of *path* promises; ``None``: not a photo's name."""
    return _BY_EXTENSION.get(extension_of(path))


def is_listed(path: str | bytes) -> bool:
    """Return whether a folder listing shows *path*."""
    return extension_of(path) in LISTED_EXTENSIONS


def writable_format(extension: str) -> str:
    """Return the name of the format that *extension* is written in.

    Raises:
        KeyError: it cannot be written.
    """
    if extension.lower() not in WRITABLE_EXTENSIONS:
        raise KeyError(extension)
    return _BY_EXTENSION[extension.lower()].name


def result_extension(
    format_name: str, path: str | bytes = b"", *, raw_format: str = "tiff", palette: bool = False
) -> str:
    """Return the extension of a result: the original's own where its format stays.

    Args:
        format_name: The original's format by content.
        path: The original's name; its spelling (``.jpeg``) is kept where it fits the content.
        raw_format: ``tiff`` or ``jpeg``: what HEIC, AVIF, JPEG XL and RAW become.
        palette: The original has a palette or 1 bit per pixel: PNG holds its RGB.

    Raises:
        KeyError: no such format.
    """
    entry = BY_NAME[format_name]
    if entry.kind != "picture":
        return ".jpg" if raw_format == "jpeg" else entry.result_extension
    if palette:
        return ".png"
    own = extension_of(path)
    if own in entry.extensions and own in WRITABLE_EXTENSIONS:
        return own
    return entry.result_extension
