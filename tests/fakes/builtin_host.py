"""A built-in host as a real process, and a plain client that notes every message."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import websocket
from PIL import Image

ROOT = Path(__file__).parents[2]


class HostProcess:
    """``python -m daemon.builtin_host --with-parent`` until ``close``."""

    def __init__(self, base: Path) -> None:
        command = [sys.executable, "-m", "daemon.builtin_host", "--with-parent", "--base", base]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.port = int(json.loads(self.process.stdout.readline())["port"])
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)
        self.base = base

    def close(self) -> int:
        """Close its stdin and wait for its end; returns the exit code."""
        self.http.close()
        self.process.stdin.close()
        code = self.process.wait(20)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def upload(self, name: str, content: bytes, **fields: str) -> httpx.Response:
        """POST /upload/image."""
        return self.http.post("/upload/image", files={"image": (name, content)}, data=fields)

    def submit(self, graph: dict[str, Any], **fields: Any) -> str:
        """Queue a graph; returns its id."""
        answer = self.http.post("/prompt", json={"prompt": graph, **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()["prompt_id"]

    def run(self, graph: dict[str, Any], **fields: Any) -> tuple[str, list[dict[str, Any]]]:
        """Run a graph as a connected client; returns its id and the messages of the run."""
        with Socket(self) as socket:
            prompt_id = self.submit(graph, client_id=socket.client_id, **fields)
            return prompt_id, socket.until_end(prompt_id)

    def history(self, prompt_id: str) -> dict[str, Any]:
        """The entry of an ended prompt."""
        return self.http.get(f"/history/{prompt_id}").json()[prompt_id]


class Socket:
    """One WebSocket client."""

    def __init__(
        self, host: HostProcess, client_id: str = "", flags: dict[str, Any] | None = None
    ) -> None:
        self.client_id = client_id or uuid.uuid4().hex
        url = f"ws://127.0.0.1:{host.port}/ws?clientId={self.client_id}"
        self.socket = websocket.create_connection(url, timeout=20, suppress_origin=True)
        self.greeting = self.receive()
        if flags is not None:
            self.send({"type": "feature_flags", "data": flags})

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, document: Any) -> None:
        """Send a JSON message."""
        self.socket.send(json.dumps(document))

    def receive(self) -> Any:
        """The next message: a document, or the bytes of a binary frame."""
        message = self.socket.recv()
        return message if isinstance(message, bytes) else json.loads(message)

    def until_end(self, prompt_id: str) -> list[Any]:
        """Messages up to ``executing {node: null}`` of a prompt."""
        messages: list[Any] = []
        while True:
            message = self.receive()
            messages.append(message)
            if isinstance(message, bytes) or message["type"] != "executing":
                continue
            if message["data"] == {"node": None, "prompt_id": prompt_id}:
                return messages


def png(height_px: int = 48, width_px: int = 64, seed: int = 1, mode: str = "RGB") -> bytes:
    """Bytes of a PNG with random pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height_px, width_px, len(mode)))
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    """A node of a graph."""
    return {"class_type": class_type, "inputs": inputs}
