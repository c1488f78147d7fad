"""Two hundred jobs while daemon, client and host are killed at random: each ends exactly once."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import Jobs, JobsRequest
from daemon.protocol.values import JobInfo
from tests.fakes.asking_client import EVERY_JOB
from tests.fakes.counting_host import ROOT, CountingHost
from tests.fakes.real_daemon import RealDaemon

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

JOBS = 200
SEED = 6
KILLS = ("daemon", "host", "client") * 4
"""Each of the three so often; between two kills jobs end, so that a host loses none twice."""

APART = JOBS // (len(KILLS) + 3)
LIMIT_S = 300.0

SETTINGS = """
comfyui:
  enabled: true
  workflow: builtin_color_grade
  hosts: [{{name: studio, host: "127.0.0.1", port: {port}}}]
  host_dead_s: 30
daemon: {{light_workers: 1, heavy_workers: 1}}
"""


class Scene:
    """Daemon, client and host, each of which may be killed and comes back."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "photos"
        self.folder.mkdir()
        self.host = CountingHost(home / "comfyui")
        self.host.start()
        self.daemon = RealDaemon()
        config = resolve_folders().config_file
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(SETTINGS.format(port=self.host.port), encoding="utf-8")
        self._list = home / "photos.txt"
        self._list.write_text("\n".join(map(str, self._photos())), encoding="utf-8")
        self._client: subprocess.Popen[bytes] | None = None
        self._watching = self.daemon.connect()

    def _photos(self) -> Iterator[Path]:
        numbers = np.random.default_rng(SEED)
        for number in range(JOBS):
            width, height = numbers.integers(64, 97, 2)
            ramp = np.linspace(0, 200, width)[None, :, None] + numbers.integers(
                0, 56, (height, 1, 3)
            )
            path = self.folder / f"p{number:03}.png"
            Image.fromarray(ramp.astype(np.uint8)).save(path)
            yield path

    def jobs(self) -> list[JobInfo]:
        """Every job, as the daemon knows it; it is started where it does not run."""
        for _ in range(20):
            with contextlib.suppress(RabbitError):
                return list(self._watching.request(JobsRequest(limit=EVERY_JOB), Jobs).jobs)
            self._watching = self.daemon.connect()
        raise AssertionError("the daemon does not answer")

    def wait(self) -> None:
        """Wait for news, not for long."""
        with contextlib.suppress(RabbitError):
            self._watching.next_event(timeout_s=0.2)

    def keep_client(self) -> None:
        """Have a client run."""
        if self._client is None or self._client.poll() is not None:
            self._client = subprocess.Popen(
                [sys.executable, "-m", "tests.fakes.asking_client", str(self._list)], cwd=ROOT
            )

    def kill(self, what: str) -> None:
        """``kill -9`` one of the three; it comes back at once, or with the next look."""
        if what == "daemon":
            self.daemon.kill()
        elif what == "host":
            self.host.kill()
            self.host.start()
        elif self._client is not None:
            self._client.kill()
            self._client.wait()

    def close(self) -> None:
        self.kill("client")
        self.daemon.close()
        self.host.kill()


@pytest.fixture
def scene(home: Path) -> Iterator[Scene]:
    made = Scene(home)
    yield made
    made.close()


def plan() -> list[tuple[int, str]]:
    """After how many jobs that ended since the last kill what is killed; the seed decides."""
    dice = random.Random(SEED)
    kills = list(KILLS)
    dice.shuffle(kills)
    return [(APART + dice.randrange(-4, 5), what) for what in kills]


def run_through(scene: Scene) -> list[JobInfo]:
    """Let all jobs end while things are killed; returns them."""
    kills, killed_at = plan(), 0
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        scene.keep_client()
        jobs = scene.jobs()
        ended = [job for job in jobs if job.state not in ("waiting", "running")]
        if len(ended) == JOBS and not kills:
            return jobs
        if kills and len(ended) >= min(killed_at + kills[0][0], JOBS - 1):
            scene.kill(kills.pop(0)[1])
            killed_at = len(ended)
        scene.wait()
    states = Counter((job.state, job.stage, job.message) for job in scene.jobs())
    raise AssertionError(f"not all ended: {states}")


def test_two_hundred_jobs_end_exactly_once_each_whatever_is_killed(scene: Scene) -> None:
    jobs = run_through(scene)

    assert Counter(job.state for job in jobs) == {"done": JOBS}
    assert len({job.path for job in jobs}) == JOBS
    results = [os.fsdecode(job.result_path or b"") for job in jobs]
    assert len(set(results)) == JOBS
    originals = {os.fsdecode(job.path) for job in jobs}
    found = {str(file) for file in scene.folder.iterdir()}
    assert found == originals | set(results)
    sent = [prompt_id for job in jobs for prompt_id in job.prompt_ids]
    assert len(set(sent)) == len(sent)
    finished = scene.host.finished()
    assert len({lifetime for lifetime, _ in finished}) > 1
    assert max(Counter(finished).values()) == 1
    assert {prompt_id for _, prompt_id in finished} <= set(sent)
    assert all({prompt_id for _, prompt_id in finished} & set(job.prompt_ids) for job in jobs)
