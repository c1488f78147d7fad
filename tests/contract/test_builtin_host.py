"""The built-in host says what the real server said in the recordings, in the same order."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import websocket
from PIL import Image

from tests.fakes.builtin_host import HostProcess, Socket, node, png

DATA = Path(__file__).parents[1] / "data"
RECORDINGS = json.loads((DATA / "builtin_host" / "recordings.json").read_text())
SUBMISSIONS = {case["label"]: case for case in RECORDINGS["submissions"]}
VARYING = ("timestamp", "prompt_id", "traceback", "number", "create_time", "sid")


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    process = HostProcess(tmp_path_factory.mktemp("host"))
    process.upload("a.png", png(30, 40))
    process.upload("text.png", b"hello, I am no picture")
    yield process
    assert process.close() == 0


@pytest.fixture(autouse=True)
def nothing_open(host):
    """Every test starts with an empty cache and an empty output folder."""
    host.http.post("/free", json={"free_memory": True})
    for path in (host.base / "output").rglob("*.png"):
        path.unlink()


def fixed(document):
    """A document without what differs from run to run."""
    if isinstance(document, dict):
        return {key: fixed(value) for key, value in document.items() if key not in VARYING}
    if isinstance(document, list):
        return [fixed(value) for value in document]
    return document


def slow_graph(side_px=1200):
    """A graph that grows one white pixel for many seconds."""
    return {
        "1": node("LoadImageMask", image="dot.png", channel="red"),
        "2": node("GrowMask", mask=["1", 0], expand=16000, tapered_corners=True),
        "3": node("MaskToImage", mask=["2", 0]),
        "4": node("SaveImage", images=["3", 0], filename_prefix=f"slow{side_px}"),
    }


@pytest.fixture
def running(host, tmp_path):
    """A slow prompt that is executing its node 2, and the client that submitted it."""
    pixels = np.zeros((1200, 1200), np.uint8)
    pixels[0, 0] = 255
    Image.fromarray(pixels).save(tmp_path / "dot.png")
    host.upload("dot.png", (tmp_path / "dot.png").read_bytes(), overwrite="true")
    with Socket(host) as socket:
        prompt_id = host.submit(slow_graph(), client_id=socket.client_id)
        while True:
            message = socket.receive()
            if message["type"] == "executing" and message["data"]["node"] == "2":
                break
        yield prompt_id, socket
        host.http.post(f"/api/jobs/{prompt_id}/cancel")


@pytest.mark.parametrize("label", sorted(SUBMISSIONS))
def test_submission_is_answered_as_recorded(label, host):
    case = SUBMISSIONS[label]
    answer = host.http.post("/prompt", json=case["body"])

    assert answer.status_code == case["status"]
    assert fixed(answer.json()) == fixed(case["answer"])


@pytest.mark.parametrize("body", [b"{", b'{"prompt": [1, 2]}'])
def test_a_body_that_the_real_server_chokes_on_gets_its_500(body, host):
    answer = host.http.post("/prompt", content=body)

    assert answer.status_code == 500
    assert answer.text == "500 Internal Server Error\n\nServer got itself in trouble"


def test_messages_of_a_whole_run_are_those_of_the_recording(host):
    recorded = RECORDINGS["happy"]
    request = recorded["request"]
    prompt_id, messages = host.run(request["prompt"], extra_data=request["extra_data"])

    assert [m["type"] for m in messages] == [m["type"] for m in recorded["messages"]]
    assert fixed(messages) == fixed(recorded["messages"])
    history = host.history(prompt_id)
    assert fixed(history["outputs"]) == recorded["history"]["outputs"]
    assert history["meta"] == recorded["history"]["meta"]
    assert fixed(history["status"]) == fixed(recorded["history"]["status"])
    assert fixed(history["prompt"][2:3]) == fixed(recorded["history"]["prompt"][2:3])


def test_messages_of_a_cached_run_are_those_of_the_recording(host):
    recorded = RECORDINGS["cached"]
    host.run(recorded["request"]["prompt"])
    _, messages = host.run(recorded["request"]["prompt"])

    assert fixed(messages) == fixed(recorded["messages"])


def test_messages_of_a_failing_node_are_those_of_the_recording(host):
    recorded = RECORDINGS["file_error"]
    prompt_id, messages = host.run(recorded["request"]["prompt"])
    ours = [fixed(m) for m in messages]
    theirs = [fixed(m) for m in recorded["messages"]]
    for message in (ours[6], theirs[6]):
        for key in ("exception_message", "exception_type"):
            assert message["data"].pop(key)
        message["data"]["current_outputs"].sort()

    assert ours == theirs
    assert host.history(prompt_id)["status"]["status_str"] == "error"
    assert host.http.get(f"/api/jobs/{prompt_id}").json()["status"] == "failed"


def test_a_graph_nested_without_end_does_not_kill_the_worker(host):
    nested = "[" * 700 + "]" * 700
    graph = json.dumps(RECORDINGS["happy"]["request"]["prompt"])
    body = (
        '{"prompt": ' + graph.replace('"crop": ', f'"surplus": {{"a": {nested}}}, "crop": ') + "}"
    )
    host.http.post("/prompt", content=body.encode())
    _, messages = host.run(RECORDINGS["happy"]["request"]["prompt"])

    assert messages[-3]["type"] == "execution_success"


def test_an_error_message_holds_no_path_of_the_host(host):
    graph = RECORDINGS["file_error"]["request"]["prompt"]
    _, messages = host.run(graph)

    assert str(host.base) not in json.dumps(messages)


def test_interrupt_ends_a_run_as_recorded_and_at_once(host, running):
    prompt_id, socket = running
    assert host.http.post("/interrupt", json={"prompt_id": prompt_id}).content == b""
    messages = socket.until_end(prompt_id)

    recorded = [m["type"] for m in RECORDINGS["interrupted"]["messages"]]
    assert [m["type"] for m in messages] == recorded[-3:]
    data = messages[0]["data"]
    assert (data["node_id"], data["node_type"], data["executed"]) == ("2", "GrowMask", ["1"])
    history = host.history(prompt_id)
    assert history["outputs"] == {}
    assert history["status"]["messages"][-1][0] == "execution_interrupted"
    assert host.http.get(f"/api/jobs/{prompt_id}").json()["status"] == "cancelled"


def test_interrupt_of_another_id_does_nothing(host, running):
    prompt_id, _ = running
    other = "dd505ea6-4f3d-4d59-819c-9328d6641c58"
    host.http.post("/interrupt", json={"prompt_id": other})

    assert host.http.get("/queue").json()["queue_running"][0][1] == prompt_id


def test_an_idle_interrupt_does_not_poison_the_next_prompt(host):
    host.http.post("/interrupt")
    _, messages = host.run(RECORDINGS["happy"]["request"]["prompt"])

    assert messages[-3]["type"] == "execution_success"


def test_pending_prompts_are_listed_deleted_and_leave_no_trace(host, running):
    running_id, _ = running
    kept, deleted = host.submit(slow_graph()), host.submit(slow_graph())
    first = host.submit(slow_graph(), front=True)
    queue = host.http.get("/queue").json()
    host.http.post("/queue", json={"delete": [deleted, running_id, "nope"]})

    assert [row[1] for row in queue["queue_pending"]] == [first, kept, deleted]
    assert queue["queue_pending"][0][0] < 0
    assert host.http.get("/prompt").json() == {"exec_info": {"queue_remaining": 3}}
    assert host.http.get(f"/history/{deleted}").json() == {}
    assert host.http.get(f"/api/jobs/{deleted}").status_code == 404
    jobs = host.http.get("/api/jobs", params={"status": "pending,in_progress"}).json()
    assert {job["id"]: job["status"] for job in jobs["jobs"]} == {
        first: "pending",
        kept: "pending",
        running_id: "in_progress",
    }
    assert host.http.post(f"/api/jobs/{kept}/cancel").json() == {"cancelled": True}
    host.http.post("/queue", json={"clear": True})
    assert host.http.get("/queue").json()["queue_pending"] == []


def test_cancelling_a_job_twice_is_no_error(host, running):
    prompt_id, socket = running
    first = host.http.post(f"/api/jobs/{prompt_id}/cancel").json()
    socket.until_end(prompt_id)
    second = host.http.post(f"/api/jobs/{prompt_id}/cancel").json()

    assert (first, second) == ({"cancelled": True}, {"cancelled": False})


def test_a_batch_with_a_malformed_id_is_refused(host):
    answer = host.http.post("/api/jobs/cancel", json={"job_ids": ["x"]})

    assert answer.status_code == 400
    assert answer.json() == {"error": "job_ids contains invalid id(s)", "invalid_ids": ["x"]}


def test_a_reconnecting_client_is_told_the_node_that_runs(host, running):
    _, socket = running
    with Socket(host, socket.client_id) as again:
        assert again.greeting["data"]["sid"] == socket.client_id
        assert again.receive() == {"type": "executing", "data": {"node": "2"}}


def test_another_client_hears_only_of_the_queue(host):
    with Socket(host) as other:
        host.run(RECORDINGS["happy"]["request"]["prompt"])
        heard = [other.receive()["type"] for _ in range(3)]

    assert heard == ["status"] * 3


def test_feature_flags_are_answered_only_as_the_first_message(host):
    with Socket(host) as socket:
        socket.send({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
        answer = socket.receive()
        socket.send({"type": "feature_flags", "data": {}})
        host.submit(RECORDINGS["happy"]["request"]["prompt"])
        following = socket.receive()

    assert answer == {"type": "feature_flags", "data": host.http.get("/features").json()}
    assert following["type"] == "status"


def grade_graph(**inputs):
    wanted = {"image": ["1", 0], "prompt": "warm", "strength": 1.0, "seed": 0}
    return {
        "1": node("LoadImage", image="a.png"),
        "2": node("RabbitPromptGrade", **{**wanted, **inputs}),
        "4": node("SaveImage", images=["2", 0], filename_prefix="grade"),
    }


def test_previews_come_with_metadata_before_the_progress_when_both_are_asked_for(host):
    with Socket(host, flags={"supports_preview_metadata": True}) as socket:
        prompt_id = host.submit(
            grade_graph(), client_id=socket.client_id, extra_data={"preview_method": "auto"}
        )
        messages = socket.until_end(prompt_id)
    index = next(i for i, m in enumerate(messages) if isinstance(m, bytes))
    event, length = struct.unpack(">II", messages[index][:8])
    metadata = json.loads(messages[index][8 : 8 + length])

    assert event == 4
    assert (metadata["node_id"], metadata["prompt_id"]) == ("2", prompt_id)
    assert messages[index][8 + length :][:2] == b"\xff\xd8"
    assert messages[index - 1]["type"] == "progress_state"
    assert messages[index + 1]["type"] == "progress"


def test_previews_without_the_flag_are_plain_frames(host):
    _, messages = host.run(grade_graph(), extra_data={"preview_method": "latent2rgb"})
    frames = [m for m in messages if isinstance(m, bytes)]

    assert struct.unpack(">II", frames[0][:8]) == (1, 1)
    assert frames[0][8:10] == b"\xff\xd8"


def test_no_previews_come_unasked(host):
    _, messages = host.run(grade_graph())

    assert not [m for m in messages if isinstance(m, bytes)]


def test_a_grade_reports_what_it_understood_and_what_not(host):
    _, messages = host.run(grade_graph(prompt="slightly warm, flibber, vignette"))
    shown = next(m for m in messages if m["type"] == "executed")["data"]["output"]

    assert shown["text"] == [
        "Built-in look, no AI.",
        "Applied: slightly warm.",
        "Not understood: flibber.",
        "Not possible with a built-in look: vignette.",
    ]
    assert shown["rabbit_look"] == [
        {
            "ai": False,
            "understood": ["slightly warm"],
            "not_understood": ["flibber"],
            "not_possible": ["vignette"],
        }
    ]


def test_a_grade_of_which_nothing_is_understood_fails_with_what_is_understood(host):
    prompt_id, messages = host.run(grade_graph(prompt="flibber the gibbet"))
    error = next(m for m in messages if m["type"] == "execution_error")["data"]

    assert "understood nothing of “flibber the gibbet”" in error["exception_message"]
    assert "golden hour" in error["exception_message"]
    assert host.history(prompt_id)["outputs"] == {}


def test_the_report_of_a_cached_grade_is_shown_again(host):
    host.run(grade_graph())
    graph = grade_graph()
    graph["4"]["inputs"]["filename_prefix"] = "other"
    prompt_id, messages = host.run(graph)

    assert messages[3]["data"]["nodes"] == ["1", "2"]
    assert host.history(prompt_id)["outputs"]["2"]["text"][0] == "Built-in look, no AI."


def test_a_changed_file_under_the_same_name_is_noticed(host):
    host.upload("b.png", png(seed=5), overwrite="true")
    graph = grade_graph()
    graph["1"]["inputs"]["image"] = "b.png"
    host.run(graph)
    host.upload("b.png", png(seed=6), overwrite="true")
    _, messages = host.run(graph)

    assert messages[3]["data"]["nodes"] == []


def test_object_info_of_the_core_nodes_is_the_recorded_one(host):
    recorded = json.loads((DATA / "comfyui" / "object_info.json").read_text())
    ours = host.http.get("/object_info").json()
    shared = [name for name in recorded if name in ours and name != "LoadImage"]
    keys = ("input", "input_order", "output", "output_name", "output_node")

    assert len(shared) >= 6
    assert {n: {k: ours[n][k] for k in keys} for n in shared} == {
        n: {k: recorded[n][k] for k in keys} for n in shared
    }


def test_load_image_lists_the_pictures_of_the_input_folder(host):
    info = host.http.get("/object_info/LoadImage").json()["LoadImage"]

    assert "a.png" in info["input"]["required"]["image"][0]


def test_the_host_says_what_it_is(host):
    system = host.http.get("/system_stats").json()["system"]

    assert system["comfyui_version"] == "0.33.0"
    assert system["rabbitviewer_builtin"] is True


def test_every_route_stands_below_api_too(host):
    paths = ("/prompt", "/queue", "/history", "/object_info/ImageScale", "/features")
    assert [host.http.get(f"/api{path}").status_code for path in paths] == [200] * 5


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:{port}", 200),
        ("http://127.0.0.1", 200),
        ("null", 200),
        ("http://127.0.0.1:9", 403),
        ("http://localhost:{port}", 403),
        ("https://evil.example", 403),
    ],
)
def test_foreign_origins_are_refused(origin, status, host):
    headers = {"Origin": origin.format(port=host.port)}

    assert host.http.get("/queue", headers=headers).status_code == status


def test_a_foreign_page_cannot_open_a_socket(host):
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(
            f"ws://127.0.0.1:{host.port}/ws", origin="https://evil.example", timeout=5
        )


def test_the_host_ends_when_its_parent_closes_the_pipe_even_while_it_works(tmp_path):
    process = HostProcess(tmp_path)
    pixels = np.zeros((1200, 1200), np.uint8)
    pixels[0, 0] = 255
    Image.fromarray(pixels).save(tmp_path / "dot.png")
    process.upload("dot.png", (tmp_path / "dot.png").read_bytes())
    process.submit(slow_graph())

    assert process.close() == 0
