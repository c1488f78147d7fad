"""The mask that is painted: opened, saved, closed, and kept when the daemon goes away."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import MaskClose, MaskOpen, MaskSave
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.masks import MaskModel
from tests.fakes.daemon import FakeDaemon
from tests.fakes.mask_pool import NO_SPACE, PATHS, POOL, FakePool

WIDTH, HEIGHT = 400, 300


@pytest.fixture
def pool(folders: Folders, fake_daemon: FakeDaemon) -> FakePool:
    pool = FakePool(folders, fake_daemon, (WIDTH, HEIGHT))
    pool.put_in(*PATHS)
    pool.listen()
    return pool


@pytest.fixture
def masks(client: DaemonClient, folders: Folders, pool: FakePool) -> MaskModel:
    return MaskModel(client, folders)


def begin(qtbot: QtBot, masks: MaskModel, slot: str = "img_0001") -> None:
    with qtbot.waitSignal(masks.empty_changed):
        masks.open(slot, POOL)


def fill(masks: MaskModel) -> None:
    assert masks.editing is not None
    masks.editing.fill()


def test_what_is_painted_stands_in_the_daemons_file_at_once(
    qtbot: QtBot, masks: MaskModel, pool: FakePool
) -> None:
    begin(qtbot, masks)
    assert masks.is_empty
    fill(masks)
    assert pool.values() == b"\xff" * (WIDTH * HEIGHT)
    assert not masks.is_empty


def test_the_mask_is_saved_by_itself_after_a_change(
    qtbot: QtBot, masks: MaskModel, pool: FakePool
) -> None:
    begin(qtbot, masks)
    with qtbot.waitSignal(masks.saved):
        fill(masks)
    assert pool.masks["img_0001"] == b"\xff" * (WIDTH * HEIGHT)
    assert masks.is_saved


def test_closing_saves(
    qtbot: QtBot, masks: MaskModel, pool: FakePool, fake_daemon: FakeDaemon
) -> None:
    begin(qtbot, masks)
    fill(masks)
    with qtbot.waitSignal(masks.saved):
        masks.close()
    assert len(fake_daemon.of(MaskClose)) == 1
    assert pool.masks["img_0001"] == b"\xff" * (WIDTH * HEIGHT)
    assert not masks.is_painting


def test_a_mask_opened_before_its_closing_was_answered_waits_for_that(
    qtbot: QtBot, masks: MaskModel, fake_daemon: FakeDaemon
) -> None:
    begin(qtbot, masks)
    masks.close()
    begin(qtbot, masks)
    kinds = [type(each) for each in fake_daemon.received]
    assert kinds[-3:] == [MaskOpen, MaskClose, MaskOpen]


def test_another_slot_is_opened_without_waiting(qtbot: QtBot, masks: MaskModel) -> None:
    begin(qtbot, masks)
    fill(masks)
    begin(qtbot, masks, "img_0002")
    assert masks.painting is not None
    assert masks.painting.path == PATHS[1]
    assert masks.is_empty


def test_a_mask_that_was_painted_before_is_not_empty(
    qtbot: QtBot, masks: MaskModel, pool: FakePool
) -> None:
    pool.masks["img_0001"] = bytes(WIDTH * HEIGHT - 1) + b"\x01"
    begin(qtbot, masks)
    assert not masks.is_empty


def test_a_full_disk_is_told_and_saving_is_tried_again(
    qtbot: QtBot, masks: MaskModel, pool: FakePool
) -> None:
    begin(qtbot, masks)
    pool.save_error = NO_SPACE
    with qtbot.waitSignal(masks.failed) as told:
        fill(masks)
    assert told.args == [NO_SPACE]
    assert not masks.is_saved
    pool.save_error = None
    with qtbot.waitSignal(masks.saved):
        masks.save()
    assert masks.save_problem is None
    assert pool.masks["img_0001"] == b"\xff" * (WIDTH * HEIGHT)


@pytest.mark.parametrize("kind", [ErrorKind.INVALID_REQUEST, ErrorKind.NOT_FOUND])
def test_a_painting_that_the_daemon_has_ended_ends_here_too(
    qtbot: QtBot, masks: MaskModel, pool: FakePool, fake_daemon: FakeDaemon, kind: ErrorKind
) -> None:
    begin(qtbot, masks)
    pool.save_error = ErrorInfo(kind, "p.jpg is 8 x 6 pixels now; the mask is kept aside.")
    with qtbot.waitSignals([masks.failed, masks.closed]):
        fill(masks)
    assert not masks.is_painting
    assert masks.save_problem is None
    assert masks.is_saved
    assert len(fake_daemon.of(MaskSave)) == 1


def test_a_slot_that_cannot_be_painted_is_told(
    qtbot: QtBot, masks: MaskModel, fake_daemon: FakeDaemon
) -> None:
    with qtbot.waitSignal(masks.failed) as told:
        masks.open("img_0099", POOL)
    assert isinstance(told.args[0], ErrorInfo)
    assert told.args[0].kind == ErrorKind.NOT_FOUND
    assert not masks.is_opening


def test_painting_goes_on_when_the_daemon_comes_back_with_a_new_file(
    qtbot: QtBot,
    masks: MaskModel,
    pool: FakePool,
    client: DaemonClient,
    fake_daemon: FakeDaemon,
) -> None:
    begin(qtbot, masks)
    with qtbot.waitSignal(client.disconnected):
        fake_daemon.drop_clients()
    fill(masks)
    with qtbot.waitSignal(masks.saved):
        pass
    assert masks.is_painting
    assert pool.masks["img_0001"] == b"\xff" * (WIDTH * HEIGHT)
    assert masks.editing is not None
    masks.editing.undo()
    qtbot.waitUntil(lambda: pool.values() == bytes(WIDTH * HEIGHT))


def test_nothing_is_saved_that_was_not_changed(
    qtbot: QtBot, masks: MaskModel, fake_daemon: FakeDaemon
) -> None:
    begin(qtbot, masks)
    masks.save()
    with qtbot.waitSignal(masks.saved):
        masks.close()
    assert fake_daemon.of(MaskSave) == []
