"""What an edit works on: a photo that was named, or a slot of a pool with its mask."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from daemon.comfyui.manifest import Manifest
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest
from daemon.storage.pool_state import PoolState, StoredSlot

CURRENT = "current"
_MAX_STEM_CHARS = 100


class SlotSource(Protocol):
    """The pools, as edits see them.

    Attributes:
        before_reading_masks: Writes what is being painted in a pool, so that its masks can be read.
    """

    before_reading_masks: Callable[[str], Awaitable[None]]

    async def resolve(
        self, pool: str, slot: str, index: int
    ) -> tuple[PoolState, int, StoredSlot | None]:
        """Return the pool, the index that is used and its slot; None: the pool is empty."""
        ...

    async def content_hash(self, state: PoolState, slot: str) -> str:
        """Return what changes whenever picture or mask of the slot change."""
        ...


class EditSource(msgspec.Struct, frozen=True, kw_only=True):
    """The input of one edit; fields as in the job's record.

    Attributes:
        path: The photo.
        mask: The mask's file; empty: the whole photo.
        named: The mask was asked for, it does not merely come with the slot.
    """

    path: bytes
    mask: bytes = b""
    named: bool = False
    pool_id: str = ""
    slot: str = ""
    index: int | None = None
    count: int = 0
    label: str = ""
    content_hash: str = ""
    own_picture: bool = False

    def title(self) -> bytes:
        """Return the file name that results are named after: of an own picture its label."""
        name = os.path.basename(self.path)
        plain = "".join("_" if letter in '/\\:*?"<>|' else letter for letter in self.label)
        plain = "".join(letter for letter in plain if letter.isprintable()).strip(" .")
        if not self.own_picture or not plain:
            return name
        return os.fsencode(plain[:_MAX_STEM_CHARS]) + os.path.splitext(name)[1]


class EditSources:
    """Finds the input of an edit; refuses what has none."""

    def __init__(self, pools: SlotSource) -> None:
        self._pools = pools

    async def find(self, request: AiEditRequest) -> EditSource:
        """Return what *request* is about.

        Raises:
            RabbitError: the pool is empty, its photo is gone, or the request contradicts itself.
        """
        mask = bytes(request.mask)
        if not request.pool:
            return EditSource(path=bytes(request.path), mask=mask, named=bool(mask))
        pool = "" if request.pool == CURRENT else request.pool
        state, _, _ = await self._pools.resolve(pool, request.slot, request.index)
        await self._pools.before_reading_masks(state.pool_id)
        state, index, slot = await self._pools.resolve(state.pool_id, request.slot, request.index)
        if slot is None:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The pool '{state.name}' is empty.",
                "Add a photo to it, or name one.",
            )
        if slot.missing:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"{os.fsdecode(slot.path)} does not exist; it is photo {index} of the pool "
                f"'{state.name}'.",
                "Put it back, or take it out of the pool.",
            )
        if slot.problem and not mask and not request.whole:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"Photo {index} of the pool '{state.name}' cannot be edited: {slot.problem}",
                "Give it another mask, or take the mask away.",
            )
        return EditSource(
            path=slot.path,
            mask=mask or (b"" if request.whole else slot.mask_file),
            named=bool(mask),
            pool_id=state.pool_id,
            slot=slot.slot,
            index=index,
            count=len(state.slots),
            label=slot.label,
            content_hash=await self._pools.content_hash(state, slot.slot),
            own_picture=slot.own,
        )


def mask_that_counts(source: EditSource, manifest: Manifest, fit_mode: str) -> bytes:
    """Return the mask that a workflow gets; empty: none.

    A slot's own mask is left out where the operation takes none; one that was asked for is refused.

    Raises:
        RabbitError: ``invalid_request``; the operation's mask policy says no.
    """
    if source.mask and manifest.mask == "none":
        if not source.named:
            return b""
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"'{manifest.title}' takes no mask: it works on the whole photo.",
            "Leave the mask away, or take another workflow.",
        )
    if not source.mask and manifest.mask == "required" and not manifest.prompt_only:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"'{manifest.title}' needs a mask.",
            "Paint one, or name a file with --mask.",
        )
    check_mask_fits_mode(fit_mode, has_mask=bool(source.mask))
    return source.mask


def check_mask_fits_mode(fit_mode: str, *, has_mask: bool) -> None:
    """Refuse a mask where the model's own picture is to be kept.

    Raises:
        RabbitError: ``invalid_request``.
    """
    if has_mask and fit_mode == "model":
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            "The edit was not started: fit 'model' keeps the model's own small picture, which has "
            "none of the photo's pixels to keep outside a mask.",
            "Take the fit auto, lut or spatial, or leave the mask away.",
        )
