"""Brings a pool's folder from one state to the next: whole, or not at all.

Files that the new manifest names are put in place and synced, the manifest is replaced in one step
and synced; only then do files go that it no longer names. Blocks.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec

from daemon.storage.pool_change import Draft
from daemon.storage.pool_files import (
    link_or_copy,
    make_folder,
    plain_stat,
    sync_folder,
    write_durably,
    write_synced,
)
from daemon.storage.pool_manifest import (
    MANIFEST,
    Manifest,
    Reference,
    format_manifest,
    format_reference,
)

_MANY = 16
_AT_ONCE = 16

log = logging.getLogger(__name__)


class Before(msgspec.Struct, frozen=True):
    """The pool as the folder has it now."""

    manifest: Manifest
    references: Mapping[str, Reference]


def commit(folder: bytes, draft: Draft, manifest: Manifest, before: Before) -> None:
    """Make *manifest* what the folder says, with the files that *draft* brings.

    Raises:
        OSError: it could not be done; the folder is as before.
    """
    came: list[tuple[str, str]] = []
    try:
        for name, kept in draft.kept:
            make_folder(os.path.dirname(_in(folder, kept)))
            link_or_copy(_in(folder, name), _in(folder, kept))
        for source, name in draft.put:
            os.replace(_in(folder, source), _in(folder, name))
            came.append((source, name))
        _write_all(folder, draft.written)
        if draft.kept or draft.put or draft.written:
            sync_folder(folder)
        if manifest != before.manifest:
            write_durably(_in(folder, MANIFEST), format_manifest(manifest))
    except BaseException:
        _roll_back(folder, draft, came, before)
        raise


def take_away(folder: bytes, taken: list[tuple[str, str]]) -> None:
    """Put files aside that the manifest no longer names; what stays does no harm."""
    changed: set[bytes] = set()
    for name, aside in taken:
        target = _in(folder, aside)
        try:
            make_folder(os.path.dirname(target))
            os.replace(_in(folder, name), target)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s could not be put aside: %s", name, error)
            continue
        changed.add(os.path.dirname(target))
    for each in {*changed, folder} if changed else ():
        with contextlib.suppress(OSError):
            sync_folder(each)


def _write_all(folder: bytes, written: Mapping[str, bytes]) -> None:
    """Write files; many at once, because the disk syncs them together in the time of a few."""
    if len(written) < _MANY:
        for name, data in written.items():
            write_synced(_in(folder, name), data)
        return
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pool-files") as threads:
        paths = [_in(folder, name) for name in written]
        list(threads.map(write_synced, paths, written.values()))


def _roll_back(folder: bytes, draft: Draft, came: list[tuple[str, str]], before: Before) -> None:
    """Undo what was begun, as far as the disk lets us; the old manifest still stands."""
    for source, name in reversed(came):
        with contextlib.suppress(OSError):
            os.replace(_in(folder, name), _in(folder, source))
    for name, kept in draft.kept:
        if plain_stat(_in(folder, name)) is None:
            with contextlib.suppress(OSError):
                link_or_copy(_in(folder, kept), _in(folder, name))
    slots = {entry.image: entry.slot for entry in before.manifest.slots}
    for name in draft.written:
        known = before.references.get(slots.get(name, ""))
        with contextlib.suppress(OSError):
            if known is not None:
                write_synced(_in(folder, name), format_reference(known))
            elif name not in slots:
                os.unlink(_in(folder, name))


def _in(folder: bytes, name: str) -> bytes:
    return os.path.join(folder, os.fsencode(name))
