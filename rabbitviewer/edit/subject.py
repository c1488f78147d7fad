"""What a grade would be made of: which photos, through which masks, and why not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from daemon.protocol.messages import AiEditRequest, WirePath
from daemon.protocol.values import PoolSlot
from rabbitviewer.edit.grade_settings import GradeSettings
from rabbitviewer.models.pool_contents import ACTIVE, PoolContent

SELECTION, SLOT, POOL = "selection", "slot", "pool"
OWN, WHOLE, FILE, ONE = "own", "whole", "file", "one"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the form says of photos and masks.

    Attributes:
        source: selection | slot (one photo of a pool) | pool (all of them).
        pool_id: Of which pool; empty: the window's own.
        index: Which slot; -1: the active one.
        mask: own | whole (none) | file | one (the active slot's for all).
        mask_file: The file, for *file*.
        resize: Fit a mask file of another size.
    """

    source: str = SELECTION
    pool_id: str = ""
    index: int = ACTIVE
    mask: str = OWN
    mask_file: bytes = b""
    resize: bool = False


@dataclasses.dataclass(frozen=True)
class Painting:
    """A mask that is being painted now.

    Attributes:
        pool_id: Its pool.
        slot: Its slot.
        is_empty: Nothing is white so far.
    """

    pool_id: str
    slot: str
    is_empty: bool = False


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a wish meets.

    Attributes:
        selected: The selected photos.
        own: The window's own pool; None: not known yet.
        pool: The pool that is wished for; None: not known yet.
        painting: The mask that is being painted.
        problem_of: Why a photo cannot be graded, in a sentence; empty: nothing is known.
        size_of: Width and height of a picture, upright; None: not known yet.
    """

    selected: Sequence[bytes]
    own: PoolContent | None
    pool: PoolContent | None
    painting: Painting | None
    problem_of: Callable[[bytes], str]
    size_of: Callable[[bytes], tuple[int, int] | None]

    def paints(self, content: PoolContent, slot: PoolSlot) -> Painting | None:
        """Return the painting of this slot."""
        now = self.painting
        same = now is not None and (now.pool_id, now.slot) == (content.pool_id, slot.slot)
        return now if same else None

    def has_mask(self, content: PoolContent, slot: PoolSlot) -> bool:
        """Whether a slot has a mask, or is being given one."""
        return bool(slot.mask) or self.paints(content, slot) is not None


@dataclasses.dataclass(frozen=True)
class Target:
    """One photo to be graded, as :class:`AiEditRequest` names it."""

    path: bytes
    pool: str = ""
    index: int = ACTIVE
    slot: str = ""
    mask: bytes = b""
    resize: bool = False
    whole: bool = False

    def request(self, settings: GradeSettings) -> AiEditRequest:
        """Return what is to be asked of the daemon."""
        return AiEditRequest(
            path=WirePath() if self.pool else WirePath.of(self.path),
            prompt=settings.prompt,
            workflow=settings.workflow,
            strength=settings.strength,
            seed=settings.seed,
            parameters=settings.parameters,
            fit=settings.fit,
            channels=settings.channels,
            negative=settings.negative,
            prompt_2=settings.prompt_2,
            negative_prompt_2=settings.negative_prompt_2,
            images={name: WirePath.of(path) for name, path in settings.images.items()},
            mask=WirePath.of(self.mask) if self.mask else WirePath(),
            resize_mask=self.resize,
            pool=self.pool,
            index=self.index,
            slot=self.slot,
            whole=self.whole,
        )


def _no_targets() -> Iterable[Target]:
    return ()


@dataclasses.dataclass(frozen=True)
class Subject:
    """What a run would be made of.

    Attributes:
        count: How many photos.
        title: Which they are.
        detail: More of that; may be empty.
        path: The photo to show; empty: none, or several.
        several: The first of several photos.
        mask: The mask to lay over it; empty: none.
        mask_mtime_ns: When it was written; 0: that is not known.
        offers: Masks that can be chosen.
        choice: The one that is.
        misfit: The mask from a file has another size than the photo.
        note: What that means; may be empty.
        through: The same for the line under Run, in few words; may be empty.
        reason: Why it cannot run, a sentence; empty: it can.
        is_waiting: That is no trouble: something is still to come or to be chosen.
        targets: The photos.
        slot: The one slot it is about; empty: none, or several.
        paints: A mask that is being painted goes into it.
    """

    count: int
    title: str
    detail: str = ""
    path: bytes = b""
    several: tuple[bytes, ...] = ()
    mask: bytes = b""
    mask_mtime_ns: int = 0
    offers: tuple[str, ...] = (WHOLE,)
    choice: str = WHOLE
    misfit: bool = False
    note: str = ""
    through: str = ""
    reason: str = ""
    is_waiting: bool = False
    targets: Callable[[], Iterable[Target]] = _no_targets
    slot: str = ""
    paints: bool = False
