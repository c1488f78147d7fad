"""Long work shared out over turns of the event loop."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from rabbitviewer.paint.turns import Turns, Work


def slow(done: list[str], name: str, pieces: int = 40) -> Work:
    """Work of many pieces; of none: done at once."""
    for _ in range(pieces):
        total = sum(range(40_000))
        yield total > 0
    done.append(name)


def waits(done: list[str], ready: list[bool]) -> Work:
    while not ready:
        yield False
    done.append("came")


def breaks() -> Work:
    yield True
    raise ValueError("broken on purpose")


def test_work_is_done_in_the_order_asked_for(qtbot: QtBot) -> None:
    turns, done = Turns(), list[str]()
    turns.run(lambda: slow(done, "first"))
    turns.run(lambda: slow(done, "second", 0))
    with qtbot.waitSignal(turns.busy_changed):
        assert turns.is_busy
    qtbot.waitUntil(lambda: not turns.is_busy)
    assert done == ["first", "second"]


def test_short_work_is_done_at_once(qtbot: QtBot) -> None:
    turns, done = Turns(), list[str]()
    with qtbot.assertNotEmitted(turns.busy_changed):
        turns.run(lambda: slow(done, "short", 0))
    assert done == ["short"]


def test_work_for_the_next_turn_goes_before_what_is_asked_for_later(qtbot: QtBot) -> None:
    turns, done = Turns(), list[str]()
    turns.run_soon(lambda: slow(done, "soon", 0))
    turns.run(lambda: slow(done, "later", 0))
    assert done == []
    qtbot.waitUntil(lambda: not turns.is_busy)
    assert done == ["soon", "later"]


def test_work_that_waits_goes_on_when_it_is_told(qtbot: QtBot) -> None:
    turns, done, ready = Turns(), list[str](), list[bool]()
    turns.run(lambda: waits(done, ready))
    turns.run(lambda: slow(done, "after", 0))
    assert turns.is_busy
    ready.append(True)
    turns.resume()
    qtbot.waitUntil(lambda: not turns.is_busy)
    assert done == ["came", "after"]


def test_work_that_breaks_does_not_stop_the_rest(qtbot: QtBot) -> None:
    turns, done = Turns(), list[str]()
    with pytest.raises(ValueError, match="broken on purpose"):
        turns.run(breaks)
    turns.run(lambda: slow(done, "rest", 0))
    qtbot.waitUntil(lambda: not turns.is_busy)
    assert done == ["rest"]


def test_work_asked_for_from_within_is_done_afterwards(qtbot: QtBot) -> None:
    turns, done = Turns(), list[str]()

    def asks() -> Work:
        turns.run(lambda: slow(done, "inner", 0))
        done.append("outer")
        yield True

    turns.run(asks)
    qtbot.waitUntil(lambda: not turns.is_busy)
    assert done == ["outer", "inner"]


def test_all_is_done_at_once_when_it_must_be(qtbot: QtBot) -> None:
    turns, done = Turns(), list[str]()
    turns.run(lambda: slow(done, "long"))
    turns.finish(20.0)
    assert done == ["long"]
    assert not turns.is_busy


def test_what_is_cleared_is_not_done(qtbot: QtBot) -> None:
    turns, done = Turns(), list[str]()
    turns.run_soon(lambda: slow(done, "never"))
    turns.clear()
    turns.run(lambda: slow(done, "now", 0))
    assert done == ["now"]
