"""The fault switches of :class:`tests.fakes.faulty_host.FaultyHost`, one class for each kind."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from daemon.decode.png_chunks import SIGNATURE, chunk
from tests.fakes.faulty_host import Call, CutSocket, Fault, Reply, json_reply

Pixels = np.ndarray
OTHER_JOB = "5f0e8a0e-9f4b-4a39-8a35-6c9a2d1f7b00"
HTML = Reply(200, b"<!DOCTYPE html><html><body>Router</body></html>", {"Content-Type": "text/html"})


class Answers(Fault):
    """Answers questions of one kind itself; *times*: only the first ones."""

    def __init__(self, kind: str, reply: Reply, *, method: str = "", times: int = 10**9) -> None:
        self._kind, self._reply, self._method, self._times = kind, reply, method, times

    async def before(self, call: Call) -> Reply | None:
        wanted = self._kind in ("*", call.kind) and self._method in ("", call.method)
        return self._reply if wanted and call.nth <= self._times else None


class NeverAnswers(Fault):
    """Takes questions of one kind and keeps silent."""

    def __init__(self, kind: str, method: str = "") -> None:
        self._kind, self._method = kind, method

    async def before(self, call: Call) -> Reply | None:
        if self._kind in ("*", call.kind) and self._method in ("", call.method):
            await asyncio.sleep(3600)
        return None


class Rewrites(Fault):
    """Changes the JSON of answers of one kind."""

    def __init__(self, kind: str, change: Callable[[Any], Any], method: str = "GET") -> None:
        self._kind, self._change, self._method = kind, change, method

    async def after(self, call: Call, reply: Reply) -> Reply:
        if call.kind != self._kind or call.method != self._method or not reply.body:
            return reply
        document = reply.json()
        changed = self._change(document) if document else document
        return Reply(reply.status, json.dumps(changed).encode(), reply.headers)


class Sends(Fault):
    """Sends something else where a run's picture is fetched."""

    def __init__(self, change: Callable[[bytes], bytes | Reply]) -> None:
        self._change = change

    async def after(self, call: Call, reply: Reply) -> Reply:
        if not call.wants_result or reply.status != 200:
            return reply
        changed = await asyncio.to_thread(self._change, reply.body)
        return changed if isinstance(changed, Reply) else reply.of(changed)


