"""Where a host is, which way leads there, and what every request to it carries."""

from __future__ import annotations

import re
import ssl
from urllib.parse import unquote, urlsplit

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import DEFAULT_PORT

DEFAULT_PROXY_PORT = 3128
_HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")
_HEADER_VALUE = re.compile(r"^[\t\x20-\x7e\x80-\xff]{0,8000}$")
_DIRECT = "direct"


class HostAddress(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """One host's address.

    What opens the host (headers, token, password, a password in the proxy's URL) stands here as it
    stands in the settings: the secret itself or where it is (``env:NAME``, ``keyring:NAME``). Only
    :mod:`daemon.comfyui.secrets` reads it, and it never reaches log or message.

    Attributes:
        host: Name or IP address, without brackets.
        port: TCP port.
        https: Speak TLS.
        prefix: Path before the API's own, ``/comfy``; empty at the root.
        headers: Sent with every request.
        token: For ``Authorization: Bearer``.
        user: For ``Authorization: Basic``, with *password*.
        password: As above.
        ca_file: Certificate authority of one's own; empty: the system's.
        client_cert: PEM file of the certificate that tells the host who we are.
        client_key: Its key, where that file does not hold it.
        proxy: ``http://[user:password@]host:port`` of an HTTP proxy; empty: none.
        connect_timeout_s: Wait for a connection.
        response_timeout_s: Wait between two pieces of an answer.
        transfer_timeout_s: Wait for a whole picture to go there or come back.
        builtin: It is the built-in host on this computer.
    """

    host: str
    port: int = DEFAULT_PORT
    https: bool = False
    prefix: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    token: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: str = ""
    connect_timeout_s: float = 5.0
    response_timeout_s: float = 60.0
    transfer_timeout_s: float = 600.0
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

    @property
    def question_timeout_s(self) -> float:
        """Wait for the whole answer to a question that sends no picture."""
        return min(self.connect_timeout_s + 2 * self.response_timeout_s, self.transfer_timeout_s)

    @property
    def has_login(self) -> bool:
        """Whether requests carry something that may open the host."""
        return bool(self.token or self.user or self.headers)

    @property
    def proxy_place(self) -> tuple[str, int]:
        """Name and port of the proxy; ``("", 0)`` without one."""
        if not self.proxy:
            return "", 0
        parts = urlsplit(self.proxy)
        return parts.hostname or "", parts.port or DEFAULT_PROXY_PORT

    @property
    def proxy_netloc(self) -> str:
        """``host:port`` of the proxy as it stands in sentences; empty without one."""
        host, port = self.proxy_place
        return f"{f'[{host}]' if ':' in host else host}:{port}" if host else ""

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS settings: certificates are always checked. Reads files.

        Raises:
            RabbitError: ``settings_invalid``; a certificate or key cannot be read.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"The certificate file {self.ca_file} of host {self.netloc} cannot be used.",
                "Give a PEM file in ca_file in config.yaml.",
                {"error": str(error)},
            ) from error
        if self.client_cert:
            self._show_certificate(context)
        return context

    def _show_certificate(self, context: ssl.SSLContext) -> None:
        try:
            # A passphrase would be asked for on the daemon's terminal, where nobody is.
            context.load_cert_chain(self.client_cert, self.client_key or None, password="")
        except (OSError, ssl.SSLError, ValueError) as error:
            key = f" with the key {self.client_key}" if self.client_key else ""
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"The certificate {self.client_cert}{key} cannot be used for host {self.netloc}.",
                "client_cert and client_key in config.yaml must be PEM files that belong "
                "together, the key without a passphrase.",
                {"error": type(error).__name__},
            ) from error


def proxy_for(own: str, common: str) -> str:
    """Return the proxy's URL: the host's *own*, else the one for all; ``direct``: none."""
    return "" if own == _DIRECT else own or common


def parse_url(text: str) -> HostAddress:
    """Return the address that a person typed: ``http://host:8188/prefix`` or ``host:8188``.

    A user name and password in the URL become a login.

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
    return HostAddress(
        host=parts.hostname,
        port=port or default_port,
        https=https,
        prefix=parts.path.rstrip("/"),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
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
