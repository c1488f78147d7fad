"""Where a result goes, and giving it its final name: atomic, numbered, never over a file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import WRITABLE_EXTENSIONS

CUBE = ".cube"

_MAX_NUMBER = 10_000
_MAX_NAME_BYTES = 255
_ENDING_BYTES = len(b"-9999.tiff")
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


class Target(msgspec.Struct, frozen=True):
    """A result's place.

    Attributes:
        base: Absolute path without extension and number.
        extension: With dot, lower case; empty where the photo's format decides.
    """

    base: bytes
    extension: str = ""

    @property
    def folder(self) -> bytes:
        """The folder it goes into."""
        return os.path.dirname(self.base)

    def names(self, extension: str) -> Iterator[bytes]:
        """Yield the path, then the numbered ones, in the order they are tried.

        A stem is cut where the whole name would be longer than file systems take.
        """
        suffix = os.fsencode(self.extension or extension)
        yield self._ending_in(suffix)
        for number in range(1, _MAX_NUMBER):
            yield self._ending_in(b"-%d" % number + suffix)

    def temporary(self, job_id: str) -> bytes:
        """Return the temporary file of *job_id* beside the final place."""
        stem = _shortened(os.path.basename(self.base), 180)
        return os.path.join(self.folder, b"." + stem + b"." + job_id[:8].encode() + b".rvpart")

    def _ending_in(self, suffix: bytes) -> bytes:
        stem = _shortened(os.path.basename(self.base), _MAX_NAME_BYTES - len(suffix))
        return os.path.join(self.folder, stem + suffix)


def plan_target(photo: bytes, output: bytes, *, pattern: str, operation: str) -> Target:
    """Return where the result of *photo* goes.

    Args:
        photo: Absolute path of the original.
        output: What was asked for: empty (beside the original), a folder, a pattern with
            ``{stem}``, or a file; absolute.
        pattern: File name pattern of the settings, for the first two.
        operation: Fills ``{operation}``.

    Raises:
        RabbitError: ``output_refused`` with what is wrong.
    """
    stem = os.path.splitext(os.path.basename(photo))[0]

    def fill(text: bytes) -> bytes:
        if b"{" in text and b".." in text.split(os.sep.encode()):
            raise _refused(text, "would leave its folder", "Leave out '..'.")
        text = text.replace(b"{operation}", operation.encode())
        rest = os.path.basename(text).replace(b"{stem}", b"")
        room = max(_MAX_NAME_BYTES - _ENDING_BYTES - len(rest), 1)
        return text.replace(b"{stem}", _shortened(stem, room))

    named = False
    wanted = os.fsencode(pattern)
    if not output:
        folder = os.path.dirname(photo)
    elif not os.path.isabs(output):
        raise _refused(output, "is not an absolute path", "Give the full path.")
    elif output.endswith(os.sep.encode()) or os.path.isdir(output):
        folder = output
    else:
        _check_file_name(output)
        folder, wanted, named = b"", output, True
    base, extension = _split(wanted, named=named)
    return Target(os.path.normpath(os.path.join(folder, fill(base))), extension)


def check_writable(target: Target) -> None:
    """Make sure that the target's folder exists and takes files.

    Raises:
        RabbitError: ``permission_denied`` or ``output_refused``.
    """
    try:
        os.makedirs(target.folder, exist_ok=True)
    except OSError as error:
        in_the_way = isinstance(error, (FileExistsError, NotADirectoryError))
        reason = "a file stands in its place" if in_the_way else error.strerror
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"The folder {os.fsdecode(target.folder)} cannot be made: {reason}.",
            "Choose another folder with -o.",
        ) from error
    if not os.access(target.folder, os.W_OK | os.X_OK):
        raise RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"The folder {os.fsdecode(target.folder)} cannot be written.",
            "Choose another folder with -o or with output.pattern in config.yaml.",
        )


def give_final_name(temp: bytes, inode: int, target: Target, extension: str) -> bytes:
    """Give the complete file *temp* the first free name of *target*, once.

    Safe to repeat after a crash: a name that already leads to the same file (*inode*) is taken as
    given, and the temporary name is removed.

    Returns:
        The final path.

    Raises:
        FileNotFoundError: *temp* is gone and no name leads to its file.
        RabbitError: the folder refuses the name.
    """
    for name in target.names(extension):
        if _inode(name) == inode:
            _forget(temp)
            return name
        if os.path.lexists(name):
            continue
        if not os.path.lexists(temp):
            raise FileNotFoundError(temp)
        try:
            _take_name(temp, name)
        except FileExistsError:
            continue
        except OSError as error:
            raise _refused(name, f"cannot be written: {error.strerror}", "") from error
        _sync_folder(os.path.dirname(name))
        return name
    raise _refused(target.base, "has too many numbered versions", "Choose another name.")


def cube_target(output: bytes) -> Target:
    """Return the place of a ``.cube`` file; another ending is refused."""
    base, extension = os.path.splitext(output)
    if extension.lower() not in (b"", b".cube"):
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"{os.fsdecode(output)} does not end in .cube.",
            "A LUT is written as .cube.",
        )
    return Target(base, CUBE)


def name_file(temp: bytes, target: Target, extension: str) -> bytes:
    """Give *temp* its final name (see :func:`give_final_name`)."""
    return give_final_name(temp, os.stat(temp).st_ino, target, extension)


def remove_temporary(temp: bytes) -> None:
    """Remove a temporary file that will not be finished."""
    if temp:
        _forget(temp)


def _split(path: bytes, *, named: bool) -> tuple[bytes, str]:
    """Cut a writable ending off; refuse what looks like one and cannot be written."""
    base, raw = os.path.splitext(path)
    extension = os.fsdecode(raw).lower()
    if extension in WRITABLE_EXTENSIONS:
        return base, extension
    if named and extension[1:].isalnum() and len(extension) <= 6:
        known = ", ".join(sorted(WRITABLE_EXTENSIONS))
        raise _refused(path, f"has an ending that cannot be written ({extension})", f"Use {known}.")
    return path, ""


def _check_file_name(output: bytes) -> None:
    """Refuse, before any work, a file that could not be written in the end.

    Raises:
        RabbitError: ``output_refused``.
    """
    if b"{" not in output and len(os.path.basename(output)) > _MAX_NAME_BYTES:
        limit = f"has a name of more than {_MAX_NAME_BYTES} bytes"
        raise _refused(output, limit, "Choose a shorter one.")
    try:
        mode = os.stat(output).st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise _refused(output, "would stand in a device's or pipe's place", "Name a file with -o.")


def _shortened(name: bytes, limit: int) -> bytes:
    """Cut *name* to *limit* bytes, not through a letter of UTF-8."""
    cut = name[:limit]
    if len(cut) < len(name) and _inside_letter(name[limit]):
        start = next(
            (at for at in range(limit - 1, limit - 4, -1) if not _inside_letter(cut[at])), 0
        )
        cut = cut[:start] or cut
    return cut


def _inside_letter(byte: int) -> bool:
    return byte & 0xC0 == 0x80


def _take_name(temp: bytes, name: bytes) -> None:
    """Move *temp* to *name* without ever replacing a file."""
    try:
        os.link(temp, name)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        os.rename(temp, name)
        return
    _forget(temp)


def _inode(path: bytes) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return -1


def _forget(path: bytes) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _sync_folder(folder: bytes) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(path: bytes, problem: str, advice: str) -> RabbitError:
    return RabbitError(
        ErrorKind.OUTPUT_REFUSED, f"The result {os.fsdecode(path)} {problem}.", advice
    )
