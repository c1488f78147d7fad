"""Inputs that a node has only for some graphs: dynamic combos and inputs that grow.

In a graph their parts have dotted names. ``"format": "png"`` brings ``"format.bit_depth"`` with it
(``COMFY_DYNAMICCOMBO_V3``); ``values`` that grow are ``"values.a"``, ``"values.b"``
(``COMFY_AUTOGROW_V3``). Everything else is declared once and for all.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from daemon.builtin_host.values import Json

Declared: TypeAlias = dict[str, tuple[bool, Any, Json]]
"""Inputs by name: whether required, type (name or list of choices), configuration."""

DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
AUTOGROW = "COMFY_AUTOGROW_V3"


def declared_inputs(schema: Json, given: Json) -> Declared:
    """The inputs of a node of a graph.

    Args:
        schema: The ``input`` object of the class: ``required`` and ``optional`` by name.
        given: The node's inputs in the graph, by dotted name.

    Returns:
        Every input that may be given; a dynamic combo whose choice is not one of its options (or
        is not given) is not among them, as on the real server.
    """
    declared: Declared = {}
    _collect(declared, schema, given, "")
    return declared


def grown(inputs: Json, name: str) -> Json:
    """The given values of an input that grows, by the last part of their names, in order."""
    prefix = f"{name}."
    return {key[len(prefix) :]: inputs[key] for key in inputs if key.startswith(prefix)}


def _collect(declared: Declared, schema: Json, given: Json, prefix: str) -> None:
    for kind in ("required", "optional"):
        for name, spec in schema.get(kind, {}).items():
            config: Json = spec[1] if len(spec) > 1 else {}
            full = f"{prefix}{name}"
            if spec[0] == DYNAMIC_COMBO:
                _choose(declared, full, kind == "required", config, given)
            elif spec[0] == AUTOGROW:
                _grow(declared, full, config["template"])
            else:
                declared[full] = (kind == "required", spec[0], config)


def _choose(declared: Declared, name: str, required: bool, config: Json, given: Json) -> None:
    for option in config["options"]:
        if name in given and option["key"] == given[name]:
            _collect(declared, option["inputs"], given, f"{name}.")
            declared[name] = (required, DYNAMIC_COMBO, config)


def _grow(declared: Declared, name: str, template: Json) -> None:
    kind, inputs = next((kind, inputs) for kind, inputs in template["input"].items() if inputs)
    spec = next(iter(inputs.values()))
    names = template.get("names") or [f"{template['prefix']}{k}" for k in range(template["max"])]
    for number, part in enumerate(names):
        required = kind == "required" and number < template["min"]
        declared[f"{name}.{part}"] = (required, spec[0], spec[1] if len(spec) > 1 else {})
