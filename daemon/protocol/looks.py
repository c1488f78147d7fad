"""Messages of the looks library: named LUTs, seen on a photo, put on many."""

from __future__ import annotations

from daemon.protocol.message import Message, WirePath
from daemon.protocol.values import LookInfo


class LooksRequest(Message, frozen=True, tag="looks_request"):
    """Ask for the looks; answered by :class:`Looks`."""


class Looks(Message, frozen=True, tag="looks"):
    """All looks by name; as an event when another client changed them.

    *revision* counts up as long as the daemon runs.
    """

    looks: tuple[LookInfo, ...]
    revision: int = 0


class LookSave(Message, frozen=True, tag="look_save"):
    """Keep a LUT as a look; answered by :class:`LookSaved`.

    *job_id*: of a finished grade; or *lut*: a ``.cube`` or Hald CLUT file. An empty *name* is made
    from the grade's prompt or the file's name; one that is taken gets a number.
    """

    name: str = ""
    job_id: str = ""
    lut: WirePath = WirePath()


class LookSaved(Message, frozen=True, tag="look_saved"):
    """The look is on the disk; *notes* say what could not be kept (a spatial part, ...)."""

    look: LookInfo
    notes: tuple[str, ...] = ()


class LookRename(Message, frozen=True, tag="look_rename"):
    """Give a look another name; answered by :class:`Looks`."""

    look_id: str
    name: str


class LookDelete(Message, frozen=True, tag="look_delete"):
    """Take a look out of the library; answered by :class:`Looks`. It can be restored."""

    look_id: str


class LookRestore(Message, frozen=True, tag="look_restore"):
    """Take a deleted look back; answered by :class:`Looks`."""

    look_id: str


class LookExport(Message, frozen=True, tag="look_export"):
    """Write a look as ``.cube`` or Hald CLUT (``.png``); answered by :class:`LutConverted`."""

    look_id: str
    output: WirePath
    size: int = 0


class LookThumbnailsRequest(Message, frozen=True, tag="look_thumbnails_request"):
    """Ask how looks would change a photo; answered by :class:`LookThumbnails`.

    *look_ids* in the order wanted. *profile* is the id of the monitor's profile; empty: sRGB.
    """

    path: WirePath
    long_edge_px: int
    look_ids: tuple[str, ...]
    profile: str = ""


class LookThumbnails(Message, frozen=True, tag="look_thumbnails"):
    """The photo under each look, one picture after the other: BGRX, stride ``4 * width_px``.

    *look_ids*: those that are in the blob, in its order; a look that vanished is left out.
    """

    path: bytes
    width_px: int
    height_px: int
    look_ids: tuple[str, ...]


class LookPreviewRequest(Message, frozen=True, tag="look_preview_request"):
    """Ask for a photo under a grade, fitted into a box; answered by :class:`SurfaceReady`.

    The grade is a look (*look_id*) or that of a finished job (*job_id*). *strength* and *channels*
    as for :class:`AiEditRequest`, *profile* as for :class:`PreviewRequest`.
    """

    path: WirePath
    max_width_px: int
    max_height_px: int
    look_id: str = ""
    job_id: str = ""
    strength: float = 1.0
    channels: str = "all"
    profile: str = ""
