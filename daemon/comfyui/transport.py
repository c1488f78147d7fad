"""HTTP to one host: capped answers, no proxies, every failure a sentence.

httpx is imported when a host is contacted: looking at photos never waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from daemon.comfyui.address import HostAddress
from daemon.comfyui.errors import connection_failed, not_comfyui, status_failed
from daemon.protocol.errors import ErrorKind, RabbitError

if TYPE_CHECKING:
    import httpx

MAX_JSON_BYTES = 64 * 1024 * 1024
_MAX_ERROR_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_SHORTEST_TIMEOUT_S = 5.0


class Transport:
    """One host's HTTP connection pool.

    Attributes:
        address: The host.
        last_used: Monotonic time of the last request.
    """

    def __init__(self, address: HostAddress) -> None:
        self.address = address
        self.last_used = time.monotonic()
        self._client: httpx.AsyncClient | None = None

    async def json(
        self,
        method: str,
        path: str,
        what: str,
        *,
        body: object = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> object:
        """Ask for a JSON answer.

        Args:
            method: HTTP method.
            path: Path of the API, with its leading slash.
            what: What is asked for, in words, for the sentence of a failure.
            body: Sent as JSON; None: no body.
            files: Parts of a multipart body: field to (name, content, type).
            form: Further fields of a multipart body.

        Raises:
            RabbitError: no answer, or one that is not a success; its context has ``status``.
        """
        async with self._answer(method, path, json_body=body, files=files, form=form) as answer:
            content = await self._read(answer, MAX_JSON_BYTES)
            if not answer.is_success:
                raise self._failed(answer, content, what)
        try:
            return json.loads(content) if content else None
        except (ValueError, RecursionError) as error:
            raise not_comfyui(self.address) from error

    async def refused_json(self, path: str, body: object) -> tuple[int, object]:
        """Post *body*; return (status, JSON) also where the status says no (400).

        Raises:
            RabbitError: no answer, or neither a success nor a 400 with JSON.
        """
        async with self._answer("POST", path, json_body=body) as answer:
            content = await self._read(answer, MAX_JSON_BYTES)
            if answer.status_code not in {200, 400}:
                raise self._failed(answer, content, "running this workflow")
        try:
            return answer.status_code, json.loads(content)
        except (ValueError, RecursionError) as error:
            raise not_comfyui(self.address) from error

    async def headers(self, path: str, params: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers, by small names, of what a GET would answer; empty: no success.

        Raises:
            RabbitError: no answer.
        """
        async with self._answer("HEAD", path, params=params) as answer:
            found = {name.lower(): value for name, value in answer.headers.items()}
            return found if answer.is_success else {}

    async def download(
        self, path: str, params: Mapping[str, str], target: Path, max_bytes: int, what: str
    ) -> int:
        """Stream a file into *target*, which appears only when it is complete.

        Returns:
            Its size in bytes.

        Raises:
            RabbitError: as :meth:`json`; ``result_invalid`` over *max_bytes* or cut short;
                ``disk_full`` or ``permission_denied`` where *target* cannot be written.
        """
        part = target.with_name(target.name + ".part")
        handle: BinaryIO | None = None
        try:
            async with self._answer("GET", path, params=params) as answer:
                if not answer.is_success:
                    raise self._failed(answer, await self._read(answer, _MAX_ERROR_BYTES), what)
                handle = await asyncio.to_thread(part.open, "wb")
                size = await self._copy(answer, handle, max_bytes)
            await asyncio.to_thread(handle.close)
            await asyncio.to_thread(part.replace, target)
        except OSError as error:
            raise RabbitError(
                ErrorKind.DISK_FULL if error.errno == 28 else ErrorKind.PERMISSION_DENIED,
                f"The picture from {self.address.netloc} cannot be written: {error.strerror}.",
                "Make room on the disk of RabbitViewer's data folder.",
            ) from error
        finally:
            if handle is not None:
                handle.close()
            part.unlink(missing_ok=True)
        return size

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @contextlib.asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        *,
        json_body: object = None,
        params: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[httpx.Response]:
        import httpx

        self.last_used = time.monotonic()
        client = self._opened()
        try:
            async with client.stream(
                method,
                self.address.http_url + path,
                json=json_body,
                params=params,
                files=files,
                data=form,
            ) as answer:
                yield answer
        except httpx.HTTPError as error:
            raise connection_failed(error, self.address) from error
        except httpx.InvalidURL as error:
            raise not_comfyui(self.address) from error

    def _opened(self) -> httpx.AsyncClient:
        import httpx

        if self._client is None:
            address = self.address
            timeout = httpx.Timeout(
                max(address.response_timeout_s, _SHORTEST_TIMEOUT_S),
                connect=max(address.connect_timeout_s, _SHORTEST_TIMEOUT_S),
            )
            self._client = httpx.AsyncClient(
                headers=address.headers,
                timeout=timeout,
                trust_env=False,
                follow_redirects=False,
                # Plain http needs no certificates, and loading the system's takes 20 ms.
                verify=address.tls_context() if address.https else False,
                limits=httpx.Limits(max_connections=8, keepalive_expiry=30.0),
            )
        return self._client

    async def _read(self, answer: httpx.Response, max_bytes: int) -> bytes:
        content = bytearray()
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > max_bytes:
                raise RabbitError(
                    ErrorKind.HOST_FAILED,
                    f"{self.address.netloc} sent an answer of more than {max_bytes >> 20} MB.",
                    "Check that ComfyUI listens at that address.",
                )
        return bytes(content)

    async def _copy(self, answer: httpx.Response, handle: BinaryIO, max_bytes: int) -> int:
        size = 0
        async for chunk in answer.aiter_bytes(_CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise RabbitError(
                    ErrorKind.RESULT_INVALID,
                    f"The picture from {self.address.netloc} is larger than {max_bytes >> 20} MB.",
                    "Check what the workflow's SaveImage node gets.",
                )
            await asyncio.to_thread(handle.write, chunk)
        return size

    def _failed(self, answer: httpx.Response, content: bytes, what: str) -> RabbitError:
        text = content[:2000].decode("utf-8", "replace")
        return status_failed(answer.status_code, text, self.address, what)
