"""A sampler's previews on their way to the clients: only the latest is ever worth a worker."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType

from daemon.edits.job import Job
from daemon.protocol.errors import RabbitError
from daemon.render import RenderTask
from daemon.tasks import DecodePreview, PixelsMade

_log = logging.getLogger(__name__)

SHORTEST_GAP_S = 0.15


class LatestPreview:
    """Decodes one preview after another in a worker; of those that come meanwhile, the last.

    To be entered while a run is watched: what is under way when it ends is given up.
    """

    def __init__(self, job: Job, task: RenderTask, gap_s: float = SHORTEST_GAP_S) -> None:
        """Prepare.

        Args:
            job: Whose previews they are.
            task: What the job asks workers through.
            gap_s: Pause after each, so that a quick sampler does not flood the clients.
        """
        self._job = job
        self._task = task
        self._gap_s = gap_s
        self._waiting: bytes | None = None
        self._decoder: asyncio.Task[None] | None = None

    def show(self, data: bytes) -> None:
        """Have *data*, a JPEG or PNG, shown; never waits."""
        self._waiting = data
        if self._decoder is None or self._decoder.done():
            self._decoder = asyncio.create_task(self._decode())

    async def __aenter__(self) -> LatestPreview:
        """Begin."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show nothing more."""
        del kind, error, trace
        self._waiting = None
        decoder = self._decoder
        if decoder is not None and not decoder.done():
            decoder.cancel()
            await asyncio.wait([decoder])

    async def _decode(self) -> None:
        while self._waiting is not None:
            data, self._waiting = self._waiting, None
            try:
                pixels, blob = await self._task.step(DecodePreview(data=data))
            except RabbitError as error:  # a damaged one is not worth a failure
                _log.info("a preview of job %s was not shown: %s", self._job.record.job_id, error)
            else:
                if isinstance(pixels, PixelsMade):
                    self._job.preview(pixels.width_px, pixels.height_px, blob)
            await asyncio.sleep(self._gap_s)
