"""Renaming photos by a pattern: what would become of each, and doing it, swaps included."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Mapping, Sequence

from daemon.files.failures import refused
from daemon.files.organise import Pairs, chunks, execute, mover
from daemon.files.patterns import NamePattern, Subject, problem_of
from daemon.files.units import Unit, units_of
from daemon.files.work import Work
from daemon.protocol.errors import ErrorKind
from daemon.protocol.values import NewName
from daemon.storage.journal import JournalStep
from daemon.tasks import PhotoFacts

_TAKEN = "A file of this name is there already."
_TWICE = "Several photos would get this name."


class Plan:
    """Who gets which name.

    Attributes:
        units: The photos with what belongs to them.
        renamed: Old and new path of every photo.
        problems: Why a photo stays as it is.
    """

    def __init__(self, units: list[Unit]) -> None:
        self.units = units
        self.renamed: dict[bytes, bytes] = {}
        self.problems: dict[bytes, str] = {}

    def names(self, paths: Sequence[bytes]) -> tuple[NewName, ...]:
        """Return the plan as the protocol shows it."""
        return tuple(NewName(path, self.name(path), self.problems.get(path, "")) for path in paths)

    def name(self, path: bytes) -> bytes:
        """Return the new name of *path*, relative to its folder."""
        return self.renamed[path][len(os.path.join(os.path.dirname(path), b"")) :]

    def pairs(self, unit: Unit) -> Pairs:
        """Return (old, new) of the files of *unit* that get another path."""
        return [(old, new) for old, new in unit.under(self.renamed) if old != new]

    def stays(self, unit: Unit) -> bool:
        """Whether *unit* cannot be renamed."""
        return any(photo in self.problems for photo in unit.photos)


def plan_names(
    paths: Sequence[bytes], facts: Mapping[bytes, PhotoFacts], pattern: str, start: int
) -> Plan:
    """Return what *pattern* makes of *paths*; the photos of a pair share a number.

    Raises:
        RabbitError: the pattern is not understood.
    """
    names = NamePattern(pattern)
    plan = Plan(units_of(paths, leaving=True))
    for number, unit in enumerate(plan.units, start):
        for path in unit.photos:
            known = facts.get(path) or _facts_of_file(path)
            name = names.fill(Subject(path, known, number))
            plan.renamed[path] = os.path.join(os.path.dirname(path), name)
            problem = problem_of(name) if os.path.lexists(path) else "The photo is not there."
            if problem:
                plan.problems[path] = problem
    _find_conflicts(plan)
    return plan


def rename_photos(work: Work, step: JournalStep, plan: Plan) -> None:
    """Carry out *plan*; photos with a problem stay as they are."""
    work.is_about(plan.renamed)
    for path, problem in plan.problems.items():
        work.advance(path)
        hint = "Change the pattern."
        why = f"was not renamed to {os.fsdecode(plan.name(path))}: {problem}"
        work.refuse(refused(path, ErrorKind.OUTPUT_REFUSED, why.rstrip("."), hint))
    going = [unit for unit in plan.units if not plan.stays(unit)]
    work.advance(*(path for path, new in plan.renamed.items() if path == new))
    ordered = _in_order([plan.pairs(unit) for unit in going])
    old_of = {new: old for old, new in plan.renamed.items()}
    for some in chunks(list(enumerate(ordered, 1))):
        if work.cancelled:
            return
        for _, new in execute(work, step, some, mover(work), moving=True):
            if new in old_of:
                work.moved(old_of[new], new)


def _find_conflicts(plan: Plan) -> None:
    """Mark who cannot have his name; whoever stays keeps his own, so look again until quiet."""
    while True:
        found: dict[bytes, str] = {}
        going = [unit for unit in plan.units if not plan.stays(unit)]
        leaving = {old for unit in going for old, _ in plan.pairs(unit)}
        wanted: dict[bytes, int] = {}
        for unit in going:
            for _, new in unit.under(plan.renamed):
                wanted[new] = wanted.get(new, 0) + 1
        for unit in going:
            for old, new in unit.under(plan.renamed):
                if wanted[new] > 1:
                    found[_owner(unit, old)] = _TWICE
                elif new != old and new not in leaving and _is_taken(old, new):
                    found[_owner(unit, old)] = _TAKEN
        if not found:
            return
        plan.problems |= found


def _owner(unit: Unit, path: bytes) -> bytes:
    return path if path in unit.photos else unit.photos[0]


def _is_taken(old: bytes, new: bytes) -> bool:
    """Return whether another file has the name; one that folds case is no other."""
    try:
        there = os.lstat(new)
    except OSError:
        return False
    folded = os.fsdecode(old).casefold() == os.fsdecode(new).casefold()
    return not (folded and os.path.samestat(there, os.lstat(old)) and there.st_nlink == 1)


def _in_order(moves: list[Pairs]) -> list[Pairs]:
    """Return units in an order in which every name is free when its turn comes.

    Units that wait for each other become one, whose files go by way of temporary names.
    """
    moves = [pairs for pairs in moves if pairs]
    owner = {old: index for index, pairs in enumerate(moves) for old, _ in pairs}
    waits = [
        {owner[new] for _, new in pairs if new in owner} - {index}
        for index, pairs in enumerate(moves)
    ]
    let_go: dict[int, list[int]] = {}
    for index, others in enumerate(waits):
        for other in others:
            let_go.setdefault(other, []).append(index)
    ready = deque(index for index, others in enumerate(waits) if not others)
    ordered: list[Pairs] = []
    left = set(range(len(moves)))
    while ready:
        index = ready.popleft()
        left.discard(index)
        ordered.append(moves[index])
        for other in let_go.get(index, []):
            waits[other].discard(index)
            if not waits[other]:
                ready.append(other)
    return ordered + [_by_way_of_temporaries(group) for group in _rings(left, waits, moves)]


def _rings(left: set[int], waits: list[set[int]], moves: list[Pairs]) -> list[Pairs]:
    """Return the units that wait for each other, joined."""
    leader = {index: index for index in left}

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for index in left:
        for other in waits[index] & left:
            leader[find(index)] = find(other)
    groups: dict[int, Pairs] = {}
    for index in sorted(left):
        groups.setdefault(find(index), []).extend(moves[index])
    return list(groups.values())


def _by_way_of_temporaries(pairs: Pairs) -> Pairs:
    between = [_temporary(old) for old, _ in pairs]
    away = [(old, temp) for (old, _), temp in zip(pairs, between, strict=True)]
    home = [(temp, new) for (_, new), temp in zip(pairs, between, strict=True)]
    return away + home


def _temporary(path: bytes) -> bytes:
    mark = hashlib.blake2b(path + os.urandom(8), digest_size=8).hexdigest().encode()
    return os.path.join(os.path.dirname(path), b".rename-" + mark + b".rvpart")


def _facts_of_file(path: bytes) -> PhotoFacts:
    """Return what the system alone knows of a photo."""
    try:
        found = os.stat(path)
    except OSError:
        return PhotoFacts(path=path, size_bytes=0, mtime_ns=0)
    return PhotoFacts(path=path, size_bytes=found.st_size, mtime_ns=found.st_mtime_ns)
