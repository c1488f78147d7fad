"""How long the nodes of a graph took lately, workflow by workflow and host by host."""

from __future__ import annotations

import statistics
from collections import defaultdict, deque
from collections.abc import Mapping

_LATELY = 9
_MOST_GRAPHS = 256


class NodeTimes:
    """Medians of what :attr:`daemon.comfyui.progress.RunProgress.rates` says of finished runs.

    Kept for as long as the daemon lives: they only make the percentage of the next run even.
    """

    def __init__(self) -> None:
        self._rates: dict[tuple[str, str], defaultdict[str, deque[float]]] = {}

    def note(self, workflow: str, host: str, rates: Mapping[str, float]) -> None:
        """Take a run that was watched from its beginning to its end into account."""
        key = (workflow, host)
        known = self._rates.pop(key, None) or defaultdict(_lately)
        for node, rate in rates.items():
            known[node].append(rate)
        self._rates[key] = known
        if len(self._rates) > _MOST_GRAPHS:
            del self._rates[next(iter(self._rates))]

    def of(self, workflow: str, host: str) -> dict[str, float]:
        """Return the seconds of each node for a unit of its weight; empty: none are known."""
        known = self._rates.get((workflow, host), {})
        return {node: statistics.median(rates) for node, rates in known.items()}


def _lately() -> deque[float]:
    return deque(maxlen=_LATELY)
