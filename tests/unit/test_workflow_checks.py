"""Why a workflow cannot run on a host: one sentence for each reason."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.comfyui.checks import check_host
from daemon.comfyui.graph import Workflow
from daemon.comfyui.manifest import Binding, Manifest, Output, ResultKind
from daemon.comfyui.node_packs import pack_of
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operations import WorkflowEntry
from tests.fakes.replay import load

NODES: dict[str, Any] = load("object_info")


def workflow(result: ResultKind = "lut", **nodes: Any) -> Workflow:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
        **nodes,
    }
    manifest = Manifest(
        operation="color_grade",
        title="Mine",
        result=result,
        bindings={"image": Binding("1", "LoadImage", "image")},
        output=Output("3"),
    )
    return Workflow("mine", "user", manifest, graph)


def problems(found: Workflow, nodes: dict[str, Any] | None = None) -> list[str]:
    return check_host(found, ObjectInfo(nodes or NODES), "0.33.0", "studio")


def test_a_workflow_that_has_all_it_needs_has_no_problem() -> None:
    assert problems(workflow()) == []


def test_a_missing_custom_node_is_told_with_its_pack() -> None:
    node = {"class_type": "UltimateSDUpscale", "inputs": {"image": ["1", 0]}}
    assert problems(workflow(**{"2": node})) == [
        "studio has no node 'UltimateSDUpscale'. It comes with ComfyUI_UltimateSDUpscale."
    ]


@pytest.mark.parametrize(
    ("class_type", "pack"),
    [
        ("ShowText|pysssss", "ComfyUI-Custom-Scripts"),
        ("Fast Groups Bypasser (rgthree)", "rgthree-comfy"),
        ("UnetLoaderGGUF", "ComfyUI-GGUF"),
        ("CannyEdgePreprocessor", "comfyui_controlnet_aux"),
        ("ImageResize+", "ComfyUI_essentials"),
        ("KSampler", ""),
    ],
)
def test_the_class_tells_the_pack(class_type: str, pack: str) -> None:
    assert pack_of(class_type) == pack


def test_a_missing_model_is_told_with_what_may_be_the_same() -> None:
    inputs = {"vae_name": [["FLUX\\ae.sft", "sdxl.safetensors"], {}]}
    nodes = {**NODES, "VAELoader": {"input": {"required": inputs}}}
    loader = {"class_type": "VAELoader", "inputs": {"vae_name": "vae/ae.sft"}}
    assert problems(workflow(**{"2": loader}), nodes) == [
        "The model file vae/ae.sft is missing in models/vae on studio. "
        "It has FLUX\\ae.sft, which may be the same."
    ]


def test_a_kind_of_result_that_is_not_made_yet_is_told() -> None:
    assert problems(workflow("cutout")) == [
        "'Mine' makes a result of kind 'cutout', which this version cannot use yet."
    ]


def test_a_kind_of_result_that_is_not_made_yet_is_told_without_any_host() -> None:
    info = WorkflowEntry("mine", "user", workflow("map")).to_info()
    assert (info.usable, len(info.problems)) == (False, 1)


def test_an_input_that_nothing_fills_is_told() -> None:
    scale = {"class_type": "FluxKontextImageScale", "inputs": {}}
    save = {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}}
    assert problems(workflow(**{"2": scale, "3": save})) == [
        "Node 2 (FluxKontextImageScale) needs 'image', and nothing is linked to it."
    ]


def test_a_link_into_nothing_is_told() -> None:
    save = {"class_type": "SaveImage", "inputs": {"images": ["99", 0], "filename_prefix": "x"}}
    assert problems(workflow(**{"3": save})) == [
        "Node 3 (SaveImage): 'images' is linked to node 99, which is not there."
    ]


def test_what_the_result_does_not_depend_on_may_be_incomplete() -> None:
    scale = {"class_type": "FluxKontextImageScale", "inputs": {}}
    assert problems(workflow(**{"2": scale})) == []


def test_inputs_that_have_a_default_are_filled() -> None:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
    }
    assert problems(workflow(**graph)) == []
