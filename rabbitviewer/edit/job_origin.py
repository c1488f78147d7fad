"""Whence the photo and the mask of a job came, in words, and whether they are still the same."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, SignalInstance

from daemon.protocol.values import JobInfo
from rabbitviewer.models.pool_contents import PoolContents
from rabbitviewer.words import file_name


class JobOrigins:
    """Says of jobs what the pools know of them."""

    def __init__(self, contents: PoolContents) -> None:
        self._contents = contents

    @property
    def changed(self) -> SignalInstance:
        """What is said here may be another thing now."""
        return self._contents.changed

    def name(self, info: JobInfo) -> str:
        """Name a job's photo; a picture that lies in a pool goes by its label."""
        slot = self._contents.slot(info.pool_id, info.slot) if info.pool_id else None
        if slot is not None and slot.own:
            return slot.label or _tr("Pasted picture")
        return file_name(info.path)

    def pool_words(self, info: JobInfo) -> str:
        """Say from which pool a job's photo came and where it stood; empty: from none."""
        if not info.pool_id:
            return ""
        name = self._contents.name(info.pool_id) or _tr("a pool that is gone")
        if info.index is None:
            return name
        return _tr("{pool}, slot {index}").format(pool=name, index=info.index)

    def is_stale(self, info: JobInfo) -> bool:
        """Whether a job's result was made from an earlier photo or mask of its slot."""
        if info.state != "done" or not info.pool_id:
            return False
        slot = self._contents.slot(info.pool_id, info.slot)
        return slot is not None and slot.stale


def mask_words(info: JobInfo) -> str:
    """Say that a job goes through a mask; empty: it does not."""
    return _tr("through a mask") if info.mask_path else ""


def stale_words() -> str:
    """Say what a stale result is, in few words."""
    return _tr("Photo or mask changed since")


def stale_advice() -> str:
    """Say what follows from it."""
    return _tr(
        "This result was made from an earlier photo or mask of its slot. Run the grade again to"
        " have it as they are now; this result stays."
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("JobOrigins", text)
