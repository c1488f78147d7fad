"""Why there is no connection to a host, or none any more: one sentence for each cause.

httpx is imported when a host is contacted: looking at photos never waits for it.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from daemon.comfyui.address import HostAddress
from daemon.comfyui.dial import NotHttpError, ProxyRefusedError
from daemon.comfyui.errors import proxy_refused
from daemon.comfyui.tls_errors import tls_sentence
from daemon.protocol.errors import ErrorKind, RabbitError

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}


def connection_failed(error: Exception, address: HostAddress) -> RabbitError:
    """Return the failure for an exception of the HTTP or WebSocket client."""
    where = address.netloc
    causes = list(_causes(error))
    status = next(filter(None, map(_proxy_status, causes)), 0)
    if status:
        return proxy_refused(status, address)
    context = {"error": type(error).__name__, "url": address.http_url}
    if any(_is_tls(cause) for cause in causes):
        context["tls"] = "failed"
    kind, message, hint = _sentence(causes, where, address)
    return RabbitError(kind, message, hint, context)


def _sentence(
    causes: list[BaseException], where: str, address: HostAddress
) -> tuple[ErrorKind, str, str]:
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return _unknown_name(address)
        if isinstance(cause, ssl.SSLError) and _is_tls(cause):
            return (ErrorKind.HOST_REFUSED, *tls_sentence(cause, address))
        if isinstance(cause, ConnectionRefusedError):
            return _refused(where, address)
    timed_out = _timed_out(causes, where, address)
    if timed_out is not None:
        return timed_out
    if any(isinstance(cause, OSError) and cause.errno in _UNREACHABLE for cause in causes):
        return (
            ErrorKind.HOST_UNREACHABLE,
            f"There is no way to {address.proxy_netloc or where} in the network.",
            "Check the cable, the wireless network and this host's address in config.yaml.",
        )
    if any(_is_no_http(cause) for cause in causes):
        return (
            ErrorKind.HOST_REFUSED,
            f"{where} answers, but not as a web server does.",
            "Check its address and port; if it has a certificate, switch https on.",
        )
    return (
        ErrorKind.HOST_UNREACHABLE,
        f"The connection to ComfyUI at {where} was lost.",
        "Check that ComfyUI is still running there.",
    )


def _is_tls(cause: BaseException) -> bool:
    """Whether TLS failed; that it waits for the other side is no failure of its."""
    waits = ssl.SSLWantReadError | ssl.SSLWantWriteError
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, waits)


def _timed_out(
    causes: list[BaseException], where: str, address: HostAddress
) -> tuple[ErrorKind, str, str] | None:
    import httpx

    if any(isinstance(cause, httpx.ReadTimeout | httpx.WriteTimeout) for cause in causes):
        return (
            ErrorKind.TIMED_OUT,
            f"ComfyUI at {where} did not answer within {address.response_timeout_s:g} s.",
            "It may be busy loading a model; try again, or raise comfyui.response_timeout_s.",
        )
    if any(isinstance(cause, httpx.TimeoutException | TimeoutError) for cause in causes):
        return (
            ErrorKind.HOST_UNREACHABLE,
            f"{address.proxy_netloc or where} did not answer within "
            f"{address.connect_timeout_s:g} s.",
            "Is the machine on, and does its firewall let the port through?",
        )
    return None


def _is_no_http(cause: BaseException) -> bool:
    import httpx

    if isinstance(cause, httpx.RemoteProtocolError):
        # Its other words are about answers that broke off.
        return "status line" in str(cause) or "header line" in str(cause)
    return isinstance(cause, NotHttpError)


def _unknown_name(address: HostAddress) -> tuple[ErrorKind, str, str]:
    if address.proxy:
        return (
            ErrorKind.HOST_UNREACHABLE,
            f"The name of the proxy, {address.proxy_place[0]}, is not known in the network.",
            "Check proxy in config.yaml, or leave it empty to go without one.",
        )
    return (
        ErrorKind.HOST_UNREACHABLE,
        f"The name '{address.host}' is not known in the network.",
        "Check the address of this host, or use the machine's IP address.",
    )


def _refused(where: str, address: HostAddress) -> tuple[ErrorKind, str, str]:
    if address.builtin:
        return (
            ErrorKind.HOST_UNREACHABLE,
            "The built-in host ended unexpectedly.",
            "Try again: it starts when it is needed.",
        )
    if address.proxy:
        return (
            ErrorKind.HOST_UNREACHABLE,
            f"The proxy {address.proxy_netloc} refused the connection.",
            "Check proxy in config.yaml, or leave it empty to go without one.",
        )
    return (
        ErrorKind.HOST_UNREACHABLE,
        f"ComfyUI at {where} refused the connection.",
        f"Start ComfyUI on {address.host} with `--listen 0.0.0.0 --port {address.port}`, "
        "and check the address and the port of this host.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and everything that led to it, groups included."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        waiting.extend((one.__cause__, one.__context__))


def _proxy_status(cause: BaseException) -> int:
    """Return what a proxy answered instead of connecting us through, 0 for anything else."""
    import httpx

    if isinstance(cause, ProxyRefusedError):
        return cause.answer.status
    if isinstance(cause, httpx.ProxyError):
        number = str(cause).partition(" ")[0]
        return int(number) if number.isdigit() else 500
    return 0
