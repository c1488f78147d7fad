"""JSON of any size, read so that nobody waits: of large answers only what is needed is built."""

from __future__ import annotations

import json
from typing import Any

import msgspec

MAX_ITEMS = 1000
"""Pictures and texts of one node that are read of a large answer."""

_SMALL_BYTES = 256 * 1024
_TOLD = ("prompt_id", "node", "display_node", "value", "max", "nodes")
_MAX_FALLBACK_BYTES = 8 << 20
_MAX_GRAPH_BYTES = 4 << 20
_EMPTY, _NOTHING = msgspec.Raw(b"null"), msgspec.Raw(b"{}")


class _Output(msgspec.Struct):
    images: list[msgspec.Raw] = msgspec.field(default_factory=list[msgspec.Raw])
    text: list[msgspec.Raw] = msgspec.field(default_factory=list[msgspec.Raw])


class _Entry(msgspec.Struct):
    prompt: msgspec.Raw = _EMPTY
    outputs: dict[str, _Output] = msgspec.field(default_factory=dict[str, _Output])
    status: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class _Queue(msgspec.Struct):
    queue_running: list[list[msgspec.Raw]] = msgspec.field(default_factory=list[list[msgspec.Raw]])
    queue_pending: list[list[msgspec.Raw]] = msgspec.field(default_factory=list[list[msgspec.Raw]])


_HISTORY = msgspec.json.Decoder(dict[str, _Entry])
_QUEUE = msgspec.json.Decoder(_Queue)
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_json(content: bytes) -> object:
    """Return what *content* says; None for nothing at all.

    Raises:
        ValueError: it is no JSON, nested too deeply, or large and unusual (NaN).
    """
    if not content:
        return None
    if len(content) > _SMALL_BYTES:
        try:
            return msgspec.json.decode(content)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            if len(content) > _MAX_FALLBACK_BYTES:
                raise ValueError("large and no strict JSON") from None
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_history_json(content: bytes) -> object:
    """Return an answer of ``/history/ID``; of a large one pictures, texts and status alone.

    Raises:
        ValueError: as :func:`read_json`.
    """
    if len(content) <= _SMALL_BYTES:
        return read_json(content)
    try:
        return _skimmed(_HISTORY.decode(content))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return read_json(content)


def read_queue_json(content: bytes) -> object:
    """Return an answer of ``/queue``; of a large one number and id of each prompt alone.

    Raises:
        ValueError: as :func:`read_json`.
    """
    if len(content) <= _SMALL_BYTES:
        return read_json(content)
    try:
        found = _QUEUE.decode(content)
        return {
            name: [[msgspec.json.decode(part) for part in entry[:2]] for entry in entries]
            for name, entries in (
                ("queue_running", found.queue_running),
                ("queue_pending", found.queue_pending),
            )
        }
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return read_json(content)


def read_message_json(content: bytes) -> object:
    """Return a message of the socket; of a large one what tells how far a run is.

    Raises:
        ValueError: as :func:`read_json`.
    """
    if len(content) <= _SMALL_BYTES:
        return read_json(content)
    try:
        found = _PARTS.decode(content)
        data = _PARTS.decode(found.get("data", _NOTHING))
        told = {name: data[name] for name in _TOLD if name in data}
        return {
            "type": msgspec.json.decode(found.get("type", _EMPTY)),
            "data": {
                name: msgspec.json.decode(part)
                for name, part in told.items()
                if len(bytes(part)) <= _SMALL_BYTES
            },
        }
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return read_json(content)


def _skimmed(found: dict[str, _Entry]) -> object:
    return {
        prompt_id: {
            "prompt": _graph_of(entry.prompt),
            "outputs": {
                node: {"images": _first(output.images), "text": _first(output.text)}
                for node, output in entry.outputs.items()
            },
            "status": entry.status,
        }
        for prompt_id, entry in found.items()
    }


def _first(items: list[msgspec.Raw]) -> list[Any]:
    return [msgspec.json.decode(item) for item in items[:MAX_ITEMS]]


def _graph_of(prompt: msgspec.Raw) -> object:
    """Return the prompt's row, for the sentence of a failure, where it is not enormous."""
    if len(bytes(prompt)) > _MAX_GRAPH_BYTES:
        return None
    try:
        return msgspec.json.decode(prompt)
    except (msgspec.MsgspecError, RecursionError):
        return None
