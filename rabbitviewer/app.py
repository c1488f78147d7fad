"""The window's process: starts the daemon, then imports Qt and hands over to the composition.

The daemon boots while Qt is being imported; on two cores that is most of its start for nothing.
"""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import RabbitError
from rabbitviewer.ipc.launcher import start_daemon
from rabbitviewer.trace import Trace


def run(path: Path | None, trace: Trace | None = None) -> int:
    """Open the window and stay until it is closed.

    Args:
        path: A folder or a photo to show; None: where the user left off.
        trace: Where events go; None: nowhere.

    Returns:
        The process's exit code.
    """
    folders = resolve_folders()
    launch = EarlyDaemon(folders)
    composition = importlib.import_module("rabbitviewer.composition")
    return int(composition.run_window(folders, path, launch, trace))


class EarlyDaemon:
    """Starts the daemon before anybody asks, and answers the first demand with that process."""

    def __init__(self, folders: Folders) -> None:
        self._started: subprocess.Popen[bytes] | None = None
        if not folders.socket.exists():
            try:
                self._started = start_daemon(folders)
            except RabbitError:
                self._started = None

    def __call__(self, folders: Folders) -> subprocess.Popen[bytes]:
        """Return the daemon started early while it lives, else start one.

        Raises:
            RabbitError: ``daemon_unavailable``; the process could not be started.
        """
        early, self._started = self._started, None
        if early is not None and early.poll() is None:
            return early
        return start_daemon(folders)
