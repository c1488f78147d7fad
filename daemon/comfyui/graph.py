"""Graphs in ComfyUI's API format: pure functions that read and patch them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from daemon.comfyui.lenient import items, mapping
from daemon.comfyui.manifest import Manifest
from daemon.comfyui.model_names import fit_model_names
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.parameter_values import Value, place_values, unknown_name
from daemon.comfyui.weight_free import WEIGHT_FREE

Graph = dict[str, Any]


class Workflow(msgspec.Struct, frozen=True):
    """A graph with its manifest.

    Attributes:
        name: File name without its extension.
        source: ``shipped`` or ``user``.
        manifest: How the graph is used.
        graph: The graph as exported; never changed.
        proposed: The manifest was proposed from the graph; there is no file.
        model_names: What the user's hosts call model files that go by other names here.
    """

    name: str
    source: str
    manifest: Manifest
    graph: Graph
    proposed: bool = False
    model_names: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    @property
    def uses_ai(self) -> bool:
        """Whether anything in it may load a model."""
        return any(node.get("class_type") not in WEIGHT_FREE for _, node in nodes(self.graph))


class WorkflowValues(msgspec.Struct, frozen=True, kw_only=True):
    """What is patched into a graph for one run.

    Attributes:
        filename_prefix: Unique for the run, so that a cached run writes its file all the same.
        bindings: Values by the manifest's binding names (image, prompt, seed, ...).
        parameters: Values by the manifest's parameter names; the others get their defaults.
    """

    filename_prefix: str
    bindings: Mapping[str, Value] = msgspec.field(default_factory=dict[str, Value])
    parameters: Mapping[str, Value] = msgspec.field(default_factory=dict[str, Value])


def build_workflow(
    workflow: Workflow, values: WorkflowValues, info: ObjectInfo | None = None
) -> Graph:
    """Return a copy of the workflow's graph with *values* in place.

    Args:
        workflow: The template; stays as it is.
        values: What goes in.
        info: Fills in required inputs that the host's nodes got after the graph was exported, and
            tells the names that model files have there.

    Raises:
        RabbitError: a name that the manifest does not have, or a value that does not fit it or the
            host; ``field`` in its context names it.
    """
    manifest = workflow.manifest
    graph = copy.deepcopy(workflow.graph)
    for name, value in values.bindings.items():
        binding = manifest.bindings.get(name)
        if binding is None:
            raise unknown_name("input", name, manifest.bindings, workflow.name)
        graph[binding.node]["inputs"][binding.input] = value
    place_values(manifest, graph, values.parameters, info, workflow.name)
    output = manifest.output
    graph[output.node]["inputs"][output.filename_prefix] = values.filename_prefix
    if info is None:
        return graph
    fit_model_names(graph, info, workflow.model_names)
    return fill_defaults(graph, info)


def fill_defaults(graph: Graph, info: ObjectInfo) -> Graph:
    """Return a copy of *graph* whose missing required inputs have the host's defaults.

    What comes with the choice of a dynamic combo is filled in too, under its dotted name.
    """
    filled = copy.deepcopy(graph)
    for _, node in nodes(filled):
        inputs = mapping(node.get("inputs"))
        for name, spec in info.all_inputs(str(node.get("class_type")), inputs).items():
            if spec.required and name not in inputs and spec.default is not None:
                inputs[name] = spec.default
        node["inputs"] = inputs
    return filled


def needs_kontext_sizes(graph: Graph) -> bool:
    """Whether the graph crops its picture to one of Kontext's 17 sizes."""
    return any(node.get("class_type") == "FluxKontextImageScale" for _, node in nodes(graph))


def nodes(graph: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (id, node) of every node."""
    for node_id, node in graph.items():
        if isinstance(node, dict):
            yield node_id, mapping(node)


def link(value: object) -> str | None:
    """Return the node id that an input is linked to, None where it holds a value."""
    parts = items(value)
    if len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], int):
        return parts[0]
    return None
