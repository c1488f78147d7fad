"""LUTs that a worker uses again and again: kept in memory, and beside it in a form read at once.

A ``.cube`` file takes 20 ms to read, and workers end when nobody looks; its table takes a fraction
of a millisecond. A table is a line of JSON and the lattice as little-endian float32. It is found by
number, size and time of its file, so that a new name of the file does not matter.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import stat

import msgspec
import numpy as np

from daemon.handlers.lut_files import read_lut
from daemon.imaging.cube import Cube
from daemon.protocol.errors import ErrorKind, RabbitError

_MAX_TABLES = 300
_MAX_HEAD_BYTES = 4096
_MAX_TABLE_BYTES = 65**3 * 12 + _MAX_HEAD_BYTES
_MAX_TITLE = 200
_VERSION = 1


class _Head(msgspec.Struct, frozen=True):
    """What a table says of itself."""

    version: int
    nodes: int
    space: str
    title: str


def find_lut(path: bytes, tables: bytes) -> Cube:
    """Return the LUT in a file, as it is now.

    Args:
        path: A ``.cube`` or Hald CLUT.
        tables: Folder of the tables; empty: none are kept.

    Raises:
        RabbitError: it cannot be read.
    """
    try:
        found = os.stat(path)
    except OSError as error:
        name = os.fsdecode(path)
        raise RabbitError(ErrorKind.NOT_FOUND, f"There is no file {name}.") from error
    if not stat.S_ISREG(found.st_mode):
        return read_lut(path)[0]
    return _known(path, tables, found.st_ino, found.st_mtime_ns, found.st_size)


def keep_table(cube: Cube, path: bytes, tables: bytes) -> None:
    """Keep the table of a LUT that was just written to *path*; a full disk is no failure."""
    with contextlib.suppress(OSError):
        found = os.stat(path)
        _write(_table(tables, found.st_ino, found.st_mtime_ns, found.st_size), cube)


@functools.lru_cache(maxsize=64)
def _known(path: bytes, tables: bytes, inode: int, mtime_ns: int, size_bytes: int) -> Cube:
    if not tables:
        return read_lut(path)[0]
    table = _table(tables, inode, mtime_ns, size_bytes)
    cube = _read(table)
    if cube is None:
        cube = read_lut(path)[0]
        with contextlib.suppress(OSError):
            _write(table, cube)
    return cube


def _table(tables: bytes, inode: int, mtime_ns: int, size_bytes: int) -> bytes:
    text = b"%d %d %d" % (inode, mtime_ns, size_bytes)
    return os.path.join(tables, hashlib.blake2b(text, digest_size=16).hexdigest().encode())


def _read(table: bytes) -> Cube | None:
    try:
        with open(table, "rb") as file:
            data = file.read(_MAX_TABLE_BYTES)
        line, _, body = data.partition(b"\n")
        head = msgspec.json.decode(line, type=_Head)
    except (OSError, msgspec.DecodeError):
        return None
    if head.version != _VERSION or len(body) != head.nodes**3 * 12:
        return None
    lut = np.frombuffer(body, "<f4").astype(np.float32).reshape(*(head.nodes,) * 3, 3)
    return Cube(lut, head.space, head.title) if np.isfinite(lut).all() else None


def _write(table: bytes, cube: Cube) -> None:
    """Keep a table; that of a large lattice, or of curves, is not worth the room."""
    if cube.shaper is not None or cube.lut.nbytes > _MAX_TABLE_BYTES - _MAX_HEAD_BYTES:
        return
    title = cube.title.encode("utf-8", "replace").decode()[:_MAX_TITLE]
    head = msgspec.json.encode(_Head(_VERSION, cube.lut.shape[0], cube.space, title))
    folder = os.path.dirname(table)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    _make_room(folder)
    temp = b"%s.%d.part" % (table, os.getpid())
    with open(temp, "wb") as file:
        file.write(head + b"\n" + cube.lut.astype("<f4").tobytes())
    os.replace(temp, table)


def _make_room(folder: bytes) -> None:
    """Remove the oldest tables where there are many: those of looks that are gone."""
    with os.scandir(folder) as entries:
        known = sorted((entry.stat().st_mtime_ns, entry.path) for entry in entries)
    for _, path in known[: max(len(known) - _MAX_TABLES + 1, 0)]:
        with contextlib.suppress(OSError):
            os.unlink(path)
