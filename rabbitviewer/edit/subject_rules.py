"""From what the form says and what there is to what a grade would be made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QCoreApplication

from daemon.protocol.values import PoolSlot
from rabbitviewer.edit.subject import (
    FILE,
    ONE,
    OWN,
    SELECTION,
    SLOT,
    WHOLE,
    Facts,
    Subject,
    Target,
    Wish,
)
from rabbitviewer.models.pool_contents import ACTIVE, PoolContent
from rabbitviewer.words import file_name

_FIRST = 4
_MOST_LOOKED_AT = 2000


def subject_of(wish: Wish, facts: Facts) -> Subject:
    """Return what *wish* comes to."""
    if wish.source == SELECTION:
        return _of_selection(wish, facts)
    if facts.pool is None:
        words = _tr("The pool is being read.")
        return Subject(0, _tr("Reading the pool"), reason=words, is_waiting=True)
    if not facts.pool.slots:
        return Subject(
            0,
            _tr("The pool is empty"),
            reason=_tr("The pool is empty. Press P on a photo to add it, or drop it on Pool."),
        )
    return (_of_slot if wish.source == SLOT else _of_pool)(wish, facts, facts.pool)


# ------------------------------------------------------------------ the three sources


def _of_selection(wish: Wish, facts: Facts) -> Subject:
    photos = facts.selected
    if not photos:
        words = _tr("Choose a photo first")
        return Subject(0, _tr("No photo"), reason=words, is_waiting=True)
    if len(photos) > 1:
        return _of_several(wish, facts, photos)
    path = photos[0]
    name = file_name(path)
    found = _slot_of(facts.own, path)
    if found is None or facts.own is None:
        target = Target(path, mask=_file_of(wish), resize=wish.resize)
        return _one(wish, facts, target, name, "")
    name = _tr("Pasted picture") if found.own else name
    words = _tr("In the pool, slot {index}").format(index=facts.own.slots.index(found))
    target = Target(path, facts.own.pool_id, slot=found.slot)
    return _with_slot(wish, facts, facts.own, found, target, name, words)


def _of_slot(wish: Wish, facts: Facts, content: PoolContent) -> Subject:
    used = content.used_index(wish.index)
    slot = content.slots[used]
    words = _tr("Active: slot {index}") if wish.index == ACTIVE else _tr("Slot {index}")
    words = words.format(index=used)
    if wish.index not in (ACTIVE, used):
        words = _tr("There is no slot {asked}: {used}, the last one, is taken").format(
            asked=wish.index, used=used
        )
    detail = " · ".join(part for part in (words, slot.label) if part)
    target = Target(slot.path, content.pool_id, wish.index, slot.slot)
    name = _tr("Pasted picture") if slot.own else file_name(slot.path)
    return _with_slot(wish, facts, content, slot, target, name, detail)


def _of_several(wish: Wish, facts: Facts, photos: Sequence[bytes]) -> Subject:
    own, broken = facts.own, _broken(facts, photos)
    masked = {
        slot.path: slot
        for slot in (own.slots if own else ())
        if own and facts.has_mask(own, slot) and slot.path in photos and slot.path not in broken
    }
    choice = wish.mask if wish.mask == FILE or (masked and wish.mask in (OWN, WHOLE)) else WHOLE
    count = len(photos) - len(broken)

    def targets() -> Iterator[Target]:
        for path in photos:
            if path in broken:
                continue
            slot = masked.get(path) if choice == OWN and own else None
            yield Target(path, own.pool_id, slot=slot.slot) if slot and own else Target(path)

    reason = ""
    if choice == FILE:
        reason = _tr("One mask from a file counts for one photo. Choose one photo, or no mask.")
    elif not count:
        reason = next(iter(broken.values()))
    return Subject(
        count=count,
        title=_tr("{count} photos selected").format(count=len(photos)),
        detail=_left_out_words(len(broken)),
        several=tuple(photos[:_FIRST]),
        offers=(OWN, WHOLE) if masked else (WHOLE,),
        choice=choice,
        note=_share_words(len(masked), count) if choice == OWN else "",
        through=_through_words(len(masked), count) if choice == OWN else "",
        reason=reason or (_painting_reason(facts, own, masked.values()) if choice == OWN else ""),
        targets=targets,
        paints=choice == OWN and _is_painted(facts, own, masked.values()),
    )


def _of_pool(wish: Wish, facts: Facts, content: PoolContent) -> Subject:
    broken = _broken(facts, [slot.path for slot in content.slots])
    there = [slot for slot in content.slots if not slot.missing and slot.path not in broken]
    masked = [slot for slot in there if facts.has_mask(content, slot)]
    active = content.pick(ACTIVE)
    common = active if active is not None and facts.has_mask(content, active) else None
    offers = (*((OWN,) if masked else ()), *((ONE,) if common else ()), WHOLE)
    choice = wish.mask if wish.mask in offers else WHOLE
    count = len(there)

    def targets() -> Iterator[Target]:
        for slot in there:
            target = Target(slot.path, content.pool_id, content.slots.index(slot), slot.slot)
            if choice == ONE and common is not None and slot is not common:
                target = dataclasses.replace(target, mask=common.mask, resize=True)
            yield dataclasses.replace(target, whole=choice == WHOLE)

    note, through, used = "", "", list[PoolSlot]()
    if choice == ONE and common is not None:
        used = [common]
        note = _tr(
            "The mask of slot {index} for all; it is fitted to photos of another size."
        ).format(index=content.active)
        through = _tr("through one mask")
    elif choice == OWN:
        used = masked
        note = _share_words(len(masked), count)
        through = _through_words(len(masked), count)
    left_out = _left_out_words(len(content.slots) - count)
    return Subject(
        count=count,
        title=content.name,
        detail=" · ".join(part for part in (_count_words(len(content.slots)), left_out) if part),
        several=tuple(slot.path for slot in there[:_FIRST]),
        offers=offers,
        choice=choice,
        note=note,
        through=through,
        reason=_painting_reason(facts, content, used)
        or ("" if there else _tr("No photo of the pool is there and can be read.")),
        targets=targets,
        paints=_is_painted(facts, content, used),
    )


# ------------------------------------------------------------------ one photo


def _with_slot(
    wish: Wish,
    facts: Facts,
    content: PoolContent,
    slot: PoolSlot,
    target: Target,
    name: str,
    detail: str,
) -> Subject:
    """Return a subject of one photo that is in a pool."""
    has_mask = facts.has_mask(content, slot)
    choice = wish.mask if wish.mask == FILE or (has_mask and wish.mask != ONE) else WHOLE
    if choice == FILE:
        target = dataclasses.replace(target, mask=_file_of(wish), resize=wish.resize)
    elif choice == WHOLE and wish.source == SELECTION:
        target = Target(target.path)
    else:
        target = dataclasses.replace(target, whole=choice == WHOLE)
    subject = _one(dataclasses.replace(wish, mask=choice), facts, target, name, detail)
    uses = choice == OWN
    reason = _painting_reason(facts, content, (slot,)) if uses else ""
    if slot.missing:
        reason = _tr("{name} is not where it was. Put it back, or choose another photo.").format(
            name=name
        )
    return dataclasses.replace(
        subject,
        mask=slot.mask if uses else subject.mask,
        mask_mtime_ns=slot.mask_mtime_ns if uses else 0,
        offers=(OWN, *subject.offers) if has_mask else subject.offers,
        note=_note(choice, has_mask=has_mask),
        through=_tr("through its mask") if uses else subject.through,
        reason=reason or subject.reason,
        slot=slot.slot,
        paints=uses and _is_painted(facts, content, (slot,)),
    )


def _one(wish: Wish, facts: Facts, target: Target, name: str, detail: str) -> Subject:
    """Return a subject of one photo."""
    choice = wish.mask if wish.mask in (OWN, FILE) and (target.pool or target.mask) else WHOLE
    mask, photo = facts.size_of(target.mask), facts.size_of(target.path)
    misfit = mask is not None and photo is not None and mask != photo
    reason = facts.problem_of(target.path) or facts.problem_of(target.mask)
    if misfit and not wish.resize:
        reason = reason or _misfit_words(mask or (0, 0), photo or (0, 0))
    return Subject(
        count=1,
        title=name,
        detail=detail,
        path=target.path,
        mask=target.mask,
        offers=(WHOLE,),
        choice=choice,
        note=_note(choice, has_mask=False),
        misfit=misfit,
        through=_tr("through a mask") if choice == FILE else "",
        reason=reason,
        targets=lambda: (target,),
    )


def _broken(facts: Facts, photos: Sequence[bytes]) -> dict[bytes, str]:
    """Return those of *photos* that are known not to be gradable, and why.

    Of very many nobody knows, and looking would take long: their jobs tell.
    """
    if len(photos) > _MOST_LOOKED_AT:
        return {}
    found = ((path, facts.problem_of(path)) for path in photos)
    return {path: problem for path, problem in found if problem}


def _slot_of(content: PoolContent | None, path: bytes) -> PoolSlot | None:
    slots = content.slots if content else ()
    return next((each for each in slots if each.path == path), None)


def _file_of(wish: Wish) -> bytes:
    return wish.mask_file if wish.mask == FILE else b""


# ------------------------------------------------------------------ words


def _is_painted(facts: Facts, content: PoolContent | None, slots: Iterable[PoolSlot]) -> bool:
    return content is not None and any(facts.paints(content, slot) for slot in slots)


def _painting_reason(facts: Facts, content: PoolContent | None, slots: Iterable[PoolSlot]) -> str:
    """Say that nothing is painted so far; empty: something is, or nobody paints."""
    painting = facts.painting
    if painting is None or not painting.is_empty or not _is_painted(facts, content, slots):
        return ""
    return _tr(
        "Inpaint mask strokes are empty. Paint where the grade shall count, or choose no mask."
    )


def _note(choice: str, *, has_mask: bool) -> str:
    if choice != WHOLE:
        return _tr("Only what the mask covers is changed.")
    return _tr("The mask is left out: the whole photo is graded.") if has_mask else ""


def _misfit_words(mask: tuple[int, int], photo: tuple[int, int]) -> str:
    return _tr(
        "The mask has {mask} pixels, the photo {photo}. Let it be fitted, or choose another one."
    ).format(mask=_size_words(*mask), photo=_size_words(*photo))


def _size_words(width: int, height: int) -> str:
    return f"{width} × {height}"


def _count_words(count: int) -> str:
    return _tr("1 photo") if count == 1 else _tr("{count} photos").format(count=count)


def _left_out_words(count: int) -> str:
    return _tr("{count} missing or unreadable, left out").format(count=count) if count else ""


def _share_words(masked: int, count: int) -> str:
    if masked == count:
        return _tr("Each through its own mask.")
    return _tr("{masked} of {count} have a mask; the others are graded whole.").format(
        masked=masked, count=count
    )


def _through_words(masked: int, count: int) -> str:
    if masked == count:
        return _tr("through their masks")
    return _tr("{masked} through their masks").format(masked=masked)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Subject", text)
