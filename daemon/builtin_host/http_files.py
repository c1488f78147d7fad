"""Routes about files: /upload/image, /upload/mask, /view."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import json
import mimetypes
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, cast

from aiohttp import web
from aiohttp.web_request import FileField
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from daemon.builtin_host.folders import KINDS, HostFolders, split_annotation
from daemon.builtin_host.http_prompts import server_error
from daemon.builtin_host.values import Json

_DEFAULT_QUALITY = 90
_ACTIVE_TYPES = frozenset(
    {
        "application/ecmascript",
        "application/javascript",
        "application/x-javascript",
        "application/xhtml+xml",
        "image/svg+xml",
        "message/rfc822",
        "text/css",
        "text/html",
        "text/javascript",
    }
)

Write = Callable[[Path, bytes], None]


class FileRoutes:
    """Handlers around the three folders."""

    def __init__(self, folders: HostFolders) -> None:
        self._folders = folders

    def routes(self) -> list[tuple[str, str, Any]]:
        """(method, path, handler) of everything here."""
        return [
            ("POST", "/upload/image", self.upload_image),
            ("POST", "/upload/mask", self.upload_mask),
            ("GET", "/view", self.view),
        ]

    async def upload_image(self, request: web.Request) -> web.Response:
        """Store a file as it is; its content is not looked at."""
        return await self._upload(request, lambda form: _write_bytes)

    async def upload_mask(self, request: web.Request) -> web.Response:
        """Store an original with the alpha channel of the uploaded mask."""
        return await self._upload(request, self._mask_writer)

    async def view(self, request: web.Request) -> web.StreamResponse:
        """Serve a file, whole or in ranges, or re-encoded as a preview or as channels."""
        query = request.query
        if "filename" not in query:
            return web.Response(status=404)
        name, kind = split_annotation(query["filename"])
        kind = kind or query.get("type", "output")
        if not name or name.startswith("/") or ".." in name or kind not in KINDS:
            return web.Response(status=400)
        name = PurePosixPath(name).name
        path = self._folders.inside(kind, query.get("subfolder", ""), name)
        if path is None or "\0" in str(path):
            return web.Response(status=403)
        if not path.is_file():
            return web.Response(status=404)
        if "preview" in query:
            channel = query.get("channel", "")
            return await _reencoded(name, lambda: _preview(path, query["preview"], channel))
        if query.get("channel") in ("rgb", "a"):
            return await _reencoded(name, lambda: _channel(path, query["channel"]))
        return _plain_file(path, name)

    async def _upload(self, request: web.Request, writer: Callable[[Json], Write]) -> web.Response:
        form = cast("Json", await request.post())
        image = form.get("image")
        if not isinstance(image, FileField) or not image.filename:
            return web.Response(status=400)
        kind = str(form.get("type") or "input")
        if kind not in KINDS:
            raise server_error()
        subfolder = str(form.get("subfolder", ""))
        if self._folders.inside(kind, subfolder, image.filename) is None:
            return web.Response(status=400)
        overwrite = form.get("overwrite") in ("true", "1")
        write = writer(form)
        try:
            name = await asyncio.to_thread(
                self._store, (kind, subfolder, image.filename), image.file.read(), write, overwrite
            )
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise web.HTTPInsufficientStorage(text="The disk is full.") from error
            raise server_error() from error
        except ValueError as error:
            raise server_error() from error
        return web.json_response({"name": name, "subfolder": subfolder, "type": kind})

    def _store(
        self, place: tuple[str, str, str], data: bytes, write: Write, overwrite: bool
    ) -> str:
        """Write *data* under the wanted name or a numbered one; returns the name used."""
        kind, subfolder, wanted = place
        folder = self._folders.inside(kind, subfolder)
        if folder is None or any(ord(letter) < 32 for letter in wanted):
            raise ValueError("bad name")
        folder.mkdir(parents=True, exist_ok=True)
        suffix = PurePosixPath(wanted).suffix
        stem = wanted.removesuffix(suffix)
        name, number = wanted, 1
        while not overwrite and (folder / name).exists():
            if _same_content(folder / name, data):
                return name
            name = f"{stem} ({number}){suffix}"
            number += 1
        write(folder / name, data)
        return name

    def _mask_writer(self, form: Json) -> Write:
        try:
            reference: Any = json.loads(str(form["original_ref"]))
            filename = str(reference["filename"])
        except (LookupError, TypeError, ValueError) as error:
            raise server_error() from error
        name, kind = split_annotation(filename)
        kind = kind or str(reference.get("type", "output"))
        original = None
        if name and not name.startswith("/") and ".." not in name and kind in KINDS:
            original = self._folders.inside(kind, str(reference.get("subfolder", "")), name)

        def write(path: Path, data: bytes) -> None:
            if original is not None and original.is_file():
                _write_masked(original, path, data)

        return write


def _write_bytes(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part") if len(path.name) < 240 else path
    part.write_bytes(data)
    part.replace(path)


def _write_masked(original: Path, path: Path, mask: bytes) -> None:
    with PillowImage.open(original) as picture, PillowImage.open(io.BytesIO(mask)) as alpha:
        info = PngInfo()
        for key, value in getattr(picture, "text", {}).items():
            info.add_text(key, value)
        merged = picture.convert("RGBA")
        merged.putalpha(alpha.convert("RGBA").getchannel("A"))
        merged.save(path, "PNG", compress_level=4, pnginfo=info)


def _same_content(path: Path, data: bytes) -> bool:
    if path.stat().st_size != len(data):
        return False
    return hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(data).digest()


def _plain_file(path: Path, name: str) -> web.FileResponse:
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'filename="{quoted}"',
        "Content-Type": content_type,
    }
    if content_type in _ACTIVE_TYPES or content_type.endswith(("+xml", "/xml")):
        headers |= {
            "Content-Disposition": f'attachment; filename="{quoted}"',
            "Content-Type": "application/octet-stream",
            "Cache-Control": "no-store",
            "Vary": "Sec-Fetch-Dest",
        }
    return web.FileResponse(path, headers=headers)


async def _reencoded(name: str, encode: Callable[[], tuple[bytes, str]]) -> web.Response:
    try:
        body, content_type = await asyncio.to_thread(encode)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise server_error() from error
    headers = {"Content-Disposition": f'filename="{name}"'}
    return web.Response(body=body, content_type=content_type, headers=headers)


def _preview(path: Path, wanted: str, channel: str) -> tuple[bytes, str]:
    parts = wanted.split(";")
    kind = parts[0] if parts[0] in ("webp", "jpeg") and "a" not in channel else "webp"
    quality = int(parts[-1]) if parts[-1].isdigit() else _DEFAULT_QUALITY
    with PillowImage.open(path) as picture:
        opaque = kind == "jpeg" or channel == "rgb"
        shown = picture.convert("RGB") if opaque else picture
        buffer = io.BytesIO()
        shown.save(buffer, kind, quality=min(quality, 100))
    return buffer.getvalue(), f"image/{kind}"


def _channel(path: Path, channel: str) -> tuple[bytes, str]:
    with PillowImage.open(path) as picture:
        if channel == "rgb":
            shown = picture.convert("RGB")
        else:
            opaque = PillowImage.new("L", picture.size, 255)
            alpha = picture.getchannel("A") if picture.mode == "RGBA" else opaque
            shown = PillowImage.new("RGBA", picture.size)
            shown.putalpha(alpha)
        buffer = io.BytesIO()
        shown.save(buffer, "PNG")
    return buffer.getvalue(), "image/png"
