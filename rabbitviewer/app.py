"""The window's process: daemon and first request first, then Qt and the composition.

The daemon boots, lists and decodes while Qt is being imported; on two cores that is most of the
start for nothing.
"""

from __future__ import annotations

import gc
import importlib
import subprocess
from pathlib import Path

from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import RabbitError
from rabbitviewer.ipc.early import EarlyConnection
from rabbitviewer.ipc.launcher import start_daemon
from rabbitviewer.memory import return_freed_pixels
from rabbitviewer.shell.state import load_state
from rabbitviewer.start import first_requests, where_to_start
from rabbitviewer.trace import Trace


def run(path: Path | None, trace: Trace | None = None) -> int:
    """Open the window and stay until it is closed.

    Args:
        path: A folder or a photo to show; None: where the user left off.
        trace: Where events go; None: nowhere.

    Returns:
        The process's exit code.
    """
    gc.disable()  # until the first picture: collecting what stays anyway takes 5 % of the start
    return_freed_pixels()
    folders = resolve_folders()
    launch = EarlyDaemon(folders)
    state = load_state(folders.data / "window.json")
    start = where_to_start(path, state)
    early = EarlyConnection(folders, first_requests(start, state), trace=trace is not None)
    early.start()
    composition = importlib.import_module("rabbitviewer.composition")
    return int(composition.run_window(folders, state, start, launch, early, trace))


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
