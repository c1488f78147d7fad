"""How far a run is, as one number: nodes of the graph by weight, and their steps."""

from __future__ import annotations

from daemon.comfyui.events import Event, Finished, NodeProgress, NodeStarted, Started
from daemon.comfyui.graph import Graph, nodes

_SAMPLER = 30.0
_LOADER = 4.0
_CODER = 3.0
_OTHER = 1.0


class RunProgress:
    """Adds a run's events up; never runs backwards.

    Attributes:
        fraction: Share of the run that is done, 0..1.
    """

    def __init__(self, graph: Graph) -> None:
        """Weigh the nodes of *graph*: samplers count most, loaders and encoders some."""
        self._weights = {
            node_id: _weight(str(node.get("class_type"))) for node_id, node in nodes(graph)
        }
        self._total = sum(self._weights.values()) or 1.0
        self._done: set[str] = set()
        self._current = ""
        self._share = 0.0
        self.fraction = 0.0

    def update(self, event: Event) -> float:
        """Take *event* into account; return :attr:`fraction`."""
        match event:
            case Started(cached):
                self._done.update(cached)
            case NodeStarted(node):
                self._enter(node)
            case NodeProgress(node, value, most):
                self._enter(node)
                self._share = min(max(value / most, 0.0), 1.0) if most > 0 else 0.0
            case Finished():
                self._done.update(self._weights)
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


def _weight(class_type: str) -> float:
    if "Sampler" in class_type and "Select" not in class_type:
        return _SAMPLER
    if "Upscale" in class_type and "Model" in class_type and "Loader" not in class_type:
        return _SAMPLER
    if "Loader" in class_type:
        return _LOADER
    if class_type.startswith(("VAE", "CLIPTextEncode", "TextEncode")):
        return _CODER
    return _OTHER
