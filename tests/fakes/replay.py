"""A server that says what a real ComfyUI said: replays recordings over a real socket.

Prompt ids in a recording are replaced by the client's own. What was not recorded (`/queue` while
a run is on, `/history` of some runs) is derived from the messages as the real server does it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

DATA = Path(__file__).resolve().parents[1] / "data" / "comfyui"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def load(name: str) -> Any:
    """Return one file of the recordings."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def recorded_prompts(letter: str) -> list[Any]:
    """Return every prompt of a recording that came to an end or was refused, in its order."""
    return load(f"recordings/{letter}")


class Run:
    """One prompt on the server: its recording under the client's id."""

    def __init__(self, recording: dict[str, Any], prompt_id: str) -> None:
        text = json.dumps(recording).replace(recording["prompt_id"], prompt_id)
        self.recording = json.loads(text)
        self.prompt_id = prompt_id
        self.number = self.recording["answer"]["json"].get("number", 0)
        self.graph = self.recording["graph"]
        self.running = False
        self.history: dict[str, Any] | None = None

    @property
    def entry(self) -> list[Any]:
        return [self.number, self.prompt_id, self.graph, {}, []]

    def finish(self) -> None:
        """Write the history, as recorded or derived."""
        self.running = False
        recorded = self.recording["history"]
        self.history = recorded or {self.prompt_id: self._derived()}

    def _derived(self) -> dict[str, Any]:
        told = [m["text"] for m in self._messages() if "text" in m]
        messages = [m for m in told if m["data"].get("prompt_id") == self.prompt_id]
        outputs = {
            m["data"]["node"]: m["data"]["output"] for m in messages if m["type"] == "executed"
        }
        ends = [m for m in messages if m["type"] in ("execution_error", "execution_interrupted")]
        if ends:
            said = [[m["type"], m["data"]] for m in ends]
            status = {"status_str": "error", "completed": False, "messages": said}
            return {"prompt": self.entry, "outputs": {}, "status": status, "meta": {}}
        status = {"status_str": "success", "completed": True, "messages": []}
        return {"prompt": self.entry, "outputs": outputs, "status": status, "meta": {}}

    def _messages(self) -> list[dict[str, Any]]:
        return [*self.recording["before_answer"], *self.recording["after_answer"]]


