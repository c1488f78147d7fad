"""What a node is: a schema as ``/object_info`` shows it and a function that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.dynamic_inputs import Declared, declared_inputs
from daemon.builtin_host.values import Image, Json

Preview = Callable[[], Image]
"""Makes the picture (H, W, 3) of a preview; called only when a client asked for previews."""


@dataclass(frozen=True)
class NodeContext:
    """What a running node may use.

    Attributes:
        folders: The host's folders.
        prompt: The graph as it is written into saved pictures.
        extra_pnginfo: The client's own documents for saved pictures.
        checkpoint: Raises ``Interrupted`` when the prompt was cancelled; called often.
        progress: Reports ``(value, maximum, preview or None)``; is a checkpoint too.
        tell: Shows a line of text on the node in the client's graph.
    """

    folders: HostFolders
    prompt: Json
    extra_pnginfo: Json
    checkpoint: Callable[[], None]
    progress: Callable[[int, int, Preview | None], None]
    tell: Callable[[str], None]


@dataclass(frozen=True)
class NodeResult:
    """What a node made.

    Attributes:
        outputs: One value per output slot; a list of values for a slot that is a list.
        ui: What the client is shown in ``executed`` and in the history; empty for nothing.
    """

    outputs: tuple[Any, ...]
    ui: Json = field(default_factory=dict[str, Any])


Run = Callable[[Json, NodeContext], NodeResult]
Fingerprint = Callable[[Json, HostFolders], str]
Check = Callable[[Json, HostFolders], str]
Wanted = Callable[[Json], tuple[str, ...]]


@dataclass(frozen=True)
class NodeClass:
    """One kind of node.

    Attributes:
        schema: Its document in ``/object_info``; inputs, ranges and types come from there.
        run: Turns inputs by name into a result.
        fingerprint: Text that changes when the node's files change, for the cache.
        check: Own validation of literal inputs: a complaint, or "".
        checked_inputs: The inputs that *check* judges; they skip the range and list checks.
        wanted: Names the lazy inputs that are needed, by the inputs that are known.
        takes_surplus: Whether inputs that are not declared are given to it too.
    """

    schema: Json
    run: Run
    fingerprint: Fingerprint | None = None
    check: Check | None = None
    checked_inputs: tuple[str, ...] = ()
    wanted: Wanted | None = None
    takes_surplus: bool = False

    @property
    def name(self) -> str:
        """The class_type of graphs."""
        return str(self.schema["name"])

    @property
    def is_output(self) -> bool:
        """Whether graphs are run for its sake."""
        return bool(self.schema["output_node"])

    @property
    def outputs(self) -> tuple[Any, ...]:
        """Types of the output slots."""
        return tuple(self.schema["output"])

    @property
    def takes_lists(self) -> bool:
        """Whether it is called once with whole lists instead of once per value."""
        return bool(self.schema["is_input_list"])

    @property
    def lists(self) -> tuple[bool, ...]:
        """Whether each output slot gives a list."""
        return tuple(bool(flag) for flag in self.schema["output_is_list"])

    def inputs(self, given: Json | None = None) -> Declared:
        """Declared inputs by name: required, type (name or list of choices), configuration.

        Args:
            given: The inputs of a graph's node; dynamic inputs depend on them (see
                ``dynamic_inputs``).
        """
        return declared_inputs(self.schema["input"], given or {})
