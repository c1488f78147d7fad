"""LUTs without a host: fitting one to a pair of pictures, applying one to a photo, or both."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

import msgspec

from daemon.edits.lut_conversion import HALD_ENDING, lut_target
from daemon.edits.masks import JobMasks
from daemon.edits.outputs import (
    Target,
    check_writable,
    give_final_name,
    name_file,
    plan_target,
    remove_temporary,
)
from daemon.edits.requests import MAX_LUT_SIZE, MIN_LUT_SIZE, check_apply
from daemon.edits.work_files import SPATIAL
from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.protocol.messages import (
    LutApplied,
    LutApplyRequest,
    LutExtracted,
    LutExtractRequest,
    LutGraded,
    LutSpatialRequest,
)
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager, of_kind
from daemon.settings import SettingsStore
from daemon.tasks import ApplyLut, FileWritten, FitPair, GradeFitted

_OPERATION = "lut"


class LutService:
    """The ``lut extract``, ``lut apply`` and ``lut spatial`` of the command line."""

    def __init__(
        self, render: RenderManager, settings: SettingsStore, masks: JobMasks, work: Path
    ) -> None:
        """Prepare.

        Args:
            render: Does the work.
            settings: How results are written.
            masks: Looks at masks.
            work: A folder for files that are needed only while a request is answered.
        """
        self._render = render
        self._settings = settings
        self._masks = masks
        self._work = work

    async def extract(self, peer: Peer, request: LutExtractRequest) -> LutExtracted:
        """Fit a LUT to (original, edited) and write it."""
        del peer
        _check_absolute(request.original, request.edited, request.output)
        if not MIN_LUT_SIZE <= request.size <= MAX_LUT_SIZE:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"A LUT of size {request.size} is outside {MIN_LUT_SIZE} to {MAX_LUT_SIZE}.",
            )
        target = lut_target(bytes(request.output))
        await asyncio.to_thread(check_writable, target)
        temp = target.temporary(uuid.uuid4().hex)
        wanted = FitPair(
            original_path=bytes(request.original),
            edited_path=bytes(request.edited),
            cube_path=temp,
            lut_size=request.size,
            register=request.register,
            hald=target.extension == HALD_ENDING,
        )
        try:
            fitted = await self._fit(wanted)
            final = await asyncio.to_thread(name_file, temp, target, target.extension)
        finally:
            await asyncio.to_thread(remove_temporary, temp)
        return LutExtracted(cube_path=final, fit=fitted.report, notes=fitted.notes)

    async def apply(self, peer: Peer, request: LutApplyRequest) -> LutApplied:
        """Apply a LUT file to a photo at full size."""
        del peer
        _check_absolute(request.path, request.cube, request.output)
        if request.mask:
            _check_absolute(request.mask)
        check_apply(request.strength, request.channels)
        target = await self._target(request.path, request.output)
        mask = self._work / f"{uuid.uuid4().hex}.png"
        lut = readable(os.path.basename(os.fsdecode(request.cube)))
        recipe = {
            "lut": lut,
            "strength": request.strength,
            "channels": request.channels,
            "mask": bool(request.mask),
        }
        try:
            if request.mask:
                photo = bytes(request.path)
                await asyncio.to_thread(self._work.mkdir, 0o700, parents=True, exist_ok=True)
                await self._masks.take(bytes(request.mask), photo, mask, resize=request.resize_mask)
            wanted = ApplyLut(
                path=bytes(request.path),
                cube_path=bytes(request.cube),
                temp_path=b"",
                strength=request.strength,
                channels=request.channels,
                mask_path=os.fsencode(mask) if request.mask else b"",
                recipe=_recipe(recipe),
            )
            final, written = await self._grade(wanted, target)
        finally:
            await asyncio.to_thread(remove_temporary, os.fsencode(mask))
        return LutApplied(
            result_path=final, notes=written.notes, outside_identical=written.outside_identical
        )

    async def spatial(self, peer: Peer, request: LutSpatialRequest) -> LutGraded:
        """Fit a grade that varies over the picture to a pair, and apply it to a photo."""
        del peer
        _check_absolute(request.original, request.edited, request.path, request.output)
        check_apply(request.strength, request.channels)
        target = await self._target(request.path, request.output)
        name = uuid.uuid4().hex
        cube, grid = (os.fsencode(self._work / f"{name}.{each}") for each in ("cube", "grid"))
        wanted = FitPair(
            original_path=bytes(request.original),
            edited_path=bytes(request.edited),
            cube_path=cube,
            register=request.register,
            fit=SPATIAL,
            grid_path=grid,
            photo_path=bytes(request.path),
        )
        try:
            await asyncio.to_thread(self._work.mkdir, 0o700, parents=True, exist_ok=True)
            fitted = await self._fit(wanted)
            fit = fitted.report
            recipe = {
                "lut": readable(os.path.basename(os.fsdecode(request.edited))),
                "model": fit.model,
                "strength": request.strength,
                "channels": request.channels,
            }
            apply = ApplyLut(
                path=bytes(request.path),
                cube_path=cube,
                grid_path=grid if fit.model == SPATIAL else b"",
                temp_path=b"",
                strength=request.strength,
                channels=request.channels,
                recipe=_recipe(recipe),
            )
            final, written = await self._grade(apply, target)
        finally:
            for file in (cube, grid):
                await asyncio.to_thread(remove_temporary, file)
        return LutGraded(result_path=final, fit=fit, notes=(*fitted.notes, *written.notes))

    async def _target(self, photo: bytes, output: bytes) -> Target:
        """Return where the result of *photo* goes; its folder is there and takes files."""
        pattern = self._settings.current.output.pattern
        target = plan_target(bytes(photo), bytes(output), pattern=pattern, operation=_OPERATION)
        await asyncio.to_thread(check_writable, target)
        return target

    async def _fit(self, wanted: FitPair) -> GradeFitted:
        result, _ = await self._render.submit(wanted, priority=Priority.EDIT).result()
        return of_kind(result, GradeFitted)

    async def _grade(self, wanted: ApplyLut, target: Target) -> tuple[bytes, FileWritten]:
        """Write a graded photo; return its final name and what is to be said of it."""
        settings = self._settings.current.output
        temp = target.temporary(uuid.uuid4().hex)
        whole = msgspec.structs.replace(
            wanted,
            temp_path=temp,
            extension=target.extension,
            raw_format=settings.raw_format,
            jpeg_quality=settings.jpeg_quality,
        )
        try:
            result, _ = await self._render.submit(whole, priority=Priority.EDIT).result()
            written = of_kind(result, FileWritten)
            final = await asyncio.to_thread(
                give_final_name, temp, written.inode, target, written.extension
            )
        finally:
            await asyncio.to_thread(remove_temporary, temp)
        return final, written


def _recipe(facts: Mapping[str, object]) -> str:
    """Return what is embedded in the result: enough to do the same again."""
    return msgspec.json.encode({"rabbitviewer": 1, "operation": _OPERATION, **facts}).decode()


def _check_absolute(*paths: bytes) -> None:
    for path in paths:
        if not os.path.isabs(path):
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"{os.fsdecode(path)} is not an absolute path."
            )
