"""After a daemon was killed: what its journal says was begun is finished or was never there."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping

from daemon.files.failures import explained
from daemon.files.primitives import temporary_beside
from daemon.files.reverse import carry_out, sidecar_content
from daemon.files.transfer import inode_of, same_content
from daemon.files.trash import forget
from daemon.protocol.errors import RabbitError
from daemon.storage.journal import (
    AnyRecord,
    Created,
    JournalStep,
    Moved,
    Removed,
    Restored,
    SidecarWritten,
    Trashed,
    Turned,
    digest_of,
)

log = logging.getLogger(__name__)


def settle(step: JournalStep) -> list[bytes]:
    """Bring the files of a step that was under way into order; the step is not ended.

    Files of one photo are finished together when one of them is done; what was not begun is
    taken out of the journal. Half-made copies are removed.

    Returns:
        The paths at which something may be another than before.
    """
    records = step.records_now()
    undone: list[int] = []
    changed: list[bytes] = []
    for unit in _units(records):
        true = {place: _is_true(records[place], records) for place in unit}
        begun = any(true.values()) or any(_is_half(records[place]) for place in unit)
        for place in unit:
            record = records[place]
            _clear(record)
            if not true[place] and not (begun and _finished(record)):
                undone.append(place)
                if isinstance(record, Trashed):
                    forget(record.trashed)
                continue
            if isinstance(record, Restored):
                forget(record.trashed)
            changed += _paths(record)
    step.retract_now(undone)
    log.info("%s was under way: %d changes kept, %d not", step.title, len(changed), len(undone))
    return changed


def _units(records: Mapping[int, AnyRecord]) -> list[list[int]]:
    """Return the records' numbers, those of one photo together."""
    units: dict[object, list[int]] = {}
    for place, record in records.items():
        number = getattr(record, "unit", 0)
        units.setdefault(("unit", number) if number else ("alone", place), []).append(place)
    return list(units.values())


def _is_true(record: AnyRecord, records: Mapping[int, AnyRecord]) -> bool:
    """Return whether the change has been made, completely."""
    match record:
        case Moved():
            return _is_moved(record, records)
        case Created():
            there = os.path.lexists(record.path)
            gone = not os.path.lexists(record.source)
            return there and (gone or same_content(record.path, record.source))
        case Removed():
            return not os.path.lexists(record.path)
        case Trashed():
            return os.path.lexists(record.trashed) and not os.path.lexists(record.old)
        case Restored():
            return os.path.lexists(record.old) and not os.path.lexists(record.trashed)
        case Turned():
            there = inode_of(record.path)
            return bool(there) and there != record.inode
        case SidecarWritten():
            with contextlib.suppress(OSError):
                now = sidecar_content(record.path)
                return (digest_of(now) if now is not None else b"") == record.after_digest
            return False


def _is_moved(record: Moved, records: Mapping[int, AnyRecord]) -> bool:
    """Return whether the file has its new path, or went on from there to another one."""
    if not record.inode:
        return os.path.lexists(record.new) and not os.path.lexists(record.old)
    if _is_half(record):
        return False
    if inode_of(record.new) == record.inode:
        return True
    return any(
        isinstance(later, Moved)
        and later.old == record.new
        and later.inode == record.inode
        and inode_of(later.new) == record.inode
        for later in records.values()
    )


def _is_half(record: AnyRecord) -> bool:
    """Return whether both names stand: the new one is complete, the old one was to go."""
    match record:
        case Moved():
            old, new = record.old, record.new
        case Restored():
            old, new = record.trashed, record.old
        case Trashed():
            old, new = record.old, record.trashed
        case _:
            return False
    if not (_has_entry(old) and _has_entry(new)):
        return False
    return inode_of(old) == inode_of(new) or same_content(old, new)


def _has_entry(path: bytes) -> bool:
    """Return whether the folder holds this very name, also where case does not count."""
    if not os.path.lexists(path):
        return False
    try:
        return os.path.basename(path) in os.listdir(os.path.dirname(path))
    except OSError:
        return True


def _finished(record: AnyRecord) -> bool:
    """Do what is left to do of a change; False: it cannot be done, the rest stands."""
    try:
        if _is_half(record):
            os.unlink(record.trashed if isinstance(record, Restored) else _old(record))
        elif isinstance(record, Moved) and record.inode not in (0, inode_of(record.old)):
            return False  # another file has that name by now
        elif not isinstance(record, (SidecarWritten, Turned)):
            carry_out(record)
        else:
            return False
    except (OSError, RabbitError) as error:
        log.warning("%s", explained(_paths(record)[0], "could not be finished", error))
        return False
    return True


def _clear(record: AnyRecord) -> None:
    """Remove the temporary file that a change may have left."""
    match record:
        case Moved():
            temp = temporary_beside(record.new)
        case Created():
            temp = temporary_beside(record.path)
        case Restored():
            temp = temporary_beside(record.old)
        case Turned():
            temp = record.temp
        case SidecarWritten():
            temp = temporary_beside(os.path.realpath(record.path))
        case Removed() | Trashed():
            return
    with contextlib.suppress(OSError):
        os.unlink(temp)


def _old(record: AnyRecord) -> bytes:
    return record.old if isinstance(record, (Moved, Trashed)) else b""


def _paths(record: AnyRecord) -> tuple[bytes, ...]:
    match record:
        case Moved():
            return record.old, record.new
        case Trashed() | Restored():
            return (record.old,)
        case _:
            return (record.path,)
