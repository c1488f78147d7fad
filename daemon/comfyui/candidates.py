"""Who comes into question for a job, and who of them gets it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

MOST_REASONS = 3


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One host that comes into question for a job.

    Attributes:
        name: What :meth:`daemon.comfyui.hosts.HostRegistry.client_for` takes.
        able: It answers and has everything that the workflow needs.
        problems: Why it is not able, one sentence each.
        waits: Not able now, but it may be by itself: it is away, it starts, it hangs. What is
            known of it does not rule the workflow out.
        state: unknown | ready | busy | hung | unreachable | starting.
        load: Prompts of anybody there, and jobs of ours on their way to it.
        usual_s: What a job of ours took it lately; None: not known.
    """

    name: str
    able: bool = False
    problems: tuple[str, ...] = ()
    waits: bool = False
    state: str = "unknown"
    load: int = 0
    usual_s: float | None = None

    @property
    def is_away(self) -> bool:
        """Whether it did not answer, or is switched off."""
        return self.state in ("unreachable", "unknown")


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the able ones, whom to take first in front: the least to do, then the faster.

    One whose speed is not known yet comes before slower ones, so that it becomes known; hosts that
    are equal in all this stay in their order, that of the settings.
    """
    able = [candidate for candidate in candidates if candidate.able]
    return sorted(able, key=lambda one: (one.load, one.usual_s or 0.0))


def why_none(candidates: Iterable[Candidate], most: int = MOST_REASONS) -> list[str]:
    """Return the reasons of all hosts that are not able, each once.

    Args:
        candidates: The hosts in question.
        most: So many sentences for a host; how many more there are is the last one.
    """
    found: list[str] = []
    for one in candidates:
        if one.able:
            continue
        found += one.problems[:most]
        more = len(one.problems) - most
        if more > 0:
            things = "thing is" if more == 1 else "things are"
            found.append(f"{more} more {things} missing on {one.name}.")
    return list(dict.fromkeys(found))
