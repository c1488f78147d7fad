"""LUTs without a host: fitting one to a pair of pictures, applying one to a photo."""

from __future__ import annotations

import asyncio
import os
import uuid
from pathlib import Path

import msgspec

from daemon.edits.masks import JobMasks
from daemon.edits.outputs import (
    CUBE,
    check_writable,
    cube_target,
    give_final_name,
    name_file,
    plan_target,
    remove_temporary,
)
from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.protocol.messages import (
    LutApplied,
    LutApplyRequest,
    LutExtracted,
    LutExtractRequest,
)
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager
from daemon.settings import SettingsStore
from daemon.tasks import ApplyLut, FileWritten, FitPair, GradeFitted

_OPERATION = "lut"


class LutService:
    """The ``lut extract`` and ``lut apply`` of the command line."""

    def __init__(
        self, render: RenderManager, settings: SettingsStore, masks: JobMasks, work: Path
    ) -> None:
        """Prepare.

        Args:
            render: Does the work.
            settings: How results are written.
            masks: Looks at masks.
            work: A folder for copies of masks while they are used.
        """
        self._render = render
        self._settings = settings
        self._masks = masks
        self._work = work

    async def extract(self, peer: Peer, request: LutExtractRequest) -> LutExtracted:
        """Fit a LUT to (original, edited) and write it."""
        del peer
        for path in (request.original, request.edited, request.output):
            _check_absolute(path)
        if not 2 <= request.size <= 129:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"A LUT of size {request.size} is outside 2 to 129."
            )
        target = cube_target(bytes(request.output))
        await asyncio.to_thread(check_writable, target)
        temp = target.temporary(uuid.uuid4().hex)
        wanted = FitPair(
            original_path=bytes(request.original),
            edited_path=bytes(request.edited),
            cube_path=temp,
            lut_size=request.size,
            register=request.register,
        )
        try:
            result, _ = await self._render.submit(wanted, priority=Priority.EDIT).result()
            assert isinstance(result, GradeFitted)
            final = await asyncio.to_thread(name_file, temp, target, CUBE)
        finally:
            await asyncio.to_thread(remove_temporary, temp)
        return LutExtracted(cube_path=final, fit=result.report)

    async def apply(self, peer: Peer, request: LutApplyRequest) -> LutApplied:
        """Apply a ``.cube`` to a photo at full size."""
        del peer
        for path in (request.path, request.cube, request.output):
            _check_absolute(path)
        if request.mask:
            _check_absolute(request.mask)
        if not 0.0 <= request.strength <= 1.5:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"Strength {request.strength:g} is outside 0 to 1.5."
            )
        settings = self._settings.current.output
        photo = bytes(request.path)
        target = plan_target(
            photo, bytes(request.output), pattern=settings.pattern, operation=_OPERATION
        )
        await asyncio.to_thread(check_writable, target)
        name = uuid.uuid4().hex
        temp = target.temporary(name)
        mask = self._work / f"{name}.png"
        wanted = ApplyLut(
            path=photo,
            cube_path=bytes(request.cube),
            temp_path=temp,
            extension=target.extension,
            strength=request.strength,
            mask_path=os.fsencode(mask) if request.mask else b"",
            raw_format=settings.raw_format,
            recipe=_recipe(request),
            jpeg_quality=settings.jpeg_quality,
        )
        try:
            if request.mask:
                await asyncio.to_thread(self._work.mkdir, 0o700, parents=True, exist_ok=True)
                await self._masks.take(bytes(request.mask), photo, mask, resize=request.resize_mask)
            result, _ = await self._render.submit(wanted, priority=Priority.EDIT).result()
            assert isinstance(result, FileWritten)
            final = await asyncio.to_thread(
                give_final_name, temp, result.inode, target, result.extension
            )
        finally:
            await asyncio.to_thread(remove_temporary, temp)
            await asyncio.to_thread(remove_temporary, os.fsencode(mask))
        return LutApplied(
            result_path=final, notes=result.notes, outside_identical=result.outside_identical
        )


def _recipe(request: LutApplyRequest) -> str:
    """Return what is embedded in the result: enough to do the same again."""
    return msgspec.json.encode(
        {
            "rabbitviewer": 1,
            "operation": _OPERATION,
            "lut": readable(os.path.basename(os.fsdecode(request.cube))),
            "strength": request.strength,
            "mask": bool(request.mask),
        }
    ).decode()


def _check_absolute(path: bytes) -> None:
    if not os.path.isabs(path):
        raise RabbitError(
            ErrorKind.INVALID_REQUEST, f"{os.fsdecode(path)} is not an absolute path."
        )
