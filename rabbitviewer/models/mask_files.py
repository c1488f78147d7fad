"""Files of mask values as the window maps them: the painting itself, and what a worker made."""

from __future__ import annotations

import dataclasses
import importlib
import mmap
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from types import ModuleType

    from rabbitviewer.paint.buffer import MaskBuffer

_PLAIN = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


@dataclasses.dataclass(frozen=True)
class OpenedValues:
    """A painting's file, mapped for reading and writing.

    Attributes:
        buffer: The values, ready to be painted.
        identity: Device and inode, by which the same file is known again.
    """

    buffer: MaskBuffer
    identity: tuple[int, int]


def load_engine() -> ModuleType:
    """Import what paints, and numpy with it; not for the window's thread."""
    return importlib.import_module("rabbitviewer.paint.editing")


def open_values(
    values_path: bytes, offset: int, width_px: int, height_px: int, folder: Path
) -> OpenedValues:
    """Map a painting's file; not for the window's thread.

    Args:
        values_path: The file.
        offset: Where its values begin.
        width_px: Columns of the mask.
        height_px: Its rows.
        folder: Paintings are taken from nowhere else.

    Raises:
        OSError: it cannot be opened.
        ValueError: it lies elsewhere, is no plain file or is too short.
    """
    path = Path(os.fsdecode(values_path))
    if folder not in path.parents or ".." in path.parts:
        raise ValueError(f"{path} is not in {folder}")
    if folder.resolve() not in path.parent.resolve().parents:
        raise ValueError(f"{path} leads out of {folder}")
    handle = os.open(path, os.O_RDWR | _PLAIN)
    try:
        size = offset + _checked_size(handle, path, offset, width_px, height_px)
        found = os.fstat(handle)
        mapping = mmap.mmap(handle, size)
    finally:
        os.close(handle)
    module = importlib.import_module("rabbitviewer.paint.buffer")
    make = cast("type[MaskBuffer]", module.MaskBuffer)
    buffer = make(mapping, offset, width_px, height_px)
    return OpenedValues(buffer, (found.st_dev, found.st_ino))


def map_answer(surface_path: bytes, width_px: int, height_px: int, folder: Path) -> mmap.mmap:
    """Map what a worker made: one byte per pixel, rows from the top.

    Raises:
        OSError: it cannot be opened.
        ValueError: it lies elsewhere, is no plain file or is too short.
    """
    path = Path(os.fsdecode(surface_path))
    if path.parent != folder:
        raise ValueError(f"{path} is not in {folder}")
    handle = os.open(path, os.O_RDONLY | _PLAIN)
    try:
        size = _checked_size(handle, path, 0, width_px, height_px)
        return mmap.mmap(handle, size, access=mmap.ACCESS_READ)
    finally:
        os.close(handle)


def _checked_size(handle: int, path: Path, offset: int, width_px: int, height_px: int) -> int:
    """Return how many values there are in an open file.

    Raises:
        ValueError: they are not there.
    """
    found = os.fstat(handle)
    size = width_px * height_px
    plain = stat.S_ISREG(found.st_mode) and min(width_px, height_px) >= 1 and offset >= 0
    if not plain or found.st_size < offset + size:
        raise ValueError(f"{path} does not hold {width_px} x {height_px} values")
    return size
