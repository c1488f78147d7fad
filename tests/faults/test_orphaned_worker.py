"""A worker whose daemon was killed."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec
import pytest

from daemon.protocol.framing import Frame, pack
from daemon.tasks import HashPhoto, Run
from tests.fakes.pools import ODD_WORKER

PARENT = """
import subprocess, sys
worker = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
worker.stdin.write(sys.stdin.buffer.read())
worker.stdin.flush()
worker.stdout.read(1)
print(worker.pid, flush=True)
worker.wait()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """What stands for the daemon; its worker is in the midst of a task that hears nothing."""
    command = (sys.executable, "-P", "-c", PARENT, *ODD_WORKER)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(_task(b"be_deaf.jpg"))
        process.stdin.close()
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends it there only")
def test_a_busy_worker_ends_with_its_daemon(parent: subprocess.Popen[bytes]) -> None:
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    os.kill(worker, 0)
    parent.kill()
    parent.wait()
    ends = time.monotonic() + 20
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < ends:
            if _state_of(worker) == "Z":
                return
            time.sleep(0.01)
        os.kill(worker, 9)
        pytest.fail("the worker went on without its daemon")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of the pipe is heard later")
def test_a_worker_that_starts_after_its_daemon_ended_does_none_of_its_tasks() -> None:
    ours, its = socket.socketpair()
    ours.sendall(_task(b"paint.jpg"))
    ours.close()
    with its:
        done = subprocess.run(ODD_WORKER, stdin=its, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def _task(path: bytes) -> bytes:
    return pack(Frame(msgspec.msgpack.encode(Run(1, HashPhoto(path=path))), b""))


def _state_of(pid: int) -> str:
    """Return the letter of the state of process *pid*; nobody may have asked for its end."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        raise ProcessLookupError from None
