"""Runs as a real server told them, replayed over a real socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.events import (
    Event,
    FailedOnHost,
    Finished,
    HostAway,
    Interrupted,
    NodeProgress,
    NodeStarted,
    PreviewArrived,
    PromptLost,
    Queued,
    Started,
)
from daemon.comfyui.progress import RunProgress
from daemon.comfyui.replies import OutputImage
from daemon.protocol.errors import ErrorKind, RabbitError
from tests.fakes.comfyui import client_of, collect, new_id, run
from tests.fakes.replay import JPEG, ReplayServer, load


def play(*names: str) -> tuple[list[list[Event]], ReplayServer]:
    """Post each recording's graph once; return the events of each run, and the server."""

    async def go() -> tuple[list[list[Event]], ReplayServer]:
        recordings = [load(name) for name in names]
        async with ReplayServer(*recordings) as server:
            client = client_of(server)
            runs: list[list[Event]] = []
            for recording in recordings:
                prompt_id = new_id()
                await client.queue_workflow(recording["graph"], prompt_id)
                runs.append(await collect(client, prompt_id))
            await client.close()
        return runs, server

    return run(go())


def nodes_of(events: list[Event]) -> list[str]:
    return [event.node for event in events if isinstance(event, NodeStarted)]


def is_progress(message: dict[str, Any]) -> bool:
    return message.get("text", {}).get("type") == "progress"


def test_a_plain_run_names_its_nodes_in_order_and_finishes() -> None:
    (events,), _ = play("a_happy")
    assert nodes_of(events) == ["1", "2", "3", "4"]
    assert isinstance(events[-1], Finished)


def test_events_before_the_answer_to_the_post_are_not_lost() -> None:
    (events,), _ = play("n3_kontext")
    assert nodes_of(events)[0] == "42"
    assert Started(("39", "190")) in events


