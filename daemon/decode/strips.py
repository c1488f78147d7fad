"""Work on an image strip by strip: memory stays bounded, a cancelled task stops soon."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from daemon.decode.model import Pixels

_Result = TypeVar("_Result")

_THREADS = 2
_AHEAD = 4


def row_slices(pixels: Pixels, strip_bytes: int) -> list[slice]:
    """Return slices of whole rows of about *strip_bytes* each."""
    row_bytes = max(1, pixels[:1].nbytes)
    rows = max(1, strip_bytes // row_bytes)
    height = pixels.shape[0]
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]


def in_order(
    work: Callable[[slice], _Result], parts: list[slice], checkpoint: Callable[[], None]
) -> Iterator[_Result]:
    """Yield ``work(part)`` for every part, in order, computed a few ahead on two threads.

    Args:
        work: Must release the GIL for its heavy part to gain anything.
        parts: What to work on.
        checkpoint: Called before every result; may raise to stop.
    """
    with ThreadPoolExecutor(_THREADS) as executor:
        waiting: deque[Future[_Result]] = deque()
        try:
            for part in parts:
                waiting.append(executor.submit(work, part))
                if len(waiting) >= _AHEAD:
                    checkpoint()
                    yield waiting.popleft().result()
            while waiting:
                checkpoint()
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
