"""Watching one run to its end: the socket drives, HTTP decides, an absent host is waited for."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from daemon.comfyui.backoff import Backoff
from daemon.comfyui.events import (
    EndReported,
    Event,
    FailedOnHost,
    Finished,
    HostAway,
    Interrupted,
    PromptLost,
    Queued,
    Started,
    Terminal,
)
from daemon.comfyui.inbox import Inbox
from daemon.comfyui.replies import PromptState
from daemon.comfyui.transport import TOO_LARGE
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError

log = logging.getLogger(__name__)

_FOR_GOOD = {"401", "403", "407"}


class Pace(msgspec.Struct, frozen=True):
    """How often things are asked, in seconds.

    Attributes:
        poll_s: A silent run is asked about this often.
        ended_s: So often, once the socket said that it ended.
        away_s: First pause while the host is away; it doubles. All pauses have jitter.
        away_longest_s: Longest such pause.
        mute_s: A socket that said nothing this long after something happened is mute.
        socket_s: Wait this long for the socket before going on without it.
        lost_s: A prompt is lost when the host does not know it twice, this far apart at least.
        grace_s: The socket's news of the end may be this much later than the history's.
    """

    poll_s: float = 1.5
    ended_s: float = 0.1
    away_s: float = 0.5
    away_longest_s: float = 10.0
    mute_s: float = 5.0
    socket_s: float = 3.0
    lost_s: float = 2.0
    grace_s: float = 0.3


class Watched(Protocol):
    """What following needs of the client."""

    async def prompt_state(self, prompt_id: str) -> PromptState:
        """Return how the prompt stands."""
        ...

    def was_cancelled(self, prompt_id: str) -> bool:
        """Whether we cancelled it ourselves."""
        ...

    def socket_heard_since(self, moment: float) -> bool | None:
        """Whether the socket said anything since then; None: it is not open."""
        ...

    def reopen_socket(self) -> None:
        """Replace the socket."""
        ...


async def follow(
    client: Watched,
    inbox: Inbox,
    prompt_id: str,
    patience_s: float,
    pace: Pace,
    chance: random.Random | None = None,
) -> AsyncIterator[Event]:
    """Yield the events of one run; the last one is terminal.

    Args:
        client: Whom to ask.
        inbox: What the socket says about the run.
        prompt_id: The run.
        patience_s: How long the host may stay away.
        pace: How often to ask.
        chance: Where the jitter of the pauses comes from; tests give a seeded one.
    """
    run = _Run(client, prompt_id, patience_s, pace, chance or random.Random())
    pause_s = 0.0
    while True:
        await inbox.wait(pause_s)
        events, ended = inbox.take()
        for event in events:
            if not isinstance(event, EndReported) and run.is_news(event):
                yield event
        nudged = inbox.take_nudge()
        if events and not ended and not nudged and not run.poll_is_due:
            pause_s = pace.poll_s
            continue
        async for event in run.ask():
            if isinstance(event, Finished) and not ended:
                async for late in run.last_words(inbox):
                    yield late
            yield event
            if isinstance(event, Terminal):
                return
        run.check_socket()
        pause_s = run.next_pause_s(ended=ended)


class _Run:
    """What is known of one run while it is followed."""

    def __init__(
        self,
        client: Watched,
        prompt_id: str,
        patience_s: float,
        pace: Pace,
        chance: random.Random,
    ) -> None:
        self._client = client
        self._prompt_id = prompt_id
        self._patience_s = patience_s
        self._pace = pace
        self._began = time.monotonic()
        self._asked = 0.0
        self._asked_before = 0.0
        self._told: Event | None = None
        self._started: Started | None = None
        self._away_since: float | None = None
        self._chance = chance
        self._refusals = 0
        self._away = Backoff(pace.away_s, pace.away_longest_s, chance)
        self._unknown_since: float | None = None
        self._reopened = False

    @property
    def poll_is_due(self) -> bool:
        """Whether the host was not asked for some time though the socket keeps talking."""
        return time.monotonic() - self._asked > 4 * self._pace.poll_s

    def is_news(self, event: Event) -> bool:
        """Whether *event* tells more than what was told before."""
        if isinstance(event, Started):
            if self._started is not None and event.cached == self._started.cached:
                return False
            self._started = event
        return True

    def next_pause_s(self, *, ended: bool) -> float:
        """Return how long to wait for the socket before asking again."""
        if self._away_since is not None:
            left_s = self._away_since + self._patience_s - time.monotonic()
            return min(self._away.pause_s(), max(left_s, self._pace.ended_s))
        if self._unknown_since is not None and not self._client.was_cancelled(self._prompt_id):
            left_s = self._unknown_since + self._pace.lost_s - time.monotonic()
            return max(left_s, self._pace.ended_s)
        if ended or self._unknown_since is not None:
            return self._pace.ended_s
        return self._pace.poll_s * self._chance.uniform(0.8, 1.2)

    def check_socket(self) -> None:
        """Replace the socket, once, when it should have spoken and did not.

        The host tells everybody when a prompt is queued, so a socket that has been open since
        then and said nothing at all is mute.
        """
        if self._reopened or time.monotonic() - self._began < self._pace.mute_s:
            return
        self._reopen_if_silent_since(self._began - self._pace.mute_s)

    async def last_words(self, inbox: Inbox) -> AsyncIterator[Event]:
        """Yield what the socket still says of a run that the history already has as finished.

        A socket that says nothing is replaced: the host tells everybody when a run ends, and at
        the question before the last one it had not ended.
        """
        if self._client.socket_heard_since(0.0) is None:
            return
        deadline = time.monotonic() + self._pace.grace_s
        ended = False
        while not ended and time.monotonic() < deadline:
            await inbox.wait(deadline - time.monotonic())
            events, ended = inbox.take()
            for event in events:
                if not isinstance(event, EndReported) and self.is_news(event):
                    yield event
        if not ended and self._asked_before:
            self._reopen_if_silent_since(self._asked_before)

    def _reopen_if_silent_since(self, moment: float) -> None:
        if self._client.socket_heard_since(moment) is False:
            log.info("the socket is open but mute: opening a new one")
            self._reopened = True
            self._client.reopen_socket()

    async def ask(self) -> AsyncIterator[Event]:
        """Ask the host how the prompt stands and yield what is new."""
        try:
            state = await self._client.prompt_state(self._prompt_id)
        except RabbitError as error:
            for event in self._absent(error.info):
                yield event
            return
        self._asked_before, self._asked = self._asked, time.monotonic()
        self._away_since = None
        self._refusals = 0
        self._away.reset()
        event = self._event(state)
        if event is not None:
            yield event

    def _event(self, state: PromptState) -> Event | None:
        if state.name != "unknown":
            self._unknown_since = None
        match state.name:
            case "finished":
                return Finished()
            case "interrupted":
                return Interrupted()
            case "failed":
                return FailedOnHost(state.error or ErrorInfo(ErrorKind.HOST_FAILED, "It failed."))
            case "unknown":
                return self._unknown()
            case "pending":
                return self._tell(Queued(state.position))
            case "running":
                return Started() if self._started is None and self.is_news(Started()) else None

    def _unknown(self) -> Event | None:
        """Believe it the second time only, and that it is lost only some time later."""
        now = time.monotonic()
        if self._unknown_since is None:
            self._unknown_since = now
            return None
        if self._client.was_cancelled(self._prompt_id):
            return Interrupted()
        return PromptLost() if now - self._unknown_since >= self._pace.lost_s else None

    def _tell(self, event: Event) -> Event | None:
        if event == self._told:
            return None
        self._told = event
        return event

    def _absent(self, error: ErrorInfo) -> list[Event]:
        now = time.monotonic()
        first = self._away_since is None
        since = now if self._away_since is None else self._away_since
        self._away_since = since
        if error.context.get("status") in _FOR_GOOD:
            # Once more: a secret that was renewed meanwhile is read anew after the first time.
            self._refusals += 1
        too_large = error.context.get("error") == TOO_LARGE
        hopeless = error.kind is ErrorKind.SETTINGS_INVALID or too_large or self._refusals > 1
        if hopeless or now - since >= self._patience_s:
            return [FailedOnHost(error)]
        return [HostAway(error)] if first else []
