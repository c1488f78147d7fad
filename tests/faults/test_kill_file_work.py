"""``kill -9`` of the daemon in the midst of work on files: old or new, never half, undo whole."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from daemon.protocol.message import Message, WirePath
from daemon.protocol.organising import (
    CopyPhotos,
    FileWorkDone,
    FileWorkStarted,
    IngestRequest,
    Journal,
    JournalRequest,
    RenameRequest,
    RotatePhotos,
    TrashPhotos,
    UndoRequest,
)
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.fakes.file_work import tree
from tests.fakes.real_daemon import RealDaemon

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COUNT = 120


@pytest.fixture
def real_daemon(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealDaemon]:
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "xdg"))
    daemon = RealDaemon()
    yield daemon
    daemon.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """JPEGs of 400 KB with sidecars; the content of each is its own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        path = folder / f"{number:04}.jpg"
        Image.new("RGB", (16, 16), (number, 0, 0)).save(path)
        path.write_bytes(path.read_bytes() + number.to_bytes(2, "big") * 200_000)
        (folder / f"{path.name}.xmp").write_bytes(b"sidecar %d" % number)
    return folder


@pytest.fixture
def other_volume() -> Iterator[Path]:
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == os.stat("/tmp").st_dev:
        pytest.skip("needs a second volume")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def paths_in(folder: Path) -> tuple[WirePath, ...]:
    return tuple(WirePath.of(path) for path in sorted(folder.glob("*.jpg")))


def request_of(kind: str, photos: Path, target: Path) -> Message:
    paths, folder = paths_in(photos), WirePath.of(target)
    source = WirePath.of(photos)
    return {
        "move": CopyPhotos(paths=paths, folder=folder, move=True),
        "copy": CopyPhotos(paths=paths, folder=folder),
        "rename": RenameRequest(paths=paths, pattern="new_{n}"),
        "swap": RenameRequest(paths=paths[::-1], pattern="{n:04}", start=0),
        "trash": TrashPhotos(paths=paths),
        "rotate": RotatePhotos(paths=paths, turn="right"),
        "ingest": IngestRequest(source=source, folder=folder, pattern="{stem}", keywords=("k",)),
    }[kind]


def begin(connection: DaemonConnection, request: Message, delay_s: float) -> None:
    """Have the work begin, and go on for a moment."""
    connection.request(request, FileWorkStarted)
    connection.next_event(timeout_s=delay_s)
    time.sleep(delay_s)  # the very point of this test: the kill comes at no chosen moment


def finish(connection: DaemonConnection, request: Message) -> FileWorkDone:
    started = connection.request(request, FileWorkStarted)
    while True:
        event = connection.next_event(timeout_s=60)
        if isinstance(event, FileWorkDone) and event.work_id == started.work_id:
            return event


def orientations(folder: Path) -> set[int]:
    found: set[int] = set()
    for path in folder.glob("*.jpg"):
        with Image.open(path) as picture:
            found.add(picture.getexif().get(274, 1))
    return found


def pairs_are_whole(*folders: Path) -> bool:
    """Return whether every photo stands beside its own sidecar, and nothing temporary is left."""
    for folder in folders:
        found = {path.name for path in folder.rglob("*") if path.is_file()}
        if any(name.endswith(".rvpart") for name in found):
            return False
        for path in folder.rglob("*.jpg"):
            number = int.from_bytes(path.read_bytes()[-2:], "big")
            if (path.parent / f"{path.name}.xmp").read_bytes() != b"sidecar %d" % number:
                return False
        if len([name for name in found if name.endswith(".jpg")]) * 2 != len(found):
            return False
    return True


@pytest.mark.parametrize("delay_s", [0.0, 0.015, 0.1])
@pytest.mark.parametrize("kind", ["move", "copy", "rename", "swap", "trash"])
def test_a_daemon_killed_in_work_on_files_leaves_whole_photos_and_undoes_all_of_it(
    real_daemon: RealDaemon, photos: Path, other_volume: Path, home: Path, kind: str, delay_s: float
) -> None:
    before = tree(photos)
    connection = real_daemon.connect()
    begin(connection, request_of(kind, photos, other_volume), delay_s)
    real_daemon.kill()
    connection.close()

    connection = real_daemon.connect()
    top = connection.request(JournalRequest(), Journal)
    assert pairs_are_whole(photos, other_volume)
    undone = finish(connection, UndoRequest()) if top.undo else None
    connection.close()

    assert undone is None or undone.failed == ()
    assert tree(photos) == before
    assert not list(other_volume.glob("*.jpg"))
    assert list((home / "xdg").rglob("*.jpg")) == [] or kind == "copy"


@pytest.mark.parametrize("delay_s", [0.02, 0.2])
def test_a_daemon_killed_while_turning_leaves_whole_photos(
    real_daemon: RealDaemon, photos: Path, delay_s: float
) -> None:
    before = tree(photos)
    connection = real_daemon.connect()
    begin(connection, request_of("rotate", photos, photos), delay_s)
    real_daemon.kill()
    connection.close()

    connection = real_daemon.connect()
    top = connection.request(JournalRequest(), Journal)
    assert pairs_are_whole(photos)
    found = orientations(photos)
    undone = finish(connection, UndoRequest()) if top.undo else None
    connection.close()

    assert found <= {1, 6}
    assert undone is None or undone.failed == ()
    assert orientations(photos) == {1}
    assert tree(photos).keys() == before.keys()


@pytest.mark.parametrize("delay_s", [0.01, 0.1])
def test_ingest_goes_on_where_a_killed_daemon_stopped(
    real_daemon: RealDaemon, photos: Path, other_volume: Path, delay_s: float
) -> None:
    for sidecar in photos.glob("*.xmp"):
        sidecar.unlink()
    before = tree(photos)
    request = request_of("ingest", photos, other_volume)
    connection = real_daemon.connect()
    begin(connection, request, delay_s)
    real_daemon.kill()
    connection.close()

    connection = real_daemon.connect()
    done = finish(connection, request)
    connection.close()

    assert done.failed == ()
    assert tree(photos) == before
    there = tree(other_volume)
    assert {name: data for name, data in there.items() if name.endswith(".jpg")} == before
    assert len([name for name in there if name.endswith(".xmp")]) == COUNT
    assert len(there) == 2 * COUNT


@pytest.mark.parametrize("delay_s", [0.0, 0.01])
@pytest.mark.parametrize("kind", ["move", "swap", "trash"])
def test_an_undo_whose_daemon_is_killed_is_carried_through(
    real_daemon: RealDaemon, photos: Path, other_volume: Path, kind: str, delay_s: float
) -> None:
    before = tree(photos)
    connection = real_daemon.connect()
    finish(connection, request_of(kind, photos, other_volume))
    begin(connection, UndoRequest(), delay_s)
    real_daemon.kill()
    connection.close()

    connection = real_daemon.connect()
    top = connection.request(JournalRequest(), Journal)
    undone = finish(connection, UndoRequest()) if top.undo else None
    connection.close()

    assert undone is None or undone.failed == ()
    assert tree(photos) == before
