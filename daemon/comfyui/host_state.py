"""What is known of one host from looking at it: whether it answers, its queue, since when."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import msgspec

from daemon.comfyui.capability import Capability
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.replies import Device
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError

AWAY_FIRST_S = 2.0
_DOUBLINGS = 6
_NOTICEABLE = 20
_COMES_BACK = {ErrorKind.HOST_UNREACHABLE, ErrorKind.TIMED_OUT, ErrorKind.HOST_FAILED}


class QueueSeen(msgspec.Struct, frozen=True):
    """A host's queue at one moment.

    Attributes:
        length: Prompts of anybody that run or wait.
        ours: Of these, those that we watch.
        prompt_ids: All of them.
    """

    length: int = 0
    ours: int = 0
    prompt_ids: frozenset[str] = frozenset()


class HostState:
    """One host as it was last seen.

    Attributes:
        answers: Whether it answered when it was last asked; None: it was never asked.
        error: Why it did not.
        queue: What was in its queue then.
        version: Of its ComfyUI, '' where it does not say.
        devices: Its devices, with the memory that is free, to a twentieth of all of it.
        seen: When it last answered, seconds since 1970; 0: never.
        away_since: Monotonic time of the first look without an answer; None: it answers.
        looked: Monotonic time of the last look; 0: never.
        asked: Monotonic time at which the look under way began; None: there is none.
        starting: The built-in host's process is about to be there.
        capability: What it can run.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Know nothing yet.

        Args:
            clock: Monotonic seconds.
            chance: A number in [0, 1), which spreads the looks at hosts that are away.
        """
        self._clock = clock
        self._chance = chance
        self._misses = 0
        self._hung = ""
        self.answers: bool | None = None
        self.error: ErrorInfo | None = None
        self.queue = QueueSeen()
        self.version = ""
        self.devices: tuple[Device, ...] = ()
        self.seen = 0.0
        self.away_since: float | None = None
        self.looked = 0.0
        self.asked: float | None = None
        self._pause_s = 0.0
        self._spread = 1.0
        self.starting = False
        self.capability = Capability(clock)

    @property
    def name(self) -> str:
        """The state as clients know it."""
        if self.starting:
            return "starting"
        if self.answers is None:
            return "unknown"
        if not self.answers:
            return "unreachable"
        if self._hung:
            return "hung"
        return "busy" if self.queue.length else "ready"

    @property
    def may_come_back(self) -> bool:
        """Whether an absent host may be there again without anybody changing the settings."""
        return self.error is None or self.error.kind in _COMES_BACK

    def silent_s(self) -> float:
        """Return for how long it has owed an answer; 0: it owes none."""
        return 0.0 if self.asked is None else max(self._clock() - self.asked, 0.0)

    async def look(self, client: ComfyUIClient) -> None:
        """Ask the host how it is; whatever it says or does not say is kept, nothing is raised."""
        self.asked = self._clock()
        try:
            stats = await client.system_stats()
            running, pending = await client.queued()
        except RabbitError as error:
            self.missed(error.info)
            return
        finally:
            self.asked = None
        there = frozenset((*running, *pending))
        self.queue = QueueSeen(len(running) + len(pending), len(there & client.watched), there)
        self.version = stats.version
        if not _about_same(self.devices, stats.devices):
            self.devices = stats.devices
        if self._hung not in there:
            self._hung = ""
        self.answered()

    def answered(self) -> None:
        """Note that the host answered just now."""
        if self.answers is False:
            self.capability.forget()
        self.answers, self.error, self.away_since = True, None, None
        self._misses, self._pause_s = 0, 0.0
        self.looked, self.seen = self._clock(), time.time()

    def missed(self, error: ErrorInfo) -> None:
        """Note that the host did not answer, or refused us; it is asked less and less often."""
        now = self._clock()
        if self.answers is not False:
            self.away_since = now
        self.answers, self.error = False, error
        self.queue, self.looked = QueueSeen(), now
        self._pause_s = AWAY_FIRST_S * 2 ** min(self._misses, _DOUBLINGS)
        self._spread = 0.75 + 0.5 * self._chance()
        self._misses += 1

    def may_be_asked(self, longest_s: float) -> bool:
        """Whether an absent host was left alone for long enough.

        Args:
            longest_s: About the longest pause that is made.
        """
        return self._clock() - self.looked >= min(self._pause_s, longest_s) * self._spread

    def hang(self, prompt_id: str) -> None:
        """Say that this run of ours does not go on; over once the host's queue is without it."""
        self._hung = prompt_id

    def go_on(self) -> None:
        """Say that its runs go on."""
        self._hung = ""


def _about_same(before: tuple[Device, ...], now: tuple[Device, ...]) -> bool:
    """Whether no device has noticeably more or less memory free than before."""
    if [(one.name, one.type, one.vram_total) for one in before] != [
        (one.name, one.type, one.vram_total) for one in now
    ]:
        return False
    moved = (abs(a.vram_free - b.vram_free) for a, b in zip(before, now, strict=True))
    return all(by <= one.vram_total / _NOTICEABLE for by, one in zip(moved, now, strict=True))
