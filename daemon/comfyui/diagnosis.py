"""How a host is, step by step: what works on the way to it, what does not, and what to do.

Steps after a failed one are skipped; a WebSocket that does not open is only a warning, because
jobs run without it. All of it takes :data:`TOTAL_S` at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import re
import socket
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from daemon.comfyui import host_steps, probes
from daemon.comfyui.address import HostAddress
from daemon.comfyui.connection_errors import connection_failed
from daemon.comfyui.dial import (
    Answer,
    Deadline,
    NotHttpError,
    ProxyRefusedError,
    UpgradeRefusedError,
)
from daemon.comfyui.errors import not_comfyui, printable
from daemon.comfyui.host_steps import WorkflowCheck, failed, ok, skipped, warning
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.replies import HostStats, read_stats
from daemon.comfyui.secrets import Secrets
from daemon.comfyui.transport import Transport
from daemon.protocol.errors import RabbitError
from daemon.protocol.hosting import CheckStep

TOTAL_S = 15.0
STEPS = ("dns", "tcp", "tls", "auth", "api", "websocket", "version", "devices", "queue")
_STEP_S = 5.0
_ANSWER_S = 8.0
_SOON_S = 14 * 86400
_TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_NOT_IN = {301, 302, 303, 307, 308, 401, 403, 407}


async def diagnose(
    address: HostAddress,
    secrets: Secrets,
    workflows: Mapping[str, WorkflowCheck],
    *,
    total_s: float = TOTAL_S,
) -> tuple[CheckStep, ...]:
    """Return what was found, one step after the other.

    Args:
        address: The host.
        secrets: Where its secrets are read.
        workflows: What keeps the host from running each of these.
        total_s: What is not done by then counts as failed.
    """
    diagnosis = _Diagnosis(address, secrets, workflows)
    try:
        async with asyncio.timeout(total_s):
            await diagnosis.run()
    except TimeoutError:
        diagnosis.gave_up(total_s)
    finally:
        await diagnosis.close()
    return diagnosis.found()


class _FailedError(Exception):
    """A step failed; what comes after it is not asked."""


class _Diagnosis:
    """One check of one host."""

    def __init__(
        self, address: HostAddress, secrets: Secrets, workflows: Mapping[str, WorkflowCheck]
    ) -> None:
        self._secrets = secrets
        self._workflows = workflows
        self._address = address = msgspec.structs.replace(
            address, response_timeout_s=min(address.response_timeout_s, _ANSWER_S)
        )
        self._transport = Transport(address, secrets)
        self._step_s = min(address.connect_timeout_s, _STEP_S)
        self._steps: dict[str, CheckStep] = {}
        self._of_workflows: list[CheckStep] = []
        self._present = ""
        self._plain: socket.socket | None = None
        self._stats = HostStats("")
        self._raw: object = None

    async def run(self) -> None:
        """Go through all steps until one fails."""
        steps: tuple[tuple[str, Callable[[], Awaitable[CheckStep]]], ...] = (
            ("dns", self._dns),
            ("tcp", self._tcp),
            ("tls", self._tls),
            ("auth", self._auth),
            ("api", self._api),
            ("websocket", self._websocket),
            ("version", self._version),
            ("devices", self._devices),
            ("queue", self._queue),
        )
        for name, step in steps:
            self._present = name
            try:
                self._steps[name] = await step()
            except RabbitError as error:
                self._steps[name] = failed(name, error.info.message, error.info.hint)
            except _FailedError:
                return
            if self._steps[name].state == "failed":
                return
        self._present = "workflow"
        await self._check_workflows()

    def gave_up(self, total_s: float) -> None:
        """Note that time was over."""
        said = f"{self._address.netloc} was not done with this within {total_s:g} s."
        hint = "It is very busy, or the network to it is very slow; try again later."
        if self._present == "workflow":
            self._of_workflows.append(failed("workflow", said, hint))
        else:
            self._steps[self._present] = failed(self._present, said, hint)

    def found(self) -> tuple[CheckStep, ...]:
        """Return all steps in their order, those that were not reached as skipped."""
        steps = [
            self._steps.get(name) or skipped(name, "Not checked: a step before it failed.")
            for name in STEPS
        ]
        return (*steps, *self._of_workflows)

    async def close(self) -> None:
        """Close what is open."""
        if self._plain is not None:
            self._plain.close()
        await self._transport.close()

    async def _dns(self) -> CheckStep:
        address = self._address
        name, port = address.proxy_place if address.proxy else (address.host, address.port)
        what = f"the proxy {name}" if address.proxy else name
        if _is_number(name):
            return ok("dns", f"{what} is an address already.")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._step_s):
                found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            return failed(
                "dns",
                f"The network did not say within {self._step_s:g} s where {what} is.",
                "Check the network; or write the machine's IP address instead of its name.",
            )
        except (OSError, UnicodeError) as error:
            cause = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise connection_failed(cause, address) from error
        numbers = dict.fromkeys(str(entry[4][0]) for entry in found)
        return ok("dns", f"{what} is {', '.join(list(numbers)[:3])}.")

    async def _tcp(self) -> CheckStep:
        address = self._address
        login = await asyncio.to_thread(self._secrets.proxy_header, address)

        try:
            self._plain = await asyncio.to_thread(
                probes.reach, address, login, Deadline(self._step_s)
            )
        except (OSError, ProxyRefusedError, NotHttpError) as error:
            raise connection_failed(error, address) from error
        if not address.proxy:
            return ok("tcp", f"Port {address.port} is open.")
        through = f", which connects through to {address.netloc}" if address.https else ""
        return ok("tcp", f"There is a connection to the proxy {address.proxy_netloc}{through}.")

    async def _tls(self) -> CheckStep:
        address, plain = self._address, self._plain
        if not address.https or plain is None:
            return skipped("tls", "Not used: the address is http://.")

        try:
            version, until_s = await asyncio.to_thread(
                probes.shake_hands, plain, address, Deadline(self._step_s)
            )
        except OSError as error:
            raise connection_failed(error, address) from error
        date = time.strftime("%Y-%m-%d", time.gmtime(until_s))
        said = f"{version}; the certificate is good until {date}."
        if until_s - time.time() < _SOON_S:
            return warning("tls", said, "Have it renewed before then; jobs fail from that day on.")
        return ok("tls", said)

    async def _auth(self) -> CheckStep:
        address = self._address
        if self._plain is not None:
            self._plain.close()
        # By itself, so that a secret that is not there is told as what it is.
        await asyncio.to_thread(self._secrets.headers, address)
        try:
            answer = await self._transport.answer_of("/system_stats", "its status")
        except RabbitError as error:
            await self._blame(error)
            raise _FailedError from error
        if answer.status in _NOT_IN or (answer.status == 400 and "certificate" in answer.body):
            raise self._transport.failure(answer, "its status")
        if answer.status == 400 and not address.https and "https" in answer.body.lower():
            self._steps["tls"] = self._wants_tls()
            raise _FailedError
        self._steps["auth"] = ok(
            "auth", "The login is accepted." if address.has_login else "No login is asked for."
        )
        self._present = "api"
        self._read_stats(answer)
        return self._steps["auth"]

    async def _blame(self, error: RabbitError) -> None:
        """Say which step a request fails in that brings no answer at all."""
        address, info = self._address, error.info
        mute = info.context.get("error") == "ReadTimeout"
        if not address.https and not address.proxy and not mute:
            with contextlib.suppress(OSError):
                if await asyncio.to_thread(probes.speaks_tls, address, Deadline(self._step_s)):
                    self._steps["tls"] = self._wants_tls()
                    return
        if info.context.get("tls"):
            self._steps["tls"] = failed("tls", info.message, info.hint)
            return
        self._steps["auth"] = skipped("auth", "Not known: nothing answered.")
        self._steps["api"] = failed("api", info.message, info.hint)
        if mute:
            self._steps["api"] = failed(
                "api",
                f"{address.netloc} takes the connection and then says nothing for "
                f"{address.response_timeout_s:g} s.",
                "ComfyUI may be loading a model, or hang: look at it there. Or another program "
                "listens on that port.",
            )

    def _wants_tls(self) -> CheckStep:
        return failed(
            "tls",
            f"{self._address.netloc} speaks TLS (https), and is asked in plain http.",
            "Set https: true for this host in config.yaml.",
        )

    def _read_stats(self, answer: Answer) -> None:
        """Note what the status says; otherwise say what answers instead of ComfyUI."""
        address = self._address
        try:
            stats = read_stats(json.loads(answer.body)) if answer.status == 200 else None
        except (ValueError, RecursionError):
            stats = None
        if stats is not None:
            self._stats = stats
            return
        title = _TITLE.search(answer.body)
        if answer.status != 200 and answer.status != 404:
            error = self._transport.failure(answer, "its status").info
            self._steps["api"] = failed("api", error.message, error.hint)
        elif title is not None or "<html" in answer.body.lower():
            name = f" ('{printable(title[1].strip())[:60]}')" if title else ""
            self._steps["api"] = failed(
                "api",
                f"{address.netloc} answers with a web page{name}, not as ComfyUI does.",
                "Another program listens there (a router, a NAS, a login page). Check host, port "
                "and prefix; ComfyUI's own port is 8188.",
            )
        else:
            error = not_comfyui(address).info
            self._steps["api"] = failed("api", error.message, error.hint)

    async def _api(self) -> CheckStep:
        return self._steps.get("api") or ok("api", "ComfyUI answers.")

    async def _websocket(self) -> CheckStep:
        address = self._address
        headers = await asyncio.to_thread(self._secrets.headers, address)
        login = await asyncio.to_thread(self._secrets.proxy_header, address)

        try:
            heard = await asyncio.to_thread(
                probes.hears_socket, address, headers, login, Deadline(self._step_s)
            )
        except UpgradeRefusedError as error:
            return host_steps.no_websocket(error.answer.status, address)
        except (OSError, ProxyRefusedError, NotHttpError, RabbitError) as error:
            info = (
                error if isinstance(error, RabbitError) else connection_failed(error, address)
            ).info
            return warning("websocket", info.message, f"{info.hint} {host_steps.WITHOUT_SOCKET}")
        return ok("websocket", "Live progress comes through.") if heard else host_steps.mute()

    async def _version(self) -> CheckStep:
        return host_steps.version(self._stats, self._address)

    async def _devices(self) -> CheckStep:
        return host_steps.devices(self._stats, self._address)

    async def _queue(self) -> CheckStep:
        return host_steps.queue(await self._transport.json("GET", "/queue", "its queue"))

    async def _check_workflows(self) -> None:
        if not self._workflows:
            return
        try:
            reply = await self._transport.json("GET", "/object_info", "its list of nodes")
            if not isinstance(reply, dict) or not reply:
                raise not_comfyui(self._address)
        except RabbitError as error:
            self._of_workflows = [failed("workflow", error.info.message, error.info.hint)]
            return
        info = ObjectInfo(reply)
        for name, check in self._workflows.items():
            step = await asyncio.to_thread(check, info, self._stats.version)
            self._of_workflows.append(host_steps.named(step, name))


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
