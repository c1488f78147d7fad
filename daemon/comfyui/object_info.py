"""A host's nodes and their inputs, as ``/object_info`` tells, in all of its spellings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.comfyui.lenient import items, mapping, text

DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
_PLAIN = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False}


class InputSpec:
    """One input of a node.

    Attributes:
        kind: INT, FLOAT, STRING, BOOLEAN, COMBO (a dynamic one too), or the type of a link (IMAGE,
            MODEL, ...).
        options: The input's options: default, min, max, step.
        choices: Values of a COMBO, None for other kinds.
        required: Whether the node needs it.
        subfields: Of a dynamic combo: its choice to the inputs that come with it, by their names
            without the combo's own; None for all others.
    """

    def __init__(self, spec: object, *, required: bool) -> None:
        parts = items(spec)
        first = parts[0] if parts else ""
        self.options = mapping(parts[1]) if len(parts) > 1 else {}
        self.required = required
        self.choices: tuple[Any, ...] | None = None
        self.subfields: dict[str, dict[str, InputSpec]] | None = None
        if isinstance(first, list):
            self.kind = "COMBO"
            self.choices = tuple(items(first))
        elif first == DYNAMIC_COMBO:
            self.kind = "COMBO"
            options = [mapping(option) for option in items(self.options.get("options"))]
            self.subfields = {
                text(each.get("key")): _groups(each.get("inputs")) for each in options
            }
            self.choices = tuple(self.subfields)
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
        if self.options.get("forceInput"):
            return None
        plain = _PLAIN.get(self.kind)
        return self.options.get("min", plain) if self.kind in ("INT", "FLOAT") else plain

    @property
    def is_value(self) -> bool:
        """Whether it takes one plain value rather than a link, a list or a thing of its own."""
        if self.options.get("forceInput") or self.options.get("multiselect"):
            return False
        return self.kind in _PLAIN or self.choices is not None


class ObjectInfo:
    """What a host can run."""

    def __init__(self, reply: dict[str, Any]) -> None:
        """Take the JSON of ``/object_info``."""
        self._nodes = reply

    def __contains__(self, class_type: str) -> bool:
        return class_type in self._nodes

    def inputs(self, class_type: str) -> dict[str, InputSpec]:
        """Return the inputs of a node by name; empty for an unknown node."""
        return _groups(mapping(self._nodes.get(class_type)).get("input"))

    def all_inputs(self, class_type: str, values: Mapping[str, Any]) -> dict[str, InputSpec]:
        """Return the inputs of a node with those that come with its dynamic combos' choices.

        Args:
            class_type: The node's class.
            values: What stands in the node; a combo that is not there counts as its default where
                it is required.

        Returns:
            By name, dotted for what comes with a choice (``format.bit_depth``).
        """
        found: dict[str, InputSpec] = {}
        _gather(self.inputs(class_type), "", values, found)
        return found

    def input(self, class_type: str, name: str, values: Mapping[str, Any]) -> InputSpec | None:
        """Return one input, dotted or not; None: the node has none of that name."""
        return self.all_inputs(class_type, values).get(name)

    def choices(self, class_type: str, input_name: str) -> tuple[Any, ...] | None:
        """Return what a COMBO input may be, None where it is no such input."""
        spec = self.inputs(class_type).get(input_name)
        return None if spec is None else spec.choices


def _groups(inputs: object) -> dict[str, InputSpec]:
    groups = mapping(inputs)
    found: dict[str, InputSpec] = {}
    for group in ("required", "optional"):
        for name, spec in mapping(groups.get(group)).items():
            found[name] = InputSpec(spec, required=group == "required")
    return found


def _gather(
    specs: Mapping[str, InputSpec],
    before: str,
    values: Mapping[str, Any],
    found: dict[str, InputSpec],
) -> None:
    for short, spec in specs.items():
        name = before + short
        found[name] = spec
        if spec.subfields is None:
            continue
        chosen = values.get(name, spec.default if spec.required else None)
        if isinstance(chosen, str):
            _gather(spec.subfields.get(chosen, {}), f"{name}.", values, found)
