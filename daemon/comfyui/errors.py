"""What went wrong on the way to a host, in words: one sentence for each way to fail.

httpx is imported when a host is contacted: looking at photos never waits for it.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from daemon.comfyui.address import HostAddress
from daemon.comfyui.dial import NotHttpError, ProxyRefusedError
from daemon.comfyui.tls_errors import tls_sentence
from daemon.protocol.errors import ErrorKind, RabbitError

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
_BODY_SHOWN = 300
_URL_SHOWN = 200


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
            "Check host and port in config.yaml; if it has a certificate, set https: true.",
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
        "Check host in config.yaml, or write the machine's IP address there.",
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
        "and check host and port in config.yaml.",
    )


def taking_too_long(address: HostAddress, what: str, limit_s: float) -> RabbitError:
    """Return the failure for an answer that comes so slowly that it is given up."""
    setting = "transfer" if limit_s >= address.transfer_timeout_s else "response"
    return RabbitError(
        ErrorKind.TIMED_OUT,
        f"{address.netloc} was not done with {what} within {limit_s:g} s.",
        f"Check the network to it; on a slow line raise comfyui.{setting}_timeout_s.",
        {"error": "TotalTimeout", "url": address.http_url},
    )


def proxy_refused(status: int, address: HostAddress) -> RabbitError:
    """Return the failure for a proxy that does not connect us through to the host."""
    proxy, where = address.proxy_netloc, address.netloc
    context = {"status": str(status), "proxy": proxy, "url": address.http_url}
    if status == 407:
        return RabbitError(
            ErrorKind.HOST_REFUSED,
            f"The proxy {proxy} asks for a login.",
            "Write it into proxy in config.yaml: http://user:password@name:port; the password "
            "may be env:NAME or keyring:NAME.",
            context,
        )
    if status in {502, 503, 504}:
        return RabbitError(
            ErrorKind.HOST_UNREACHABLE,
            f"The proxy {proxy} does not reach {where} ({status}).",
            "Check that ComfyUI runs there; or set proxy: direct for this host in config.yaml to "
            "go without the proxy.",
            context,
        )
    return RabbitError(
        ErrorKind.HOST_REFUSED,
        f"The proxy {proxy} does not connect through to {where} ({status}).",
        f"Ask whoever runs it to allow CONNECT to port {address.port}, or set proxy: direct for "
        "this host in config.yaml.",
        context,
    )


def redirected(status: int, location: str, address: HostAddress) -> RabbitError:
    """Return the failure for a server that sends us elsewhere: nobody follows with our headers.

    Args:
        status: HTTP status code.
        location: Where to; what may be secret in it is left out.
        address: The host.
    """
    try:
        parts = urlsplit(urljoin(address.http_url + "/", location))
        target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:_URL_SHOWN]
        to_tls = parts.scheme == "https" and not address.https
        to_other = (parts.hostname or "").lower() != address.host.lower()
    except ValueError:
        target, to_tls, to_other = "an address that is none", False, False
    if to_tls and not to_other:
        hint = "Set https: true, and port 443 unless it says another, for this host in config.yaml."
    elif to_other:
        hint = (
            "If that is where ComfyUI is, write that address into host, port and prefix; if it is "
            "a login page, set token, or user and password."
        )
    else:
        hint = (
            "It may want a login in a browser: set token, user and password or headers of this "
            "host in config.yaml; or check prefix."
        )
    return RabbitError(
        ErrorKind.HOST_REFUSED,
        f"{address.netloc} sends RabbitViewer on to {printable(target)}, which it does not follow.",
        hint,
        {"status": str(status), "url": address.http_url},
    )


def status_failed(status: int, body: str, address: HostAddress, what: str) -> RabbitError:
    """Return the failure for an HTTP status that is not a success.

    Args:
        status: HTTP status code.
        body: Beginning of the answer, without secrets.
        address: The host.
        what: What was asked for, in words, for the sentence.
    """
    where = address.netloc
    context = {"status": str(status), "answer": body[:_BODY_SHOWN], "url": address.http_url}
    if status == 407 and address.proxy:
        return proxy_refused(status, address)
    if status in {401, 403, 407}:
        return _not_let_in(status, address, what, context)
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
            "Check that ComfyUI runs behind that address"
            + (
                f", and that the proxy {address.proxy_netloc} reaches it." if address.proxy else "."
            ),
            context,
        )
    if status == 507:
        return disk_full("The built-in host" if address.builtin else f"ComfyUI at {where}", context)
    if status >= 500:
        return _own_error(status, address, what, context)
    if status == 400 and (found := _tls_wanted(body, where)):
        return RabbitError(ErrorKind.HOST_REFUSED, *found, context)
    return not_comfyui(address, context)


def _not_let_in(
    status: int, address: HostAddress, what: str, context: dict[str, str]
) -> RabbitError:
    if status == 401 and not address.has_login:
        message = f"{address.netloc} asks for a login that it was not given."
        hint = (
            "Set token, or user and password, or headers of this host in config.yaml; "
            "env:NAME and keyring:NAME keep the secret out of the file."
        )
    elif status == 401:
        message = f"{address.netloc} did not accept the login that it was given."
        hint = "Check token, user, password and headers of this host; a token may have expired."
    else:
        message = f"{address.netloc} does not allow {what}."
        hint = "Check the login of this host in config.yaml and the rights of the account there."
    return RabbitError(ErrorKind.HOST_REFUSED, message, hint, context)


def _own_error(
    status: int, address: HostAddress, what: str, context: dict[str, str]
) -> RabbitError:
    if address.builtin:
        return RabbitError(
            ErrorKind.HOST_FAILED,
            f"The built-in host had an error of its own during {what}.",
            "Its log builtin_host.log, beside the daemon's, has the details.",
            context,
        )
    return RabbitError(
        ErrorKind.HOST_FAILED,
        f"ComfyUI at {address.netloc} had an error of its own ({status}) during {what}.",
        "Look into ComfyUI's own log.",
        context,
    )


def _tls_wanted(body: str, where: str) -> tuple[str, str] | None:
    """Return the sentence for what web servers say to those who forgot TLS or a certificate."""
    text = body.lower()
    if "https" in text and ("plain http" in text or "http request" in text):
        return f"{where} speaks TLS.", "Set https: true for this host in config.yaml."
    if "ssl certificate" in text:
        return (
            f"{where} asks for a certificate of yours.",
            "Name it in client_cert (and client_key) of this host in config.yaml.",
        )
    return None


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


def _proxy_status(cause: BaseException) -> int:
    """Return what a proxy answered instead of connecting us through, 0 for anything else."""
    import httpx

    if isinstance(cause, ProxyRefusedError):
        return cause.answer.status
    if isinstance(cause, httpx.ProxyError):
        number = str(cause).partition(" ")[0]
        return int(number) if number.isdigit() else 500
    return 0


def printable(text: str) -> str:
    """Return *text*, which a server said, without what is no letter."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
