"""The trash of the desktop: freedesktop.org's on Linux, the one of the user or volume on macOS.

Source: Trash specification 1.0, https://specifications.freedesktop.org/trash-spec/. We write it
ourselves because undo must know where a file lies in the trash, which no library tells.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from pathlib import Path
from urllib.parse import quote_from_bytes

from daemon.files.primitives import device_of, numbered
from daemon.protocol.errors import ErrorKind, RabbitError


class Trash:
    """Finds a place in the trash for files, and takes them out of it again."""

    def __init__(self, home_trash: Path | None = None) -> None:
        """Use *home_trash*, or the user's own."""
        self._home = os.fsencode(home_trash or _users_trash())

    def place_for(self, path: bytes) -> bytes:
        """Reserve a place in the trash of the volume of *path* and return it.

        Raises:
            RabbitError: ``no_trash``; the volume has none and none can be made.
            OSError: the file is not there, or the trash cannot be written.
        """
        os.lstat(path)
        if sys.platform == "win32":
            raise _none(path)
        folder, top = self._folder_for(path)
        if sys.platform == "darwin":
            return next(
                free
                for free in numbered(os.path.join(folder, os.path.basename(path)))
                if not os.path.lexists(free)
            )
        return _reserve(folder, top, path)

    def _folder_for(self, path: bytes) -> tuple[bytes, bytes]:
        """Return the trash folder for *path*, and the folder its info is relative to, if any."""
        device = device_of(os.path.dirname(os.path.abspath(path)))
        if device_of(self._home) == device:
            _make(self._home)
            return self._home, b""
        top = _mount_point(path, device)
        user = b"%d" % os.getuid() if hasattr(os, "getuid") else b"0"
        if sys.platform == "darwin":
            choices = [os.path.join(top, b".Trashes", user)]
        else:
            choices = [os.path.join(top, b".Trash-" + user)]
            if _is_shared_trash(os.path.join(top, b".Trash")):
                choices.insert(0, os.path.join(top, b".Trash", user))
        for folder in choices:
            with contextlib.suppress(OSError):
                _make(folder)
                if device_of(folder) == device and not os.path.islink(folder):
                    return folder, top
        raise _none(path)


def forget(trashed: bytes) -> None:
    """Take away what tells of *trashed*, which is not there or no longer there."""
    if sys.platform != "darwin":
        with contextlib.suppress(OSError):
            os.unlink(_info_of(trashed))


def _reserve(folder: bytes, top: bytes, path: bytes) -> bytes:
    """Write the info file, which reserves the name, and return where the file goes.

    It is not waited for until it is on the disk: without it a file is in the trash all the same,
    and our own undo goes by the journal.
    """
    whole = os.path.abspath(path)
    told = os.path.relpath(whole, top) if top else whole
    text = (
        b"[Trash Info]\nPath=%s\nDeletionDate=%s\n"
        % (
            quote_from_bytes(told, safe="/").encode(),
            time.strftime("%Y-%m-%dT%H:%M:%S").encode(),
        )
    )  # fmt: skip
    for place in numbered(os.path.join(folder, b"files", os.path.basename(path))):
        if len(os.path.basename(place)) > 245:  # its info file's name is longer
            return _reserve_shortened(folder, text, place)
        if not os.path.lexists(place) and _wrote_info(place, text):
            return place
    raise FileExistsError(path)


def _reserve_shortened(folder: bytes, text: bytes, place: bytes) -> bytes:
    ending = os.path.splitext(place)[1][:20]
    base = os.path.join(folder, b"files", os.path.basename(place)[:200])
    for shorter in numbered(base + ending):
        if not os.path.lexists(shorter) and _wrote_info(shorter, text):
            return shorter
    raise FileExistsError(place)


def _wrote_info(place: bytes, text: bytes) -> bool:
    """Write the info file of *place*; False when another one has that name."""
    info = _info_of(place)
    try:
        handle = os.open(info, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    return True


def _info_of(trashed: bytes) -> bytes:
    folder, name = os.path.split(trashed)
    return os.path.join(os.path.dirname(folder), b"info", name + b".trashinfo")


def _make(folder: bytes) -> None:
    """Make a trash folder, of this user alone."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if sys.platform != "darwin":
        for below in (b"files", b"info"):
            os.makedirs(os.path.join(folder, below), mode=0o700, exist_ok=True)
        if not os.access(os.path.join(folder, b"files"), os.W_OK):
            raise PermissionError(folder)


def _none(path: bytes) -> RabbitError:
    return RabbitError(
        ErrorKind.NO_TRASH,
        f"{os.fsdecode(path)} was not put into the trash: its volume has none.",
        "Delete it for good, or leave it.",
    )


def _is_shared_trash(folder: bytes) -> bool:
    """Return whether an administrator made a trash for all: sticky, and no link."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and bool(found.st_mode & stat.S_ISVTX)


def _mount_point(path: bytes, device: int) -> bytes:
    folder = os.path.dirname(os.path.realpath(path))
    while True:
        parent = os.path.dirname(folder)
        if parent == folder or device_of(parent) != device:
            return folder
        folder = parent


def _users_trash() -> Path:
    if sys.platform == "darwin":
        return Path.home() / ".Trash"
    data = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data) if data.startswith("/") else Path.home() / ".local" / "share"
    return base / "Trash"
