"""What the window writes into its trace: pictures asked for and painted, the daemon's events."""

from __future__ import annotations

import os

from daemon.protocol.messages import TraceEvent
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.preview import Preview
from rabbitviewer.trace import Trace
from rabbitviewer.view.photo_view import PhotoView


def connect_trace(trace: Trace, client: DaemonClient, photo: PhotoView) -> None:
    """Write down what the photo view asks for and paints, and what the daemon does."""

    def requested(path: bytes, request_id: int) -> None:
        trace.event("image_requested", {"request_id": request_id, "path": os.fsdecode(path)})

    def painted(picture: Preview) -> None:
        figures = {
            "request_id": picture.request_id,
            "path": os.fsdecode(picture.path),
            "width": picture.image.width(),
            "height": picture.image.height(),
            "source_width": picture.source_width,
            "quality": picture.quality,
        }
        trace.event("image_painted", figures)

    def heard(message: object) -> None:
        if isinstance(message, TraceEvent):
            trace.daemon_event(message)

    def connected() -> None:
        if client.welcome is not None:
            trace.daemon_pid = client.welcome.daemon_pid

    photo.requested.connect(requested)
    photo.canvas.painted.connect(painted)
    client.connected.connect(connected)
    client.replied.connect(heard)
