"""Which pool and which of its photos a command means."""

from __future__ import annotations

import argparse

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import Message, PoolList, PoolManifest
from daemon.protocol.values import PoolSlot
from rabbitviewer.commands.arguments import integer, text
from rabbitviewer.commands.pool_answers import photos, quoted
from rabbitviewer.ipc.blocking import DaemonConnection

CURRENT = "current"
MAX_INDEX = 2**31 - 1


def pool_name(value: str) -> str:
    """Return a pool's name or id as the daemon takes it; ``current`` is the empty one.

    Raises:
        argparse.ArgumentTypeError: it is empty, or not text.
    """
    if not value.strip():
        raise argparse.ArgumentTypeError("a pool's name is empty; leave out --pool for the current")
    return "" if value == CURRENT else text(value)


def add_pool_option(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--pool``."""
    parser.add_argument(
        "--pool", type=pool_name, default=CURRENT, metavar="NAME", help="default: the current pool"
    )


slot_index = integer(-1, MAX_INDEX)


def free_index(value: str) -> int:
    """Return an index that is clamped anyway: any whole number from -1 on."""
    try:
        number = int(value)
    except ValueError:
        number = -2
    if number < -1:
        raise argparse.ArgumentTypeError(f"{value!r} is not an index: 0 or more, -1 the active one")
    return min(number, MAX_INDEX)


class PoolTalk:
    """A conversation about one pool.

    Attributes:
        before: The pool as it was when the conversation began.
    """

    def __init__(self, connection: DaemonConnection, pool: str) -> None:
        """Ask for *pool*.

        Raises:
            RabbitError: ``not_found``.
        """
        self._connection = connection
        self.before: PoolManifest = connection.request(PoolList(pool=pool), PoolManifest)

    @property
    def pool_id(self) -> str:
        """The pool's id; its name may change meanwhile."""
        return self.before.pool_id

    def change(self, message: Message) -> PoolManifest:
        """Send a change and return the pool after it; what was repaired before is told with it.

        Raises:
            RabbitError: what the daemon says.
        """
        manifest = self._connection.request(message, PoolManifest, None)
        problems = dict.fromkeys((*self.before.problems, *manifest.problems))
        return msgspec.structs.replace(manifest, problems=tuple(problems))

    def named(self, index: int) -> PoolSlot:
        """Return the photo at *index* (-1: the active one); what changes a pool never guesses.

        Raises:
            RabbitError: ``not_found``: there is none.
        """
        count = len(self.before.slots)
        used = self.before.active if index == -1 else index
        if 0 <= used < count:
            return self.before.slots[used]
        name = quoted(self.before.name)
        if not count:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"The pool {name} is empty; there is no index {index}.",
                "Add photos with `rabbitviewer pool add PHOTO...`.",
            )
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"The pool {name} holds {photos(count)}; there is no index {index}.",
            f"Give 0 to {count - 1}, or -1 for the active one.",
        )


def used_index(manifest: PoolManifest, index: int) -> int:
    """Return the index that an edit uses: -1 the active one, others clamped; -1: it is empty."""
    if index == -1:
        return manifest.active
    return min(index, len(manifest.slots) - 1)
