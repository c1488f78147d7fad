"""Which values of a graph a form may offer, what they are called and which it offers at first."""

from __future__ import annotations

import re
from typing import NamedTuple, cast

import msgspec

from daemon.comfyui.graph import Graph
from daemon.comfyui.graph_links import class_of, title_of, values_of
from daemon.comfyui.manifest import Parameter, ParameterType
from daemon.comfyui.model_folders import is_model_file, model_folder
from daemon.comfyui.object_info import InputSpec, ObjectInfo
from daemon.protocol.values import ParameterInfo
from daemon.protocol.workflows import BindingChoice, ProposedParameter

_MAX_PARAMETERS = 200
_MAX_SHOWN = 80
_MAX_CHOICES = 60
_NO_RANGE_FROM = 1e9


class _Known(NamedTuple):
    """How a well-known input stands in a form."""

    name: str
    title: str
    type: ParameterType
    min: float | None = None
    max: float | None = None
    step: float | None = None
    advanced: bool = True


_KNOWN: dict[str, _Known] = {
    "steps": _Known("steps", "Steps", "integer", 1, 100),
    "cfg": _Known("cfg", "Guidance (CFG)", "number", 1.0, 20.0, 0.1),
    "guidance": _Known("guidance", "Guidance", "number", 0.0, 100.0, 0.1),
    "denoise": _Known("denoise", "Denoise", "number", 0.0, 1.0, 0.01, advanced=False),
    "sampler_name": _Known("sampler", "Sampler", "choice"),
    "scheduler": _Known("scheduler", "Scheduler", "choice"),
    "strength": _Known("strength", "Strength", "number", 0.0, 2.0, 0.05, advanced=False),
    "strength_model": _Known("lora_strength", "LoRA strength", "number", -2.0, 2.0, 0.05),
    "scale_by": _Known("scale_by", "Scale", "number", 0.1, 8.0, 0.05, advanced=False),
    "left": _Known("left", "Left", "integer", 0, 4096, 8, advanced=False),
    "top": _Known("top", "Top", "integer", 0, 4096, 8, advanced=False),
    "right": _Known("right", "Right", "integer", 0, 4096, 8, advanced=False),
    "bottom": _Known("bottom", "Bottom", "integer", 0, 4096, 8, advanced=False),
}
# These words also name things that nobody wants to turn; only here do they mean what is known.
_ONLY_IN: dict[str, str] = {
    "strength": r"ControlNet|StyleModel|IPAdapter|Redux",
    "left": r"Outpaint",
    "top": r"Outpaint",
    "right": r"Outpaint",
    "bottom": r"Outpaint",
}
_MODEL_NAMES: dict[str, tuple[str, str]] = {
    "checkpoints": ("checkpoint", "Checkpoint"),
    "diffusion_models": ("diffusion_model", "Diffusion model"),
    "text_encoders": ("text_encoder", "Text encoder"),
    "vae": ("vae", "VAE"),
    "loras": ("lora", "LoRA"),
    "controlnet": ("controlnet", "ControlNet"),
    "upscale_models": ("upscale_model", "Upscale model"),
    "clip_vision": ("clip_vision", "Vision encoder"),
    "style_models": ("style_model", "Style model"),
    "background_removal": ("background_model", "Background model"),
}
_SEEDS = ("seed", "noise_seed")
_NEVER = ("filename_prefix", "upload", "image_upload", "channel", "control_after_generate")


def propose_parameters(
    graph: Graph, reached: list[str], taken: set[tuple[str, str]], info: ObjectInfo | None
) -> tuple[ProposedParameter, ...]:
    """Return every value that a form may offer, the wanted ones first.

    Args:
        graph: The graph.
        reached: Nodes that the result depends on, the nearest first.
        taken: (node, input) of the bindings, which are filled elsewhere.
        info: The host's nodes, for types and ranges; None: by names alone.
    """
    found: list[ProposedParameter] = []
    names: set[str] = set()
    for node_id in reversed(reached):
        for input_name, value in values_of(graph, node_id).items():
            if (node_id, input_name) in taken or input_name in (*_SEEDS, *_NEVER):
                continue
            spec = _spec(graph, node_id, input_name, info)
            one = _parameter(graph, node_id, input_name, value, spec)
            if one is None:
                continue
            name = _free(one.info.name, names)
            names.add(name)
            found.append(_renamed(one, name))
    wanted = sorted((one for one in found if one.wanted), key=_in_form)
    others = [one for one in found if not one.wanted]
    return (*wanted, *others)[:_MAX_PARAMETERS]


def _in_form(one: ProposedParameter) -> tuple[bool, bool, int]:
    """Sort what is turned often before what is set once, model files last."""
    known = list(_KNOWN)
    place = known.index(one.place.input) if one.place.input in known else len(known)
    return one.info.advanced, one.info.type == "model", place


def to_parameter(one: ProposedParameter) -> Parameter:
    """Return a proposed value as the manifest has it."""
    info = one.info
    kind = cast("ParameterType", info.type)
    return Parameter(
        node=one.place.node,
        input=one.place.input,
        type=kind,
        default=info.default,
        min=info.min,
        max=info.max,
        step=info.step,
        advanced=info.advanced,
        title="" if info.title == _title(info.name) else info.title,
    )


