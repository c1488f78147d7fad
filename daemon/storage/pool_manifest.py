"""The words of a pool on disk, bytes in and typed values out: manifest, reference, name."""

from __future__ import annotations

import base64
import json
import os
import re
from typing import Any

import msgspec

from daemon.protocol.formats import is_listed
from daemon.protocol.natural import natural_key

MANIFEST = "manifest.json"
REFERENCE_ENDING = ".ref.json"
MASK_ENDING = ".mask.png"
MAX_SLOTS = 2000
MAX_LABEL = 200
MAX_MANIFEST_BYTES = 4 << 20
MAX_REFERENCE_BYTES = 64 << 10
MAX_TOLD = 20

_MAX_NAME_BYTES = 200
_BAD_IN_NAME = re.compile(r'[\x00-\x1f/\\:*?"<>|\x7f]')
_OUR_STEM = re.compile(r"img_([0-9]{1,9})\Z")
_MAX_WHOLE = 1 << 62


class ManifestBrokenError(ValueError):
    """Nothing in the file can be used; the message goes on after its name."""


class Entry(msgspec.Struct, frozen=True):
    """One slot as the manifest has it.

    Attributes:
        image: Name of a picture in the folder, or of a ``.ref.json``.
        mask: Name of the mask; None: none.
        label: The user's words.
        added: Seconds since 1970.
    """

    image: str
    mask: str | None = None
    label: str = ""
    added: int = 0

    @property
    def slot(self) -> str:
        """The slot's lasting name."""
        return slot_of(self.image)

    @property
    def is_reference(self) -> bool:
        """Whether *image* names a photo elsewhere."""
        return self.image.endswith(REFERENCE_ENDING)


class Manifest(msgspec.Struct, frozen=True):
    """A pool's slots in order; *active* is -1 where there are none, else an index of one."""

    active: int = -1
    slots: tuple[Entry, ...] = ()

    def at(self, index: int) -> int:
        """Return the index that *index* stands for: -1 the active one, else the nearest there is.

        The answer is -1 where the pool is empty.
        """
        return chosen(index, self.active, len(self.slots))


class Reference(msgspec.Struct, frozen=True):
    """A photo that stays where it is.

    Attributes:
        path: Absolute.
        size: Bytes, when it was last looked at.
        mtime_ns: Its modification time then.
        content_id: Digest of size, head and tail, hexadecimal; empty: not known.
        label: As in the manifest, which it can be rebuilt from.
        added: Likewise.
    """

    path: bytes
    size: int = 0
    mtime_ns: int = 0
    content_id: str = ""
    label: str = ""
    added: int = 0


def chosen(index: int, active: int, count: int) -> int:
    """Return the slot that is used: -1 the active one, 0 and above that slot, clamped.

    Args:
        index: What was asked for; below 0 is the active one.
        active: The active slot.
        count: How many there are; of none, -1 is used.
    """
    wanted = active if index < 0 else index
    return min(max(wanted, 0), count - 1)


# ---------------------------------------------------------------- manifest


