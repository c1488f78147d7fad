"""Copying and moving photos with what belongs to them, journalled."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from daemon.files.failures import refused
from daemon.files.primitives import device_of, make_folder, sync_folders_of
from daemon.files.transfer import inode_of, make_copy, move_file
from daemon.files.units import Unit, free_places, units_of
from daemon.files.work import Work
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.journal import AnyRecord, Created, JournalStep, Moved

T = TypeVar("T")

UNITS_PER_NOTE = 64
_RESERVE_BYTES = 1 << 20

Pairs = list[tuple[bytes, bytes]]
Act = Callable[[bytes, bytes], None]


def copy_photos(work: Work, step: JournalStep, paths: Iterable[bytes], folder: bytes) -> None:
    """Copy photos with their sidecars into *folder*, each copy read back from the disk.

    Raises:
        RabbitError: the folder cannot be used, or its disk has no room; nothing was done.
    """
    units = units_of(paths, leaving=False)
    _prepare(work, folder, units, all_count=True)
    _transfer(work, step, units, folder, moving=False)


def move_photos(work: Work, step: JournalStep, paths: Iterable[bytes], folder: bytes) -> None:
    """Move photos with their sidecars into *folder*; those that lie there already stay.

    Raises:
        RabbitError: the folder cannot be used, or its disk has no room; nothing was done.
    """
    here = os.path.normpath(folder)
    units = [unit for unit in units_of(paths, leaving=True) if not _lies_in(unit, here)]
    _prepare(work, folder, units, all_count=False)
    _transfer(work, step, units, folder, moving=True)


def check_room(folder: bytes, wanted_bytes: int) -> None:
    """Make sure that *wanted_bytes* fit on the volume of *folder*.

    Raises:
        RabbitError: ``disk_full`` with both figures.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    if wanted_bytes + _RESERVE_BYTES > free:
        raise RabbitError(
            ErrorKind.DISK_FULL,
            f"The disk of {os.fsdecode(folder)} has {_in_words(free)} free, "
            f"{_in_words(wanted_bytes)} are needed.",
            "Free some space there, or choose another folder.",
        )


def execute(
    work: Work,
    step: JournalStep,
    numbered: list[tuple[int, Pairs]],
    act: Act,
    *,
    moving: bool = False,
) -> Pairs:
    """Note what will be done to whole units, then do it.

    A unit of which one file fails is put back; what did not come true is retracted.

    Args:
        work: Told of failures and progress.
        step: Where it is noted.
        numbered: Units as (number, pairs of old and new path).
        act: Moves or copies one file.
        moving: It moves.

    Returns:
        The pairs that came true.
    """
    inodes: dict[bytes, int] = {}
    records: list[AnyRecord] = [
        _record(old, new, number, inodes, moving=moving)
        for number, pairs in numbered
        for old, new in pairs
    ]
    place = step.note_now(records)
    done: Pairs = []
    undone: list[int] = []
    for _, pairs in numbered:
        places = list(range(place, place + len(pairs)))
        place += len(pairs)
        if work.cancelled or not _unit_done(work, pairs, act, moving=moving):
            undone += places
            continue
        done += pairs
    sync_folders_of(path for pair in done for path in pair)
    step.retract_now(undone)
    work.files_changed(path for pair in done for path in pair)
    return done


def mover(work: Work) -> Act:
    """Return what moves a file for :func:`execute`, its bytes counted where it is copied."""

    def move_one(old: bytes, new: bytes) -> None:
        move_file(old, new, checkpoint=work.count_bytes)

    return move_one


def copier(work: Work) -> Act:
    """Return what copies a file for :func:`execute`, its bytes counted.

    A file that it copies twice must read the same both times.
    """
    digests: dict[bytes, bytes] = {}

    def copy_one(old: bytes, new: bytes) -> None:
        digest = make_copy(old, new, checkpoint=work.count_bytes)
        if digests.setdefault(old, digest) != digest:
            os.unlink(new)
            raise OSError(errno.EIO, "It reads differently each time")

    return copy_one


