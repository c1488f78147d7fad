"""The built-in host's nodes through its own API: texts, memory, interrupts, refusals."""

import json
import struct
import time
from pathlib import Path

import pytest

from daemon.builtin_host.nodes.catalogue import build_catalogue
from daemon.comfyui.weight_free import WEIGHT_FREE
from tests.fakes.builtin_host import HostProcess, Socket, node, png

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    process = HostProcess(tmp_path_factory.mktemp("host"))
    process.upload("a.png", png(30, 40))
    yield process
    assert process.close() == 0


def saving(source, **nodes):
    return {**nodes, "9": node("SaveImage", images=source, filename_prefix="x")}


def failure(messages):
    return next(m["data"] for m in messages if m["type"] == "execution_error")


def test_the_list_of_weight_free_nodes_is_the_hosts_catalogue():
    assert frozenset(build_catalogue()) == WEIGHT_FREE


def test_every_schema_is_the_recorded_one():
    recorded = json.loads((DATA / "comfyui" / "object_info.json").read_text())
    catalogue = build_catalogue()
    shared = [name for name in recorded if name in catalogue and name not in ("LoadImage",)]

    assert len(shared) > 6
    assert {name: catalogue[name].schema["input"] for name in shared} == {
        name: recorded[name]["input"] for name in shared
    }


def test_a_node_shows_its_text_in_a_frame_before_it_is_done(host):
    graph = {
        "1": node("LoadImage", image="a.png"),
        "size": node("GetImageSize", image=["1", 0]),
        "3": node("PreviewAny", source=["size", 1]),
    }
    _, messages = host.run(graph)
    index = next(i for i, m in enumerate(messages) if isinstance(m, bytes))
    event, length = struct.unpack(">II", messages[index][:8])

    assert (event, messages[index][8 : 8 + length]) == (3, b"size")
    assert messages[index][8 + length :] == b"width: 40, height: 30\n batch size: 1"
    assert messages[index - 1]["data"]["node"] == "size"
    assert messages[index + 1]["type"] == "progress_state"
    shown = [m["data"]["output"] for m in messages[index + 1 :] if m["type"] == "executed"]
    assert shown == [{"text": ["30"]}]


def test_the_text_of_a_node_is_heard_by_everybody(host):
    graph = {
        "1": node("EmptyImage", width=3, height=2, batch_size=1, color=0),
        "2": node("GetImageSize", image=["1", 0]),
        "3": node("PreviewAny", source=["2", 2]),
    }
    with Socket(host) as other:
        host.run(graph)
        heard = [other.receive() for _ in range(4)]

    text = next(m for m in heard if isinstance(m, bytes))
    assert text.endswith(b"batch size: 1")


@pytest.mark.parametrize(
    "graph",
    [
        saving(
            ["1", 0],
            **{"1": node("EmptyImage", width=16384, height=16384, batch_size=4096, color=0)},
        ),
        saving(
            ["2", 0],
            **{
                "1": node("EmptyImage", width=4096, height=4096, batch_size=1, color=0),
                "2": node("RepeatImageBatch", image=["1", 0], amount=4096),
            },
        ),
        saving(
            ["2", 0],
            **{
                "1": node("EmptyImage", width=2048, height=2048, batch_size=1, color=0),
                "2": node("ImageScaleBy", image=["1", 0], upscale_method="area", scale_by=8.0),
            },
        ),
        saving(
            ["2", 0],
            **{
                "0": node("SolidMask", value=1.0, width=16384, height=5500),
                "1": node("MaskToImage", mask=["0", 0]),
                "2": node("ImageScaleBy", image=["1", 0], upscale_method="area", scale_by=1.0),
            },
        ),
    ],
    ids=["made", "repeated", "scaled", "from a mask"],
)
def test_what_does_not_fit_the_memory_is_an_error_and_the_host_goes_on(graph, host):
    _, messages = host.run(graph)
    error = failure(messages)

    assert error["exception_type"] == "RuntimeError"
    assert "is too large for the built-in host" in error["exception_message"]
    assert "DefaultCPUAllocator: can't allocate memory" in error["exception_message"]
    _, after = host.run(saving(["1", 0], **{"1": node("LoadImage", image="a.png")}))
    assert [m["type"] for m in after][-3] == "execution_success"


def test_lists_that_double_and_double_end_with_an_error(host):
    graph = {"0": node("PrimitiveInt", value=1)}
    for number in range(1, 6):
        links = {f"inputs.input{k}": [str(number - 1), 0] for k in range(10)}
        graph[str(number)] = node("CreateList", **links)
    graph["9"] = node("PreviewAny", source=["5", 0])
    _, messages = host.run(graph)

    assert "A list of more than 4096 values" in failure(messages)["exception_message"]


def linked(class_type, slot, kind, value, **inputs):
    """A graph whose node gets a value by a link, which no validation sees."""
    return {
        "1": node("LoadImage", image="a.png"),
        "2": node(f"Primitive{kind}", value=value),
        "3": node(class_type, image=["1", 0], **{slot: ["2", 0]}, **inputs),
        "9": node("SaveImage", images=["3", 0], filename_prefix="x"),
    }


