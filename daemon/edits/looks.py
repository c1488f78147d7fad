"""The looks library, as clients use it, and the LUTs that others take from it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from daemon.edits.intake import GivenLook
from daemon.edits.lut_conversion import LutConverter
from daemon.edits.outputs import remove_temporary
from daemon.edits.work_files import WorkFiles, link_or_copy
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    AiEditRequest,
    LookDelete,
    LookExport,
    LookRename,
    LookRestore,
    Looks,
    LookSave,
    LookSaved,
    LooksRequest,
    LutConverted,
)
from daemon.protocol.peer import Peer, PublishToOthers
from daemon.protocol.values import LookInfo
from daemon.storage.job_record import JobRecord
from daemon.storage.looks import LookStore, checked_name, usable_name

_SPATIAL = (
    "The grade varies over its photo; the look has the colour change that is the same everywhere."
)
_NOT_THE_WHOLE = (
    "The grade varies over the photo that it was made for; other photos get the colour change that "
    "is the same everywhere."
)
_MAX_PROMPT_NAME = 60

FindJob = Callable[[str], Awaitable[JobRecord | None]]


class KeptGrade(NamedTuple):
    """The grade of a finished job.

    Attributes:
        job: Which.
        cube: Its LUT.
        grid: What of it varies over the photo; None: nothing.
    """

    job: JobRecord
    cube: bytes
    grid: bytes | None


class LookService:
    """Answers about looks; whoever did not ask hears of every change."""

    def __init__(
        self,
        *,
        store: LookStore,
        find_job: FindJob,
        files: Callable[[str], WorkFiles],
        converter: LutConverter,
        publish: PublishToOthers,
        tables: bytes = b"",
    ) -> None:
        """Prepare.

        Args:
            store: The library.
            find_job: Returns a job by its id.
            files: Where a job's files are.
            converter: Reads and writes LUT files.
            publish: How others hear of changes.
            tables: Folder for copies of LUTs that are read faster; safe to delete.
        """
        self._store = store
        self._find_job = find_job
        self._files = files
        self._converter = converter
        self._publish = publish
        self._tables = tables
        self._revision = 0

    # ------------------------------------------------------------ clients

    async def looks(self, peer: Peer, request: LooksRequest) -> Looks:
        """List the looks."""
        del peer, request
        return await self._all()

    async def save(self, peer: Peer, request: LookSave) -> LookSaved:
        """Keep the LUT of a finished grade, or of a file, as a look."""
        if bool(request.job_id) == bool(request.lut):
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                "A look is saved of a finished grade or of a LUT file: name one of them.",
            )
        if request.job_id:
            saved = await self._save_grade(request)
        else:
            saved = await self._save_file(request)
        await self._tell(peer)
        return saved

    async def rename(self, peer: Peer, request: LookRename) -> Looks:
        """Give a look another name."""
        await self._store.rename(request.look_id, request.name)
        return await self._tell(peer)

    async def delete(self, peer: Peer, request: LookDelete) -> Looks:
        """Take a look out of the library."""
        await self._store.delete(request.look_id)
        return await self._tell(peer)

    async def restore(self, peer: Peer, request: LookRestore) -> Looks:
        """Take a deleted look back."""
        await self._store.restore(request.look_id)
        return await self._tell(peer)

    async def export(self, peer: Peer, request: LookExport) -> LutConverted:
        """Write a look to a file of its own."""
        del peer
        look = await self._store.get(request.look_id)
        cube = os.fsencode(self._store.cube(look.look_id))
        output = bytes(request.output)
        return await self._converter.write(cube, output, request.size, look.name)

    # ------------------------------------------------------------ other services

    async def lut_of(self, look_id: str) -> bytes:
        """Return the file of a look's LUT.

        Raises:
            RabbitError: ``not_found``.
        """
        return os.fsencode(self._store.cube((await self._store.get(look_id)).look_id))

    async def luts_of(self, look_ids: tuple[str, ...]) -> dict[str, bytes]:
        """Return the LUTs of those looks that are in the library, by id."""
        there = {look.look_id for look in await self._store.all()}
        return {key: os.fsencode(self._store.cube(key)) for key in look_ids if key in there}

    async def files_of(self, job_id: str) -> tuple[bytes, bytes]:
        """Return LUT and spatial part (empty: none) of a finished job's grade.

        Raises:
            RabbitError: as :meth:`grade_of`.
        """
        kept = await self.grade_of(job_id)
        return kept.cube, kept.grid or b""

    async def give(self, request: AiEditRequest, photo: bytes, files: WorkFiles) -> GivenLook:
        """Put the LUT of a look or of a finished grade into a job's folder.

        What of a grade varies over its photo goes along to the same photo only.

        Raises:
            RabbitError: there is no such look or grade any more, or the disk refuses.
        """
        if request.look:
            look = await self._store.give(request.look, files.look)
            return GivenLook(look.name, look_id=look.look_id, ai=look.ai)
        kept = await self.grade_of(request.grade_of)
        job, grid = kept.job, kept.grid if kept.job.path == photo else None
        try:
            await asyncio.to_thread(_link, kept.cube, grid, files)
        except FileNotFoundError as error:
            raise _not_kept(job) from error
        note = _NOT_THE_WHOLE if kept.grid is not None and grid is None else ""
        return GivenLook(job.prompt, look_id=job.look_id, grade_of=job.job_id, ai=job.ai, note=note)

    async def grade_of(self, job_id: str) -> KeptGrade:
        """Return the grade of a finished job; of one that applied a look, that look.

        Raises:
            RabbitError: it has none, or it is not kept any more.
        """
        job = await self._find_job(job_id)
        if job is None:
            raise RabbitError(ErrorKind.NOT_FOUND, f"There is no job {job_id}.")
        if job.state != "done":
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                "The job has not finished: it has no grade to take.",
                "Wait for its end.",
            )
        if job.fit_mode == "model":
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The grade of {os.fsdecode(job.path)} kept the model's own picture: it is no LUT.",
                "Grade it with the fit auto or lut.",
            )
        kept = await asyncio.to_thread(_kept, job, self._files(job_id))
        if kept is None and job.look_id:
            kept = KeptGrade(job, await self.lut_of(job.look_id), None)
        if kept is None:
            raise _not_kept(job)
        return kept

    # ------------------------------------------------------------ saving

    async def _save_grade(self, request: LookSave) -> LookSaved:
        kept = await self.grade_of(request.job_id)
        job = kept.job
        name = request.name.strip() or usable_name(_shortened(job.prompt))
        notes = (_SPATIAL,) if kept.grid is not None else ()
        return await self._keep(kept.cube, name, prompt=job.prompt, ai=job.ai, notes=notes)

    async def _save_file(self, request: LookSave) -> LookSaved:
        source = bytes(request.lut)
        if not os.path.isabs(source):
            message = f"{os.fsdecode(source)} is not an absolute path."
            raise RabbitError(ErrorKind.INVALID_REQUEST, message)
        stem = os.path.splitext(os.path.basename(os.fsdecode(source)))[0]
        return await self._keep(source, request.name.strip() or usable_name(stem))

    async def _keep(
        self,
        source: bytes,
        name: str,
        *,
        prompt: str = "",
        ai: bool = False,
        notes: tuple[str, ...] = (),
    ) -> LookSaved:
        """Have a worker check and copy the LUT *source*, and take the copy into the library."""
        name = checked_name(name)
        fresh = await self._store.temporary()
        try:
            written = await self._converter.ask(source, fresh, title=name, tables=self._tables)
            wanted = LookInfo(
                look_id="",
                name=name,
                added=0.0,
                space=written.space,
                size=written.size,
                prompt=prompt,
                ai=ai,
            )
            look = await self._store.add(wanted, fresh)
        finally:
            await asyncio.to_thread(remove_temporary, os.fsencode(fresh))
        return LookSaved(look=look, notes=(*notes, *written.notes))

    async def _tell(self, peer: Peer) -> Looks:
        """Return the looks after a change, and tell the others."""
        self._revision += 1
        looks = await self._all()
        self._publish(looks, but=peer)
        return looks

    async def _all(self) -> Looks:
        return Looks(looks=await self._store.all(), revision=self._revision)


def _kept(job: JobRecord, files: WorkFiles) -> KeptGrade | None:
    """Return the grade that lies in a job's work folder."""
    cube, grid = files.cube, files.grid
    if job.applies_look:
        cube, grid = files.look, files.look_grid
    if not cube.is_file():
        return None
    return KeptGrade(job, os.fsencode(cube), os.fsencode(grid) if grid.is_file() else None)


def _link(cube: bytes, grid: bytes | None, files: WorkFiles) -> None:
    """Have a grade in a job's folder; the LUT comes last."""
    files.folder.mkdir(0o700, parents=True, exist_ok=True)
    if grid is not None:
        link_or_copy(Path(os.fsdecode(grid)), files.look_grid)
    link_or_copy(Path(os.fsdecode(cube)), files.look)


def _not_kept(job: JobRecord) -> RabbitError:
    return RabbitError(
        ErrorKind.NOT_FOUND,
        f"The LUT of this grade of {os.fsdecode(job.path)} is not kept any more.",
        "Grade the photo again; the newest 200 grades keep theirs.",
    )


def _shortened(prompt: str) -> str:
    """Return the beginning of *prompt*, not through a word."""
    text = " ".join(prompt.split())
    if len(text) <= _MAX_PROMPT_NAME:
        return text
    cut = text[: _MAX_PROMPT_NAME + 1].rsplit(" ", 1)[0]
    return cut[:_MAX_PROMPT_NAME].rstrip(" ,.;:") + "…"
