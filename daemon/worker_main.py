"""A worker process (``python -m daemon.worker_main POOL``): one task at a time, answered on a pipe.

Frames of :mod:`daemon.protocol.framing` arrive on standard input and leave on what was standard
output when the process began; file descriptor 1 itself then leads to standard error, so that a
library that prints cannot break a frame. The main thread works, another one reads, so that pause
and cancel are heard while a task runs. The end of the input ends the process at once.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import logging
import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

import msgspec

from daemon.handlers.context import Cancelled
from daemon.handlers.decoded_photos import DecodedPhotos
from daemon.handlers.registry import Handler, find_handler, preload
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.framing import Frame, FrameReader, pack
from daemon.task_files import file_in_words
from daemon.tasks import (
    AnyTask,
    Broken,
    Control,
    Finished,
    FromWorker,
    Kept,
    Progress,
    Run,
    ToWorker,
)

log = logging.getLogger(__name__)

EXIT_OWN_FAULT = 70
_NICENESS = 10
_BELOW_NORMAL_PRIORITY_CLASS = 0x4000
_READ_BYTES = 1 << 16
_PIPE_BYTES = 1 << 20
_REPORT_EVERY_S = 0.1
_HEADROOM_BYTES = 1 << 30
_PR_SET_PDEATHSIG = 1

FindHandler = Callable[[type[AnyTask]], Handler]


class TaskContext:
    """The running task's ears and mouth: a :class:`daemon.handlers.context.Context`."""

    def __init__(
        self, report: Callable[[float], None], photos: DecodedPhotos | None = None
    ) -> None:
        self.photos = photos or DecodedPhotos()
        self._report = report
        self._go = threading.Event()
        self._go.set()
        self._cancelled = False
        self._reported_at = 0.0
        self.later: list[Callable[[int], tuple[Kept, bytes]]] = []

    def checkpoint(self, fraction: float | None = None) -> None:
        """Report *fraction* (at most ten times a second), wait while paused, end when cancelled.

        Raises:
            Cancelled: the result is no longer wanted.
        """
        now = time.monotonic()
        if fraction is not None and now - self._reported_at >= _REPORT_EVERY_S:
            self._reported_at = now
            self._report(min(max(fraction, 0.0), 1.0))
        self._go.wait()
        if self._cancelled:
            raise Cancelled

    def afterwards(self, make: Callable[[int], tuple[Kept, bytes]]) -> None:
        """Have *make* called once the answer has been sent."""
        self.later.append(make)

    def control(self, action: str) -> None:
        """Obey the daemon: ``cancel``, ``pause`` or ``resume``."""
        if action == "pause":
            self._go.clear()
            return
        if action == "cancel":
            self._cancelled = True
        self._go.set()


