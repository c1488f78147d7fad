"""A host's nodes and their inputs, as ``/object_info`` tells, in both of its spellings."""

from __future__ import annotations

from typing import Any

from daemon.comfyui.lenient import items, mapping


class InputSpec:
    """One input of a node.

    Attributes:
        kind: INT, FLOAT, STRING, BOOLEAN, COMBO, or the type of a link (IMAGE, MODEL, ...).
        options: The input's options: default, min, max, step.
        choices: Values of a COMBO, None for other kinds.
        required: Whether the node needs it.
    """

    def __init__(self, spec: object, *, required: bool) -> None:
        parts = items(spec)
        first = parts[0] if parts else ""
        self.options = mapping(parts[1]) if len(parts) > 1 else {}
        self.required = required
        self.choices: tuple[Any, ...] | None = None
        if isinstance(first, list):
            self.kind = "COMBO"
            self.choices = tuple(items(first))
        else:
            self.kind = str(first)
            if self.kind == "COMBO":
                self.choices = tuple(items(self.options.get("options")))

    @property
    def default(self) -> object:
        """The value to use where the graph has none; None where there is none."""
        if "default" in self.options:
            return self.options["default"]
        if self.choices:
            return self.choices[0]
        return None


class ObjectInfo:
    """What a host can run."""

    def __init__(self, reply: dict[str, Any]) -> None:
        """Take the JSON of ``/object_info``."""
        self._nodes = reply

    def __contains__(self, class_type: str) -> bool:
        return class_type in self._nodes

    def inputs(self, class_type: str) -> dict[str, InputSpec]:
        """Return the inputs of a node by name; empty for an unknown node."""
        groups = mapping(mapping(self._nodes.get(class_type)).get("input"))
        found: dict[str, InputSpec] = {}
        for group in ("required", "optional"):
            for name, spec in mapping(groups.get(group)).items():
                found[name] = InputSpec(spec, required=group == "required")
        return found

    def choices(self, class_type: str, input_name: str) -> tuple[Any, ...] | None:
        """Return what a COMBO input may be, None where it is no such input."""
        spec = self.inputs(class_type).get(input_name)
        return None if spec is None else spec.choices
