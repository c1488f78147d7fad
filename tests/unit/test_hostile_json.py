"""Whatever JSON a host sends becomes a typed value or a sentence, never another exception."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from daemon.comfyui.checks import check_host
from daemon.comfyui.events import Routed, from_binary, from_text
from daemon.comfyui.graph import Workflow, fill_defaults
from daemon.comfyui.node_errors import execution_failed, validation_failed
from daemon.comfyui.object_info import InputSpec, ObjectInfo
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.replies import (
    choose_result,
    queued_ids,
    read_history,
    read_queue,
    read_stats,
    read_upload,
)
from daemon.protocol.errors import RabbitError
from daemon.resources import data_folder

ID = "0b7c0c4e-2f8e-4a53-9d5c-1d0d4c2f6a11"
HUGE = 10**400

words = st.one_of(
    st.sampled_from(["", ID, "9", "output", "execution_error", "error", "COMBO", "INT", "\ud800"]),
    st.text(max_size=8),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([HUGE, -HUGE, 2**63, 2**64]),
    st.floats(),
    words,
)
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=8,
)


def near(**members: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Objects with some of these members, each right or junk; or junk altogether."""
    loose = {name: st.one_of(value, junk) for name, value in members.items()}
    return st.one_of(st.fixed_dictionaries({}, optional=loose), junk)


