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


def error_words(error: ErrorInfo) -> str:
    """Say what failed and what to do."""
    return f"{error.message} {error.hint}".strip()
