"""The WebSocket side: who is connected, what they asked for, and messages to them in order."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import struct
import uuid
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from aiohttp import WSMsgType, web
from PIL import Image as PillowImage
from PIL import ImageOps

from daemon.builtin_host.values import Image, Json

logger = logging.getLogger(__name__)

FEATURES: Json = {
    "supports_preview_metadata": True,
    "supports_model_type_tags": False,
    "max_upload_size": 100 << 20,
    "extension": {},
    "node_replacements": False,
    "assets": False,
    "rabbitviewer_builtin": True,
}
_EVENT_PREVIEW = 1
_EVENT_PREVIEW_WITH_METADATA = 4
_EVENT_TEXT = 3
_FORMAT_JPEG = 1
_PREVIEW_SIDE_PX = 512
_OUTBOX_LIMIT = 4096


class _Client:
    """One connected socket and the messages on their way to it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.flags: Json = {}
        self.outbox: asyncio.Queue[str | bytes] = asyncio.Queue(_OUTBOX_LIMIT)

    async def write(self) -> None:
        """Send what is queued until the socket is gone."""
        while True:
            message = await self.outbox.get()
            try:
                if isinstance(message, bytes):
                    await self.socket.send_bytes(message)
                else:
                    await self.socket.send_str(message)
            except (ConnectionError, RuntimeError):
                return


class SocketHub:
    """All connected clients; messages may be queued from any thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        queue_info: Callable[[], Json],
        current_node: Callable[[], tuple[str | None, str | None]],
    ) -> None:
        """Make a hub without clients.

        Args:
            loop: The event loop that serves the sockets.
            queue_info: The ``status`` of the moment.
            current_node: Client and node being executed.
        """
        self._loop = loop
        self._queue_info = queue_info
        self._current_node = current_node
        self._clients: dict[str, _Client] = {}

    def send(self, event: str, data: Json, client_id: str | None) -> None:
        """Queue a JSON message for one client, for everybody when *client_id* is ``None``."""
        self._post(json.dumps({"type": event, "data": data}), client_id)

    def send_status(self) -> None:
        """Tell everybody how many prompts are open."""
        self.send("status", {"status": self._queue_info()}, None)

    def send_preview(self, image: Image, metadata: Json, client_id: str | None) -> None:
        """Queue a preview picture, shape (H, W, 3), nominally 0..1."""
        picture = _encode_jpeg(image)
        if not self.wants_metadata(client_id):
            frame = struct.pack(">II", _EVENT_PREVIEW, _FORMAT_JPEG) + picture
        else:
            text = json.dumps({**metadata, "image_type": "image/jpeg"}).encode()
            frame = struct.pack(">II", _EVENT_PREVIEW_WITH_METADATA, len(text)) + text + picture
        self._post(frame, client_id)

    def send_text(self, node_id: str, text: str) -> None:
        """Queue a node's line of text for everybody, as there; it names no prompt."""
        name = node_id.encode()
        self._post(struct.pack(">II", _EVENT_TEXT, len(name)) + name + text.encode(), None)

    def wants_metadata(self, client_id: str | None) -> bool:
        """Whether the client negotiated previews with metadata."""
        client = self._clients.get(client_id or "")
        return client is not None and client.flags.get("supports_preview_metadata") is True

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Handle ``GET /ws?clientId=…`` for as long as the socket lives."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        client_id = request.query.get("clientId") or uuid.uuid4().hex
        client = _Client(socket)
        self._clients[client_id] = client
        writer = asyncio.create_task(client.write())
        try:
            self._greet(client_id, client)
            await self._listen(client)
        finally:
            if self._clients.get(client_id) is client:
                del self._clients[client_id]
            writer.cancel()
        return socket

    async def close(self) -> None:
        """Close every socket."""
        for client in list(self._clients.values()):
            await client.socket.close()

    def _greet(self, client_id: str, client: _Client) -> None:
        data = {"status": self._queue_info(), "sid": client_id}
        self._put(client, json.dumps({"type": "status", "data": data}))
        owner, node_id = self._current_node()
        if owner == client_id and node_id is not None:
            self._put(client, json.dumps({"type": "executing", "data": {"node": node_id}}))

    async def _listen(self, client: _Client) -> None:
        first = True
        async for message in client.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                document: Any = json.loads(message.data)
            except ValueError:
                continue
            if first and isinstance(document, dict):
                self._negotiate(client, cast("Json", document))
            first = False

    def _negotiate(self, client: _Client, document: Json) -> None:
        if document.get("type") != "feature_flags":
            return
        flags = document.get("data", {})
        client.flags = cast("Json", flags) if isinstance(flags, dict) else {}
        self._put(client, json.dumps({"type": "feature_flags", "data": FEATURES}))

    def _post(self, message: str | bytes, client_id: str | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._deliver, message, client_id)
        except RuntimeError:
            logger.debug("message after the end of the host dropped")

    def _deliver(self, message: str | bytes, client_id: str | None) -> None:
        if client_id is None:
            for client in self._clients.values():
                self._put(client, message)
        elif client_id in self._clients:
            self._put(self._clients[client_id], message)

    def _put(self, client: _Client, message: str | bytes) -> None:
        try:
            client.outbox.put_nowait(message)
        except asyncio.QueueFull:
            logger.warning("a client that does not read was disconnected")
            transport = client.socket.get_extra_info("transport")
            if transport is not None:
                transport.abort()


def _encode_jpeg(image: Image) -> bytes:
    pixels = np.clip(image * 255.0 + 0.5, 0, 255).astype(np.uint8)
    picture = ImageOps.contain(
        PillowImage.fromarray(pixels),
        (_PREVIEW_SIDE_PX, _PREVIEW_SIDE_PX),
        PillowImage.Resampling.BILINEAR,
    )
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()