class ReplayServer:
    """Serves one recording per posted prompt, in the order given.

    Attributes:
        requests: (method, path) of everything that was asked.
        bodies: Bodies of ``POST /prompt``.
        headers: Headers of the last request and of the last socket.
        heard: Text messages that clients sent over the socket.
        sockets: Client ids in the order they connected.
        answers: Overrides: (method, path) to (status, body or JSON).
        hold: Called with a message before it is sent; False stops the replay of that run there.
        mute: Sockets get nothing any more.
        files: Content of ``/view`` by (filename, subfolder, type).
    """

    def __init__(
        self, *recordings: dict[str, Any], prefix: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        self._prefix = prefix
        self._tls = tls
        self._waiting = list(recordings)
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.socket_headers: dict[str, str] = {}
        self.heard: list[dict[str, Any]] = []
        self.sockets: list[str] = []
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.hold: Callable[[dict[str, Any]], bool] = lambda _message: True
        self.held = asyncio.Event()
        self.mute = False
        self.cancelled: list[str] = []
        self.interrupted: list[Any] = []
        self.files: dict[tuple[str, str, str], bytes] = {}
        self.uploads = load("h_upload")
        self.runs: dict[str, Run] = {}
        self.port = 0
        self._open: dict[str, web.WebSocketResponse] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> ReplayServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on *port*, on a free one for 0."""
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", port, reuse_address=True, ssl_context=self._tls
        )
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Vanish as a killed server does: sockets end without a close frame."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cut_sockets()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def restart(self) -> None:
        """Come back on the same port without memory of any prompt."""
        port = self.port
        self.runs.clear()
        self.hold = lambda _message: True
        await self.start(port)

    async def cut_sockets(self) -> None:
        """End all sockets without a close frame."""
        for socket in list(self._open.values()):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()
        self._open.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until *condition* holds; looked at after every request and connection."""
        async with self._news:
            await self._news.wait_for(condition)

    async def asked(self, method: str, path: str, times: int) -> None:
        """Wait until this was asked so often."""
        await self.until(lambda: self.requests.count((method, path)) >= times)

    async def connected(self, times: int) -> None:
        """Wait until so many sockets were opened."""
        await self.until(lambda: len(self.sockets) >= times)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def finish(self, prompt_id: str) -> None:
        """Let a held run end in the history without a word on the socket."""
        self.runs[prompt_id].finish()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not request.path.startswith(self._prefix + "/"):
            return web.Response(status=404)
        path = request.path.removeprefix(self._prefix)
        self.requests.append((request.method, path))
        await self._tell()
        if path == "/ws":
            self.socket_headers = dict(request.headers)
            return await self._socket(request)
        self.headers = dict(request.headers)
        override = self.answers.get((request.method, path))
        if override is not None:
            status, body = override
            if isinstance(body, bytes):
                return web.Response(status=status, body=body)
            return web.json_response(body, status=status)
        if path.startswith("/history/"):
            run = self.runs.get(path.rpartition("/")[2])
            return web.json_response((run.history if run else None) or {})
        if path.startswith("/api/jobs/") and path.endswith("/cancel"):
            return await self._cancel(path.split("/")[3])
        handler = {
            ("GET", "/system_stats"): self._stats,
            ("GET", "/object_info"): self._object_info,
            ("GET", "/queue"): self._queue,
            ("POST", "/queue"): self._delete,
            ("POST", "/interrupt"): self._interrupt,
            ("POST", "/prompt"): self._prompt,
            ("POST", "/upload/image"): self._upload,
            ("GET", "/view"): self._view,
        }.get((request.method, path))
        return await handler(request) if handler else web.Response(status=404, body=b"")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        client_id = request.query["clientId"]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(client_id)
        await self._tell()
        self._open[client_id] = socket
        await self._status(client_id)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self.heard.append(json.loads(message.data))
        self._open.pop(client_id, None)
        return socket

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _status(self, client_id: str = "") -> None:
        left = sum(1 for run in self.runs.values() if run.history is None)
        data: dict[str, Any] = {"status": {"exec_info": {"queue_remaining": left}}}
        if client_id:
            data["sid"] = client_id
        for socket in [self._open[client_id]] if client_id else list(self._open.values()):
            await self._send(socket, {"text": {"type": "status", "data": data}})

    async def _send(self, socket: web.WebSocketResponse | None, message: dict[str, Any]) -> None:
        if socket is None or socket.closed or self.mute:
            return
        try:
            if "text" in message:
                await socket.send_str(json.dumps(message["text"]))
            else:
                await socket.send_bytes(_frame(message["binary"]))
        except ConnectionError:
            return

    async def _prompt(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        recording = self._waiting.pop(0)
        answer = recording["answer"]
        if answer["status"] != 200:
            return web.json_response(answer["json"], status=answer["status"])
        run = Run(recording, body["prompt_id"])
        run.graph = body["prompt"]
        self.runs[run.prompt_id] = run
        await self._status()
        # The messages before the answer are those that the recorder saw before it.
        client_id = body["client_id"]
        await self._say(run, client_id, run.recording["before_answer"])
        task = asyncio.create_task(self._go_on(run, client_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.json_response(run.recording["answer"]["json"])

    async def _go_on(self, run: Run, client_id: str) -> None:
        if await self._say(run, client_id, run.recording["after_answer"]):
            run.finish()
            await self._status()

    async def _say(self, run: Run, client_id: str, messages: list[dict[str, Any]]) -> bool:
        run.running = True
        for message in messages:
            if not self.hold(message):
                self.held.set()
                return False
            # The history is there before the last message of a run.
            if message.get("text", {}).get("data", {}).get("node", "") is None:
                run.finish()
            await self._send(self._open.get(client_id), message)
        return True

    async def _queue(self, _request: web.Request) -> web.Response:
        running = [run.entry for run in self.runs.values() if run.running]
        pending = [r.entry for r in self.runs.values() if not r.running and r.history is None]
        return web.json_response({"queue_running": running, "queue_pending": pending})

    async def _delete(self, request: web.Request) -> web.Response:
        for prompt_id in (await request.json())["delete"]:
            run = self.runs.get(prompt_id)
            if run is not None and not run.running and run.history is None:
                del self.runs[prompt_id]
        await self._status()
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        self.interrupted.append(await request.json())
        return web.Response()

    async def _cancel(self, prompt_id: str) -> web.Response:
        self.cancelled.append(prompt_id)
        run = self.runs.pop(prompt_id, None)
        return web.json_response({"cancelled": run is not None and run.history is None})

    async def _upload(self, request: web.Request) -> web.Response:
        await request.post()
        answer = self.uploads.pop(0)
        return web.json_response(answer["json"], status=answer["status"])

    async def _view(self, request: web.Request) -> web.Response:
        query = request.query
        key = (query.get("filename", ""), query.get("subfolder", ""), query.get("type", "output"))
        content = self.files.get(key)
        if content is None:
            return web.Response(status=404)
        return web.Response(body=content, content_type="image/png")

    async def _stats(self, _request: web.Request) -> web.Response:
        return web.json_response(load("system_stats"))

    async def _object_info(self, _request: web.Request) -> web.Response:
        return web.json_response(load("object_info"))


def _frame(recorded: dict[str, Any]) -> bytes:
    """Return a binary frame with the recorded header and a small JPEG."""
    event = recorded["event"]
    if "metadata" in recorded:
        metadata = json.dumps(recorded["metadata"]).encode()
        return struct.pack(">II", event, len(metadata)) + metadata + JPEG
    return bytes.fromhex(recorded["header_hex"])[:8] + JPEG
