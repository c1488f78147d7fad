"""The socket's thread against peers that misbehave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web

from daemon.comfyui import socket as host_socket
from daemon.comfyui.address import HostAddress, parse_url
from daemon.comfyui.events import NodeStarted, Routed
from daemon.comfyui.socket import HostSocket
from tests.fakes.comfyui import run
from tests.fakes.replay import ReplayServer

STARTED = '{"type":"executing","data":{"node":"7","prompt_id":"p"}}'


class Peer:
    """A server whose sockets do what a test says; counts its connections."""

    def __init__(self, behave: Callable[[web.WebSocketResponse], Coroutine[Any, Any, None]]):
        self._behave = behave
        self.connections = 0
        self.news = asyncio.Event()

    async def __aenter__(self) -> HostAddress:
        app = web.Application()
        app.router.add_get("/ws", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return HostAddress(host="127.0.0.1", port=self._runner.addresses[0][1])

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self.news.set()
        await self._behave(socket)
        async for _ in socket:
            pass
        return socket


def heard_from(
    behave: Callable[[web.WebSocketResponse], Coroutine[Any, Any, None]],
) -> list[Routed]:
    """Return what arrives from such a peer until node 7 is reported."""

    async def go() -> list[Routed]:
        loop = asyncio.get_running_loop()
        heard: list[Routed] = []
        done = asyncio.Event()

        def deliver(routed: Routed) -> None:
            heard.append(routed)
            loop.call_soon_threadsafe(done.set)

        async with Peer(behave) as address:
            socket = HostSocket(address, deliver)
            socket.start()
            await done.wait()
            await asyncio.to_thread(socket.stop)
        return heard

    return run(go())


def test_junk_between_messages_is_passed_over() -> None:
    async def behave(socket: web.WebSocketResponse) -> None:
        await socket.send_str("{")
        await socket.send_bytes(b"\x00")
        await socket.send_str("[]")
        await socket.send_str(STARTED)

    assert heard_from(behave) == [Routed("p", NodeStarted("7"))]


def test_a_message_in_pieces_is_put_together() -> None:
    async def behave(socket: web.WebSocketResponse) -> None:
        writer = socket._writer
        assert writer is not None
        half = len(STARTED) // 2
        transport = writer.transport
        assert transport is not None
        transport.write(bytes([0x01, half]) + STARTED[:half].encode())
        transport.write(bytes([0x80, len(STARTED) - half]) + STARTED[half:].encode())

    assert heard_from(behave) == [Routed("p", NodeStarted("7"))]


def reconnects_after(behave: Callable[[web.WebSocketResponse], Coroutine[Any, Any, None]]) -> int:
    """Return how many connections there were when the second was made."""

    async def go() -> int:
        peer = Peer(behave)
        async with peer as address:
            socket = HostSocket(address, lambda _: None, silence_s=0.05)
            socket.start()
            await peer.news.wait()
            peer.news.clear()
            await peer.news.wait()
            await asyncio.to_thread(socket.stop)
            return peer.connections

    return run(go())


def test_a_frame_announced_larger_than_the_cap_ends_the_connection_unread() -> None:
    async def behave(socket: web.WebSocketResponse) -> None:
        writer = socket._writer
        assert writer is not None
        assert writer.transport is not None
        writer.transport.write(bytes([0x82, 127]) + (1 << 40).to_bytes(8, "big"))

    assert reconnects_after(behave) == 2


def test_a_message_of_many_pieces_is_capped_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_socket, "MAX_MESSAGE_BYTES", 1000)

    async def behave(socket: web.WebSocketResponse) -> None:
        writer = socket._writer
        assert writer is not None
        assert writer.transport is not None
        for opcode in (0x02, 0x00, 0x00):
            writer.transport.write(bytes([opcode, 126]) + (400).to_bytes(2, "big") + b"x" * 400)

    assert reconnects_after(behave) == 2


def test_a_connection_that_answers_no_ping_is_given_up() -> None:
    async def behave(socket: web.WebSocketResponse) -> None:
        writer = socket._writer
        assert writer is not None
        assert writer.transport is not None
        writer.transport.pause_reading()

    assert reconnects_after(behave) == 2


def test_stopping_joins_the_thread() -> None:
    async def go() -> bool:
        async with ReplayServer() as server:
            socket = HostSocket(parse_url(server.url), lambda _: None)
            socket.start()
            await server.connected(1)
            await asyncio.to_thread(socket.stop)
            name = f"comfyui-127.0.0.1:{server.port}"
            return any(thread.name == name for thread in threading.enumerate())

    assert run(go()) is False


def test_every_connection_has_an_id_of_its_own() -> None:
    async def go() -> list[str]:
        async with ReplayServer() as server:
            socket = HostSocket(parse_url(server.url), lambda _: None)
            socket.start()
            await server.connected(1)
            socket.reconnect()
            await server.connected(2)
            await asyncio.to_thread(socket.stop)
            return server.sockets

    assert len(set(run(go()))) == 2


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def go() -> int:
        async with ReplayServer() as server:
            socket = HostSocket(parse_url(server.url), lambda _: None)
            socket.start()
            await server.connected(1)
            await asyncio.to_thread(socket.stop)
            return len(server.sockets)

    assert run(go()) >= 1
