"""LUTs without a host: fitting one to a pair of pictures, applying one to a photo."""

from __future__ import annotations

import asyncio
import os
import uuid

from daemon.edits.outputs import (
    CUBE,
    check_writable,
    cube_target,
    give_final_name,
    name_file,
    plan_target,
    remove_temporary,
)
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import format_by_extension, result_extension
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


class LutService:
    """The ``lut extract`` and ``lut apply`` of the command line."""

    def __init__(self, render: RenderManager, settings: SettingsStore) -> None:
        self._render = render
        self._settings = settings

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
        if not 0.0 <= request.strength <= 1.5:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"Strength {request.strength:g} is outside 0 to 1.5."
            )
        settings = self._settings.current.output
        photo = bytes(request.path)
        target = plan_target(
            photo, bytes(request.output), pattern=settings.pattern, operation="lut"
        )
        promised = format_by_extension(photo)
        extension = target.extension or result_extension(
            promised.name if promised else "png", photo, raw_format=settings.raw_format
        )
        await asyncio.to_thread(check_writable, target)
        temp = target.temporary(uuid.uuid4().hex)
        wanted = ApplyLut(
            path=photo,
            cube_path=bytes(request.cube),
            temp_path=temp,
            extension=extension,
            strength=request.strength,
            mask_path=bytes(request.mask),
            jpeg_quality=settings.jpeg_quality,
        )
        try:
            result, _ = await self._render.submit(wanted, priority=Priority.EDIT).result()
            assert isinstance(result, FileWritten)
            final = await asyncio.to_thread(give_final_name, temp, result.inode, target, extension)
        finally:
            await asyncio.to_thread(remove_temporary, temp)
        return LutApplied(result_path=final, notes=result.notes)


def _check_absolute(path: bytes) -> None:
    if not os.path.isabs(path):
        raise RabbitError(
            ErrorKind.INVALID_REQUEST, f"{os.fsdecode(path)} is not an absolute path."
        )
