"""Values against the manifest and the host: what does not fit is refused by its field's name."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.comfyui.graph import Workflow, WorkflowValues, build_workflow
from daemon.comfyui.manifest import Manifest, Output, Parameter
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.parameter_values import check_on_host
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from tests.fakes.replay import load

INFO = ObjectInfo({**load("object_info"), **load("object_info_more")})
GRAPH: dict[str, Any] = {
    "1": {"class_type": "KSampler", "inputs": {"steps": 20, "sampler_name": "euler", "cfg": 1.0}},
    "2": {"class_type": "SaveImageAdvanced", "inputs": {"format": "png"}},
    "3": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}},
    "4": {"class_type": "SaveImage", "inputs": {}},
}
OWN = {"format": "png", "format.bit_depth": "16-bit"}
MANIFEST = Manifest(
    operation="color_grade",
    title="A grade",
    result="lut",
    parameters={
        "steps": Parameter("1", "steps", "integer"),
        "sampler": Parameter("1", "sampler_name", "text"),
        "guidance": Parameter("1", "cfg", "number", 2.0),
        "format": Parameter("2", "format", "text"),
        "vae": Parameter("3", "vae_name", "model", "ae.safetensors"),
    },
    output=Output("4"),
)
WORKFLOW = Workflow("a_grade", "user", MANIFEST, GRAPH)


def built(**parameters: Any) -> dict[str, Any]:
    values = WorkflowValues(
        filename_prefix="x", parameters={k.replace("__", "."): v for k, v in parameters.items()}
    )
    graph = build_workflow(WORKFLOW, values, INFO)
    check_on_host(MANIFEST, graph, values.parameters, INFO)
    return graph


def refusal(**parameters: Any) -> ErrorInfo:
    with pytest.raises(RabbitError) as caught:
        built(**parameters)
    return caught.value.info


def test_a_choice_that_the_host_does_not_offer_is_refused_by_its_field() -> None:
    error = refusal(sampler="magic")
    assert error.kind is ErrorKind.INVALID_REQUEST
    assert error.context["field"] == "sampler"
    assert "euler" in error.hint


def test_a_number_outside_the_hosts_range_is_refused_by_its_field() -> None:
    error = refusal(steps=0)
    assert (error.context["field"], error.hint) == ("steps", "It is at least 1.")


def test_a_model_file_that_the_host_does_not_have_is_named_with_its_folder() -> None:
    error = refusal(vae="mine.safetensors")
    assert error.kind is ErrorKind.WORKFLOW_UNAVAILABLE
    assert error.message == "The model file mine.safetensors is missing in models/vae on the host."
    assert error.context["field"] == "vae"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_is_refused_before_it_is_sent(value: float) -> None:
    error = refusal(guidance=value)
    assert (error.context["field"], error.hint) == ("guidance", "It takes a number.")


def test_an_unknown_name_is_its_own_field() -> None:
    assert refusal(stepz=3).context["field"] == "stepz"


def test_a_default_that_the_host_does_not_have_is_left_to_the_check_of_the_graph() -> None:
    assert built()["3"]["inputs"]["vae_name"] == "ae.safetensors"


def test_what_comes_with_a_choice_goes_under_its_dotted_name() -> None:
    inputs = built(format="png", format__bit_depth="16-bit")["2"]["inputs"]
    assert inputs["format.bit_depth"] == "16-bit"
    assert inputs["format.input_color_space"] == "sRGB"


def test_what_comes_with_a_choice_is_checked_too() -> None:
    assert refusal(format__bit_depth="3-bit").context["field"] == "format.bit_depth"


def test_what_came_with_the_graphs_own_choice_goes_with_it() -> None:
    graph = {**GRAPH, "2": {"class_type": "SaveImageAdvanced", "inputs": dict(OWN)}}
    workflow = Workflow("a_grade", "user", MANIFEST, graph)
    values = WorkflowValues(filename_prefix="x", parameters={"format": "exr"})
    inputs = build_workflow(workflow, values, INFO)["2"]["inputs"]
    assert inputs["format.bit_depth"] == "32-bit float"


def test_another_choice_has_the_defaults_of_its_own_fields() -> None:
    inputs = built(format="exr")["2"]["inputs"]
    assert inputs["format.bit_depth"] == "32-bit float"
