"""The base of every message, and paths as they cross the socket."""

from __future__ import annotations

import os

import msgspec


class WirePath(bytes):
    """A path in a request: bytes on the wire, where text from a script is accepted too."""

    __slots__ = ()

    @classmethod
    def of(cls, path: str | bytes | os.PathLike[str]) -> WirePath:
        """Return *path* as it crosses the socket."""
        return cls(os.fsencode(path))


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", omit_defaults=True):
    """Base of every message; *request_id* ties an answer to its request."""

    request_id: int = 0