def shorten(value: object) -> str:
    """Return a value as one line that fits beside a field."""
    line = " ".join(str(value).split())
    return line if len(line) <= _MAX_SHOWN else f"{line[: _MAX_SHOWN - 1]}…"


def place_of(graph: Graph, node_id: str, input_name: str) -> BindingChoice:
    """Return one input of a node as a choice."""
    return BindingChoice(
        node=node_id,
        class_type=class_of(graph, node_id),
        input=input_name,
        title=title_of(graph, node_id),
        value=shorten(values_of(graph, node_id).get(input_name, "")),
    )


def _parameter(
    graph: Graph, node_id: str, input_name: str, value: object, spec: InputSpec | None
) -> ProposedParameter | None:
    class_type = class_of(graph, node_id)
    place = place_of(graph, node_id, input_name)
    folder = model_folder(class_type, input_name)
    if isinstance(value, str) and (folder or is_model_file(value)):
        name, title = _MODEL_NAMES.get(folder, (_slug(input_name), _title(_slug(input_name))))
        info = ParameterInfo(name=name, type="model", default=value, advanced=True, title=title)
        return ProposedParameter(info=info, place=place, wanted=True)
    known = _known(class_type, input_name)
    if known is not None:
        info = _known_info(known, value, spec)
        if info is not None:
            return ProposedParameter(info=info, place=place, wanted=_is_wanted(known, value))
    info = _other_info(_slug(input_name), value, spec)
    return None if info is None else ProposedParameter(info=info, place=place)


def _known(class_type: str, input_name: str) -> _Known | None:
    only = _ONLY_IN.get(input_name)
    if only is not None and not re.search(only, class_type):
        return None
    return _KNOWN.get(input_name)


def _known_info(known: _Known, value: object, spec: InputSpec | None) -> ParameterInfo | None:
    choices: tuple[str, ...] = ()
    if known.type == "choice":
        if not isinstance(value, str):
            return None
        choices = _choices(spec, value)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    low, high = known.min, known.max
    if isinstance(value, int | float):
        low = low if low is None else min(low, value)
        high = high if high is None else max(high, value)
    return ParameterInfo(
        name=known.name,
        type=known.type,
        default=value,
        min=low,
        max=high,
        step=known.step,
        choices=choices,
        advanced=known.advanced,
        title=known.title,
    )


def _is_wanted(known: _Known, value: object) -> bool:
    """Whether a known value stands in the form; some only where they do something."""
    if known.name == "cfg":
        return value != 1.0
    if known.name == "denoise":
        return value != 1.0
    return True


def _other_info(name: str, value: object, spec: InputSpec | None) -> ParameterInfo | None:
    """Return the field of an input that nothing is known about but its value and type."""
    title = _title(name)
    if isinstance(value, bool):
        return ParameterInfo(name=name, type="boolean", default=value, advanced=True, title=title)
    if isinstance(value, int | float):
        whole = isinstance(value, int) and (spec is None or spec.kind != "FLOAT")
        low, high, step = _range(spec)
        return ParameterInfo(
            name=name,
            type="integer" if whole else "number",
            default=value,
            min=low,
            max=high,
            step=step,
            advanced=True,
            title=title,
        )
    if isinstance(value, str):
        if spec is not None and spec.choices:
            choices = _choices(spec, value)
            return ParameterInfo(
                name=name, type="choice", default=value, choices=choices, advanced=True, title=title
            )
        if spec is not None and spec.kind != "STRING":
            return None
        return ParameterInfo(name=name, type="text", default=value, advanced=True, title=title)
    return None


def _range(spec: InputSpec | None) -> tuple[float | None, float | None, float | None]:
    """Return a host's range where it says something; its largest numbers are no range."""
    if spec is None:
        return None, None, None
    low, high, step = (_bound(spec.options.get(name)) for name in ("min", "max", "step"))
    return low, high, step


def _bound(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _NO_RANGE_FROM else None


def _choices(spec: InputSpec | None, value: str) -> tuple[str, ...]:
    known = tuple(str(choice) for choice in (spec.choices or ())) if spec is not None else ()
    if value not in known:
        known = (value, *known)
    return known[:_MAX_CHOICES]


def _spec(graph: Graph, node_id: str, input_name: str, info: ObjectInfo | None) -> InputSpec | None:
    return None if info is None else info.inputs(class_of(graph, node_id)).get(input_name)


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(free for n in range(2, 1000) if (free := f"{name[:36]}_{n}") not in taken)


def _renamed(one: ProposedParameter, name: str) -> ProposedParameter:
    if name == one.info.name:
        return one
    title = f"{one.info.title} {name.rpartition('_')[2]}"
    info = msgspec.structs.replace(one.info, name=name, title=title)
    return msgspec.structs.replace(one, info=info)


def _slug(input_name: str) -> str:
    """Return an input's name as a manifest takes it: small letters, digits and underscores."""
    slug = re.sub(r"[^a-z0-9_]+", "_", input_name.lower()).strip("_")
    return (slug if slug[:1].isalpha() else f"value_{slug}")[:40]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
