"""What folders and files are like now, and why not; blocking, for the library's threads."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from daemon.library.walk import Beat, ending_of
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.natural import natural_key
from daemon.protocol.values import FolderEntry

NO_FILE = (-1, 0)
_AWAY_NAMES = (
    *("EIO", "ENOTCONN", "ESTALE", "EHOSTDOWN", "EHOSTUNREACH"),
    *("ETIMEDOUT", "ENXIO", "ENODEV", "EACCES"),
)
_AWAY = frozenset(getattr(errno, name) for name in _AWAY_NAMES if hasattr(errno, name))
_NETWORK_FILE_SYSTEMS = frozenset(
    b"nfs nfs4 cifs smb3 smbfs 9p afs ncpfs davfs fuse.sshfs fuse.rclone fuse.gvfsd-fuse "
    b"fuse.davfs2 fuse.s3fs fuse.glusterfs ceph virtiofs vboxsf".split()
)
_MOUNTS = "/proc/self/mountinfo"


class FolderMark(NamedTuple):
    """What tells a folder from another one under its name, and its contents from earlier ones."""

    device: int
    inode: int
    mtime_ns: int

    def is_same_folder(self, other: FolderMark) -> bool:
        """Whether both are marks of one folder."""
        return (self.device, self.inode) == (other.device, other.inode)


def check_path(path: bytes) -> bytes:
    """Return *path* if it can name something.

    Raises:
        RabbitError: ``invalid_request``; it is relative, or holds a zero byte.
    """
    if not os.path.isabs(path) or b"\0" in path:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST, f"{os.fsdecode(path)!r} is not an absolute path."
        )
    return path


def mark_folder(path: bytes) -> FolderMark:
    """Return the mark of the folder at *path*.

    Raises:
        OSError: it is not there, or is no folder.
    """
    found = os.stat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(path)
    return FolderMark(found.st_dev, found.st_ino, found.st_mtime_ns)


def is_photo_name(name: bytes) -> bool:
    """Return whether *name* is listed: a photo's ending, not hidden."""
    return bool(ending_of(name))


def read_statuses(folder: bytes, names: Sequence[bytes], beat: Beat) -> list[tuple[int, int]]:
    """Return size and time of each of *names*; (-1, 0): it is no file any more."""
    prefix = os.path.join(folder, b"")
    found: list[tuple[int, int]] = []
    for name in names:
        beat.count += 1
        if beat.stopped:
            break
        try:
            status = os.stat(prefix + name)
        except OSError:
            found.append(NO_FILE)
            continue
        regular = stat.S_ISREG(status.st_mode)
        found.append((status.st_size, status.st_mtime_ns) if regular else NO_FILE)
    return found


def list_subfolders(path: bytes) -> tuple[FolderEntry, ...]:
    """Return the subfolders that are not hidden, in natural order.

    Raises:
        OSError: the folder cannot be read.
    """
    with os.scandir(path) as entries:
        names = [entry.name for entry in entries if _is_shown_folder(entry)]
    names.sort(key=natural_key)
    return tuple(FolderEntry(name, _has_subfolders(os.path.join(path, name))) for name in names)


def is_on_network(path: bytes) -> bool:
    """Return whether *path* lies on a mount whose changes are not told (Linux)."""
    try:
        with open(_MOUNTS, "rb") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return False
    best, kind = b"", b""
    for line in lines:
        fields, _, rest = line.partition(b" - ")
        point = fields.split()[4].replace(rb"\040", b" ")
        inside = path == point or path.startswith(point.rstrip(b"/") + b"/")
        if inside and len(point) >= len(best):
            best, kind = point, rest.split()[0]
    return kind in _NETWORK_FILE_SYSTEMS


def is_away(error: OSError) -> bool:
    """Return whether *error* says that a folder cannot be reached, not that it is no more."""
    return error.errno in _AWAY


def folder_error(path: bytes, error: OSError) -> RabbitError:
    """Return *error*, met while reading the folder *path*, as a failure in words."""
    where = os.fsdecode(path)
    if isinstance(error, FileNotFoundError):
        return RabbitError(
            ErrorKind.NOT_FOUND,
            f"The folder {where} does not exist.",
            "It may have been moved or renamed, or its drive is not connected.",
        )
    if isinstance(error, NotADirectoryError):
        return RabbitError(ErrorKind.INVALID_REQUEST, f"{where} is not a folder.")
    if isinstance(error, PermissionError):
        return RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"The folder {where} may not be read.",
            "Ask its owner for permission to read it.",
        )
    return RabbitError(
        ErrorKind.UNREADABLE,
        f"The folder {where} could not be read: {error.strerror or error}.",
        "Check that its drive is connected.",
    )


def _is_shown_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return not entry.name.startswith(b".") and entry.is_dir()
    except OSError:
        return False


def _has_subfolders(path: bytes) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(_is_shown_folder(entry) for entry in entries)
    except OSError:
        return False
