"""Single steps on a pool's files: read what is plain, write in one durable step. Blocks."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import shutil
import stat
import time

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.appending import private
from daemon.storage.pool_manifest import Reference

REMOVED = "removed"
TEMPORARY = ".rvpart"
KEEP_REMOVED_S = 7 * 24 * 3600.0

_EDGE_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 20
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class NotPlainError(ValueError):
    """What has the name is no plain file, or too large; the message goes on after the name."""


def read_plain(path: bytes, limit: int) -> bytes:
    """Return the content of a plain file: no link, pipe or device, and not over *limit* bytes.

    Raises:
        FileNotFoundError: there is none.
        NotPlainError: it is something else; nothing of it was read.
        OSError: it cannot be read.
    """
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode):
        raise NotPlainError("is no plain file")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        opened = os.fstat(file.fileno())
        if not stat.S_ISREG(opened.st_mode):
            raise NotPlainError("is no plain file")
        if opened.st_size > limit:
            raise NotPlainError(f"is far too large ({opened.st_size >> 20} MB)")
        return file.read(limit)


def plain_stat(path: bytes) -> os.stat_result | None:
    """Return what the system knows of a plain file; None: there is none, or something else."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def write_synced(path: bytes, data: bytes) -> None:
    """Put *data* in place of *path* in one step; the folder is synced by the caller."""
    temp = temporary_of(path)
    try:
        with open(temp, "wb", opener=private) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temp, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temp)
        raise


def write_durably(path: bytes, data: bytes) -> None:
    """Put *data* in place of *path* in one step, on the disk when it returns."""
    write_synced(path, data)
    sync_folder(os.path.dirname(path))


def temporary_of(path: bytes) -> bytes:
    """Return the name of a temporary file beside *path*."""
    folder, name = os.path.split(path)
    return os.path.join(folder, b"." + name + os.fsencode(TEMPORARY))


def sync_folder(folder: bytes) -> None:
    """Put the names in *folder* on the disk, where the system knows how."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a network file system has no such
            raise
    finally:
        os.close(handle)


def make_folder(folder: bytes) -> None:
    """Make a folder for this user alone; its name is on the disk."""
    if not os.path.isdir(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        sync_folder(os.path.dirname(folder))


def link_or_copy(source: bytes, target: bytes) -> None:
    """Give *target* the content of *source*; files of a pool are replaced, never written into.

    Raises:
        OSError: it cannot be read, or the disk is full; nothing is left.
    """
    with contextlib.suppress(OSError):
        os.link(source, target, follow_symlinks=False)
        return
    try:
        shutil.copyfile(source, target, follow_symlinks=False)
        with contextlib.suppress(OSError):
            found = os.lstat(source)
            os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
        _sync_file(target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(target)
        raise


def set_aside(path: bytes) -> str:
    """Give a broken file a name with the date, for whoever wants to look; return that name."""
    kept = _broken_name(path)
    os.rename(path, kept)
    return os.fsdecode(os.path.basename(kept))


def keep_copy(path: bytes) -> str:
    """Keep a file as it is under a name with the date, beside what takes its place; return it."""
    kept = _broken_name(path)
    link_or_copy(path, kept)
    return os.fsdecode(os.path.basename(kept))


def refer_to(path: bytes) -> Reference:
    """Look at a photo and return what a reference says of it.

    Raises:
        OSError: it is not there or cannot be read.
        NotPlainError: it is a folder, pipe or device.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if os.path.isdir(path):
        raise NotPlainError("is a folder")
    with os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotPlainError("is no file but a pipe or device")
        head = file.read(_EDGE_BYTES)
        digest = hashlib.blake2b(found.st_size.to_bytes(8, "little"), digest_size=16)
        digest.update(head)
        if found.st_size > len(head):
            file.seek(max(len(head), found.st_size - _EDGE_BYTES))
            digest.update(file.read(_EDGE_BYTES))
    return Reference(bytes(path), found.st_size, found.st_mtime_ns, digest.hexdigest())


def hash_files(image: bytes, mask: bytes) -> str:
    """Return a digest of the bytes of an image and of its mask (empty: none).

    Raises:
        OSError: one of them cannot be read.
    """
    digest = hashlib.blake2b(digest_size=20)
    for path in (image, mask):
        count = 0
        if path:
            with open(path, "rb", buffering=0) as file:
                while piece := file.read(_CHUNK_BYTES):
                    digest.update(piece)
                    count += len(piece)
        digest.update(count.to_bytes(8, "little"))
    return digest.hexdigest()


def remove_leftovers(folder: bytes) -> None:
    """Remove temporary files of ours that a killed daemon left in a pool's folder."""
    with os.scandir(folder) as entries:
        left = [each.path for each in entries if _is_temporary(each)]
    for path in left:
        with contextlib.suppress(OSError):
            os.unlink(path)


def sweep_removed(folder: bytes, now: float) -> None:
    """Delete for good what was taken out of a pool longer than a week ago."""
    removed = os.path.join(folder, os.fsencode(REMOVED))
    with contextlib.suppress(OSError), os.scandir(removed) as entries:
        for entry in list(entries):
            begin = entry.name.split(b"-")[0]
            if not begin.isdigit() or now - int(begin) < KEEP_REMOVED_S:
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)


def explained(error: OSError, what: str) -> RabbitError:
    """Return *error* in words; *what* begins the sentence (``The pool could not be …``)."""
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        return RabbitError(ErrorKind.DISK_FULL, f"{what}: {reason}.", "Free space on its disk.")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"{what}: {reason}.",
            "Check that the folder of the pools can be written.",
        )
    return RabbitError(
        ErrorKind.UNREADABLE, f"{what}: {reason}.", "Check the disk that the pools are on."
    )


def _broken_name(path: bytes) -> bytes:
    base = path + b".broken-" + time.strftime("%Y-%m-%d").encode()
    numbers = (b"%s-%d" % (base, number) for number in itertools.count(2))
    return next(name for name in itertools.chain((base,), numbers) if not os.path.lexists(name))


def _is_temporary(entry: os.DirEntry[bytes]) -> bool:
    ours = entry.name.startswith(b".") and entry.name.endswith(os.fsencode(TEMPORARY))
    return ours and not entry.is_dir(follow_symlinks=False)


def _sync_file(path: bytes) -> None:
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
