"""The pool and its slots in words that a photographer reads."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.values import PoolSlot
from rabbitviewer.words import file_name


def _tr(text: str) -> str:
    return QCoreApplication.translate("PoolWords", text)


def slot_name(slot: PoolSlot) -> str:
    """Name a slot: by its label, else by its file; a pasted picture has no name of its own."""
    if slot.label:
        return slot.label
    return _tr("pasted picture") if slot.own else file_name(slot.path)


def slot_facts(slot: PoolSlot, *, active: bool, masked: bool) -> list[str]:
    """Return everything that the marks of a slot say, a sentence part each."""
    facts: list[str] = []
    if active:
        facts.append(_tr("Active: edits use it"))
    if masked:
        facts.append(_tr("Mask painted"))
    if slot.stale:
        facts.append(_tr("A result was made from an earlier picture or mask"))
    if slot.problem:
        facts.append(slot.problem)
    elif slot.missing:
        facts.append(_tr("The photo is missing; mask and label are kept"))
    return facts


def slot_tip(slot: PoolSlot, index: int, *, active: bool, masked: bool) -> str:
    """Say all about a slot, for its tool tip."""
    name = _tr("Pasted picture") if slot.own else file_name(slot.path)
    head = _tr("{index} · {name}").format(index=index, name=name)
    parts = [head, slot.label, *slot_facts(slot, active=active, masked=masked)]
    return "\n".join(part for part in parts if part)


def slot_description(slot: PoolSlot, index: int, count: int, *, active: bool, masked: bool) -> str:
    """Say all about a slot, for a screen reader."""
    place = _tr("Slot {index} of {count}").format(index=index, count=count)
    name = _tr("pasted picture") if slot.own else file_name(slot.path)
    facts = slot_facts(slot, active=active, masked=masked)
    return ", ".join(part for part in (place, name, slot.label, *facts) if part)


def missing_words() -> str:
    """Say in a word that a photo is not where it was."""
    return _tr("Missing")


def count_words(count: int) -> str:
    """Say how many photos: ``1 photo``, ``1,200 photos``."""
    return (_tr("{n} photo") if count == 1 else _tr("{n} photos")).format(n=f"{count:,}")


def lost_words(count: int, own: int, masks: int) -> str:
    """Say what a pool of *count* photos takes along when it is deleted, and what stays."""
    sentences: list[str] = []
    if count > own:
        stays = _tr("Nothing happens to {photos} on your disk.")
        sentences.append(stays.format(photos=count_words(count - own)))
    pictures = (_tr("{n} pasted picture") if own == 1 else _tr("{n} pasted pictures")).format(n=own)
    painted = (_tr("{n} mask") if masks == 1 else _tr("{n} masks")).format(n=masks)
    things = [words for words, there in ((pictures, own), (painted, masks)) if there]
    if things:
        taken = _tr("The trash takes {things}.")
        sentences.append(taken.format(things=_tr(" and ").join(things)))
    return " ".join(sentences) or _tr("It is empty.")


def error_words(error: ErrorInfo) -> str:
    """Say what failed and what to do."""
    return f"{error.message} {error.hint}".strip()