def parse_manifest(data: bytes) -> tuple[Manifest, list[str]]:
    """Return what a manifest says, and a sentence for each thing in it that was repaired.

    Raises:
        ManifestBrokenError: it is no manifest.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ManifestBrokenError("is damaged") from error
    if not isinstance(found, dict) or not isinstance(found.get("slots"), list):
        raise ManifestBrokenError("holds no list of slots")
    problems: list[str] = []
    entries: list[Entry] = []
    active = _active(found.get("active", 0), problems)
    place: int | None = None
    seen: set[str] = set()
    for index, raw in enumerate(found["slots"]):
        entry = _entry(raw, index, problems)
        if entry is None:
            continue
        if entry.slot in seen:
            problems.append(f"Slot {index} was left out: {entry.image} stands there twice.")
            continue
        seen.add(entry.slot)
        if index == active:
            place = len(entries)
        entries.append(entry)
    if len(entries) > MAX_SLOTS:
        problems.append(f"Only the first {MAX_SLOTS} of {len(entries)} slots are shown.")
        entries = entries[:MAX_SLOTS]
    return _with_active(entries, active, place, len(found["slots"]), problems), problems


def format_manifest(manifest: Manifest) -> bytes:
    """Return *manifest* as it is written: ASCII, one slot a line."""
    lines = ",\n  ".join(json.dumps(msgspec.to_builtins(entry)) for entry in manifest.slots)
    slots = f"[\n  {lines}\n ]" if lines else "[]"
    return f'{{\n "active": {max(manifest.active, 0)},\n "slots": {slots}\n}}\n'.encode("ascii")


def _active(value: object, problems: list[str]) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    problems.append("The active slot was no number; the first one is active now.")
    return 0


def _with_active(
    entries: list[Entry], active: int, place: int | None, said: int, problems: list[str]
) -> Manifest:
    """Return the manifest with an active slot that exists; *said*: how many it named."""
    count = len(entries)
    if place is not None and place < count:
        return Manifest(place, tuple(entries))
    if said and not 0 <= active < said:
        shown = str(active) if abs(active) < _MAX_WHOLE else "far away"
        problems.append(f"The active slot was {shown}, which does not exist.")
    return Manifest(min(max(active, 0), count - 1), tuple(entries))


def _entry(raw: object, index: int, problems: list[str]) -> Entry | None:
    where = f"Slot {index}"
    fields: dict[str, Any] = raw if isinstance(raw, dict) else {}
    image = fields.get("image")
    if not isinstance(image, str):
        problems.append(f"{where} was left out: it names no image.")
        return None
    if not is_image_name(image):
        problems.append(f"{where} was left out: {image[:80]!r} is no picture of this folder.")
        return None
    mask = fields.get("mask")
    if mask is not None and not (isinstance(mask, str) and is_mask_name(mask)):
        problems.append(f"{where} lost its mask: {str(mask)[:80]!r} is no mask of this folder.")
        mask = None
    label = fields.get("label", "")
    if not isinstance(label, str):
        problems.append(f"{where} lost its label, which was no text.")
        label = ""
    return Entry(image, mask, clean_label(label), _whole(fields.get("added", 0)))


# ---------------------------------------------------------------- reference


def parse_reference(data: bytes) -> Reference:
    """Return what a ``.ref.json`` says.

    Raises:
        ManifestBrokenError: it names no photo.
    """
    try:
        found = json.loads(data)
        coded = found.get("path_b64")
        path = base64.b64decode(coded, validate=True) if coded else found["path"].encode("utf-8")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ManifestBrokenError("is damaged") from error
    if not os.path.isabs(path) or b"\0" in path or os.path.normpath(path) != path:
        raise ManifestBrokenError("names no absolute path")
    if not is_listed(path):
        raise ManifestBrokenError("names no photo")
    content, label = found.get("content_id", ""), found.get("label", "")
    return Reference(
        path=path,
        size=_whole(found.get("size", 0)),
        mtime_ns=_whole(found.get("mtime_ns", 0)),
        content_id=content if isinstance(content, str) and len(content) <= 128 else "",
        label=clean_label(label) if isinstance(label, str) else "",
        added=_whole(found.get("added", 0)),
    )


def format_reference(reference: Reference) -> bytes:
    """Return *reference* as it is written; a path that is not UTF-8 stands as ``path_b64``."""
    fields = msgspec.to_builtins(reference, builtin_types=(bytes,))
    path = fields.pop("path")
    try:
        named = {"path": path.decode("utf-8")}
    except UnicodeDecodeError:
        named = {"path_b64": base64.b64encode(path).decode("ascii")}
    return json.dumps({**named, **fields}, indent=1).encode("ascii") + b"\n"


# ---------------------------------------------------------------- names


def is_image_name(name: str) -> bool:
    """Return whether *name* may be a slot's image: a plain name of a picture or reference."""
    if not _is_plain(name) or name.endswith(MASK_ENDING):
        return False
    return name.endswith(REFERENCE_ENDING) or is_listed(name)


def is_mask_name(name: str) -> bool:
    """Return whether *name* may be a slot's mask: a plain name of a PNG."""
    return _is_plain(name) and name.casefold().endswith(".png")


def slot_of(image: str) -> str:
    """Return the lasting name of the slot whose image is called *image*."""
    if image.endswith(REFERENCE_ENDING):
        return image[: -len(REFERENCE_ENDING)]
    return os.path.splitext(image)[0]


def number_of(slot: str) -> int:
    """Return the number in a slot's name of our making; 0: it is of somebody else's."""
    match = _OUR_STEM.match(slot)
    return int(match[1]) if match else 0


def numbered_slot(number: int) -> str:
    """Return the name of the *number*-th slot that a pool ever had."""
    return f"img_{number:04}"


def in_order(names: list[str]) -> list[str]:
    """Return *names* as they came into the pool, by the numbers in them."""
    return sorted(names, key=lambda name: (natural_key(os.fsencode(name)), name))


def clean_label(label: str) -> str:
    """Return *label* on one line, without what cannot be shown or sent, cut to its limit."""
    shown = "".join(mark if mark.isprintable() else " " for mark in label)
    return shown.strip()[:MAX_LABEL].rstrip()


def _is_plain(name: str) -> bool:
    """Return whether *name* is that of a file right in the folder, on every system."""
    if not name or name.startswith(".") or name != name.strip() or _BAD_IN_NAME.search(name):
        return False
    try:
        return len(name.encode("utf-8")) <= _MAX_NAME_BYTES
    except UnicodeEncodeError:
        return False


def _whole(value: object) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < _MAX_WHOLE:
        return int(value)
    return 0
