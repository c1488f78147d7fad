"""What went wrong on the way to a host, in words: one sentence for each way to fail.

httpx is imported when a host is contacted: looking at photos never waits for it.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from daemon.comfyui.address import HostAddress
from daemon.protocol.errors import ErrorKind, RabbitError

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
_BODY_SHOWN = 300


def connection_failed(error: Exception, address: HostAddress) -> RabbitError:
    """Return the failure for an exception of the HTTP or WebSocket client."""
    where = address.netloc
    causes = list(_causes(error))
    context = {"error": type(error).__name__, "url": address.http_url}
    kind, message, hint = _sentence(causes, where, address)
    return RabbitError(kind, message, hint, context)


def _sentence(
    causes: list[BaseException], where: str, address: HostAddress
) -> tuple[ErrorKind, str, str]:
    import httpx

    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return (
            ErrorKind.HOST_UNREACHABLE,
            f"The name '{address.host}' is not known in the network.",
            "Check comfyui.host in config.yaml, or write the machine's IP address there.",
        )
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return (
            ErrorKind.HOST_REFUSED,
            f"The certificate of {where} is not trusted.",
            "Name the authority's certificate in ca_file of this host in config.yaml.",
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return (
            ErrorKind.HOST_REFUSED,
            f"No secure connection to {where}: it does not answer with TLS.",
            "Set https: false for this host in config.yaml if it has no certificate.",
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return _refused(where, address)
    if any(isinstance(cause, httpx.ReadTimeout | httpx.WriteTimeout) for cause in causes):
        return (
            ErrorKind.TIMED_OUT,
            f"ComfyUI at {where} did not answer within {address.response_timeout_s:g} s.",
            "It may be busy loading a model; try again, or raise comfyui.response_timeout_s.",
        )
    if any(isinstance(cause, httpx.TimeoutException | TimeoutError) for cause in causes):
        return (
            ErrorKind.HOST_UNREACHABLE,
            f"{where} did not answer within {address.connect_timeout_s:g} s.",
            "Is the machine on, and does its firewall let the port through?",
        )
    if any(isinstance(cause, OSError) and cause.errno in _UNREACHABLE for cause in causes):
        return (
            ErrorKind.HOST_UNREACHABLE,
            f"There is no way to {where} in the network.",
            "Check the cable, the wireless network and comfyui.host in config.yaml.",
        )
    return (
        ErrorKind.HOST_UNREACHABLE,
        f"The connection to ComfyUI at {where} was lost.",
        "Check that ComfyUI is still running there.",
    )


def _refused(where: str, address: HostAddress) -> tuple[ErrorKind, str, str]:
    if address.builtin:
        return (
            ErrorKind.HOST_UNREACHABLE,
            "The built-in host ended unexpectedly.",
            "Try again: it starts when it is needed.",
        )
    return (
        ErrorKind.HOST_UNREACHABLE,
        f"ComfyUI at {where} refused the connection.",
        f"Start ComfyUI on {address.host} with `--listen 0.0.0.0 --port {address.port}`, "
        "and check comfyui.host and comfyui.port in config.yaml.",
    )


def status_failed(status: int, body: str, address: HostAddress, what: str) -> RabbitError:
    """Return the failure for an HTTP status that is not a success.

    Args:
        status: HTTP status code.
        body: Beginning of the answer.
        address: The host.
        what: What was asked for, in words, for the sentence.
    """
    where = address.netloc
    context = {"status": str(status), "answer": body[:_BODY_SHOWN], "url": address.http_url}
    if status == 401:
        return RabbitError(
            ErrorKind.HOST_REFUSED,
            f"{where} asks for a login that it was not given.",
            "Set its headers in config.yaml, for example Authorization.",
            context,
        )
    if status in {403, 407}:
        return RabbitError(
            ErrorKind.HOST_REFUSED,
            f"{where} does not allow {what}.",
            "Check the headers of this host in config.yaml and the rights of the account there.",
            context,
        )
    if status == 413:
        return RabbitError(
            ErrorKind.HOST_REFUSED,
            f"{where} found the picture too large.",
            "Raise --max-upload-size of ComfyUI, or grade with a smaller --long-edge.",
            context,
        )
    if status in {502, 503, 504}:
        return RabbitError(
            ErrorKind.HOST_UNREACHABLE,
            f"The server at {where} says that ComfyUI behind it is not available ({status}).",
            "Check that ComfyUI runs behind that address.",
            context,
        )
    if status == 507:
        return disk_full("The built-in host" if address.builtin else f"ComfyUI at {where}", context)
    if status >= 500 and address.builtin:
        return RabbitError(
            ErrorKind.HOST_FAILED,
            f"The built-in host had an error of its own during {what}.",
            "Its log builtin_host.log, beside the daemon's, has the details.",
            context,
        )
    if status >= 500:
        return RabbitError(
            ErrorKind.HOST_FAILED,
            f"ComfyUI at {where} had an error of its own ({status}) during {what}.",
            "Look into ComfyUI's own log.",
            context,
        )
    return not_comfyui(address, context)


def disk_full(host: str, context: dict[str, str]) -> RabbitError:
    """Return the failure of a host that has no room for its pictures."""
    return RabbitError(
        ErrorKind.DISK_FULL, f"{host} found its disk full.", "Free some space there.", context
    )


def not_comfyui(address: HostAddress, context: dict[str, str] | None = None) -> RabbitError:
    """Return the failure for a server that answers, but not as ComfyUI does."""
    return RabbitError(
        ErrorKind.HOST_REFUSED,
        f"{address.netloc} answers, but it is not ComfyUI.",
        "Check host, port and prefix; another program may listen there.",
        context or {"url": address.http_url},
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
