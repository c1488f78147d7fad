"""The socket: who gets in, what is answered, what waits for whom."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from daemon.ipc import connection, server
from daemon.ipc.dispatch import Dispatcher
from daemon.ipc.server import IpcServer
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.framing import Frame, pack
from daemon.protocol.messages import (
    AiEditRequest,
    Done,
    Failed,
    JobCancel,
    Message,
    StatusRequest,
    TraceEvent,
)
from daemon.protocol.peer import Peer
from tests.fakes.client import Client, connected

Story = Callable[["House"], Awaitable[None]]


class House:
    """A server with the handlers of a test."""

    def __init__(self) -> None:
        self.dispatcher = Dispatcher()
        self.server = IpcServer(self.dispatcher)
        self.path = resolve_folders().socket
        self.left: list[int] = []
        self.server.on_peer_closed(lambda peer: self.left.append(peer.peer_id))

    def answer(self, kind: type[Message], with_: Message | Exception | None) -> None:
        async def handle(peer: Peer, request: Message) -> Message | None:
            if isinstance(with_, Exception):
                raise with_
            return with_

        self.dispatcher.register(kind, handle)


def at_home(story: Story) -> None:
    async def whole() -> None:
        house = House()
        await house.server.listen_unix(house.path)
        try:
            await story(house)
        finally:
            await house.server.close()

    asyncio.run(whole())


def test_the_socket_and_its_folder_are_the_users_alone() -> None:
    async def story(house: House) -> None:
        assert stat.S_IMODE(house.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(house.path.parent.stat().st_mode) == 0o700

    at_home(story)


def test_the_socket_is_private_from_its_first_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    listen = socket.socket.listen

    def listen_and_look(self: socket.socket, backlog: int) -> None:
        modes.append(stat.S_IMODE(os.stat(self.getsockname()).st_mode))
        listen(self, backlog)

    monkeypatch.setattr(socket.socket, "listen", listen_and_look)

    async def story(house: House) -> None:
        return

    at_home(story)
    assert modes == [0o600]


def test_the_socket_is_gone_after_closing() -> None:
    async def story(house: House) -> None:
        await house.server.close()
        assert not house.path.exists()

    at_home(story)


def test_a_socket_that_was_swept_away_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CHECK_EVERY_S", 0.01)

    async def story(house: House) -> None:
        house.answer(StatusRequest, Done())
        async with connected(house.path) as before:
            house.path.unlink()
            async with connected(house.path) as after:
                assert await after.ask(StatusRequest(), Done) == Done()
            assert await before.ask(StatusRequest(), Done) == Done()

    at_home(story)


def test_an_answer_that_no_message_holds_is_a_failure_and_not_silence() -> None:
    async def story(house: House) -> None:
        house.answer(StatusRequest, Failed(error=ErrorInfo(ErrorKind.INTERNAL, "x" * (1 << 20))))
        async with connected(house.path) as client:
            failed = await client.ask(StatusRequest(request_id=7), Failed)
        assert failed.request_id == 7
        assert failed.error.message == "StatusRequest failed inside RabbitViewer."

    at_home(story)


def test_an_answer_repeats_the_id_of_its_request() -> None:
    async def story(house: House) -> None:
        house.answer(StatusRequest, Done())
        async with connected(house.path) as client:
            assert await client.ask(StatusRequest(request_id=7), Done) == Done(request_id=7)

    at_home(story)


def test_a_refusal_crosses_with_kind_and_hint() -> None:
    async def story(house: House) -> None:
        house.answer(StatusRequest, RabbitError(ErrorKind.DISK_FULL, "No room.", "Make some."))
        async with connected(house.path) as client:
            failed = await client.ask(StatusRequest(request_id=7), Failed)
        assert (failed.request_id, failed.error.kind) == (7, ErrorKind.DISK_FULL)
        assert failed.error.hint == "Make some."

    at_home(story)


def test_a_bug_in_a_handler_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        house.answer(StatusRequest, KeyError("the inside"))
        async with connected(house.path) as client:
            failed = await client.ask(StatusRequest(), Failed)
        assert failed.error.kind is ErrorKind.INTERNAL
        assert "the inside" not in failed.error.message

    at_home(story)
    assert "KeyError: 'the inside'" in caplog.text


def test_a_handler_that_was_cancelled_gives_no_answer() -> None:
    async def story(house: House) -> None:
        async def cancelled(peer: Peer, request: Message) -> Message | None:
            raise asyncio.CancelledError

        house.dispatcher.register(StatusRequest, cancelled)
        house.answer(JobCancel, Done())
        async with connected(house.path) as client:
            await client.send(StatusRequest(request_id=1))
            await client.send(JobCancel(request_id=2, job_id="x"))
            assert await client.receive() == Done(request_id=2)

    at_home(story)


def test_a_message_that_nobody_handles_is_refused_by_name() -> None:
    async def story(house: House) -> None:
        async with connected(house.path) as client:
            failed = await client.ask(StatusRequest(request_id=3), Failed)
        assert failed.request_id == 3
        assert "StatusRequest" in failed.error.message

    at_home(story)


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"command": "ai_edit_request", "request_id": 5, "path": b"/a.jpg"}, "`prompt`"),
        ({"command": "job_cancel", "request_id": 5, "job_id": 7}, "$.job_id"),
        ({"command": "fly", "request_id": 5}, "fly"),
        ({"request_id": 5}, "`command`"),
        ({"command": "thumbnail_request", "request_id": 5, "path": 1, "size_px": 9}, "$.path"),
        (
            {"command": "photo_info_request", "request_id": 5, "path": b"/a\0.jpg"},
            "$.path",
        ),
    ],
)
def test_a_bad_message_is_refused_naming_the_field_and_the_next_is_answered(
    sent: dict[str, object], named: str
) -> None:
    async def story(house: House) -> None:
        house.answer(StatusRequest, Done())
        async with connected(house.path) as client:
            await client.send_bytes(pack(Frame(msgspec.msgpack.encode(sent))))
            failed = await client.next(Failed)
            assert await client.ask(StatusRequest(request_id=6), Done) == Done(request_id=6)
        assert (failed.request_id, failed.error.kind) == (5, ErrorKind.INVALID_REQUEST)
        assert named in failed.error.message

    at_home(story)


def test_a_frame_over_the_limit_ends_the_connection_with_a_reason() -> None:
    async def story(house: House) -> None:
        async with connected(house.path) as client:
            await client.send_bytes(b"\xff" * 8)
            failed = await client.next(Failed)
            assert failed.error.kind is ErrorKind.INVALID_REQUEST
            assert await client.closed()

    at_home(story)


def test_a_path_may_come_as_text() -> None:
    async def story(house: House) -> None:
        paths: list[bytes] = []

        async def keep(peer: Peer, request: AiEditRequest) -> Done:
            paths.append(bytes(request.path))
            return Done()

        house.dispatcher.register(AiEditRequest, keep)
        raw = {"command": "ai_edit_request", "path": "/ä.jpg", "prompt": "p", "workflow": "w"}
        async with connected(house.path) as client:
            await client.send_bytes(pack(Frame(msgspec.msgpack.encode(raw))))
            await client.next(Done)
        assert paths == ["/ä.jpg".encode()]

    at_home(story)


def test_a_name_that_is_not_utf8_in_a_text_field_is_sent_readably() -> None:
    async def story(house: House) -> None:
        event = TraceEvent(name="a\udcff.jpg", ts_us=0.0, args={"path": "b\udcfe"})
        house.answer(StatusRequest, event)
        async with connected(house.path) as client:
            got = await client.ask(StatusRequest(), TraceEvent)
        assert (got.name, got.args["path"]) == ("a\\xff.jpg", "b\\xfe")

    at_home(story)


def test_events_reach_every_client_and_traces_those_who_asked() -> None:
    async def story(house: House) -> None:
        async def trace(peer: Peer, request: Message) -> Done:
            house.server.set_tracing(peer)
            return Done()

        house.dispatcher.register(StatusRequest, trace)
        house.answer(JobCancel, Done(request_id=9))
        async with connected(house.path) as first, connected(house.path) as second:
            await first.ask(StatusRequest(), Done)
            await second.ask(JobCancel(job_id="x"), Done)
            house.server.publish(TraceEvent(name="stage", ts_us=1.0))
            house.server.publish(Done(request_id=1))
            assert isinstance(await first.receive(), TraceEvent)
            assert [await first.receive(), await second.receive()] == [Done(request_id=1)] * 2

    at_home(story)


def test_a_client_that_leaves_is_told_of_once() -> None:
    async def story(house: House) -> None:
        house.answer(StatusRequest, Done())
        gone = asyncio.Event()
        house.server.on_peer_closed(lambda _: gone.set())
        async with connected(house.path) as client:
            await client.ask(StatusRequest(), Done)
            assert house.server.clients == 1
        async with asyncio.timeout(10):
            await gone.wait()
        assert (house.server.clients, house.left) == (0, [1])

    at_home(story)


def test_what_a_client_asked_for_is_finished_though_it_left() -> None:
    async def story(house: House) -> None:
        finish, finished, gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
        house.server.on_peer_closed(lambda _: gone.set())

        async def slowly(peer: Peer, request: Message) -> Done:
            peer.send(Done(request_id=1))
            await finish.wait()
            finished.set()
            return Done()

        house.dispatcher.register(StatusRequest, slowly)
        async with connected(house.path) as client:
            await client.ask(StatusRequest(), Done)
        async with asyncio.timeout(10):
            await gone.wait()
            finish.set()
            await finished.wait()

    at_home(story)


def test_a_client_that_asks_faster_than_it_reads_is_made_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "READ_NO_MORE_ABOVE_BYTES", 1 << 20)
    handled = 0

    async def story(house: House) -> None:
        async def give(peer: Peer, request: StatusRequest) -> None:
            nonlocal handled
            handled += 1
            peer.send(Done(request_id=request.request_id), bytes(1 << 20))

        house.dispatcher.register(StatusRequest, give)
        async with connected(house.path) as client:
            for number in range(1, 41):
                await client.send(StatusRequest(request_id=number))
                await asyncio.sleep(0)
            ids = [(await client.next(Done)).request_id for _ in range(40)]
        assert ids == list(range(1, 41))

    at_home(story)
    assert handled == 40


async def loopback(house: House, tmp_path: Path) -> tuple[Path, int, bytes]:
    file = tmp_path / "runtime" / "daemon.json"
    await house.server.listen_loopback(file)
    found = json.loads(file.read_text())
    return file, found["port"], bytes.fromhex(found["token"])


def test_by_loopback_the_token_lets_a_client_in(tmp_path: Path) -> None:
    async def story() -> None:
        house = House()
        house.answer(StatusRequest, Done())
        file, port, token = await loopback(house, tmp_path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        await client.send_bytes(token)
        assert await client.ask(StatusRequest(request_id=2), Done) == Done(request_id=2)
        client.writer.close()
        await house.server.close()
        assert not file.exists()

    asyncio.run(story())


def test_by_loopback_a_wrong_token_keeps_a_client_out(tmp_path: Path) -> None:
    async def story() -> None:
        house = House()
        house.answer(StatusRequest, Done())
        _, port, token = await loopback(house, tmp_path)
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        await client.send_bytes(bytes(len(token)))
        await client.send_bytes(b"\0" * 8)
        assert await client.closed()
        assert house.server.clients == 0
        client.writer.close()
        await house.server.close()

    asyncio.run(story())
