"""One pool on the disk: holds what its folder says, changes it, takes changes back. Blocks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.protocol.values import PoolInfo
from daemon.storage.pool_change import (
    Change,
    Draft,
    Held,
    Place,
    PutIn,
    Relabel,
    Step,
    SwapMask,
    TakeOut,
    applied,
    followed,
)
from daemon.storage.pool_commit import Before, commit, take_away
from daemon.storage.pool_files import (
    NotPlainError,
    link_or_copy,
    plain_stat,
    read_plain,
    remove_leftovers,
    sweep_removed,
    write_durably,
)
from daemon.storage.pool_manifest import (
    MANIFEST,
    REFERENCE_ENDING,
    Entry,
    Manifest,
    Reference,
    clean_label,
    format_manifest,
    format_reference,
    numbered_slot,
)
from daemon.storage.pool_names import checked_label
from daemon.storage.pool_photos import PhotoLook
from daemon.storage.pool_rebuild import Loaded, load_pool
from daemon.storage.pool_room import NewPicture, Room, photos_in_words
from daemon.storage.pool_state import PoolState, StoredSlot

NAME_FILE = b"pool.json"
MAX_STEPS = 200
_MAX_NAME_FILE = 64 << 10


class PoolFolder:
    """A pool.

    Attributes:
        folder: Its files.
        pool_id: Its id, the folder's name.
        name: What people call it.
    """

    def __init__(self, folder: bytes, now: Callable[[], float], photos: PhotoLook) -> None:
        self.folder = folder
        self.pool_id = os.fsdecode(os.path.basename(folder))
        self.name = ""
        self._now = now
        self._photos = photos
        self._loaded = Loaded(Manifest(), {}, {}, [], 0, changed=False)
        self._signature: tuple[int, ...] = ()
        self._undo: list[Step] = []
        self._redo: list[Step] = []
        self._asides = 0

    # ------------------------------------------------------------ reading

    @property
    def manifest(self) -> Manifest:
        """Its slots as they are."""
        return self._loaded.manifest

    @property
    def count(self) -> int:
        """How many slots there are."""
        return len(self.manifest.slots)

    def load(self) -> list[str]:
        """Read the folder and repair what is broken in it; return what was, a sentence each.

        Raises:
            OSError: it cannot be read or written.
        """
        remove_leftovers(self.folder)
        sweep_removed(self.folder, self._now())
        self._read()
        return self._loaded.problems

    def refresh(self) -> list[str]:
        """Read the manifest again if somebody else has changed it; return what was repaired."""
        if self._signature == self._seen():
            return []
        self._read()
        return self._loaded.problems

    def read_name(self) -> str:
        """Return the name that ``pool.json`` gives; empty: it is not there or broken."""
        try:
            found = json.loads(read_plain(self._at(NAME_FILE), _MAX_NAME_FILE))
            name = found["name"]
        except (OSError, NotPlainError, ValueError, KeyError, TypeError, RecursionError):
            return ""
        return name if isinstance(name, str) else ""

    def write_name(self, name: str) -> None:
        """Give the pool a name, durably."""
        text = json.dumps({"name": name}, indent=1) + "\n"
        write_durably(self._at(NAME_FILE), text.encode("ascii"))
        self.name = name

    def state(self, pools: tuple[PoolInfo, ...], problems: Sequence[str] = ()) -> PoolState:
        """Return the pool as it is, with what the system says of its files now."""
        outside = [each.path for each in self._loaded.references.values()]
        found = self._photos.look(outside)
        return PoolState(
            pool_id=self.pool_id,
            name=self.name,
            folder=self.folder,
            active=self.manifest.active,
            slots=tuple(self._stored(entry, found) for entry in self.manifest.slots),
            pools=pools,
            undo=self._undo[-1].words if self._undo else "",
            redo=self._redo[-1].words if self._redo else "",
            problems=tuple(problems),
        )

    # ------------------------------------------------------------ changing

    def add(
        self, new: Sequence[Reference | NewPicture], at: int = -1, *, activate: bool = False
    ) -> list[str]:
        """Put photos in, from index *at* on (below 0: at the end); return what was refused.

        A photo elsewhere that has a slot already is moved there.
        """
        known = {each.path: slot for slot, each in self._loaded.references.items()}
        known |= {
            self._in(each.image): each.slot for each in self.manifest.slots if not each.is_reference
        }
        room = Room(self.manifest, self._loaded.references, self.folder)
        block: dict[str, None] = {}
        held: list[Held] = []
        number = self._loaded.last_number
        for each in new:
            slot = known.get(each.path) if isinstance(each, Reference) else None
            if slot is None:
                if not room.takes(each):
                    continue
                number += 1
                held.append(self._arriving(each, numbered_slot(number)))
                slot = held[-1].entry.slot
                if isinstance(each, Reference):
                    known[each.path] = slot
            block[slot] = None
        if not block:
            return room.problems
        self._loaded = msgspec.structs.replace(self._loaded, last_number=number)
        moved = len(block) - len(held)
        begin = self.count - moved if at < 0 else min(at, self.count - moved)
        order = Place(tuple((slot, begin + index) for index, slot in enumerate(block)))
        words = f"Add {photos_in_words(len(held))}" if held else f"Move {photos_in_words(moved)}"
        first = next(iter(block)) if activate else ""
        self._change(words, (PutIn(tuple(held)), order), active=first)
        return room.problems

    def remove(self, slots: Sequence[str]) -> list[str]:
        """Take slots out; their files go into a place from which undo brings them back."""
        self._check(slots)
        words = f"Remove {photos_in_words(len(set(slots)))}"
        return self._change(words, (TakeOut(tuple(slots)),))

    def activate(self, slot: str) -> list[str]:
        """Make a slot the active one."""
        self._check((slot,))
        return self._change("", (), active=slot)

    def label(self, slot: str, label: str) -> list[str]:
        """Give a slot a label.

        Raises:
            RabbitError: there is no such slot, or the label is too long.
        """
        self._check((slot,))
        clean = checked_label(label)
        if clean == self.manifest.slots[self._index(slot)].label:
            return []
        Room(self.manifest, self._loaded.references, self.folder).check_label(clean)
        words = "Label a photo" if clean else "Remove a label"
        return self._change(words, (Relabel(slot, clean),))

    def move(self, slots: Sequence[str], to: int) -> list[str]:
        """Move slots, in their order, so that the first stands at index *to*."""
        self._check(slots)
        there = {each.slot: index for index, each in enumerate(self.manifest.slots)}
        wanted = sorted(set(slots), key=there.__getitem__)
        begin = min(max(to, 0), self.count - len(wanted))
        places = tuple((slot, begin + index) for index, slot in enumerate(wanted))
        if all(there[slot] == index for slot, index in places):
            return []
        return self._change(f"Move {photos_in_words(len(wanted))}", (Place(places),))

    def set_mask(self, slot: str, temp: bytes, words: str) -> list[str]:
        """Give a slot the mask in the synced PNG *temp* of this folder (empty: no mask).

        Args:
            slot: The slot.
            temp: The file; it gets the mask's name.
            words: What undo takes back; empty: it cannot be undone here, and a mask that is
                replaced is gone (what is painted has an undo of its own).
        """
        self._check((slot,))
        if not temp and self.manifest.slots[self._index(slot)].mask is None:
            return []
        name = os.fsdecode(os.path.basename(temp))
        return self._change(words, (SwapMask(slot, name),), keep=bool(words))

    def undo(self, *, redo: bool) -> list[str]:
        """Take back the newest step, or do the one again that was taken back last.

        Raises:
            RabbitError: ``nothing_to_undo``.
        """
        steps, others = (self._redo, self._undo) if redo else (self._undo, self._redo)
        if not steps:
            what = "done again" if redo else "undone"
            raise RabbitError(
                ErrorKind.NOTHING_TO_UNDO, f"There is nothing in the pool that could be {what}."
            )
        step = steps[-1]
        draft = self._draft()
        opposite = applied(draft, step.words, step.changes)
        self._commit(draft)
        steps.pop()
        others.append(opposite)
        return draft.problems

    def follow(self, moved: Mapping[bytes, Reference]) -> bool:
        """Let photos be found where they are now (by their old path); whether it has one."""
        paths = {old: reference.path for old, reference in moved.items()}
        self._undo = [followed(step, paths) for step in self._undo]
        self._redo = [followed(step, paths) for step in self._redo]
        draft = self._draft()
        for entry in self.manifest.slots:
            known = draft.references.get(entry.slot)
            if known is None or known.path not in moved:
                continue
            new = msgspec.structs.replace(moved[known.path], label=known.label, added=known.added)
            draft.references[entry.slot] = new
            draft.written[entry.image] = format_reference(new)
        if draft.written:
            self._commit(draft)
        return bool(draft.written)

    def references(self) -> Iterable[Reference]:
        """Return the photos elsewhere."""
        return self._loaded.references.values()

    def copy_into(self, folder: bytes) -> Manifest:
        """Give the empty *folder* all files of this pool; return the manifest they go with."""
        for entry in self.manifest.slots:
            for name in (entry.image, entry.mask):
                if name and self._exists(name):
                    link_or_copy(self._in(name), os.path.join(folder, os.fsencode(name)))
        return self.manifest

    # ------------------------------------------------------------ inside

    def _change(
        self, words: str, changes: Sequence[Change], *, active: str = "", keep: bool = True
    ) -> list[str]:
        """Apply *changes*, and let undo take them back if they have *words*."""
        draft = self._draft()
        step = applied(draft, words, changes)
        draft.active = active or draft.active
        if not keep:
            draft.kept.clear()
        before = self.manifest
        self._commit(draft)
        if words and (draft.manifest() != before or draft.put):
            self._undo.append(step)
            del self._undo[:-MAX_STEPS]
            self._redo.clear()
        return draft.problems

    def _draft(self) -> Draft:
        self._asides += 1
        aside = f"{int(self._now())}-{os.getpid()}-{self._asides}"
        return Draft(self.manifest, self._loaded.references, aside, self._exists)

    def _commit(self, draft: Draft) -> None:
        manifest = draft.manifest()
        commit(self.folder, draft, manifest, Before(self.manifest, self._loaded.references))
        self._loaded = msgspec.structs.replace(
            self._loaded, manifest=manifest, references=draft.references
        )
        self._signature = self._seen()
        take_away(self.folder, draft.taken)

    def _arriving(self, new: Reference | NewPicture, slot: str) -> Held:
        added = new.added or int(self._now())
        if isinstance(new, Reference):
            entry = Entry(slot + REFERENCE_ENDING, None, new.label, added)
            reference = msgspec.structs.replace(new, added=added)
            return Held(self.count, entry, reference)
        name = os.fsdecode(os.path.basename(new.temp))
        return Held(
            self.count, Entry(slot + ".png", None, clean_label(new.label), added), None, name
        )

    def _read(self) -> None:
        self._loaded = load_pool(self.folder)
        if self._loaded.changed:
            data = format_manifest(self.manifest)
            write_durably(self._at(os.fsencode(MANIFEST)), data)
        self._signature = self._seen()

    def _seen(self) -> tuple[int, ...]:
        """Return what changes when somebody else writes the manifest."""
        found = plain_stat(self._at(os.fsencode(MANIFEST)))
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found else ()

    def _stored(self, entry: Entry, seen: Mapping[bytes, os.stat_result | None]) -> StoredSlot:
        reference = self._loaded.references.get(entry.slot)
        path = reference.path if reference else self._in(entry.image)
        trouble = self._loaded.trouble.get(entry.slot, "")
        if trouble:
            found = None
        elif reference:
            found = seen.get(path)
        else:
            found = plain_stat(path)
        if reference and path not in seen:
            where = readable(os.fsdecode(path))
            trouble = f"The drive of {where} does not answer; the photo is still in the pool."
        mask = self._in(entry.mask) if entry.mask else b""
        mask_found = plain_stat(mask) if mask else None
        if found is None and not trouble:
            where = readable(os.fsdecode(path))
            trouble = f"{where} is not there; its mask and label are kept."
        elif entry.mask and mask_found is None and not trouble:
            trouble = f"Its mask {entry.mask} is not there, or no plain file."
        return StoredSlot(
            slot=entry.slot,
            path=path,
            own=not entry.is_reference,
            missing=found is None,
            mask_file=mask if mask_found else b"",
            mask_mtime_ns=mask_found.st_mtime_ns if mask_found else 0,
            mask_size=mask_found.st_size if mask_found else 0,
            image_mtime_ns=found.st_mtime_ns if found else 0,
            image_size=found.st_size if found else 0,
            label=entry.label,
            added=entry.added,
            problem=trouble,
        )

    def _check(self, slots: Sequence[str]) -> None:
        if not slots:
            raise RabbitError(ErrorKind.INVALID_REQUEST, "No photo of the pool was named.")
        there = {each.slot for each in self.manifest.slots}
        for slot in slots:
            if slot not in there:
                raise RabbitError(
                    ErrorKind.NOT_FOUND,
                    f"The pool {self.name} has no slot {slot[:80]!r} (any more).",
                    "Look at the pool as it is now, and try again.",
                )

    def _index(self, slot: str) -> int:
        slots = self.manifest.slots
        return next((i for i, each in enumerate(slots) if each.slot == slot), -1)

    def _exists(self, name: str) -> bool:
        return plain_stat(self._in(name)) is not None

    def _in(self, name: str) -> bytes:
        return os.path.join(self.folder, os.fsencode(name))

    def _at(self, name: bytes) -> bytes:
        return os.path.join(self.folder, name)
