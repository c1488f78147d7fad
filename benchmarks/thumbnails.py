"""What a thumbnail of 512 pixels costs, beside simplejpeg's scaled decode alone.

First in this process (CPU time of our worker's handler), then through a whole daemon with its
workers on all cores, beside as many processes, as nice as workers, that only decode. Run:

    python benchmarks/thumbnails.py [--photos 64] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import simplejpeg

from benchmarks.daemon_latency import connect
from benchmarks.photos import write_jpeg
from daemon.handlers.looking import thumbnail
from daemon.protocol.framing import LENGTHS_BYTES, Frame, pack, unpack_lengths
from daemon.protocol.messages import ThumbnailRequest, WirePath, encode
from daemon.tasks import Kept, MakeThumbnail

SIZE_PX = 512
SIZES = ((6000, 4000), (4240, 2832))
REPEATS = 9
LONG_AGO_S = 1_600_000_000

_DECODE_ALL = """
import os, sys, simplejpeg
if hasattr(os, "nice"):
    os.nice(10)
for path in sys.stdin.read().split():
    with open(path, "rb") as file:
        data = file.read()
    simplejpeg.decode_jpeg(data, "BGRX", min_width=512, min_height=341)
"""


class Worker:
    """A worker that nobody pauses, with its work for afterwards done at once."""

    def checkpoint(self, fraction: float | None = None) -> None:
        """Go on."""

    def afterwards(self, make: Callable[[int], tuple[Kept, bytes]]) -> None:
        """Do it now, so that it is counted."""
        make(1)


def cpu_ms(act: Callable[[], object]) -> float:
    """Return the least CPU time of a few runs."""
    act()
    times: list[float] = []
    for _ in range(REPEATS):
        began = time.process_time()
        act()
        times.append(time.process_time() - began)
    return min(times) * 1e3


def compare_cpu(photos: list[Path]) -> None:
    sums = [0.0, 0.0]
    for path in photos:
        data = path.read_bytes()
        alone = cpu_ms(
            lambda data=data: simplejpeg.decode_jpeg(data, "BGRX", min_width=512, min_height=341)
        )
        task = MakeThumbnail(path=os.fsencode(path), size_px=SIZE_PX, keep=True)
        ours = cpu_ms(lambda task=task: thumbnail(task, Worker()))
        full = cpu_ms(lambda data=data: simplejpeg.decode_jpeg(data, "BGRX"))
        sums = [sums[0] + alone, sums[1] + ours]
        print(
            f"{path.name}: scaled decode alone {alone:.1f} ms, thumbnail with its cache "
            f"{ours:.1f} ms: {ours / alone:.3f} (full decode {full:.1f} ms)"
        )
    print(f"mean: {sums[1] / sums[0]:.3f} of the scaled decode (wanted: at most 1.15)")


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def decode_alone(paths: list[Path]) -> float:
    """Return how long as many processes as there are cores take only to decode."""
    began = time.perf_counter()
    running: list[subprocess.Popen[str]] = []
    for index in range(cores()):
        process = subprocess.Popen([sys.executable, "-c", _DECODE_ALL], stdin=-1, text=True)
        running.append(process)
        if process.stdin is not None:
            process.stdin.write("\n".join(map(str, paths[index :: cores()])))
            process.stdin.close()
    for process in running:
        process.wait()
    return time.perf_counter() - began


async def through_daemon(paths: list[Path], warm: Path) -> tuple[float, float, float]:
    """Return the wall times of a cold and of a warm pass, and the CPU time of the cold one."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-m", "daemon")
    reader, writer = await connect()

    async def ask(wanted: list[Path], answers: int) -> float:
        began = time.perf_counter()
        for number, path in enumerate(wanted, 1):
            request = ThumbnailRequest(
                path=WirePath.of(path), size_px=SIZE_PX, priority="near", request_id=number
            )
            writer.write(pack(Frame(encode(request))))
        for _ in range(answers):
            lengths = unpack_lengths(await reader.readexactly(LENGTHS_BYTES))
            await reader.readexactly(sum(lengths))
        return time.perf_counter() - began

    for _ in range(4):
        await ask([warm], 1)
    cold = await ask(paths, len(paths))
    await asyncio.sleep(0.5)
    again = await ask(paths, len(paths))
    writer.close()
    process.terminate()
    await process.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return cold, again, used.ru_utime + used.ru_stime


def compare_rates(photos: list[Path], count: int, folder: Path) -> None:
    paths: list[Path] = []
    for index in range(count):
        path = folder / f"{index:04}.jpg"
        os.link(photos[index % len(photos)], path)
        os.utime(path, (LONG_AGO_S, LONG_AGO_S))
        paths.append(path)
    startup = decode_alone([])
    alone = decode_alone(paths) - startup
    cold, again, _ = asyncio.run(through_daemon(paths, photos[0]))
    print(f"{count} photos on {cores()} cores: decode alone {count / alone:.1f}/s")
    print(f"through the daemon {count / cold:.1f}/s: {alone / cold:.2f} of it (wanted: 0.85)")
    print(f"again, from its cache: {count / again:.0f}/s, {again / count * 1e3:.2f} ms each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=64)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rv-bench-", dir=arguments.folder) as name:
        home = Path(name)
        os.environ["RABBITVIEWER_HOME"] = str(home / "home")
        photos = [write_jpeg(home / f"{w}x{h}.jpg", w, h) for w, h in SIZES]
        compare_cpu(photos)
        (home / "photos").mkdir()
        compare_rates(photos, arguments.photos, home / "photos")


if __name__ == "__main__":
    main()
