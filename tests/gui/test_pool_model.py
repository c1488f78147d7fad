"""The pool as the window knows it: what it asks, what it hears, what it shows at once."""

from __future__ import annotations

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.pool import PoolModel
from tests.fakes.daemon import FakeDaemon
from tests.fakes.image_pool import FIRST_ID, SECOND_ID, FakePools


@pytest.fixture
def pools(fake_daemon: FakeDaemon) -> FakePools:
    return FakePools(fake_daemon, "a.jpg", "b.jpg", "c.jpg")


@pytest.fixture
def model(qtbot: QtBot, client: DaemonClient, pools: FakePools) -> PoolModel:
    model = PoolModel(client)
    with qtbot.waitSignal(model.changed):
        model.start()
    return model


def names(model: PoolModel) -> list[str]:
    return [each.path.rpartition(b"/")[2].decode() for each in model.slots]


def test_the_current_pool_is_asked_for_at_the_start(model: PoolModel) -> None:
    assert (model.name, names(model), model.active) == ("Pool", ["a.jpg", "b.jpg", "c.jpg"], 0)


def test_the_pool_chosen_last_comes_back(
    qtbot: QtBot, client: DaemonClient, pools: FakePools
) -> None:
    model = PoolModel(client, SECOND_ID)
    with qtbot.waitSignal(model.changed):
        model.start()
    assert model.name == "Portraits"


def test_a_pool_that_is_gone_gives_way_to_the_current_one(
    qtbot: QtBot, client: DaemonClient, pools: FakePools
) -> None:
    model = PoolModel(client, "gone")
    with qtbot.waitSignal(model.changed):
        model.start()
    assert model.pool_id == FIRST_ID


def test_the_active_slot_is_another_one_before_the_daemon_answers(model: PoolModel) -> None:
    model.activate("img_0003")
    assert model.active == 2


def test_quick_steps_end_where_the_last_one_led(
    qtbot: QtBot, model: PoolModel, fake_daemon: FakeDaemon
) -> None:
    model.activate("img_0002")
    model.activate("img_0003")
    seen: list[int] = []
    model.changed.connect(lambda: seen.append(model.active))
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [2, 2]


def test_a_label_shows_before_the_daemon_answers(
    qtbot: QtBot, model: PoolModel, fake_daemon: FakeDaemon
) -> None:
    model.set_label("img_0002", "sky")
    assert model.slots[1].label == "sky"
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.PoolLabel)) == 1)


def test_a_change_that_is_refused_is_told_and_taken_back(
    qtbot: QtBot, model: PoolModel, fake_daemon: FakeDaemon
) -> None:
    error = ErrorInfo(ErrorKind.DISK_FULL, "The disk is full.", "Free some space.")
    fake_daemon.answer(messages.PoolLabel, lambda _: [messages.Failed(error=error)])
    with qtbot.waitSignal(model.failed) as failed:
        model.set_label("img_0002", "sky")
    assert failed.args == [error]
    qtbot.waitUntil(lambda: model.slots[1].label == "")


def test_what_another_window_changes_is_seen_here(
    qtbot: QtBot, model: PoolModel, pools: FakePools
) -> None:
    pools.put(model.slots[:1])
    with qtbot.waitSignal(model.changed):
        pools.publish()
    assert names(model) == ["a.jpg"]


def test_a_change_of_another_pool_changes_the_names_alone(
    qtbot: QtBot, model: PoolModel, pools: FakePools
) -> None:
    pools.put(model.slots[:2], pool_id=SECOND_ID)
    with qtbot.waitSignal(model.changed):
        pools.publish(SECOND_ID)
    assert [each.count for each in model.pools] == [3, 2]
    assert len(model.slots) == 3


def test_a_pool_that_another_window_deletes_is_left(
    qtbot: QtBot, model: PoolModel, pools: FakePools, fake_daemon: FakeDaemon
) -> None:
    model.use(SECOND_ID)
    qtbot.waitUntil(lambda: model.pool_id == SECOND_ID)
    gone = msgspec.structs.replace(pools.manifest(SECOND_ID), deleted=True)
    del pools.pools[SECOND_ID]
    fake_daemon.publish(gone)
    qtbot.waitUntil(lambda: model.pool_id == FIRST_ID)


