"""``python -m rabbitviewer.scripts.runner FILE``: runs one script in this process.

The photos come as one JSON document on standard input; what the script says goes out as JSON, one
document a line. What it prints goes to standard error, which the window shows under Details.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import msgspec

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import RabbitError
from rabbitviewer.ipc.launcher import ensure_daemon
from rabbitviewer.scripts.api import Api

_MOST_INPUT = 256 << 20


class Given(msgspec.Struct, frozen=True):
    """What the window hands over: the photos' paths, in hexadecimal."""

    paths: tuple[str, ...] = ()


def main(argv: list[str]) -> int:
    """Run the script named on the command line; 0: it ended well."""
    tell = _take_output()
    if len(argv) != 1:
        tell({"failed": "The runner takes one script."})
        return 2
    file = Path(argv[0])
    given = msgspec.json.decode(sys.stdin.buffer.read(_MOST_INPUT), type=Given)
    try:
        run = _load(file)
        connection, _welcome = ensure_daemon(resolve_folders())
        with connection:
            api = Api(connection, [bytes.fromhex(path) for path in given.paths], tell)
            run(api, api.photos)
    except RabbitError as error:
        traceback.print_exc()
        tell({"failed": f"{error.info.message} {error.info.hint}".strip()})
        return 1
    except SystemExit as error:
        return _left(error, tell)
    except BaseException as error:  # noqa: BLE001 - the script's own failure is told, whatever it is
        _print_own(error, file)
        tell({"failed": _sentence(error, file)})
        return 1
    tell({"done": True})
    return 0


def _take_output() -> Callable[[Mapping[str, object]], None]:
    """Keep standard output for what is told; let everything that is printed go to the details."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError):
                stream.reconfigure(line_buffering=True, errors="backslashreplace")

    def tell(what: Mapping[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError):
            out.write(msgspec.json.encode(what) + b"\n")

    return tell


def _load(file: Path) -> Callable[[Api, object], object]:
    """Return the script's ``run``.

    Raises:
        TypeError: it has none.
    """
    spec = importlib.util.spec_from_file_location("rabbitviewer_user_script", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no Python file")
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent))
    spec.loader.exec_module(module)
    run = getattr(module, "run", None)
    if not callable(run):
        raise TypeError("there is no function run(api, photos)")
    return run


def _left(error: SystemExit, tell: Callable[[Mapping[str, object]], None]) -> int:
    if error.code in (None, 0):
        tell({"done": True})
        return 0
    tell({"failed": f"The script ended itself: {error.code}"})
    return 1


def _print_own(error: BaseException, file: Path) -> None:
    """Print the traceback from the script's own first line on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != str(file):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _sentence(error: BaseException, file: Path) -> str:
    """Say what went wrong and in which line of the script."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(file)
    ]
    if isinstance(error, SyntaxError) and error.lineno:
        lines.append(error.lineno)
    where = f" in line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}{where}: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
