"""Where things are: the user's folders, the daemon's socket, lock and log; one resolver for all."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import stat
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import msgspec
import platformdirs

MAX_SOCKET_PATH_BYTES = 90
_APP = "rabbitviewer"


class Folders(msgspec.Struct, frozen=True):
    """The user's folders of RabbitViewer.

    Attributes:
        config: ``config.yaml``, ``comfyui_workflows/`` and ``scripts/`` of the user.
        data: Jobs, history, logs; never deleted by us.
        cache: Thumbnails and surfaces; safe to delete.
        runtime: Socket, lock, connection file; 0700.
    """

    config: Path
    data: Path
    cache: Path
    runtime: Path

    @property
    def config_file(self) -> Path:
        """The settings file."""
        return self.config / "config.yaml"

    @property
    def log_file(self) -> Path:
        """The daemon's log."""
        return self.data / "logs" / "daemon.log"

    @property
    def lock_file(self) -> Path:
        """Whoever holds the lock on this file is the daemon."""
        return self.runtime / "daemon.lock"

    @property
    def connection_file(self) -> Path:
        """Port and token of the daemon where Unix sockets are not used (Windows); 0600."""
        return self.runtime / "daemon.json"

    @property
    def socket(self) -> Path:
        """The daemon's socket; moved to a short path when the runtime folder's is too long."""
        path = self.runtime / "daemon.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        base = os.environ.get("XDG_RUNTIME_DIR", "")
        short = Path(base) / f"rv-{digest}" / "daemon.sock" if base else None
        if short is None or len(os.fsencode(short)) > MAX_SOCKET_PATH_BYTES:
            short = Path(tempfile.gettempdir()) / f"rv-{digest}" / "daemon.sock"
        return short


def resolve_folders() -> Folders:
    """Return the folders: under ``RABBITVIEWER_HOME`` when set, else the platform's own."""
    home = os.environ.get("RABBITVIEWER_HOME")
    if home:
        root = Path(home).expanduser().absolute()
        return Folders(root / "config", root / "data", root / "cache", root / "runtime")
    with warnings.catch_warnings():  # without a session's folder platformdirs takes the temporary
        warnings.simplefilter("ignore", UserWarning)  # one, which make_private checks
        runtime = platformdirs.user_runtime_path(_APP, appauthor=False)
    return Folders(
        platformdirs.user_config_path(_APP, appauthor=False),
        platformdirs.user_data_path(_APP, appauthor=False),
        platformdirs.user_cache_path(_APP, appauthor=False),
        runtime,
    )


def pictures_folder() -> Path:
    """Return where results go whose original has no folder of its own, such as a pasted picture."""
    home = os.environ.get("RABBITVIEWER_HOME")
    if home:
        return Path(home).expanduser().absolute() / "pictures"
    return platformdirs.user_pictures_path() / "RabbitViewer"


def make_private(folder: Path) -> None:
    """Create *folder* for this user alone, or check that it is.

    Raises:
        PermissionError: it exists and belongs to somebody else, or is a link.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} is not a folder of this user")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)


@functools.cache
def build_id() -> str:
    """Return a digest of the installed sources: a window and a daemon of one build agree."""
    found = sorted(_sources(str(Path(__file__).resolve().parents[1]), ""))
    return hashlib.sha256("".join(found).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _sources(folder: str, prefix: str) -> Iterator[str]:
    """Go through the sources in *folder*: name, size and time of each."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found = entry.stat()
                yield f"{prefix}{entry.name} {found.st_size} {found.st_mtime_ns};"
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                yield from _sources(entry.path, f"{prefix}{entry.name}/")
