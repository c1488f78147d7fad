"""From a request to a job: what is refused is refused here, before anything is sent or kept."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from daemon.comfyui.graph import Workflow
from daemon.comfyui.hosts import BUILTIN, HostChoice
from daemon.comfyui.wildcards import resolve
from daemon.edits.budget import check_cost, cost_of_run
from daemon.edits.masks import JobMasks
from daemon.edits.outputs import Target, check_writable, plan_target
from daemon.edits.pictures import JobPictures, check_there
from daemon.edits.requests import check_files, check_fit, check_values
from daemon.edits.run_choice import RunChooser, check_run
from daemon.edits.sources import (
    EditSource,
    EditSources,
    check_mask_fits_mode,
    mask_that_counts,
)
from daemon.edits.work_files import NOT_IN_THE_LUT, WorkFiles, link_or_copy
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest
from daemon.settings import SettingsStore
from daemon.storage.job_record import JobRecord

LOOK = "look"
IMAGE = "image"
_RANDOM_SEEDS = 2**53  # any program reads these exactly, from JSON too


class GivenLook(NamedTuple):
    """What a job that applies a look was given.

    Attributes:
        name: The look's name, or the prompt that the grade came from.
        look_id: Empty: it is the grade of a job.
        grade_of: That job.
        ai: A model made it.
        note: Empty, or what could not be taken along.
    """

    name: str
    look_id: str = ""
    grade_of: str = ""
    ai: bool = False
    note: str = ""


class LookSource(Protocol):
    """The looks library and the finished grades, as new jobs see them."""

    async def give(self, request: AiEditRequest, photo: bytes, files: WorkFiles) -> GivenLook:
        """Put the LUT that *request* names into a job's folder, to stay whatever happens."""
        ...


