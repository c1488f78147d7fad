"""Prompts of ours that must not run on: cancelled at their hosts, however long that takes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import Protocol

from daemon.comfyui.hosts import BUILTIN
from daemon.edits.job import Job
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.jobs import LeftBehind

log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 60.0
_ONE_S = 30.0


class Client(Protocol):
    """What is needed of a host's client."""

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt; whether the host knew it as waiting or running."""
        ...


class Hosts(Protocol):
    """Where the prompts are."""

    async def client_for(self, host: str) -> Client:
        """Return the client of a host."""
        ...


class Store(Protocol):
    """Where they are written down."""

    async def left_behind(self) -> list[LeftBehind]:
        """Return them."""
        ...

    async def forget_left(self, prompt_id: str) -> None:
        """One is no longer there."""
        ...


class Leftovers:
    """Cancels what jobs left at hosts when they were cancelled or moved.

    A host that cannot be reached is asked again, also by the next daemon; the job itself does not
    wait for that.
    """

    def __init__(self, hosts: Hosts, store: Store) -> None:
        self._hosts = hosts
        self._store = store
        self._unwritten: dict[str, LeftBehind] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin with what earlier daemons left; their built-in host ended with them."""
        for left in await self._store.left_behind():
            if left.host == BUILTIN:
                await self._store.forget_left(left.prompt_id)
        self.look_again()

    async def save(self, job: Job, left: LeftBehind | None, **changes: object) -> None:
        """Save *job* with the prompt that it leaves, which is cancelled from now on.

        Raises:
            RabbitError: the disk does not take it; what is left is cancelled all the same.
        """
        try:
            await job.save(left, **changes)
        except RabbitError:
            if left is not None:
                self._unwritten[left.prompt_id] = left
            raise
        finally:
            if left is not None:
                self.look_again()

    def look_again(self) -> None:
        """Something was left behind, or a host answers again."""
        self._news.set()
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Cancel nothing any more; what is left stays written down."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _work(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s * (0.75 + random.random() / 2)):
                    await self._news.wait()
                    pause_s = _FIRST_PAUSE_S
            self._news.clear()
            try:
                rest = await self._cancel_all()
            except RabbitError as error:
                log.warning("what was left at hosts could not be read: %s", error)
                rest = 1
            if not rest:
                await self._news.wait()
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S) if rest else _FIRST_PAUSE_S

    async def _cancel_all(self) -> int:
        """Cancel what can be; return how many are left."""
        by_host: dict[str, list[LeftBehind]] = {}
        for left in (*await self._store.left_behind(), *self._unwritten.values()):
            by_host.setdefault(left.host, []).append(left)
        rest = await asyncio.gather(*(self._cancel_at(host, of) for host, of in by_host.items()))
        return sum(rest)

    async def _cancel_at(self, host: str, left: list[LeftBehind]) -> int:
        for done, one in enumerate(left):
            try:
                async with asyncio.timeout(_ONE_S):
                    knew = await (await self._hosts.client_for(host)).cancel(one.prompt_id)
            except (RabbitError, TimeoutError) as error:
                if isinstance(error, RabbitError) and error.info.kind is ErrorKind.NOT_FOUND:
                    log.warning("prompt %s stays where it is: %s", one.prompt_id, error)
                else:
                    log.info("prompt %s is not cancelled yet: %s", one.prompt_id, error)
                    return len(left) - done
            else:
                log.info("prompt %s at %s: cancelled, %s", one.prompt_id, host, knew)
            if self._unwritten.pop(one.prompt_id, None) is None:
                await self._store.forget_left(one.prompt_id)
        return 0