def chunks(items: list[T], size: int = UNITS_PER_NOTE) -> Iterator[list[T]]:
    """Yield *items* in pieces."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _transfer(
    work: Work, step: JournalStep, units: list[Unit], folder: bytes, *, moving: bool
) -> None:
    work.is_about(photo for unit in units for photo in unit.photos)
    act = mover(work) if moving else copier(work)
    number = 0
    for some in chunks(units):
        if work.cancelled:
            return
        planned: list[tuple[int, Pairs]] = []
        reserved: set[bytes] = set()
        for unit in some:
            number += 1
            pairs = _planned(work, unit, folder, reserved)
            if pairs:
                planned.append((number, pairs))
                reserved |= {new for _, new in pairs}
        photos = {photo for unit in some for photo in unit.photos}
        for old, new in execute(work, step, planned, act, moving=moving):
            if old in photos:
                work.moved(old, new)


def _planned(work: Work, unit: Unit, folder: bytes, reserved: set[bytes]) -> Pairs:
    missing = [path for path in unit.photos if not os.path.lexists(path)]
    for path in missing:
        unit.photos.remove(path)
        work.refuse(refused(path, ErrorKind.NOT_FOUND, "is not there", "It may have been moved."))
        work.advance(path)
    if not unit.photos:
        return []
    try:
        return free_places(unit, folder, lambda new: new in reserved or os.path.lexists(new))
    except OSError as error:
        work.fail(unit.photos[0], "could not be given a name", error)
        return []


def _unit_done(work: Work, pairs: Pairs, act: Act, *, moving: bool) -> bool:
    """Do all of one unit, or nothing of it."""
    done: Pairs = []
    for old, new in pairs:
        try:
            act(old, new)
        except OSError as error:
            what = "could not be moved" if moving else "could not be copied"
            if moving and os.path.dirname(old) == os.path.dirname(new):
                what = f"could not be renamed to {os.fsdecode(os.path.basename(new))}"
            work.fail_unit(old, (each for each, _ in pairs), what, error)
            _put_back(work, done, moving=moving)
            break
        done.append((old, new))
    work.advance(*(old for old, _ in pairs))
    return len(done) == len(pairs)


def _put_back(work: Work, done: Pairs, *, moving: bool) -> None:
    for old, new in reversed(done):
        try:
            if moving:
                move_file(new, old)
            else:
                os.unlink(new)
        except OSError as error:
            work.fail(new, "could not be put back", error)


def _record(
    old: bytes, new: bytes, unit: int, inodes: dict[bytes, int], *, moving: bool
) -> AnyRecord:
    """Return the record of one file; *inodes* are those of files that move on from there."""
    if not moving:
        return Created(new, source=old, unit=unit)
    try:
        stays = device_of(os.path.dirname(old)) == device_of(os.path.dirname(new))
    except OSError:
        stays = False
    inode = (inodes.get(old) or inode_of(old)) if stays else 0
    inodes[new] = inode
    return Moved(old, new, unit, inode)


def make_target(folder: bytes) -> None:
    """Make *folder* and see that it can be written.

    Raises:
        RabbitError: in words.
    """
    try:
        make_folder(folder)
    except OSError as error:
        raise RabbitError(
            ErrorKind.OUTPUT_REFUSED,
            f"The folder {os.fsdecode(folder)} cannot be made: {error.strerror}.",
            "Choose another folder.",
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"The folder {os.fsdecode(folder)} cannot be written.",
            "Choose another folder, or ask its owner for permission.",
        )


def _prepare(work: Work, folder: bytes, units: list[Unit], *, all_count: bool) -> None:
    """Make the folder and see that there is room.

    Raises:
        RabbitError: in words.
    """
    make_target(folder)
    device = device_of(folder)
    wanted = 0
    for unit in units:
        for path in unit.files:
            try:
                found = os.lstat(path)
            except OSError:
                continue
            if all_count or found.st_dev != device:
                wanted += found.st_size
    check_room(folder, wanted)
    work.expect_bytes(wanted)


def _lies_in(unit: Unit, folder: bytes) -> bool:
    return os.path.normpath(os.path.dirname(unit.photos[0])) == folder


def _in_words(size_bytes: int) -> str:
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.1f} {name}"
    return f"{size_bytes // 1024} KB"
