"""What the daemon adds to a job beside the host's own work, the transfer and the codecs.

A photo of 1 MP goes through a workflow whose result is the returned picture itself (``image``), on
the built-in host run as a ComfyUI host of the settings; the workflow only loads and saves, so that
nothing is learnt or computed. For each job, from the request until the event that it is done:

- ``job``: the whole time
- ``host``: from the host's ``execution_start`` to its ``execution_success``
- ``transfer``: the same two pictures sent and fetched once more over the same HTTP, just afterwards
- ``codec``: photo decoded, small copy encoded, returned picture decoded, result encoded, by the
  same functions in a process of its own, just afterwards
- ``overhead``: job - host - transfer; ``besides codec``: what of it no codec explains

Run: ``python benchmarks/job_overhead.py [--jobs 30] [--photo FILE] [--json]``
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from photos import write_jpeg

from daemon.decode.photo import read_photo
from daemon.decode.plain import read_rgb, write_png
from daemon.decode.writing import write_photo
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.message import WirePath
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditComplete,
    AiEditFailed,
    AiEditRequest,
    ShutdownRequest,
)
from daemon.protocol.values import JobInfo
from rabbitviewer.ipc.blocking import DaemonConnection
from rabbitviewer.ipc.launcher import ensure_daemon

SIZE = (1216, 832)
GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}
MANIFEST = """operation: as_it_comes
title: As it comes
result: image
bindings:
  image: {node: "1", class: LoadImage, input: image}
output: {node: "2"}
version: 1
"""
_PATIENCE_S = 60.0


@contextlib.contextmanager
def host(folder: Path) -> Iterator[str]:
    """Run a host of its own while the block runs; its URL."""
    command = [sys.executable, "-m", "daemon.builtin_host", "--with-parent", "--base", str(folder)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def settle(home: Path, url: str) -> None:
    """Write settings that name the host, and the workflow."""
    config = home / "config"
    (config / "comfyui_workflows").mkdir(parents=True)
    port = url.rpartition(":")[2]
    (config / "config.yaml").write_text(
        f'comfyui:\n  enabled: true\n  host: "127.0.0.1"\n  port: {port}\n', encoding="utf-8"
    )
    (config / "comfyui_workflows" / "as_it_comes.json").write_text(json.dumps(GRAPH), "utf-8")
    (config / "comfyui_workflows" / "as_it_comes.yaml").write_text(MANIFEST, "utf-8")


def run_job(connection: DaemonConnection, photo: Path) -> tuple[float, JobInfo]:
    """Run one job; return its whole time and how it ended.

    Raises:
        SystemExit: it failed.
    """
    began = time.perf_counter()
    request = AiEditRequest(
        path=WirePath(os.fsencode(photo)), prompt="as it is", workflow="as_it_comes"
    )
    job_id = connection.request(request, AiEditAccepted).job_id
    while True:
        event = connection.next_event(_PATIENCE_S)
        if event is None:
            raise SystemExit("no answer from the daemon")
        if isinstance(event, AiEditFailed) and event.job_id == job_id:
            raise SystemExit(f"{event.error.message} {event.error.hint}")
        if isinstance(event, AiEditComplete) and event.job_id == job_id:
            return time.perf_counter() - began, event.job


def host_s(client: httpx.Client, prompt_id: str) -> tuple[float, dict[str, str]]:
    """Return the host's own time for a prompt, and where its picture is."""
    entry = client.get(f"/history/{prompt_id}").json()[prompt_id]
    at = {name: data["timestamp"] for name, data in entry["status"]["messages"]}
    (image,) = entry["outputs"]["2"]["images"]
    return (at["execution_success"] - at["execution_start"]) / 1000, image


def transfer_s(client: httpx.Client, sent: Path, image: dict[str, str]) -> float:
    """Send and fetch the same two pictures once more."""
    content = sent.read_bytes()
    began = time.perf_counter()
    answer = client.post("/upload/image", files={"image": ("again.png", content)})
    answer.raise_for_status()
    client.get("/view", params=image).raise_for_status()
    return time.perf_counter() - began


def codec_s(photo: Path, sent: Path, returned: Path, scratch: Path) -> float:
    """Decode and encode what a job has to."""
    began = time.perf_counter()
    picture = read_photo(os.fsencode(photo))
    write_png(os.fsencode(scratch / "sent.png"), read_rgb(os.fsencode(sent)))
    extra = time.perf_counter()
    read_rgb(os.fsencode(sent))  # was needed above, and is no part of a job
    unneeded = time.perf_counter() - extra
    pixels = read_rgb(os.fsencode(returned))
    write_photo(os.fsencode(scratch / "result.jpg"), pixels, ".jpg", source=picture)
    return time.perf_counter() - began - 2 * unneeded


def measure(jobs: int, photo: Path | None) -> dict[str, float]:
    """Return medians over *jobs* jobs, seconds."""
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="rv-bench-") as name, host(Path(name) / "host") as url:
        folder = Path(name)
        os.environ["RABBITVIEWER_HOME"] = str(folder / "home")
        settle(folder / "home", url)
        folders = resolve_folders()
        source = folder / "photo.jpg"
        if photo is None:
            write_jpeg(source, *SIZE)
        else:
            shutil.copy(photo, source)
        ensure_daemon(folders)[0].close()
        with DaemonConnection.open(folders) as connection, httpx.Client(base_url=url) as client:
            connection.hello()
            for _ in range(3):  # processes start, modules are read
                run_job(connection, source)
            for _ in range(jobs):
                took, job = run_job(connection, source)
                own, image = host_s(client, job.prompt_ids[-1])
                work = folders.data / "jobs" / job.job_id
                sent, returned = work / "sent.png", work / "edited.png"
                rows.append(
                    {
                        "job": took,
                        "host": own,
                        "transfer": transfer_s(client, sent, image),
                        "codec": codec_s(source, sent, returned, folder),
                        **{f"stage {stage}": each for stage, each in job.timings_s.items()},
                    }
                )
            connection.post(ShutdownRequest(force=True))
            connection.wait_closed(_PATIENCE_S)
    for row in rows:
        row["overhead"] = row["job"] - row["host"] - row["transfer"]
        row["besides codec"] = row["overhead"] - row["codec"]
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=30)
    parser.add_argument("--photo", type=Path, help="default: one of 1 MP is made")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.jobs, arguments.photo)
    if arguments.json:
        print(json.dumps({name: round(seconds, 4) for name, seconds in found.items()}))
        return
    for name, seconds in found.items():
        print(f"{name:16} {seconds * 1000:8.1f} ms")
    units = found["overhead"] / found["codec"]
    print(f"the overhead is {units:.2f} x the codecs")


if __name__ == "__main__":
    main()
