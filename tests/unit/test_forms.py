"""Forms: the manifest's fields with what the host's nodes say of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from daemon.comfyui.forms import field_at, fields_of, inputs_of, second_prompts, with_field
from daemon.comfyui.graph import Workflow
from daemon.comfyui.manifest import Binding, Manifest, Output, Parameter, parse_manifest
from daemon.comfyui.node_errors import validation_failed
from daemon.comfyui.object_info import ObjectInfo
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import ParameterInfo
from tests.fakes.replay import load

DATA = Path(__file__).resolve().parents[1] / "data" / "workflows"
NODES: dict[str, Any] = {**load("object_info"), **load("object_info_more")}
INFO = ObjectInfo(NODES)


def two_images() -> Workflow:
    manifest = parse_manifest((DATA / "kontext_two_images.yaml").read_bytes(), "k.yaml")
    graph = json.loads((DATA / "kontext_two_images.json").read_bytes())
    return Workflow("kontext_two_images", "user", manifest, graph)


def of_node(class_type: str, inputs: dict[str, Any], **parameters: tuple[str, str]) -> Workflow:
    """A workflow of one node whose parameters are NAME=(input, type)."""
    graph = {"1": {"class_type": class_type, "inputs": inputs}}
    made = {name: Parameter("1", *each) for name, each in parameters.items()}  # pyright: ignore
    manifest = Manifest(operation="x", title="X", result="lut", parameters=made, output=Output("1"))
    return Workflow("x", "user", manifest, graph)


def field(workflow: Workflow, name: str, info: ObjectInfo | None = INFO) -> ParameterInfo:
    return next(each for each in fields_of(workflow, info) if each.name == name)


def with_vaes(*files: str) -> ObjectInfo:
    loader = {"input": {"required": {"vae_name": [list(files)]}}}
    return ObjectInfo({**NODES, "VAELoader": loader})


def test_a_number_has_the_narrower_of_both_ranges_and_the_hosts_step() -> None:
    steps, gap = field(two_images(), "steps"), field(two_images(), "gap")
    assert (steps.type, steps.min, steps.max, steps.default) == ("integer", 1, 50, 20)
    assert (gap.type, gap.min, gap.max, gap.step, gap.default) == ("integer", 0, 1024, 2, 0)


def test_a_text_that_is_a_combo_on_the_host_is_a_choice_of_what_it_offers() -> None:
    side, sampler = field(two_images(), "side"), field(two_images(), "sampler")
    assert (side.type, side.choices, side.default) == (
        "choice",
        ("right", "down", "left", "up"),
        "right",
    )
    assert (sampler.type, sampler.default) == ("choice", "euler")
    assert "heun" in sampler.choices


def test_the_graphs_own_value_is_the_default_where_the_manifest_has_none() -> None:
    assert field(two_images(), "same_size").default is True


def test_a_model_is_picked_among_the_hosts_files() -> None:
    vae = field(two_images(), "vae", with_vaes("ae.safetensors", "other.safetensors"))
    assert (vae.type, vae.choices, vae.missing) == (
        "model",
        ("ae.safetensors", "other.safetensors"),
        "",
    )


def test_a_model_that_the_host_does_not_have_is_told_as_missing() -> None:
    vae = field(two_images(), "vae", with_vaes("other.safetensors"))
    assert (vae.default, vae.missing) == ("ae.safetensors", "ae.safetensors")


def test_a_model_stands_under_the_name_that_the_host_has_it_by() -> None:
    mapped = msgspec.structs.replace(two_images(), model_names={"ae.safetensors": "FLUX/ae.sft"})
    shown = field(mapped, "vae", with_vaes("FLUX\\ae.sft", "b.sft"))
    assert (shown.default, shown.missing) == ("FLUX\\ae.sft", "")


def test_a_host_that_does_not_answer_leaves_the_manifests_own() -> None:
    steps = field(two_images(), "steps", None)
    assert (steps.min, steps.max, steps.default) == (1, 50, 20)
    assert field(two_images(), "side", None).type == "text"


def test_a_field_knows_its_node_and_input() -> None:
    steps = field(two_images(), "steps")
    assert (steps.node, steps.input) == ("31", "steps")


def test_what_comes_with_a_choice_stands_under_it() -> None:
    workflow = of_node("SaveImageAdvanced", {"format": "exr"}, format=("format", "text"))
    fields = {(each.name, each.when): each for each in fields_of(workflow, INFO)}
    assert fields["format", ""].choices == ("png", "exr")
    assert fields["format.bit_depth", "png"].choices == ("8-bit", "16-bit")
    assert fields["format.bit_depth", "exr"].default == "32-bit float"


def test_text_of_several_lines_is_told() -> None:
    workflow = of_node("CLIPTextEncodeFlux", {"t5xxl": "a"}, words=("t5xxl", "text"))
    assert field(workflow, "words").multiline


def test_a_seed_has_the_range_of_seeds() -> None:
    seed = field(of_node("KSampler", {"seed": 3}, seed=("seed", "seed")), "seed")
    assert (seed.type, seed.min, seed.max) == ("seed", 0, 2**64 - 1)


@pytest.mark.parametrize("kind", ["COLOR", "IMAGE", "BOUNDING_BOX", "MADE_UP"])
def test_what_no_control_fits_is_shown_with_its_value(kind: str) -> None:
    info = ObjectInfo({"Odd": {"input": {"required": {"x": [kind, {}]}}}})
    odd = field(of_node("Odd", {"x": "#ff0000"}, x=("x", "text")), "x", info)
    assert (odd.type, odd.default) == ("unknown", "#ff0000")


def test_a_list_of_several_choices_is_unknown_too() -> None:
    info = ObjectInfo({"Odd": {"input": {"required": {"x": ["COMBO", {"multiselect": True}]}}}})
    odd = field(of_node("Odd", {"x": ["a"]}, x=("x", "choice")), "x", info)
    assert (odd.type, odd.default) == ("unknown", "['a']")


def test_inputs_name_what_is_filled_and_what_is_to_be_chosen() -> None:
    found = {each.name: each for each in inputs_of(two_images())}
    assert list(found) == ["prompt", "image", "reference_1"]
    assert (found["prompt"].kind, found["prompt"].default) == ("text", "make it night")
    assert found["image"].filled
    picture = found["reference_1"]
    assert (picture.kind, picture.title, picture.filled, picture.required) == (
        "image",
        "Second",
        False,
        True,
    )


def bound_second(graph: dict[str, Any]) -> Workflow:
    bindings = {"prompt_2": Binding("1", "CLIPTextEncode", "text")}
    manifest = Manifest(
        operation="x", title="X", result="lut", bindings=bindings, output=Output("1")
    )
    return Workflow("x", "user", manifest, graph)


ENCODER = {"class_type": "CLIPTextEncode", "inputs": {"text": ""}}


@pytest.mark.parametrize(
    ("node", "offered"),
    [
        ({"class_type": "CLIPTextEncodeFlux", "inputs": {"clip_l": "", "t5xxl": ""}}, True),
        ({"class_type": "CLIPTextEncodeSDXL", "inputs": {"text_g": "", "text_l": ""}}, True),
        ({"class_type": "DualCLIPLoader", "inputs": {"clip_name1": "a"}}, True),
        ({"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "SDXL_base.ckpt"}}, True),
        ({"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "my-xl.ckpt"}}, True),
        ({"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "pixls.ckpt"}}, False),
        ({"class_type": "CLIPLoader", "inputs": {"clip_name": "a"}}, False),
    ],
)
def test_second_prompts_are_offered_for_two_encoders_or_a_model_called_xl(
    node: dict[str, Any], offered: bool
) -> None:
    assert second_prompts(bound_second({"1": ENCODER, "2": node})) is offered


def test_second_prompts_that_are_not_bound_are_not_offered() -> None:
    assert not second_prompts(two_images())


def test_a_hosts_complaint_lands_on_the_parameter_it_is_about() -> None:
    workflow = two_images()
    complaint = {
        "type": "value_bigger_than_max",
        "message": "Value 99 bigger than max",
        "details": "steps",
        "extra_info": {"input_name": "steps"},
    }
    reply = {
        "error": {"type": "prompt_outputs_failed_validation"},
        "node_errors": {"31": {"errors": [complaint], "class_type": "KSampler"}},
    }
    error = with_field(validation_failed(reply, workflow.graph, "studio"), workflow.manifest)
    assert error.info.context["field"] == "steps"


def test_complaints_find_bindings_and_what_comes_with_a_choice() -> None:
    assert field_at(two_images().manifest, "191", "image") == "reference_1"
    saver = of_node("SaveImageAdvanced", {}, format=("format", "text"))
    assert field_at(saver.manifest, "1", "format.bit_depth") == "format.bit_depth"
    assert field_at(two_images().manifest, "8", "samples") == ""


def test_words_that_the_built_in_look_does_not_know_belong_to_the_prompt() -> None:
    error = RabbitError(ErrorKind.INVALID_REQUEST, "x", "", {"class": "RabbitPromptGrade"})
    assert with_field(error, two_images().manifest).info.context["field"] == "prompt"


def test_a_form_goes_over_the_wire() -> None:
    fields = fields_of(two_images(), INFO)
    wire = msgspec.msgpack.encode(fields)
    assert msgspec.msgpack.decode(wire, type=tuple[ParameterInfo, ...]) == fields
