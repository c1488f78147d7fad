"""The drop folder: where pictures that are no files yet become files for the daemon to take."""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import os
import re
import urllib.parse
import uuid
from pathlib import Path

from daemon.protocol.endpoint import Folders, make_private
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import WirePath

MAX_PICTURE_BYTES = 256 << 20
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = re.compile(r"data:image/png(;[\w.+-]+=[^;,]*)*;base64,", re.IGNORECASE)
_HEAD_LETTERS = 200


class DropFolder:
    """``cache/drop``: a file put here is named to the daemon with ``take``, and becomes its own.

    Writes and waits for the disk: not for the window's thread.
    """

    def __init__(self, folders: Folders) -> None:
        self.path: Path = folders.cache / "drop"

    def put(self, picture: bytes, extension: str = ".png") -> WirePath:
        """Write *picture* as a file of its own and return its path.

        Raises:
            RabbitError: ``disk_full`` or ``permission_denied``.
        """
        file = self.path / f"{uuid.uuid4().hex}{extension}"
        try:
            make_private(self.path)
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as stream:  # noqa: PTH123 - of a descriptor
                stream.write(picture)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            self.forget(WirePath.of(file))
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise RabbitError(
                ErrorKind.DISK_FULL if full else ErrorKind.PERMISSION_DENIED,
                f"The picture could not be written into {self.path}: {error.strerror or error}.",
                "Free some space there." if full else "Check who owns the folder.",
            ) from error
        return WirePath.of(file)

    def forget(self, path: WirePath) -> None:
        """Remove a file that the daemon did not take."""
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - bytes


def is_data_uri(text: str) -> bool:
    """Return whether *text* begins like a picture written out as text."""
    return text[:5].lower() == "data:"


def png_of_data_uri(text: str) -> bytes:
    """Return the PNG in ``data:image/png;base64,…``; spaces and line ends in it are left out.

    Raises:
        RabbitError: ``invalid_request``: another kind of data, bad base64, no PNG, too large.
    """
    head = _HEAD.match(text[:_HEAD_LETTERS])
    if head is None:
        start = text[:40].partition(",")[0]
        raise _refused(
            f"The data URI begins with {start!r}.", "Only data:image/png;base64,... is a mask."
        )
    body = text[head.end() :]
    if len(body) * 3 // 4 > MAX_PICTURE_BYTES:
        raise _too_large("The data URI")
    letters = urllib.parse.unquote(body) if "%" in body else body
    letters = "".join(letters.split()).rstrip("=")
    try:
        picture = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(
            "The data URI is not valid base64.", "Copy it again, whole; it may have been cut off."
        ) from error
    return checked_png(picture, "The data URI")


def checked_png(picture: bytes, what: str) -> bytes:
    """Return *picture* when it begins as a PNG does and is no larger than what is taken.

    Raises:
        RabbitError: ``invalid_request``; *what* begins the sentence.
    """
    if not picture:
        raise _refused(f"{what} holds nothing.", "Give a PNG.")
    if len(picture) > MAX_PICTURE_BYTES:
        raise _too_large(what)
    if not picture.startswith(PNG_SIGNATURE):
        raise _refused(f"{what} holds no PNG.", "Save the mask as a PNG and give that.")
    return picture


def _too_large(what: str) -> RabbitError:
    limit = f"{MAX_PICTURE_BYTES >> 20} MB"
    return _refused(f"{what} holds more than {limit}.", "Save the mask as a file and name that.")


def _refused(message: str, hint: str) -> RabbitError:
    return RabbitError(ErrorKind.INVALID_REQUEST, message, hint)
