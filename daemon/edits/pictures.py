"""The further pictures of a job, made ready and put into its work folder before it begins."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.render import Priority, RenderManager, of_kind
from daemon.tasks import PhotoInfoRead, PrepareSmall, ReadPhotoInfo, SmallPrepared


class JobPictures:
    """Takes pictures for jobs; what becomes of the files afterwards never changes the job."""

    def __init__(self, render: RenderManager) -> None:
        self._render = render

    async def size_of(self, photo: bytes) -> tuple[int, int]:
        """Return the upright width and height of a photo, pixels."""
        task = self._render.submit(ReadPhotoInfo(path=photo), priority=Priority.NEAR)
        info = of_kind((await task.result())[0], PhotoInfoRead)
        return info.width_px, info.height_px

    async def take(self, images: Mapping[str, bytes], files: WorkFiles) -> None:
        """Make the pictures ready as a photo is: upright, opaque, small, without metadata.

        Args:
            images: Binding to the picture's file.
            files: The job's; its folder is made.

        Raises:
            RabbitError: a file cannot be read as a picture; ``field`` names its binding.
        """
        for name, path in images.items():
            await asyncio.to_thread(files.folder.mkdir, 0o700, parents=True, exist_ok=True)
            try:
                await self._take(path, name, files)
            except RabbitError as error:
                raise _about(error, name) from error

    async def _take(self, path: bytes, name: str, files: WorkFiles) -> None:
        target = files.picture(name)
        fresh = target.with_suffix(".part")
        beside = target.with_suffix(".beside.part"), target.with_suffix(".icc.part")
        wanted = PrepareSmall(
            path=path,
            png_path=os.fsencode(fresh),
            clipped_path=os.fsencode(beside[0]),
            icc_path=os.fsencode(beside[1]),
        )
        result, _ = await self._render.submit(wanted, priority=Priority.NEAR).result()
        of_kind(result, SmallPrepared)
        await asyncio.to_thread(fresh.replace, target)
        for file in beside:
            await asyncio.to_thread(file.unlink, missing_ok=True)


def check_there(names: tuple[str, ...], files: WorkFiles) -> None:
    """Make sure that the pictures of a job are still there.

    Raises:
        RabbitError: ``not_found``; names the one that is gone.
    """
    for name in names:
        if not files.picture(name).exists():
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"The picture {name} of this job is gone from {files.folder}.",
                "Begin the edit anew.",
                {"field": name},
            )


def _about(error: RabbitError, name: str) -> RabbitError:
    info = error.info
    return RabbitError(info.kind, info.message, info.hint, {**info.context, "field": name})
