"""Two pieces of numeric work at the same time: numpy and OpenColorIO let other threads run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
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
