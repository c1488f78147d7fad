"""Who comes into question for a job, and who of them gets it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

MOST_REASONS = 3
_NO_NODE = re.compile(r"(?P<host>.+) has no node '(?P<node>[^']+)'\.")


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
    """Return the reasons of all hosts that are not able, each once, what is soonest mended first.

    Hosts that answer and lack little come first, those that are away last; the missing nodes of a
    host are one sentence.

    Args:
        candidates: The hosts in question.
        most: So many sentences for a host; how many more there are is the last one.
    """
    found: list[str] = []
    unable = [(one, _nodes_in_one(one.problems)) for one in candidates if not one.able]
    for one, problems in sorted(unable, key=lambda each: (each[0].is_away, len(each[0].problems))):
        found += problems[:most]
        more = len(problems) - most
        if more > 0:
            things = "thing is" if more == 1 else "things are"
            found.append(f"{more} more {things} missing on {one.name}.")
    return list(dict.fromkeys(found))


def _nodes_in_one(problems: Sequence[str]) -> list[str]:
    """Return *problems* with all plain sentences about missing nodes put into one."""
    found = [_NO_NODE.fullmatch(problem) for problem in problems]
    nodes = [match["node"] for match in found if match]
    if len(nodes) < 2:
        return list(problems)
    host = next(match["host"] for match in found if match)
    named = ", ".join(nodes)
    rest = [problem for problem, match in zip(problems, found, strict=True) if not match]
    return [f"{host} has no nodes {named}.", *rest]
