"""Reads a pool's folder, whatever its state: repairs what it says, or rebuilds it from files."""

from __future__ import annotations

import os
import stat

import msgspec

from daemon.storage.pool_files import (
    REMOVED,
    NotPlainError,
    keep_copy,
    link_or_copy,
    plain_stat,
    read_plain,
    set_aside,
)
from daemon.storage.pool_manifest import (
    MANIFEST,
    MASK_ENDING,
    MAX_MANIFEST_BYTES,
    MAX_REFERENCE_BYTES,
    MAX_SLOTS,
    MAX_TOLD,
    REFERENCE_ENDING,
    Entry,
    Manifest,
    ManifestBrokenError,
    Reference,
    in_order,
    is_image_name,
    number_of,
    parse_manifest,
    parse_reference,
    slot_of,
)
from daemon.storage.pool_room import slots_that_can_be_told

_MAX_FILES = 100_000


class Loaded(msgspec.Struct, frozen=True):
    """A pool as its folder gives it.

    Attributes:
        manifest: Its slots; every file it names is a plain one of the folder, or missing.
        references: The photos elsewhere, by slot; without those whose file is damaged.
        trouble: What is wrong with a slot, by its name.
        problems: What was repaired, a sentence each.
        last_number: The highest number of a slot that it ever had.
        changed: The manifest on the disk says something else.
    """

    manifest: Manifest
    references: dict[str, Reference]
    trouble: dict[str, str]
    problems: list[str]
    last_number: int
    changed: bool


def load_pool(folder: bytes) -> Loaded:
    """Read the pool in *folder*; a manifest that is not right is kept under another name.

    Raises:
        OSError: the folder or the manifest cannot be read.
    """
    path = os.path.join(folder, os.fsencode(MANIFEST))
    names = _names(folder)
    changed = False
    try:
        manifest, problems = parse_manifest(read_plain(path, MAX_MANIFEST_BYTES))
    except FileNotFoundError:
        manifest, problems, changed = rebuilt(folder, names), [], True
        if manifest.slots:
            problems.append(
                f"The pool had no list of its photos; it was made anew from {len(manifest.slots)} "
                "files in its folder."
            )
    except (ManifestBrokenError, NotPlainError) as error:
        kept = set_aside(path)
        manifest, changed = rebuilt(folder, names), True
        problems = [
            f"The pool's list of photos {error}; it was made anew from {len(manifest.slots)} files "
            f"in its folder. The broken one is kept as {kept}."
        ]
    checked, more = _checked(folder, manifest)
    references, trouble = _references(folder, checked)
    count = slots_that_can_be_told(checked, references, folder)
    if count < len(checked.slots):
        more.append(
            f"Only the first {count} of {len(checked.slots)} slots are shown: the names and labels "
            "of all have grown too long."
        )
        checked = Manifest(min(checked.active, count - 1), checked.slots[:count])
        shown = {entry.slot for entry in checked.slots}
        references = {slot: each for slot, each in references.items() if slot in shown}
    if not changed and (problems or more):
        more.append(f"The pool's former list is kept as {keep_copy(path)}.")
    found = [*problems, *more]
    return Loaded(
        manifest=checked,
        references=references,
        trouble=trouble,
        problems=found if len(found) <= MAX_TOLD else [*found[: MAX_TOLD - 1], _rest(found)],
        last_number=_last_number(folder, [*names, *(each.image for each in checked.slots)]),
        changed=changed or checked != manifest or bool(found),
    )


def rebuilt(folder: bytes, names: list[str]) -> Manifest:
    """Return the pool that the files called *names* make, in the order in which they came."""
    images = [name for name in names if is_image_name(name)]
    entries: dict[str, Entry] = {}
    for image in in_order(images):
        slot = slot_of(image)
        found = plain_stat(_in(folder, image))
        if found is None or slot in entries or len(entries) >= MAX_SLOTS:
            continue
        mask = slot + MASK_ENDING
        reference = _reference(folder, image) if image.endswith(REFERENCE_ENDING) else None
        known = reference if isinstance(reference, Reference) else None
        entries[slot] = Entry(
            image=image,
            mask=mask if plain_stat(_in(folder, mask)) is not None else None,
            label=known.label if known else "",
            added=known.added if known and known.added else int(found.st_mtime),
        )
    return Manifest(0 if entries else -1, tuple(entries.values()))


