"""Every node the host runs, and what ``/object_info`` says about it."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import TypeAlias

from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes import (
    alpha,
    batches,
    colors,
    compositing,
    edges,
    filters,
    grading,
    loading,
    logic,
    masks,
    numbers,
    quantizing,
    regex,
    saving,
    scaling,
    text,
    tiles,
    transfer,
    transforming,
)
from daemon.builtin_host.nodes.base import NodeClass, Run
from daemon.builtin_host.values import Json

Catalogue: TypeAlias = dict[str, NodeClass]

_THEMES = (
    loading,
    saving,
    scaling,
    transforming,
    batches,
    tiles,
    colors,
    transfer,
    filters,
    edges,
    quantizing,
    compositing,
    alpha,
    masks,
    text,
    regex,
    numbers,
    logic,
)


def build_catalogue() -> Catalogue:
    """All node classes by name: ComfyUI's core nodes first, then our own.

    The schemas of the core nodes are the real server's answers (``core_nodes.json``, version
    0.33.0), so that validation and ``/object_info`` cannot drift from it.
    """
    document = (
        resources.files("daemon.builtin_host.nodes").joinpath("core_nodes.json").read_text("utf-8")
    )
    schemas: dict[str, Json] = json.loads(document)
    nodes = {
        name: _core_node(name, schemas[name], run)
        for theme in _THEMES
        for name, run in theme.RUNS.items()
    }
    nodes[grading.NODE.name] = grading.NODE
    return nodes


def describe(node: NodeClass, folders: HostFolders) -> Json:
    """The document of one node class, its file lists filled in."""
    schema = copy.deepcopy(node.schema)
    if node.name in loading.FROM_INPUT:
        schema["input"]["required"]["image"][0] = folders.list_images()
    return schema


def _core_node(name: str, schema: Json, run: Run) -> NodeClass:
    if name == "CustomCombo":
        return NodeClass(
            schema,
            run,
            check=numbers.any_choice,
            checked_inputs=("choice",),
            takes_surplus=True,
        )
    if name not in loading.RUNS:
        return NodeClass(schema, run, wanted=logic.WANTED.get(name))
    return NodeClass(
        schema,
        run,
        fingerprint=loading.content_hash,
        check=loading.check_exists,
        checked_inputs=("image",),
    )
