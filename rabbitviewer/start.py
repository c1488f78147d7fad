"""What a window begins with, and what it asks the daemon before it is there. Imports no Qt."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from daemon.protocol.messages import FolderOpen, Message, PreviewRequest, WirePath
from rabbitviewer.shell.state import WindowState

_FIRST_LISTING = 2
"""The listing model's second one: the first was asked of a daemon that was not there yet."""


@dataclasses.dataclass(frozen=True)
class Start:
    """What is shown first: a photo, a folder, or neither."""

    path: bytes = b""
    is_folder: bool = False


def where_to_start(path: Path | None, state: WindowState) -> Start:
    """Return what is shown first; this is before the window, and may look at the disk."""
    if path is not None:
        return Start(os.fsencode(path), path.is_dir())
    if state.folder and Path(os.fsdecode(state.folder)).is_dir():
        return Start(state.folder, is_folder=True)
    return Start()


def first_requests(start: Start, state: WindowState) -> tuple[Message, ...]:
    """Return what the window will ask first, word for word; asked for in vain does no harm."""
    if start.is_folder:
        asked = FolderOpen(
            path=WirePath(start.path),
            listing_id=_FIRST_LISTING,
            recursive=state.recursive,
            pairs=state.pairs,
        )
        return (asked,)
    if start.path and state.photo_box:
        width, height = state.photo_box
        first = PreviewRequest(
            path=WirePath(start.path),
            max_width_px=width,
            max_height_px=height,
            profile=state.profile,
        )
        return (first,)
    return ()
