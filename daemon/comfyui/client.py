"""The client of one ComfyUI host: uploads, runs, watches, fetches and cancels."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from daemon.comfyui.address import HostAddress
from daemon.comfyui.backoff import Backoff
from daemon.comfyui.cancel import cancel_prompt
from daemon.comfyui.errors import not_comfyui
from daemon.comfyui.events import Event, PreviewArrived, Routed
from daemon.comfyui.follow import Pace, follow
from daemon.comfyui.graph import Graph
from daemon.comfyui.inbox import Inbox
from daemon.comfyui.large_json import read_history_json, read_queue_json
from daemon.comfyui.lenient import mapping
from daemon.comfyui.node_errors import validation_failed
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.replies import (
    HostStats,
    OutputImage,
    PromptState,
    RunResult,
    UploadedImage,
    choose_result,
    queued_ids,
    read_history,
    read_queue,
    read_stats,
    read_upload,
)
from daemon.comfyui.secrets import Secrets
from daemon.comfyui.socket import HostSocket
from daemon.comfyui.transport import Transport
from daemon.comfyui.uploads import Uploads
from daemon.protocol.errors import ErrorKind, RabbitError

_T = TypeVar("_T")

UPLOAD_FOLDER = "rabbitviewer"
MAX_DOWNLOAD_BYTES = 512 * 1024 * 1024
MAX_HISTORY_BYTES = 16 * 1024 * 1024
"""Of one job: its graph is ours, and what it left are names."""

_PLAIN_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_KEPT_ENDS = 16
_ANSWER_LOST = {
    "ReadTimeout",
    "ReadError",
    "RemoteProtocolError",
    "WriteError",
    "WriteTimeout",
    "TotalTimeout",
}


class ComfyUIClient:
    """Talks to one host; made and used on one event loop.

    HTTP is the truth about a run. The socket only makes progress quick, so a run goes on and ends
    well with a socket that is lost, mute or refused.

    Attributes:
        address: The host.
        host: The host as sentences name it.
    """

    def __init__(
        self,
        address: HostAddress,
        *,
        name: str = "",
        pace: Pace | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            address: Where the host is.
            name: The user's name for it.
            pace: How often a silent run is asked about.
            secrets: Where the host's secrets are read.
        """
        self.address = address
        self.host = f"{name} ({address.netloc})" if name else f"ComfyUI at {address.netloc}"
        if address.builtin:
            self.host = "The built-in host"
        self._pace = pace or Pace()
        secrets = secrets or Secrets()
        self._transport = Transport(address, secrets)
        self._uploads = Uploads(self._transport, self.upload_image)
        self._socket = HostSocket(
            address, self._deliver, on_open=self._socket_opened, secrets=secrets
        )
        self._inboxes: dict[str, Inbox] = {}
        self._followed: set[str] = set()
        self._cancelled: set[str] = set()
        self._finished: dict[str, PromptState] = {}
        self._object_info: ObjectInfo | None = None
        self._object_info_at = 0.0

    @property
    def open_runs(self) -> int:
        """How many runs are being watched."""
        return len(self._inboxes)

    @property
    def in_use(self) -> bool:
        """Whether a run is being watched or an answer is waited for."""
        return bool(self._inboxes) or self._transport.open_requests > 0

    @property
    def watched(self) -> frozenset[str]:
        """The prompts that are being watched."""
        return frozenset(self._inboxes)

    @property
    def last_used(self) -> float:
        """Monotonic time of the last request."""
        return self._transport.last_used

    async def system_stats(self) -> HostStats:
        """Return version and devices.

        Raises:
            RabbitError: the host cannot be reached, refuses, or is not ComfyUI.
        """
        stats = read_stats(await self._transport.json("GET", "/system_stats", "its status"))
        if stats is None:
            raise not_comfyui(self.address)
        return stats

    async def queued(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the ids of everybody's prompts: those that run, those that wait."""
        return queued_ids(
            await self._transport.json("GET", "/queue", "its queue", read=read_queue_json)
        )

    async def object_info(self, max_age_s: float = 0.0) -> ObjectInfo:
        """Return the host's nodes with their inputs; at most *max_age_s* old."""
        age_s = time.monotonic() - self._object_info_at
        if self._object_info is None or age_s > max_age_s:
            reply = await self._transport.json("GET", "/object_info", "its list of nodes")
            if not mapping(reply):
                raise not_comfyui(self.address)
            self._object_info = ObjectInfo(mapping(reply))
            self._object_info_at = time.monotonic()
        return self._object_info

    async def upload_image(
        self, path: Path, name: str, *, subfolder: str = UPLOAD_FOLDER
    ) -> UploadedImage:
        """Send a picture to the host's input folder.

        Args:
            path: The picture.
            name: Its name there; the host may change it, so use what is returned.
            subfolder: Folder below the host's input folder.
        """
        content = await asyncio.to_thread(path.read_bytes)
        plain = _PLAIN_NAME.sub("-", name)[-100:].lstrip(".") or "image.png"
        reply = await self._transport.json(
            "POST",
            "/upload/image",
            "uploading a picture",
            files={"image": (plain, content, "image/png")},
            form={"subfolder": subfolder, "type": "input"},
        )
        uploaded = read_upload(reply)
        if uploaded is None:
            raise not_comfyui(self.address)
        return uploaded

    async def place_image(self, path: Path) -> UploadedImage:
        """Have a picture in the host's input folder; it is sent only where it is not there."""
        return await self._uploads.place(path)

    async def free_memory(self) -> None:
        """Have the host unload its models and empty its cache before its next prompt.

        Raises:
            RabbitError: the host cannot be reached or refuses.
        """
        body = {"unload_models": True, "free_memory": True}
        await self._transport.json("POST", "/free", "freeing its memory", body=body)

    async def queue_workflow(self, graph: Graph, prompt_id: str) -> int:
        """Queue *graph* under an id of our own and start listening to it.

        Args:
            graph: In API format, complete.
            prompt_id: A lower-case UUID, kept on disk before this is called.

        Returns:
            The host's number for it.

        Raises:
            RabbitError: ``workflow_unavailable`` naming the missing node or model file,
                ``workflow_invalid``, or the host failed.
        """
        _check_id(prompt_id)
        client_id = await self._listen()
        self._inbox(prompt_id)
        body = {
            "prompt": graph,
            "prompt_id": prompt_id,
            "client_id": client_id or str(uuid.uuid4()),
            "extra_data": {"preview_method": "auto"},
        }
        try:
            return await self._post_prompt(body, graph, prompt_id)
        except BaseException:
            self._inboxes.pop(prompt_id, None)
            raise

    async def prompt_state(self, prompt_id: str) -> PromptState:
        """Return how a prompt stands, by HTTP alone.

        A prompt that is in neither history nor queue may have ended between the two questions, so
        the history is asked once more before it counts as unknown.
        """
        _check_id(prompt_id)
        state = await self._history(prompt_id)
        if state is None:
            queue = await self._transport.json("GET", "/queue", "its queue", read=read_queue_json)
            state = read_queue(queue, prompt_id) or await self._history(prompt_id)
        if state is not None and state.name == "finished" and prompt_id in self._inboxes:
            self._finished[prompt_id] = state  # whoever watches it fetches its result next
        return state or PromptState("unknown")

    async def events(self, prompt_id: str, *, patience_s: float = 600.0) -> AsyncGenerator[Event]:
        """Yield what happens to a prompt; the last event is always a terminal one.

        Works for prompts queued by an earlier process too.

        Args:
            prompt_id: Its id.
            patience_s: How long the host may stay away before that counts as failure.
        """
        _check_id(prompt_id)
        inbox = self._inbox(prompt_id)
        self._followed.add(prompt_id)
        try:
            async for event in follow(self, inbox, prompt_id, patience_s, self._pace):
                yield event
        finally:
            self._inboxes.pop(prompt_id, None)
            self._followed.discard(prompt_id)
            self._cancelled.discard(prompt_id)
            while len(self._finished) > _KEPT_ENDS:
                del self._finished[next(iter(self._finished))]

    async def get_result(
        self, prompt_id: str, node_id: str, *, prefix: str, patience_s: float = 60.0
    ) -> RunResult:
        """Return the picture that node *node_id* saved in a finished run.

        Args:
            prompt_id: The run.
            node_id: The node that saves the result.
            prefix: How its file was asked to be named; another name is not believed.
            patience_s: How long to try while the host cannot be reached.

        Raises:
            RabbitError: ``result_invalid``; there is none that can be ours.
        """
        state = self._finished.pop(prompt_id, None)
        if state is None:
            state = await self._patiently(lambda: self.prompt_state(prompt_id), patience_s)
        if state.name == "failed" and state.error is not None:
            raise RabbitError.from_info(state.error)
        images = state.images.get(node_id, ())
        return RunResult(choose_result(images, prefix, node_id, self.host), state.texts)

    async def download_image(
        self,
        image: OutputImage,
        target: Path,
        max_bytes: int = MAX_DOWNLOAD_BYTES,
        *,
        patience_s: float = 60.0,
    ) -> int:
        """Fetch a picture into *target*, which appears only when it is complete.

        Args:
            image: One of :meth:`get_result`.
            target: The file.
            max_bytes: A larger picture is refused.
            patience_s: How long to try while the host cannot be reached.

        Returns:
            Its size in bytes.
        """
        params = {"filename": image.filename, "subfolder": image.subfolder, "type": image.type}
        fetch = partial(self._transport.download, "/view", params, target, max_bytes, "the result")
        try:
            return await self._patiently(fetch, patience_s)
        except RabbitError as error:
            if error.info.context.get("status") != "404":
                raise
            raise RabbitError(
                ErrorKind.RESULT_INVALID,
                f"{self.host} no longer has the picture {image.filename}.",
                "Run the job again.",
            ) from error

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel one prompt, whether it waits or runs; never anybody else's.

        Returns:
            Whether the host knew it as waiting or running.
        """
        _check_id(prompt_id)
        if prompt_id in self._inboxes:
            self._cancelled.add(prompt_id)
        try:
            return await cancel_prompt(self._transport, prompt_id)
        finally:
            inbox = self._inboxes.get(prompt_id)
            if prompt_id not in self._followed:  # queued, and cancelled before anybody watched it
                self._inboxes.pop(prompt_id, None)
                self._cancelled.discard(prompt_id)
            elif inbox is not None:
                inbox.nudge()

    def was_cancelled(self, prompt_id: str) -> bool:
        """Whether :meth:`cancel` was called for a prompt that is being watched."""
        return prompt_id in self._cancelled

    def socket_heard_since(self, moment: float) -> bool | None:
        """Whether the socket said anything since *moment* (monotonic); None: it is not open."""
        return self._socket.last_heard >= moment if self._socket.client_id else None

    def reopen_socket(self) -> None:
        """Replace a socket that is open but mute."""
        self._socket.reconnect()

    async def close(self) -> None:
        """Close socket and connections; runs on the host go on."""
        await asyncio.to_thread(self._socket.stop)
        await self._transport.close()
        self._inboxes.clear()

    async def _listen(self) -> str:
        """Open the socket if need be; return its client id, empty where it does not open."""
        self._socket.start()
        if not self._socket.client_id:
            await asyncio.to_thread(self._socket.wait_open, self._pace.socket_s)
        return self._socket.client_id

    async def _post_prompt(self, body: dict[str, Any], graph: Graph, prompt_id: str) -> int:
        try:
            status, reply = await self._transport.refused_json("/prompt", body)
        except RabbitError as error:
            if error.info.context.get("error") not in _ANSWER_LOST:
                raise
            if (await self.prompt_state(prompt_id)).name == "unknown":
                raise
            return 0
        answer = mapping(reply)
        if status != 200:
            raise validation_failed(reply, graph, self.host)
        if answer.get("prompt_id") != prompt_id:
            await cancel_prompt(self._transport, str(answer.get("prompt_id") or ""))
            raise RabbitError(
                ErrorKind.HOST_REFUSED,
                f"{self.host} is too old: it gives jobs names of its own.",
                "Update ComfyUI there.",
            )
        if mapping(answer.get("node_errors")):
            await cancel_prompt(self._transport, prompt_id)
            raise validation_failed(reply, graph, self.host)
        number = answer.get("number")
        return int(number) if isinstance(number, int | float) else 0

    async def _patiently(self, ask: Callable[[], Awaitable[_T]], patience_s: float) -> _T:
        """Return what *ask* gives; while the host cannot be reached, ask again."""
        deadline = time.monotonic() + patience_s
        away = Backoff(self._pace.away_s, self._pace.away_longest_s)
        while True:
            try:
                return await ask()
            except RabbitError as error:
                unreachable = error.info.kind is ErrorKind.HOST_UNREACHABLE
                if not unreachable or time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(away.pause_s())

    async def _history(self, prompt_id: str) -> PromptState | None:
        path = f"/history/{quote(prompt_id)}"
        reply = await self._transport.json(
            "GET",
            path,
            "the state of a job",
            read=read_history_json,
            max_bytes=MAX_HISTORY_BYTES,
        )
        return read_history(reply, prompt_id, self.host)

    def _inbox(self, prompt_id: str) -> Inbox:
        found = self._inboxes.get(prompt_id)
        if found is None:
            found = self._inboxes[prompt_id] = Inbox(asyncio.get_running_loop())
        return found

    def _socket_opened(self) -> None:
        """Have every run asked about: what the host said meanwhile went to nobody."""
        for inbox in tuple(self._inboxes.values()):
            inbox.nudge()

    def _deliver(self, routed: Routed) -> None:
        """Put an event into its inbox; called in the socket's thread."""
        inbox = self._inboxes.get(routed.prompt_id)
        if inbox is not None:
            inbox.put(routed.event)
        elif not routed.prompt_id and isinstance(routed.event, PreviewArrived):
            # Old previews carry no id. A host runs one prompt at a time, so while ours runs the
            # preview is ours.
            for candidate in tuple(self._inboxes.values()):
                if candidate.running:
                    candidate.put(routed.event)
                    return


def _check_id(prompt_id: str) -> None:
    try:
        canonical = str(uuid.UUID(prompt_id))
    except ValueError:
        canonical = ""
    if canonical != prompt_id:
        raise ValueError(f"not a lower-case UUID: {prompt_id!r}")
