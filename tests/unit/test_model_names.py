"""Model files under the names of the user's hosts."""

from __future__ import annotations

import pytest

from daemon.comfyui.graph import Workflow, WorkflowValues, build_workflow
from daemon.comfyui.manifest import Binding, Manifest, Output
from daemon.comfyui.model_names import (
    absent_models,
    name_on_host,
    nearest_name,
    parse_model_names,
    write_model_names,
)
from daemon.comfyui.object_info import ObjectInfo
from daemon.protocol.errors import RabbitError

HAS = (
    "flux1-kontext-fp8.safetensors",
    "flux1-dev.safetensors",
    "FLUX\\ae.sft",
    "sd_xl_base_1.0.safetensors",
    "t5xxl_fp16.safetensors",
)
INFO = ObjectInfo(
    {"VAELoader": {"input": {"required": {"vae_name": [list(HAS), {}]}}}, "SaveImage": {}}
)


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("flux1-dev-kontext_fp8_scaled.safetensors", "flux1-kontext-fp8.safetensors"),
        ("vae/ae.sft", "FLUX\\ae.sft"),
        ("t5xxl_fp8_e4m3fn_scaled.safetensors", "t5xxl_fp16.safetensors"),
        ("SDXL/sd_xl_base_1.0.safetensors", "sd_xl_base_1.0.safetensors"),
        ("qwen_image_vae.safetensors", ""),
    ],
)
def test_the_likeliest_file_is_found_by_its_words(wanted: str, near: str) -> None:
    assert nearest_name(wanted, HAS) == near


def test_a_path_in_the_other_spelling_is_the_same_file() -> None:
    assert name_on_host("FLUX/ae.sft", HAS) == "FLUX\\ae.sft"


def test_a_file_of_that_name_goes_before_what_it_was_mapped_to() -> None:
    names = {"flux1-dev.safetensors": "sd_xl_base_1.0.safetensors"}
    assert name_on_host("flux1-dev.safetensors", HAS, names) == "flux1-dev.safetensors"


def test_a_mapped_file_that_the_host_does_not_have_is_missing() -> None:
    assert name_on_host("ae.safetensors", HAS, {"ae.safetensors": "other.sft"}) is None


def workflow(file: str, names: dict[str, str]) -> Workflow:
    graph = {
        "1": {"class_type": "VAELoader", "inputs": {"vae_name": file}},
        "2": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}},
    }
    manifest = Manifest(
        operation="color_grade",
        title="T",
        result="lut",
        bindings={"image": Binding("1", "VAELoader", "vae_name")},
        output=Output("2"),
    )
    return Workflow("t", "user", manifest, graph, model_names=names)


def test_a_graph_is_built_with_the_hosts_own_name() -> None:
    found = workflow("ae.safetensors", {"ae.safetensors": "FLUX/ae.sft"})
    graph = build_workflow(found, WorkflowValues(filename_prefix="p"), INFO)
    assert graph["1"]["inputs"]["vae_name"] == "FLUX\\ae.sft"


def test_a_missing_file_is_told_with_what_the_host_has() -> None:
    (absent,) = absent_models(workflow("x/ae.sft", {}).graph, INFO, {})
    assert (absent.file, absent.folder, absent.near) == ("x/ae.sft", "vae", "FLUX\\ae.sft")
    assert absent.choices == HAS


def test_names_are_read_back_as_they_were_written() -> None:
    names = {"it's.safetensors": "FLUX\\ä.sft", "a: b.pt": "#c.pt"}
    assert parse_model_names(write_model_names(names).encode()) == names


def test_a_name_that_is_no_text_is_refused_with_its_place() -> None:
    with pytest.raises(RabbitError, match=r"line 1, column 8: a\.sft: expected"):
        parse_model_names(b"a.sft: [b]\n")