class WorkerLoop:
    """Reads tasks from one pipe, carries them out, answers on another."""

    def __init__(self, source: int, target: int, find: FindHandler) -> None:
        self._source = source
        self._target = target
        self._find = find
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[Run | Control] = msgspec.msgpack.Decoder(ToWorker)
        self._waiting: queue.SimpleQueue[tuple[Run, TaskContext]] = queue.SimpleQueue()
        self._contexts: dict[int, TaskContext] = {}
        self._writing = threading.Lock()
        self._photos = DecodedPhotos()

    def run(self) -> NoReturn:
        """Work until the daemon closes the pipe."""
        threading.Thread(target=self._read, name="control", daemon=True).start()
        while True:
            run, context = self._waiting.get()
            self._photos.drop_old()
            answer = self._carry_out(run, context)
            del self._contexts[run.task_id]
            self._write(answer)
            del answer
            self._carry_out_later(run, context)

    def _carry_out(self, run: Run, context: TaskContext) -> bytes:
        """Return the answer to *run* as a frame; no failure of a handler passes this boundary."""
        name = file_in_words(run.task)
        try:
            context.checkpoint()
            result, blob = self._find(type(run.task))(run.task, context)
            return self._pack(Finished(run.task_id, result), blob)
        except Cancelled:
            info = ErrorInfo(ErrorKind.CANCELLED, f"Work on {name} was cancelled.")
        except RabbitError as error:
            info = error.info
        except MemoryError:
            info = ErrorInfo(
                ErrorKind.OUT_OF_MEMORY,
                f"There was not enough memory to work on {name}.",
                "Close other programs, or raise daemon.worker_memory_mb in config.yaml.",
            )
        except OSError as error:
            log.warning("%s failed: %s", type(run.task).__name__, error)
            info = _disk_failed(name, error)
        except Exception:
            log.exception("%s failed", type(run.task).__name__)
            info = ErrorInfo(
                ErrorKind.INTERNAL,
                f"Work on {name} failed inside RabbitViewer.",
                "The daemon's log has the details; `rabbitviewer daemon status` names it.",
            )
        return self._pack(Broken(run.task_id, info))

    def _carry_out_later(self, run: Run, context: TaskContext) -> None:
        """Do what need not keep the answer waiting; no failure of it passes this boundary."""
        for make in context.later:
            try:
                kept, blob = make(run.task_id)
                self._write(self._pack(kept, blob))
            except Exception:
                log.exception("%s could not be kept", type(run.task).__name__)
        context.later.clear()

    def _read(self) -> None:
        reader = FrameReader()
        try:
            while data := os.read(self._source, _READ_BYTES):
                for frame in reader.feed(data):
                    self._take(self._decoder.decode(frame.header))
        except Exception:
            log.exception("the pipe from the daemon is broken")
            os._exit(EXIT_OWN_FAULT)
        os._exit(0)

    def _take(self, message: Run | Control) -> None:
        if isinstance(message, Run):
            task_id = message.task_id
            context = TaskContext(
                lambda fraction: self._write(self._pack(Progress(task_id, fraction))),
                self._photos,
            )
            self._contexts[task_id] = context
            self._waiting.put((message, context))
        elif context := self._contexts.get(message.task_id):
            context.control(message.action)

    def _pack(self, message: FromWorker, blob: bytes = b"") -> bytes:
        return pack(Frame(self._encoder.encode(message), blob))

    def _write(self, frame: bytes) -> None:
        left = memoryview(frame)
        try:
            with self._writing:
                while left:
                    left = left[os.write(self._target, left) :]
        except OSError:
            os._exit(0)


def main(
    arguments: Sequence[str],
    find: FindHandler = find_handler,
    preload: Callable[[str], None] = preload,
) -> NoReturn:
    """Work for the daemon at the other end of standard input and output.

    Args:
        arguments: The pool's name, then optionally the memory limit in MB.
        find: Where handlers come from.
        preload: Called with the pool's name before the first task.
    """
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, target = _take_pipes()
    _end_with_daemon(source)
    _lower_priority()
    if len(arguments) > 1:
        _limit_memory(int(arguments[1]) << 20)
    preload(arguments[0] if arguments else "")
    WorkerLoop(source, target, find).run()


def _take_pipes() -> tuple[int, int]:
    """Move the pipes away from descriptors 0 and 1, which libraries may use as they like."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(target, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return source, target


def _end_with_daemon(source: int) -> None:
    """Have the system end this process with the daemon, in the midst of whatever it does.

    The end of the pipe is heard only between two pieces of Python: a worker that is busy would go
    on for a moment and write a temporary file into a folder that the next daemon has tidied. A
    worker whose daemon was gone before it asked for this does nothing that is still in the pipe.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        waiting = select.poll()
        waiting.register(source, 0)
        if waiting.poll(0):  # no events are asked for, so only the end of the other side is told
            os._exit(0)


def _disk_failed(name: str, error: OSError) -> ErrorInfo:
    kind, hint = ErrorKind.UNREADABLE, "Check that its drive is connected."
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        kind, hint = ErrorKind.DISK_FULL, "Free some space."
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        kind, hint = ErrorKind.PERMISSION_DENIED, "Check that its folder can be written."
    reason = error.strerror or type(error).__name__
    return ErrorInfo(kind, f"Work on {name} failed: {reason}.", hint)


def _lower_priority() -> None:
    """Let the window and the daemon go first."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(_NICENESS)


def _limit_memory(limit_bytes: int) -> None:
    """Make a single huge allocation fail here; the daemon watches what is really used.

    The limit stands above the daemon's, because reserved memory counts here whether used or not.
    No core is written: it would be as large as the limit.
    """
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = limit_bytes + _HEADROOM_BYTES
    if hard == resource.RLIM_INFINITY or wanted < hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, wanted))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1:])
