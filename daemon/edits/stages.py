"""A job's stages: their names, how they add up to one percentage, and what time is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

STAGES = ("prepare", "upload", "queued", "run", "fetch", "fit", "apply", "save", "done")

# Shares of the whole where no job of the kind is known yet.
_SHARES: dict[str, float] = {
    "prepare": 6.0,
    "upload": 4.0,
    "queued": 2.0,
    "run": 58.0,
    "fetch": 3.0,
    "fit": 10.0,
    "apply": 15.0,
    "save": 2.0,
}
_LOOK = ("apply", "save")
_DECISIVE = ("run", "fit", "apply")
_WAITING_SHARE = 0.02
_MOST_PCT = 99.9
_SETTLES_S = (0.3, 3.0)
_SETTLES_SHARE = 0.15

WORDS: dict[str, str] = {
    "prepare": "Preparing a small copy",
    "upload": "Sending to {host}",
    "queued": "Waiting at {host}",
    "run": "Grading on {host}",
    "fetch": "Fetching the result",
    "fit": "Learning the colour change",
    "apply": "Applying it at full size",
    "save": "Saving",
    "done": "Done",
}


def in_words(stage: str, host: str) -> str:
    """Return what a person reads while *stage* runs."""
    return WORDS[stage].format(host=host)


def stages_of(*, look: bool, fitted: bool) -> tuple[str, ...]:
    """Return the stages that a job goes through, in their order.

    Args:
        look: It puts a look on a photo; no host is asked.
        fitted: A grade is learnt from what the host returns.
    """
    if look:
        return _LOOK
    return tuple(stage for stage in _SHARES if fitted or stage != "fit")


class JobProgress:
    """How far a job is over all its stages, and how long it may still take.

    What is left of the hundred is shared out again at every stage, among those still to come, by
    the seconds that each is expected to take. So the percentage never runs backwards and never
    stands still for long, whatever turns out otherwise than expected: another host, a second try,
    a daemon that takes a job up in its middle.

    Attributes:
        pct: 0..100 over all stages; 100 only by :meth:`finish`.
    """

    def __init__(
        self,
        stages: tuple[str, ...],
        *,
        pct: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin before the first stage.

        Args:
            stages: Those of the job, from :func:`stages_of`.
            pct: What was said of the job before.
            clock: Monotonic seconds.
        """
        self.pct = min(pct, _MOST_PCT)
        self._stages = stages
        self._clock = clock
        self._seconds: Mapping[str, float] = {}
        self._stage = stages[0]
        self._began = clock()
        self._fraction = 0.0
        self._span = (self.pct, self.pct)
        self._left_s: float | None = None
        self._ahead_s: float | None = 0.0
        self._eta = _Countdown(clock)

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Say what the stages are expected to take; counts from the next one on."""
        self._seconds = seconds

    def enter(self, stage: str) -> None:
        """Begin *stage*."""
        self._stage, self._began, self._fraction = stage, self._clock(), 0.0
        self._left_s, self._ahead_s = None, 0.0
        self._eta.begin_anew()
        to_come = self._stages[self._stages.index(stage) :] if stage in self._stages else ()
        shares = _shares(self._stages, self._seconds)
        whole = sum(shares[each] for each in to_come)
        share = shares[stage] / whole if whole > 0 else 0.0
        self._span = (self.pct, self.pct + (100.0 - self.pct) * share)

    def advance(self, fraction: float, left_s: float | None = None) -> float:
        """Take into account how much of the stage is done; return :attr:`pct`.

        Args:
            fraction: 0..1.
            left_s: What is left of the stage by its own pace; None: not known.
        """
        self._fraction = min(max(fraction, self._fraction), 1.0)
        self._left_s = left_s
        start, end = self._span
        self.pct = max(self.pct, min(start + (end - start) * self._fraction, _MOST_PCT))
        return self.pct

    def wait_behind(self, ahead_s: float | None) -> None:
        """Say how long the work before this job may take; None: not known."""
        if ahead_s != self._ahead_s:
            self._ahead_s = ahead_s
            self._eta.begin_anew()

    def finish(self) -> None:
        """The job is done."""
        self.pct = 100.0

    def eta_s(self) -> float | None:
        """Return the seconds until the job is done; None where nothing is known of its stages."""
        return self._eta.shown(self._raw_eta_s())

    def _raw_eta_s(self) -> float | None:
        if self._stage not in self._stages or self._ahead_s is None:
            return None
        after = self._stages[self._stages.index(self._stage) + 1 :]
        if any(each in _DECISIVE and each not in self._seconds for each in after):
            return None
        left_s = self._left_of_stage()
        if left_s is None:
            return None
        waits = sum(self._seconds.get(each, 0.0) for each in after if each != "queued")
        return left_s + waits + self._ahead_s

    def _left_of_stage(self) -> float | None:
        """Return what is left of the present stage: by its own pace, else by those before it."""
        if self._stage == "queued":
            return 0.0
        spent_s = self._clock() - self._began
        if self._left_s is not None:
            return self._left_s
        usual_s = self._seconds.get(self._stage)
        done = self._fraction
        by_pace_s = spent_s * (1.0 - done) / done if done > 0.0 else None
        if usual_s is None:
            if self._stage == "run":
                return None  # its first nodes are quick and say nothing of the sampler
            decisive = self._stage in _DECISIVE
            return (None if decisive else 0.0) if by_pace_s is None else by_pace_s
        if by_pace_s is None or (self._stage == "run" and spent_s < usual_s):
            return max(usual_s - spent_s, 0.0)  # a graph's nodes take their time unevenly
        return done * by_pace_s + (1.0 - done) * usual_s * (1.0 - done)


class _Countdown:
    """A figure that counts down with the clock and goes over to a new estimate smoothly.

    It settles the quicker the less is left, so that the end does not come as a surprise.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._figure: float | None = None
        self._at = 0.0

    def begin_anew(self) -> None:
        """Something else is foretold now: show the next estimate as it is."""
        self._figure = None

    def shown(self, estimate_s: float | None) -> float | None:
        """Return what to show where *estimate_s* is what is known now."""
        now = self._clock()
        if estimate_s is None or self._figure is None:
            self._figure, self._at = estimate_s, now
            return estimate_s
        passed_s = max(now - self._at, 0.0)
        counted_s = max(self._figure - passed_s, 0.0)
        shortest_s, longest_s = _SETTLES_S
        settles_s = min(max(_SETTLES_SHARE * estimate_s, shortest_s), longest_s)
        share = 1.0 - math.exp(-passed_s / settles_s)
        self._figure, self._at = counted_s + (estimate_s - counted_s) * share, now
        return self._figure


def _shares(stages: tuple[str, ...], seconds: Mapping[str, float]) -> dict[str, float]:
    """Return each stage's share of the work; what is not known has its usual part of the rest."""
    known = [stage for stage in stages if stage in seconds]
    if not any(stage in _DECISIVE for stage in known):
        return {stage: _SHARES[stage] for stage in stages}
    usual = sum(_SHARES[stage] for stage in known)
    scale = sum(seconds[stage] for stage in known) / usual
    shares = {stage: seconds.get(stage, _SHARES[stage] * scale) for stage in stages}
    if "queued" in shares:
        shares["queued"] = _WAITING_SHARE * (sum(shares.values()) - shares["queued"])
    return shares
