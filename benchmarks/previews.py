"""How long a photo takes to come at the size of the screen, in units of one full decode.

A real daemon, one photo at a time, each seen for the first time, then again from the cache, then
through a monitor's profile. Run:

    python benchmarks/previews.py [--photos 8]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import simplejpeg

from benchmarks.daemon_latency import connect
from benchmarks.photos import write_jpeg
from daemon.decode.icc import profile_for
from daemon.protocol.framing import LENGTHS_BYTES, Frame, pack, unpack_lengths
from daemon.protocol.messages import (
    Message,
    MonitorProfile,
    PreviewRequest,
    SurfaceMapped,
    WirePath,
    encode,
)

BOX = (1920, 1080)
LONG_AGO_S = 1_600_000_000


class Client:
    """One connection that asks and waits."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0

    async def ask(self, message: Message, last: tuple[str, ...]) -> dict[str, object]:
        """Return the first answer whose quality, or else command, is one of *last*."""
        self._number += 1
        self._send(msgspec.structs.replace(message, request_id=self._number))
        while True:
            lengths = unpack_lengths(await self._reader.readexactly(LENGTHS_BYTES))
            header = await self._reader.readexactly(lengths[0])
            await self._reader.readexactly(lengths[1])
            answer = msgspec.msgpack.decode(header)
            if answer.get("surface_path"):
                self._send(SurfaceMapped(surface_id=answer["surface_id"]))
            if answer.get("quality", answer["command"]) in last:
                return answer

    def _send(self, message: Message) -> None:
        self._writer.write(pack(Frame(encode(message))))


async def figures(paths: list[Path], unit_ms: float) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-m", "daemon")
    client = Client(*await connect())

    async def each(title: str, wanted: list[Path], box: tuple[int, int], profile: str) -> None:
        times: list[float] = []
        for path in wanted:
            request = PreviewRequest(
                path=WirePath.of(path), max_width_px=box[0], max_height_px=box[1], profile=profile
            )
            began = time.perf_counter()
            await client.ask(request, ("screen", "full", "failed"))
            times.append((time.perf_counter() - began) * 1e3)
            await asyncio.sleep(0.1)  # what is kept is written meanwhile
        middle = statistics.median(times)
        print(f"{title}: median {middle:.1f} ms, {middle / unit_ms:.2f} units")

    known = await client.ask(
        MonitorProfile(icc=profile_for("display-p3") or b""), ("monitor_profile_known",)
    )
    await each("(first, workers starting)", paths[:1], BOX, "")
    half = len(paths) // 2
    await each("first time", paths[1:half], BOX, "")
    await each("again, from the cache", paths[1:half], BOX, "")
    await each("first time, through a monitor's profile", paths[half:], BOX, str(known["profile"]))
    await each("again, through the profile", paths[half:], BOX, str(known["profile"]))
    await each("full pixels with levels", paths[:half], (0, 0), "")
    process.terminate()
    await process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=8)
    count = parser.parse_args().photos
    with tempfile.TemporaryDirectory(prefix="rv-bench-") as name:
        home = Path(name)
        os.environ["RABBITVIEWER_HOME"] = str(home / "home")
        photo = write_jpeg(home / "photo.jpg", 6000, 4000)
        data = photo.read_bytes()
        times: list[float] = []
        for _ in range(7):
            began = time.perf_counter()
            simplejpeg.decode_jpeg(data, "BGRX")
            times.append((time.perf_counter() - began) * 1e3)
        unit_ms = statistics.median(times)
        print(f"one unit, a full decode of 24 MP: {unit_ms:.1f} ms")
        paths = [home / f"{index:03}.jpg" for index in range(count)]
        for path in paths:
            os.link(photo, path)
            os.utime(path, (LONG_AGO_S, LONG_AGO_S))
        asyncio.run(figures(paths, unit_ms))


if __name__ == "__main__":
    main()
