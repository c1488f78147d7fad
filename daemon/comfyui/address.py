"""Where a host is and what every request to it carries."""

from __future__ import annotations

import base64
import re
import ssl
from urllib.parse import unquote, urlsplit

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError

DEFAULT_PORT = 8188
_HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")
_HEADER_VALUE = re.compile(r"^[\t\x20-\x7e\x80-\xff]{0,8000}$")


class HostAddress(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """One host's address.

    Attributes:
        host: Name or IP address, without brackets.
        port: TCP port.
        https: Speak TLS.
        prefix: Path before the API's own, ``/comfy``; empty at the root.
        headers: Sent with every request; may hold tokens, so they never reach log or message.
        ca_file: Certificate authority of one's own; empty: the system's.
        connect_timeout_s: Wait for a connection.
        response_timeout_s: Wait between two pieces of an answer.
        builtin: It is the built-in host on this computer.
    """

    host: str
    port: int = DEFAULT_PORT
    https: bool = False
    prefix: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    ca_file: str = ""
    connect_timeout_s: float = 5.0
    response_timeout_s: float = 60.0
    builtin: bool = False

    def __repr__(self) -> str:
        return f"HostAddress({self.http_url})"

    @property
    def netloc(self) -> str:
        """``host:port`` as it stands in URLs and sentences."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def http_url(self) -> str:
        """Base URL without a slash at the end, without secrets."""
        return f"{'https' if self.https else 'http'}://{self.netloc}{self.prefix}"

    def socket_url(self, client_id: str) -> str:
        """Return the WebSocket URL for one connection."""
        scheme = "wss" if self.https else "ws"
        return f"{scheme}://{self.netloc}{self.prefix}/ws?clientId={client_id}"

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS settings: certificates are always checked.

        Raises:
            RabbitError: ``settings_invalid``; the ca_file cannot be read.
        """
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"The certificate file {self.ca_file} of host {self.netloc} cannot be used.",
                "Give a PEM file in ca_file in config.yaml.",
                {"error": str(error)},
            ) from error


def parse_url(text: str) -> HostAddress:
    """Return the address that a person typed: ``http://host:8188/prefix`` or ``host:8188``.

    A user name and password in the URL become an ``Authorization`` header.

    Raises:
        RabbitError: ``invalid_request``; the text is no address.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise _not_an_address(text) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise _not_an_address(text)
    https = parts.scheme == "https"
    default_port = {"http": 80, "https": 443}[parts.scheme] if "://" in text else DEFAULT_PORT
    headers: dict[str, str] = {}
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return HostAddress(
        host=parts.hostname,
        port=port or default_port,
        https=https,
        prefix=parts.path.rstrip("/"),
        headers=headers,
    )


def check_headers(headers: dict[str, str], host: str) -> None:
    """Refuse header names and values that no HTTP client may send.

    Raises:
        RabbitError: ``settings_invalid`` naming the header, never its value.
    """
    for name, value in headers.items():
        if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value):
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"The header '{name[:100]}' of host '{host}' cannot be sent.",
                "Use letters, digits and dashes in its name, and one line of text as its value.",
            )


def _not_an_address(text: str) -> RabbitError:
    shown = text.rpartition("@")[2]
    return RabbitError(
        ErrorKind.INVALID_REQUEST,
        f"'{shown}' is not the address of a host.",
        "Write it like http://192.168.1.100:8188, or use a name from config.yaml, or 'builtin'.",
    )
