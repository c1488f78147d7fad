"""``kill -9`` of the daemon at every stage of a grade: the job finishes once, nothing half done."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from daemon.decode.photo import read_photo
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditProgress,
    AiEditRequest,
    Jobs,
    JobsRequest,
    WirePath,
)
from daemon.protocol.values import JobInfo
from rabbitviewer.ipc.blocking import DaemonConnection

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STAGES = ["prepare", "upload", "queued", "run", "fetch", "fit", "apply", "save"]


class RealDaemon:
    """The daemon as a process that the test may kill."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> DaemonConnection:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen([sys.executable, "-m", "daemon"])
            with contextlib.suppress(RabbitError):
                return self._welcomed()
        raise AssertionError("the daemon did not start")

    def _welcomed(self) -> DaemonConnection:
        """Connect; a worker that was being started may still hold the killed daemon's socket."""
        connection = DaemonConnection.open(resolve_folders(), timeout_s=1.0)
        try:
            connection.hello()
        except RabbitError:
            connection.close()
            raise
        return connection

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


@pytest.fixture
def real_daemon(home: Path) -> Iterator[RealDaemon]:
    daemon = RealDaemon()
    yield daemon
    daemon.stop()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A real photograph of 6 MP."""
    path = tmp_path / "photos" / "coffee.jpg"
    path.parent.mkdir()
    Image.fromarray(data.coffee()).resize((3000, 2000)).save(path, quality=92)
    return path


def wait_for_stage(connection: DaemonConnection, job_id: str, stage: str) -> None:
    while True:
        event = connection.next_event(timeout_s=60)
        assert event is not None, f"stage {stage} was never announced"
        if isinstance(event, AiEditProgress) and event.job_id == job_id and event.stage == stage:
            return


def wait_for_end(connection: DaemonConnection, job_id: str) -> JobInfo:
    while True:
        answer = connection.request(JobsRequest(), Jobs)
        (job,) = [job for job in answer.jobs if job.job_id == job_id]
        if job.state not in ("waiting", "running"):
            return job
        connection.next_event(timeout_s=0.5)


@pytest.mark.parametrize("stage", STAGES)
def test_a_daemon_killed_in_any_stage_finishes_the_job_once_when_started_again(
    real_daemon: RealDaemon, photo: Path, stage: str
) -> None:
    before = photo.read_bytes(), photo.stat().st_mtime_ns
    connection = real_daemon.start()
    accepted = connection.request(
        AiEditRequest(path=WirePath.of(photo), prompt="warm, teal shadows"), AiEditAccepted
    )
    wait_for_stage(connection, accepted.job_id, stage)
    real_daemon.kill()
    connection.close()

    connection = real_daemon.start()
    job = wait_for_end(connection, accepted.job_id)
    connection.close()

    assert (job.state, job.error) == ("done", None)
    assert sorted(found.name for found in photo.parent.iterdir()) == [
        "coffee.jpg",
        "coffee_color_grade.jpg",
    ]
    assert (photo.read_bytes(), photo.stat().st_mtime_ns) == before
    with Image.open(photo.parent / "coffee_color_grade.jpg") as result:
        assert result.size == (3000, 2000)
        assert np.asarray(result).std() > 10


@pytest.mark.parametrize("stage", ["fit", "apply", "save"])
def test_a_grade_that_varies_over_the_picture_stays_one(
    real_daemon: RealDaemon, photo: Path, stage: str
) -> None:
    connection = real_daemon.start()
    accepted = connection.request(
        AiEditRequest(path=WirePath.of(photo), prompt="warm, teal shadows", fit="spatial"),
        AiEditAccepted,
    )
    wait_for_stage(connection, accepted.job_id, stage)
    real_daemon.kill()
    connection.close()

    connection = real_daemon.start()
    job = wait_for_end(connection, accepted.job_id)
    connection.close()

    work = resolve_folders().data / "jobs" / accepted.job_id
    assert (job.state, job.error) == ("done", None)
    assert job.fit is not None
    assert job.fit.model == "spatial"
    assert {"grade.cube", "grade.grid", "edited.png"} <= {file.name for file in work.iterdir()}
    assert not list(work.glob("*.part"))


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """White on the right half of the photo."""
    values = np.zeros((2000, 3000), np.uint8)
    values[:, 1500:] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize("stage", ["prepare", "run", "apply"])
def test_a_masked_job_goes_on_behind_the_mask_it_began_with(
    real_daemon: RealDaemon, photo: Path, mask: Path, stage: str
) -> None:
    connection = real_daemon.start()
    accepted = connection.request(
        AiEditRequest(path=WirePath.of(photo), prompt="warm", mask=WirePath.of(mask)),
        AiEditAccepted,
    )
    wait_for_stage(connection, accepted.job_id, stage)
    real_daemon.kill()
    connection.close()
    mask.unlink()

    connection = real_daemon.start()
    job = wait_for_end(connection, accepted.job_id)
    connection.close()

    assert (job.state, job.error, job.outside_identical) == ("done", None, True)
    assert sorted(found.name for found in photo.parent.iterdir()) == [
        "coffee.jpg",
        "coffee_color_grade.png",
    ]
    before = read_photo(bytes(WirePath.of(photo))).pixels
    after = read_photo(bytes(WirePath.of(photo.parent / "coffee_color_grade.png"))).pixels
    assert (after[:, :1500] == before[:, :1500]).all()
    assert (after[:, 1500:] != before[:, 1500:]).any()