class EditIntake:
    """Makes jobs of requests, and new tries of old jobs."""

    def __init__(
        self,
        *,
        sources: EditSources,
        masks: JobMasks,
        given_pictures: JobPictures,
        chooser: RunChooser,
        settings: SettingsStore,
        looks: LookSource,
        work: Path,
        pictures: Path,
    ) -> None:
        """Prepare.

        Args:
            sources: Finds photo and mask.
            masks: Takes the mask.
            given_pictures: Takes further pictures.
            chooser: Says what runs, and who may run it.
            settings: How results are named.
            looks: Gives the LUTs that are there already.
            work: Every job has a folder in it.
            pictures: Where results of pictures go that a pool owns and that lie nowhere else.
        """
        self._sources = sources
        self._masks = masks
        self._given_pictures = given_pictures
        self._chooser = chooser
        self._settings = settings
        self._looks = looks
        self._work = work
        self._pictures = pictures

    def files(self, job_id: str) -> WorkFiles:
        """Return the files of a job."""
        return WorkFiles(self._work / job_id)

    async def begin(self, request: AiEditRequest) -> JobRecord:
        """Return the record of a new job, whose mask is in its folder.

        Raises:
            RabbitError: it cannot be done; nothing is left behind.
        """
        check_values(request)
        source = await self._sources.find(request)
        await asyncio.to_thread(check_files, source.path, bytes(request.cube))
        if request.look or request.grade_of:
            return await self._begin_look(request, source)
        choice, workflow = await self._chooser.choose(request)
        manifest = workflow.manifest
        check_run(request, workflow)
        keeps_picture = manifest.result == IMAGE
        mask = mask_that_counts(source, manifest, "auto" if keeps_picture else request.fit)
        await self._check_cost(request, source, workflow)
        notes = [choice.note] if choice.note else []
        if request.prompt.strip() and "prompt" not in manifest.bindings:
            notes.append(f"The prompt was left out: '{manifest.title}' takes none.")
        if source.mask and not mask:
            notes.append(f"The photo's mask was left out: '{manifest.title}' works on all of it.")
        target = self._target(source, request, manifest.operation)
        await asyncio.to_thread(check_writable, target)
        seed = new_seed() if request.seed is None else request.seed
        record = _record(request, source, target)
        record = msgspec.structs.replace(
            record,
            operation=manifest.operation,
            workflow=choice.workflow,
            host=choice.host_name,
            host_wanted=wanted_host(choice, request.host),
            ai=choice.ai,
            seed=seed,
            prompt_used=resolve(request.prompt, seed),
            fit_mode="model" if keeps_picture else request.fit,
            result=manifest.result,
            images=tuple(request.images),
            notes=tuple(notes),
            mask_path=mask,
        )
        images = {name: bytes(path) for name, path in request.images.items()}
        return await self._give(record, resize=request.resize_mask, images=images)

    async def _check_cost(
        self, request: AiEditRequest, source: EditSource, workflow: Workflow
    ) -> None:
        """Refuse a run over the budget before anything is made ready for it."""
        limit = self._settings.current.comfyui.max_compute
        if limit:
            size = await self._given_pictures.size_of(source.path)
            check_cost(cost_of_run(workflow, size, request.long_edge_px, request.parameters), limit)

    async def _begin_look(self, request: AiEditRequest, source: EditSource) -> JobRecord:
        """Return the record of a job that puts a look, or a finished job's grade, on a photo."""
        target = self._target(source, request, LOOK)
        await asyncio.to_thread(check_writable, target)
        record = _record(request, source, target)
        files = self.files(record.job_id)
        try:
            given = await self._looks.give(request, source.path, files)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, files.folder, ignore_errors=True)
            raise
        record = msgspec.structs.replace(
            record,
            prompt=given.name,
            look_id=given.look_id,
            grade_of=given.grade_of,
            ai=given.ai,
            notes=(given.note,) if given.note else (),
        )
        return await self._give(record, resize=request.resize_mask)

    async def again(
        self,
        old: JobRecord,
        *,
        other_seed: bool,
        fit: str = "",
        host: str = "",
        free_memory: bool = False,
    ) -> JobRecord:
        """Return the record of another try, which has what the first one was given.

        What the first try made is used too unless the seed is another one; of a try with another
        *fit* the host's picture. *host*: another one than before. *free_memory*: that host is to
        unload its models first.

        Raises:
            RabbitError: its mask is gone for good, or the picture for another fit.
        """
        before = self.files(old.job_id)
        if fit:
            await asyncio.to_thread(_check_another_fit, old, fit, before, other_seed=other_seed)
        fresh = msgspec.structs.replace(
            old,
            job_id=str(uuid.uuid4()),
            created=time.time(),
            state="waiting",
            stage="prepare",
            progress_pct=0.0,
            message="",
            prompt_id="",
            prompt_ids=(),
            sends=0,
            lost=0,
            paused=False,
            free_memory=free_memory,
            temp_path=b"",
            temp_inode=0,
            result_path=b"",
            cube_path=b"",
            outside_identical=None,
            error=None,
            timings_s={},
        )
        anew = other_seed
        if host and not old.applies_look:
            fresh = await self._elsewhere(fresh, host)
            anew = anew or fresh.workflow != old.workflow
        asked_again = anew or bool(host) or not await asyncio.to_thread(before.edited.exists)
        if asked_again:
            fresh = msgspec.structs.replace(fresh, host=fresh.host_wanted)
        if anew:
            fresh = msgspec.structs.replace(fresh, small=None, fit=None)
        if other_seed:
            seed = new_seed()
            used = resolve(old.prompt, seed)
            fresh = msgspec.structs.replace(fresh, seed=seed, prompt_used=used)
        if fit:
            notes = tuple(note for note in old.notes if note != NOT_IN_THE_LUT)
            fresh = msgspec.structs.replace(fresh, fit_mode=fit, fit=None, notes=notes)
        await asyncio.to_thread(
            before.hand_over,
            self.files(fresh.job_id),
            pictures=not anew,
            grade=not anew and not fit and not host,
        )
        if host:  # another host is to make its own
            await asyncio.to_thread(self.files(fresh.job_id).edited.unlink, missing_ok=True)
        return await self._give(fresh, resize=old.mask is not None and old.mask.resized)

    async def _elsewhere(self, record: JobRecord, host: str) -> JobRecord:
        """Return *record* for the host that the user named, with what may run there."""
        choice = await self._chooser.for_host(record.workflow, host)
        mask = record.mask
        kept = (mask.fitted_note(),) if mask is not None and mask.resized else ()
        return msgspec.structs.replace(
            record,
            host_wanted=wanted_host(choice, host),
            workflow=choice.workflow,
            ai=choice.ai,
            notes=(*((choice.note,) if choice.note else ()), *kept),
        )

    async def _give(
        self, record: JobRecord, *, resize: bool, images: Mapping[str, bytes] | None = None
    ) -> JobRecord:
        """Put into the job's folder what must not change under it, unless it is there."""
        files = self.files(record.job_id)
        own = files.original(record)
        try:
            if record.own_picture and not own.exists():
                await asyncio.to_thread(_give_picture, record.path, own)
            if record.mask_path and not files.mask.exists():
                await asyncio.to_thread(files.folder.mkdir, 0o700, parents=True, exist_ok=True)
                facts = await self._masks.take(
                    record.mask_path, os.fsencode(own), files.mask, resize=resize
                )
                notes = (*record.notes, *((facts.fitted_note(),) if facts.resized else ()))
                record = msgspec.structs.replace(record, mask=facts, notes=notes)
            await self._given_pictures.take(images or {}, files)
            await asyncio.to_thread(check_there, record.images, files)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, files.folder, ignore_errors=True)
            raise
        return record

    def _target(self, source: EditSource, request: AiEditRequest, operation: str) -> Target:
        folder = os.fsencode(self._pictures) if source.own_picture else os.path.dirname(source.path)
        return plan_target(
            os.path.join(folder, source.title()),
            bytes(request.output),
            pattern=self._settings.current.output.pattern,
            operation=operation,
        )


