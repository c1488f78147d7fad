"""Pictures that a host has already: named by their content, looked for before they are sent."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path

from daemon.comfyui.replies import UploadedImage
from daemon.comfyui.transport import Transport

MAX_REMEMBERED = 1000
_DIGEST_BYTES = 16
_Stamp = tuple[str, str]


class Uploads:
    """Sends each picture once to a host, as long as the host keeps it as it was sent."""

    def __init__(
        self, transport: Transport, upload: Callable[[Path, str], Awaitable[UploadedImage]]
    ) -> None:
        """Prepare.

        Args:
            transport: The host.
            upload: Sends a file under a name; returns where it is.
        """
        self._transport = transport
        self._upload = upload
        self._known: OrderedDict[str, tuple[UploadedImage, _Stamp]] = OrderedDict()

    async def place(self, path: Path) -> UploadedImage:
        """Have the picture *path* on the host; it is sent only where it is not there.

        The name holds the digest of the content, so a host that restarted finds it itself. What is
        remembered counts only while the host says that its file is the one that was sent.

        Raises:
            RabbitError: the host cannot be reached or refuses.
        """
        digest, size = await asyncio.to_thread(_digest, path)
        known = self._known.get(digest)
        if known is not None:
            uploaded, stamp = known
            if await self._stamp(uploaded) == stamp:
                self._known.move_to_end(digest)
                return uploaded
            del self._known[digest]
        uploaded = await self._upload(path, f"rabbitviewer-{digest}.png")
        stamp = await self._stamp(uploaded)
        if stamp is not None and stamp[1] == str(size):
            self._known[digest] = (uploaded, stamp)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return uploaded

    async def _stamp(self, image: UploadedImage) -> _Stamp | None:
        """Return what tells the host's present file from any other; None: it does not say."""
        params = {"filename": image.name, "subfolder": image.subfolder, "type": image.type}
        headers = await self._transport.headers("/view", params)
        tag, length = headers.get("etag", ""), headers.get("content-length", "")
        return (tag, length) if tag and length else None


def _digest(path: Path) -> tuple[str, int]:
    content = path.read_bytes()
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest(), len(content)
