"""``rabbitviewer daemon run|start|stop|status`` and ``rabbitviewer builtin-host``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import NoReturn

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import DaemonStatus, StatusRequest
from rabbitviewer.commands.arguments import Commands, integer
from rabbitviewer.commands.documents import plain
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.terminal import write_json, write_line
from rabbitviewer.ipc.blocking import DaemonConnection
from rabbitviewer.ipc.launcher import daemon_command, stop_daemon


def add(commands: Commands) -> None:
    """Register the commands."""
    verbs = commands.group("daemon", "the program in the background that does the work")
    verbs.add("run", run_daemon, "run it in the foreground")
    verbs.add("start", run_start, "start it in the background")
    stop = verbs.add("stop", run_stop, "end it")
    stop.add_argument("--force", action="store_true", help="even with open jobs; they go on later")
    verbs.add("status", run_status, "show whether it runs, and its figures")
    host = commands.add("builtin-host", run_builtin_host, "run the embedded host on its own, no AI")
    host.add_argument("--port", type=integer(0, 65535), metavar="N", help="0: any free one")


def run_daemon(args: argparse.Namespace, session: Session) -> int:
    """Become the daemon."""
    del args, session
    replace_process(daemon_command())


def run_builtin_host(args: argparse.Namespace, session: Session) -> int:
    """Become the built-in host."""
    del session
    command = [sys.executable, "-P", "-m", "daemon.builtin_host"]
    if args.port is not None:
        command += ["--port", str(args.port)]
    replace_process(command)


def run_start(args: argparse.Namespace, session: Session) -> int:
    """Start the daemon when it does not run, and show its figures."""
    del args
    return _show(session, session.ask(StatusRequest(), DaemonStatus))


def run_stop(args: argparse.Namespace, session: Session) -> int:
    """End the daemon; fine when none runs."""
    stopped = stop_daemon(session.folders, force=args.force)
    if session.json:
        write_json({"running": False, "stopped": stopped})
    else:
        write_line("The daemon has ended." if stopped else "The daemon was not running.")
    return 0


def run_status(args: argparse.Namespace, session: Session) -> int:
    """Show whether the daemon runs; it is not started for that."""
    del args
    try:
        with DaemonConnection.open(session.folders) as connection:
            return _show(session, connection.request(StatusRequest(), DaemonStatus))
    except RabbitError as error:
        if error.info.kind != ErrorKind.DAEMON_UNAVAILABLE:
            raise
    if session.json:
        write_json({"running": False})
    else:
        write_line("The daemon is not running; it starts by itself when it is needed.")
    return 0


def replace_process(command: list[str]) -> NoReturn:
    """Run *command* in this process's place; where that cannot be, wait for it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    sys.exit(subprocess.call(command))


def _show(session: Session, status: DaemonStatus) -> int:
    if session.json:
        write_json({"running": True, **plain(status)})
        return 0
    write_line(
        f"The daemon runs: process {status.pid}, version {status.version}, "
        f"up {status.uptime_s:.0f} s, {status.rss_bytes / 1e6:.0f} MB, "
        f"{status.workers} workers, {status.open_jobs} open jobs."
    )
    if status.settings_problem:
        write_line(status.settings_problem)
    return 0
