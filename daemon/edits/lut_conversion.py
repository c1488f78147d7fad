"""LUT files written as another kind or size, for clients and for the looks library."""

from __future__ import annotations

import asyncio
import os
import uuid
from pathlib import Path

from daemon.edits.outputs import Target, check_writable, name_file, remove_temporary
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import LutConverted, LutConvertRequest
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager, of_kind
from daemon.tasks import ConvertLut
from daemon.tasks import LutConverted as Written

HALD_ENDING, CUBE_ENDING = ".png", ".cube"
MIN_SIZE, MAX_SIZE = 2, 129


class LutConverter:
    """Has workers read one LUT file and write another; never over a file that is there."""

    def __init__(self, render: RenderManager) -> None:
        self._render = render

    async def convert(self, peer: Peer, request: LutConvertRequest) -> LutConverted:
        """Write a LUT file as another kind or size."""
        del peer
        if not os.path.isabs(request.source):
            raise _not_absolute(request.source)
        return await self.write(bytes(request.source), bytes(request.output), request.size)

    async def write(
        self, source: bytes, output: bytes, size: int = 0, title: str = ""
    ) -> LutConverted:
        """Write the LUT *source* to *output*, under a free name; the ending says as what.

        Raises:
            RabbitError: what is wrong with either.
        """
        if not os.path.isabs(output):
            raise _not_absolute(output)
        if size and not MIN_SIZE <= size <= MAX_SIZE:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"A LUT of size {size} is outside 2 to 129."
            )
        target = lut_target(output)
        await asyncio.to_thread(check_writable, target)
        temp = target.temporary(uuid.uuid4().hex)
        try:
            hald = target.extension == HALD_ENDING
            written = await self.ask(source, temp, hald=hald, size=size, title=title)
            final = await asyncio.to_thread(name_file, temp, target, target.extension)
        finally:
            await asyncio.to_thread(remove_temporary, temp)
        return LutConverted(path=final, notes=written.notes)

    async def ask(
        self,
        source: bytes,
        target: bytes | Path,
        *,
        hald: bool = False,
        size: int = 0,
        title: str,
        tables: bytes = b"",
    ) -> Written:
        """Have a worker write the LUT *source* into the file *target*, fsynced."""
        task = ConvertLut(
            source_path=source,
            target_path=os.fsencode(target),
            hald=hald,
            size=size,
            title=title,
            tables=tables,
        )
        result, _ = await self._render.submit(task, priority=Priority.VISIBLE).result()
        return of_kind(result, Written)


def lut_target(output: bytes) -> Target:
    """Return the place of a LUT file: ``.cube``, or ``.png`` for a Hald CLUT.

    Raises:
        RabbitError: ``output_refused``; it ends otherwise.
    """
    base, raw = os.path.splitext(output)
    ending = os.fsdecode(raw).lower()
    if ending not in ("", CUBE_ENDING, HALD_ENDING):
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"{os.fsdecode(output)} ends neither in .cube nor in .png.",
            "A LUT is written as .cube, or as a Hald CLUT in a .png.",
        )
    return Target(base, ending or CUBE_ENDING)


def _not_absolute(path: bytes) -> RabbitError:
    message = f"{os.fsdecode(path)} is not an absolute path."
    return RabbitError(ErrorKind.INVALID_REQUEST, message)