def _names(folder: bytes) -> list[str]:
    """Return the names in *folder* that can be those of a pool's files."""
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                found.append(entry.name.decode("utf-8"))
            except UnicodeDecodeError:
                continue
            if len(found) > _MAX_FILES:
                break
    return found


def _checked(folder: bytes, manifest: Manifest) -> tuple[Manifest, list[str]]:
    """Return *manifest* with plain files alone; what is missing stays, what is no file goes."""
    problems: list[str] = []
    kept: list[Entry] = []
    masks: set[str] = set()
    active = manifest.slots[manifest.active].slot if manifest.slots else ""
    for entry in manifest.slots:
        if _is_odd(_in(folder, entry.image)):
            problems.append(f"{entry.image} was left out: it is a link, folder or pipe.")
            continue
        kept.append(_with_mask(folder, entry, masks, problems))
    index = next((i for i, each in enumerate(kept) if each.slot == active), None)
    if index is None:
        index = min(max(manifest.active, 0), len(kept) - 1)
    return Manifest(index, tuple(kept)), problems


def _with_mask(folder: bytes, entry: Entry, masks: set[str], problems: list[str]) -> Entry:
    """Return *entry* with a mask that is there and its own."""
    own = entry.slot + MASK_ENDING
    mask = entry.mask
    if mask is not None and plain_stat(_in(folder, mask)) is None:
        odd = _is_odd(_in(folder, mask))
        why = "is a link, folder or pipe" if odd else "is not there"
        problems.append(f"{entry.slot} lost its mask: {mask} {why}.")
        mask = None
    if mask is None:
        if own in masks or plain_stat(_in(folder, own)) is None:
            return msgspec.structs.replace(entry, mask=None)
        problems.append(f"{entry.slot} has its mask {own} again, which the list did not name.")
        masks.add(own)
        return msgspec.structs.replace(entry, mask=own)
    if mask != own and (mask in masks or mask.endswith(MASK_ENDING)):
        problems.append(f"{entry.slot} has a copy of {mask} as its own mask now.")
        try:
            if plain_stat(_in(folder, own)) is None:
                link_or_copy(_in(folder, mask), _in(folder, own))
        except OSError as error:
            problems.append(f"That failed: {error.strerror}; it has no mask now.")
            return msgspec.structs.replace(entry, mask=None)
        mask = own
    masks.add(mask)
    return msgspec.structs.replace(entry, mask=mask)


def _references(folder: bytes, manifest: Manifest) -> tuple[dict[str, Reference], dict[str, str]]:
    """Return the photos elsewhere, and what is wrong with those that cannot be found."""
    references: dict[str, Reference] = {}
    trouble: dict[str, str] = {}
    for entry in manifest.slots:
        if not entry.is_reference:
            continue
        found = _reference(folder, entry.image)
        if isinstance(found, Reference):
            references[entry.slot] = found
        else:
            trouble[entry.slot] = f"{entry.image}, which says where the photo is, {found}."
    return references, trouble


def _reference(folder: bytes, name: str) -> Reference | str:
    """Return what the reference file *name* says, or what is wrong with it."""
    try:
        return parse_reference(read_plain(_in(folder, name), MAX_REFERENCE_BYTES))
    except FileNotFoundError:
        return "is not there"
    except (ManifestBrokenError, NotPlainError) as error:
        return str(error)
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _is_odd(path: bytes) -> bool:
    """Return whether something other than a plain file has the name."""
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _last_number(folder: bytes, names: list[str]) -> int:
    """Return the highest number of a slot, among those taken out too."""
    every = list(names)
    removed = _in(folder, REMOVED)
    if os.path.isdir(removed) and not os.path.islink(removed):
        for _, _, files in os.walk(removed):
            every += [os.fsdecode(name) for name in files]
    return max((number_of(name.split(".", 1)[0]) for name in every), default=0)


def _rest(found: list[str]) -> str:
    return f"{len(found) - MAX_TOLD + 1} more things were repaired."


def _in(folder: bytes, name: str) -> bytes:
    return os.path.join(folder, os.fsencode(name))
