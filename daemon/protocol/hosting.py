"""Messages about hosts: what stands in config.yaml, how a host is step by step, its secrets."""

from __future__ import annotations

import msgspec

from daemon.protocol.message import Message

BUILTIN = "builtin"
"""The name of the built-in host; no machine can have it."""
HIDDEN = "(hidden)"
"""Stands where a secret would."""
DEFAULT_PORT = 8188


class HostEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One machine of ``comfyui.hosts``.

    *token*, *password*, the values of *headers* may be ``env:NAME`` or ``keyring:NAME``: then the
    secret is read from the environment or the system's keyring. The daemon never tells one that
    stands in the file itself: it says ``(hidden)``, and takes that as unchanged.

    Attributes:
        name: What the user calls it.
        host: Name or address.
        port: TCP port.
        https: Speak TLS.
        prefix: Path before the API's own.
        enabled: Whether jobs may go there.
        headers: Sent with every request.
        token: For ``Authorization: Bearer``.
        user: For ``Authorization: Basic``, with *password*.
        password: As above.
        ca_file: Certificate authority of one's own.
        client_cert: Certificate that tells the host who we are; a PEM file.
        client_key: Its key, where the certificate's file does not hold it.
        proxy: URL of an HTTP proxy; empty: none, whatever the environment says.
    """

    name: str
    host: str
    port: int = DEFAULT_PORT
    https: bool = False
    prefix: str = ""
    enabled: bool = True
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    token: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: str = ""


class CheckStep(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a host's check.

    Attributes:
        step: dns | tcp | tls | auth | api | websocket | version | devices | queue | workflow.
        state: ok | failed | skipped | warning.
        message: What was found, in a sentence.
        hint: What to do; empty where nothing is to be done.
        subject: The workflow's name, for step ``workflow``.
    """

    step: str
    state: str
    message: str
    hint: str = ""
    subject: str = ""


class HostCheckRequest(Message, frozen=True, tag="host_check_request"):
    """Ask how a host is, step by step; answered by :class:`HostChecked`.

    *host*: name, URL or ``builtin``; or *entry*: one that is not in config.yaml yet, *host* then
    being the name of the one it is to stand in for, if any: what is ``(hidden)`` comes from there.
    A secret that is not in the keyring yet stands in *entry* itself. *workflows*: check every
    workflow of these names; ``*`` alone: all of them.
    """

    host: str = ""
    entry: HostEntry | None = None
    workflows: tuple[str, ...] = ("*",)


class HostChecked(Message, frozen=True, tag="host_checked"):
    """What the steps found, in their order; those after a failed one are ``skipped``."""

    host: str
    url: str
    steps: tuple[CheckStep, ...]


class HostEntriesRequest(Message, frozen=True, tag="host_entries_request"):
    """Ask for the machines of config.yaml; answered by :class:`HostEntries`."""


class HostEntries(Message, frozen=True, tag="host_entries"):
    """The machines as config.yaml has them.

    *single*: there is no list; the one machine is ``comfyui.host`` and ``comfyui.port``.
    *keyring*: whether secrets can be kept in the system's keyring.
    """

    hosts: tuple[HostEntry, ...]
    single: bool = False
    keyring: bool = False


class HostSave(Message, frozen=True, tag="host_save"):
    """Write one machine into config.yaml's list; answered by :class:`HostEntries`.

    *replaces*: the name of the one that it stands in for; empty: a new one. *secret*: kept in the
    system's keyring under the name that *entry* points to with ``keyring:``; empty: as it is.
    """

    entry: HostEntry
    replaces: str = ""
    secret: str = ""


class HostRemove(Message, frozen=True, tag="host_remove"):
    """Take one machine out of config.yaml's list; answered by :class:`HostEntries`."""

    name: str