@pytest.mark.parametrize(
    "graph",
    [
        linked("ImageBlur", "blur_radius", "Int", 10**9, sigma=1.0),
        linked("ImageScaleBy", "scale_by", "Float", 1e9, upscale_method="area"),
        linked("RepeatImageBatch", "amount", "Int", 10**15),
        linked("Morphology", "kernel_size", "Int", -(10**15), operation="dilate"),
        linked("SplitImageToTileList", "tile_width", "Int", 0, tile_height=64, overlap=4096),
    ],
    ids=["kernel", "factor", "amount", "negative", "tiles without width"],
)
def test_a_linked_number_beyond_all_bounds_is_an_error_at_once(graph, host):
    _, messages = host.run(graph)

    assert failure(messages)["node_id"] == "3"


@pytest.mark.parametrize("expression", ["3999999**3999999", "2**999999*2**999999", "((((" * 500])
def test_an_expression_that_would_compute_for_minutes_is_refused(expression, host):
    graph = {
        "1": node("ComfyMathExpression", expression=expression, **{"values.a": 1}),
        "2": node("PreviewAny", source=["1", 1]),
    }
    _, messages = host.run(graph)

    assert failure(messages)["node_id"] == "1"


def test_texts_that_double_and_double_end_with_an_error(host):
    graph = {"0": node("PrimitiveString", value="x" * 1000)}
    for number in range(1, 20):
        half = [str(number - 1), 0]
        graph[str(number)] = node("StringConcatenate", string_a=half, string_b=half, delimiter="")
    graph["99"] = node("PreviewAny", source=["19", 0])
    _, messages = host.run(graph)

    assert "A text of" in failure(messages)["exception_message"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("{a:>99999999}", "Too many"), ("{a.__class__.__mro__}", "private attribute")],
)
def test_a_format_can_neither_fill_the_memory_nor_look_behind_a_value(pattern, said, host):
    graph = {
        "1": node("PrimitiveInt", value=1),
        "2": node("StringFormat", f_string=pattern, **{"values.a": ["1", 0]}),
        "3": node("PreviewAny", source=["2", 0]),
    }
    _, messages = host.run(graph)

    assert said in failure(messages)["exception_message"]


@pytest.mark.parametrize(
    "slow",
    [
        {
            "2": node(
                "RegexMatch",
                string="a" * 60 + "!",
                regex_pattern="(a+)+$",
                case_insensitive=True,
                multiline=False,
                dotall=False,
            ),
            "3": node("PreviewAny", source=["2", 0]),
        },
        {
            "1": node("EmptyImage", width=3000, height=3000, batch_size=1, color=1),
            "2": node("ImageAddNoise", image=["1", 0], seed=1, strength=0.5),
            "3": node("ImageBlur", image=["2", 0], blur_radius=31, sigma=3.0),
            "4": node("Canny", image=["3", 0], low_threshold=0.1, high_threshold=0.2),
            "9": node("SaveImage", images=["4", 0], filename_prefix="x"),
        },
    ],
    ids=["a pattern without end", "filters"],
)
def test_an_interrupt_ends_slow_nodes(slow, host):
    with Socket(host) as socket:
        prompt_id = host.submit(slow, client_id=socket.client_id)
        while True:
            message = socket.receive()
            if isinstance(message, dict) and message["type"] == "executing":
                break
        host.http.post("/interrupt", json={"prompt_id": prompt_id})
        started = time.monotonic()
        messages = socket.until_end(prompt_id)

    assert "execution_interrupted" in [m["type"] for m in messages]
    assert time.monotonic() - started < 10


def test_a_graph_that_needs_a_model_is_refused_as_one_with_a_missing_node(host):
    graph = saving(
        ["3", 0],
        **{
            "1": node("LoadImage", image="a.png"),
            "2": node("UpscaleModelLoader", model_name="x4.pth"),
            "3": node("ImageUpscaleWithModel", upscale_model=["2", 0], image=["1", 0]),
        },
    )
    answer = host.http.post("/prompt", json={"prompt": graph})
    error = answer.json()["error"]

    assert (answer.status_code, error["type"]) == (400, "missing_node_type")
    assert answer.json()["node_errors"] == {}
    assert error == {
        "type": "missing_node_type",
        "message": "Node 'UpscaleModelLoader' not found. The custom node may not be installed.",
        "details": "Node ID '#2'",
        "extra_info": {
            "node_id": "2",
            "class_type": "UpscaleModelLoader",
            "node_title": "UpscaleModelLoader",
        },
    }


def test_only_the_branch_of_a_switch_that_is_wanted_is_run(host):
    graph = {
        "1": node("EmptyImage", width=16384, height=16384, batch_size=4096, color=0),
        "2": node("EmptyImage", width=5, height=4, batch_size=1, color=0),
        "3": node("ComfySwitchNode", switch=False, on_true=["1", 0], on_false=["2", 0]),
        "9": node("SaveImage", images=["3", 0], filename_prefix="x"),
    }
    _, messages = host.run(graph)
    executed = [m["data"]["node"] for m in messages if m["type"] == "executing"]

    assert executed == ["3", "2", "3", "9", None]
