"""The order in which a client wants a listing, answered and answered again when it changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from daemon.library.arrange import SORTS, Arranger
from daemon.library.listing import Listing
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import ListingArrange, ListingArranged
from daemon.protocol.values import PhotoFilter

log = logging.getLogger(__name__)

AGAIN_EVERY_S = 0.3
_REST_FACTOR = 15

Edited = Callable[[], Awaitable[Collection[bytes]]]


class Orders:
    """Remembers the last request of a client and keeps its answer true."""

    def __init__(
        self,
        listing: Listing,
        arranger: Arranger,
        lock: asyncio.Lock,
        threads: ThreadPoolExecutor,
        edited: Edited,
        is_arranging: Callable[[], bool],
    ) -> None:
        """Wait for a request.

        Args:
            listing: What is arranged.
            arranger: Who knows how.
            lock: Held while the columns change.
            threads: Where arranging is done.
            edited: Returns the photos that results were made from.
            is_arranging: Whether facts are missing still.
        """
        self._listing = listing
        self._arranger = arranger
        self._lock = lock
        self._threads = threads
        self._edited = edited
        self._is_arranging = is_arranging
        self._request: ListingArrange | None = None
        self._told = b""
        self._spent_s = 0.0
        self._again: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Answer no more."""
        self._request = None
        if self._again is not None:
            self._again.cancel()

    def remember(self, request: ListingArrange) -> None:
        """Take *request* as the one that counts.

        Raises:
            RabbitError: there is no such order.
        """
        if request.sort not in SORTS:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"Photos cannot be sorted by {request.sort!r}.",
                f"Choose one of: {', '.join(SORTS)}.",
            )
        self._request = request

    async def answer(self, request: ListingArrange, request_id: int) -> None:
        """Send the answer; as an event (*request_id* 0) only where it is another one."""
        edited: Collection[bytes] = ()
        if request.filter.edited is not None:
            prefix = self._listing.path
            paths = await self._edited()
            edited = {path[len(prefix) :] for path in paths if path.startswith(prefix)}
        async with self._lock:
            if not request_id and request is not self._request:
                return
            began_s = time.monotonic()
            ids = await asyncio.get_running_loop().run_in_executor(
                self._threads,
                lambda: self._arranger.arrange(
                    request.sort,
                    backwards=request.backwards,
                    wanted=request.filter,
                    edited=edited,
                ),
            )
            self._spent_s = time.monotonic() - began_s
        arranging = self._is_arranging()
        told = ids + bytes([arranging])
        if request_id or told != self._told:
            self._told = told
            answer = ListingArranged(
                request_id=request_id,
                listing_id=self._listing.listing_id,
                count=len(ids) // 4,
                arranging=arranging,
            )
            self._listing.peer.send(answer, ids)

    def answer_again(self) -> None:
        """Answer the last request again soon; natural order of all is kept by the client."""
        request = self._request
        if request is None or self._again is not None or _is_plain(request):
            return
        rest_s = _REST_FACTOR * self._spent_s if self._is_arranging() else 0.0
        loop = asyncio.get_running_loop()
        self._again = loop.call_later(max(AGAIN_EVERY_S, rest_s), self._answer_now)

    def _answer_now(self) -> None:
        self._again = None
        if self._request is not None:
            task = asyncio.ensure_future(self.answer(self._request, 0))
            task.add_done_callback(_log_failure)


def _is_plain(request: ListingArrange) -> bool:
    return request.sort == "name" and not request.backwards and request.filter == PhotoFilter()


def _log_failure(task: asyncio.Task[None]) -> None:
    if task.cancelled() or (error := task.exception()) is None:
        return
    if isinstance(error, RabbitError):
        log.warning("a listing was not arranged again: %s", error)
    else:
        log.warning("a listing was not arranged again", exc_info=error)