class SendsOnce(Sends):
    """The same, but only at the first try."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        if not call.wants_result or self.host.calls["GET", "spoilt"]:
            return reply
        self.host.calls["GET", "spoilt"] += 1
        return await super().after(call, reply)


class Restarts(Fault):
    """Begins anew as soon as it has taken a prompt, at the first *times* of them."""

    def __init__(self, times: int) -> None:
        self._times = times

    async def after(self, call: Call, reply: Reply) -> Reply:
        if call.kind == "/prompt" and call.method == "POST" and call.nth <= self._times:
            await self.host.restart()
        return reply


class NoSocket(Fault):
    """Lets no WebSocket in."""

    def opens_socket(self) -> bool:
        return False


class Messages(Fault):
    """Changes messages on the WebSocket; *change* gets each and returns what becomes of it."""

    def __init__(self, change: Callable[[str | bytes], list[str | bytes]]) -> None:
        self._change = change

    def told(self, message: str | bytes) -> list[str | bytes]:
        return self._change(message)


class Reorders(Fault):
    """Tells the messages of a run in pairs the wrong way round."""

    def __init__(self) -> None:
        self._kept: list[str | bytes] = []

    def told(self, message: str | bytes) -> list[str | bytes]:
        if kind_of(message) in ("status", "feature_flags"):
            return [message]
        if not self._kept:
            self._kept.append(message)
            return []
        return [message, self._kept.pop()]


def kind_of(message: str | bytes) -> str:
    """The type of a message; empty for a binary one."""
    return "" if isinstance(message, bytes) else json.loads(message)["type"]


def is_last(message: str | bytes) -> bool:
    """Whether it says that a run is over."""
    if isinstance(message, bytes):
        return False
    told = json.loads(message)
    ended = told["type"].startswith("execution_s") and told["type"] != "execution_start"
    return ended or (told["type"] == "executing" and told["data"]["node"] is None)


def cut_at_first_node(message: str | bytes) -> list[str | bytes]:
    if kind_of(message) == "executing":
        raise CutSocket
    return [message]


def junk_beside(message: str | bytes) -> list[str | bytes]:
    """Every message with nonsense before and after it."""
    huge = "9" * 400
    nonsense: list[str | bytes] = [
        "{",
        "[]",
        '{"type": 7, "data": []}',
        '{"type": "progress", "data": {"value": ' + huge + ', "max": NaN}}',
        '{"type": "executing", "data": {"node": ["x"], "prompt_id": 9}}',
        "[" * 50_000,
        b"",
        b"\0\0\0\1",
        struct.pack(">II", 4, 2**32 - 1) + b"x",
        struct.pack(">II", 1, 1) + b"no picture at all",
        struct.pack(">I", 99) + bytes(1000),
    ]
    return [*nonsense, message, *nonsense]


# ---------------------------------------------------------------- what the history may say


def first_images(history: dict[str, Any], images: list[Any]) -> dict[str, Any]:
    """The history with these pictures as what every node left."""
    for entry in history.values():
        entry["outputs"] = {node: {"images": images} for node in entry["outputs"]}
    return history


def named(**changes: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The history with another name for the result."""

    def change(history: dict[str, Any]) -> dict[str, Any]:
        for entry in history.values():
            for output in entry["outputs"].values():
                output["images"] = [{**image, **changes} for image in output.get("images", [])]
        return history

    return change


def out_of_memory(history: dict[str, Any]) -> dict[str, Any]:
    """What a host says whose card is full."""
    for prompt_id, entry in history.items():
        said = {
            "prompt_id": prompt_id,
            "node_id": "2",
            "node_type": "KSampler",
            "executed": ["1"],
            "exception_message": "Allocation on device 0 would exceed allowed memory. "
            "(out of memory)\nCurrently allocated: 11.20 GiB\n",
            "exception_type": "torch.OutOfMemoryError",
            "traceback": [],
            "current_inputs": {},
            "current_outputs": ["1"],
            "timestamp": 1,
        }
        entry["outputs"] = {}
        entry["status"] = {
            "status_str": "error",
            "completed": False,
            "messages": [["execution_error", said]],
        }
    return history


def wrong_types(history: dict[str, Any]) -> dict[str, Any]:
    """Lists for objects, objects for lists, numbers that no float holds."""
    for entry in history.values():
        entry["prompt"] = {"0": 10**400}
        entry["outputs"] = [[], None, 10**400, float("nan")]
        entry["status"] = ["success"]
    return history


def deep(history: dict[str, Any]) -> Reply:
    """The history inside 100,000 brackets."""
    text = b'{"%s": ' % next(iter(history)).encode() + b"[" * 100_000 + b"]" * 100_000 + b"}"
    return Reply(200, text, {"Content-Type": "application/json"})


class HeavyHistory(Fault):
    """Answers with megabytes of nothing in it; put in as bytes, which costs no time here."""

    def __init__(self, megabytes: int) -> None:
        self._more = b', "heavy": "' + b"x" * (megabytes << 20) + b'"}}'

    async def after(self, call: Call, reply: Reply) -> Reply:
        if call.kind != "/history" or not reply.json():
            return reply
        return reply.of(reply.body.rstrip().removesuffix(b"}}") + self._more)


