"""Marks with a real daemon: on disk, searched, undone, and whole after a kill."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import (
    FileWorkDone,
    FileWorkStarted,
    Marks,
    MarksRequest,
    MarksSet,
    SetMarks,
    UndoRequest,
    WirePath,
)
from daemon.sidecars.packet import parse
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.end2end.program import Program

PHOTOS = 300
FIXTURES = Path(__file__).parent.parent / "data" / "sidecars"


@pytest.fixture
def folders(program: Program, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("RABBITVIEWER_HOME", str(program.home))
    return resolve_folders()


@pytest.fixture
def daemon(program: Program, folders: Folders) -> Iterator[DaemonConnection]:
    assert program.run("daemon", "start").returncode == 0
    with DaemonConnection.open(folders) as connection:
        connection.hello()
        yield connection


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Many photos, one of them with a sidecar of darktable."""
    paths = [tmp_path / f"{number:03}.jpg" for number in range(PHOTOS)]
    for path in paths:
        path.write_bytes(b"\xff\xd8\xff\xd9")
    sidecar = (FIXTURES / "darktable.xmp").read_bytes()
    paths[0].with_name("000.jpg.xmp").write_bytes(sidecar)
    return paths


def wire(paths: list[Path]) -> tuple[WirePath, ...]:
    return tuple(WirePath.of(path) for path in paths)


def undo(daemon: DaemonConnection) -> FileWorkDone:
    started = daemon.request(UndoRequest(), FileWorkStarted)
    while True:
        event = daemon.next_event(30.0)
        assert event is not None
        if isinstance(event, FileWorkDone) and event.work_id == started.work_id:
            return event


def test_many_photos_are_rated_and_all_of_it_is_undone(
    daemon: DaemonConnection, photos: list[Path]
) -> None:
    before = photos[0].with_name("000.jpg.xmp").read_bytes()
    answer = daemon.request(SetMarks(paths=wire(photos), rating=2, label="red"), MarksSet)
    assert (answer.changed, answer.failed) == (PHOTOS, ())
    assert photos[0].with_name("000.jpg.xmp").read_bytes() != before
    told = daemon.request(MarksRequest(paths=wire(photos[-1:])), Marks)
    assert (told.marks[0].rating, told.marks[0].label) == (2, "red")
    assert undo(daemon).error is None
    assert photos[0].with_name("000.jpg.xmp").read_bytes() == before
    assert [path.name for path in photos[0].parent.glob("*.xmp")] == ["000.jpg.xmp"]
    told = daemon.request(MarksRequest(paths=wire(photos[-1:])), Marks)
    assert told.marks[0].rating == 0


@pytest.mark.slow
def test_a_killed_daemon_leaves_whole_sidecars_and_no_litter(
    program: Program, folders: Folders, daemon: DaemonConnection, photos: list[Path]
) -> None:
    pid = daemon.hello().daemon_pid
    request = SetMarks(paths=wire(photos), rating=4)
    with pytest.raises(RabbitError):
        daemon.request(request, MarksSet, timeout_s=0.05)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while not daemon.wait_closed(0.5) and time.monotonic() < deadline:
        continue
    assert program.run("daemon", "start").returncode == 0
    with DaemonConnection.open(folders) as again:
        again.hello()
        assert again.request(request, MarksSet).changed == PHOTOS
    for path in photos:
        parse(path.with_name(f"{path.name}.xmp").read_bytes())
    assert list(photos[0].parent.glob(".*")) == []
