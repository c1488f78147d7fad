"""Histograms and clipping marks for clients."""

from __future__ import annotations

from daemon.library.threads import FileThreads
from daemon.library.thumbnails import look_at_photo
from daemon.protocol.messages import Tones, TonesRequest
from daemon.protocol.peer import Peer
from daemon.render import Priority, RenderManager, of_kind
from daemon.tasks import MeasureTones, TonesMeasured

MIN_SIDE_PX, MAX_SIDE_PX = 64, 2048


class ToneService:
    """Has photos measured, after what somebody waits to see."""

    def __init__(self, render: RenderManager, threads: FileThreads) -> None:
        self._render = render
        self._threads = threads

    async def tones(self, peer: Peer, request: TonesRequest) -> None:
        """Measure a photo fitted into a box.

        Raises:
            RabbitError: there is no such photo, or it cannot be decoded.
        """
        photo = await self._threads.run(look_at_photo, bytes(request.path))
        task = MeasureTones(
            path=photo.path,
            max_width_px=min(max(request.max_width_px, MIN_SIDE_PX), MAX_SIDE_PX),
            max_height_px=min(max(request.max_height_px, MIN_SIDE_PX), MAX_SIDE_PX),
            generation=photo.mtime_ns,
        )
        running = self._render.submit(task, priority=Priority.NEAR)
        try:
            made, blob = await running.result()
        except BaseException:
            running.cancel()
            raise
        made = of_kind(made, TonesMeasured)
        answer = Tones(
            request_id=request.request_id,
            path=photo.path,
            width_px=made.width_px,
            height_px=made.height_px,
            blown=made.blown,
            blocked=made.blocked,
        )
        peer.send(answer, blob)
