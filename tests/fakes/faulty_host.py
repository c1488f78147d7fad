"""The real built-in host behind a proxy with fault switches: whatever can go wrong on the way.

The host and the proxy live in a thread of their own, so that a test may block. The switches
themselves are in :mod:`tests.fakes.faults`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import WSMsgType, web

from daemon.builtin_host.server import BuiltinHost

T = TypeVar("T")
_HOP = {"transfer-encoding", "connection", "content-length", "content-encoding", "host"}


@dataclass(frozen=True)
class Call:
    """One request: *kind* is its path without ids, *nth* counts those of its kind from 1."""

    method: str
    path: str
    kind: str
    query: dict[str, str]
    body: bytes
    nth: int

    @property
    def wants_result(self) -> bool:
        """Whether it fetches a picture that a run left."""
        return self.method == "GET" and self.kind == "/view" and self.query["type"] == "output"

    @property
    def prompt_id(self) -> str:
        """The prompt that ``POST /prompt`` or ``GET /history/ID`` is about."""
        if self.kind == "/history":
            return self.path.rpartition("/")[2]
        return json.loads(self.body)["prompt_id"]


@dataclass(frozen=True)
class Reply:
    """One answer; *pace_s* > 0: a byte at a time, so long apart; *cut_at* >= 0: it ends there."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pace_s: float = 0.0
    cut_at: int = -1

    def of(self, body: bytes) -> Reply:
        """The same with other content."""
        return replace(self, body=body)

    def json(self) -> Any:
        """Its content."""
        return json.loads(self.body)


def json_reply(document: Any, status: int = 200) -> Reply:
    """An answer in JSON, NaN and all."""
    headers = {"Content-Type": "application/json"}
    return Reply(status, json.dumps(document).encode(), headers)


class CutSocket(Exception):  # noqa: N818 - a wish, not an error
    """End the WebSocket without a close frame."""


class Fault:
    """Spoils nothing; a switch overrides what it spoils.

    Attributes:
        host: Whom it spoils; set when it is switched on.
    """

    host: FaultyHost

    async def before(self, call: Call) -> Reply | None:
        """Answer instead of the host; None: let the host answer."""
        del call
        return None

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Change what the host answered."""
        del call
        return reply

    def opens_socket(self) -> bool:
        """Whether WebSockets are let in."""
        return True

    def told(self, message: str | bytes) -> list[str | bytes]:
        """Return what becomes of a message to a client, in order.

        Raises:
            CutSocket: the socket ends here.
        """
        return [message]


class FaultyHost:
    """A ComfyUI host on 127.0.0.1 that does what its switch says.

    Attributes:
        posted: Ids of the prompts that the host took, in order.
        calls: How often each (method, kind) was asked since the last switch.
        port: Where it listens.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._fault = Fault()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty-host")
        self._host: BuiltinHost | None = None
        self._host_port = 0
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.posted: list[str] = []
        self.calls: Counter[tuple[str, str]] = Counter()
        self.port = 0

    def __enter__(self) -> FaultyHost:
        self._thread.start()
        self.wait(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def switch(self, fault: Fault | None = None) -> None:
        """Do as *fault* says from now on; None: be a good host."""

        async def change() -> None:
            self._fault = fault or Fault()
            self._fault.host = self
            self.calls.clear()

        self.wait(change())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run *work* in the host's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def restart(self) -> None:
        """Begin anew without queue and history, as a host that was killed; called by faults."""
        await self._stop_host()
        await self._start_host()

    async def _start(self) -> None:
        self._session = aiohttp.ClientSession(auto_decompress=False)
        await self._start_host()
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        assert self._runner is not None
        assert self._session is not None
        await self._session.close()
        await self._runner.cleanup()
        await self._stop_host()

    async def _start_host(self) -> None:
        self._host = BuiltinHost(self._base)
        self._host_port = await self._host.start()

    async def _stop_host(self) -> None:
        if self._host is not None:
            await self._host.stop()
            self._host = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        kind = _kind(request.path)
        self.calls[request.method, kind] += 1
        if kind == "/ws":
            return await self._socket(request)
        nth = self.calls[request.method, kind]
        body = await request.read()
        call = Call(request.method, request.path, kind, dict(request.query), body, nth)
        fault = self._fault
        reply = await fault.before(call)
        if reply is None:
            reply = await self._forward(request, body)
            if call.kind == "/prompt" and call.method == "POST" and reply.status == 200:
                self.posted.append(call.prompt_id)
            reply = await fault.after(call, reply)
        return await _send(request, reply)

    async def _forward(self, request: web.Request, body: bytes) -> Reply:
        assert self._session is not None
        url = f"http://127.0.0.1:{self._host_port}{request.path_qs}"
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        headers = {name: v for name, v in headers.items() if name.lower() not in _HOP}
        async with self._session.request(
            request.method, url, data=body or None, headers=headers, allow_redirects=False
        ) as answer:
            content = await answer.read()
            # what HEAD says of the length is the point of asking
            kept = _HOP - {"content-length"} if request.method == "HEAD" else _HOP
            found = {n: v for n, v in answer.headers.items() if n.lower() not in kept}
            return Reply(answer.status, content, found)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        if not self._fault.opens_socket():
            return web.Response(status=403)
        url = f"ws://127.0.0.1:{self._host_port}{request.path_qs}"
        socket = web.WebSocketResponse()
        async with _connected(self._session, url) as behind:
            await socket.prepare(request)
            pumps = [
                asyncio.create_task(self._to_client(behind, socket)),
                asyncio.create_task(_to_host(socket, behind)),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        if request.transport is not None:
            request.transport.abort()
        return socket

    async def _to_client(
        self, behind: aiohttp.ClientWebSocketResponse, socket: web.WebSocketResponse
    ) -> None:
        async for message in behind:
            try:
                told = self._fault.told(message.data)
            except CutSocket:
                return
            for one in told:
                await (socket.send_bytes(one) if isinstance(one, bytes) else socket.send_str(one))


async def _to_host(socket: web.WebSocketResponse, behind: aiohttp.ClientWebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await behind.send_str(message.data)


@contextlib.asynccontextmanager
async def _connected(
    session: aiohttp.ClientSession, url: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    socket = await session.ws_connect(url, max_msg_size=0)
    try:
        yield socket
    finally:
        await socket.close()


async def _send(request: web.Request, reply: Reply) -> web.StreamResponse:
    if reply.pace_s <= 0 and reply.cut_at < 0:
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = len(reply.body)
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        if reply.cut_at >= 0:
            await response.write(reply.body[: reply.cut_at])
            assert request.transport is not None
            request.transport.abort()
            return response
        for byte in reply.body:
            await response.write(bytes([byte]))
            await asyncio.sleep(reply.pace_s)
    return response


def _kind(path: str) -> str:
    """Return what a path is about: ``/history/ID`` as ``/history``, ``/api/...`` as without."""
    plain = path.removeprefix("/api") if not path.startswith("/api/jobs") else path
    if plain.startswith(("/history/", "/object_info/")):
        return "/" + plain.split("/")[1]
    return "/api/jobs" if plain.startswith("/api/jobs") else plain


Make = Callable[[], Fault]
