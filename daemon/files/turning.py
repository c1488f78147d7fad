"""Turning photos in their own files, through a worker, journalled."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence

from daemon.files.organise import chunks
from daemon.files.primitives import sync_folders_of, temporary_beside
from daemon.files.transfer import inode_of
from daemon.files.work import Work
from daemon.protocol.errors import RabbitError
from daemon.render import Priority, RenderManager
from daemon.storage.journal import JournalStep, Turned
from daemon.tasks import TurnPhoto

TURNS = {"left": "right", "right": "left", "half": "half", "mirror": "mirror", "flip": "flip"}
"""Every turn and what undoes it."""

PHOTOS_PER_NOTE = 16
_AT_ONCE = 4

WriteTurned = Callable[[bytes, str, bytes], Awaitable[None]]
"""Has a worker write a photo, turned, to a temporary file."""


def by_workers(render: RenderManager) -> WriteTurned:
    """Return a function that has a worker of *render* write turned photos."""

    async def write(path: bytes, turn: str, temp: bytes) -> None:
        task = TurnPhoto(path=path, turn=turn, temp_path=temp)
        await render.submit(task, priority=Priority.NEAR).result()

    return write


def turn_photos(
    work: Work, step: JournalStep, turns: Sequence[tuple[bytes, str]], write: WriteTurned
) -> None:
    """Turn photos, each in one step: its file is replaced by a complete one.

    The file's time becomes the time of turning, so that thumbnails are made anew. A symbolic link
    stays one; the photo it leads to is turned.
    """
    work.total = len(turns)
    for some in chunks(list(turns), PHOTOS_PER_NOTE):
        if work.cancelled:
            return
        records = [_record(os.path.realpath(path), turn) for path, turn in some]
        place = step.note_now(records)
        written = work.on_loop(_written(records, write))
        undone: list[int] = []
        for number, (record, (path, _), error) in enumerate(
            zip(records, some, written, strict=True), place
        ):
            failed = error or _replaced(record, wanted=not work.cancelled)
            if isinstance(failed, (OSError, RabbitError)):
                work.fail(path, "could not be turned", failed)
            if failed:
                undone.append(number)
            work.advance(path)
        step.retract_now(undone)
        sync_folders_of(record.path for record in records)
        work.files_changed(path for path, _ in some)


def _record(path: bytes, turn: str) -> Turned:
    return Turned(path, turn, temporary_beside(path), inode_of(path))


async def _written(
    records: Sequence[Turned], write: WriteTurned
) -> list[OSError | RabbitError | None]:
    """Have the temporary files written, a few at once."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(record: Turned) -> OSError | RabbitError | None:
        async with limit:
            try:
                await write(record.path, record.turn, record.temp)
            except (OSError, RabbitError) as error:
                return error
        return None

    return await asyncio.gather(*(one(record) for record in records))


def _replaced(record: Turned, *, wanted: bool) -> OSError | bool:
    """Put the turned file in the photo's place; truth: it was not done."""
    try:
        if wanted and inode_of(record.path) == record.inode:
            os.replace(record.temp, record.path)
            return False
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(record.temp)
        return error
    with contextlib.suppress(OSError):
        os.unlink(record.temp)
    return True
