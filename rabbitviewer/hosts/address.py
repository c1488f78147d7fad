"""Addresses of hosts as people write and paste them, and the entries made of them."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import msgspec

from daemon.protocol.hosting import HIDDEN, HostEntry

REFERENCE = re.compile(r"^(env|keyring):.+$")
NONE, TOKEN, PASSWORD, HEADER = "none", "token", "password", "header"
_NAME = re.compile(r"^[^\s/:][^/:]*$")
_HOST = re.compile(r"^[^\s/@]+$")
_MOST_NAME = 80


class Place(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Where a host is.

    Attributes:
        host: Name or IP address.
        port: TCP port; None: nothing was said of it.
        https: Whether to speak TLS; None: nothing was said of it.
        prefix: Path before the API's own.
        user: Who logs in; empty: nothing was said of it.
        password: With which password.
    """

    host: str
    port: int | None = None
    https: bool | None = None
    prefix: str = ""
    user: str = ""
    password: str = ""


def split_address(text: str) -> Place | None:
    """Take what was typed or pasted apart; None: it is no address.

    >>> split_address("https://gpu.example.org/comfy/")
    Place(host='gpu.example.org', port=443, https=True, prefix='/comfy')
    >>> split_address("studio:8189")
    Place(host='studio', port=8189)
    """
    text = text.strip()
    scheme, has_scheme, rest = text.partition("://")
    if has_scheme and scheme.lower() not in ("http", "https", "ws", "wss"):
        return None
    if not has_scheme and text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    try:
        parts = urlsplit(f"//{rest if has_scheme else text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not _HOST.match(host):
        return None
    https = scheme.lower() in ("https", "wss") if has_scheme else None
    if port is None and https:
        port = 443
    prefix = parts.path.rstrip("/")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Place(host, port, https, prefix, user, password)


def login_of(entry: HostEntry) -> str:
    """Return how one logs in there: none | token | password | header."""
    if entry.token:
        return TOKEN
    if entry.user:
        return PASSWORD
    return HEADER if entry.headers else NONE


def free_name(wanted: str, taken: list[str]) -> str:
    """Return *wanted* as a name that nobody has: with a number where it is taken."""
    base = re.sub(r"[/:]", "-", wanted).strip() or "comfyui"
    names = [base, *(f"{base} {number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def is_name(text: str) -> bool:
    """Whether a host may go by *text*."""
    return bool(_NAME.match(text)) and len(text) <= _MOST_NAME


def has_plain_secret(entry: HostEntry) -> bool:
    """Whether config.yaml itself holds what opens the host, which nobody is told."""
    return HIDDEN in (entry.token, entry.password, *entry.headers.values())


def keyring_name(entry: HostEntry, kind: str) -> str:
    """Return under which name the keyring keeps a host's secret."""
    return f"{entry.name}-{kind}"
