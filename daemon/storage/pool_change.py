"""Changes of a pool that can be taken back: each is applied to a draft and gives its opposite.

Nothing here touches a file: a draft says which files are to be put where, and in which order that
is safe: what the new manifest names is in place before it is written, what it no longer names goes
afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from daemon.storage.pool_files import REMOVED
from daemon.storage.pool_manifest import (
    MASK_ENDING,
    Entry,
    Manifest,
    Reference,
    format_reference,
)


class Held(msgspec.Struct, frozen=True):
    """A slot that is not in the pool, or not yet.

    Attributes:
        index: Where it belongs.
        entry: What the manifest said of it.
        reference: Of a photo elsewhere.
        image_at: Where its picture lies, relative to the pool's folder; empty: in its place.
        mask_at: Where its mask lies.
        was_active: It was the active one.
    """

    index: int
    entry: Entry
    reference: Reference | None = None
    image_at: str = ""
    mask_at: str = ""
    was_active: bool = False


class Draft:
    """A pool while it is changed.

    Attributes:
        entries: Its slots.
        references: The photos elsewhere, by slot.
        active: Name of the active slot; empty: none.
        kept: Files that another one will replace: (name, where a copy goes).
        put: Files that come: (where from, name); before the manifest.
        written: References to be written, by file name; before the manifest.
        taken: Files that go: (name, where to); after the manifest.
        problems: What could not be done, a sentence each.
    """

    def __init__(
        self,
        manifest: Manifest,
        references: Mapping[str, Reference],
        aside: str,
        exists: Callable[[str], bool],
    ) -> None:
        """Begin.

        Args:
            manifest: The pool as it is.
            references: The photos elsewhere, by slot.
            aside: Folder for what this change takes out, inside ``removed/``.
            exists: Tells whether a plain file is there, relative to the pool's folder.
        """
        self.entries = list(manifest.slots)
        self.references = dict(references)
        self.active = manifest.slots[manifest.active].slot if manifest.slots else ""
        self.kept: list[tuple[str, str]] = []
        self.put: list[tuple[str, str]] = []
        self.written: dict[str, bytes] = {}
        self.taken: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self._aside = aside
        self.exists = exists

    def manifest(self) -> Manifest:
        """Return what the pool is now."""
        return Manifest(max(self.index_of(self.active), min(0, len(self.entries) - 1)), self._all())

    def index_of(self, slot: str) -> int:
        """Return where a slot stands; -1: it is not there."""
        return next((i for i, each in enumerate(self.entries) if each.slot == slot), -1)

    def aside(self, name: str) -> str:
        """Return where *name* goes when it is taken out."""
        return f"{REMOVED}/{self._aside}/{name}"

    def replace(self, index: int, entry: Entry) -> None:
        """Put *entry* in place of the one at *index*."""
        self.entries[index] = entry

    def _all(self) -> tuple[Entry, ...]:
        return tuple(self.entries)


class TakeOut(msgspec.Struct, frozen=True):
    """Take slots out; those that are not there are passed over.

    Attributes:
        slots: Their names.
        next_active: What becomes active in the place of one that goes; empty: its neighbour.
    """

    slots: tuple[str, ...]
    next_active: str = ""

    def apply(self, draft: Draft) -> Change:
        """Change *draft*; return what brings them back."""
        wanted = set(self.slots)
        held: list[Held] = []
        next_active = draft.index_of(draft.active)
        for index, entry in enumerate(draft.entries):
            if entry.slot not in wanted:
                continue
            held.append(
                Held(
                    index,
                    entry,
                    draft.references.pop(entry.slot, None),
                    draft.aside(entry.image),
                    draft.aside(entry.mask) if entry.mask else "",
                    entry.slot == draft.active,
                )
            )
            draft.taken.append((entry.image, draft.aside(entry.image)))
            if entry.mask:
                draft.taken.append((entry.mask, draft.aside(entry.mask)))
        before = sum(each.index < next_active for each in held)
        draft.entries = [each for each in draft.entries if each.slot not in wanted]
        if draft.index_of(draft.active) < 0 <= draft.index_of(self.next_active):
            draft.active = self.next_active
        elif draft.index_of(draft.active) < 0:
            place = min(next_active - before, len(draft.entries) - 1)
            draft.active = draft.entries[place].slot if draft.entries else ""
        return PutIn(tuple(held))


class PutIn(msgspec.Struct, frozen=True):
    """Put slots in, or back in; those that are there already are passed over."""

    held: tuple[Held, ...]

    def apply(self, draft: Draft) -> Change:
        """Change *draft*; return what takes them out again."""
        there = {entry.slot for entry in draft.entries}
        before = draft.active
        came = [each for each in self.held if each.entry.slot not in there]
        for each in came:
            draft.entries.insert(min(each.index, len(draft.entries)), self._entry(draft, each))
            if each.was_active or not draft.active:
                draft.active = each.entry.slot
        return TakeOut(tuple(each.entry.slot for each in came), before)

    @staticmethod
    def _entry(draft: Draft, held: Held) -> Entry:
        entry = held.entry
        if held.reference is not None:
            draft.references[entry.slot] = held.reference
            draft.written[entry.image] = format_reference(held.reference)
        elif held.image_at and draft.exists(held.image_at):
            draft.put.append((held.image_at, entry.image))
        elif not draft.exists(entry.image):
            draft.problems.append(f"The picture {entry.image} is no longer there.")
        if held.mask_at and entry.mask:
            if draft.exists(held.mask_at):
                draft.put.append((held.mask_at, entry.mask))
            elif not draft.exists(entry.mask):
                draft.problems.append(f"The mask {entry.mask} is no longer there.")
                entry = msgspec.structs.replace(entry, mask=None)
        return entry


class Place(msgspec.Struct, frozen=True):
    """Give slots places: each comes to stand at its index, the others keep their order."""

    places: tuple[tuple[str, int], ...]

    def apply(self, draft: Draft) -> Change:
        """Change *draft*; return what puts them back."""
        there = {entry.slot: index for index, entry in enumerate(draft.entries)}
        wanted = {slot: index for slot, index in self.places if slot in there}
        before = tuple((slot, there[slot]) for slot in wanted)
        moved = {entry.slot: entry for entry in draft.entries if entry.slot in wanted}
        draft.entries = [entry for entry in draft.entries if entry.slot not in wanted]
        for slot, index in sorted(wanted.items(), key=lambda pair: pair[1]):
            draft.entries.insert(min(index, len(draft.entries)), moved[slot])
        return Place(before)


class Relabel(msgspec.Struct, frozen=True):
    """Give a slot a label."""

    slot: str
    label: str

    def apply(self, draft: Draft) -> Change:
        """Change *draft*; return what gives it the former label."""
        index = draft.index_of(self.slot)
        if index < 0:
            return self
        entry = draft.entries[index]
        draft.replace(index, msgspec.structs.replace(entry, label=self.label))
        reference = draft.references.get(self.slot)
        if reference is not None:
            told = msgspec.structs.replace(reference, label=self.label)
            draft.references[self.slot] = told
            draft.written[entry.image] = format_reference(told)
        return Relabel(self.slot, entry.label)


class SwapMask(msgspec.Struct, frozen=True):
    """Give a slot the mask that lies at *mask_at* (empty: none); the former one is kept."""

    slot: str
    mask_at: str

    def apply(self, draft: Draft) -> Change:
        """Change *draft*; return what gives it the former mask."""
        index = draft.index_of(self.slot)
        if index < 0:
            return self
        entry = draft.entries[index]
        former = draft.aside(entry.mask) if entry.mask else ""
        name = None
        if self.mask_at and not draft.exists(self.mask_at):
            draft.problems.append(f"The former mask of {self.slot} is no longer there.")
            return self
        if self.mask_at:
            name = self.slot + MASK_ENDING
            draft.put.append((self.mask_at, name))
        if entry.mask and entry.mask == name:
            draft.kept.append((entry.mask, former))
        elif entry.mask:
            draft.taken.append((entry.mask, former))
        draft.replace(index, msgspec.structs.replace(entry, mask=name))
        return SwapMask(self.slot, former)


Change = TakeOut | PutIn | Place | Relabel | SwapMask


class Step(msgspec.Struct, frozen=True):
    """What a user did at once, as the changes that take it back; *words* name it."""

    words: str
    changes: tuple[Change, ...]


def applied(draft: Draft, words: str, changes: Sequence[Change]) -> Step:
    """Apply *changes* in order and return the step that takes them back."""
    opposite = [change.apply(draft) for change in changes]
    return Step(words, tuple(reversed(opposite)))


def followed(step: Step, moved: Mapping[bytes, bytes]) -> Step:
    """Return *step* with photos that are elsewhere now (new path by old path)."""
    return Step(step.words, tuple(_followed(change, moved) for change in step.changes))


def _followed(change: Change, moved: Mapping[bytes, bytes]) -> Change:
    if not isinstance(change, PutIn):
        return change
    held: list[Held] = []
    for each in change.held:
        reference = each.reference
        if reference is not None and reference.path in moved:
            reference = msgspec.structs.replace(reference, path=moved[reference.path])
        held.append(msgspec.structs.replace(each, reference=reference))
    return PutIn(tuple(held))
