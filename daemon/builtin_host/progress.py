"""State of the nodes of the running prompt, as ``progress_state`` tells it."""

from __future__ import annotations

from daemon.builtin_host.values import Json


class ProgressBoard:
    """Value, maximum and state of every node that has started, in the order they did."""

    def __init__(self, prompt_id: str) -> None:
        self._prompt_id = prompt_id
        self._nodes: dict[str, Json] = {}

    def start(self, node_id: str) -> Json:
        """A node begins; returns the message's data."""
        return self._set(node_id, 0.0, 1.0, "running")

    def update(self, node_id: str, value: int, maximum: int) -> Json:
        """A node reports how far it is; returns the message's data."""
        return self._set(node_id, value, maximum, "running")

    def finish(self, node_id: str) -> Json:
        """A node is done, or was cached; returns the message's data."""
        maximum = self._nodes.get(node_id, {"max": 1})["max"]
        return self._set(node_id, maximum, maximum, "finished")

    def _set(self, node_id: str, value: float, maximum: float, state: str) -> Json:
        self._nodes[node_id] = {
            "value": value,
            "max": maximum,
            "state": state,
            "node_id": node_id,
            "prompt_id": self._prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }
        return {
            "prompt_id": self._prompt_id,
            "nodes": {node: dict(entry) for node, entry in self._nodes.items()},
        }
