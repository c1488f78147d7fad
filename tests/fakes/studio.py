"""A daemon whose ComfyUI is a faulty host, and a client of it that waits for how a job ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditRequest,
    DaemonStatus,
    Done,
    JobCancel,
    Jobs,
    JobsRequest,
    StatusRequest,
    WirePath,
)
from daemon.protocol.values import JobInfo
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.fakes.daemon_process import COMMAND
from tests.fakes.faulty_host import FaultyHost

ENDED = ("done", "failed", "cancelled")
WORKFLOW = "builtin_color_grade"

SETTINGS = """
comfyui:
  enabled: true
  workflow: {workflow}
  hosts:
    - {{name: studio, host: "127.0.0.1", port: {port}}}
  response_timeout_s: 5
  transfer_timeout_s: 4
  host_dead_s: 3
  host_hung_s: 60
daemon: {{heavy_workers: 1, light_workers: 1}}
"""


class Studio:
    """A daemon with folders of its own, and the host it sends its jobs to.

    Attributes:
        host: With its switches.
        folder: A new one for photos; results go there too.
        folders: The daemon's.
    """

    def __init__(self, host: FaultyHost, home: Path, workflow: str = WORKFLOW) -> None:
        self.host = host
        self.folder = home / "photos"
        self.folder.mkdir(parents=True)
        self.folders = folders_of(home)
        self._env = {**os.environ, "RABBITVIEWER_HOME": str(home)}
        self._process: subprocess.Popen[bytes] | None = None
        self._photos = 0
        self.folders.config_file.parent.mkdir(parents=True, exist_ok=True)
        text = SETTINGS.format(port=host.port, workflow=workflow)
        self.folders.config_file.write_text(text, encoding="utf-8")

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the daemon; it may not listen yet."""
        self._process = subprocess.Popen(COMMAND, env=self._env)

    def kill(self) -> None:
        """``kill -9`` the daemon."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Let the daemon end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def connect(self) -> DaemonConnection:
        """Return a connection as soon as the daemon takes one."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            with contextlib.suppress(RabbitError):
                return self._welcomed()
        raise AssertionError("the daemon does not listen")

    def _welcomed(self) -> DaemonConnection:
        connection = DaemonConnection.open(self.folders, timeout_s=1.0)
        try:
            connection.hello()
        except RabbitError:
            connection.close()
            raise
        return connection

    def photo(self, name: str, size: tuple[int, int] = (240, 160)) -> Path:
        """A real photograph under a new name; no two are alike to the byte."""
        path = self.folder / f"{name}.png"
        self._photos += 1
        picture = np.array(Image.fromarray(skimage.data.coffee()).resize(size))
        picture[0, 0] = self._photos % 256, self._photos // 256 % 256, 0
        Image.fromarray(picture).save(path)
        return path


class Client:
    """One client: asks for jobs and waits for how they end."""

    def __init__(self, connection: DaemonConnection) -> None:
        self._connection = connection

    def begin(self, photo: Path, **fields: object) -> str:
        """Ask for a job; returns its id."""
        wanted = {"prompt": "warm, soft contrast", "seed": 1, "host": "studio", **fields}
        request = AiEditRequest(path=WirePath.of(photo), **wanted)
        return self._connection.request(request, AiEditAccepted).job_id

    def state(self, job_id: str) -> JobInfo:
        """How the job is now."""
        (job,) = self._connection.request(JobsRequest(job_ids=(job_id,)), Jobs).jobs
        return job

    def until(self, job_id: str, *states: str, within_s: float = 20.0) -> JobInfo:
        """Wait for one of these states, or an end."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            job = self.state(job_id)
            if job.state in (*states, *ENDED):
                return job
            self._connection.next_event(timeout_s=0.2)
        raise AssertionError(f"the job is {job.state} at {job.stage}: {job.message}")

    def until_message(self, job_id: str, words: str, within_s: float = 20.0) -> JobInfo:
        """Wait until the open job says so, or ends."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            job = self.state(job_id)
            if words in job.message or job.state in ENDED:
                return job
            self._connection.next_event(timeout_s=0.2)
        raise AssertionError(f"the job is {job.state} at {job.stage}: {job.message}")

    def cancel(self, job_id: str) -> None:
        """Cancel the job."""
        self._connection.request(JobCancel(job_id=job_id), Done)


class Pings:
    """Asks a daemon how it is, again and again, while the block runs.

    Attributes:
        answered: How often it answered.
        took_s: How long each answer took.
        problem: Why it answered no more.
    """

    def __init__(self, studio: Studio) -> None:
        self._connection = studio.connect()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answered = 0
        self.took_s: list[float] = []
        self.problem: RabbitError | None = None

    def __enter__(self) -> Pings:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(40)
        self._connection.close()

    def _ask(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                self._connection.request(StatusRequest(), DaemonStatus)
            except RabbitError as error:
                self.problem = error
                return
            self.answered += 1
            self.took_s.append(time.monotonic() - began)
            self._over.wait(0.01)


def folders_of(home: Path) -> Folders:
    """The folders of a daemon whose home is there."""
    before = os.environ.get("RABBITVIEWER_HOME")
    os.environ["RABBITVIEWER_HOME"] = str(home)
    try:
        return resolve_folders()
    finally:
        if before is None:
            del os.environ["RABBITVIEWER_HOME"]
        else:
            os.environ["RABBITVIEWER_HOME"] = before


@contextlib.contextmanager
def running_studio(workflow: str = WORKFLOW) -> Iterator[Studio]:
    """Have a daemon and its host run; both are gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="rv-studio-"))
    try:
        with FaultyHost(home / "comfyui") as host:
            studio = Studio(host, home, workflow)
            studio.start()
            try:
                yield studio
            finally:
                studio.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def pixels(path: bytes) -> np.ndarray:
    """What a result shows."""
    with Image.open(os.fsdecode(path)) as picture:
        return np.asarray(picture.convert("RGB"))
