"""Clients that send garbage or read nothing: only they are hurt."""

from __future__ import annotations

import asyncio
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.ipc import connection, outbox, server
from daemon.ipc.dispatch import Dispatcher
from daemon.ipc.server import IpcServer
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind
from daemon.protocol.framing import MAX_HEADER_BYTES, Frame, pack
from daemon.protocol.messages import AiEditProgress, Done, Failed, StatusRequest
from daemon.protocol.peer import Peer
from tests.fakes.client import connected


async def answer(peer: Peer, request: StatusRequest) -> Done:
    return Done()


async def serve() -> IpcServer:
    dispatcher = Dispatcher()
    dispatcher.register(StatusRequest, answer)
    made = IpcServer(dispatcher)
    await made.listen_unix(resolve_folders().socket)
    return made


async def other_clients_are_served() -> bool:
    async with connected(resolve_folders().socket) as client:
        return await client.ask(StatusRequest(request_id=1), Done) == Done(request_id=1)


NAMES = st.sampled_from(
    ["command", "request_id", "path", "prompt", "job_id", "priority", "listing_id", "parameters"]
)
COMMANDS = st.sampled_from(
    [
        "ai_edit_request",
        "hello",
        "folder_open",
        "thumbnail_request",
        "config_set",
        "cancel_requests",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
MAPS = st.dictionaries(NAMES, VALUES, max_size=6)
COMMAND_MAPS = st.builds(lambda fields, command: {**fields, "command": command}, MAPS, COMMANDS)
HEADERS = st.binary(max_size=200) | st.one_of(VALUES, MAPS, COMMAND_MAPS).map(
    msgspec.msgpack.encode
)


@given(header=HEADERS, blob=st.binary(max_size=50))
def test_any_header_is_answered_or_ignored_and_the_connection_goes_on(
    header: bytes, blob: bytes
) -> None:
    async def story() -> None:
        house = await serve()
        try:
            async with connected(resolve_folders().socket) as client:
                await client.send_bytes(pack(Frame(header, blob)))
                await client.send(StatusRequest(request_id=77))
                message = await client.receive()
                if isinstance(message, Failed):
                    assert message.error.kind is ErrorKind.INVALID_REQUEST
                    message = await client.receive()
                assert message == Done(request_id=77)
        finally:
            await house.close()

    asyncio.run(story())


@given(data=st.binary(min_size=1, max_size=400))
def test_any_bytes_leave_the_others_served(data: bytes) -> None:
    async def story() -> None:
        house = await serve()
        try:
            async with connected(resolve_folders().socket) as client:
                await client.send_bytes(data)
                assert await other_clients_are_served()
        finally:
            await house.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    "header",
    [
        b"\x81" * 5000,
        b"\x91" * 100_000,
        b"\xdf\xff\xff\xff\xff",
        b"\xc1",
        b"",
        b"\xa3\xff\xfe\xfd",
        b"\x81\xa7command" + b"\x91" * 100_000,
    ],
)
def test_bombs_of_messagepack_are_refused(header: bytes) -> None:
    async def story() -> None:
        house = await serve()
        try:
            async with connected(resolve_folders().socket) as client:
                await client.send_bytes(pack(Frame(header)))
                failed = await client.next(Failed)
                assert failed.error.kind is ErrorKind.INVALID_REQUEST
                assert await client.ask(StatusRequest(), Done) == Done()
        finally:
            await house.close()

    asyncio.run(story())


@pytest.mark.parametrize("lengths", [(MAX_HEADER_BYTES + 1, 0), (1, 2**32 - 1), (2**32 - 1, 0)])
def test_lengths_over_the_limit_end_the_connection_before_anything_is_kept(
    lengths: tuple[int, int],
) -> None:
    async def story() -> None:
        house = await serve()
        try:
            async with connected(resolve_folders().socket) as client:
                await client.send_bytes(struct.pack("<II", *lengths))
                assert "over the limit" in (await client.next(Failed)).error.message
                assert await client.closed()
                assert await other_clients_are_served()
        finally:
            await house.close()

    asyncio.run(story())


def progress(job: int, percent: float) -> AiEditProgress:
    return AiEditProgress(job_id=str(job), path=b"/a", progress_pct=percent, stage="run")


def test_a_client_that_reads_nothing_is_disconnected_and_the_others_hear_everything(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "STUCK_AFTER_S", 0.2)
    monkeypatch.setattr(server, "CHECK_EVERY_S", 0.05)

    async def story() -> int:
        house = await serve()
        left = asyncio.Event()
        house.on_peer_closed(lambda _: left.set())
        path = resolve_folders().socket
        async with connected(path) as stuck, connected(path) as good:
            await stuck.ask(StatusRequest(), Done)
            await good.ask(StatusRequest(), Done)
            stuck.writer.transport.pause_reading()
            heard = 0
            for number in range(1, 41):
                house.publish(Done(request_id=number), bytes(256 << 10))
                heard += (await good.next(Done)).request_id == number
            async with asyncio.timeout(10):
                await left.wait()
            await good.ask(StatusRequest(), Done)
        await house.close()
        return heard

    assert asyncio.run(story()) == 40
    assert "it has read nothing for 0.2 s" in caplog.text


def test_a_client_that_lets_too_much_pile_up_is_disconnected_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox, "MAX_BYTES", 4 << 20)

    async def story() -> None:
        house = await serve()
        left = asyncio.Event()
        house.on_peer_closed(lambda _: left.set())
        async with connected(resolve_folders().socket) as stuck:
            await stuck.ask(StatusRequest(), Done)
            stuck.writer.transport.pause_reading()
            for number in range(40):
                house.publish(Done(request_id=number), bytes(1 << 20))
            async with asyncio.timeout(10):
                await left.wait()
        assert house.clients == 0
        await house.close()

    asyncio.run(story())
    assert "it lets too much pile up" in caplog.text


def test_a_slow_reader_hears_of_the_latest_progress_and_of_every_result() -> None:
    async def story() -> tuple[list[float], list[int]]:
        house = await serve()
        percentages: list[float] = []
        results: list[int] = []
        async with connected(resolve_folders().socket) as slow:
            await slow.ask(StatusRequest(), Done)
            slow.writer.transport.pause_reading()
            house.publish(Done(request_id=1), bytes(8 << 20))
            for percent in range(5000):
                house.publish(progress(1, percent / 50))
            house.publish(Done(request_id=2))
            slow.writer.transport.resume_reading()
            while len(results) < 2:
                message = await slow.receive()
                if isinstance(message, AiEditProgress):
                    percentages.append(message.progress_pct)
                else:
                    results.append(message.request_id)
        await house.close()
        return percentages, results

    percentages, results = asyncio.run(story())
    assert percentages == [99.98]
    assert results == [1, 2]
