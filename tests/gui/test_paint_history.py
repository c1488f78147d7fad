"""Undo steps: bounded in memory, the oldest in a file, never fewer than 200."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from rabbitviewer.paint.history import LEAST_STEPS, History
from rabbitviewer.paint.spill import SpillFile, Tiles, pack, unpack

LIMIT = 1 << 20


def tile(number: int) -> np.ndarray:
    """Noise, which does not get smaller."""
    return np.random.default_rng(number).integers(0, 256, (256, 256), np.uint8)


@pytest.fixture
def history(qtbot: QtBot, tmp_path: Path) -> Iterator[History]:
    made = History(LIMIT, tmp_path / "cache" / "undo")
    yield made
    made.close()


def settle(qtbot: QtBot, history: History) -> None:
    qtbot.waitUntil(lambda: history.is_settled)


def take(qtbot: QtBot, history: History, *, redo: bool = False) -> Tiles:
    taken: list[Tiles] = []
    assert history.take(taken.append, redo=redo)
    qtbot.waitUntil(lambda: bool(taken))
    return taken[0]


def test_memory_stays_within_the_bound_and_nothing_is_lost(qtbot: QtBot, history: History) -> None:
    for number in range(60):
        history.add({(0, number): tile(number)})
    settle(qtbot, history)
    assert history.memory_bytes <= LIMIT
    assert history.spilled > 40
    for number in reversed(range(60)):
        tiles = take(qtbot, history)
        assert np.array_equal(unpack(tiles[0, number]), tile(number))
    assert not history.can_undo


def test_two_hundred_steps_are_kept_however_large(qtbot: QtBot, tmp_path: Path) -> None:
    history = History(1000, tmp_path)
    for number in range(LEAST_STEPS + 30):
        history.add({(0, 0): tile(number)})
    settle(qtbot, history)
    steps = 0
    while history.can_undo:
        newest = take(qtbot, history)
        assert np.array_equal(unpack(newest[0, 0]), tile(LEAST_STEPS + 29 - steps))
        steps += 1
    assert steps == LEAST_STEPS
    history.close()


def test_small_steps_are_kept_beyond_two_hundred(qtbot: QtBot, history: History) -> None:
    for number in range(1000):
        history.add({(0, 0): number % 256})
    settle(qtbot, history)
    assert history.memory_bytes == 0
    assert take(qtbot, history) == {(0, 0): 999 % 256}


def test_what_is_put_back_can_be_taken_again(qtbot: QtBot, history: History) -> None:
    history.add({(1, 2): tile(1)})
    history.put_back({(1, 2): 7}, redo=False)
    assert take(qtbot, history, redo=True) == {(1, 2): 7}
    history.put_back({(1, 2): 9}, redo=True)
    assert take(qtbot, history) == {(1, 2): 9}


def test_without_a_step_nothing_is_taken(history: History) -> None:
    assert not history.take(lambda _tiles: pytest.fail("there was none"))


def test_the_file_has_no_name_and_leaves_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    history = History(1000, tmp_path / "undo")
    history.add({(0, 0): tile(1)})
    qtbot.waitUntil(lambda: history.spilled == 1)
    history.close()
    assert list((tmp_path / "undo").iterdir()) == []


def test_steps_stay_in_memory_when_the_disk_takes_none(
    qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    history = History(1000, tmp_path / "file" / "undo")
    history.add({(0, 0): tile(1)})
    history.add({(0, 0): tile(2)})
    qtbot.waitUntil(lambda: "stay in memory" in caplog.text)
    settle(qtbot, history)
    assert np.array_equal(unpack(take(qtbot, history)[0, 0]), tile(2))
    assert np.array_equal(unpack(take(qtbot, history)[0, 0]), tile(1))
    history.close()


def test_a_step_that_cannot_be_read_again_is_told(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_file: SpillFile, _place: object) -> Tiles:
        raise OSError("the disk is gone")

    history = History(1000, tmp_path)
    history.add({(0, 0): tile(1)})
    qtbot.waitUntil(lambda: history.spilled == 1)
    monkeypatch.setattr(SpillFile, "load", broken)
    with qtbot.waitSignal(history.failed):
        assert take(qtbot, history) == {}
    history.close()


def test_places_given_free_are_written_again(tmp_path: Path) -> None:
    file = SpillFile(tmp_path)
    first, second = (file.store({(0, n): pack(tile(n))}) for n in (1, 2))
    third = file.store({(0, 3): pack(tile(3))})
    file.free(first)
    assert file.store({(0, 4): pack(tile(4))})[0] == first[0]
    assert np.array_equal(unpack(file.load(second)[0, 2]), tile(2))
    assert np.array_equal(unpack(file.load(third)[0, 3]), tile(3))
    assert file.size_bytes == second[0]
    file.close()


@given(st.integers(1, 256), st.integers(1, 256), st.integers(0, 255), st.booleans())
def test_what_is_packed_comes_back(height: int, width: int, value: int, noisy: bool) -> None:
    values = tile(value)[:height, :width] if noisy else np.full((height, width), value, np.uint8)
    back = unpack(pack(values))
    assert np.array_equal(np.broadcast_to(back, values.shape), values)
