"""Pools as the command line tells them: JSON documents, a table, lines for people."""

from __future__ import annotations

import os

from daemon.protocol.messages import PoolManifest
from daemon.protocol.values import PoolSlot
from rabbitviewer.commands.documents import Document, plain
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.terminal import (
    harmless,
    shown_path,
    write_json,
    write_line,
    write_note,
    write_table,
)

_HEADING = ("#", "ACTIVE", "MASK", "STALE", "LABEL", "PHOTO")


def pool_document(manifest: PoolManifest) -> Document:
    """Return a pool with its photos in order, and the names of all pools."""
    return {
        "pool_id": manifest.pool_id,
        "name": manifest.name,
        "active": manifest.active,
        "slots": [slot_document(index, slot) for index, slot in enumerate(manifest.slots)],
        "pools": [plain(pool) for pool in manifest.pools],
        "undo": manifest.undo,
        "redo": manifest.redo,
        "problems": list(manifest.problems),
    }


def slot_document(index: int, slot: PoolSlot) -> Document:
    """Return one photo of a pool."""
    return {
        "index": index,
        "slot": slot.slot,
        "path": os.fsdecode(slot.path),
        "own": slot.own,
        "missing": slot.missing,
        "mask": os.fsdecode(slot.mask) if slot.mask else None,
        "label": slot.label,
        "added": slot.added,
        "stale": slot.stale,
        "problem": slot.problem,
    }


def tell_pool(session: Session, manifest: PoolManifest, words: str = "") -> None:
    """Write a pool that was changed: its document, or *words* for people."""
    if session.json:
        write_json(pool_document(manifest))
    elif words:
        write_line(harmless(words))
    tell_problems(manifest)


def tell_problems(manifest: PoolManifest) -> None:
    """Write what was found broken and repaired, beside the output."""
    for problem in manifest.problems:
        write_note(f"Pool {quoted(manifest.name)}: {problem}")


def write_pool(manifest: PoolManifest) -> None:
    """Write a pool's table for people, and which other pools there are."""
    write_line(harmless(f"{quoted(manifest.name)}: {photos(len(manifest.slots))}"))
    if manifest.slots:
        rows = [_row(index, slot, manifest.active) for index, slot in enumerate(manifest.slots)]
        write_table([_HEADING, *rows])
        for index, slot in enumerate(manifest.slots):
            if slot.problem:
                write_note(f"Photo {index}: {slot.problem}")
    else:
        write_line("Add photos with `rabbitviewer pool add PHOTO...`.")
    others = [pool for pool in manifest.pools if pool.pool_id != manifest.pool_id]
    if others:
        named = ", ".join(f"{quoted(pool.name)} ({pool.count})" for pool in others)
        write_line(harmless(f"Other pools: {named}"))


def _row(index: int, slot: PoolSlot, active: int) -> tuple[str, ...]:
    return (
        str(index),
        "*" if index == active else "",
        "yes" if slot.mask else "",
        "stale" if slot.stale else "",
        " ".join(slot.label.split()),
        shown_path(slot.path) + (" (missing)" if slot.missing else ""),
    )


def quoted(name: str) -> str:
    """Return a pool's name as it stands in a sentence."""
    return f'"{name}"'


def photos(count: int) -> str:
    """Return so many photos in words."""
    return "1 photo" if count == 1 else f"{count} photos"