def test_a_late_answer_about_the_pool_that_was_left_changes_nothing(
    qtbot: QtBot, model: PoolModel, pools: FakePools, fake_daemon: FakeDaemon
) -> None:
    both = [pools.manifest(SECOND_ID)]
    fake_daemon.answer(messages.PoolMove, lambda _: [])
    fake_daemon.answer(messages.PoolUse, lambda _: both)
    model.move(("img_0001",), 1)
    model.use(SECOND_ID)
    qtbot.waitUntil(lambda: model.pool_id == SECOND_ID)
    late = fake_daemon.of(messages.PoolMove)[0].request_id
    heard: list[object] = []
    model.changed.connect(lambda: heard.append(1))
    fake_daemon.publish(msgspec.structs.replace(pools.manifest(FIRST_ID), request_id=late))
    pools.publish(SECOND_ID)
    qtbot.waitUntil(lambda: bool(heard))
    assert model.pool_id == SECOND_ID


def test_an_older_manifest_that_comes_late_changes_nothing_but_is_heard(
    qtbot: QtBot, model: PoolModel, pools: FakePools
) -> None:
    newer = msgspec.structs.replace(pools.manifest(), active=2, revision=8)
    older = msgspec.structs.replace(pools.manifest(), revision=7, problems=("One was repaired.",))
    pools.daemon.publish(newer)
    with qtbot.waitSignal(model.repaired):
        pools.daemon.publish(older)
    assert model.active == 2


def test_a_daemon_that_was_started_anew_counts_anew(
    qtbot: QtBot, model: PoolModel, pools: FakePools, client: DaemonClient
) -> None:
    pools.daemon.publish(msgspec.structs.replace(pools.manifest(), active=2, revision=8))
    qtbot.waitUntil(lambda: model.active == 2)
    with qtbot.waitSignal(client.connected):
        pools.daemon.drop_clients()
    qtbot.waitUntil(lambda: model.active == 0)


def test_many_photos_are_added_in_order_in_messages_of_bounded_size(
    qtbot: QtBot, model: PoolModel, fake_daemon: FakeDaemon
) -> None:
    paths = [b"/photos/%05d.jpg" % number for number in range(2500)]
    model.add(paths, at=1)
    qtbot.waitUntil(lambda: len(model.slots) == 2503)
    assert [each.path for each in model.slots[1:2501]] == paths
    assert len(fake_daemon.of(messages.PoolAdd)) == 2


def test_a_mask_counts_from_its_first_stroke_and_until_it_is_empty(
    qtbot: QtBot, model: PoolModel
) -> None:
    slot = model.slots[0]
    with qtbot.waitSignal(model.masks_changed):
        model.mask_begun(slot.slot, is_empty=False)
    assert model.has_mask(slot)
    model.mask_begun(slot.slot, is_empty=True)
    assert not model.has_mask(slot)


def test_a_painting_that_is_not_saved_leaves_what_was_saved(model: PoolModel) -> None:
    model.mask_begun("img_0001", is_empty=False)
    model.mask_ended("img_0001")
    assert not model.has_mask(model.slots[0])


def test_photos_that_changed_are_told(qtbot: QtBot, model: PoolModel, pools: FakePools) -> None:
    changed = msgspec.structs.replace(model.slots[1], image_mtime_ns=5)
    pools.put((model.slots[0], changed, model.slots[2]))
    with qtbot.waitSignal(model.photos_changed) as told:
        model.refresh()
    assert told.args == [(changed.path,)]


def test_what_was_repaired_is_told(qtbot: QtBot, model: PoolModel, pools: FakePools) -> None:
    event = msgspec.structs.replace(pools.manifest(), problems=("The manifest was rebuilt.",))
    with qtbot.waitSignal(model.repaired) as repaired:
        pools.daemon.publish(event)
    assert repaired.args == [("The manifest was rebuilt.",)]