def several(*items: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Lists of these, or junk."""
    return st.one_of(st.tuples(*items).map(list), st.lists(st.one_of(*items), max_size=4), junk)


image = near(filename=words, subfolder=words, type=st.sampled_from(["output", "temp"]))
complaint = near(
    type=st.sampled_from(
        ["value_not_in_list", "custom_validation_failed", "required_input_missing"]
    ),
    message=words,
    details=words,
    extra_info=near(input_name=words),
)
graph = st.dictionaries(
    st.sampled_from(["1", "9"]),
    near(class_type=words, inputs=st.dictionaries(words, junk)),
    max_size=2,
)
failure = near(
    node_id=words,
    node_type=words,
    exception_message=words,
    exception_type=words,
    traceback=several(words),
    current_inputs=near(model_name=several(words)),
)
history = st.one_of(
    st.fixed_dictionaries(
        {
            ID: near(
                prompt=several(junk, st.just(ID), graph),
                outputs=st.dictionaries(words, near(images=several(image), text=several(words))),
                status=near(
                    status_str=st.sampled_from(["error", "success"]),
                    messages=several(several(st.just("execution_error"), failure)),
                ),
            )
        }
    ),
    junk,
)
entry = several(scalars, st.just(ID), graph)
queue = near(queue_running=several(entry), queue_pending=several(entry, entry))
stats = near(
    system=near(comfyui_version=words, pytorch_version=words),
    devices=several(near(name=words, type=words, vram_total=st.integers(), vram_free=scalars)),
)
refusal = near(
    error=near(type=words, message=words, details=words, extra_info=near(class_type=words)),
    node_errors=st.dictionaries(words, near(class_type=words, errors=several(complaint))),
)
spec = several(
    st.one_of(words, st.just("COMFY_DYNAMICCOMBO_V3"), several(words)),
    near(default=junk, min=scalars, max=scalars, options=several(near(key=words, inputs=junk))),
)
info = st.dictionaries(
    st.sampled_from(["LoadImage", "SaveImage", "X"]),
    near(input=near(required=st.dictionaries(words, spec), optional=st.dictionaries(words, spec))),
)


def sendable(value: object) -> None:
    """What goes to a client or to disk has to be encodable."""
    msgspec.msgpack.encode(value)


@given(history)
def test_any_history_is_a_state_or_none(reply: Any) -> None:
    state = read_history(reply, ID, "studio")
    assert state is None or state.name in ("finished", "failed", "interrupted")
    if state is not None:
        sendable((state.error, state.texts))


@given(history, words)
def test_any_finished_run_has_one_picture_to_believe_or_a_sentence(reply: Any, node: str) -> None:
    state = read_history(reply, ID, "studio")
    images = () if state is None else state.images.get(node, ())
    try:
        assert choose_result(images, f"rabbitviewer/{ID}", node, "studio").type == "output"
    except RabbitError as error:
        sendable(error.info)


@given(queue)
def test_any_queue_is_read(reply: Any) -> None:
    state = read_queue(reply, ID)
    assert state is None or state.name in ("running", "pending")
    assert all(isinstance(one, str) for part in queued_ids(reply) for one in part)


@given(stats)
def test_any_status_is_stats_or_none(reply: Any) -> None:
    found = read_stats(reply)
    if found is not None:
        sendable(found)


@given(near(name=words, subfolder=words, type=words))
def test_any_answer_to_an_upload_is_a_place_or_none(reply: Any) -> None:
    found = read_upload(reply)
    assert found is None or isinstance(found.reference, str)


@given(refusal, graph)
def test_any_refusal_of_a_graph_is_a_sentence(reply: Any, sent: dict[str, Any]) -> None:
    found = validation_failed(reply, sent, "studio").info
    assert found.message
    sendable(found)


@given(st.one_of(failure.filter(lambda value: isinstance(value, dict))), graph)
def test_any_failure_of_a_run_is_a_sentence(data: dict[str, Any], sent: dict[str, Any]) -> None:
    found = execution_failed(data, sent, "studio").info
    assert found.message
    sendable(found)


@given(info, words)
def test_any_list_of_nodes_can_be_asked(reply: Any, name: str) -> None:
    found = ObjectInfo(reply)
    for class_type in ("LoadImage", "X", name):
        for about in found.inputs(class_type).values():
            assert isinstance(about, InputSpec)
            assert about.default is None or about.required in (True, False)
        found.choices(class_type, name)


@pytest.fixture(scope="module")
def workflow() -> Workflow:
    shipped = data_folder("comfyui_workflows")
    return WorkflowLibrary(shipped, shipped / "none").get("builtin_color_grade")


@given(reply=info)
def test_any_list_of_nodes_can_be_checked_against(workflow: Workflow, reply: Any) -> None:
    found = ObjectInfo(reply)
    assert all(isinstance(line, str) for line in check_host(workflow, found, "0.33.0", "studio"))
    assert set(fill_defaults(workflow.graph, found)) == set(workflow.graph)


MESSAGES = ["execution_start", "execution_cached", "executing", "progress", "execution_error"]
message = near(
    type=st.sampled_from([*MESSAGES, "progress_state", "status"]),
    data=near(
        prompt_id=words, node=words, value=scalars, max=scalars, nodes=several(words), output=junk
    ),
)


def read(parse: Callable[[bytes], Routed | None], payload: bytes) -> Routed | None:
    try:
        return parse(payload)
    except ValueError:
        return None


@given(message)
def test_any_message_of_the_socket_is_an_event_or_none(told: Any) -> None:
    routed = read(from_text, json.dumps(told).encode())
    if routed is not None:
        sendable(routed)


@given(st.binary(max_size=40))
def test_any_bytes_of_the_socket_are_an_event_or_none(payload: bytes) -> None:
    assert isinstance(read(from_text, payload), Routed | None)
    assert isinstance(read(from_binary, payload), Routed | None)


@given(junk, st.integers(0, 2**32 - 1), st.integers(0, 6))
def test_any_preview_frame_is_an_event_or_none(told: Any, length: int, kind: int) -> None:
    text = json.dumps(told).encode()
    for announced in (length, len(text)):
        payload = struct.pack(">II", kind, announced) + text + b"picture"
        assert isinstance(read(from_binary, payload), Routed | None)


@pytest.mark.parametrize("payload", [b"[" * 500_000, b'{"a":' * 500_000, b"1" * 5000, b"NaN"])
def test_depth_and_length_bombs_are_no_messages(payload: bytes) -> None:
    assert read(from_text, payload) is None
