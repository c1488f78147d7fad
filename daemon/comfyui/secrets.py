"""What opens a host: secrets from the environment and the system's keyring, hidden from all else.

Everything here may block (a keyring may ask the user to unlock it), so it is called in threads.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit

from daemon.comfyui.address import HostAddress, check_headers
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import HIDDEN

SERVICE = "rabbitviewer"
KEYRING_WAIT_S = 20.0
_REFERENCE = re.compile(r"^(env|keyring):(.+)$", re.DOTALL)
_SHORTEST_HIDDEN = 4

_T = TypeVar("_T")


class Secrets:
    """Reads secrets when a host is contacted and knows them again in what comes back.

    Used by several threads. What was read once is remembered until :meth:`forget`.
    """

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, wait_s: float = KEYRING_WAIT_S
    ) -> None:
        """Read nothing yet.

        Args:
            environment: Where ``env:NAME`` is looked up; None: the process's own.
            wait_s: How long the keyring may take, e.g. because it asks for its password.
        """
        self._environment = os.environ if environment is None else environment
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._read: dict[str, str] = {}
        self._used: set[str] = set()

    def headers(self, address: HostAddress) -> dict[str, str]:
        """Return all headers of a request to *address*, with their secrets.

        Raises:
            RabbitError: ``settings_invalid``; a secret is not where the settings say.
        """
        where = address.netloc
        found = {name: self._value(text, where) for name, text in address.headers.items()}
        self._note(*found.values())
        if address.token:
            token = self._value(address.token, where)
            self._note(token)
            found["Authorization"] = f"Bearer {token}"
        elif address.user:
            user, password = address.user, self._value(address.password, where)
            found["Authorization"] = f"Basic {self._pair(user, password)}"
        check_headers(found, where)
        return found

    def proxy_login(self, address: HostAddress) -> tuple[str, str] | None:
        """Return user and password for the proxy, None where it needs none.

        Raises:
            RabbitError: as :meth:`headers`.
        """
        parts = urlsplit(address.proxy)
        if not parts.username:
            return None
        password = self._value(unquote(parts.password or ""), address.proxy_netloc)
        user = unquote(parts.username)
        self._pair(user, password)
        return user, password

    def proxy_header(self, address: HostAddress) -> str:
        """Return the value of ``Proxy-Authorization``; empty where there is none."""
        login = self.proxy_login(address)
        return f"Basic {self._pair(*login)}" if login else ""

    def redact(self, text: str) -> str:
        """Return *text*, which a server said, without any secret that was sent to one."""
        with self._lock:
            used = sorted(self._used, key=len, reverse=True)
        for secret in used:
            text = text.replace(secret, HIDDEN)
        return text

    def forget(self) -> None:
        """Read every secret anew the next time: it was refused, or there is another."""
        with self._lock:
            self._read.clear()

    def keep(self, name: str, secret: str) -> None:
        """Put a secret into the system's keyring.

        Raises:
            RabbitError: ``settings_invalid``; there is no keyring or it refuses.
        """
        module = _keyring(f"keyring:{name}")
        self._ask(lambda: module.set_password(SERVICE, name, secret), f"keyring:{name}")
        self.forget()

    def keyring_works(self) -> bool:
        """Whether secrets can be kept in the system's keyring."""
        try:
            module = _keyring("")
            return bool(self._ask(lambda: module.get_keyring().priority > 0, ""))
        except RabbitError:
            return False

    def _value(self, text: str, where: str) -> str:
        match = _REFERENCE.match(text)
        if match is None:
            return text
        with self._lock:
            known = self._read.get(text)
        if known is not None:
            return known
        kind, name = match.groups()
        secret = self._of_environment(name, where) if kind == "env" else self._kept(name, where)
        with self._lock:
            self._read[text] = secret
        return secret

    def _of_environment(self, name: str, where: str) -> str:
        secret = self._environment.get(name, "").strip()
        if not secret:
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"The environment variable {name}, which opens {where}, is not set.",
                "Set it where RabbitViewer is started, then `rabbitviewer daemon stop`; it starts "
                "again by itself. Or write keyring:NAME instead.",
            )
        return secret

    def _kept(self, name: str, where: str) -> str:
        module = _keyring(f"keyring:{name} of {where}")
        found = self._ask(lambda: module.get_password(SERVICE, name), f"keyring:{name} of {where}")
        secret = str(found or "").strip()
        if not secret:
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"The system's keyring holds nothing under '{name}', which opens {where}.",
                f"Put it there: `keyring set {SERVICE} {name}`, or in the window under Hosts.",
            )
        return secret

    def _ask(self, question: Callable[[], _T], what: str) -> _T:
        """Ask the keyring in a thread of its own, which nobody waits for when it hangs."""
        answers: list[_T] = []
        failures: list[str] = []

        def ask() -> None:
            try:
                answers.append(question())
            except Exception as error:  # noqa: BLE001 - every keyring has errors of its own
                failures.append(type(error).__name__)

        thread = threading.Thread(target=ask, name="keyring", daemon=True)
        thread.start()
        thread.join(self._wait_s)
        if answers:
            return answers[0]
        if failures == ["NoKeyringError"]:
            raise RabbitError(
                ErrorKind.SETTINGS_INVALID,
                f"There is no keyring on this computer for {what}.",
                "Start one (Secret Service, KWallet), or write env:NAME instead and set that "
                "environment variable.",
            )
        why = failures[0] if failures else f"it did not answer within {self._wait_s:g} s"
        raise RabbitError(
            ErrorKind.SETTINGS_INVALID,
            f"The system's keyring failed for {what}: {why}.",
            "Unlock it and try again, or write env:NAME and set that environment variable.",
        )

    def _pair(self, user: str, password: str) -> str:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._note(password, pair, quote(password, safe=""))
        return pair

    def _note(self, *secrets: str) -> None:
        with self._lock:
            for secret in secrets:
                self._used.update(_forms(secret))


def is_reference(text: str) -> bool:
    """Whether *text* says where a secret is instead of being one."""
    return _REFERENCE.match(text) is not None


def keyring_name(text: str) -> str:
    """Return NAME of ``keyring:NAME``; empty for anything else."""
    match = _REFERENCE.match(text)
    return match.group(2) if match is not None and match.group(1) == "keyring" else ""


def _keyring(what: str) -> ModuleType:
    try:
        import keyring
    except ImportError as error:
        raise RabbitError(
            ErrorKind.SETTINGS_INVALID,
            f"The secret {what} cannot be used: the system's keyring needs the Python package "
            "'keyring'.",
            "Install it with `pip install 'rabbitviewer[keyring]'`, or write env:NAME and set "
            "that environment variable.",
        ) from error
    return keyring


def _forms(secret: str) -> set[str]:
    """Return how a secret may come back: as it is, or what follows Bearer and Basic in it."""
    found = {secret, secret.partition(" ")[2].strip()}
    for text in tuple(found):
        try:
            found.add(base64.b64decode(text, validate=True).decode().partition(":")[2])
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
    return {text for text in found if len(text) >= _SHORTEST_HIDDEN}
