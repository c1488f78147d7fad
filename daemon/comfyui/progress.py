"""How far a run is, as one number: nodes of the graph by weight, and their steps; and its pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from daemon.comfyui.events import Event, Finished, NodeProgress, NodeStarted, Started
from daemon.comfyui.graph import Graph
from daemon.comfyui.graph_links import class_of, source, upstream, values_of
from daemon.comfyui.lenient import mapping

_STEP = 1.5
_USUAL_STEPS = 20
_MOST_STEPS = 200
_TILES = 30.0
_LOADER = 4.0
_CODER = 3.0
_OTHER = 1.0


class RunProgress:
    """Adds a run's events up; never runs backwards.

    What the host has cached takes no time, so it counts as done without any weight.

    Attributes:
        fraction: Share of the run that is done, 0..1.
        left_s: Seconds left, by the pace of the present node's steps and by earlier runs; None:
            neither is known.
    """

    def __init__(
        self,
        graph: Graph,
        output: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Weigh the nodes of *graph*: samplers by their steps, loaders and encoders some.

        Args:
            graph: As it runs.
            output: The node whose picture is the result: what it does not depend on is not counted.
            clock: Monotonic seconds.
        """
        counted = upstream(graph, output) if output in graph else list(graph)
        self._plain = {node_id: _weight(graph, node_id) for node_id in counted}
        self._weights = dict(self._plain)
        self._known = False
        self._unit_s: float | None = None
        self._clock = clock
        self._done: set[str] = set()
        self._current = ""
        self._entered = 0.0
        self._share = 0.0
        self._first: tuple[float, float] | None = None
        self._node_left_s: float | None = None
        self._spent: dict[str, float] = {}
        self.fraction = 0.0
        self.left_s: float | None = None

    @property
    def rates(self) -> dict[str, float]:
        """Seconds that the nodes took that ran, for each unit of their weight."""
        return {node: spent / self._plain[node] for node, spent in self._spent.items()}

    def know(self, rates: Mapping[str, float]) -> None:
        """Weigh the nodes by what they took in earlier runs; before anything is told of this one.

        Args:
            rates: :attr:`rates` of those runs.
        """
        known = {node: rate for node, rate in rates.items() if node in self._plain}
        if known:
            self._known = True
            self._weights = _in_seconds(self._plain, known)

    def update(self, event: Event) -> float:
        """Take *event* into account; return :attr:`fraction`."""
        match event:
            case Started(cached):
                self._done.update(cached)
                self._weights |= dict.fromkeys(self._done & self._weights.keys(), 0.0)
            case NodeStarted(node):
                self._enter(node)
            case NodeProgress(node, value, most) if most > 0:
                self._enter(node)
                self._share = max(self._share, min(max(value / most, 0.0), 1.0))
                self._measure(value, most)
            case Finished():
                self._enter("")
                self._done.update(self._weights)
            case _:
                pass
        self.left_s = self._left()
        self.fraction = max(self.fraction, self._done_share())
        return self.fraction

    def _done_share(self) -> float:
        total = sum(self._weights.values())
        done = sum(weight for node, weight in self._weights.items() if node in self._done)
        if self._current not in self._done:
            done += self._weights.get(self._current, 0.0) * self._share
        if total <= 0.0:
            return 1.0 if self._done >= self._weights.keys() else 0.0
        return min(done / total, 1.0)

    def _enter(self, node: str) -> None:
        # A node inside an expanded one is called "5.0.1": it counts as node 5.
        known = node if node in self._weights else node.split(".", 1)[0]
        if known == self._current:
            return
        now = self._clock()
        if self._current:
            self._done.add(self._current)
            if self._current in self._plain:
                before = self._spent.get(self._current, 0.0)
                self._spent[self._current] = before + max(now - self._entered, 0.0)
        self._current, self._entered = known, now
        self._share = 0.0
        self._first, self._node_left_s = None, None

    def _measure(self, value: float, most: float) -> None:
        """Tell what is left of the node by the seconds between its steps.

        The first step does not count: it may have loaded the model.
        """
        now = self._clock()
        if self._first is None or value < self._first[1]:
            self._first = now, value
            return
        began, first = self._first
        if value <= first or now <= began:
            return
        step_s = (now - began) / (value - first)
        self._node_left_s = step_s * max(most - value, 0.0)
        weight = self._plain.get(self._current, 0.0)
        self._unit_s = step_s * most / weight if weight else None

    def _left(self) -> float | None:
        """Return what is left of this node and of those that come after it.

        Where no earlier run is known, they take as long for their weight as the steps did.
        """
        unit_s = 1.0 if self._known else self._unit_s
        if unit_s is None or not self._current:
            return self._node_left_s
        here_s = self._node_left_s
        if here_s is None:
            usual_s = self._weights.get(self._current, 0.0) * unit_s
            here_s = max(usual_s - (self._clock() - self._entered), 0.0)
        return here_s + self._later() * unit_s

    def _later(self) -> float:
        """Return the weight of the nodes that come after the present one."""
        done = self._done | {self._current}
        return sum(weight for node, weight in self._weights.items() if node not in done)


def _in_seconds(weights: dict[str, float], rates: Mapping[str, float]) -> dict[str, float]:
    """Return the weights in seconds; of a node that never ran, in the proportion of the others."""
    usual = sum(weights[node] * rate for node, rate in rates.items()) / sum(
        weights[node] for node in rates
    )
    return {node: weight * rates.get(node, usual) for node, weight in weights.items()}


def _weight(graph: Graph, node_id: str) -> float:
    class_type = class_of(graph, node_id)
    if "Sampler" in class_type and "Select" not in class_type:
        return _STEP * _steps(graph, node_id)
    if "Upscale" in class_type and "Model" in class_type and "Loader" not in class_type:
        return _TILES
    if "Loader" in class_type:
        return _LOADER
    if class_type.startswith(("VAE", "CLIPTextEncode", "TextEncode")):
        return _CODER
    return _OTHER


def _steps(graph: Graph, node_id: str) -> int:
    """Return the steps of a sampler: its own, or those of the schedule that feeds it."""
    steps = _whole(graph, node_id, "steps")
    if steps is None:
        fed_by = source(mapping(mapping(graph.get(node_id)).get("inputs")).get("sigmas"))
        schedule = upstream(graph, fed_by.node) if fed_by is not None else []
        known = (_whole(graph, each, "steps") for each in schedule)
        steps = next((each for each in known if each is not None), _USUAL_STEPS)
    return min(max(steps, 1), _MOST_STEPS)


def _whole(graph: Graph, node_id: str, name: str) -> int | None:
    """Return a whole number of a node, also one that stands in a node of its own."""
    inputs = mapping(mapping(graph.get(node_id)).get("inputs"))
    linked = source(inputs.get(name))
    value = inputs.get(name) if linked is None else values_of(graph, linked.node).get("value")
    return value if isinstance(value, int) and not isinstance(value, bool) else None
