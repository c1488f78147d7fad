"""The service for file work with a journal and a trash of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from daemon.decode.turn import write_turned
from daemon.files.service import FileWorkService
from daemon.files.trash import Trash
from daemon.protocol.message import Message
from daemon.protocol.organising import (
    FileWorkDone,
    FileWorkProgress,
    FileWorkStarted,
    Journal,
    UndoRequest,
)
from daemon.storage.journal import JournalStore
from daemon.tasks import PhotoFacts
from tests.fakes.peer import FakePeer


class Desk:
    """A client's view of the service.

    Attributes:
        changed: Paths that the catalogue would hear of.
        journals: What the journal said it would undo and redo, every time it changed.
    """

    def __init__(self, service: FileWorkService, journals: list[Message]) -> None:
        self.service = service
        self.peer = FakePeer()
        self.journals = journals
        self.changed: list[bytes] = []
        service.on_files_changed.append(self.changed.extend)

    async def ask(self, answer: object) -> FileWorkDone:
        """Wait for the end of the work that *answer* (a coroutine) starts."""
        started = await answer  # type: ignore[misc]
        assert isinstance(started, FileWorkStarted)
        while True:
            for message in self.peer.of(FileWorkDone):
                assert isinstance(message, FileWorkDone)
                if message.work_id == started.work_id:
                    return message
            await self.peer.wait_for(FileWorkDone, len(self.peer.of(FileWorkDone)) + 1)

    async def undo(self) -> FileWorkDone:
        """Undo the newest step."""
        return await self.ask(self.service.undo(self.peer, UndoRequest()))

    async def redo(self) -> FileWorkDone:
        """Do it again."""
        return await self.ask(self.service.undo(self.peer, UndoRequest(redo=True)))

    def progress(self) -> list[FileWorkProgress]:
        """Return the progress that was told."""
        return list(self.peer.of(FileWorkProgress))  # type: ignore[misc]


@contextlib.asynccontextmanager
async def desk(
    folder: Path, facts: Mapping[bytes, PhotoFacts] | None = None
) -> AsyncIterator[Desk]:
    """Have the service run with its data below *folder*."""

    async def facts_of(paths: Sequence[bytes]) -> Mapping[bytes, PhotoFacts]:
        return facts or {}

    async def turn(path: bytes, turn: str, temp: bytes) -> None:
        await asyncio.to_thread(write_turned, path, turn, temp, lambda: None)

    journals: list[Message] = []
    journal = JournalStore(folder / "data" / "journal.jsonl")
    await journal.open()
    service = FileWorkService(
        journal,
        lambda message, blob=b"": journals.append(message),
        facts_of,
        turn,
        trash=Trash(folder / "Trash"),
    )
    await service.recover()
    try:
        yield Desk(service, journals)
    finally:
        await service.close()
        await journal.close()


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below *folder* with its content."""
    return {
        os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace"): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


__all__ = ["Desk", "Journal", "desk", "tree"]
