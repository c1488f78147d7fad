"""Photos on a drive that does not answer hold up neither the pool nor the other photos."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

from daemon.storage.pool_photos import MOST_STUCK, PhotoLook, stat_photo
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from tests.fakes.pool_folder import filled, photos


class Drive:
    """Photos below *asleep* do not answer until the test wakes it."""

    def __init__(self, asleep: Path) -> None:
        self._asleep = bytes(asleep)
        self._awake = threading.Event()
        self.answered = threading.Event()
        self.asked = 0

    def stat(self, path: bytes) -> os.stat_result | None:
        if not path.startswith(self._asleep):
            return stat_photo(path)
        self.asked += 1
        self._awake.wait(60)
        self.answered.set()
        return stat_photo(path)

    def wake(self) -> None:
        self._awake.set()


def test_the_others_are_seen_while_a_drive_sleeps(tmp_path: Path) -> None:
    here, away = photos(tmp_path / "here"), photos(tmp_path / "away")
    drive = Drive(tmp_path / "away")
    look = PhotoLook(drive.stat, patience_s=0.01)
    found = look.look([away[0].path, here[0].path, away[1].path, here[1].path])
    again = look.look([away[1].path, here[1].path])
    drive.wake()
    assert set(found) == {here[0].path, here[1].path}
    assert set(again) == {here[1].path}
    assert drive.asked == 1


def test_a_drive_that_answers_again_is_asked_again(tmp_path: Path) -> None:
    away = photos(tmp_path / "away", 1)[0].path
    drive = Drive(tmp_path / "away")
    look = PhotoLook(drive.stat, patience_s=0.01)
    assert look.look([away]) == {}
    drive.wake()
    assert drive.answered.wait(10)
    while not (found := look.look([away])):
        pass
    assert found[away] is not None


def test_not_more_folders_than_a_few_are_waited_for(tmp_path: Path) -> None:
    drive = Drive(tmp_path)
    look = PhotoLook(drive.stat, patience_s=0.001)
    for number in range(2 * MOST_STUCK):
        look.look([bytes(tmp_path / str(number) / "a.jpg")])
    drive.wake()
    assert drive.asked == MOST_STUCK


def test_a_pool_can_be_changed_while_a_drive_sleeps(tmp_path: Path) -> None:
    here, away = photos(tmp_path / "here", 1), photos(tmp_path / "away", 1)
    drive = Drive(tmp_path / "away")

    async def story() -> PoolState:
        look = PhotoLook(drive.stat, patience_s=0.01)
        store = PoolStore(tmp_path / "pools", photos=look)
        try:
            await filled(store, [*here, *away])
            return await store.label("", "img_0002", "kept")
        finally:
            drive.wake()
            await store.close()

    state = asyncio.run(story())
    assert [slot.missing for slot in state.slots] == [False, True]
    assert state.slots[1].label == "kept"
    assert "does not answer" in state.slots[1].problem
