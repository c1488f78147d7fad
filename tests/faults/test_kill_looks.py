"""``kill -9`` in the midst of work on looks: nothing answered is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from daemon.decode.photo import read_photo
from daemon.handlers.lut_files import write_lut
from daemon.imaging.apply import apply_lut
from daemon.imaging.cube import parse_cube
from daemon.imaging.lattice import identity_lut
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditComplete,
    AiEditRequest,
    Jobs,
    JobsRequest,
    LookDelete,
    Looks,
    LookSave,
    LookSaved,
    WirePath,
)
from daemon.protocol.values import JobInfo, LookInfo
from daemon.storage.looks import LookStore
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.fakes import look_driver
from tests.fakes.real_daemon import RealDaemon

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs kill -9"),
]

PHOTOS = 30
KILLS = 12


@pytest.fixture
def real_daemon(home: Path) -> Iterator[RealDaemon]:
    del home
    daemon = RealDaemon()
    yield daemon
    daemon.close()


@pytest.fixture
def look(tmp_path: Path) -> Path:
    path = tmp_path / "soft.cube"
    nodes = (identity_lut(17) ** np.float32(1.3)).astype(np.float32)
    write_lut(os.fsencode(path), nodes, space="srgb", title="")
    return path


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Real photographs in files without loss."""
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = Image.fromarray(data.coffee()).resize((900, 600))
    paths = [folder / f"p{number:02}.png" for number in range(PHOTOS)]
    for path in paths:
        picture.save(path, compress_level=1)
    return paths


def all_ended(connection: DaemonConnection) -> list[JobInfo]:
    while True:
        jobs = connection.request(JobsRequest(limit=2000), Jobs).jobs
        if all(job.state not in ("waiting", "running") for job in jobs):
            return list(jobs)
        connection.next_event(timeout_s=0.5)


def test_look_jobs_of_a_killed_daemon_are_finished_once_though_the_look_was_deleted(
    real_daemon: RealDaemon, photos: list[Path], look: Path
) -> None:
    connection = real_daemon.connect()
    saved = connection.request(LookSave(lut=WirePath.of(look)), LookSaved)
    for path in photos:
        request = AiEditRequest(path=WirePath.of(path), prompt="", look=saved.look.look_id)
        connection.request(request, AiEditAccepted)
    connection.request(LookDelete(look_id=saved.look.look_id), Looks)
    done = 0
    while done < PHOTOS // 3:
        done += isinstance(connection.next_event(timeout_s=60), AiEditComplete)
    real_daemon.kill()

    jobs = all_ended(real_daemon.connect())
    assert [job.state for job in jobs] == ["done"] * PHOTOS
    assert {(job.operation, job.prompt, job.ai) for job in jobs} == {("look", "soft", False)}
    results = sorted(path.with_name(f"{path.stem}_look.png") for path in photos)
    assert sorted(photos[0].parent.iterdir()) == sorted([*photos, *results])
    assert {os.fsdecode(job.result_path or b"") for job in jobs} == {str(path) for path in results}
    nodes = parse_cube(look.read_text()).lut
    expected = apply_lut(read_photo(os.fsencode(photos[0])).pixels, nodes)
    found = [read_photo(os.fsencode(path)).pixels for path in results]
    assert all((pixels == expected).all() for pixels in found)


def in_library(folder: Path) -> dict[str, LookInfo]:
    async def story() -> dict[str, LookInfo]:
        store = LookStore(folder)
        try:
            return {look.look_id: look for look in await store.all()}
        finally:
            await store.close()

    return asyncio.run(story())


def killed_after(folder: Path, seed: int, answers: int) -> list[list[str]]:
    """Let a process change the library, kill it, and return what it had answered."""
    command = [sys.executable, "-m", look_driver.__name__, str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(answers)]
        process.kill()
        lines += process.stdout.readlines()
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def carried_out(names: dict[str, str], gone: dict[str, str], answers: list[list[str]]) -> None:
    """Bring what is expected to be in the library up to date."""
    for action, look_id, *name in answers:
        if action in ("add", "rename"):
            names[look_id] = name[0]
        elif action == "delete":
            gone[look_id] = names.pop(look_id)
        else:
            names[look_id] = gone.pop(look_id)


def test_a_library_holds_what_was_answered_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    folder = tmp_path / "looks"
    names: dict[str, str] = {}
    gone: dict[str, str] = {}
    for seed in range(KILLS):
        carried_out(names, gone, killed_after(folder, seed, 3 + 7 * seed % 20))
        found = in_library(folder)
        # the change under way when the process died may have come true or not
        different = {key for key in names | found if names.get(key) != _name(found.get(key))}
        assert len(different) <= 1
        assert not list(folder.glob(".*"))
        assert all((folder / f"{key}.cube").exists() for key in found)
        gone |= {key: names[key] for key in different if key in names and key not in found}
        names = {key: look.name for key, look in found.items()}


def _name(look: LookInfo | None) -> str | None:
    return None if look is None else look.name
