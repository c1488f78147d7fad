"""Bindings proposed from a bare exported graph, where there is only one way to read it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from daemon.comfyui.graph import Graph, link, nodes
from daemon.comfyui.lenient import items, mapping
from daemon.comfyui.manifest import Binding, Manifest, Output, Parameter
from daemon.protocol.errors import ErrorKind, RabbitError

_ENCODERS = {
    "CLIPTextEncode": "text",
    "TextEncodeQwenImageEdit": "prompt",
    "TextEncodeQwenImageEditPlus": "prompt",
}
_MASK_OUTPUT = 1
_SEEDS = ("seed", "noise_seed")
_SAMPLER_INPUTS = {
    "steps": Parameter("", "steps", "integer", min=1, max=200, advanced=True),
    "denoise": Parameter("", "denoise", "number", min=0.0, max=1.0, advanced=True),
}


def propose_manifest(graph: Graph, name: str) -> Manifest:
    """Return a manifest for *graph*: one picture in, one out, at most one prompt and one mask.

    Args:
        graph: The exported graph.
        name: Its name, for title and complaints.

    Raises:
        RabbitError: ``workflow_invalid``; the graph can be read in several ways.
    """
    images = _of_class(graph, "LoadImage")
    outputs = _of_class(graph, "SaveImage")
    if len(images) != 1:
        raise _unclear(name, f"it has {_count(images)} LoadImage nodes instead of one")
    if len(outputs) != 1:
        raise _unclear(name, f"it has {_count(outputs)} SaveImage nodes instead of one")
    bindings = {"image": Binding(images[0], "LoadImage", "image")}
    prompts = _positive_encoders(graph)
    if len(prompts) > 1:
        raise _unclear(name, f"{len(prompts)} text nodes could be the prompt")
    for node_id in prompts:
        class_type = str(graph[node_id]["class_type"])
        bindings["prompt"] = Binding(node_id, class_type, _ENCODERS[class_type])
    bindings.update(_mask(graph, images[0], name))
    bindings.update(_seed(graph))
    return Manifest(
        operation="color_grade",
        title=name.replace("_", " ").capitalize(),
        result="lut",
        mask="optional",
        category="color",
        bindings=bindings,
        parameters=dict(_parameters(graph)),
        output=Output(outputs[0]),
    )


def _positive_encoders(graph: Graph) -> list[str]:
    """Return the text nodes that reach an input called ``positive``; all, where none is called so.

    Nodes behind a negative input, and those whose text only gets zeroed out, are left out.
    """
    encoders = [
        node_id for node_id, node in nodes(graph) if str(node.get("class_type")) in _ENCODERS
    ]
    starts = [
        source
        for _, node in nodes(graph)
        if (source := link(mapping(node.get("inputs")).get("positive"))) is not None
    ]
    if not starts:
        return encoders
    reached = set(_upstream(graph, starts))
    return [node_id for node_id in encoders if node_id in reached]


def _upstream(graph: Graph, starts: list[str]) -> Iterator[str]:
    """Yield *starts* and what feeds them, without passing through a ``negative`` input."""
    waiting, seen = list(starts), set[str]()
    while waiting:
        node_id = waiting.pop()
        if node_id in seen or node_id not in graph:
            continue
        seen.add(node_id)
        yield node_id
        for name, value in mapping(graph[node_id].get("inputs")).items():
            source = link(value)
            if source is not None and not name.startswith("negative"):
                waiting.append(source)


def _mask(graph: Graph, image: str, name: str) -> dict[str, Binding]:
    """Return where a mask goes: the one LoadImageMask node, or the transparency of the picture."""
    found = _of_class(graph, "LoadImageMask")
    if len(found) > 1:
        raise _unclear(name, f"{len(found)} LoadImageMask nodes could take the mask")
    if found:
        return {"mask": Binding(found[0], "LoadImageMask", "image")}
    linked = (value for _, node in nodes(graph) for value in mapping(node.get("inputs")).values())
    if any(link(value) == image and items(value)[1] == _MASK_OUTPUT for value in linked):
        return {"mask": Binding(image, "LoadImage", "image")}
    return {}


def _seed(graph: Graph) -> dict[str, Binding]:
    found = [
        Binding(node_id, str(node["class_type"]), name)
        for node_id, node in nodes(graph)
        for name in _SEEDS
        if isinstance(mapping(node.get("inputs")).get(name), int)
    ]
    return {"seed": found[0]} if len(found) == 1 else {}


def _parameters(graph: Graph) -> Iterator[tuple[str, Parameter]]:
    """Yield the sampler's steps and denoise where one node alone has them."""
    for name, template in _SAMPLER_INPUTS.items():
        found = [
            (node_id, value)
            for node_id, node in nodes(graph)
            if isinstance(value := mapping(node.get("inputs")).get(name), int | float)
        ]
        if len(found) == 1:
            node_id, value = found[0]
            yield name, msgspec.structs.replace(template, node=node_id, default=value)


def _of_class(graph: Graph, class_type: str) -> list[str]:
    return [node_id for node_id, node in nodes(graph) if node.get("class_type") == class_type]


def _count(found: list[str]) -> str:
    return str(len(found)) if found else "no"


def _unclear(name: str, why: str) -> RabbitError:
    return RabbitError(
        ErrorKind.WORKFLOW_INVALID,
        f"{name}.json has no manifest, and none can be proposed: {why}.",
        f"Write {name}.yaml beside it; the shipped workflows show how.",
        {"file": f"{name}.json"},
    )