def _record(request: AiEditRequest, source: EditSource, target: Target) -> JobRecord:
    """Return what a job's record says of its request alone; of a look, but for its name, all."""
    return JobRecord(
        job_id=str(uuid.uuid4()),
        created=time.time(),
        path=source.path,
        operation=LOOK,
        prompt=request.prompt,
        workflow="",
        host="",
        ai=False,
        strength=request.strength,
        seed=0,
        fit_mode="lut",
        lut_size=request.lut_size,
        long_edge_px=request.long_edge_px,
        target=target.base,
        extension=target.extension,
        cube=bytes(request.cube),
        parameters=request.parameters,
        mask_path=source.mask,
        pool_id=source.pool_id,
        slot=source.slot,
        index=source.index,
        count=source.count,
        label=source.label,
        content_hash=source.content_hash,
        own_picture=source.own_picture,
        channels=request.channels,
        negative=request.negative,
        prompt_2=request.prompt_2,
        negative_prompt_2=request.negative_prompt_2,
    )


def wanted_host(choice: HostChoice, named: str) -> str:
    """Return the only host that a job may go to; empty: any that can do it.

    It is kept with the job and told to clients: the choice's name for it has no login in it.
    """
    return choice.host_name if named or choice.host_name == BUILTIN else ""


def new_seed() -> int:
    """Return a seed by chance."""
    return secrets.randbelow(_RANDOM_SEEDS)


def _check_another_fit(old: JobRecord, fit: str, files: WorkFiles, *, other_seed: bool) -> None:
    """Refuse another fit of a job that has nothing to be fitted.

    Raises:
        RabbitError: says why.
    """
    check_fit(fit)
    if old.applies_look:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"The look on {os.fsdecode(old.path)} was not fitted: there is no other fit of it.",
        )
    check_mask_fits_mode(fit, has_mask=bool(old.mask_path))
    if not other_seed and old.state == "done" and not files.has_pictures():
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"The model's picture of this grade of {os.fsdecode(old.path)} is no longer kept.",
            "Run the grade again with the fit that you want.",
        )


def _give_picture(path: bytes, copy: Path) -> None:
    copy.parent.mkdir(0o700, parents=True, exist_ok=True)
    try:
        link_or_copy(Path(os.fsdecode(path)), copy)
    except OSError as error:
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"{os.fsdecode(path)} cannot be read: {error.strerror}.",
            "It was a picture of a pool; begin the edit anew with one that is there.",
        ) from error
