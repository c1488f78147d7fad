"""What may be a mask on the command line: a file, a data URI, ``-`` for standard input."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import WirePath
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError, absolute
from rabbitviewer.ipc.drop import (
    MAX_PICTURE_BYTES,
    DropFolder,
    checked_png,
    is_data_uri,
    png_of_data_uri,
)

_TEXT_PER_BYTE = 1.5


class MaskFile:
    """A mask as the daemon takes it.

    Attributes:
        path: The file.
        take: It lies in the drop folder and becomes the daemon's.
    """

    def __init__(self, path: WirePath, *, take: bool) -> None:
        self.path = path
        self.take = take


@contextlib.contextmanager
def mask_file(
    session: Session, mask: str, *, keep: bool = False
) -> Generator[MaskFile, None, None]:
    """Give *mask* as a file; one that was made for it is gone afterwards, taken or not.

    Args:
        session: Knows the user's folders.
        mask: As typed.
        keep: Leave the file that was made; the daemon removes it after a day.

    Raises:
        UsageError: standard input is wanted and is a terminal.
        RabbitError: a data URI or standard input that holds no PNG, or no room for it.
    """
    if mask == "-":
        picture = _standard_input()
    elif is_data_uri(mask):
        picture = png_of_data_uri(mask)
    else:
        yield MaskFile(absolute(mask), take=False)
        return
    drop = DropFolder(session.folders)
    path = drop.put(picture)
    try:
        yield MaskFile(path, take=True)
    finally:
        if not keep:
            drop.forget(path)


def _standard_input() -> bytes:
    """Return the PNG on standard input, plain or as a data URI."""
    stream = sys.stdin
    if stream is None or stream.isatty():
        raise UsageError("- reads the mask from standard input; send a PNG there")
    limit = int(MAX_PICTURE_BYTES * _TEXT_PER_BYTE)
    try:
        found = stream.buffer.read(limit + 1)
    except OSError as error:
        raise RabbitError(
            ErrorKind.UNREADABLE,
            f"Standard input could not be read: {error.strerror or error}.",
            "Send a PNG there.",
        ) from error
    if found[:100].lstrip()[:5].lower() == b"data:":
        return png_of_data_uri(found.decode("latin-1").strip())
    return checked_png(found, "Standard input")
