"""What a worker does for the catalogue: the facts of many photos at once."""

from __future__ import annotations

from collections.abc import Callable

from daemon.decode.facts import read_facts
from daemon.handlers.context import Context
from daemon.tasks import FactsScanned, ScanFacts, Task, TaskResult


def scan_facts(task: ScanFacts, context: Context) -> tuple[FactsScanned, bytes]:
    """Read the facts of the photos; one that vanished is left out."""
    found = []
    for number, path in enumerate(task.paths):
        context.checkpoint(number / len(task.paths))
        facts = read_facts(path)
        if facts is not None:
            found.append(facts)
    return FactsScanned(facts=tuple(found)), b""


HANDLERS: dict[type[Task], Callable[..., tuple[TaskResult, bytes]]] = {ScanFacts: scan_facts}
