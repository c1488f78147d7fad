"""Image pools with the real daemon and its workers: two clients, restarts, export, moved photos."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    FileWorkStarted,
    Message,
    PoolActive,
    PoolAdd,
    PoolDelete,
    PoolDetach,
    PoolExport,
    PoolExported,
    PoolImport,
    PoolLabel,
    PoolList,
    PoolManifest,
    PoolNew,
    PoolRemove,
    PoolSelect,
    PoolSelected,
    PoolSetMask,
    PoolUndo,
    RenameRequest,
    WirePath,
)
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.fakes.real_daemon import RealDaemon

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

M = TypeVar("M", bound=Message)
COUNT = 3


@pytest.fixture
def daemon(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealDaemon]:
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "xdg"))
    daemon = RealDaemon()
    yield daemon
    daemon.close()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """JPEGs of 60 x 40, the last one on its side."""
    paths = [tmp_path / f"photo {number}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        turned = Image.Exif()
        turned[0x0112] = 6 if number == COUNT - 1 else 1
        Image.new("RGB", (60, 40), (80 * number, 90, 30)).save(path, exif=turned)
    return paths


def add(connection: DaemonConnection, photos: list[Path]) -> PoolManifest:
    paths = tuple(WirePath.of(path) for path in photos)
    return connection.request(PoolAdd(paths=paths), PoolManifest)


def event(connection: DaemonConnection, kind: type[M]) -> M:
    """Return the next event of a kind."""
    while True:
        found = connection.next_event(30)
        assert found is not None
        if isinstance(found, kind):
            return found


def seen(manifest: PoolManifest) -> list[tuple[str, str, bool]]:
    return [
        (os.path.basename(slot.path).decode(), slot.label, bool(slot.mask))
        for slot in manifest.slots
    ]


def test_two_clients_on_one_pool_see_each_others_changes(
    daemon: RealDaemon, photos: list[Path]
) -> None:
    first, second = daemon.connect(), daemon.connect()
    answer = add(first, photos)
    assert seen(event(second, PoolManifest)) == seen(answer)
    labelled = second.request(PoolLabel(label="mine", index=1), PoolManifest)
    assert event(first, PoolManifest).slots == labelled.slots
    copy = second.request(PoolDetach(), PoolManifest)
    second.request(PoolRemove(index=0, pool=copy.pool_id), PoolManifest)
    assert len(first.request(PoolList(pool=answer.pool_id), PoolManifest).slots) == COUNT
    told = [event(first, PoolManifest).pool_id for _ in range(2)]
    assert told == [copy.pool_id, copy.pool_id]


def test_a_pool_survives_a_kill_of_the_daemon(daemon: RealDaemon, photos: list[Path]) -> None:
    connection = daemon.connect()
    add(connection, photos)
    mask = photos[0].with_suffix(".png")
    Image.linear_gradient("L").resize((60, 40)).save(mask)
    connection.request(PoolLabel(label="best", index=2), PoolManifest)
    connection.request(PoolSetMask(mask=WirePath.of(mask), index=1), PoolManifest)
    before = connection.request(PoolActive(index=1), PoolManifest)
    daemon.kill()
    after = daemon.connect().request(PoolList(), PoolManifest)
    assert (after.slots, after.active, after.pool_id) == (before.slots, 1, before.pool_id)
    assert seen(after) == [
        ("photo 0.jpg", "", False),
        ("photo 1.jpg", "", True),
        ("photo 2.jpg", "best", False),
    ]


def test_scripts_get_pictures_whatever_the_pool_holds(
    daemon: RealDaemon, photos: list[Path]
) -> None:
    connection = daemon.connect()
    empty = connection.request(PoolSelect(), PoolSelected)
    add(connection, photos)
    turned = connection.request(PoolSelect(index=99), PoolSelected)
    with Image.open(os.fsdecode(empty.image)) as image, Image.open(os.fsdecode(empty.mask)) as mask:
        assert (image.size, image.getextrema(), mask.size, mask.mode) == (
            (1, 1),
            (0, 0),
            (1, 1),
            "L",
        )
    with Image.open(os.fsdecode(turned.mask)) as mask:
        assert (mask.size, mask.mode, mask.getextrema()) == ((40, 60), "L", (0, 0))
    assert (empty.index, empty.count) == (-1, 0)
    assert (turned.index, turned.count, turned.painted) == (COUNT - 1, COUNT, False)
    assert turned.image == bytes(photos[-1])
    assert turned.change_hash != empty.change_hash


def test_an_exported_pool_is_imported_with_its_masks(
    daemon: RealDaemon, photos: list[Path], tmp_path: Path
) -> None:
    connection = daemon.connect()
    add(connection, photos)
    mask = tmp_path / "mask.png"
    Image.linear_gradient("L").resize((40, 60)).save(mask)
    connection.request(PoolSetMask(mask=WirePath.of(mask), index=2), PoolManifest)
    output = WirePath.of(tmp_path / "out.zip")
    done = connection.request(PoolExport(output=output), PoolExported)
    with zipfile.ZipFile(os.fsdecode(done.path)) as file:
        assert json.loads(file.read("manifest.json"))["slots"][2]["mask"] == "img_0003.mask.png"
    read = connection.request(PoolImport(path=output), PoolManifest)
    assert (read.name, read.problems) == ("Pool (2)", ())
    assert [bool(slot.mask) for slot in read.slots] == [False, False, True]
    with Image.open(os.fsdecode(read.slots[2].mask)) as kept, Image.open(mask) as given:
        assert kept.tobytes() == given.tobytes()


def test_a_photo_that_is_renamed_stays_in_its_pool(daemon: RealDaemon, photos: list[Path]) -> None:
    connection = daemon.connect()
    add(connection, photos)
    rename = RenameRequest(paths=(WirePath.of(photos[1]),), pattern="renamed")
    connection.request(rename, FileWorkStarted)
    followed = event(connection, PoolManifest)
    assert [name for name, _, _ in seen(followed)] == ["photo 0.jpg", "renamed.jpg", "photo 2.jpg"]
    assert not any(slot.missing for slot in followed.slots)


def test_a_deleted_pool_is_in_the_trash_and_its_users_are_told(
    daemon: RealDaemon, photos: list[Path], home: Path
) -> None:
    first, second = daemon.connect(), daemon.connect()
    used = add(first, photos)
    event(second, PoolManifest)
    second.request(PoolNew(name="Other"), PoolManifest)
    answer = second.request(PoolDelete(pool="Pool"), PoolManifest)
    assert (answer.name, [pool.name for pool in answer.pools]) == ("Other", ["Other"])
    told = [event(first, PoolManifest) for _ in range(2)]
    assert (told[-1].pool_id, told[-1].deleted) == (used.pool_id, True)
    trashed = home / "xdg" / "Trash" / "files" / used.pool_id
    assert json.loads((trashed / "pool.json").read_bytes()) == {"name": "Pool"}


def test_undo_is_shared_and_says_when_there_is_nothing_left(
    daemon: RealDaemon, photos: list[Path]
) -> None:
    first, second = daemon.connect(), daemon.connect()
    add(first, photos)
    first.request(PoolRemove(index=1), PoolManifest)
    back = second.request(PoolUndo(), PoolManifest)
    assert [name for name, _, _ in seen(back)] == [path.name for path in photos]
    assert (back.undo, back.redo) == (f"Add {COUNT} photos", "Remove a photo")
    second.request(PoolUndo(), PoolManifest)
    with pytest.raises(RabbitError) as refused:
        second.request(PoolUndo(), PoolManifest)
    assert refused.value.info.kind is ErrorKind.NOTHING_TO_UNDO


def test_a_repaired_pool_says_so_to_the_first_who_looks(
    daemon: RealDaemon, photos: list[Path], home: Path
) -> None:
    before = add(daemon.connect(), photos)
    daemon.kill()
    manifest = home / "data" / "pools" / before.pool_id / "manifest.json"
    manifest.write_bytes(b"{")
    connection = daemon.connect()
    first = connection.request(PoolList(), PoolManifest)
    assert "made anew from 3 files" in first.problems[0]
    assert seen(first) == seen(before)
    assert connection.request(PoolList(), PoolManifest).problems == ()
    assert next(manifest.parent.glob("manifest.json.broken-*")).read_bytes() == b"{"
