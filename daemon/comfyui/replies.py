"""What a host says about a prompt over HTTP, read leniently into typed values."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import msgspec

from daemon.comfyui.lenient import items, mapping, number, size, text
from daemon.comfyui.node_errors import execution_failed
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError

_MAX_TEXTS, _MAX_TEXT_CHARS = 20, 1000
_MAX_IMAGES, _MAX_DEVICES = 1000, 64
_MAX_NAME_CHARS, _MAX_FOLDER_CHARS, _SHOWN_CHARS = 255, 1000, 80
_SAVE_NODE = "Check `output` in the workflow's manifest: it must name the SaveImage node."

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


class RunResult(msgspec.Struct, frozen=True):
    """What a finished run left: its picture, and what its nodes said in words."""

    image: OutputImage
    texts: tuple[str, ...] = ()


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


def choose_result(
    images: tuple[OutputImage, ...], prefix: str, node: str, host: str
) -> OutputImage:
    """Return the picture of *images* that a job may take as its own.

    Args:
        images: What its node wrote.
        prefix: How its file name was asked to begin, with its folder.
        node: The node.
        host: The host in words.

    Raises:
        RabbitError: ``result_invalid``: there is none, it has a name that no result can have, or
            it is another job's.
    """
    found = [image for image in images if image.type == "output"]
    if not found:
        kinds = ", ".join(sorted({_shown(image.type) for image in images}))
        said = f"only {kinds} pictures" if kinds else "no picture"
        raise RabbitError(
            ErrorKind.RESULT_INVALID,
            f"{host} finished without a result: node {node} left {said}.",
            f"{_SAVE_NODE} A node that sends its picture over the socket keeps none.",
            {"node": node},
        )
    begin = prefix.rpartition("/")[2]
    own = [image for image in found if image.filename.startswith(begin)]
    chosen = own[0] if own else found[0]
    if not _is_plain_name(chosen.filename) or not _is_plain_folder(chosen.subfolder):
        raise RabbitError(
            ErrorKind.RESULT_INVALID,
            f"{host} names a result that can be no file of its own: "
            f"'{_shown(chosen.subfolder)}', '{_shown(chosen.filename)}'.",
            "Update ComfyUI there, and look at what stands between it and this computer.",
        )
    if not own:
        raise RabbitError(
            ErrorKind.RESULT_INVALID,
            f"{host} names the picture of another job, '{_shown(chosen.filename)}'.",
            f"Run it again. {_SAVE_NODE}",
            {"expected": prefix},
        )
    return chosen


def _is_plain_name(name: str) -> bool:
    """Whether *name* is the name of one file, with nothing of a path in it."""
    return (
        0 < len(name) <= _MAX_NAME_CHARS
        and name.isprintable()
        and name not in {".", ".."}
        and not any(sign in name for sign in "/\\:")
    )


def _is_plain_folder(folder: str) -> bool:
    """Whether *folder* lies below the host's results."""
    if len(folder) > _MAX_FOLDER_CHARS:
        return False
    parts = folder.replace("\\", "/").split("/")
    return folder == "" or all(_is_plain_name(part) and part != ".." for part in parts)


def _shown(name: str) -> str:
    """Return *name* short and without what would not print."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in name[:_SHOWN_CHARS])
    return clean + ("..." if len(name) > _SHOWN_CHARS else "")


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


def queued_ids(reply: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return everybody's prompts in an answer of ``/queue``: those that run, those that wait."""
    found = mapping(reply)
    running, pending = _entries(found.get("queue_running")), _entries(found.get("queue_pending"))
    return tuple(entry[1] for entry in running), tuple(entry[1] for entry in pending)


def read_stats(reply: object) -> HostStats | None:
    """Return what ``/system_stats`` tells, None where it is not ComfyUI's answer."""
    system = _child(reply, "system")
    if "comfyui_version" not in system and "pytorch_version" not in system:
        return None
    devices = [
        Device(text(one.get("name")), text(one.get("type")), *map(size, _memory(one)))
        for one in map(mapping, items(mapping(reply).get("devices"))[:_MAX_DEVICES])
    ]
    return HostStats(text(system.get("comfyui_version")), tuple(devices))


def read_upload(reply: object) -> UploadedImage | None:
    """Return where an upload went, None where the answer does not say."""
    answer = mapping(reply)
    name = text(answer.get("name"))
    if not name:
        return None
    return UploadedImage(name, text(answer.get("subfolder")), text(answer.get("type")) or "input")


def _memory(device: dict[str, Any]) -> tuple[object, object]:
    return device.get("vram_total"), device.get("vram_free")


def _images(outputs: object) -> dict[str, tuple[OutputImage, ...]]:
    return {
        node: tuple(
            OutputImage(*(text(image.get(key)) for key in ("filename", "subfolder", "type")))
            for image in map(mapping, items(mapping(output).get("images"))[:_MAX_IMAGES])
            if isinstance(image.get("filename"), str)
        )
        for node, output in mapping(outputs).items()
    }


def _texts(outputs: object) -> tuple[str, ...]:
    said = [items(mapping(output).get("text")) for output in mapping(outputs).values()]
    lines = (line for lines in said for line in lines if isinstance(line, str))
    return tuple(text(line[:_MAX_TEXT_CHARS]) for line in itertools.islice(lines, _MAX_TEXTS))


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
        if len(parts) > 1 and isinstance(parts[1], str):
            entries.append((number(parts[0]) or 0.0, parts[1]))
    return entries


def _child(value: object, key: str) -> dict[str, Any]:
    return mapping(mapping(value).get(key))
