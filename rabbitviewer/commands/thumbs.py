"""``thumbs``: make the thumbnails of a folder now, so that the window finds them."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator

import msgspec

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import (
    Failed,
    FolderChunk,
    FolderClose,
    FolderOpen,
    Message,
    ThumbnailReady,
    ThumbnailRequest,
    WirePath,
)
from rabbitviewer.commands.arguments import Commands, integer
from rabbitviewer.commands.documents import error_document
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import absolute
from rabbitviewer.commands.terminal import (
    ProgressBar,
    shown_path,
    write_error,
    write_json,
    write_line,
)
from rabbitviewer.ipc.blocking import DaemonConnection

_LISTING = 1
_UNDER_WAY = 32
_SILENCE_S = 120.0


class Outcome(msgspec.Struct):
    """What became of the photos of a folder."""

    made: int = 0
    cached: int = 0
    failed: list[tuple[bytes, ErrorInfo]] = msgspec.field(
        default_factory=list[tuple[bytes, ErrorInfo]]
    )

    @property
    def done(self) -> int:
        """How many are dealt with."""
        return self.made + self.cached + len(self.failed)


def add(commands: Commands) -> None:
    """Register the command."""
    thumbs = commands.add("thumbs", run_thumbs, "make the thumbnails of a folder now")
    thumbs.add_argument("folder", metavar="DIR")
    thumbs.add_argument(
        "--size",
        type=integer(16, 1024),
        default=256,
        metavar="PX",
        help="side of the box they fit into; default: 256",
    )


def run_thumbs(args: argparse.Namespace, session: Session) -> int:
    """Make the thumbnails; 1 if a photo has none."""
    folder = absolute(args.folder)
    began_s = time.monotonic()
    with session.connect() as connection:
        paths = _photos(connection, folder)
        outcome = _make(connection, paths, args.size)
    seconds = round(time.monotonic() - began_s, 3)
    if session.json:
        failed = [
            {"path": os.fsdecode(path), "error": error_document(error)}
            for path, error in outcome.failed
        ]
        counts = {"made": outcome.made, "cached": outcome.cached}
        write_json({"folder": os.fsdecode(folder), **counts, "failed": failed, "seconds": seconds})
    else:
        write_line(f"{outcome.made} made, {outcome.cached} there already, {seconds:g} s")
        for _, error in outcome.failed:
            write_error(error)
    return 1 if outcome.failed else 0


def _photos(connection: DaemonConnection, folder: WirePath) -> list[bytes]:
    """Return the photos of *folder*, in order.

    Raises:
        RabbitError: it cannot be read.
    """
    asked = connection.post(FolderOpen(path=folder, listing_id=_LISTING))
    paths: list[bytes] = []
    for message in _heard(connection):
        if isinstance(message, Failed) and message.request_id == asked:
            raise RabbitError.from_info(message.error)
        if isinstance(message, FolderChunk) and message.listing_id == _LISTING:
            names = [entry.name for entry in message.entries]
            paths += [os.path.join(message.path, name) for name in names]  # noqa: PTH118 - bytes
            if message.last:
                break
    connection.post(FolderClose(listing_id=_LISTING))
    return paths


def _make(connection: DaemonConnection, paths: list[bytes], size_px: int) -> Outcome:
    """Have a bounded number of thumbnails under way until all are dealt with."""
    outcome = Outcome()
    bar = ProgressBar()
    waiting: dict[int, bytes] = {}
    left = iter(paths)
    _ask(connection, left, waiting, size_px)
    heard = _heard(connection)
    while waiting:
        message = next(heard)
        path = waiting.get(message.request_id, b"")
        if isinstance(message, Failed) and path:
            outcome.failed.append((path, message.error))
        elif isinstance(message, ThumbnailReady) and path and message.stage == "final":
            outcome.cached += message.cached
            outcome.made += not message.cached
        else:
            continue
        del waiting[message.request_id]
        bar.update(100 * outcome.done / len(paths), shown_path(path))
        _ask(connection, left, waiting, size_px)
    bar.clear()
    return outcome


def _ask(
    connection: DaemonConnection, left: Iterator[bytes], waiting: dict[int, bytes], size_px: int
) -> None:
    while len(waiting) < _UNDER_WAY and (path := next(left, None)) is not None:
        request = ThumbnailRequest(path=WirePath(path), size_px=size_px, priority="near")
        waiting[connection.post(request)] = path


def _heard(connection: DaemonConnection) -> Iterator[Message]:
    """Go through what the daemon sends.

    Raises:
        RabbitError: it is silent for too long, or left.
    """
    while (message := connection.next_event(_SILENCE_S)) is not None:
        yield message
    raise RabbitError(
        ErrorKind.TIMED_OUT,
        f"The RabbitViewer daemon said nothing for {_SILENCE_S:.0f} s.",
        "Check that the folder's drive answers.",
    )
