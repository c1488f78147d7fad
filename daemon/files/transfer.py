"""Moving and copying single files so that a crash leaves the old or the new one, never a half."""

from __future__ import annotations

import contextlib
import errno
import os

from daemon.files.primitives import (
    Checkpoint,
    copy_file,
    file_digest,
    rename_without_replacing,
    sync_folder,
    temporary_beside,
)


def move_file(old: bytes, new: bytes, *, checkpoint: Checkpoint | None = None) -> None:
    """Move one file, to another volume as well; a file named *new* is never replaced.

    Across volumes the copy is complete, on the disk and read back before it gets its name, and
    only then the original goes.

    Raises:
        FileExistsError: the name is taken.
        OSError: it cannot be moved; the original stands.
    """
    try:
        rename_without_replacing(old, new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    else:
        return
    before = os.lstat(old)
    make_copy(old, new, checkpoint=checkpoint)
    sync_folder(os.path.dirname(new))
    after = os.lstat(old)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        os.unlink(new)
        raise OSError(errno.EBUSY, "It is being written by another program", os.fsdecode(old))
    try:
        os.unlink(old)
    except OSError:
        os.unlink(new)  # what cannot be taken away was not moved
        raise
    sync_folder(os.path.dirname(old))


def make_copy(source: bytes, new: bytes, *, checkpoint: Checkpoint | None = None) -> bytes:
    """Copy one file, verified; a file named *new* is never replaced.

    Its content is on the disk on return; the caller sees to its name, once for many.

    Returns:
        The content's digest.

    Raises:
        FileExistsError: the name is taken.
        OSError: it cannot be copied; nothing is left of it.
    """
    if os.path.lexists(new):
        raise FileExistsError(errno.EEXIST, "File exists", os.fsdecode(new))
    temp = temporary_beside(new)
    digest = copy_file(source, temp, checkpoint=checkpoint, read_back=True)
    try:
        rename_without_replacing(temp, new)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temp)
        raise
    return digest


def same_content(first: bytes, second: bytes) -> bool:
    """Return whether two files hold the same; False when one cannot be read."""
    try:
        if os.path.islink(first) or os.path.islink(second):
            return os.readlink(first) == os.readlink(second)
        if os.stat(first).st_size != os.stat(second).st_size:
            return False
        return file_digest(first) == file_digest(second)
    except OSError:
        return False


def inode_of(path: bytes) -> int:
    """Return what tells the file from others of its volume; 0: there is none."""
    try:
        return os.lstat(path).st_ino
    except OSError:
        return 0
