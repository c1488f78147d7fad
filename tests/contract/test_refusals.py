"""What a host refuses, and what a person reads then."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from daemon.comfyui.address import HostAddress, parse_url
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.graph import Graph
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from tests.fakes.comfyui import QUICK, client_of, new_id, run
from tests.fakes.replay import ReplayServer, load

REFUSED: list[dict[str, Any]] = load("b_invalid")


def post(graph: Graph, status: int, reply: Any) -> tuple[ErrorInfo, ReplayServer]:
    async def go() -> tuple[ErrorInfo, ReplayServer]:
        async with ReplayServer() as server:
            prompt_id = new_id()
            answer = {**reply, "prompt_id": prompt_id} if status == 200 else reply
            server.answers["POST", "/prompt"] = (status, answer)
            client = client_of(server)
            with pytest.raises(RabbitError) as caught:
                await client.queue_workflow(graph, prompt_id)
            await client.close()
            return caught.value.info, server

    return run(go())


def recorded(kind: str, number: int = 0) -> tuple[ErrorInfo, ReplayServer]:
    """Replay the refusal whose first complaint, or else whose error, is of *kind*."""
    found = [case for case in REFUSED if kind in kinds(case["json"])]
    case = found[number]
    return post(case["graph"], case["status"], case["json"])


def kinds(reply: dict[str, Any]) -> Iterator[str]:
    for entry in reply.get("node_errors", {}).values():
        yield from (complaint["type"] for complaint in entry["errors"])
    yield reply.get("error", {}).get("type", "")


def test_a_missing_node_is_named_with_its_class() -> None:
    info, _ = recorded("missing_node_type")
    assert info.kind is ErrorKind.WORKFLOW_UNAVAILABLE
    assert info.message.endswith("has no node 'NoSuchNode'.")
    assert info.context == {"node": "2", "class": "NoSuchNode"}


def test_a_missing_model_is_named_with_its_folder() -> None:
    info, _ = recorded("value_not_in_list", 1)
    assert info.kind is ErrorKind.WORKFLOW_UNAVAILABLE
    assert "4x-UltraSharp.pth is missing in models/upscale_models" in info.message
    assert info.context["class"] == "UpscaleModelLoader"
    assert info.context["input"] == "model_name"


def test_a_value_that_is_no_file_is_an_invalid_workflow() -> None:
    info, _ = recorded("value_not_in_list", 0)
    assert info.kind is ErrorKind.WORKFLOW_INVALID
    assert "(ImageScale.upscale_method)" in info.message
    assert "'magic' not in" in info.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("required_input_missing", "(ImageScale.width): Required input is missing (width)"),
        ("return_type_mismatch", "received_type(MASK) mismatch input_type(IMAGE)"),
        ("value_smaller_than_min", "Value -5 smaller than min of 0"),
        ("value_bigger_than_max", "Value 99999999 bigger than max of 16384"),
        ("invalid_input_type", "Failed to convert an input value to a INT value"),
        ("dependency_cycle", "Dependency cycle detected"),
    ],
)
def test_a_refused_input_is_named_by_node_class_and_input(kind: str, words: str) -> None:
    info, _ = recorded(kind)
    assert info.kind is ErrorKind.WORKFLOW_INVALID
    assert words in info.message


def test_a_python_exception_of_the_validation_stays_in_the_details() -> None:
    info, _ = recorded("exception_during_inner_validation")
    assert info.kind is ErrorKind.WORKFLOW_INVALID
    assert "'99'" not in info.message
    assert info.context["details"] == "'99'"


def test_a_picture_that_is_not_there_is_said_in_words() -> None:
    info, _ = recorded("custom_validation_failed")
    assert info.message.endswith("does not find the picture it was sent.")


def test_a_graph_without_an_output_is_an_invalid_workflow() -> None:
    info, _ = recorded("prompt_no_outputs")
    assert info.kind is ErrorKind.WORKFLOW_INVALID
    assert "Prompt has no outputs" in info.message


def test_a_prompt_accepted_in_part_fails_and_is_cancelled() -> None:
    case = next(case for case in REFUSED if case["status"] == 200)
    info, server = post(case["graph"], 200, case["json"])
    assert info.kind is ErrorKind.WORKFLOW_INVALID
    assert "(ImageInvert.image)" in info.message
    assert len(server.cancelled) == 1


def test_all_missing_models_are_named_at_once() -> None:
    graph = load("n3_kontext")["graph"]
    reply = {
        "error": {"type": "prompt_outputs_failed_validation", "message": "m", "details": ""},
        "node_errors": {
            "37": {"class_type": "UNETLoader", "errors": [_not_in_list("unet_name")]},
            "39": {"class_type": "VAELoader", "errors": [_not_in_list("vae_name")]},
        },
    }
    info, _ = post(graph, 400, reply)
    assert info.message.startswith("2 model files are missing on ComfyUI at 127.0.0.1:")
    assert "models/diffusion_models/flux1-dev-kontext_fp8_scaled.safetensors" in info.message
    assert "models/vae/ae.safetensors" in info.message


def test_a_host_that_renames_prompts_is_too_old() -> None:
    async def go() -> ErrorInfo:
        async with ReplayServer() as server:
            reply = {"prompt_id": new_id(), "number": 1, "node_errors": {}}
            server.answers["POST", "/prompt"] = (200, reply)
            client = client_of(server)
            with pytest.raises(RabbitError) as caught:
                await client.queue_workflow({}, new_id())
            await client.close()
            return caught.value.info

    info = run(go())
    assert info.kind is ErrorKind.HOST_REFUSED
    assert "too old" in info.message


def ask(address: HostAddress) -> ErrorInfo:
    async def go() -> ErrorInfo:
        client = ComfyUIClient(address, pace=QUICK)
        with pytest.raises(RabbitError) as caught:
            await client.system_stats()
        await client.close()
        return caught.value.info

    return run(go())


def answered(status: int, body: Any) -> ErrorInfo:
    async def go() -> ErrorInfo:
        async with ReplayServer() as server:
            server.answers["GET", "/system_stats"] = (status, body)
            client = client_of(server)
            with pytest.raises(RabbitError) as caught:
                await client.system_stats()
            await client.close()
            return caught.value.info

    return run(go())


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_refused_connection_names_listen_and_the_address(free_port: int) -> None:
    info = ask(parse_url(f"http://127.0.0.1:{free_port}"))
    assert info.kind is ErrorKind.HOST_UNREACHABLE
    assert info.message == f"ComfyUI at 127.0.0.1:{free_port} refused the connection."
    assert f"--listen 0.0.0.0 --port {free_port}" in info.hint


def test_an_unknown_name_is_said_so() -> None:
    info = ask(parse_url("http://no-such-machine.invalid:8188"))
    assert info.kind is ErrorKind.HOST_UNREACHABLE
    assert "'no-such-machine.invalid' is not known" in info.message


def test_plain_http_where_tls_is_expected_is_said_so() -> None:
    async def go() -> ErrorInfo:
        async with ReplayServer() as server:
            client = ComfyUIClient(HostAddress(host="127.0.0.1", port=server.port, https=True))
            with pytest.raises(RabbitError) as caught:
                await client.system_stats()
            await client.close()
            return caught.value.info

    info = run(go())
    assert info.kind is ErrorKind.HOST_REFUSED
    assert "https: false" in info.hint


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, b"", ErrorKind.HOST_REFUSED, "asks for a login"),
        (403, b"", ErrorKind.HOST_REFUSED, "does not allow its status"),
        (404, b"nothing here", ErrorKind.HOST_REFUSED, "answers, but it is not ComfyUI"),
        (200, b"<html>router</html>", ErrorKind.HOST_REFUSED, "answers, but it is not ComfyUI"),
        (200, {"hello": 1}, ErrorKind.HOST_REFUSED, "answers, but it is not ComfyUI"),
        (302, b"", ErrorKind.HOST_REFUSED, "answers, but it is not ComfyUI"),
        (500, b"trouble", ErrorKind.HOST_FAILED, "had an error of its own (500)"),
        (502, b"", ErrorKind.HOST_UNREACHABLE, "not available (502)"),
    ],
)
def test_every_odd_answer_has_its_own_sentence(
    status: int, body: Any, kind: ErrorKind, words: str
) -> None:
    info = answered(status, body)
    assert info.kind is kind
    assert words in info.message


@pytest.mark.slow
def test_a_host_that_never_answers_times_out_with_a_sentence() -> None:
    async def go() -> ErrorInfo:
        async def swallow(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)

        writers: list[asyncio.StreamWriter] = []
        listener = await asyncio.start_server(swallow, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        client = ComfyUIClient(
            HostAddress(host="127.0.0.1", port=port, response_timeout_s=5.0), pace=QUICK
        )
        with pytest.raises(RabbitError) as caught:
            await client.system_stats()
        await client.close()
        for writer in writers:
            writer.close()
        listener.close()
        await listener.wait_closed()
        return caught.value.info

    info = run(go())
    assert info.kind is ErrorKind.TIMED_OUT
    assert "did not answer within 5 s" in info.message


def test_a_lost_answer_to_the_post_is_not_a_second_run() -> None:
    async def go() -> int:
        recording = load("a_happy")
        async with ReplayServer(recording) as server:
            client = client_of(server)
            real = client._transport.refused_json

            async def accepted_then_lost(path: str, body: object) -> tuple[int, object]:
                await real(path, body)
                raise RabbitError(
                    ErrorKind.TIMED_OUT, "no answer", context={"error": "ReadTimeout"}
                )

            client._transport.refused_json = accepted_then_lost
            await client.queue_workflow(recording["graph"], new_id())
            await client.close()
            return len(server.bodies)

    assert run(go()) == 1


def test_headers_of_a_host_reach_http_and_socket_but_no_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")

    async def go() -> tuple[ReplayServer, ErrorInfo]:
        async with ReplayServer() as server:
            address = HostAddress(
                host="127.0.0.1", port=server.port, headers={"Authorization": "Bearer s3cret"}
            )
            client = ComfyUIClient(address, pace=QUICK)
            server.answers["POST", "/prompt"] = (400, {"error": {"type": "no_prompt"}})
            with pytest.raises(RabbitError) as caught:
                await client.queue_workflow({}, new_id())
            await client.close()
            assert "s3cret" not in repr(address)
            return server, caught.value.info

    server, info = run(go())
    assert server.headers["Authorization"] == "Bearer s3cret"
    assert server.socket_headers["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in str(info)
    assert "s3cret" not in caplog.text


def _not_in_list(name: str) -> dict[str, Any]:
    return {
        "type": "value_not_in_list",
        "message": "Value not in list",
        "details": f"{name}: 'x' not in []",
        "extra_info": {"input_name": name},
    }
