"""What is said of a photo: read from its sidecar and its own XMP, the newest winning; written.

Which one is the newest: a packet's date is its ``xmp:MetadataDate``, else its ``xmp:ModifyDate``.
Where both have a date, the later one wins. A sidecar with a date wins over a packet in the photo
without one (that is the camera's). Else the file that was changed last wins: the sidecar, or the
photo. In doubt the sidecar wins, and always over a photo that says nothing.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import PhotoMarks
from daemon.sidecars import marks, names
from daemon.sidecars.embedded import embedded_xmp
from daemon.sidecars.files import (
    ChangedMeanwhileError,
    SidecarFile,
    read_file,
    refused,
    replace_file,
)
from daemon.sidecars.marks import MarksChange, Said
from daemon.sidecars.packet import BrokenPacketError, Packet, parse
from daemon.sidecars.places import new_sidecar, sidecars

_ATTEMPTS = 5
_BROKEN_INSIDE = "The XMP inside the photo is damaged and was passed over."


class SidecarWrite(msgspec.Struct, frozen=True):
    """A sidecar's bytes before (None: there was none) and after a change."""

    path: bytes
    before: bytes | None
    after: bytes

    @property
    def changes(self) -> bool:
        """Whether anything is different afterwards."""
        return self.before != self.after


@dataclass(slots=True)
class _Known:
    """Everything that is found about one photo."""

    sidecar: SidecarFile | None = None
    packet: Packet | None = None
    said: Said = field(default_factory=Said)
    problem: str = ""


def read_marks(path: bytes) -> PhotoMarks:
    """Return what sidecar or embedded XMP says of a photo, the newest; blocks.

    A broken packet never raises: *problem* says what is wrong with it.
    """
    try:
        known = _known(path)
    except RabbitError as error:
        sidecar = next(iter(_newest_first(path)), b"")
        return PhotoMarks(path=path, sidecar=sidecar, problem=error.info.message)
    return _told(path, known)


def plan_marks(
    path: bytes, change: MarksChange, *, naming: str, said: Said | None = None
) -> tuple[SidecarWrite, PhotoMarks]:
    """Work out what a change writes, and what is said afterwards; nothing is written.

    Args:
        path: The photo.
        change: What to say.
        naming: ``full`` (photo.jpg.xmp) or ``stem`` (photo.xmp), for a photo without a sidecar.
        said: What is said of it elsewhere, newer than its files.

    Raises:
        RabbitError: ``not_found``, or its sidecar is broken or unreadable.
    """
    if not os.path.lexists(path):
        name = os.fsdecode(os.path.basename(path))
        raise RabbitError(ErrorKind.NOT_FOUND, f"{name} is not there any more.")
    known = _known(path)
    wanted = change.of(known.said if said is None else said)
    date = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    sidecar = known.sidecar
    if known.packet is None:
        after = marks.new_packet(wanted, date=date)
    else:
        is_rated = change.rating is not None
        after = marks.changed(known.packet, wanted, date=date, rated=is_rated)
    place = new_sidecar(path, naming) if sidecar is None else sidecar.path
    before = None if sidecar is None else sidecar.data
    told = _Known(SidecarFile(place, after), said=wanted)
    return SidecarWrite(place, before, after), _told(path, told)


def commit(write: SidecarWrite, *, settled: bool = True) -> None:
    """Put a planned change on the disk.

    Args:
        write: The change.
        settled: Its name too; False: :func:`daemon.sidecars.files.settle` is called afterwards,
            once for the folder.

    Raises:
        ChangedMeanwhileError: another program wrote the sidecar since; plan again.
        OSError: it cannot be written; what was there is untouched.
    """
    if write.changes:
        replace_file(SidecarFile(write.path, write.before), write.after, settled=settled)


