"""Measure rating many photos at once through a real daemon, and what else it answers meanwhile."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rv-marking-") as home:
        os.environ["RABBITVIEWER_HOME"] = str(Path(home) / "home")
        process = subprocess.Popen([sys.executable, "-m", "daemon"], cwd=HERE.parent)
        try:
            measure(Path(home) / "photos", arguments.photos)
        finally:
            process.terminate()
            process.wait()
    return 0


def measure(folder: Path, count: int) -> None:
    from daemon.protocol.messages import MarksSet, SetMarks, WirePath

    folder.mkdir()
    paths = [folder / f"photo {number:05}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(JPEG)
    wire = tuple(WirePath.of(path) for path in paths)
    for title, change in (
        ("new sidecars", SetMarks(paths=wire, rating=3)),
        ("sidecars changed", SetMarks(paths=wire, rating=5, label="red", add_keywords=("gull",))),
    ):
        with connected() as connection:
            stop = threading.Event()
            pings: list[float] = []
            pinging = threading.Thread(target=ping, args=(stop, pings))
            pinging.start()
            start = time.monotonic()
            answer = connection.request(change, MarksSet, timeout_s=None)
            took_s = time.monotonic() - start
            stop.set()
            pinging.join()
        there = sum(path.with_name(path.name + ".xmp").exists() for path in paths)
        pings.sort()
        print(
            f"{title}: {answer.changed} of {count} in {took_s:.2f} s "
            f"({1000 * took_s / count:.2f} ms each), {there} on disk, "
            f"{len(answer.failed)} failed; {len(pings)} pings, median "
            f"{1000 * pings[len(pings) // 2]:.1f} ms, worst {1000 * pings[-1]:.1f} ms"
        )


def ping(stop: threading.Event, pings: list[float]) -> None:
    from daemon.protocol.messages import Jobs, JobsRequest

    with connected() as connection:
        while not stop.is_set():
            start = time.monotonic()
            connection.request(JobsRequest(), Jobs)
            pings.append(time.monotonic() - start)
            time.sleep(0.02)


def connected():
    from daemon.protocol.endpoint import resolve_folders
    from daemon.protocol.errors import RabbitError
    from rabbitviewer.ipc.blocking import DaemonConnection

    for _ in range(200):
        try:
            connection = DaemonConnection.open(resolve_folders())
            connection.hello()
        except RabbitError:
            time.sleep(0.05)
        else:
            return connection
    raise SystemExit("The daemon did not start.")


if __name__ == "__main__":
    sys.exit(main())
