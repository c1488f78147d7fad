"""JSON of any size from a host: what is needed of it, and nothing that takes long."""

from __future__ import annotations

import json

import pytest

from daemon.comfyui.large_json import (
    read_history_json,
    read_json,
    read_message_json,
    read_queue_json,
)

PICTURE = {"filename": "a.png", "subfolder": "", "type": "output"}
LARGE = "x" * 300_000


def history(**more: object) -> bytes:
    entry = {
        "prompt": [1, "id", {"1": {"inputs": {}}}],
        "outputs": {"9": {"images": [PICTURE], "animated": [False]}},
        "status": {"status_str": "success"},
        **more,
    }
    return json.dumps({"id": entry}).encode()


def test_of_a_large_history_the_rest_is_left_out() -> None:
    found = read_history_json(history(meta=LARGE))
    assert found == {
        "id": {
            "prompt": [1, "id", {"1": {"inputs": {}}}],
            "outputs": {"9": {"images": [PICTURE], "text": []}},
            "status": {"status_str": "success"},
        }
    }


def test_a_graph_of_megabytes_is_left_out_too() -> None:
    found = read_history_json(history(prompt=[1, "id", {"1": "x" * 5_000_000}]))
    assert found["id"]["prompt"] is None


def test_a_small_history_is_read_as_it_is() -> None:
    assert read_history_json(history(meta=1)) == json.loads(history(meta=1))


def test_a_large_history_of_other_types_is_read_as_it_is() -> None:
    content = history(outputs=[], meta=LARGE)
    assert read_history_json(content) == json.loads(content)


def test_of_a_large_queue_number_and_id_stay() -> None:
    graph = {"1": {"inputs": {"text": LARGE}}}
    queue = {"queue_running": [[4, "a", graph, {}, []]], "queue_pending": [[5, "b", graph]]}
    found = read_queue_json(json.dumps(queue).encode())
    assert found == {"queue_running": [[4, "a"]], "queue_pending": [[5, "b"]]}


def test_of_a_large_message_it_stays_how_far_the_run_is() -> None:
    data = {"node": "4", "prompt_id": "id", "output": {"text": [LARGE]}, "nodes": [LARGE]}
    found = read_message_json(json.dumps({"type": "executing", "data": data, "x": LARGE}).encode())
    assert found == {"type": "executing", "data": {"node": "4", "prompt_id": "id"}}


@pytest.mark.parametrize("content", [[LARGE], {"type": LARGE}, {"type": 1, "data": [LARGE]}])
def test_large_messages_of_other_shapes_are_read(content: object) -> None:
    assert read_message_json(json.dumps(content).encode()) is not None


@pytest.mark.parametrize("content", [b'{"a": NaN}', b'["\\ud800"]', json.dumps([LARGE]).encode()])
def test_what_python_reads_is_read(content: bytes) -> None:
    assert repr(read_json(content)) == repr(json.loads(content))


def test_nothing_at_all_is_none() -> None:
    assert read_json(b"") is None


@pytest.mark.parametrize(
    "content",
    [b"{", b"<html>", b"[" * 100_000, b"[" * 1_000_000, b"1" * 5000, b"[NaN," * 2_000_000],
)
@pytest.mark.parametrize("read", [read_json, read_history_json, read_queue_json, read_message_json])
def test_what_is_no_json_or_too_deep_or_too_odd_is_a_value_error(read, content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(content)
