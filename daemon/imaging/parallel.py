"""Numeric work on several threads: numpy and OpenColorIO let others run meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_THREADS = 2

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def side_by_side(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """Do *work* on each of *items*, two at a time.

    Returns:
        The results, in the items' order.

    Raises:
        Exception: whatever *work* raised first.
    """
    listed = list(items)
    if len(listed) < 2:
        return [work(item) for item in listed]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="imaging") as pool:
        return list(pool.map(work, listed))


def in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    ahead: int,
) -> Iterator[_Result]:
    """Yield the results of *work* in the items' order; at most *ahead* more are begun."""
    pending: deque[Future[_Result]] = deque()
    for item in items:
        pending.append(pool.submit(work, item))
        if len(pending) > ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
