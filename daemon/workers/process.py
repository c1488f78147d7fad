"""One worker process as the daemon sees it: a pipe to it, a pipe from it, its log, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from daemon.memory import ENVIRONMENT
from daemon.protocol.framing import Frame, FrameReader, FramingError, pack
from daemon.tasks import AnyTask, Broken, Control, Finished, FromWorker, Kept, Progress, Run

log = logging.getLogger(__name__)

_MAX_LINE_BYTES = 2000
_MAX_LOGGED_LINES = 500
_LEAVE_S = 2.0
_MAX_PHOTOS = 8
_LAST_WORDS_S = 0.5
_CREATE_NO_WINDOW = 0x08000000
_STDIN, _STDOUT = 0, 1
_ALGEBRA_THREADS = "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"
_OPENMP_THREADS = ("OMP_NUM_THREADS",)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Progress | Finished | Broken | Kept] = msgspec.msgpack.Decoder(
    FromWorker
)


def worker_environment(*, one_thread: bool) -> dict[str, str]:
    """Return the environment of a worker.

    The linear algebra of numpy and scipy never starts a thread per core: its threads wait for each
    other by spinning, and the small systems of a fit took six times as long on busy cores.

    Args:
        one_thread: Keep codecs (RAW) from starting a thread per core too.
    """
    environment = ENVIRONMENT | dict(os.environ)
    for name in _ALGEBRA_THREADS + _OPENMP_THREADS * one_thread:
        environment[name] = "1"
    return environment


class NonsenseError(Exception):
    """The worker sent something that is no answer."""


class WorkerProcess(asyncio.SubprocessProtocol):
    """A started worker; it does one task at a time.

    Attributes:
        pid: Its process id.
        exit_code: None while it runs; negative: the signal that ended it.
        on_kept: Called with what it sends for a cache after an answer.
        photos: Whose pixels it keeps for a later task, as far as is known here.
    """

    def __init__(self) -> None:
        self.pid = 0
        self.exit_code: int | None = None
        self._exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames = FrameReader()
        self._task_id = 0
        self._answer: asyncio.Future[tuple[Finished | Broken, bytes]] | None = None
        self._on_progress: Callable[[float], None] | None = None
        self._given: dict[int, AnyTask] = {}
        self.on_kept: Callable[[AnyTask, Kept, bytes], None] | None = None
        self.photos: deque[bytes] = deque(maxlen=_MAX_PHOTOS)
        self._usable = True
        self._line = b""
        self._lines = 0

    @classmethod
    async def start(cls, command: Sequence[str], *, one_thread: bool) -> WorkerProcess:
        """Start *command*.

        Args:
            command: Program and arguments.
            one_thread: As for :func:`worker_environment`.

        Raises:
            OSError: the system cannot start it.
        """
        _, worker = await asyncio.get_running_loop().subprocess_exec(
            cls,
            *command,
            env=worker_environment(one_thread=one_thread),
            creationflags=_CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        )
        return worker

    @property
    def alive(self) -> bool:
        """Whether it can be given work; asks the system, whose news may not have come yet."""
        if not self._usable or self.exit_code is not None:
            return False
        if sys.platform != "linux":
            return True
        try:
            look = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self.pid, look) is None
        except ChildProcessError:
            return False

    def begin(
        self, task: AnyTask, on_progress: Callable[[float], None]
    ) -> asyncio.Future[tuple[Finished | Broken, bytes]]:
        """Send *task* to the idle worker; :meth:`control` reaches it from now on.

        Returns:
            The answer with its blob, or :class:`EOFError` (the process ended), or
            :class:`NonsenseError` (it sent something that is no answer).

        Raises:
            FramingError: the task does not fit into a message; the worker knows nothing of it.
        """
        self._task_id += 1
        self._send(Run(self._task_id, task))
        self._given = {known: self._given[known] for known in tuple(self._given)[-1:]}
        self._given[self._task_id] = task
        self._on_progress = on_progress
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    def control(self, action: str) -> None:
        """Tell the running task to cancel, pause or resume."""
        self._send(Control(self._task_id, action))

    def kill(self) -> None:
        """End the process now."""
        self._usable = False
        if self.exit_code is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                self._transport.kill()
            else:
                # Not the transport's kill: it polls, and so may take the exit code away from the
                # child watcher, which then reports 255 (python/cpython#87744).
                os.kill(self.pid, signal.SIGKILL)

    async def gone(self) -> None:
        """Return once the process has ended, which is helped along when it takes too long."""
        try:
            async with asyncio.timeout(_LEAVE_S):
                await asyncio.shield(self._exited)
        except TimeoutError:
            self.kill()
            await asyncio.shield(self._exited)
        self._transport.close()

    async def leave(self) -> None:
        """Close its input, at which it ends, and see to it that it does."""
        self._usable = False
        pipe = self._transport.get_pipe_transport(_STDIN)
        if pipe is not None:
            pipe.close()
        await self.gone()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: the process has started."""
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self.pid = self._transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Called by asyncio: the worker wrote an answer, or a line for the log."""
        if fd != _STDOUT:
            self._relay_log(data)
            return
        try:
            for frame in self._frames.feed(data):
                self._take(_decoder.decode(frame.header), frame.blob)
        except (NonsenseError, FramingError, ValueError, RecursionError) as error:
            log.warning("worker %d sent nonsense: %s", self.pid, error)
            self._usable = False
            self._fail(NonsenseError(str(error)))
            self.kill()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Called by asyncio: the worker closed a pipe, mostly by ending."""
        del exc
        if fd == _STDOUT:
            self._usable = False
            self._fail(EOFError("the worker closed its pipe"))

    def process_exited(self) -> None:
        """Called by asyncio: the exit code is known."""
        self.exit_code = self._transport.get_returncode()
        if not self._exited.done():
            self._exited.set_result(None)
        # Its last words may still be in the pipe, which something it started may hold open.
        loop = asyncio.get_running_loop()
        loop.call_later(_LAST_WORDS_S, self._fail, EOFError("the worker ended"))

    def _take(self, message: Progress | Finished | Broken | Kept, blob: bytes) -> None:
        if isinstance(message, Kept):
            self._take_kept(message, blob)
            return
        if self._answer is None or self._answer.done() or message.task_id != self._task_id:
            raise NonsenseError(f"an answer to task {message.task_id}, which nobody gave it")
        if not isinstance(message, Progress):
            self._answer.set_result((message, blob))
        elif self._on_progress is not None:
            self._on_progress(message.fraction)

    def _take_kept(self, kept: Kept, blob: bytes) -> None:
        task = self._given.pop(kept.task_id, None)
        if task is None:
            raise NonsenseError(f"something to keep of task {kept.task_id}, which nobody gave it")
        if self.on_kept is not None:
            self.on_kept(task, kept, blob)

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _send(self, message: Run | Control) -> None:
        data = pack(Frame(_encoder.encode(message)))
        pipe = cast("asyncio.WriteTransport | None", self._transport.get_pipe_transport(_STDIN))
        if pipe is not None and not pipe.is_closing():
            pipe.write(data)

    def _relay_log(self, data: bytes) -> None:
        """Copy what the worker writes to standard error into our log, up to a limit."""
        *whole, self._line = (self._line + data).split(b"\n")
        self._line = self._line[-_MAX_LINE_BYTES:]
        wanted = whole[: max(0, _MAX_LOGGED_LINES - self._lines)]
        self._lines += len(whole)
        if wanted:
            text = b"\n".join(line[:_MAX_LINE_BYTES] for line in wanted).decode("utf-8", "replace")
            log.info("worker %d: %s", self.pid, text)
