"""Starting the daemon where none runs, for the command line and for the window."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from daemon.protocol.endpoint import Folders, build_id
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import PROTOCOL_VERSION, Done, ShutdownRequest, TraceEvent, Welcome
from rabbitviewer.ipc.blocking import ConnectionLostError, DaemonConnection

START_DEADLINE_S = 30.0
_STOP_DEADLINE_S = 20.0
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.2
_TAIL_BYTES = 8192


def daemon_command() -> list[str]:
    """Return the command that runs the daemon in the foreground.

    ``-P`` keeps a folder named ``daemon`` where the user happens to stand out of the way.
    """
    return [sys.executable, "-P", "-m", "daemon"]


def start_daemon(folders: Folders) -> subprocess.Popen[bytes]:
    """Start the daemon, detached from this process, and return at once.

    It may end again by itself, with exit code 0, when another one was faster.

    Raises:
        RabbitError: ``daemon_unavailable``; the process could not be started.
    """
    try:
        start_log(folders).parent.mkdir(parents=True, exist_ok=True)
        with start_log(folders).open("wb") as errors:
            return subprocess.Popen(
                daemon_command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                close_fds=True,
                cwd=Path(sys.executable).anchor,
                start_new_session=os.name == "posix",
                creationflags=_detached_flags(),
            )
    except OSError as error:
        raise RabbitError(
            ErrorKind.DAEMON_UNAVAILABLE,
            f"The RabbitViewer daemon could not be started: {error.strerror or error}.",
            f"Check that {folders.data} can be written and that the disk is not full.",
        ) from error


def start_log(folders: Folders) -> Path:
    """Return the file that takes what a starting daemon says before its own log is open."""
    return folders.log_file.with_name("daemon-start.log")


def ensure_daemon(
    folders: Folders,
    *,
    trace: Callable[[TraceEvent], None] | None = None,
    deadline_s: float = START_DEADLINE_S,
) -> tuple[DaemonConnection, Welcome]:
    """Return a connection to the daemon, started when absent, and its welcome.

    A daemon of another version is replaced while it is idle, once: if the next one is not ours
    either, RabbitViewer was updated while we run. One that leaves just as it is spoken to (it was
    killed, or idle for too long) is started again.

    Raises:
        RabbitError: ``daemon_unavailable`` with the log's last line, or ``version_mismatch``.
    """
    deadline = time.monotonic() + deadline_s
    replaced = False
    while True:
        connection = _reach(folders, deadline)
        connection.on_trace = trace
        try:
            welcome = connection.hello(trace=trace is not None)
            if replaced:
                _check_protocol(welcome)
                return connection, welcome
            replaced = _stop_other_version(connection, welcome)
            if not replaced:
                return connection, welcome
        except ConnectionLostError:
            if time.monotonic() > deadline:
                connection.close()
                raise
            time.sleep(_FIRST_PAUSE_S)
        except BaseException:
            connection.close()
            raise
        connection.close()


def stop_daemon(folders: Folders, *, force: bool) -> bool:
    """Ask the daemon to end and wait until it did; False: none was running.

    Raises:
        RabbitError: it has open jobs and *force* is off, or it does not end.
    """
    try:
        connection = DaemonConnection.open(folders)
    except RabbitError:
        return False
    with connection:
        connection.request(ShutdownRequest(force=force), Done)
        if not connection.wait_closed(_STOP_DEADLINE_S):
            raise RabbitError(
                ErrorKind.TIMED_OUT,
                "The RabbitViewer daemon did not end.",
                f"Its log is {folders.log_file}.",
            )
    return True


def last_words(folders: Folders) -> str:
    """Return the last line of what the daemon said, empty when it said nothing."""
    for path in (start_log(folders), folders.log_file):
        with contextlib.suppress(OSError), path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").split("\n")
            kept = [line.strip() for line in lines if line.strip()]
            if kept:
                return kept[-1]
    return ""


def _reach(folders: Folders, deadline: float) -> DaemonConnection:
    """Return an open connection, starting the daemon when none answers.

    One that ended with code 0 found another in charge, which may have been about to leave: then it
    is started once more.
    """
    with contextlib.suppress(RabbitError):
        return DaemonConnection.open(folders)
    process = start_daemon(folders)
    pause_s = _FIRST_PAUSE_S
    while True:
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
        try:
            return DaemonConnection.open(folders)
        except RabbitError as error:
            code = process.poll()
            if code or time.monotonic() > deadline:
                raise _did_not_start(folders, code) from error
            if code == 0:
                process = start_daemon(folders)


def _did_not_start(folders: Folders, code: int | None) -> RabbitError:
    words = last_words(folders)
    how = f"it ended with code {code}" if code else "it does not answer"
    return RabbitError(
        ErrorKind.DAEMON_UNAVAILABLE,
        f"The RabbitViewer daemon did not start: {how}{f' ({words})' if words else ''}.",
        f"Its log is {folders.log_file}.",
    )


def _stop_other_version(connection: DaemonConnection, welcome: Welcome) -> bool:
    """Return True when a daemon of another version was idle and has been stopped.

    Raises:
        RabbitError: ``version_mismatch``; it is busy and speaks another protocol.
    """
    if (welcome.protocol_version, welcome.build_id) == (PROTOCOL_VERSION, build_id()):
        return False
    if not welcome.open_jobs and not welcome.other_clients:
        connection.request(ShutdownRequest(), Done)
        return connection.wait_closed(_STOP_DEADLINE_S)
    if welcome.protocol_version == PROTOCOL_VERSION:
        return False
    raise RabbitError(
        ErrorKind.VERSION_MISMATCH,
        f"A RabbitViewer daemon of another version is busy: {welcome.open_jobs} open jobs, "
        f"{welcome.other_clients} other clients.",
        "Wait for it, or end it with `rabbitviewer daemon stop --force`; its jobs go on later.",
    )


def _check_protocol(welcome: Welcome) -> None:
    """Make sure that the daemon which is there now can be spoken to.

    Raises:
        RabbitError: ``version_mismatch``.
    """
    if welcome.protocol_version != PROTOCOL_VERSION:
        raise RabbitError(
            ErrorKind.VERSION_MISMATCH,
            "RabbitViewer was updated while this ran, and the new daemon speaks another protocol.",
            "Start it again.",
        )


def _detached_flags() -> int:
    if sys.platform != "win32":
        return 0
    return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
