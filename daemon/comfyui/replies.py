"""What a host says about a prompt over HTTP, read leniently into typed values."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from daemon.comfyui.lenient import items, mapping
from daemon.comfyui.node_errors import execution_failed
from daemon.protocol.errors import ErrorInfo

_MAX_TEXTS, _MAX_TEXT_CHARS = 20, 1000

PromptStateName = Literal["pending", "running", "finished", "failed", "interrupted", "unknown"]


class OutputImage(msgspec.Struct, frozen=True):
    """A picture that a node wrote on the host; *type* is output | temp | input."""

    filename: str
    subfolder: str
    type: str


class UploadedImage(msgspec.Struct, frozen=True):
    """Where an uploaded picture is; the host may have changed the name."""

    name: str
    subfolder: str
    type: str

    @property
    def reference(self) -> str:
        """What a LoadImage node takes."""
        return f"{self.subfolder}/{self.name}" if self.subfolder else self.name


class PromptState(msgspec.Struct, frozen=True):
    """How a prompt stands.

    Attributes:
        name: pending | running | finished | failed | interrupted | unknown.
        position: Prompts before it while pending.
        error: Why it failed.
        images: Pictures by node id once it is finished.
        texts: What nodes said in words (``"ui": {"text": [...]}``) once it is finished.
    """

    name: PromptStateName
    position: int = 0
    error: ErrorInfo | None = None
    images: dict[str, tuple[OutputImage, ...]] = msgspec.field(
        default_factory=dict[str, "tuple[OutputImage, ...]"]
    )
    texts: tuple[str, ...] = ()


class Device(msgspec.Struct, frozen=True):
    """A compute device of a host; memory in bytes."""

    name: str = ""
    type: str = ""
    vram_total: int = 0
    vram_free: int = 0


class HostStats(msgspec.Struct, frozen=True):
    """What ``/system_stats`` tells; *version* is empty where the host does not say."""

    version: str
    devices: tuple[Device, ...] = ()


def read_history(reply: object, prompt_id: str, host: str) -> PromptState | None:
    """Return the end of *prompt_id* in an answer of ``/history``, None while it has none."""
    entry = _child(reply, prompt_id)
    if not entry:
        return None
    status = _child(entry, "status")
    if status.get("status_str") != "error":
        outputs = entry.get("outputs")
        return PromptState("finished", images=_images(outputs), texts=_texts(outputs))
    name, data = _last_message(status)
    if name == "execution_interrupted":
        return PromptState("interrupted")
    graph = _graph(entry.get("prompt"))
    return PromptState("failed", error=execution_failed(data, graph, host).info)


def read_queue(reply: object, prompt_id: str) -> PromptState | None:
    """Return where *prompt_id* stands in an answer of ``/queue``, None where it is not there."""
    running = _entries(mapping(reply).get("queue_running"))
    if any(entry[1] == prompt_id for entry in running):
        return PromptState("running")
    pending = sorted(_entries(mapping(reply).get("queue_pending")), key=lambda entry: entry[0])
    for index, entry in enumerate(pending):
        if entry[1] == prompt_id:
            return PromptState("pending", position=index + len(running))
    return None


def queue_length(reply: object) -> int:
    """Return how many prompts of anybody run or wait."""
    found = mapping(reply)
    return len(_entries(found.get("queue_running"))) + len(_entries(found.get("queue_pending")))


def read_stats(reply: object) -> HostStats | None:
    """Return what ``/system_stats`` tells, None where it is not ComfyUI's answer."""
    system = _child(reply, "system")
    if "comfyui_version" not in system and "pytorch_version" not in system:
        return None
    devices: list[Device] = []
    for item in items(mapping(reply).get("devices")):
        try:
            devices.append(msgspec.convert(item, Device))
        except msgspec.ValidationError:
            continue
    return HostStats(str(system.get("comfyui_version") or ""), tuple(devices))


def read_upload(reply: object) -> UploadedImage | None:
    """Return where an upload went, None where the answer does not say."""
    try:
        return msgspec.convert(reply, UploadedImage)
    except msgspec.ValidationError:
        return None


def _images(outputs: object) -> dict[str, tuple[OutputImage, ...]]:
    found: dict[str, tuple[OutputImage, ...]] = {}
    for node, output in mapping(outputs).items():
        images: list[OutputImage] = []
        for item in items(mapping(output).get("images")):
            try:
                images.append(msgspec.convert(item, OutputImage))
            except msgspec.ValidationError:
                continue
        found[node] = tuple(images)
    return found


def _texts(outputs: object) -> tuple[str, ...]:
    said = [items(mapping(output).get("text")) for output in mapping(outputs).values()]
    lines = [line for lines in said for line in lines if isinstance(line, str)]
    return tuple(line[:_MAX_TEXT_CHARS] for line in lines[:_MAX_TEXTS])


def _last_message(status: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for message in reversed(items(status.get("messages"))):
        pair = items(message)
        if len(pair) == 2 and pair[0] in {"execution_error", "execution_interrupted"}:
            return str(pair[0]), mapping(pair[1])
    return "execution_error", {}


def _graph(prompt: object) -> dict[str, Any]:
    parts = items(prompt)
    return mapping(parts[2]) if len(parts) > 2 else {}


def _entries(queue: object) -> list[tuple[float, str]]:
    entries: list[tuple[float, str]] = []
    for item in items(queue):
        parts = items(item)
        if len(parts) > 1 and isinstance(parts[0], int | float) and isinstance(parts[1], str):
            entries.append((float(parts[0]), parts[1]))
    return entries


def _child(value: object, key: str) -> dict[str, Any]:
    return mapping(mapping(value).get(key))
