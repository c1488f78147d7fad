"""What a run can be told: the manifest's parameters with what the host's nodes say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from daemon.comfyui.graph import Workflow, link, nodes
from daemon.comfyui.lenient import mapping, text
from daemon.comfyui.manifest import Manifest, Parameter
from daemon.comfyui.model_names import name_on_host
from daemon.comfyui.node_errors import PROMPT_GRADE
from daemon.comfyui.object_info import InputSpec, ObjectInfo
from daemon.protocol.errors import RabbitError
from daemon.protocol.values import ParameterInfo
from daemon.protocol.workflows import MAX_SEED, InputInfo

UNKNOWN = "unknown"
_OF_HOST = {"INT": "integer", "FLOAT": "number", "STRING": "text", "BOOLEAN": "boolean"}
_PICTURE = re.compile(r"^(reference|control)_[1-9][0-9]?$")
_TEXTS = {
    "prompt": "Prompt",
    "negative": "Negative prompt",
    "prompt_2": "Second prompt",
    "negative_prompt_2": "Second negative prompt",
}
_FILLED = {"image": "image", "pool.image": "image", "mask": "mask", "pool.mask": "mask"}
_TWO_ENCODERS = ("DualCLIPLoader", "TripleCLIPLoader", "QuadrupleCLIPLoader")
_TWO_TEXTS = (
    ("clip_l", "t5xxl"),
    ("text_g", "text_l"),
    ("clip_l", "clip_g"),
    ("bert", "mt5xl"),
    ("clip_l", "llama"),
)
_XL = re.compile(r"(?:^|[^a-z])(?:sd)?xl(?:[^a-z]|$)", re.IGNORECASE)


def fields_of(workflow: Workflow, info: ObjectInfo | None) -> tuple[ParameterInfo, ...]:
    """Return the form's fields, in the manifest's order.

    Args:
        workflow: The workflow.
        info: The host's nodes; None: it did not answer, the manifest's own values stand.
    """
    return tuple(
        field
        for name, parameter in workflow.manifest.parameters.items()
        for field in _fields(name, parameter, workflow, info)
    )


def inputs_of(workflow: Workflow) -> tuple[InputInfo, ...]:
    """Return the pictures and texts that the workflow takes, texts first."""
    return tuple(_texts(workflow)) + tuple(_pictures(workflow))


def picture_names(manifest: Manifest) -> list[str]:
    """Return the names of the further pictures that a run needs: reference_1, control_1, ..."""
    return sorted((name for name in manifest.bindings if _PICTURE.match(name)), key=_by_number)


def second_prompts(workflow: Workflow) -> bool:
    """Whether the second text encoder's prompts are worth offering.

    They are where they are bound, and the graph has two encoders, a node with two texts, or a model
    with XL in its name.
    """
    bound = workflow.manifest.bindings
    if "prompt_2" not in bound and "negative_prompt_2" not in bound:
        return False
    return _has_two_encoders(workflow) or any(_XL.search(name) for name in _models(workflow))


def field_at(manifest: Manifest, node: str, input_name: str) -> str:
    """Return the parameter or binding that goes to an input; empty: none does."""
    for name, parameter in manifest.parameters.items():
        if (parameter.node, parameter.input) == (node, input_name):
            return name
        if node == parameter.node and input_name.startswith(f"{parameter.input}."):
            return name + input_name.removeprefix(parameter.input)
    for name, binding in manifest.bindings.items():
        if (binding.node, binding.input) == (node, input_name):
            return name
    return ""


def with_field(error: RabbitError, manifest: Manifest) -> RabbitError:
    """Return *error* with the ``field`` it belongs to in its context, where one does."""
    context = error.info.context
    if context.get("field"):
        return error
    field = field_at(manifest, context.get("node", ""), context.get("input", ""))
    if not field and context.get("class") == PROMPT_GRADE:
        field = "prompt"
    if not field:
        return error
    info = msgspec.structs.replace(error.info, context={**context, "field": field})
    return RabbitError.from_info(info)


# ---------------------------------------------------------------- fields


def _fields(
    name: str, parameter: Parameter, workflow: Workflow, info: ObjectInfo | None
) -> Iterator[ParameterInfo]:
    node = mapping(workflow.graph.get(parameter.node))
    inputs = mapping(node.get("inputs"))
    own = parameter.to_info(name)
    default = parameter.default if parameter.default is not None else inputs.get(parameter.input)
    plain = default if isinstance(default, int | float | str | bool) else None
    field = msgspec.structs.replace(own, default=plain, node=parameter.node, input=parameter.input)
    class_type = text(node.get("class_type"))
    spec = None
    if info is not None and class_type in info:
        chosen = {**inputs, parameter.input: default}
        spec = info.input(class_type, parameter.input, chosen)
    if plain is None and default is not None:
        yield msgspec.structs.replace(field, type=UNKNOWN, default=str(default))
        return
    if spec is None:
        yield _limited(field, 0, MAX_SEED) if parameter.type == "seed" else field
        return
    if field.type == "model" and spec.choices is not None and isinstance(field.default, str):
        # Under the name that the host has it by, so that nothing seems to be missing.
        found = name_on_host(field.default, spec.choices, workflow.model_names)
        field = msgspec.structs.replace(field, default=found or field.default)
    yield _merged(field, spec)
    if spec.subfields is not None:
        for choice, subfields in spec.subfields.items():
            yield from _under(field, choice, subfields, inputs)


def _under(
    above: ParameterInfo, choice: str, specs: Mapping[str, InputSpec], inputs: Mapping[str, Any]
) -> Iterator[ParameterInfo]:
    """Yield the fields that come with a choice of a dynamic combo."""
    for short, spec in specs.items():
        if not spec.is_value:
            continue
        stands = inputs.get(f"{above.input}.{short}") if choice == above.default else None
        default = spec.default if stands is None else stands
        field = ParameterInfo(
            name=f"{above.name}.{short}",
            type="text",
            default=default if isinstance(default, int | float | str | bool) else None,
            advanced=above.advanced or bool(spec.options.get("advanced")),
            title=str(spec.options.get("display_name") or _in_words(short)),
            node=above.node,
            input=f"{above.input}.{short}",
            when=choice,
        )
        merged = _merged(field, spec)
        yield merged
        for inner, inner_specs in (spec.subfields or {}).items():
            yield from _under(merged, inner, inner_specs, inputs)


def _merged(field: ParameterInfo, spec: InputSpec) -> ParameterInfo:
    """Return *field* as the host's node takes it."""
    if not spec.is_value:
        shown = "" if field.default is None else str(field.default)
        return msgspec.structs.replace(field, type=UNKNOWN, default=shown)
    if spec.choices is not None:
        return _with_choices(field, tuple(str(each) for each in spec.choices))
    if field.type == "seed":
        return _limited(field, spec.options.get("min", 0), spec.options.get("max", MAX_SEED))
    kind = _OF_HOST[spec.kind]
    if kind == "integer" and field.type == "number":
        kind = "number" if isinstance(field.default, float) else kind
    elif kind == "number" and field.type == "integer":
        kind = "integer"
    if kind == "text":
        if field.type == "choice":
            return field
        lines = bool(spec.options.get("multiline"))
        return msgspec.structs.replace(field, type=kind, multiline=lines, choices=())
    if kind == "boolean":
        return msgspec.structs.replace(field, type=kind)
    limited = _limited(field, spec.options.get("min"), spec.options.get("max"))
    step = field.step if field.step is not None else _number(spec.options.get("step"))
    return msgspec.structs.replace(limited, type=kind, step=step)


