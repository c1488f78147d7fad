"""What a run on a host can tell, as typed events, and how the host's messages become them."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from daemon.comfyui.large_json import read_message_json
from daemon.comfyui.lenient import items, mapping, number, text
from daemon.protocol.errors import ErrorInfo

_PREVIEW = 1
_PREVIEW_WITH_METADATA = 4


class Queued(msgspec.Struct, frozen=True):
    """The prompt waits; *position* prompts of anybody are before it."""

    position: int


class Started(msgspec.Struct, frozen=True):
    """The run began; the nodes in *cached* need not run."""

    cached: tuple[str, ...] = ()


class NodeStarted(msgspec.Struct, frozen=True):
    """Node *node* runs now."""

    node: str


class NodeProgress(msgspec.Struct, frozen=True):
    """Node *node* did *value* of *max* steps."""

    node: str
    value: float
    max: float


class PreviewArrived(msgspec.Struct, frozen=True):
    """A sampler's picture so far: JPEG or PNG bytes, not looked at yet."""

    data: bytes
    node: str = ""


class HostAway(msgspec.Struct, frozen=True):
    """The host cannot be reached just now; it is asked again until the caller's patience ends."""

    error: ErrorInfo


class Finished(msgspec.Struct, frozen=True):
    """The run succeeded; its pictures can be fetched."""


class FailedOnHost(msgspec.Struct, frozen=True):
    """The run failed, or the host stayed away longer than the caller's patience."""

    error: ErrorInfo


class Interrupted(msgspec.Struct, frozen=True):
    """The run was cancelled."""


class PromptLost(msgspec.Struct, frozen=True):
    """The host no longer knows the prompt: it was restarted, or somebody cleared its queue."""


Terminal = Finished | FailedOnHost | Interrupted | PromptLost
Event = Queued | Started | NodeStarted | NodeProgress | PreviewArrived | HostAway | Terminal


class EndReported(msgspec.Struct, frozen=True):
    """Inside the package: the socket says the run is over; the history tells how."""


SocketEvent = Started | NodeStarted | NodeProgress | PreviewArrived | EndReported


class Routed(msgspec.Struct, frozen=True):
    """A message of the socket: *prompt_id* is empty where the host does not say."""

    prompt_id: str
    event: SocketEvent


def from_text(payload: bytes) -> Routed | None:
    """Return the event in a text frame, None where it says nothing about a run.

    Raises:
        ValueError: the frame is no message of ComfyUI.
    """
    message = _object(payload)
    data = mapping(message.get("data"))
    prompt_id = _string(data, "prompt_id")
    event: SocketEvent | None = None
    match message.get("type"):
        case "execution_start":
            event = Started()
        case "execution_cached":
            event = Started(_strings(data.get("nodes")))
        case "executing":
            event = _executing(data)
        case "progress":
            event = _progress(data)
        case "execution_success" | "execution_error" | "execution_interrupted":
            event = EndReported()
        case _:
            event = None
    return None if event is None else Routed(prompt_id, event)


def from_binary(payload: bytes) -> Routed | None:
    """Return the preview in a binary frame, None where it holds none.

    Layout: big-endian u32 event; 1: u32 format + image; 4: u32 length + JSON + image.
    """
    kind = int.from_bytes(payload[:4], "big")
    if kind == _PREVIEW and len(payload) > 8:
        return Routed("", PreviewArrived(payload[8:]))
    if kind != _PREVIEW_WITH_METADATA or len(payload) < 8:
        return None
    end = 8 + int.from_bytes(payload[4:8], "big")
    if end >= len(payload):
        return None
    try:
        data = _object(payload[8:end])
    except ValueError:
        return None
    node = _string(data, "display_node_id") or _string(data, "node_id")
    return Routed(_string(data, "prompt_id"), PreviewArrived(payload[end:], node))


def _object(payload: bytes) -> dict[str, Any]:
    found = read_message_json(payload)
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - bad data, not a bad call
    return cast("dict[str, Any]", found)


def _executing(data: dict[str, Any]) -> SocketEvent:
    node = _string(data, "display_node") or _string(data, "node")
    return NodeStarted(node) if node else EndReported()


def _progress(data: dict[str, Any]) -> SocketEvent | None:
    value, most = number(data.get("value")), number(data.get("max"))
    if value is None or most is None:
        return None
    return NodeProgress(_string(data, "node"), value, most)


def _string(data: dict[str, Any], key: str) -> str:
    return text(data.get(key))


def _strings(value: object) -> tuple[str, ...]:
    return tuple(text(item) for item in items(value) if isinstance(item, str))
