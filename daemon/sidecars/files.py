"""Reads and writes sidecar files: whole or not at all, and never over somebody else's change."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.sidecars.packet import MOST_BYTES

_NEW_MODE = 0o666
_NAME_BYTES = 200
_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class ChangedMeanwhileError(Exception):
    """Another program wrote the sidecar since it was read."""


@dataclass(frozen=True, slots=True)
class SidecarFile:
    """A sidecar as it was read: its bytes (None: it does not exist) and when it was written."""

    path: bytes
    data: bytes | None
    mtime_ns: int = 0

    @property
    def name(self) -> str:
        """Its name, as a sentence uses it."""
        return os.fsdecode(os.path.basename(self.path))


def read_file(path: bytes) -> SidecarFile:
    """Read a sidecar.

    Raises:
        RabbitError: it cannot be read, is no regular file or too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | _NON_BLOCKING)
    except FileNotFoundError:
        return SidecarFile(path, None)
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise refused(path, "it is not a regular file")
        if facts.st_size > MOST_BYTES:
            raise refused(path, f"it is larger than {MOST_BYTES >> 20} MB")
        with os.fdopen(handle, "rb", buffering=0, closefd=False) as file:
            return SidecarFile(path, file.readall(), facts.st_mtime_ns)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(handle)


def replace_file(was: SidecarFile, data: bytes, *, settled: bool = True) -> None:
    """Write a sidecar that is still as it *was* read; after this it is on the disk.

    A symbolic link stays one: the file it points to is replaced. Permissions are kept.

    Raises:
        ChangedMeanwhileError: another program wrote it since.
        OSError: it cannot be written; what was there is untouched.
    """
    target = os.path.realpath(was.path) if os.path.islink(was.path) else was.path
    folder = os.path.dirname(target)
    temporary = temporary_beside(target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        with os.fdopen(os.open(temporary, flags, _NEW_MODE), "wb") as file:
            if was.data is not None and hasattr(os, "fchmod"):
                with contextlib.suppress(OSError):
                    os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _check_unchanged(was)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if settled:
        settle(folder)


def temporary_beside(path: bytes) -> bytes:
    """Return the name of the temporary file that becomes *path*; the same for the same path.

    After a crash the journal's recovery finds it by this name and takes it away.
    """
    folder, name = os.path.split(path)
    mark = hashlib.blake2b(name, digest_size=5).hexdigest().encode()
    end = min(len(name), _NAME_BYTES)
    while 0 < end < len(name) and name[end] & 0xC0 == 0x80 and end > _NAME_BYTES - 4:
        end -= 1  # not through a letter of UTF-8
    return os.path.join(folder, b".%b.%b.rvpart" % (name[:end], mark))


def _check_unchanged(was: SidecarFile) -> None:
    if read_file(was.path).data != was.data:
        raise ChangedMeanwhileError


def settle(folder: bytes) -> None:
    """Put a folder's names on the disk, where the system has a way to."""
    try:
        handle = os.open(folder or b".", os.O_RDONLY)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def refused(path: bytes, reason: str) -> RabbitError:
    """Return the failure of a sidecar that is left as it is."""
    name = os.fsdecode(os.path.basename(path))
    return RabbitError(
        ErrorKind.UNREADABLE,
        f"The sidecar {name} cannot be used: {reason}.",
        "Repair it in the program that wrote it, or move it away; it was not changed.",
        {"path": os.fsdecode(path)},
    )


def _unreadable(path: bytes, error: OSError) -> RabbitError:
    return refused(path, (error.strerror or type(error).__name__).lower())
