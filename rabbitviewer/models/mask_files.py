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

_PLAIN = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))


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
    size = offset + width_px * height_px
    handle = os.open(path, os.O_RDWR | _PLAIN)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size < size or min(width_px, height_px) < 1:
            raise ValueError(f"{path} does not hold {width_px} x {height_px} values")
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
        ValueError: it lies elsewhere, or is too short.
    """
    path = Path(os.fsdecode(surface_path))
    if path.parent != folder:
        raise ValueError(f"{path} is not in {folder}")
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), width_px * height_px, access=mmap.ACCESS_READ)
