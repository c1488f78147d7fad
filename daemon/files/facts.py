"""What names are made of: facts of photos, read by workers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from daemon.protocol.errors import RabbitError
from daemon.render import Priority, RenderManager
from daemon.tasks import FactsScanned, PhotoFacts, ScanFacts

FactsOf = Callable[[Sequence[bytes]], Awaitable[Mapping[bytes, PhotoFacts]]]

_PHOTOS_PER_TASK = 64


def facts_by_workers(render: RenderManager) -> FactsOf:
    """Return a function that has workers read the facts of photos; those that fail are left out."""

    async def facts_of(paths: Sequence[bytes]) -> Mapping[bytes, PhotoFacts]:
        tasks = [
            render.submit(
                ScanFacts(paths=tuple(paths[start : start + _PHOTOS_PER_TASK])),
                priority=Priority.NEAR,
            )
            for start in range(0, len(paths), _PHOTOS_PER_TASK)
        ]
        found: dict[bytes, PhotoFacts] = {}
        for task in tasks:
            try:
                result, _ = await task.result()
            except RabbitError:
                continue
            if isinstance(result, FactsScanned):
                found.update((facts.path, facts) for facts in result.facts)
        return found

    return facts_of
