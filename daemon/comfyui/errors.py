"""What a host or a server before it answered instead of what was asked for, in words."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from daemon.comfyui.address import HostAddress
from daemon.protocol.errors import ErrorKind, RabbitError

_BODY_SHOWN = 300
_URL_SHOWN = 200


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


def printable(text: str) -> str:
    """Return *text*, which a server said, without what is no letter."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
