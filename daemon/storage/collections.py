"""Saved collections: an append-only file of JSON lines in the data folder."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.appending import append_durably, private

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_MAX_NAME = 200
_TIDY_ABOVE_BYTES = 1 << 20
_PATHS_PER_LINE = 1000

Members = dict[bytes, None]


class CollectionStore:
    """Which photos are in which collection.

    Every change is on the disk before it counts. Each line is a change: ``{"name", "add"}``,
    ``{"name", "remove"}``, ``{"name", "rename"}``, ``{"name", "delete"}`` or ``{"moved"}``; a line
    that a crash cut off is passed over.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="collections")
        self._known: dict[str, Members] | None = None
        self._lines_bytes = 0

    async def close(self) -> None:
        """End its thread."""
        self._thread.shutdown(wait=True)

    async def counts(self) -> list[tuple[str, int]]:
        """Return every collection with its number of photos, by name."""
        known = await self._run(self._load)
        found = [(name, len(members)) for name, members in known.items()]
        return sorted(found, key=lambda pair: (pair[0].casefold(), pair[0]))

    async def members(self, name: str) -> list[bytes]:
        """Return the photos of a collection, in the order in which they came.

        Raises:
            RabbitError: there is none of that name.
        """
        return await self._run(lambda: list(self._existing(name)))

    async def save(
        self,
        name: str,
        *,
        rename: str = "",
        add: Iterable[bytes] = (),
        remove: Iterable[bytes] = (),
    ) -> None:
        """Create a collection, or change it.

        Raises:
            RabbitError: a name is none, or taken; or the file cannot be written.
        """
        await self._run(lambda: self._save(name, rename, list(add), list(remove)))

    async def delete(self, name: str) -> None:
        """Delete a collection.

        Raises:
            RabbitError: there is none of that name.
        """

        def work() -> None:
            self._existing(name)
            self._append([{"name": name, "delete": True}])

        await self._run(work)

    async def moved(self, moved: Mapping[bytes, bytes]) -> bool:
        """Let photos be found where they are now; *moved*: old path by new path.

        Returns:
            Whether any collection holds one of them.
        """

        def work() -> bool:
            known = self._load()
            pairs = [
                [_text(old), _text(new)]
                for new, old in moved.items()
                if any(old in members for members in known.values())
            ]
            if pairs:
                self._append([{"moved": pairs}])
            return bool(pairs)

        return await self._run(work)

    # ------------------------------------------------------------ on the thread

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _save(self, name: str, rename: str, add: list[bytes], remove: list[bytes]) -> None:
        known = self._load()
        _check_name(name)
        changes: list[dict[str, Any]] = []
        members = known.get(name, {})
        new = [path for path in dict.fromkeys(add) if path not in members]
        if name not in known or new:
            changes += _lines(name, "add", new)
        changes += _lines(name, "remove", [path for path in remove if path in members])
        if rename and rename != name:
            _check_name(rename)
            if rename in known:
                raise RabbitError(
                    ErrorKind.INVALID_REQUEST,
                    f"There is a collection {rename} already.",
                    "Choose another name.",
                )
            changes.append({"name": name, "rename": rename})
        self._append([change for change in changes if len(change) > 1])

    def _existing(self, name: str) -> Members:
        members = self._load().get(name)
        if members is None:
            raise RabbitError(ErrorKind.NOT_FOUND, f"There is no collection {name}.")
        return members

    def _load(self) -> dict[str, Members]:
        if self._known is not None:
            return self._known
        known: dict[str, Members] = {}
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise self._failure(error, "read") from error
        passed_over = 0
        for line in data.splitlines():
            try:
                _apply(known, json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                passed_over += 1
        if passed_over:
            log.warning("%s: lines that were damaged: %d", self._path, passed_over)
        self._known, self._lines_bytes = known, len(data)
        if data and not data.endswith(b"\n"):
            self._rewrite()
        return known

    def _append(self, changes: list[dict[str, Any]]) -> None:
        if not changes:
            return
        known = self._load()
        data = b"".join(json.dumps(change).encode("ascii") + b"\n" for change in changes)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            append_durably(self._path, data)
        except OSError as error:
            raise self._failure(error, "written") from error
        for change in changes:
            _apply(known, change)
        self._lines_bytes += len(data)
        if self._lines_bytes > _TIDY_ABOVE_BYTES and self._lines_bytes > 3 * _size(known):
            self._rewrite()

    def _rewrite(self) -> None:
        """Write the file anew with what counts; without success it stays as it is."""
        known = self._known or {}
        lines = [line for name, members in known.items() for line in _lines(name, "add", members)]
        data = b"".join(json.dumps(line).encode("ascii") + b"\n" for line in lines)
        temporary = self._path.with_name(self._path.name + ".new")
        try:
            with open(temporary, "wb", opener=private) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
            self._lines_bytes = len(data)
        except OSError as error:
            log.warning("%s could not be tidied: %s", self._path, error)

    def _failure(self, error: OSError, done: str) -> RabbitError:
        return RabbitError(
            ErrorKind.DISK_FULL if error.errno == 28 else ErrorKind.PERMISSION_DENIED,
            f"The collections in {self._path} could not be {done}: {error.strerror}.",
            "Check that its folder can be written and that its disk has room.",
        )


def _lines(name: str, what: str, paths: Iterable[bytes]) -> list[dict[str, Any]]:
    texts = [_text(path) for path in paths]
    if not texts:
        return [{"name": name, what: []}] if what == "add" else []
    return [
        {"name": name, what: texts[start : start + _PATHS_PER_LINE]}
        for start in range(0, len(texts), _PATHS_PER_LINE)
    ]


def _apply(known: dict[str, Members], change: dict[str, Any]) -> None:
    moved = {os.fsencode(old): os.fsencode(new) for old, new in change.get("moved", ())}
    for name, members in known.items():
        if not moved.keys().isdisjoint(members):
            known[name] = {moved.get(path, path): None for path in members}
    if "name" not in change:
        return
    name = str(change["name"])
    if change.get("delete"):
        known.pop(name, None)
        return
    if "add" in change:
        known.setdefault(name, {}).update((os.fsencode(path), None) for path in change["add"])
    for path in change.get("remove", ()):
        known.get(name, {}).pop(os.fsencode(path), None)
    if "rename" in change and name in known:
        known[str(change["rename"])] = known.pop(name)


def _size(known: dict[str, Members]) -> int:
    return sum(len(path) + 8 for members in known.values() for path in members) + 1


def _text(path: bytes) -> str:
    return os.fsdecode(path)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A collection cannot be called {name[:_MAX_NAME]!r}.",
            f"Give it a name of 1 to {_MAX_NAME} characters.",
        )
