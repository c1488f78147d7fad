"""HTTP to one host: capped in size and time, a proxy only where one is set, failures in words.

httpx is imported when a host is contacted: looking at photos never waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from daemon.comfyui.address import HostAddress
from daemon.comfyui.connection_errors import connection_failed
from daemon.comfyui.dial import Answer
from daemon.comfyui.errors import (
    not_comfyui,
    redirected,
    status_failed,
    taking_too_long,
)
from daemon.comfyui.large_json import read_json
from daemon.comfyui.secrets import Secrets
from daemon.protocol.errors import ErrorKind, RabbitError

if TYPE_CHECKING:
    import httpx

MAX_JSON_BYTES = 64 * 1024 * 1024
TOO_LARGE = "AnswerTooLarge"
_MAX_ERROR_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_NOT_LET_IN = {401, 403, 407}


class Transport:
    """One host's HTTP connection pool.

    Attributes:
        address: The host.
        last_used: Monotonic time of the last request.
        open_requests: How many wait for an answer, or read it.
    """

    def __init__(self, address: HostAddress, secrets: Secrets | None = None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            address: The host.
            secrets: Where its secrets are read.
        """
        self.address = address
        self.last_used = time.monotonic()
        self.open_requests = 0
        self._secrets = secrets or Secrets()
        self._client: httpx.AsyncClient | None = None
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._opening = asyncio.Lock()

    async def json(
        self,
        method: str,
        path: str,
        what: str,
        *,
        body: object = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
        read: Callable[[bytes], object] = read_json,
        max_bytes: int = MAX_JSON_BYTES,
    ) -> object:
        """Ask for a JSON answer.

        Args:
            method: HTTP method.
            path: Path of the API, with its leading slash.
            what: What is asked for, in words, for the sentence of a failure.
            body: Sent as JSON; None: no body.
            files: Parts of a multipart body: field to (name, content, type).
            form: Further fields of a multipart body.
            read: Reads the answer; what may be large has a reader of its own.
            max_bytes: A larger answer is refused.

        Raises:
            RabbitError: no answer, or one that is not a success; its context has ``status``.
        """
        limit_s = self._limit_s(carries_picture=files is not None)
        async with self._answer(
            method, path, what, limit_s, json_body=body, files=files, form=form
        ) as answer:
            content = await self._read(answer, max_bytes)
            if not answer.is_success:
                raise self._failed(answer, content, what)
        try:
            return read(content)
        except ValueError as error:
            raise not_comfyui(self.address) from error

    async def answer_of(self, path: str, what: str) -> Answer:
        """Return what a GET gives, whatever it is; secrets in it are hidden.

        Raises:
            RabbitError: no answer.
        """
        async with self._answer("GET", path, what, self._limit_s()) as answer:
            content = await self._read(answer, _MAX_ERROR_BYTES)
            headers = {name.lower(): value for name, value in answer.headers.items()}
        body = self._secrets.redact(content.decode("utf-8", "replace"))
        return Answer(answer.status_code, headers, body)

    async def refused_json(self, path: str, body: object) -> tuple[int, object]:
        """Post *body*; return (status, JSON) also where the status says no (400).

        Raises:
            RabbitError: no answer, or neither a success nor a 400 with JSON.
        """
        what = "running this workflow"
        async with self._answer("POST", path, what, self._limit_s(), json_body=body) as answer:
            content = await self._read(answer, MAX_JSON_BYTES)
            if answer.status_code not in {200, 400}:
                raise self._failed(answer, content, what)
        try:
            return answer.status_code, read_json(content)
        except ValueError as error:
            raise not_comfyui(self.address) from error

    async def headers(self, path: str, params: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers, by small names, of what a GET would answer; empty: no success.

        Raises:
            RabbitError: no answer.
        """
        what = "looking for a picture"
        async with self._answer("HEAD", path, what, self._limit_s(), params=params) as answer:
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
            limit_s = self._limit_s(carries_picture=True)
            async with self._answer("GET", path, what, limit_s, params=params) as answer:
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

    def _limit_s(self, *, carries_picture: bool = False) -> float:
        address = self.address
        return address.transfer_timeout_s if carries_picture else address.question_timeout_s

    @contextlib.asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        what: str,
        limit_s: float,
        *,
        json_body: object = None,
        params: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[httpx.Response]:
        """Give the answer; asking and reading it together take *limit_s* at most."""
        import httpx

        self.last_used = time.monotonic()
        limit = asyncio.timeout(limit_s)
        self.open_requests += 1
        try:
            client, headers = await self._opened()
            async with (
                limit,
                client.stream(
                    method,
                    self.address.http_url + path,
                    headers=headers,
                    json=json_body,
                    params=params,
                    files=files,
                    data=form,
                ) as answer,
            ):
                if answer.status_code in _NOT_LET_IN:
                    self._read_secrets_anew()
                yield answer
        except httpx.HTTPError as error:
            raise connection_failed(error, self.address) from error
        except httpx.InvalidURL as error:
            raise not_comfyui(self.address) from error
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise taking_too_long(self.address, what, limit_s) from error
        finally:
            self.open_requests -= 1

    async def _opened(self) -> tuple[httpx.AsyncClient, list[tuple[bytes, bytes]]]:
        """Return the client and what goes with every request; reads files and secrets at first."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            if self._headers is None:
                found = await asyncio.to_thread(self._secrets.headers, self.address)
                self._headers = [
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in found.items()
                ]
            return self._client, self._headers

    def _open(self) -> httpx.AsyncClient:
        import httpx

        address = self.address
        proxy = None
        if address.proxy:
            host, port = address.proxy_place
            at = f"[{host}]" if ":" in host else host
            proxy = httpx.Proxy(f"http://{at}:{port}", auth=self._secrets.proxy_login(address))
        return httpx.AsyncClient(
            timeout=httpx.Timeout(address.response_timeout_s, connect=address.connect_timeout_s),
            trust_env=False,
            follow_redirects=False,
            proxy=proxy,
            # Plain http needs no certificates, and loading the system's takes 20 ms.
            verify=address.tls_context() if address.https else False,
            limits=httpx.Limits(max_connections=8, keepalive_expiry=30.0),
        )

    def _read_secrets_anew(self) -> None:
        """See to it that the next request asks for the secrets again: these were refused."""
        self._secrets.forget()
        self._headers = None

    async def _read(self, answer: httpx.Response, max_bytes: int) -> bytes:
        content = bytearray()
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > max_bytes:
                raise RabbitError(
                    ErrorKind.HOST_FAILED,
                    f"{self.address.netloc} sent an answer of more than {max_bytes >> 20} MB.",
                    "Check that ComfyUI listens at that address.",
                    {"error": TOO_LARGE},
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
        text = self._secrets.redact(content.decode("utf-8", "replace"))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return self.failure(Answer(answer.status_code, headers, text), what)

    def failure(self, answer: Answer, what: str) -> RabbitError:
        """Return the failure for an answer that is no success."""
        location = answer.headers.get("location", "")
        if answer.status // 100 == 3 and location:
            return redirected(answer.status, self._secrets.redact(location), self.address)
        return status_failed(answer.status, answer.body[:2000], self.address, what)
