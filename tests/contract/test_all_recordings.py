"""Every prompt of every recording, and the answers beside them, as our client takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daemon.comfyui.address import parse_url
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.events import (
    Event,
    FailedOnHost,
    Finished,
    Interrupted,
    NodeProgress,
    NodeStarted,
    PreviewArrived,
    Started,
)
from daemon.comfyui.follow import Pace
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.progress import RunProgress
from daemon.comfyui.replies import OutputImage, RunResult
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from tests.fakes.comfyui import client_of, collect, new_id, run
from tests.fakes.replay import DATA, ReplayServer, load, recorded_prompts

PATIENT = Pace(poll_s=0.05, ended_s=0.02, grace_s=1.0)
LETTERS = ["a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "k2", "m", "n1", "n3", "o", "p"]
ENDS: dict[str, type[Event]] = {
    "finished": Finished,
    "failed": FailedOnHost,
    "interrupted": Interrupted,
}


def is_refused(recording: dict[str, Any]) -> bool:
    """Whether the server did not take it, or left a part of it out."""
    return recording["end"] == "refused" or bool(recording["answer"]["json"].get("node_errors"))


def ended(letter: str) -> list[Any]:
    return [one for one in recorded_prompts(letter) if not is_refused(one)]


def told(recording: dict[str, Any]) -> list[dict[str, Any]]:
    both = [*recording["before_answer"], *recording["after_answer"]]
    return [message["text"] for message in both if "text" in message]


async def follow_all(client: ComfyUIClient, recordings: list[Any]) -> list[list[Event]]:
    runs: list[list[Event]] = []
    for recording in recordings:
        prompt_id = new_id()
        await client.queue_workflow(recording["graph"], prompt_id)
        runs.append(await collect(client, prompt_id))
    return runs


def play(recordings: list[Any]) -> list[list[Event]]:
    async def go() -> list[list[Event]]:
        async with ReplayServer(*recordings) as server:
            client = ComfyUIClient(parse_url(server.url), pace=PATIENT)
            runs = await follow_all(client, recordings)
            await client.close()
        return runs

    return run(go())


def result_of(recording: dict[str, Any], node: str, prefix: str) -> RunResult:
    async def go() -> RunResult:
        async with ReplayServer(recording) as server:
            client = client_of(server)
            prompt_id = new_id()
            try:
                await client.queue_workflow(recording["graph"], prompt_id)
                await collect(client, prompt_id)
                return await client.get_result(prompt_id, node, prefix=prefix)
            finally:
                await client.close()

    return run(go())


def refused_result(recording: dict[str, Any], node: str, prefix: str) -> ErrorInfo:
    with pytest.raises(RabbitError) as caught:
        result_of(recording, node, prefix)
    assert caught.value.info.kind is ErrorKind.RESULT_INVALID
    return caught.value.info


@pytest.mark.parametrize("letter", LETTERS)
def test_every_recorded_prompt_ends_as_it_ended_on_the_server(letter: str) -> None:
    recordings = ended(letter)
    runs = play(recordings)
    assert [type(events[-1]) for events in runs] == [ENDS[one["end"]] for one in recordings]


@pytest.mark.parametrize("letter", LETTERS)
def test_every_node_that_the_server_began_is_told_once_and_in_order(letter: str) -> None:
    recordings = [one for one in ended(letter) if one["end"] == "finished"]
    began = [
        [
            message["data"]["node"]
            for message in told(recording)
            if message["type"] == "executing" and message["data"]["node"] is not None
        ]
        for recording in recordings
    ]
    runs = play(recordings)
    assert [[e.node for e in events if isinstance(e, NodeStarted)] for events in runs] == began


@pytest.mark.parametrize("letter", ["b", "h", "o"])
def test_every_refusal_is_a_sentence(letter: str) -> None:
    recordings = [one for one in recorded_prompts(letter) if is_refused(one)]

    async def go() -> list[ErrorInfo]:
        async with ReplayServer(*recordings) as server:
            client = client_of(server)
            found: list[ErrorInfo] = []
            for recording in recordings:
                with pytest.raises(RabbitError) as caught:
                    await client.queue_workflow(recording["graph"], new_id())
                found.append(caught.value.info)
            await client.close()
        return found

    infos = run(go())
    assert len(infos) == len(recordings)
    kinds = {ErrorKind.WORKFLOW_INVALID, ErrorKind.WORKFLOW_UNAVAILABLE, ErrorKind.HOST_FAILED}
    assert {info.kind for info in infos} <= kinds
    assert all(info.message and info.hint for info in infos)
    assert not any("Traceback" in info.message for info in infos)


def test_f_what_the_server_tells_everybody_never_leaks_into_our_job() -> None:
    others = load("recordings/f_others")
    assert {"progress", "progress_state", "execution_interrupted"} <= {
        message["text"]["type"] for message in others
    }
    (ours, *_) = recorded_prompts("f")
    mixed = {**ours, "after_answer": [*others, *ours["after_answer"], *others], "before_answer": []}
    plain = [event for event in play([ours])[0] if not isinstance(event, Started)]
    (events,) = play([mixed])
    assert [event for event in events if not isinstance(event, Started)] == plain


def test_f_a_job_that_waits_hears_nothing_of_the_one_that_runs() -> None:
    others = load("recordings/f_others")
    (ours, *_) = recorded_prompts("f")
    waiting = {**ours, "after_answer": others, "before_answer": []}

    async def go() -> list[Event]:
        async with ReplayServer(waiting) as server:
            client = client_of(server)
            prompt_id = new_id()
            await client.queue_workflow(ours["graph"], prompt_id)
            events = await collect(client, prompt_id)
            await client.close()
        return events

    assert {type(event) for event in run(go())} <= {Started, Finished}


def test_h_the_name_that_the_server_echoes_is_used_whatever_it_is(tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    picture.write_bytes(b"picture")
    answers = [one for one in load("recordings/h_uploads") if one["status"] == 200]

    async def go() -> list[str]:
        async with ReplayServer() as server:
            client = client_of(server)
            found: list[str] = []
            for one in answers:
                server.answers["POST", "/upload/image"] = (200, one["json"])
                found.append((await client.upload_image(picture, "x.png")).reference)
            await client.close()
        return found

    references = run(go())
    assert "dup-1795249612 (1).png" in references
    assert "rv/jobs/s.png" in references
    assert "ünï code 日本 &'#.png" in references
    assert "q%22uote.png" in references
    assert len(references) == len(answers)


def test_h_refused_uploads_have_sentences_of_their_own(tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    picture.write_bytes(b"picture")
    statuses = {one["status"] for one in load("recordings/h_uploads")} - {200}

    async def go() -> dict[int, str]:
        async with ReplayServer() as server:
            client = client_of(server)
            found: dict[int, str] = {}
            for status in sorted(statuses):
                server.answers["POST", "/upload/image"] = (status, b"")
                with pytest.raises(RabbitError) as caught:
                    await client.upload_image(picture, "x.png")
                found[status] = caught.value.info.message
            await client.close()
        return found

    said = run(go())
    assert statuses == {400, 413, 500}
    assert "found the picture too large" in said[413]
    assert "had an error of its own (500)" in said[500]
    assert len(set(said.values())) == 3


def fetched(tmp_path: Path, image: OutputImage, status: int) -> tuple[ErrorInfo | None, str]:
    """Fetch a result that the server answers so; return the failure and the path that was asked."""

    async def go() -> tuple[ErrorInfo | None, str]:
        async with ReplayServer() as server:
            server.answers["GET", "/view"] = (status, b"picture")
            client = client_of(server)
            asked: list[dict[str, str]] = []
            download = client._transport.download

            async def note(path: str, params: dict[str, str], *rest: Any) -> int:
                asked.append(params)
                return await download(path, params, *rest)

            client._transport.download = note
            error = None
            try:
                await client.download_image(image, tmp_path / "got.png", patience_s=0)
            except RabbitError as caught:
                error = caught.info
            await client.close()
        return error, "&".join(asked[0])

    return run(go())


@pytest.mark.parametrize("status", sorted({one["status"] for one in load("recordings/i_views")}))
def test_i_every_status_of_view_is_a_picture_or_a_sentence(tmp_path: Path, status: int) -> None:
    error, _ = fetched(tmp_path, OutputImage("v.png", "sub", "output"), status)
    good = (tmp_path / "got.png").exists()
    assert good == (status in (200, 206))
    assert good == (error is None)


def test_i_a_missing_picture_is_said_so(tmp_path: Path) -> None:
    error, _ = fetched(tmp_path, OutputImage("nope.png", "", "output"), 404)
    assert error is not None
    assert error.message.endswith("no longer has the picture nope.png.")


@pytest.mark.parametrize("folder", ["", "sub"])
def test_i_the_subfolder_is_always_passed(tmp_path: Path, folder: str) -> None:
    # the server reduces sub/v.png in filename to v.png, another picture
    _, asked = fetched(tmp_path, OutputImage("v.png", folder, "output"), 200)
    assert asked == "filename&subfolder&type"


def test_k_tiles_of_an_upscaling_model_count_up_to_one() -> None:
    recording = recorded_prompts("k")[-1]
    (events,) = play([recording])
    steps = [event for event in events if isinstance(event, NodeProgress)]
    assert steps[-1] == NodeProgress("4", 9.0, 9.0)
    progress = RunProgress(recording["graph"])
    fractions = [progress.update(event) for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("letter", ["k2", "n3"])
def test_previews_reach_the_job_that_they_belong_to(letter: str) -> None:
    recordings = [
        one
        for one in ended(letter)
        if any(m.get("binary", {}).get("event") in (1, 4) for m in one["after_answer"])
    ]
    runs = play(recordings)
    assert recordings
    assert all(any(isinstance(event, PreviewArrived) for event in events) for events in runs)


def answer_of(path: str, nth: int = 0) -> Any:
    return [one for one in load("recordings/l_answers") if one["path"] == path][nth]


def asked_of_l(path: str, question: str) -> Any:
    """What the client makes of a recorded answer."""

    async def go() -> Any:
        async with ReplayServer() as server:
            one = answer_of(path)
            server.answers[one["method"], path.removeprefix("/api")] = (one["status"], one["json"])
            client = client_of(server)
            try:
                return await getattr(client, question)()
            finally:
                await client.close()

    return run(go())


def test_l_version_and_device_are_read() -> None:
    stats = asked_of_l("/api/system_stats", "system_stats")
    assert stats.version == "0.33.0"
    assert [device.type for device in stats.devices] == ["cpu"]


def test_l_both_spellings_of_a_choice_are_read() -> None:
    old = ObjectInfo(answer_of("/object_info/LoadImage")["json"])
    new = ObjectInfo(answer_of("/api/object_info/UpscaleModelLoader")["json"])
    assert "a.png" in (old.choices("LoadImage", "image") or ())
    assert "RealESRGAN_x4plus.pth" in (new.choices("UpscaleModelLoader", "model_name") or ())
    assert "NoSuch" not in ObjectInfo(answer_of("/object_info/NoSuch")["json"])


def test_l_cancelling_what_the_server_does_not_know_is_no_failure() -> None:
    async def go() -> bool:
        async with ReplayServer() as server:
            prompt_id = new_id()
            one = answer_of("/api/jobs/not-a-uuid/cancel")
            path = f"/api/jobs/{prompt_id}/cancel"
            server.answers["POST", path] = (one["status"], one["json"])
            client = client_of(server)
            cancelled = await client.cancel(prompt_id)
            await client.close()
        return cancelled

    assert run(go()) is False


def test_l_an_unknown_path_is_not_taken_for_comfyui() -> None:
    async def go() -> ErrorInfo:
        async with ReplayServer() as server:
            server.answers["GET", "/system_stats"] = (answer_of("/nosuch")["status"], b"")
            client = client_of(server)
            with pytest.raises(RabbitError) as caught:
                await client.system_stats()
            await client.close()
        return caught.value.info

    assert "is not ComfyUI" in run(go()).message


def test_m_every_kind_of_picture_leaves_one_result_of_our_own_node() -> None:
    recordings = recorded_prompts("m")
    results = [
        result_of(one, "2", one["graph"]["2"]["inputs"]["filename_prefix"]) for one in recordings
    ]
    assert len(results) == 25
    assert {result.image.type for result in results} == {"output"}
    assert len({result.image.filename for result in results}) == 25


def test_n1_every_shipped_graph_without_its_weights_names_the_damaged_file() -> None:
    recordings = [one for one in recorded_prompts("n1") if one["end"] == "failed"]
    last = [events[-1] for events in play(recordings)]
    said = [event.error.message for event in last if isinstance(event, FailedOnHost)]
    assert len(said) == 14
    assert all(line.endswith(" is damaged.") for line in said)
    assert all(".safetensors" in line or ".pth" in line for line in said)


def test_o_pictures_of_other_nodes_are_never_the_result() -> None:
    (recording,) = [one for one in recorded_prompts("o") if one["label"] == "ImageCropV2"]
    prefix = recording["graph"]["9"]["inputs"]["filename_prefix"]
    assert result_of(recording, "9", prefix).image.type == "output"
    assert "only temp pictures" in refused_result(recording, "5", prefix).message


def test_o_a_preview_alone_is_no_result() -> None:
    (recording,) = [one for one in recorded_prompts("o") if one["label"] == "MaskPreview"]
    assert "only temp pictures" in refused_result(recording, "5", "x").message


def test_p_a_picture_sent_over_the_socket_is_no_result_and_the_sentence_says_why() -> None:
    recordings = recorded_prompts("p")[:4]
    infos = [refused_result(one, "3", "rabbitviewer/job") for one in recordings]
    assert {info.message.partition(" finished ")[2] for info in infos} == {
        "without a result: node 3 left no picture."
    }
    assert all("sends its picture over the socket keeps none" in info.hint for info in infos)


def test_p_what_a_node_says_over_the_socket_does_not_disturb_a_run() -> None:
    (recording,) = [one for one in recorded_prompts("p") if one["label"].startswith("GetImageSize")]
    messages = [*recording["before_answer"], *recording["after_answer"]]
    assert any(message.get("binary", {}).get("event") == 3 for message in messages)
    prefix = recording["graph"]["9"]["inputs"]["filename_prefix"]
    assert result_of(recording, "9", prefix).image.type == "output"


def test_every_recording_is_replayed() -> None:
    kept = {file.stem.partition("_")[0] for file in (DATA / "recordings").glob("*.json")}
    assert kept == {*LETTERS, "i", "l"}
