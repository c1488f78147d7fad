"""Which folders are indexed: a small JSON file in the data folder, replaced in one step."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from daemon.protocol.errors import ErrorKind, RabbitError

log = logging.getLogger(__name__)


class IndexedFolderStore:
    """Reads and writes the list; blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[bytes]:
        """Return the folders; a damaged file gives none, which the log says."""
        try:
            found = json.loads(self._path.read_bytes())
            return [os.fsencode(folder) for folder in found["folders"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s could not be read: %s", self._path, error)
            return []

    def save(self, folders: list[bytes]) -> None:
        """Write the list, durably.

        Raises:
            RabbitError: it cannot be written.
        """
        text = json.dumps({"folders": [os.fsdecode(folder) for folder in folders]}, indent=1)
        temporary = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(text.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            raise RabbitError(
                ErrorKind.PERMISSION_DENIED,
                f"The list of indexed folders, {self._path}, could not be written: "
                f"{error.strerror}.",
                "Check that its folder can be written and that its disk has room.",
            ) from error
