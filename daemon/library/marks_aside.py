"""What is said of photos whose folders cannot be written: files in the data folder.

One file of JSON lines per folder of photos, on the disk before anybody is told. Once such a folder
can be written again, its sidecars are newer and win.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from daemon.protocol.values import PhotoMarks
from daemon.sidecars import Said, SidecarWrite, commit

_log = logging.getLogger(__name__)


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One photo: what is said of it, and when it was said."""

    path: bytes
    said: Said
    time_ns: int


class AsideMarks:
    """Knows what is said aside. Reading is for any thread; writing for one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsencode(folder)
        self._lines: dict[bytes, _Line] = {}

    def load(self) -> None:
        """Read all files; a damaged line is passed over."""
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return
        for name in names:
            if name.endswith(b".jsonl"):
                self.reload(os.path.join(self._folder, name))

    def holds(self, path: bytes) -> bool:
        """Return whether *path* is one of these files."""
        return os.path.dirname(path) == self._folder

    def reload(self, path: bytes) -> tuple[bytes, ...]:
        """Read one file anew; return the photos that it says something of, or did."""
        before = {line.path for line in self._lines.values() if self._file_of(line.path) == path}
        try:
            with open(path, "rb") as file:
                lines = _decoded(file.read(), path)
        except OSError:
            lines = []
        for photo in before:
            del self._lines[photo]
        self._lines.update((line.path, line) for line in lines)
        return tuple(before | {line.path for line in lines})

    def said(self, path: bytes, sidecar_mtime_ns: int = 0) -> Said | None:
        """Return what is said of a photo; None: nothing, or its sidecar is newer."""
        line = self._lines.get(path)
        return None if line is None or sidecar_mtime_ns > line.time_ns else line.said

    def over(self, marks: PhotoMarks) -> PhotoMarks:
        """Return what is said of a photo in all, given what its own files say; blocks."""
        if marks.path not in self._lines:
            return marks
        try:
            mtime_ns = os.stat(marks.sidecar).st_mtime_ns if marks.sidecar else 0
        except OSError:
            mtime_ns = 0
        said = self.said(marks.path, mtime_ns)
        return marks if said is None else msgspec.structs.replace(marks, **_fields(said))

    def plan(self, folder: bytes, news: Iterable[tuple[bytes, Said]]) -> SidecarWrite:
        """Work out the file of a folder of photos after *news*; nothing is written."""
        path = self._file_of(os.path.join(folder, b"_"))
        try:
            with open(path, "rb") as file:
                before = file.read()
        except FileNotFoundError:
            before = None
        known = {line.path: line for line in _decoded(before or b"", path)}
        now = time.time_ns()
        known.update((photo, _Line(photo, said, now)) for photo, said in news)
        encoder = msgspec.json.Encoder()
        after = b"".join(encoder.encode(line) + b"\n" for line in known.values())
        return SidecarWrite(path, before, after)

    def write(self, planned: SidecarWrite) -> None:
        """Put a planned file on the disk.

        Raises:
            OSError: it cannot be written.
            ChangedMeanwhileError: somebody else wrote it.
        """
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        commit(planned)
        self.reload(planned.path)

    def _file_of(self, photo: bytes) -> bytes:
        digest = hashlib.sha256(os.path.dirname(photo)).hexdigest()[:32]
        return os.path.join(self._folder, digest.encode() + b".jsonl")


def _fields(said: Said) -> dict[str, object]:
    return {name: getattr(said, name) for name in said.__struct_fields__}


def _decoded(data: bytes, path: bytes) -> list[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    found: list[_Line] = []
    for text in data.splitlines():
        try:
            found.append(decoder.decode(text))
        except msgspec.MsgspecError as error:
            _log.warning("a line of %s is damaged: %s", os.fsdecode(path), error)
    return found
