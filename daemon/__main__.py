"""``python -m daemon``: become the daemon, unless there is one already."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from daemon.ipc.lock import DaemonLock
from daemon.log import open_log
from daemon.protocol.endpoint import Folders, make_private, resolve_folders
from daemon.protocol.errors import RabbitError

log = logging.getLogger(__name__)

EXIT_DONE, EXIT_FAILED = 0, 1


def main() -> int:
    """Run until the daemon is no longer needed.

    Returns:
        0: it has ended, or another one is in charge; 1: it could not start, and standard error
        says why in one line.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # one line on stderr, not two
    folders = resolve_folders()
    try:
        return _run(folders)
    except RabbitError as error:
        return _complain(f"{error} {error.info.hint}".strip())
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _complain(f"{error.strerror or error}{where}.")
    except Exception:
        log.exception("the daemon failed")
        return _complain(f"Something failed inside; the log {folders.log_file} has the details.")


def _run(folders: Folders) -> int:
    make_private(folders.runtime)
    lock = DaemonLock(folders.lock_file)
    if not lock.acquire():
        _say(f"The RabbitViewer daemon runs already (process {lock.holder()}).")
        return EXIT_DONE
    try:
        open_log(folders.log_file, "info")
        # Only the holder of the lock loads the rest: who loses the race is gone at once.
        from daemon.app import run_daemon

        asyncio.run(run_daemon(folders))
    finally:
        lock.release()
    return EXIT_DONE


def _complain(reason: str) -> int:
    log.error("the daemon ends: %s", reason)
    _say(f"The RabbitViewer daemon cannot run: {reason}")
    return EXIT_FAILED


def _say(line: str) -> None:
    text = " ".join(line.split()).encode("utf-8", "backslashreplace")
    try:
        os.write(2, text + b"\n")
    except OSError:
        log.warning("nobody reads standard error: %s", line)


if __name__ == "__main__":
    sys.exit(main())
