"""``python -m daemon.builtin_host``: the built-in host as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import math
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from daemon.builtin_host.server import BuiltinHost

_NICENESS = 5
_KEEP_S = 2 * 24 * 3600.0
"""How long a daemon's own host keeps inputs and results; the daemon fetched them long ago."""


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve until asked to end.

    Returns:
        Exit code: 0 ended as asked, 1 the port is taken or the folder unusable.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    _lower_priority()
    with contextlib.ExitStack() as stack:
        base = options.base or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="rabbitviewer-host-"))
        )
        try:
            asyncio.run(_serve(base, options.port, with_parent=options.with_parent))
        except OSError as error:
            sys.stderr.write(
                f"The built-in host cannot start (port {options.port}, folder {base}): {error}\n"
            )
            return 1
    return 0


_WITH_PARENT = "end when stdin is closed; forget inputs and results of two days ago at the start"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rabbitviewer builtin-host", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 picks one")
    parser.add_argument("--with-parent", action="store_true", help=_WITH_PARENT)
    parser.add_argument("--base", type=Path, help="folder that holds input, output and temp")
    return parser


async def _serve(base: Path, port: int, *, with_parent: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    host = BuiltinHost(base, keep_s=_KEEP_S if with_parent else math.inf)
    port = await host.start(port)
    try:
        sys.stdout.write(json.dumps({"port": port}) + "\n")
        sys.stdout.flush()
        if with_parent:
            watcher = threading.Thread(target=_await_eof, args=(loop, ended), daemon=True)
            watcher.start()
        await ended.wait()
    finally:
        await host.stop()


def _await_eof(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(ended.set)


def _lower_priority() -> None:
    with contextlib.suppress(AttributeError, OSError):
        os.nice(_NICENESS)


if __name__ == "__main__":
    sys.exit(main())
