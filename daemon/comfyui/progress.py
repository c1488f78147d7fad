"""How far a run is, as one number: nodes of the graph by weight, and their steps; and its pace."""

from __future__ import annotations

import time
from collections.abc import Callable

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

    Attributes:
        fraction: Share of the run that is done, 0..1.
        left_s: Seconds left, by the pace at which the present node's steps come; None: it reports
            no steps, or only one so far.
    """

    def __init__(
        self, graph: Graph, output: str = "", *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Weigh the nodes of *graph*: samplers by their steps, loaders and encoders some.

        Args:
            graph: As it runs.
            output: The node whose picture is the result: what it does not depend on is not counted.
            clock: Monotonic seconds.
        """
        counted = upstream(graph, output) if output in graph else list(graph)
        self._weights = {node_id: _weight(graph, node_id) for node_id in counted}
        self._total = sum(self._weights.values()) or 1.0
        self._clock = clock
        self._done: set[str] = set()
        self._current = ""
        self._share = 0.0
        self._first: tuple[float, float] | None = None
        self.fraction = 0.0
        self.left_s: float | None = None

    def update(self, event: Event) -> float:
        """Take *event* into account; return :attr:`fraction`."""
        match event:
            case Started(cached):
                self._done.update(cached)
            case NodeStarted(node):
                self._enter(node)
            case NodeProgress(node, value, most) if most > 0:
                self._enter(node)
                self._share = max(self._share, min(max(value / most, 0.0), 1.0))
                self._measure(value, most)
            case Finished():
                self._done.update(self._weights)
                self.left_s = None
            case _:
                pass
        done = sum(weight for node, weight in self._weights.items() if node in self._done)
        if self._current not in self._done:
            done += self._weights.get(self._current, 0.0) * self._share
        self.fraction = max(self.fraction, min(done / self._total, 1.0))
        return self.fraction

    def _enter(self, node: str) -> None:
        # A node inside an expanded one is called "5.0.1": it counts as node 5.
        known = node if node in self._weights else node.split(".", 1)[0]
        if known == self._current:
            return
        if self._current:
            self._done.add(self._current)
        self._current = known
        self._share = 0.0
        self._first, self.left_s = None, None

    def _measure(self, value: float, most: float) -> None:
        """Tell what is left by the seconds between this node's steps.

        The first step does not count: it may have loaded the model. What comes after the node
        takes as long for its weight as the node itself.
        """
        now = self._clock()
        if self._first is None or value < self._first[1]:
            self._first = now, value
            return
        began, first = self._first
        if value <= first or now <= began:
            return
        step_s = (now - began) / (value - first)
        weight = self._weights.get(self._current, 0.0)
        done = self._done | {self._current}
        after = sum(each for node, each in self._weights.items() if node not in done)
        later_s = step_s * most * after / weight if weight else 0.0
        self.left_s = step_s * max(most - value, 0.0) + later_s


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