def _with_choices(field: ParameterInfo, offered: tuple[str, ...]) -> ParameterInfo:
    """Return *field* with what the host offers; of a manifest's own choices those it has."""
    wanted = tuple(each for each in field.choices if each in offered)
    choices = wanted if field.choices else offered
    default = field.default if field.default is not None else next(iter(choices), None)
    missing = "" if default is None or str(default) in offered else str(default)
    return msgspec.structs.replace(
        field,
        type="model" if field.type == "model" else "choice",
        choices=choices,
        default=None if default is None else str(default),
        missing=missing,
    )


def _limited(field: ParameterInfo, least: object, most: object) -> ParameterInfo:
    """Return *field* within its own range and the host's."""
    lows = [each for each in (field.min, _number(least)) if each is not None]
    highs = [each for each in (field.max, _number(most)) if each is not None]
    return msgspec.structs.replace(field, min=max(lows, default=None), max=min(highs, default=None))


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


# ---------------------------------------------------------------- inputs


def _texts(workflow: Workflow) -> Iterator[InputInfo]:
    for name, title in _TEXTS.items():
        binding = workflow.manifest.bindings.get(name)
        if binding is not None:
            inputs = mapping(mapping(workflow.graph.get(binding.node)).get("inputs"))
            yield InputInfo(
                name=name,
                kind="text",
                title=title,
                default=text(inputs.get(binding.input)),
                required=name == "prompt",
                filled=name.endswith("_2"),
            )


def _pictures(workflow: Workflow) -> Iterator[InputInfo]:
    manifest = workflow.manifest
    for name, kind in _FILLED.items():
        if name in manifest.bindings:
            needed = manifest.mask == "required" and not manifest.prompt_only
            yield InputInfo(
                name=name,
                kind=kind,
                title=_in_words(name.replace("pool.", "pool_")),
                required=needed if name == "mask" else name == "image",
                filled=True,
            )
    for name in picture_names(manifest):
        node = mapping(workflow.graph.get(manifest.bindings[name].node))
        given = text(mapping(node.get("_meta")).get("title")).strip()
        plain = given.lower().replace(" ", "") in ("", text(node.get("class_type")).lower())
        title = _in_words(name) if plain else f"{given[:1].upper()}{given[1:]}"
        yield InputInfo(name=name, kind="image", title=title)


def _by_number(name: str) -> tuple[bool, int]:
    kind, _, number = name.partition("_")
    return kind != "reference", int(number)


def _has_two_encoders(workflow: Workflow) -> bool:
    loaders = 0
    for _, node in nodes(workflow.graph):
        class_type = text(node.get("class_type"))
        inputs = mapping(node.get("inputs"))
        texts = {name for name, value in inputs.items() if link(value) is None}
        if class_type.startswith(_TWO_ENCODERS):
            return True
        if any(set(names) <= texts for names in _TWO_TEXTS):
            return True
        loaders += class_type == "CLIPLoader"
    return loaders > 1


def _models(workflow: Workflow) -> Iterator[str]:
    """Yield the names of the files that the graph loads."""
    for _, node in nodes(workflow.graph):
        for name, value in mapping(node.get("inputs")).items():
            if isinstance(value, str) and name.endswith("_name"):
                yield value
