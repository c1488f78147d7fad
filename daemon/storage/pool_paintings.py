"""The files that masks are painted in: ``SLOT.painting`` in a pool's folder. Blocks.

The first :data:`HEADER_BYTES` say what the values are, which follow them: one byte per pixel, rows
from the top. A window maps such a file and paints into it, so what it painted outlives both
processes. The header is written last: a file without one was never handed to anybody.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import re
import shutil
import stat
import struct
import time
import uuid

import msgspec

from daemon.storage.pool_files import sync_folder

HEADER_BYTES = 4096
ASIDE = b"aside"
_ENDING = b".painting"
_MAGIC = b"RVPAINT\0"
_VERSION = 1
_LAYOUT = struct.Struct("<8sIIIqq")
_SLOT = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_COPY_BYTES = 1 << 20
_MAX_STEM_BYTES = 180


class Painting(msgspec.Struct, frozen=True):
    """What the header says.

    Attributes:
        width_px: Of the mask, and of the upright photo when painting began.
        height_px: As above.
        photo_bytes: Size of the photo's file then.
        photo_mtime_ns: Its modification time then.
    """

    width_px: int
    height_px: int
    photo_bytes: int = 0
    photo_mtime_ns: int = 0


def painting_path(folder: bytes, slot: str) -> bytes:
    """Return the file in which the mask of a slot is painted."""
    return os.path.join(folder, os.fsencode(slot) + _ENDING)


def write_header(path: bytes, painting: Painting) -> None:
    """Declare a painting complete: from now on it is worth saving.

    Raises:
        OSError: it cannot be written.
    """
    packed = _LAYOUT.pack(
        _MAGIC,
        _VERSION,
        painting.width_px,
        painting.height_px,
        painting.photo_bytes,
        painting.photo_mtime_ns,
    )
    with open(path, "r+b") as file:
        file.write(packed)


def read_header(path: bytes) -> Painting | None:
    """Return what a painting's header says; None: it is no painting of ours, or incomplete.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return None
        with open(path, "rb") as file:
            packed = file.read(_LAYOUT.size)
    except FileNotFoundError:
        return None
    if len(packed) < _LAYOUT.size:
        return None
    magic, version, width, height, size, mtime = _LAYOUT.unpack(packed)
    if (magic, version) != (_MAGIC, _VERSION) or not (width and height):
        return None
    if found.st_size < HEADER_BYTES + width * height:
        return None
    return Painting(width, height, size, mtime)


def paintings_in(folder: bytes) -> list[str]:
    """Return the slots of which a painting lies in a pool's folder.

    Raises:
        OSError: the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        names = [each.name for each in entries if each.name.endswith(_ENDING)]
    slots = [name.removesuffix(_ENDING) for name in names]
    return sorted(os.fsdecode(slot) for slot in slots if _SLOT.fullmatch(slot))


def pools_with_paintings(pools: bytes) -> list[str]:
    """Return the ids of the pools below a folder in which a painting lies."""
    found: list[str] = []
    with contextlib.suppress(OSError), os.scandir(pools) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False) and paintings_in(entry.path):
                    found.append(os.fsdecode(entry.name))
    return found


def remove_painting(path: bytes) -> None:
    """Remove a painting, or whatever bears its name; one that is gone already is no failure."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def put_aside(folder: bytes, slot: str, png: bytes) -> bytes:
    """Keep a mask that no longer fits its photo; return where.

    Args:
        folder: The pool's.
        slot: Whose mask it was.
        png: A synced file in *folder*; it is renamed.

    Raises:
        OSError: it cannot be.
    """
    kept = os.path.join(folder, ASIDE)
    os.makedirs(kept, mode=0o700, exist_ok=True)
    name = f"{slot}-{time.strftime('%Y-%m-%d-%H%M%S')}"
    target = os.path.join(kept, os.fsencode(f"{name}.png"))
    number = 2
    while os.path.lexists(target):
        target = os.path.join(kept, os.fsencode(f"{name}-{number}.png"))
        number += 1
    os.rename(png, target)
    sync_folder(kept)
    return target


def is_same_file(first: bytes, second: bytes) -> bool:
    """Return whether two files hold the same bytes; False where one cannot be read."""
    try:
        return filecmp.cmp(first, second, shallow=False)
    except OSError:
        return False


def discard(path: bytes) -> None:
    """Remove a temporary file; one that is gone already is no failure."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def copy_out(source: bytes, target: bytes) -> None:
    """Copy a mask to where its user wants it, whole or not at all; what was there is replaced.

    Raises:
        OSError: it cannot be read or written.
    """
    folder, name = os.path.split(target)
    mark = uuid.uuid4().hex[:8].encode()
    temp = os.path.join(folder, b"." + name[:_MAX_STEM_BYTES] + b"." + mark + b".rvpart")
    try:
        with open(source, "rb") as reading, open(temp, "xb") as writing:
            shutil.copyfileobj(reading, writing, _COPY_BYTES)
            writing.flush()
            os.fsync(writing.fileno())
        os.replace(temp, target)
    except BaseException:
        discard(temp)
        raise
