"""Single steps on files, each atomic: give a name without replacing, copy whole, read back."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator

CHUNK_BYTES = 1 << 20
MAX_NAME_BYTES = 255
_MAX_NUMBER = 100_000
_AT_FDCWD = -100
_NO_REPLACE = 1
_MACOS_EXCLUSIVE = 4
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}

Checkpoint = Callable[[int], None]
"""Called with the bytes that were just read or written; raises to stop."""


def rename_without_replacing(old: bytes, new: bytes) -> None:
    """Give *old* the name *new* on the same volume; a file of that name is never replaced.

    Raises:
        FileExistsError: the name is taken.
        OSError: the system refuses; ``EXDEV``: another volume.
    """
    if _is_same_entry(old, new):
        os.rename(old, new)  # a change of case alone, where names are folded
        return
    if _renamed_by_system(old, new):
        return
    if stat.S_ISREG(os.lstat(old).st_mode):
        try:
            os.link(old, new, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
        else:
            os.unlink(old)
            return
    if os.path.lexists(new):
        raise FileExistsError(errno.EEXIST, "File exists", new)
    os.rename(old, new)


def copy_file(
    source: bytes, temp: bytes, *, checkpoint: Checkpoint | None = None, read_back: bool = False
) -> bytes:
    """Copy content, times, permissions and attributes to the new file *temp*, on disk on return.

    Args:
        source: The file; a symbolic link is copied as a link.
        temp: Where to; an old one is replaced.
        checkpoint: Called after every piece.
        read_back: Read the copy from the disk and compare its digest.

    Returns:
        Digest of the content (BLAKE2b, 32 bytes); empty for a link.

    Raises:
        OSError: reading or writing failed, or the copy's digest is another one; nothing is left.
    """
    try:
        if os.path.islink(source):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temp)
            os.symlink(os.readlink(source), temp)
            return b""
        digest = _copy_content(source, temp, checkpoint)
        if read_back:
            _compare(temp, digest, checkpoint)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temp)
        raise
    return digest


def file_digest(
    path: bytes, *, checkpoint: Checkpoint | None = None, from_disk: bool = False
) -> bytes:
    """Return the digest of a file's content (BLAKE2b, 32 bytes).

    Args:
        path: The file.
        checkpoint: Called after every piece.
        from_disk: Past the system's cache, where it lets itself be asked.
    """
    digest = hashlib.blake2b(digest_size=32)
    with open(path, "rb", buffering=0) as file:
        if from_disk and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
            if checkpoint is not None:
                checkpoint(len(piece))
    return digest.digest()


def write_file(path: bytes, data: bytes) -> None:
    """Write *data* to *path* in one step: temporary file, fsync, rename; permissions stay."""
    temp = temporary_beside(path)
    try:
        with open(temp, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(temp, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temp, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temp)
        raise
    sync_folder(os.path.dirname(path))


def temporary_beside(path: bytes) -> bytes:
    """Return the name of a temporary file in the folder of *path*; the same for the same path."""
    folder, name = os.path.split(path)
    mark = hashlib.blake2b(name, digest_size=5).hexdigest().encode()
    return os.path.join(folder, b"." + shortened(name, 200) + b"." + mark + b".rvpart")


def numbered(path: bytes) -> Iterator[bytes]:
    """Yield *path* and then the path with ``-1``, ``-2``, … before the ending."""
    yield path
    folder, name = os.path.split(path)
    stem, ending = os.path.splitext(name)
    for number in range(1, _MAX_NUMBER):
        tail = b"-%d" % number + ending
        yield os.path.join(folder, shortened(stem, MAX_NAME_BYTES - len(tail)) + tail)


def shortened(name: bytes, limit: int) -> bytes:
    """Cut *name* to *limit* bytes, not through a letter of UTF-8."""
    cut = name[:limit]
    if len(cut) == len(name):
        return name
    while cut and name[len(cut)] & 0xC0 == 0x80 and len(cut) > limit - 4:
        cut = cut[:-1]
    return cut or name[:limit]


def device_of(path: bytes) -> int:
    """Return the volume that *path* lies on, by the nearest folder that exists."""
    while True:
        try:
            return os.lstat(path).st_dev
        except FileNotFoundError:
            parent = os.path.dirname(path)
            if parent == path:
                raise
            path = parent


def sync_folder(folder: bytes) -> None:
    """Put the names in *folder* on the disk, where the system knows how."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):  # some network file systems refuse; the names are given
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_folders_of(paths: Iterable[bytes]) -> None:
    """Put the names of *paths* on the disk, each folder once."""
    for folder in {os.path.dirname(path) for path in paths}:
        sync_folder(folder)


