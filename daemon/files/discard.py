"""Putting photos into the trash with what belongs to them, and deleting them for good."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

from daemon.files.failures import refused
from daemon.files.organise import chunks
from daemon.files.primitives import rename_without_replacing, sync_folders_of
from daemon.files.transfer import move_file
from daemon.files.trash import Trash, forget
from daemon.files.units import Unit, units_of
from daemon.files.work import Work
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.journal import JournalStep, Trashed

Places = list[tuple[bytes, bytes]]


def trash_photos(work: Work, step: JournalStep, paths: Iterable[bytes], trash: Trash) -> None:
    """Put photos with their sidecars into the trash of their volume."""
    units = units_of(paths, leaving=True)
    work.is_about(photo for unit in units for photo in unit.photos)
    number = 0
    for some in chunks(units):
        if work.cancelled:
            return
        planned: list[tuple[Unit, Places]] = []
        for unit in some:
            places = _places(work, unit, trash)
            if places:
                planned.append((unit, places))
        records: list[Trashed] = []
        for _, places in planned:
            number += 1
            records += [Trashed(old, trashed, number) for old, trashed in places]
        place = step.note_now(records)
        undone: list[int] = []
        changed: list[bytes] = []
        for unit, places in planned:
            if work.cancelled or not _unit_trashed(work, places):
                undone += range(place, place + len(places))
                for _, trashed in places:
                    forget(trashed)
            else:
                changed += unit.files
            place += len(places)
        sync_folders_of(changed)
        step.retract_now(undone)
        work.files_changed(changed)


def delete_photos(work: Work, paths: Iterable[bytes]) -> None:
    """Delete photos with their sidecars for good; the photo first."""
    work.can_undo = False
    units = units_of(paths, leaving=True)
    work.is_about(photo for unit in units for photo in unit.photos)
    for unit in units:
        if work.cancelled:
            return
        for path in unit.files:
            try:
                os.unlink(path)
            except FileNotFoundError:
                pass
            except OSError as error:
                work.fail(path, "could not be deleted", error)
                break
        work.advance(*unit.photos)
        work.files_changed(unit.files)
    sync_folders_of(unit.photos[0] for unit in units)


def trash_folder(folder: bytes, trash: Trash) -> None:
    """Put one of our own folders into the trash, outside the journal; blocks.

    Raises:
        RabbitError: ``no_trash``; its volume has none.
        OSError: it could not be moved.
    """
    place = trash.place_for(folder)
    try:
        rename_without_replacing(folder, place)
    except OSError as error:
        forget(place)
        if error.errno == errno.EXDEV:
            raise _no_trash(folder) from error
        raise
    sync_folders_of((folder, place))


def _places(work: Work, unit: Unit, trash: Trash) -> Places:
    places: Places = []
    try:
        for path in unit.files:
            places.append((path, trash.place_for(path)))
    except (OSError, RabbitError) as error:
        for _, trashed in places:
            forget(trashed)
        for photo in unit.photos:
            if isinstance(error, RabbitError) and error.info.kind is ErrorKind.NO_TRASH:
                why = "was not put into the trash: its volume has none"
                work.refuse(refused(photo, ErrorKind.NO_TRASH, why, "Delete it for good?"))
            else:
                work.fail(photo, "could not be put into the trash", error)
        work.advance(*unit.photos)
        return []
    return places


def _no_trash(path: bytes) -> RabbitError:
    """Return the failure of a photo whose mount is another one than its trash's."""
    problem = f"{os.fsdecode(path)} was not put into the trash: its volume has none."
    return RabbitError(ErrorKind.NO_TRASH, problem, "Delete it for good?")


def _unit_trashed(work: Work, places: Places) -> bool:
    done: Places = []
    for old, trashed in places:
        try:
            rename_without_replacing(old, trashed)
        except OSError as error:
            what = "could not be put into the trash"
            why = _no_trash(old) if error.errno == errno.EXDEV else error
            work.fail_unit(old, (each for each, _ in places), what, why)
            for back, there in reversed(done):
                try:
                    move_file(there, back)
                except OSError as again:
                    work.fail(back, "could not be put back", again)
            break
        done.append((old, trashed))
    work.advance(*(old for old, _ in places))
    return len(done) == len(places)
