"""Files of ComfyUI's window: converted where that is certain, refused with the reason else."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.window_format import WindowFormatError, convert, is_window_format
from tests.fakes.replay import load

INFO = ObjectInfo(load("object_info"))


def port(name: str, link: int | None = None, widget: bool = False, kind: str = "*") -> Any:
    found: dict[str, Any] = {"name": name, "type": kind, "link": link}
    return {**found, "widget": {"name": name}} if widget else found


def node(number: int, kind: str, inputs: Any = (), values: Any = (), **more: Any) -> Any:
    return {
        "id": number,
        "type": kind,
        "mode": 0,
        "inputs": list(inputs),
        "outputs": [{"name": "out", "type": "IMAGE", "links": []}],
        "widgets_values": values if isinstance(values, dict) else list(values),
        **more,
    }


def document(*nodes: Any, links: Any = ()) -> dict[str, Any]:
    return {"nodes": list(nodes), "links": list(links), "version": 0.4}


SAVE = node(3, "SaveImage", [port("images", 2)], ["x"])
LOAD = node(1, "LoadImage", values=["a.png", "image"])
SCALE = node(2, "FluxKontextImageScale", [port("image", 1, kind="IMAGE")])
LINKS = ([1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"])


def test_the_format_is_recognised() -> None:
    assert is_window_format(document(LOAD))
    assert not is_window_format({"1": {"class_type": "LoadImage", "inputs": {}}})


def test_nodes_values_and_links_become_a_graph() -> None:
    graph = convert(document(LOAD, SCALE, SAVE, links=LINKS), INFO)
    assert {i: (n["class_type"], n["inputs"]) for i, n in graph.items()} == {
        "1": ("LoadImage", {"image": "a.png"}),
        "2": ("FluxKontextImageScale", {"image": ["1", 0]}),
        "3": ("SaveImage", {"filename_prefix": "x", "images": ["2", 0]}),
    }


def test_links_may_be_objects() -> None:
    links = [{"id": 2, "origin_id": 1, "origin_slot": 0, "target_id": 3, "target_slot": 0}]
    graph = convert(document(LOAD, SAVE, links=links), INFO)
    assert graph["3"]["inputs"]["images"] == ["1", 0]


def test_what_becomes_of_a_seed_is_no_value_of_the_node() -> None:
    values = [42, "randomize", 20, 7.5, "euler", "normal", 0.5]
    graph = convert(document(node(5, "KSampler", values=values)), INFO)
    assert graph["5"]["inputs"] == {
        "seed": 42,
        "steps": 20,
        "cfg": 7.5,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 0.5,
    }


def test_a_value_that_became_an_input_keeps_its_place_in_the_list() -> None:
    values = [42, "fixed", 20, 7.5, "euler", "normal", 0.5]
    sampler = node(5, "KSampler", [port("steps", 9, widget=True)], values)
    primitive = node(6, "PrimitiveNode", values=[12, "fixed"])
    graph = convert(document(sampler, primitive, links=[[9, 6, 0, 5, 0, "INT"]]), INFO)
    assert graph["5"]["inputs"]["steps"] == 12
    assert graph["5"]["inputs"]["cfg"] == 7.5
    assert "6" not in graph


def test_reroutes_and_bypassed_nodes_are_passed_through() -> None:
    reroute = node(7, "Reroute", [port("", 1)])
    bypassed = node(2, "FluxKontextImageScale", [port("image", 4, kind="IMAGE")], mode=4)
    links = ([1, 1, 0, 7, 0, "*"], [4, 7, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"])
    graph = convert(document(LOAD, reroute, bypassed, SAVE, links=links), INFO)
    assert set(graph) == {"1", "3"}
    assert graph["3"]["inputs"]["images"] == ["1", 0]


def test_what_a_muted_node_feeds_gets_nothing() -> None:
    muted = {**SCALE, "mode": 2}
    graph = convert(document(LOAD, muted, SAVE, links=LINKS), INFO)
    assert "images" not in graph["3"]["inputs"]


def test_notes_are_left_out() -> None:
    note, label = node(8, "MarkdownNote", values=["read me"]), node(9, "Label (rgthree)")
    assert set(convert(document(LOAD, note, label), INFO)) == {"1"}


def test_values_by_name_are_taken_by_name() -> None:
    graph = convert(document(node(3, "SaveImage", values={"filename_prefix": "y", "ui": 1})), INFO)
    assert graph["3"]["inputs"] == {"filename_prefix": "y"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({**document(LOAD), "definitions": {"subgraphs": [{}]}}, "subgraphs"),
        ({**document(LOAD), "extra": {"groupNodes": {"a": {}}}}, "group nodes"),
        (document(node(5, "SecretNode", [port("a", 1)])), "'SecretNode'"),
        (document(node(5, "KSampler", values=["euler", 42])), "does not fit 'seed'"),
        (document(node(3, "SaveImage", values=["x", "y", "z"])), "more values"),
        (document(SAVE, links=()), "leads to no node"),
        (document(node(8, "Note")), "no nodes that run"),
        (
            document(node(7, "Reroute", [port("", 2)]), SAVE, links=[[2, 7, 0, 3, 0, "*"]]),
            "circle",
        ),
    ],
)
def test_what_cannot_be_done_right_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(WindowFormatError, match=reason):
        convert(changed, INFO)
