"""Which node runs next: outputs first, then what brings an output closest, as the real server."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from daemon.builtin_host.nodes.catalogue import Catalogue
from daemon.builtin_host.values import Json, is_link


def links_of(node: Json, catalogue: Catalogue) -> list[str]:
    """Ids of the nodes that feed *node* in any case: its links, without surplus and lazy inputs."""
    inputs: Json = node["inputs"]
    declared = catalogue[node["class_type"]].inputs(inputs)
    return [
        value[0]
        for name, value in inputs.items()
        if name in declared and is_link(value) and not declared[name][2].get("lazy")
    ]


class Schedule:
    """Nodes of one prompt that still have to run, and who waits for whom."""

    def __init__(
        self, prompt: Json, catalogue: Catalogue, outputs: Collection[str], cached: Collection[str]
    ) -> None:
        """Plan a validated prompt.

        Args:
            prompt: The graph.
            catalogue: Node classes by name.
            outputs: Ids of the output nodes to run.
            cached: Ids whose results are at hand; what they need is not run.
        """
        self._prompt = prompt
        self._catalogue = catalogue
        self._waits_for: dict[str, set[str]] = {}
        self._waiters: dict[str, list[str]] = {}
        self._cached = cached
        self._done: set[str] = set(cached)
        for output in outputs:
            self._add(output)

    def __bool__(self) -> bool:
        return bool(self._waits_for)

    def next(self) -> str:
        """The node to run now."""
        ready = [node for node, sources in self._waits_for.items() if not sources]
        for distance in range(3):
            for node in ready:
                if self._leads_to_output(node, distance):
                    return node
        return ready[0]

    def done(self, node_id: str) -> None:
        """Take a finished node off the list."""
        del self._waits_for[node_id]
        self._done.add(node_id)
        for waiter in self._waiters.pop(node_id, []):
            self._waits_for[waiter].discard(node_id)

    def require(self, node_id: str, sources: Collection[str]) -> None:
        """Have *node_id* wait for lazy inputs that it turned out to need."""
        for source in sources:
            self._add(source)
        self._wait(node_id, sources)

    def needed(self) -> set[str]:
        """Nodes whose results may still be read, also through inputs that are lazy."""
        needed: set[str] = set()
        stack = list(self._waits_for)
        while stack:
            for value in self._prompt[stack.pop()]["inputs"].values():
                if is_link(value) and value and value[0] not in needed:
                    needed.add(value[0])
                    if value[0] in self._prompt and value[0] not in self._done:
                        stack.append(value[0])
        return needed

    def _add(self, output: str) -> None:
        stack = [output]
        while stack:
            node = stack.pop()
            if node in self._waits_for:
                continue
            cached = node in self._cached
            linked = [] if cached else links_of(self._prompt[node], self._catalogue)
            sources = [source for source in linked if source not in self._cached]
            self._waits_for[node] = set()
            self._wait(node, sources)
            stack += sources

    def _wait(self, node: str, sources: Iterable[str]) -> None:
        for source in sources:
            self._waits_for[node].add(source)
            waiters = self._waiters.setdefault(source, [])
            if node not in waiters:
                waiters.append(node)

    def _leads_to_output(self, node: str, distance: int) -> bool:
        if distance == 0:
            return self._catalogue[self._prompt[node]["class_type"]].is_output
        return any(
            self._leads_to_output(waiter, distance - 1) for waiter in self._waiters.get(node, [])
        )