def make_folder(folder: bytes) -> None:
    """Make *folder* with those above it; each is on the disk.

    Raises:
        OSError: it cannot be made, or a file stands in its place.
    """
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    if parent != folder:
        make_folder(parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
    if not os.path.isdir(folder):
        raise NotADirectoryError(errno.ENOTDIR, "A file stands in its place", folder)
    sync_folder(parent)


def _compare(copy: bytes, digest: bytes, checkpoint: Checkpoint | None) -> None:
    if file_digest(copy, checkpoint=checkpoint, from_disk=True) != digest:
        raise OSError(errno.EIO, "The copy reads back differently")


def _copy_content(source: bytes, temp: bytes, checkpoint: Checkpoint | None) -> bytes:
    digest = hashlib.blake2b(digest_size=32)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(source, flags), "rb", buffering=0) as reader:
        before = os.fstat(reader.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "It is a folder, pipe or device")
        with open(temp, "wb", buffering=0) as writer:
            while piece := reader.read(CHUNK_BYTES):
                digest.update(piece)
                left = memoryview(piece)
                while left:
                    left = left[writer.write(left) :]
                if checkpoint is not None:
                    checkpoint(len(piece))
            after = os.fstat(reader.fileno())
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise OSError(errno.EBUSY, "It is being written by another program")
            _copy_attributes(source, temp, before)
            os.fsync(writer.fileno())
    return digest.digest()


def _copy_attributes(source: bytes, temp: bytes, found: os.stat_result) -> None:
    """Keep times, permissions and extended attributes as far as the target's volume has them."""
    with contextlib.suppress(OSError):
        os.chmod(temp, stat.S_IMODE(found.st_mode))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            for name in os.listxattr(source):
                with contextlib.suppress(OSError):
                    os.setxattr(temp, name, os.getxattr(source, name))
    os.utime(temp, ns=(found.st_atime_ns, found.st_mtime_ns))


def _is_same_entry(old: bytes, new: bytes) -> bool:
    """Return whether both are one file by a change of case alone, not two hard links."""
    if old == new or os.fsdecode(old).casefold() != os.fsdecode(new).casefold():
        return False
    try:
        same = os.path.samestat(os.lstat(old), os.lstat(new))
    except OSError:
        return False
    with contextlib.suppress(OSError):
        return same and os.path.basename(new) not in os.listdir(os.path.dirname(new))
    return False


def _renamed_by_system(old: bytes, new: bytes) -> bool:
    """Rename with the system's own call that refuses to replace; False: it has none."""
    call = _system_call()
    if call is None:
        return False
    if call(old, new) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), os.fsdecode(old), None, os.fsdecode(new))


@functools.cache
def _system_call() -> Callable[[bytes, bytes], int] | None:
    if sys.platform == "win32":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    linux = getattr(library, "renameat2", None)
    if linux is not None:
        return lambda old, new: linux(_AT_FDCWD, old, _AT_FDCWD, new, _NO_REPLACE)
    macos = getattr(library, "renamex_np", None)
    if macos is not None:
        return lambda old, new: macos(old, new, _MACOS_EXCLUSIVE)
    return None
