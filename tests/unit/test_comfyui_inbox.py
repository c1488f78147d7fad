"""Events on their way from the socket: newest wins, the end is never lost."""

from __future__ import annotations

import asyncio
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.comfyui.events import (
    EndReported,
    NodeProgress,
    NodeStarted,
    PreviewArrived,
    Routed,
    SocketEvent,
    Started,
    from_binary,
    from_text,
)
from daemon.comfyui.inbox import MAX_WAITING, Inbox
from tests.fakes.comfyui import run


def taken(*events: SocketEvent) -> tuple[list[SocketEvent], bool]:
    async def go() -> tuple[list[SocketEvent], bool]:
        inbox = Inbox(asyncio.get_running_loop())
        for event in events:
            inbox.put(event)
        return inbox.take()

    return run(go())


def test_the_newest_preview_replaces_an_unread_one() -> None:
    events, _ = taken(PreviewArrived(b"1"), NodeStarted("3"), PreviewArrived(b"2"))
    assert events == [NodeStarted("3"), PreviewArrived(b"2")]


def test_newer_progress_of_a_node_replaces_its_unread_progress() -> None:
    events, _ = taken(NodeProgress("3", 1, 9), NodeProgress("4", 1, 2), NodeProgress("3", 2, 9))
    assert events == [NodeProgress("4", 1, 2), NodeProgress("3", 2, 9)]


def test_a_flood_drops_the_oldest_but_keeps_the_end() -> None:
    flood = [NodeStarted(str(number)) for number in range(MAX_WAITING * 2)]
    events, ended = taken(Started(), EndReported(), *flood)
    assert len(events) == MAX_WAITING
    assert events[-1] == flood[-1]
    assert ended


def test_an_event_of_another_thread_wakes_the_reader() -> None:
    async def go() -> list[SocketEvent]:
        inbox = Inbox(asyncio.get_running_loop())
        thread = threading.Thread(target=inbox.put, args=(NodeStarted("1"),))
        thread.start()
        await inbox.wait(10)
        thread.join()
        return inbox.take()[0]

    assert run(go()) == [NodeStarted("1")]


def test_waiting_ends_by_itself() -> None:
    async def go() -> list[SocketEvent]:
        inbox = Inbox(asyncio.get_running_loop())
        await inbox.wait(0.01)
        return inbox.take()[0]

    assert run(go()) == []


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe", b'"text"', b"null"]
)
def test_a_text_frame_that_is_no_message_is_an_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_text(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{"type":"status","data":{"status":{}}}',
        b'{"type":"progress","data":{"value":"x","max":3}}',
        b'{"type":"progress","data":null}',
        b'{"type":7,"data":{}}',
    ],
)
def test_messages_that_tell_nothing_of_a_run_are_passed_over(payload: bytes) -> None:
    assert from_text(payload) is None


def test_a_number_that_json_does_not_have_is_read_all_the_same() -> None:
    routed = from_text(b'{"type":"execution_error","data":{"prompt_id":"a","current":NaN}}')
    assert routed == Routed("a", EndReported())


@given(st.binary(max_size=64))
def test_no_binary_frame_makes_the_reader_fail(payload: bytes) -> None:
    assert isinstance(from_binary(payload), Routed | None)


def test_a_preview_whose_metadata_is_longer_than_the_frame_is_passed_over() -> None:
    assert from_binary(struct.pack(">II", 4, 4_000_000_000) + b"{}") is None


def test_text_in_a_binary_frame_is_passed_over() -> None:
    assert from_binary(struct.pack(">II", 3, 1) + b"8width: 256") is None
