"""What is found on a card, and where each photo of it goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from daemon.files.failures import refused
from daemon.files.paths import checked
from daemon.files.patterns import NamePattern, problem_of
from daemon.files.primitives import numbered
from daemon.files.transfer import same_content
from daemon.files.units import Unit
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.formats import is_listed
from daemon.protocol.organising import IngestRequest
from daemon.protocol.values import PathFailure


@dataclass(frozen=True)
class IngestPlan:
    """A request, checked.

    Attributes:
        source: The card.
        folders: Where to: the target, and the second one where there is one.
        names: The pattern; its slashes make subfolders.
        keywords: For every photo.
        skip_known: Leave out what is there already.
        naming: How a photo's first sidecar is called: ``full`` or ``stem``.
    """

    source: bytes
    folders: tuple[bytes, ...]
    names: NamePattern
    keywords: tuple[str, ...]
    skip_known: bool
    naming: str

    @classmethod
    def of(cls, request: IngestRequest, naming: str) -> IngestPlan:
        """Check *request*.

        Raises:
            RabbitError: ``invalid_request``; the sentence says what is wrong.
        """
        source, folder = checked(request.source), checked(request.folder)
        second = (checked(request.second_folder),) if request.second_folder else ()
        for target in (folder, *second):
            if target == source or target.startswith(os.path.join(source, b"")):
                raise RabbitError(
                    ErrorKind.INVALID_REQUEST,
                    f"{os.fsdecode(target)} lies inside {os.fsdecode(source)}.",
                    "Choose a folder that is not on the card.",
                )
        if second == (folder,):
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                "The second copy would go into the same folder.",
                "Choose another folder for it.",
            )
        keywords = tuple(word.strip() for word in request.keywords if word.strip())
        return cls(
            source,
            (folder, *second),
            NamePattern(request.pattern),
            keywords,
            request.skip_known,
            naming,
        )


def photos_on(source: bytes, stop: Callable[[], bool]) -> list[bytes]:
    """Return the photos below *source* in the order of their names; links are not followed.

    Raises:
        RabbitError: the folder cannot be read, or holds no photo.
    """
    found: list[bytes] = []
    errors: list[OSError] = []
    for folder, below, names in os.walk(source, onerror=errors.append):
        below[:] = sorted(name for name in below if not name.startswith(b"."))
        found += (
            os.path.join(folder, name)
            for name in sorted(names)
            if not name.startswith(b".") and is_listed(name)
        )
        if stop():
            break
    regular = [path for path in found if os.path.isfile(path) and not os.path.islink(path)]
    if regular or stop():
        return regular
    name = os.fsdecode(source)
    if errors:
        reason = errors[0].strerror
        raise RabbitError(
            ErrorKind.UNREADABLE, f"{name} cannot be read: {reason}.", "Is the card in its reader?"
        )
    raise RabbitError(
        ErrorKind.NOT_FOUND, f"There are no photos in {name}.", "Choose the card's folder."
    )


def problem_of_place(path: bytes, relative: bytes) -> PathFailure | None:
    """Return why a photo cannot go to *relative* below the target; None: it can."""
    for part in relative.split(b"/"):
        problem = "The pattern leaves a folder without a name." if not part else problem_of(part)
        if part in (b".", b".."):
            problem = "The pattern would leave the folder."
        if problem:
            return refused(
                path,
                ErrorKind.OUTPUT_REFUSED,
                f"was not copied to {os.fsdecode(relative)}: {problem.rstrip('.')}",
                "Change the pattern.",
            )
    return None


class Places(NamedTuple):
    """Where a unit goes.

    Attributes:
        left: (card, target) of what is still to be copied.
        known: Photos of the target that hold the same content already.
    """

    left: list[tuple[bytes, bytes]]
    known: list[bytes]


def places_for(
    unit: Unit, relative: dict[bytes, bytes], folder: bytes, reserved: set[bytes], *, skip: bool
) -> Places:
    """Return where *unit* goes, all with the same ``-N``.

    Args:
        unit: A photo, or a pair, with its sidecars on the card.
        relative: Path below *folder* of every photo.
        folder: The target.
        reserved: Names given away already.
        skip: Leave out photos that stand there with the same content.
    """
    for pairs in _numbered(unit, relative, folder):
        photos = {old: new for old, new in pairs if old in relative}
        known = {old for old, new in photos.items() if skip and _is_there(old, new)}
        there = [photos[old] for old in photos if old in known]
        if len(known) == len(photos):
            return Places([], there)
        left = [(old, new) for old, new in pairs if old not in known]
        if not any(new in reserved or os.path.lexists(new) for _, new in left):
            return Places(left, there)
    raise FileExistsError(folder)


def _numbered(
    unit: Unit, relative: dict[bytes, bytes], folder: bytes
) -> Iterator[list[tuple[bytes, bytes]]]:
    series = [numbered(os.path.join(folder, relative[path])) for path in unit.photos]
    for places in zip(*series, strict=False):
        yield unit.under(dict(zip(unit.photos, places, strict=True)))


def _is_there(source: bytes, place: bytes) -> bool:
    return os.path.lexists(place) and same_content(source, place)
