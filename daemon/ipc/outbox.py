"""What a client has not read yet: bounded, results never dropped, progress only the latest."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from daemon.protocol.errors import readable
from daemon.protocol.framing import Frame, pack
from daemon.protocol.messages import (
    AiEditPreview,
    AiEditProgress,
    FileWorkProgress,
    HostChanged,
    Message,
    SettingsChanged,
    encode,
)

MAX_BYTES = 256 << 20
MAX_MESSAGES = 65_536

Key = tuple[str, str]


class OutboxFullError(Exception):
    """The client has let too much pile up."""


class Outbox:
    """Frames on their way to one client.

    While the transport takes them they pass straight through; while it does not, they wait here,
    and of messages that only the latest matters of, only the latest waits, in the first one's
    place.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._blocked = False
        self._waiting: deque[_Slot] = deque()
        self._replaceable: dict[Key, _Slot] = {}
        self.waiting_bytes = 0

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._waiting)

    def put(self, frame: bytes, key: Key | None = None) -> None:
        """Send *frame*, or let it wait; a waiting one of the same *key* is replaced.

        Raises:
            OutboxFullError: the client reads too slowly to go on with.
        """
        if not self._blocked and not self._waiting:
            self._write(frame)
            return
        slot = self._replaceable.get(key) if key else None
        if slot is not None:
            self.waiting_bytes += len(frame) - len(slot.frame)
            slot.frame = frame
        else:
            slot = _Slot(frame, key)
            self._waiting.append(slot)
            self.waiting_bytes += len(frame)
            if key:
                self._replaceable[key] = slot
        if self.waiting_bytes > MAX_BYTES or len(self._waiting) > MAX_MESSAGES:
            raise OutboxFullError

    def block(self) -> None:
        """The transport takes no more for now."""
        self._blocked = True

    def unblock(self) -> None:
        """The transport takes frames again."""
        self._blocked = False
        while self._waiting and not self._blocked:
            slot = self._waiting.popleft()
            self.waiting_bytes -= len(slot.frame)
            if slot.key:
                del self._replaceable[slot.key]
            self._write(slot.frame)


class _Slot:
    def __init__(self, frame: bytes, key: Key | None) -> None:
        self.frame = frame
        self.key = key


def replacement_key(message: Message) -> Key | None:
    """Return what a later message must share with *message* to replace it; None: nothing may."""
    match message:
        case AiEditProgress() | AiEditPreview():
            return type(message).__name__, message.job_id
        case FileWorkProgress():
            return "FileWorkProgress", str(message.work_id)
        case HostChanged():
            return "HostChanged", message.host.name
        case SettingsChanged():
            return "SettingsChanged", ""
        case _:
            return None


def to_frame(message: Message, blob: bytes = b"") -> bytes:
    """Return *message* as it goes on the wire.

    Raises:
        FramingError: it is over the protocol's limits.
    """
    try:
        header = encode(message)
    except UnicodeEncodeError:
        # A file name that is not UTF-8 got into a text field.
        plain = msgspec.to_builtins(message, builtin_types=(bytes, bytearray), enc_hook=bytes)
        header = msgspec.msgpack.encode(_readable(plain))
    return pack(Frame(header, blob))


def _readable(value: Any) -> Any:  # noqa: ANN401 - any value that a message may hold
    match value:
        case str():
            return readable(value)
        case list() | tuple():
            return [_readable(each) for each in value]
        case dict():
            return {_readable(name): _readable(each) for name, each in value.items()}
        case _:
            return value
