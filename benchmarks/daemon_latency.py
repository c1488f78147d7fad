"""How long the daemon and its workers take to answer, with nothing to compute.

A real daemon in a temporary home, one client on its socket, then a pool of real workers whose only
task is a small PNG preview. Run:

    python benchmarks/daemon_latency.py [--messages 5000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from io import BytesIO

from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.framing import LENGTHS_BYTES, Frame, pack, unpack_lengths
from daemon.protocol.messages import FolderClose, StatusRequest, encode
from daemon.tasks import DecodePreview
from daemon.workers.limits import WorkerLimits
from daemon.workers.pool import WorkerPool
from daemon.workers.run import TaskRun

IN_FLIGHT = 50


async def connect(deadline_s: float = 30.0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    path = resolve_folders().socket
    until = time.monotonic() + deadline_s
    while True:
        try:
            return await asyncio.open_unix_connection(path)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.005)


async def answer(reader: asyncio.StreamReader) -> None:
    lengths = unpack_lengths(await reader.readexactly(LENGTHS_BYTES))
    await reader.readexactly(sum(lengths))


async def each(count: int, act: Callable[[], Awaitable[object]]) -> str:
    times: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        await act()
        times.append(time.perf_counter() - began)
    times.sort()
    median, p99 = times[count // 2] * 1e3, times[count * 99 // 100] * 1e3
    return f"median {median:.3f} ms, p99 {p99:.3f} ms, {count / sum(times):.0f}/s"


async def socket_figures(count: int) -> None:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-m", "daemon")
    reader, writer = await connect()
    status = pack(Frame(encode(StatusRequest())))
    small = pack(Frame(encode(FolderClose(listing_id=1))))

    async def ask(frame: bytes) -> None:
        writer.write(frame)
        await answer(reader)

    await ask(status)
    print(f"start of the daemon to its first answer: {time.perf_counter() - began:.3f} s")
    await each(count // 10, lambda: ask(small))
    print("round trip on the socket:", await each(count, lambda: ask(small)))
    began = time.perf_counter()
    for _ in range(count // IN_FLIGHT):
        writer.write(small * IN_FLIGHT)
        for _ in range(IN_FLIGHT):
            await answer(reader)
    print(f"{IN_FLIGHT} requests in flight: {count / (time.perf_counter() - began):.0f}/s")
    writer.close()
    process.terminate()
    await process.wait()


async def worker_figures(count: int) -> None:
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    task = DecodePreview(data=picture.getvalue())
    pool = WorkerPool("light", workers=1, limits=WorkerLimits(), one_thread=True)

    async def run() -> None:
        await pool.run(TaskRun(task, lambda _: None))

    began = time.perf_counter()
    await run()
    print(f"first task, worker started for it: {time.perf_counter() - began:.3f} s")
    print("task through a worker:", await each(count // 5, run))
    await pool.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=5000)
    count = arguments.parse_args().messages
    with tempfile.TemporaryDirectory(prefix="rv-bench-") as home:
        os.environ["RABBITVIEWER_HOME"] = home
        asyncio.run(socket_figures(count))
        asyncio.run(worker_figures(count))


if __name__ == "__main__":
    main()
