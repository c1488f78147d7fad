"""Whether a workflow fits its graph, and whether a host can run it."""

from __future__ import annotations

import copy
import json
from typing import Any

from daemon.comfyui.graph import Graph, Workflow, fill_defaults, link, nodes
from daemon.comfyui.graph_links import class_of, source, upstream
from daemon.comfyui.lenient import mapping
from daemon.comfyui.manifest import Manifest, invalid, version_is_enough
from daemon.comfyui.model_folders import loaders_of, model_folder
from daemon.comfyui.model_names import AbsentModel, absent_models, fit_model_names, name_on_host
from daemon.comfyui.node_errors import missing_model, missing_node
from daemon.comfyui.node_packs import pack_of
from daemon.comfyui.object_info import ObjectInfo
from daemon.protocol.workflows import POSSIBLE_RESULTS

MAX_GRAPH_BYTES = 4 * 1024 * 1024
_GROWING = ("COMFY_", "AUTOGROW")
HOW_TO_EXPORT = (
    "is saved in the format of ComfyUI's window, not for other programs; export it with "
    "Workflow > Export (API), called Save (API Format) in older versions"
)


def parse_graph(data: bytes, filename: str) -> Graph:
    """Return the graph in *data*.

    Raises:
        RabbitError: ``workflow_invalid``; too large, no JSON, in the window's format, or a node
            is malformed.
    """
    if len(data) > MAX_GRAPH_BYTES:
        raise invalid(filename, f"is larger than {MAX_GRAPH_BYTES >> 20} MiB")
    try:
        found = json.loads(data)
    except UnicodeDecodeError as error:
        raise invalid(filename, "is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise invalid(filename, f"{where}: is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise invalid(filename, "is nested too deeply") from error
    graph = mapping(found)
    if isinstance(graph.get("nodes"), list):
        raise invalid(filename, HOW_TO_EXPORT)
    if not graph:
        raise invalid(filename, "holds no graph")
    for node_id, node in graph.items():
        if not isinstance(mapping(node).get("class_type"), str):
            raise invalid(filename, f"node {node_id} has no class_type")
        if not isinstance(mapping(node).get("inputs", {}), dict):
            raise invalid(filename, f"node {node_id} has no inputs")
    return {node_id: {"inputs": {}, **mapping(node)} for node_id, node in graph.items()}


def check_bindings(manifest: Manifest, graph: Graph, filename: str) -> None:
    """Make sure that everything the manifest names is in the graph.

    Raises:
        RabbitError: ``workflow_invalid`` naming the binding, the node and its class.
    """
    for name, binding in manifest.bindings.items():
        found = _class_of(graph, binding.node)
        if found is None:
            raise invalid(filename, f"bindings.{name}: the graph has no node {binding.node}")
        if found != binding.class_:
            raise invalid(
                filename,
                f"bindings.{name}: node {binding.node} is a {found}, not a {binding.class_}",
            )
        _check_input(graph, binding.node, binding.input, f"bindings.{name}", filename)
    for name, parameter in manifest.parameters.items():
        if _class_of(graph, parameter.node) is None:
            raise invalid(filename, f"parameters.{name}: the graph has no node {parameter.node}")
        _check_input(graph, parameter.node, parameter.input, f"parameters.{name}", filename)
    if _class_of(graph, manifest.output.node) is None:
        raise invalid(filename, f"output: the graph has no node {manifest.output.node}")


def check_host(
    workflow: Workflow, info: ObjectInfo, version: str, host: str, graph: Graph | None = None
) -> list[str]:
    """Return what keeps a host from running a workflow; empty when it can.

    Args:
        workflow: The workflow.
        info: The host's nodes.
        version: The host's version, '' if it does not say.
        host: The host in words.
        graph: The graph as it will run, where parameters name other model files; None: as
            exported.
    """
    manifest = workflow.manifest
    if graph is None:
        graph = copy.deepcopy(workflow.graph)
        fit_model_names(graph, info, workflow.model_names)
        graph = fill_defaults(graph, info)
    problems: list[str] = []
    if manifest.result not in POSSIBLE_RESULTS:
        problems.append(impossible_result(manifest))
    required = manifest.requires.comfyui
    if not version_is_enough(required, version):
        problems.append(f"{host} runs ComfyUI {version}; the workflow needs {required}.")
    wanted = [str(node["class_type"]) for _, node in nodes(graph)]
    absent = [name for name in (*wanted, *manifest.requires.nodes) if name not in info]
    problems += [_no_node(name, host) for name in dict.fromkeys(absent)]
    problems += [_no_model(one, host) for one in absent_models(graph, info, workflow.model_names)]
    problems += _missing_requirements(workflow, info, host)
    problems += _unfilled(graph, manifest.output.node, info)
    return list(dict.fromkeys(problems))


def impossible_result(manifest: Manifest) -> str:
    """Return why this version does nothing with a workflow of this kind of result."""
    return (
        f"'{manifest.title}' makes a result of kind '{manifest.result}', which this version "
        "cannot use yet."
    )


def _no_node(class_type: str, host: str) -> str:
    said, pack = missing_node(class_type, host), pack_of(class_type)
    return f"{said} It comes with {pack}." if pack else said


def _no_model(one: AbsentModel, host: str) -> str:
    said = missing_model(one.file, one.folder, host)
    return f"{said} It has {one.near}, which may be the same." if one.near else said


def _unfilled(graph: Graph, output: str, info: ObjectInfo) -> list[str]:
    """Return a sentence for every input that a node needs and nothing fills."""
    problems: list[str] = []
    for node_id in upstream(graph, output):
        inputs = mapping(mapping(graph.get(node_id)).get("inputs"))
        class_type = class_of(graph, node_id)
        for name, spec in info.all_inputs(class_type, inputs).items():
            # Inputs that grow have a template where others have a type; their names are others.
            grows = spec.kind.startswith(_GROWING)
            if spec.required and name not in inputs and not grows:
                problems.append(
                    f"Node {node_id} ({class_type}) needs '{name}', and nothing is linked to it."
                )
            elif (fed_by := source(inputs.get(name))) is not None and fed_by.node not in graph:
                problems.append(
                    f"Node {node_id} ({class_type}): '{name}' is linked to node {fed_by.node}, "
                    "which is not there."
                )
    return problems


def _missing_requirements(workflow: Workflow, info: ObjectInfo, host: str) -> list[str]:
    """Look for the manifest's models where the graph does not name a model in that folder."""
    in_graph: set[str] = {
        model_folder(str(node["class_type"]), name)
        for _, node in nodes(workflow.graph)
        for name in mapping(node.get("inputs"))
    }
    problems: list[str] = []
    for folder, filenames in workflow.manifest.requires.models.items():
        if folder in in_graph:
            continue
        known = [info.choices(class_type, name) for class_type, name in loaders_of(folder)]
        present: set[Any] = {choice for choices in known for choice in choices or ()}
        if any(choices is not None for choices in known):
            names = workflow.model_names
            lacking = [f for f in filenames if name_on_host(f, present, names) is None]
            problems += [missing_model(filename, folder, host) for filename in lacking]
    return problems


def _class_of(graph: Graph, node_id: str) -> str | None:
    node = graph.get(node_id)
    return None if node is None else str(mapping(node).get("class_type"))


def _check_input(graph: Graph, node_id: str, name: str, what: str, filename: str) -> None:
    value = mapping(mapping(graph[node_id]).get("inputs")).get(name)
    source = link(value)
    if source is not None:
        raise invalid(
            filename, f"{what}: {name} of node {node_id} is linked to node {source}, not a value"
        )