def test_a_kontext_run_counts_up_to_one_and_never_backwards() -> None:
    (events,), _ = play("n3_kontext")
    progress = RunProgress(load("n3_kontext")["graph"])
    fractions = [progress.update(event) for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_the_graph_goes_out_with_our_own_id_and_wants_previews() -> None:
    _, server = play("a_happy")
    body = server.bodies[0]
    assert body["prompt_id"] in server.runs
    assert body["client_id"] == server.sockets[0]
    assert body["extra_data"] == {"preview_method": "auto"}


def test_the_first_word_on_the_socket_is_the_feature_flags() -> None:
    _, server = play("a_happy")
    assert server.heard[0] == {
        "type": "feature_flags",
        "data": {"supports_preview_metadata": True},
    }


def test_neither_http_nor_socket_sends_an_origin() -> None:
    _, server = play("a_happy")
    assert "Origin" not in server.headers
    assert "Origin" not in server.socket_headers


def test_previews_with_metadata_belong_to_their_node() -> None:
    (events,), _ = play("k2_previews")
    previews = [event for event in events if isinstance(event, PreviewArrived)]
    assert PreviewArrived(JPEG, "31") in previews


def test_previews_of_old_hosts_belong_to_the_running_prompt() -> None:
    (events,), _ = play("k2_previews_old")
    assert PreviewArrived(JPEG) in events


def test_a_cached_run_says_what_it_skips_and_finishes() -> None:
    (events,), _ = play("e_cached")
    assert Started(("1", "2", "3", "4")) in events
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("name", ["c_garbage_model", "c_empty_model"])
def test_a_damaged_model_file_is_named(name: str) -> None:
    (events,), _ = play(name)
    last = events[-1]
    assert isinstance(last, FailedOnHost)
    assert last.error.kind is ErrorKind.HOST_FAILED
    assert ".safetensors on ComfyUI at 127.0.0.1:" in last.error.message
    assert last.error.message.endswith("is damaged.")


def test_a_failure_hides_the_hosts_paths_in_the_sentence_only() -> None:
    (events,), _ = play("c_file_error")
    last = events[-1]
    assert isinstance(last, FailedOnHost)
    assert "/srv" not in last.error.message
    assert "failed in LoadImage: cannot identify image file 'text.png'" in last.error.message
    assert last.error.context["node"] == "1"
    assert "/srv/comfyui/data/input/text.png" in last.error.context["message"]


def test_an_interrupted_run_is_interrupted_not_failed() -> None:
    (events,), _ = play("d_interrupt")
    assert isinstance(events[-1], Interrupted)


def test_only_pictures_of_our_own_save_node_count_as_result() -> None:
    async def go() -> tuple[OutputImage, RabbitError]:
        recording = load("o_temp_images")
        async with ReplayServer(recording) as server:
            client = client_of(server)
            prompt_id = new_id()
            await client.queue_workflow(recording["graph"], prompt_id)
            await collect(client, prompt_id)
            found = await client.get_result(prompt_id, "9", prefix="nw/ImageCropV2")
            with pytest.raises(RabbitError) as caught:
                await client.get_result(prompt_id, "5", prefix="nw/ImageCropV2")
            await client.close()
            return found.image, caught.value

    found, error = run(go())
    assert (found.type, found.subfolder) == ("output", "nw")
    assert error.info.kind is ErrorKind.RESULT_INVALID
    assert "left only temp pictures" in error.info.message


async def hold_at_progress(server: ReplayServer, client: ComfyUIClient, name: str) -> str:
    """Post a recording whose run stops at its first progress message; return its id."""
    server.hold = lambda message: not is_progress(message)
    prompt_id = new_id()
    await client.queue_workflow(load(name)["graph"], prompt_id)
    await server.held.wait()
    return prompt_id


def test_a_socket_that_is_cut_is_opened_again_under_another_id() -> None:
    async def go() -> tuple[list[Event], list[str]]:
        async with ReplayServer(load("g_slow")) as server:
            client = client_of(server)
            prompt_id = await hold_at_progress(server, client, "g_slow")
            await server.cut_sockets()
            server.finish(prompt_id)
            events = await collect(client, prompt_id)
            await server.connected(2)
            await client.close()
            return events, server.sockets

    events, sockets = run(go())
    assert isinstance(events[-1], Finished)
    assert len(set(sockets)) == 2


def test_a_run_on_a_mute_socket_ends_by_the_history_and_the_socket_is_replaced() -> None:
    async def go() -> tuple[list[Event], list[str]]:
        async with ReplayServer(load("g_mute")) as server:
            client = client_of(server)
            prompt_id = await hold_at_progress(server, client, "g_mute")
            server.mute = True
            watching = asyncio.create_task(collect(client, prompt_id))
            await server.asked("GET", "/queue", 3)
            server.finish(prompt_id)
            events = await watching
            await server.connected(2)
            await client.close()
            return events, server.sockets

    events, sockets = run(go())
    assert isinstance(events[-1], Finished)
    assert len(set(sockets)) == 2


def test_a_socket_that_never_opens_does_not_keep_a_run_from_finishing() -> None:
    async def go() -> list[Event]:
        recording = load("a_happy")
        async with ReplayServer(recording) as server:
            server.answers["GET", "/ws"] = (400, {})
            client = client_of(server)
            client._pace = type(client._pace)(poll_s=0.05, socket_s=0.05)
            prompt_id = new_id()
            await client.queue_workflow(recording["graph"], prompt_id)
            events = await collect(client, prompt_id)
            await client.close()
            return events

    assert isinstance(run(go())[-1], Finished)


def test_a_server_killed_and_started_again_has_lost_the_prompt() -> None:
    async def go() -> list[Event]:
        async with ReplayServer(load("j_killed")) as server:
            client = client_of(server)
            prompt_id = await hold_at_progress(server, client, "j_killed")
            events: list[Event] = []
            await server.stop()
            async for event in client.events(prompt_id):
                events.append(event)
                if isinstance(event, HostAway):
                    await server.restart()
            await client.close()
            return events

    events = run(go())
    assert any(isinstance(event, HostAway) for event in events)
    assert events[-1] == PromptLost()


def test_a_host_that_stays_away_longer_than_the_patience_fails_the_run() -> None:
    async def go() -> list[Event]:
        async with ReplayServer(load("j_killed")) as server:
            client = client_of(server)
            prompt_id = await hold_at_progress(server, client, "j_killed")
            await server.stop()
            events = await collect(client, prompt_id, patience_s=0.2)
            await client.close()
            return events

    last = run(go())[-1]
    assert isinstance(last, FailedOnHost)
    assert last.error.kind is ErrorKind.HOST_UNREACHABLE
    assert "--listen 0.0.0.0" in last.error.hint


def test_a_prompt_of_an_earlier_process_is_followed_by_http_alone() -> None:
    async def go() -> list[Event]:
        async with ReplayServer(load("g_slow")) as server:
            first = client_of(server)
            prompt_id = await hold_at_progress(server, first, "g_slow")
            await first.close()
            second = client_of(server)
            watching = asyncio.create_task(collect(second, prompt_id))
            await server.asked("GET", "/queue", 2)
            server.finish(prompt_id)
            events = await watching
            await second.close()
            return events

    assert run(go()) == [Started(), Finished()]


def test_a_waiting_prompt_tells_its_place_in_the_queue() -> None:
    async def go() -> list[Event]:
        prompt_id = new_id()
        async with ReplayServer() as server:
            waiting = [[7, prompt_id, {}, {}, []], [5, new_id(), {}, {}, []]]
            running = [[4, new_id(), {}, {}, []]]
            server.answers["GET", "/queue"] = (
                200,
                {"queue_running": running, "queue_pending": waiting},
            )
            client = client_of(server)
            events: list[Event] = []
            async for event in client.events(prompt_id):
                events.append(event)
                server.answers["GET", "/queue"] = (200, {"queue_running": [], "queue_pending": []})
            await client.close()
            return events

    assert run(go()) == [Queued(2), PromptLost()]


def test_a_running_prompt_is_cancelled_by_its_id_alone() -> None:
    async def go() -> tuple[str, list[Event], ReplayServer]:
        async with ReplayServer(load("g_slow")) as server:
            client = client_of(server)
            prompt_id = await hold_at_progress(server, client, "g_slow")
            watching = asyncio.create_task(collect(client, prompt_id))
            assert await client.cancel(prompt_id)
            events = await watching
            await client.close()
            return prompt_id, events, server

    prompt_id, events, server = run(go())
    assert events[-1] == Interrupted()
    assert server.cancelled == [prompt_id]
    assert server.interrupted == []


def test_a_prompt_that_is_cancelled_before_anybody_watches_it_is_no_open_run() -> None:
    async def go() -> int:
        async with ReplayServer(load("g_slow")) as server:
            client = client_of(server)
            prompt_id = new_id()
            await client.queue_workflow(load("g_slow")["graph"], prompt_id)
            await client.cancel(prompt_id)
            still_open = client.open_runs
            await client.close()
            return still_open

    assert run(go()) == 0


def test_an_old_host_is_interrupted_only_while_our_own_prompt_runs() -> None:
    async def go() -> tuple[str, ReplayServer]:
        async with ReplayServer(load("g_slow")) as server:
            client = client_of(server)
            prompt_id = await hold_at_progress(server, client, "g_slow")
            other = new_id()
            server.answers["POST", f"/api/jobs/{prompt_id}/cancel"] = (405, b"")
            server.answers["POST", f"/api/jobs/{other}/cancel"] = (404, b"")
            assert not await client.cancel(other)
            assert await client.cancel(prompt_id)
            await client.close()
            return prompt_id, server

    prompt_id, server = run(go())
    assert server.interrupted == [{"prompt_id": prompt_id}]


def test_progress_carries_the_node_and_its_steps() -> None:
    (events,), _ = play("n3_kontext")
    steps = [event for event in events if isinstance(event, NodeProgress)]
    assert {step.node for step in steps} == {"31"}
    assert steps[-1] == NodeProgress("31", 8.0, 8.0)


def test_a_result_is_fetched_with_its_subfolder(tmp_path: Path) -> None:
    async def go() -> bytes:
        async with ReplayServer() as server:
            server.files["a.png", "rv/jobs", "output"] = b"picture"
            client = client_of(server)
            target = tmp_path / "got.png"
            await client.download_image(OutputImage("a.png", "rv/jobs", "output"), target)
            await client.close()
            return target.read_bytes()

    assert run(go()) == b"picture"
    assert [path.name for path in tmp_path.iterdir()] == ["got.png"]


def fetch_and_fail(tmp_path: Path, image: OutputImage, max_bytes: int) -> RabbitError:
    async def go() -> RabbitError:
        async with ReplayServer() as server:
            server.files["big.png", "", "output"] = b"x" * 2000
            client = client_of(server)
            with pytest.raises(RabbitError) as caught:
                await client.download_image(image, tmp_path / "got.png", max_bytes)
            await client.close()
            return caught.value

    return run(go())


def test_a_result_larger_than_the_cap_leaves_no_file(tmp_path: Path) -> None:
    error = fetch_and_fail(tmp_path, OutputImage("big.png", "", "output"), 1000)
    assert error.info.kind is ErrorKind.RESULT_INVALID
    assert list(tmp_path.iterdir()) == []


def test_a_result_that_was_deleted_on_the_host_is_said_so(tmp_path: Path) -> None:
    error = fetch_and_fail(tmp_path, OutputImage("x_00001_.png", "cache", "output"), 1000)
    assert error.info.message.endswith("no longer has the picture x_00001_.png.")


def test_a_result_is_fetched_once_a_host_that_was_away_is_back(tmp_path: Path) -> None:
    async def go() -> bytes:
        async with ReplayServer() as server:
            server.files["a.png", "", "output"] = b"picture"
            client = client_of(server)
            await client.system_stats()
            await server.stop()
            target = tmp_path / "got.png"
            fetching = asyncio.create_task(
                client.download_image(OutputImage("a.png", "", "output"), target)
            )
            await asyncio.sleep(0)
            await server.restart()
            await fetching
            await client.close()
            return target.read_bytes()

    assert run(go()) == b"picture"


def test_the_name_that_the_host_gave_an_upload_is_used(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    picture.write_bytes(b"p")

    async def go() -> list[str]:
        async with ReplayServer() as server:
            client = client_of(server)
            references = [
                (await client.upload_image(picture, "dup.png")).reference for _ in range(10)
            ]
            await client.close()
            return references

    references = run(go())
    assert references[0] == "dup-1795249612.png"
    assert references[2] == "dup-1795249612 (1).png"
    assert references[9] == "rv/jobs/s.png"
