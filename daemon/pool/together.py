"""Several pieces of work at once, a few at a time; the first that fails ends the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")

_AT_ONCE = 4


async def together(work: Callable[[A], Awaitable[T]], items: Iterable[A]) -> list[T]:
    """Return what *work* gives for each of *items*, in their order.

    Raises:
        Exception: the first that one of them raised; none runs any more then.
    """
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(item: A) -> T:
        async with limit:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
