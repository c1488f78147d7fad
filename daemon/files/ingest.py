"""Bringing photos in from a card: copied, read back, named, tagged; the card is only read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from daemon.files.card import IngestPlan, Places, photos_on, places_for, problem_of_place
from daemon.files.organise import Pairs, check_room, chunks, copier, execute, make_target
from daemon.files.patterns import Subject
from daemon.files.primitives import device_of, make_folder
from daemon.files.units import Unit, units_of
from daemon.files.words import titled
from daemon.files.work import Work
from daemon.protocol.errors import RabbitError
from daemon.sidecars import (
    ChangedMeanwhileError,
    MarksChange,
    SidecarWrite,
    commit,
    plan_marks,
    sidecars,
    unwritable,
)
from daemon.storage.journal import JournalStep, JournalStore, SidecarWritten, digest_of
from daemon.tasks import PhotoFacts

__all__ = ["IngestPlan", "ingest"]

_UNITS_PER_NOTE = 16

Facts = Callable[[Sequence[bytes]], Mapping[bytes, PhotoFacts]]


def ingest(work: Work, journal: JournalStore, plan: IngestPlan, facts_of: Facts) -> None:
    """Copy what is on the card and not yet in the target.

    Every copy is on the disk and read back before it gets its name, and compared with what was
    read from the card. Run again after it was stopped, it leaves out what arrived.

    Raises:
        RabbitError: the card or the target cannot be used, or there is no room; nothing was done.
    """
    photos = photos_on(plan.source, lambda: work.cancelled)
    facts = facts_of(photos)
    units = units_of(photos, leaving=False)
    work.is_about(photos)
    relative = _named(work, plan, units, facts)
    for folder in plan.folders:
        make_target(folder)
    todo = [unit for unit in units if all(path in relative for path in unit.photos)]
    _check_room(work, plan, todo, relative)
    step = journal.begin_now("ingest", titled("ingest", len(photos)))
    try:
        number = 0
        for some in chunks(todo, _UNITS_PER_NOTE):
            if work.cancelled:
                return
            _bring_in(work, step, plan, some, relative, number)
            number += len(some) * len(plan.folders)
    finally:
        work.can_undo = not step.is_empty
        step.commit_now()


def _bring_in(
    work: Work,
    step: JournalStep,
    plan: IngestPlan,
    units: Sequence[Unit],
    relative: dict[bytes, bytes],
    number: int,
) -> None:
    """Copy some units into each folder, then write their keywords.

    Those that arrived before without a sidecar get them too: a daemon was killed in between.
    """
    copied: list[bytes] = []
    copy = copier(work)
    for folder in plan.folders:
        planned: list[tuple[int, Pairs]] = []
        reserved: set[bytes] = set()
        for unit in units:
            number += 1
            pairs, known = _places(work, plan, unit, relative, folder, reserved)
            copied += [path for path in known if not sidecars(path)]
            if pairs:
                planned.append((number, pairs))
                reserved |= {new for _, new in pairs}
        done = execute(work, step, planned, copy)
        copied += [new for old, new in done if old in relative]
        if folder == plan.folders[0]:
            for old, new in done:
                if old in relative:
                    work.moved(old, new)
            there = {old for _, pairs in planned for old, _ in pairs}
            work.advance(*(path for unit in units for path in unit.photos if path not in there))
    if plan.keywords:
        _tag(work, step, plan, copied)


def _places(
    work: Work,
    plan: IngestPlan,
    unit: Unit,
    relative: dict[bytes, bytes],
    folder: bytes,
    reserved: set[bytes],
) -> Places:
    try:
        places = places_for(unit, relative, folder, reserved, skip=plan.skip_known)
        for _, new in places.left:
            make_folder(os.path.dirname(new))
    except OSError as error:
        for photo in unit.photos:
            work.fail(photo, "could not be copied", error)
        return Places([], [])
    return places


def _named(
    work: Work, plan: IngestPlan, units: Iterable[Unit], facts: Mapping[bytes, PhotoFacts]
) -> dict[bytes, bytes]:
    """Return where each photo goes, relative to the target; what cannot have a name is said."""
    relative: dict[bytes, bytes] = {}
    for number, unit in enumerate(units, 1):
        for path in unit.photos:
            known = facts.get(path) or _plain_facts(path)
            place = plan.names.fill(Subject(path, known, number))
            problem = problem_of_place(path, place)
            if problem is not None:
                work.refuse(problem)
                work.advance(path)
            else:
                relative[path] = place
    return relative


def _check_room(
    work: Work, plan: IngestPlan, units: Sequence[Unit], relative: dict[bytes, bytes]
) -> None:
    """See that everything fits before the first copy; what seems to be there is not counted.

    Raises:
        RabbitError: ``disk_full`` with both figures.
    """
    wanted: dict[int, int] = {}
    for folder in plan.folders:
        for unit in units:
            for path in unit.files:
                size = _size(path)
                there = os.path.join(folder, relative.get(path, b""))
                if path not in relative or not plan.skip_known or _size(there) != size:
                    device = device_of(folder)
                    wanted[device] = wanted.get(device, 0) + size
    for folder in plan.folders:
        check_room(folder, wanted.get(device_of(folder), 0))
    work.expect_bytes(sum(wanted.values()))


def _tag(work: Work, step: JournalStep, plan: IngestPlan, photos: Sequence[bytes]) -> None:
    """Write the keywords into the sidecars of the copies, never into the photos."""
    change = MarksChange(add_keywords=plan.keywords)
    writes: list[tuple[bytes, SidecarWrite]] = []
    for photo in photos:
        try:
            write, _ = plan_marks(photo, change, naming=plan.naming)
        except RabbitError as error:
            work.fail(photo, "was copied without its keywords", error)
            continue
        if write.changes and all(write.path != other.path for _, other in writes):
            writes.append((photo, write))
    place = step.note_now(
        [SidecarWritten(each.path, each.before, digest_of(each.after)) for _, each in writes]
    )
    undone: list[int] = []
    for number, (photo, write) in enumerate(writes, place):
        try:
            commit(write)
        except (OSError, ChangedMeanwhileError) as error:
            undone.append(number)
            why = (
                error if isinstance(error, OSError) else OSError(errno.EBUSY, "it was just written")
            )
            work.fail(photo, "was copied without its keywords", unwritable(write.path, why))
    step.retract_now(undone)
    work.files_changed(photo for photo, _ in writes)


def _plain_facts(path: bytes) -> PhotoFacts:
    found = os.stat(path)
    return PhotoFacts(path=path, size_bytes=found.st_size, mtime_ns=found.st_mtime_ns)


def _size(path: bytes) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1
