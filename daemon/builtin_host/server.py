"""Composition of the host: folders, queue, worker thread, sockets and routes."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
from pathlib import Path
from typing import Any

from aiohttp import web

from daemon.builtin_host.executor import Executor
from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.guard import origin_guard
from daemon.builtin_host.http_files import FileRoutes
from daemon.builtin_host.http_prompts import PromptRoutes
from daemon.builtin_host.nodes.catalogue import build_catalogue, describe
from daemon.builtin_host.prompt_queue import PromptQueue
from daemon.builtin_host.sockets import FEATURES, SocketHub
from daemon.builtin_host.values import Json

COMPATIBLE_VERSION = "0.33.0"
"""The ComfyUI whose protocol and node results the host reproduces."""

LOOPBACK = "127.0.0.1"
_WELCOME = (
    "RabbitViewer's built-in host: ComfyUI's HTTP and WebSocket interface, classical image "
    "processing, no AI.\n"
)


class BuiltinHost:
    """A running host on the loopback interface."""

    def __init__(self, base: Path, *, keep_s: float = math.inf) -> None:
        """Prepare the folders below *base*; nothing runs yet.

        Args:
            base: Holds input, output and temp; made when missing.
            keep_s: Inputs and results older than this are deleted now.
        """
        self._folders = HostFolders(base)
        self._folders.wipe_temp()
        self._folders.forget_older_than(keep_s)
        self._catalogue = build_catalogue()
        self._runner: web.AppRunner | None = None
        self._queue: PromptQueue | None = None
        self._worker: threading.Thread | None = None

    async def start(self, port: int = 0) -> int:
        """Serve, and start the worker thread.

        Args:
            port: TCP port; 0 lets the system choose.

        Returns:
            The port.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        queue = PromptQueue(on_change=lambda: hub.send_status())
        prompts = PromptRoutes(queue, self._catalogue, self._folders)
        hub = SocketHub(loop, prompts.queue_info, lambda: executor.current_node)
        executor = Executor(self._catalogue, self._folders, hub)
        app = web.Application(
            middlewares=[origin_guard], client_max_size=int(FEATURES["max_upload_size"])
        )
        routes = [*prompts.routes(), *FileRoutes(self._folders).routes(), *self._info_routes()]
        for method, path, handler in [*routes, ("GET", "/ws", hub.serve)]:
            for place in (path, f"/api{path}"):
                app.router.add_route(method, place, handler)
                if method == "GET":
                    app.router.add_route("HEAD", place, handler)
        for method, path, handler in prompts.job_routes():
            app.router.add_route(method, path, handler)
        app.router.add_route("GET", "/", _welcome)
        app.router.add_route("*", "/{unknown:.*}", _unknown)
        app.on_shutdown.append(lambda _: hub.close())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, port)
        await site.start()
        self._queue = queue
        self._worker = threading.Thread(
            target=_work, args=(queue, executor, hub), name="prompt-worker", daemon=True
        )
        self._worker.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Interrupt what runs, close every connection, end the worker."""
        if self._queue is not None:
            self._queue.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._worker is not None:
            await asyncio.to_thread(self._worker.join, 5.0)

    def _info_routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("GET", "/object_info", self._object_info),
            ("GET", "/object_info/{node_class}", self._object_info_of),
            ("GET", "/system_stats", _system_stats),
            ("GET", "/features", _features),
            ("GET", "/embeddings", _empty_list),
            ("GET", "/models", _empty_list),
        ]

    async def _object_info(self, request: web.Request) -> web.Response:
        del request
        nodes = {name: describe(node, self._folders) for name, node in self._catalogue.items()}
        return web.json_response(nodes)

    async def _object_info_of(self, request: web.Request) -> web.Response:
        node = self._catalogue.get(request.match_info["node_class"])
        return web.json_response({} if node is None else {node.name: describe(node, self._folders)})


def _work(queue: PromptQueue, executor: Executor, hub: SocketHub) -> None:
    """Body of the worker thread: run prompts until the queue is closed."""
    while not queue.closed:
        item = queue.take()
        if queue.forget_wanted():
            executor.forget()
        if item is None:
            continue
        outcome = executor.run(item)
        queue.finish(item, outcome)
        if item.client_id is not None:
            data = {"node": None, "prompt_id": item.prompt_id}
            hub.send("executing", data, item.client_id)


async def _welcome(request: web.Request) -> web.Response:
    del request
    return web.Response(text=_WELCOME)


async def _unknown(request: web.Request) -> web.Response:
    del request
    return web.Response(status=404, content_type="application/octet-stream")


async def _features(request: web.Request) -> web.Response:
    del request
    return web.json_response(FEATURES)


async def _empty_list(request: web.Request) -> web.Response:
    del request
    return web.json_response([])


async def _system_stats(request: web.Request) -> web.Response:
    del request
    total, free = _memory_bytes()
    device: Json = {
        "name": "cpu",
        "type": "cpu",
        "index": None,
        "vram_total": total,
        "vram_free": free,
        "torch_vram_total": total,
        "torch_vram_free": free,
    }
    system: Json = {
        "os": sys.platform,
        "ram_total": total,
        "ram_free": free,
        "comfyui_version": COMPATIBLE_VERSION,
        "python_version": sys.version,
        "pytorch_version": None,
        "embedded_python": False,
        "argv": [],
        "rabbitviewer_builtin": True,
    }
    return web.json_response({"system": system, "devices": [device]})


def _memory_bytes() -> tuple[int, int]:
    """Total and available memory; zeros where the system does not tell."""
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        return page * os.sysconf("SC_PHYS_PAGES"), page * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0, 0
