"""Workflow folders: what is read, what is refused and with which words, what a host lacks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from daemon.comfyui.checks import check_host
from daemon.comfyui.graph import WorkflowValues, build_workflow
from daemon.comfyui.manifest import version_is_enough
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operations import WorkflowLibrary
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.resources import data_folder
from tests.fakes.replay import load

PLAIN: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}},
}
MANIFEST = """\
operation: color_grade
title: Invert
result: lut
bindings:
  image: {node: "1", class: LoadImage, input: image}
output: {node: "3", filename_prefix: filename_prefix}
version: 1
"""


@pytest.fixture
def user(tmp_path: Path) -> Path:
    folder = tmp_path / "user"
    folder.mkdir()
    return folder


@pytest.fixture
def library(user: Path) -> WorkflowLibrary:
    return WorkflowLibrary(data_folder("comfyui_workflows"), user)


def put(folder: Path, name: str, graph: Any = None, manifest: str | None = None) -> None:
    if graph is not None:
        (folder / f"{name}.json").write_text(json.dumps(graph), encoding="utf-8")
    if manifest is not None:
        (folder / f"{name}.yaml").write_text(manifest, encoding="utf-8")


def refusal(library: WorkflowLibrary, name: str) -> str:
    with pytest.raises(RabbitError) as caught:
        library.get(name)
    assert caught.value.info.kind is ErrorKind.WORKFLOW_INVALID
    return caught.value.info.message


def test_the_shipped_workflows_are_usable(library: WorkflowLibrary) -> None:
    shipped = {entry.name: entry for entry in library.entries()}
    assert {"kontext_color_grade", "builtin_color_grade"} <= set(shipped)
    assert [entry.error for entry in shipped.values()] == [None] * len(shipped)


def test_the_shipped_kontext_graph_is_the_one_a_real_server_ran(library: WorkflowLibrary) -> None:
    ran = load("n3_kontext")["graph"]
    shipped = library.get("kontext_color_grade").graph
    assert {i: n["class_type"] for i, n in shipped.items()} == {
        i: n["class_type"] for i, n in ran.items()
    }


def test_kontext_needs_ai_and_the_built_in_grade_does_not(library: WorkflowLibrary) -> None:
    assert library.get("kontext_color_grade").uses_ai
    assert not library.get("builtin_color_grade").uses_ai


def test_a_host_without_the_kontext_files_is_told_each_file_and_folder(
    library: WorkflowLibrary,
) -> None:
    info = ObjectInfo(load("object_info"))
    problems = library.check("kontext_color_grade", info, "0.33.0", "studio")
    assert problems == [
        "The model file flux1-dev-kontext_fp8_scaled.safetensors is missing in "
        "models/diffusion_models on studio.",
        "The model file clip_l.safetensors is missing in models/text_encoders on studio.",
        "The model file t5xxl_fp8_e4m3fn_scaled.safetensors is missing in "
        "models/text_encoders on studio.",
        "The model file ae.safetensors is missing in models/vae on studio.",
    ]


def test_a_model_under_another_name_is_looked_for_under_that_name(
    library: WorkflowLibrary,
) -> None:
    nodes = load("object_info")
    nodes["VAELoader"]["input"]["required"]["vae_name"] = [["flux-ae.sft"]]
    workflow = library.get("kontext_color_grade")
    values = WorkflowValues(filename_prefix="x", parameters={"vae": "flux-ae.sft"})
    graph = build_workflow(workflow, values)
    problems = check_host(workflow, ObjectInfo(nodes), "0.33.0", "studio", graph)
    assert not [problem for problem in problems if "models/vae" in problem]
    assert len(problems) == 3


def test_a_host_without_a_node_is_told_its_class(library: WorkflowLibrary) -> None:
    info = ObjectInfo(load("object_info"))
    problems = library.check("builtin_color_grade", info, "0.33.0", "studio")
    assert problems == ["studio has no node 'RabbitPromptGrade'."]


def test_a_host_that_is_too_old_is_told_which_version_is_needed(library: WorkflowLibrary) -> None:
    info = ObjectInfo(load("object_info"))
    problems = library.check("kontext_color_grade", info, "0.3.30", "studio")
    assert problems[0] == "studio runs ComfyUI 0.3.30; the workflow needs >=0.3.42."


@pytest.mark.parametrize(
    ("required", "version", "enough"),
    [
        (">=0.3.42", "0.3.42", True),
        (">=0.3.42", "0.33.0", True),
        (">=0.3.42", "0.3.9", False),
        (">=0.3.42", "v0.3.50-dirty", True),
        (">=0.3.42", "", True),
        ("==0.33", "0.33.0", True),
        (">1.0", "1.0.0", False),
        ("", "0.1", True),
    ],
)
def test_versions_compare_by_number(required: str, version: str, enough: bool) -> None:
    assert version_is_enough(required, version) is enough


def test_a_users_pair_is_read_and_stands_before_a_shipped_one(
    library: WorkflowLibrary, user: Path
) -> None:
    put(user, "kontext_color_grade", PLAIN, MANIFEST)
    workflow = library.get("kontext_color_grade")
    assert (workflow.source, workflow.manifest.title) == ("user", "Invert")


def test_a_changed_file_is_read_again(library: WorkflowLibrary, user: Path) -> None:
    put(user, "mine", PLAIN, MANIFEST)
    assert library.get("mine").manifest.title == "Invert"
    put(user, "mine", manifest=MANIFEST.replace("Invert", "Turn round"))
    assert library.get("mine").manifest.title == "Turn round"


def test_a_removed_pair_is_gone(library: WorkflowLibrary, user: Path) -> None:
    put(user, "mine", PLAIN, MANIFEST)
    assert library.has("mine")
    (user / "mine.json").unlink()
    (user / "mine.yaml").unlink()
    assert not library.has("mine")


def test_an_unknown_name_gets_the_nearest(library: WorkflowLibrary) -> None:
    with pytest.raises(RabbitError) as caught:
        library.get("kontext_colour_grade")
    assert caught.value.info.kind is ErrorKind.NOT_FOUND
    assert caught.value.info.hint == "Did you mean 'kontext_color_grade'?"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            ("result: lut", "result: magic"),
            "line 3, column 1: result: invalid enum value 'magic'; it is one of lut, region,",
        ),
        (("title: Invert", "titel: Invert"), "mine.yaml: line 1, column 1: "),
        (('node: "1"', 'node: "7"'), "bindings.image: the graph has no node 7"),
        (("class: LoadImage", "class: LoadMask"), "node 1 is a LoadImage, not a LoadMask"),
        (('node: "3"', 'node: "8"'), "output: the graph has no node 8"),
        (("image: {", "picture: {"), "line 5, column 3: there is no binding called 'picture'"),
        (("input: image}", "input: 3}"), "line 5, column 40: bindings.image.input: "),
        (("version: 1", "version: 2"), "line 7, column 1: version: "),
        (("version: 1", "version: ]"), "line 7, column 10"),
        (
            ('node: "1", class: LoadImage', 'node: "2", class: ImageInvert'),
            "image of node 2 is linked to node 1, not a value",
        ),
    ],
)
def test_a_wrong_manifest_names_file_place_and_field(
    library: WorkflowLibrary, user: Path, change: tuple[str, str], complaint: str
) -> None:
    put(user, "mine", PLAIN, MANIFEST.replace(*change))
    message = refusal(library, "mine")
    assert message.startswith("mine.yaml: ")
    assert complaint in message


def test_a_huge_manifest_is_refused_unread(library: WorkflowLibrary, user: Path) -> None:
    put(user, "mine", PLAIN, "[" * 300_000)
    assert refusal(library, "mine") == "mine.yaml: is larger than 256 KiB."


def test_a_manifest_of_brackets_alone_is_refused_quickly(
    library: WorkflowLibrary, user: Path
) -> None:
    put(user, "mine", PLAIN, "[" * 200_000)
    assert refusal(library, "mine").startswith("mine.yaml: ")


def test_a_graph_of_the_windows_format_is_refused_with_how_to_export(
    library: WorkflowLibrary, user: Path
) -> None:
    put(user, "mine", {"nodes": [{"id": 1}], "links": [], "version": 0.4}, MANIFEST)
    message = refusal(library, "mine")
    assert "Workflow > Export (API)" in message
    assert "Save (API Format)" in message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "line 1, column 2: is not JSON"),
        ("[]", "holds no graph"),
        ("{}", "holds no graph"),
        ('{"1": {"inputs": {}}}', "node 1 has no class_type"),
        ('{"1": {"class_type": "A", "inputs": []}}', "node 1 has no inputs"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_broken_graph_is_refused_with_a_sentence(
    library: WorkflowLibrary, user: Path, text: str, complaint: str
) -> None:
    put(user, "mine", manifest=MANIFEST)
    (user / "mine.json").write_text(text, encoding="utf-8")
    assert complaint in refusal(library, "mine")


def test_a_manifest_without_its_graph_is_said_so(library: WorkflowLibrary, user: Path) -> None:
    put(user, "mine", manifest=MANIFEST)
    assert refusal(library, "mine") == "mine.yaml: the graph mine.json beside it is missing."


def test_a_pipe_called_json_does_not_hang(library: WorkflowLibrary, user: Path) -> None:
    os.mkfifo(user / "mine.json")
    assert refusal(library, "mine").startswith("mine.json: ")


def test_a_broken_workflow_is_listed_with_its_reason(library: WorkflowLibrary, user: Path) -> None:
    put(user, "mine", {"1": {}})
    entry = next(entry for entry in library.entries() if entry.name == "mine")
    info = entry.to_info()
    assert info.usable is False
    assert info.problems == ("mine.json: node 1 has no class_type.",)


def test_a_bare_graph_with_one_way_to_read_it_gets_a_manifest(
    library: WorkflowLibrary, user: Path
) -> None:
    put(user, "bare", load("n3_kontext")["graph"])
    workflow = library.get("bare")
    bindings = {name: binding.node for name, binding in workflow.manifest.bindings.items()}
    assert workflow.proposed
    assert bindings == {"image": "190", "prompt": "6", "seed": "31"}
    assert workflow.manifest.output.node == "136"
    wanted = {"steps", "guidance", "sampler", "scheduler", "diffusion_model", "vae"}
    assert wanted <= set(workflow.manifest.parameters)


def test_the_prompt_of_a_bare_graph_is_the_one_that_reaches_positive(
    library: WorkflowLibrary, user: Path
) -> None:
    graph = {
        **PLAIN,
        "4": {"class_type": "CLIPTextEncode", "inputs": {"text": "good"}},
        "5": {"class_type": "CLIPTextEncode", "inputs": {"text": "bad"}},
        "6": {
            "class_type": "KSampler",
            "inputs": {"positive": ["4", 0], "negative": ["5", 0], "seed": 1},
        },
    }
    put(user, "bare", graph)
    assert library.get("bare").manifest.bindings["prompt"].node == "4"


def bound_mask(library: WorkflowLibrary, user: Path, extra: dict[str, Any]) -> tuple[str, str]:
    put(user, "bare", {**PLAIN, **extra})
    manifest = library.get("bare").manifest
    assert manifest.mask == "optional"
    binding = manifest.bindings["mask"]
    return binding.node, binding.class_


def test_the_mask_of_a_bare_graph_goes_to_its_mask_node(
    library: WorkflowLibrary, user: Path
) -> None:
    node = {"class_type": "LoadImageMask", "inputs": {"image": "m.png", "channel": "red"}}
    assert bound_mask(library, user, {"8": node}) == ("8", "LoadImageMask")


def test_the_mask_of_a_bare_graph_goes_with_the_picture_whose_mask_is_used(
    library: WorkflowLibrary, user: Path
) -> None:
    node = {"class_type": "InvertMask", "inputs": {"mask": ["1", 1]}}
    assert bound_mask(library, user, {"8": node}) == ("1", "LoadImage")


def test_a_bare_graph_without_masks_binds_none_and_is_graded_through_one_all_the_same(
    library: WorkflowLibrary, user: Path
) -> None:
    put(user, "bare", PLAIN)
    manifest = library.get("bare").manifest
    assert (manifest.mask, "mask" in manifest.bindings) == ("optional", False)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"9": PLAIN["3"]}, "2 nodes save a picture"),
        ({"1": PLAIN["2"]}, "it has no LoadImage node"),
        (
            {
                "8": {"class_type": "CLIPTextEncode", "inputs": {"text": "a"}},
                "9": {"class_type": "CLIPTextEncode", "inputs": {"text": "b"}},
            },
            "2 text nodes could be the prompt",
        ),
    ],
)
def test_a_bare_graph_that_can_be_read_in_several_ways_says_why(
    library: WorkflowLibrary, user: Path, extra: dict[str, Any], reason: str
) -> None:
    put(user, "bare", {**PLAIN, **extra})
    assert reason in refusal(library, "bare")


def test_the_form_fields_of_a_workflow_carry_type_range_and_default(
    library: WorkflowLibrary,
) -> None:
    entry = next(entry for entry in library.entries() if entry.name == "kontext_color_grade")
    steps = next(field for field in entry.to_info([]).parameters if field.name == "steps")
    assert (steps.type, steps.default, steps.min, steps.max) == ("integer", 20, 1, 50)
    assert entry.to_info([]).usable is True


def test_a_model_that_only_the_manifest_names_is_looked_for_too(
    library: WorkflowLibrary, user: Path
) -> None:
    requires = "requires: {models: {loras: [film.safetensors], vae: [x]}}\n"
    put(user, "mine", PLAIN, MANIFEST + requires)
    nodes = load("object_info")
    nodes["LoraLoader"] = {"input": {"required": {"lora_name": [["other.safetensors"]]}}}
    problems = library.check("mine", ObjectInfo(nodes), "0.33.0", "studio")
    assert problems == [
        "The model file film.safetensors is missing in models/loras on studio.",
        "The model file x is missing in models/vae on studio.",
    ]