class DeepHistory(Fault):
    """Answers with brackets in brackets."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        return deep(reply.json()) if call.kind == "/history" and reply.json() else reply


# ---------------------------------------------------------------- what pictures may be


def pixels_of(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def png_of(pixels: Pixels) -> bytes:
    return imagecodecs.png_encode(np.ascontiguousarray(pixels))


def shifted(data: bytes) -> bytes:
    """Three pixels to the right, one down."""
    padded = np.pad(pixels_of(data), ((1, 0), (3, 0), (0, 0)), "edge")
    return png_of(padded[:-1, :-3])


def zoomed(data: bytes) -> bytes:
    """Two per cent larger, cut to the size it had."""
    picture = Image.fromarray(pixels_of(data))
    width, height = picture.size
    box = width * 0.01, height * 0.01, width * 0.99, height * 0.99
    return png_of(np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC, box)))


def tinted(data: bytes) -> bytes:
    """With a cast that nobody asked for."""
    return png_of((pixels_of(data) * np.array([1.0, 0.92, 0.8])).astype(np.uint8))


def of_size(width: int, height: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        picture = Image.fromarray(pixels_of(data))
        return png_of(np.asarray(picture.resize((width, height))))

    return change


def flat(value: int) -> Callable[[bytes], bytes]:
    return lambda data: png_of(np.full_like(pixels_of(data), value))


def transparent(data: bytes) -> bytes:
    pixels = pixels_of(data)
    return png_of(np.concatenate([pixels, np.zeros_like(pixels[..., :1])], axis=2))


def saved_as(kind: str, mode: str = "RGB") -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(pixels_of(data)).convert(mode).save(buffer, kind)
        return buffer.getvalue()

    return change


def with_wrong_checksum(data: bytes) -> bytes:
    spoilt = bytearray(data)
    spoilt[len(data) // 2] ^= 0x55
    return bytes(spoilt)


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2]


def lost_on_the_way(data: bytes) -> Reply:
    return Reply(200, data, {"Content-Type": "image/png"}, cut_at=len(data) // 2)


def claims_gigapixels(_: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(64 << 20), 1)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_chunk(kind: bytes, content: Callable[[], bytes]) -> Callable[[bytes], bytes]:
    end = len(SIGNATURE) + 25
    return lambda data: data[:end] + chunk(kind, content()) + data[end:]


def other_graph() -> bytes:
    graph = {"3": {"inputs": {"filename_prefix": f"rabbitviewer/{OTHER_JOB}"}}}
    return b"prompt\0" + json.dumps(graph).encode()


def text_bomb() -> bytes:
    return b"prompt\0\0" + zlib.compress(bytes(100 << 20), 1)


def node_errors(answer: dict[str, Any]) -> dict[str, Any]:
    """A prompt taken in part: a node was left out."""
    complaint = {
        "type": "required_input_missing",
        "message": "Required input is missing",
        "details": "image",
        "extra_info": {"input_name": "image"},
    }
    left_out = {"errors": [complaint], "dependent_outputs": ["3"], "class_type": "ImageInvert"}
    return {**answer, "node_errors": {"2": left_out}}


SWITCHES: dict[str, Callable[[], Fault]] = {
    "nothing": Fault,
    # the socket
    "socket dropped mid-run": lambda: Messages(cut_at_first_node),
    "last messages dropped": lambda: Messages(lambda told: [] if is_last(told) else [told]),
    "socket mute": lambda: Messages(lambda told: []),
    "socket refused": NoSocket,
    "messages twice": lambda: Messages(lambda told: [told, told]),
    "messages reordered": Reorders,
    "junk on the socket": lambda: Messages(junk_beside),
    # the way
    "queue lost once": lambda: Restarts(1),
    "queue lost twice": lambda: Restarts(2),
    "401": lambda: Answers("*", Reply(401)),
    "401 for prompts": lambda: Answers("/prompt", Reply(401), method="POST"),
    "403": lambda: Answers("*", Reply(403)),
    "403 for prompts": lambda: Answers("/prompt", Reply(403), method="POST"),
    "413": lambda: Answers("/upload/image", Reply(413, b"too large")),
    "500": lambda: Answers("/prompt", Reply(500, b"500 Internal Server Error"), method="POST"),
    "502 for a moment": lambda: Answers("/history", Reply(502), times=3),
    "502": lambda: Answers("*", Reply(502)),
    "HTML page": lambda: Answers("*", HTML),
    "redirect": lambda: Answers("*", Reply(302, b"", {"Location": "http://127.0.0.1:9/login"})),
    "never answers": lambda: NeverAnswers("*"),
    "never answers a prompt": lambda: NeverAnswers("/prompt", "POST"),
    "node errors in a good answer": lambda: Rewrites("/prompt", node_errors, "POST"),
    # what it says of the run
    "out of memory": lambda: Rewrites("/history", out_of_memory),
    "history of wrong types": lambda: Rewrites("/history", wrong_types),
    "history of brackets": DeepHistory,
    "history of 60 MB": lambda: HeavyHistory(60),
    "100,000 results": lambda: Rewrites(
        "/history",
        lambda h: first_images(
            h, [{"filename": "x.png", "subfolder": "", "type": "output"}] * 100_000
        ),
    ),
    "no result": lambda: Rewrites("/history", lambda h: first_images(h, [])),
    "temp result": lambda: Rewrites("/history", named(type="temp")),
    "another job's file": lambda: Rewrites("/history", named(filename=f"{OTHER_JOB}_00001_.png")),
    "result outside": lambda: Rewrites("/history", named(subfolder="../../etc")),
    "absolute result": lambda: Rewrites("/history", named(filename="/etc/passwd")),
    "result of 5000 letters": lambda: Rewrites("/history", named(filename="a" * 5000)),
    "result with line ends": lambda: Rewrites("/history", named(filename="a\r\nX: y\0.png")),
    "junk for a queue": lambda: Answers("/queue", json_reply([{"queue_running": 7}, None])),
    "junk for nodes": lambda: Answers("/object_info", json_reply({"LoadImage": [1], "x": None})),
    # the result
    "result deleted": lambda: Sends(lambda data: Reply(404)),
    "HTML for a picture": lambda: Sends(lambda data: HTML),
    "GIF": lambda: Sends(saved_as("GIF")),
    "SVG": lambda: Sends(lambda data: b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "JSON for a picture": lambda: Sends(lambda data: b'{"error": "gone"}'),
    "OpenEXR": lambda: Sends(lambda data: b"\x76\x2f\x31\x01" + bytes(5000)),
    "CMYK": lambda: Sends(saved_as("JPEG", "CMYK")),
    "animation": lambda: Sends(with_chunk(b"acTL", lambda: struct.pack(">II", 5000, 0))),
    "malformed": lambda: Sends(with_wrong_checksum),
    "truncated": lambda: Sends(cut_short),
    "lost on the way once": lambda: SendsOnce(lost_on_the_way),
    "slow drip": lambda: Sends(lambda data: Reply(200, data, {}, pace_s=0.2)),
    "wrong size": lambda: Sends(of_size(400, 40)),
    "black": lambda: Sends(flat(0)),
    "gray all over": lambda: Sends(flat(119)),
    "transparent": lambda: Sends(transparent),
    "60000 x 60000": lambda: Sends(claims_gigapixels),
    "bomb in a text": lambda: Sends(with_chunk(b"zTXt", text_bomb)),
    "another job's picture": lambda: Sends(with_chunk(b"tEXt", other_graph)),
    "shifted": lambda: Sends(shifted),
    "zoomed": lambda: Sends(zoomed),
    "tinted": lambda: Sends(tinted),
    "half as large": lambda: Sends(of_size(120, 80)),
    "16 bit": lambda: Sends(
        lambda data: imagecodecs.png_encode(pixels_of(data).astype(np.uint16) * 257)
    ),
    "gray": lambda: Sends(saved_as("PNG", "L")),
    "JPEG": lambda: Sends(saved_as("JPEG")),
}
"""Every switch by its name."""