def write_marks(path: bytes, change: MarksChange, *, naming: str) -> SidecarWrite:
    """Change what is said of a photo, in its sidecar; blocks until it is on the disk.

    Raises:
        RabbitError: the sidecar is broken, or cannot be written.
    """
    for _ in range(_ATTEMPTS):
        write, _told_afterwards = plan_marks(path, change, naming=naming)
        try:
            commit(write)
        except ChangedMeanwhileError:
            continue
        except OSError as error:
            raise unwritable(write.path, error) from error
        return write
    raise always_changing(path)


def always_changing(path: bytes) -> RabbitError:
    """Return the failure of a sidecar that another program keeps writing."""
    name = os.fsdecode(os.path.basename(path))
    return RabbitError(
        ErrorKind.UNREADABLE,
        f"The sidecar of {name} was not changed: another program keeps writing it.",
        "Try again when that program is done.",
    )


def unwritable(sidecar: bytes, error: OSError) -> RabbitError:
    """Return the failure of a sidecar that cannot be written."""
    name = os.fsdecode(os.path.basename(sidecar))
    reason = error.strerror or type(error).__name__
    full = error.errno in (28, 122)
    kind = ErrorKind.DISK_FULL if full else ErrorKind.PERMISSION_DENIED
    hint = "Free some space." if full else "Check the permissions of the folder."
    return RabbitError(kind, f"The sidecar {name} could not be written: {reason}.", hint)


def _newest_first(path: bytes) -> list[bytes]:
    def written(sidecar: bytes) -> int:
        try:
            return os.stat(sidecar).st_mtime_ns
        except OSError:
            return 0

    found = sidecars(path)
    return sorted(found, key=written, reverse=True) if len(found) > 1 else list(found)


def _known(path: bytes) -> _Known:
    """Read sidecar and photo.

    Raises:
        RabbitError: the sidecar is broken or unreadable.
    """
    known = _Known()
    for sidecar in _newest_first(path)[:1]:
        file = read_file(sidecar)
        if file.data is None:
            continue
        known.sidecar = file
        if file.data.strip(b"\0\t\r\n "):
            try:
                known.packet = parse(file.data)
            except BrokenPacketError as error:
                raise refused(sidecar, str(error)) from error
            known.said = marks.read(known.packet)
    _look_inside(path, known)
    return known


def _look_inside(path: bytes, known: _Known) -> None:
    """Let the photo's own packet speak where it is newer than the sidecar."""
    try:
        raw = embedded_xmp(path)
        inside = parse(raw) if raw else None
    except BrokenPacketError:
        known.problem = "" if known.packet is not None else _BROKEN_INSIDE
        return
    except OSError:
        return
    if inside is None:
        return
    said = marks.read(inside)
    if known.packet is None or (said != Said() and _is_newer(path, inside, known)):
        known.said = said


def _is_newer(path: bytes, inside: Packet, known: _Known) -> bool:
    if known.packet is None or known.sidecar is None:
        return True
    own, beside = _date(inside), _date(known.packet)
    if own is None and beside is not None:
        return False
    if own is not None and beside is not None:
        return own > beside
    sidecar_s = known.sidecar.mtime_ns / 1e9
    if own is not None:
        return own > sidecar_s
    try:
        return os.stat(path).st_mtime_ns / 1e9 > sidecar_s
    except OSError:
        return False


def _date(packet: Packet) -> float | None:
    """Return when a packet was written, in seconds of the epoch; None: it does not say."""
    for name in (names.METADATA_DATE, names.MODIFY_DATE):
        text = (packet.simple(name) or "").strip()
        try:
            if text:
                return dt.datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError, OSError):
            continue
    return None


def _told(path: bytes, known: _Known) -> PhotoMarks:
    said = known.said
    return PhotoMarks(
        path=path,
        rating=said.rating,
        label=said.label,
        flag=said.flag,
        title=said.title,
        keywords=said.keywords,
        sidecar=b"" if known.sidecar is None else known.sidecar.path,
        problem=known.problem,
    )
