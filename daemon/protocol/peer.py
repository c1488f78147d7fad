"""What a service may know of the client that asked: where to send, and who it is."""

from __future__ import annotations

from typing import Protocol

from daemon.protocol.messages import Message


class Peer(Protocol):
    """One connected client, as services see it."""

    @property
    def peer_id(self) -> int:
        """Unique while the daemon runs."""
        ...

    def send(self, message: Message, blob: bytes = b"") -> None:
        """Queue *message*; never waits. Sending to a client that left does nothing."""
        ...


class Publish(Protocol):
    """Sends an event to every connected client; never waits."""

    def __call__(self, message: Message, blob: bytes = b"") -> None:
        """Queue *message* for all."""
        ...


class PublishToOthers(Protocol):
    """Sends an event to every connected client but one; never waits."""

    def __call__(self, message: Message, *, but: Peer | None = None) -> None:
        """Queue *message* for all; *but*: who was answered already."""
        ...
