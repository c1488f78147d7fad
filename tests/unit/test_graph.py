"""Patching graphs: values go where the manifest says, the template stays as it is."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.comfyui.events import Finished, NodeProgress, NodeStarted, Started
from daemon.comfyui.graph import (
    Workflow,
    WorkflowValues,
    build_workflow,
    fill_defaults,
    needs_kontext_sizes,
)
from daemon.comfyui.manifest import Binding, Manifest, Output, Parameter
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.progress import RunProgress
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.workflows import MAX_SEED
from tests.fakes.replay import load

GRAPH: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "night", "clip": ["9", 0]}},
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 42, "steps": 20, "sampler_name": "euler", "positive": ["2", 0]},
    },
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
}
MANIFEST = Manifest(
    operation="color_grade",
    title="A grade",
    result="lut",
    bindings={
        "image": Binding("1", "LoadImage", "image"),
        "prompt": Binding("2", "CLIPTextEncode", "text"),
        "seed": Binding("3", "KSampler", "seed"),
    },
    parameters={
        "steps": Parameter("3", "steps", "integer", 12, min=1, max=50),
        "sampler": Parameter("3", "sampler_name", "choice", None, choices=("euler", "heun")),
    },
    output=Output("4"),
)
WORKFLOW = Workflow("a_grade", "user", MANIFEST, GRAPH)


def built(**values: Any) -> dict[str, Any]:
    return build_workflow(WORKFLOW, WorkflowValues(filename_prefix="job-1", **values))


def test_bindings_go_to_their_nodes_and_inputs() -> None:
    graph = built(bindings={"image": "rv/s.png", "prompt": "тёплый 暖かい", "seed": MAX_SEED})
    assert graph["1"]["inputs"]["image"] == "rv/s.png"
    assert graph["2"]["inputs"]["text"] == "тёплый 暖かい"
    assert graph["3"]["inputs"]["seed"] == 18446744073709551615


def test_the_prefix_of_the_output_is_always_the_jobs() -> None:
    assert built()["4"]["inputs"]["filename_prefix"] == "job-1"


def test_a_parameter_that_is_not_given_has_the_manifests_default() -> None:
    assert built()["3"]["inputs"]["steps"] == 12


def test_a_parameter_without_default_keeps_the_graphs_value() -> None:
    assert built()["3"]["inputs"]["sampler_name"] == "euler"


def test_a_whole_float_from_a_form_is_an_integer() -> None:
    assert built(parameters={"steps": 8.0})["3"]["inputs"]["steps"] == 8


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("steps", 0, "It is at least 1."),
        ("steps", 51, "It is at most 50."),
        ("steps", 1.5, "It takes a whole number."),
        ("steps", True, "It takes a whole number."),
        ("steps", "many", "It takes a whole number."),
        ("sampler", "magic", "It takes one of euler, heun."),
    ],
)
def test_a_wrong_value_is_refused_with_what_fits(name: str, value: Any, hint: str) -> None:
    with pytest.raises(RabbitError) as caught:
        built(parameters={name: value})
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert caught.value.info.hint == hint


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(RabbitError) as caught:
        built(parameters={"stpes": 3})
    assert caught.value.info.hint == "Did you mean 'steps'?"


def test_an_unknown_binding_names_what_there_is() -> None:
    with pytest.raises(RabbitError) as caught:
        built(bindings={"mask": "m.png"})
    assert caught.value.info.hint == "It has: image, prompt, seed."


@given(
    prompt=st.text(max_size=200),
    image=st.text(max_size=50),
    seed=st.integers(0, MAX_SEED),
    steps=st.integers(1, 50),
    prefix=st.text(max_size=50),
)
def test_only_the_bound_inputs_change_and_the_template_never_does(
    prompt: str, image: str, seed: int, steps: int, prefix: str
) -> None:
    before = copy.deepcopy(GRAPH)
    graph = build_workflow(
        WORKFLOW,
        WorkflowValues(
            filename_prefix=prefix,
            bindings={"prompt": prompt, "image": image, "seed": seed},
            parameters={"steps": steps},
        ),
    )
    expected = copy.deepcopy(before)
    expected["1"]["inputs"]["image"] = image
    expected["2"]["inputs"]["text"] = prompt
    expected["3"]["inputs"]["seed"] = seed
    expected["3"]["inputs"]["steps"] = steps
    expected["4"]["inputs"]["filename_prefix"] = prefix
    assert graph == expected
    assert before == GRAPH
    assert json.loads(json.dumps(graph)) == graph


def test_inputs_that_nodes_got_later_have_the_hosts_defaults() -> None:
    old = {
        "5": {
            "class_type": "ImageScaleToTotalPixels",
            "inputs": {"image": ["1", 0], "upscale_method": "area", "megapixels": 1.0},
        }
    }
    filled = fill_defaults(old, ObjectInfo(load("object_info")))
    assert filled["5"]["inputs"]["resolution_steps"] == 1
    assert "resolution_steps" not in old["5"]["inputs"]


def test_links_are_never_filled_in() -> None:
    filled = fill_defaults(
        {"8": {"class_type": "VAEDecode", "inputs": {}}}, ObjectInfo(load("object_info"))
    )
    assert filled["8"]["inputs"] == {}


def test_both_spellings_of_a_combo_are_read() -> None:
    info = ObjectInfo(load("object_info"))
    assert info.choices("UNETLoader", "weight_dtype") == (
        "default",
        "fp8_e4m3fn",
        "fp8_e4m3fn_fast",
        "fp8_e5m2",
    )
    assert info.choices("ImageScaleToTotalPixels", "upscale_method") == (
        "nearest-exact",
        "bilinear",
        "area",
        "bicubic",
        "lanczos",
    )
    assert info.choices("KSampler", "steps") is None


def test_a_graph_that_crops_to_kontext_sizes_is_known_by_its_node() -> None:
    assert needs_kontext_sizes(load("n3_kontext")["graph"])
    assert not needs_kontext_sizes(GRAPH)


def test_a_graph_of_weight_free_nodes_has_no_ai() -> None:
    plain = load("a_happy")["graph"]
    assert not Workflow("plain", "user", MANIFEST, plain).uses_ai
    assert WORKFLOW.uses_ai


def test_an_unknown_custom_node_counts_as_ai() -> None:
    graph = {**load("a_happy")["graph"], "7": {"class_type": "SomebodysNode", "inputs": {}}}
    assert Workflow("odd", "user", MANIFEST, graph).uses_ai


def test_progress_weighs_a_sampler_thirty_times_a_plain_node() -> None:
    # 1 + 3 (text encoder) + 30 (sampler) + 1 = 35
    progress = RunProgress(GRAPH)
    progress.update(NodeStarted("1"))
    progress.update(NodeStarted("2"))
    progress.update(NodeStarted("3"))
    assert progress.update(NodeProgress("3", 10, 20)) == pytest.approx((4 + 15) / 35)
    assert progress.update(NodeStarted("4")) == pytest.approx(34 / 35)
    assert progress.update(Finished()) == 1.0


def test_progress_of_a_node_inside_an_expanded_one_counts_as_the_outer() -> None:
    progress = RunProgress(GRAPH)
    assert progress.update(NodeProgress("3.0.1", 1, 2)) == pytest.approx(15 / 35)


@given(
    st.lists(
        st.one_of(
            st.builds(NodeStarted, st.sampled_from(["1", "2", "3", "4", "77", ""])),
            st.builds(
                NodeProgress,
                st.sampled_from(["1", "3", "77"]),
                st.floats(),
                st.floats(),
            ),
            st.builds(Started, st.just(("1",))),
        ),
        max_size=30,
    )
)
def test_progress_stays_between_zero_and_one_and_never_falls(events: list[Any]) -> None:
    progress = RunProgress(GRAPH)
    fractions = [progress.update(event) for event in events]
    assert fractions == sorted(fractions)
    assert all(0.0 <= fraction <= 1.0 for fraction in fractions)
