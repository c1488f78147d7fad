"""The check of a host: which step tells what, and what it advises."""

from __future__ import annotations

import json
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from daemon.comfyui import diagnosis, probes
from daemon.comfyui.address import HostAddress
from daemon.comfyui.diagnosis import STEPS, diagnose
from daemon.comfyui.host_steps import failed, ok
from daemon.comfyui.secrets import Secrets
from daemon.protocol.hosting import CheckStep
from tests.contract.test_tls_and_prefix import CERTIFICATE, server_context
from tests.contract.test_way_to_host import at
from tests.fakes.comfyui import run
from tests.fakes.odd_servers import Proxy, RawServer, Web, say, say_nothing
from tests.fakes.replay import DATA, ReplayServer, load

GPU = {
    "system": {"comfyui_version": "0.33.0"},
    "devices": [
        {"name": "RTX 4090", "type": "cuda", "vram_total": 24 << 30, "vram_free": 20 << 30}
    ],
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def steps_of(address: HostAddress, **options: Any) -> dict[str, CheckStep]:
    found = await diagnose(address, Secrets({}), {}, **options)
    assert tuple(step.step for step in found) == STEPS
    return {step.step: step for step in found}


def states(steps: dict[str, CheckStep]) -> str:
    """One letter per step: o(k), f(ailed), s(kipped), w(arning)."""
    return "".join(step.state[0] for step in steps.values())


def checked(handle: Handler, **more: Any) -> dict[str, CheckStep]:
    async def go() -> dict[str, CheckStep]:
        async with Web(handle) as server:
            return await steps_of(at(server.port, **more))

    return run(go())


def answering(status: int, text: str = "", **headers: str) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return handle


def comfyui(stats: Any = None, ws: Handler | None = None) -> dict[str, CheckStep]:
    """Return the check of a host with other answers than usual."""

    async def go() -> dict[str, CheckStep]:
        async with ReplayServer() as server:
            server.answers["GET", "/system_stats"] = (200, GPU if stats is None else stats)

            async def handle(request: web.Request) -> web.StreamResponse:
                if ws is not None and request.path == "/ws":
                    return await ws(request)
                return await server._handle(request)

            async with Web(handle) as front:
                return await steps_of(at(front.port))

    return run(go())


def test_a_host_that_is_as_it_should_be() -> None:
    steps = comfyui()
    assert states(steps) == "oosoooooo"
    assert steps["version"].message == "ComfyUI 0.33.0."
    assert steps["devices"].message == "RTX 4090 (20.0 of 24.0 GB free)."
    assert steps["queue"].message == "Nothing waits there."
    assert not any(step.hint for step in steps.values())


def test_a_closed_port_names_the_option_that_opens_it() -> None:
    steps = run(steps_of(at(9)))
    assert states(steps) == "ofsssssss"
    assert "`--listen 0.0.0.0 --port 9`" in steps["tcp"].hint


def test_a_name_that_nobody_knows() -> None:
    steps = run(steps_of(HostAddress(host="nowhere.invalid")))
    assert states(steps) == "fssssssss"
    assert "IP address" in steps["dns"].hint


def test_a_port_that_takes_connections_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "_ANSWER_S", 0.2)

    async def go() -> dict[str, CheckStep]:
        async with RawServer(say_nothing) as server:
            return await steps_of(at(server.port))

    steps = run(go())
    assert states(steps) == "oossfssss"
    assert "says nothing" in steps["api"].message


def test_the_whole_check_has_an_end() -> None:
    async def go() -> dict[str, CheckStep]:
        async with RawServer(say_nothing) as server:
            return await steps_of(at(server.port), total_s=0.2)

    steps = run(go())
    assert states(steps) == "oosfsssss"
    assert "within 0.2 s" in steps["auth"].message


def over_tls(server: ssl.SSLContext, **more: Any) -> dict[str, CheckStep]:
    async def go() -> dict[str, CheckStep]:
        async with ReplayServer(tls=server) as host:
            host.answers["GET", "/system_stats"] = (200, GPU)
            return await steps_of(at(host.port, **more))

    return run(go())


def test_a_certificate_of_an_authority_of_ones_own() -> None:
    steps = over_tls(server_context(), https=True, ca_file=str(CERTIFICATE))
    assert states(steps) == "ooooooooo"
    assert "the certificate is good until 2126-" in steps["tls"].message


def test_a_certificate_that_nobody_vouches_for() -> None:
    steps = over_tls(server_context(), https=True)
    assert states(steps) == "oofssssss"
    assert "ca_file" in steps["tls"].hint


def test_a_certificate_for_another_name() -> None:
    steps = over_tls(server_context(), host="localhost", https=True, ca_file=str(CERTIFICATE))
    assert states(steps) == "oofssssss"
    assert "for another name than localhost" in steps["tls"].message


def test_plain_http_to_a_port_that_speaks_tls() -> None:
    steps = over_tls(server_context())
    assert states(steps) == "oofssssss"
    assert "https: true" in steps["tls"].hint


def test_tls_to_a_port_that_speaks_plain_http() -> None:
    steps = checked(answering(200), https=True)
    assert states(steps) == "oofssssss"
    assert "https: false" in steps["tls"].hint


def test_a_server_that_wants_a_certificate_of_ours() -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(CERTIFICATE)
    steps = over_tls(context, https=True, ca_file=str(CERTIFICATE))
    assert states(steps) == "oofssssss"
    assert "client_cert" in steps["tls"].hint


def test_a_server_that_gets_the_certificate_it_wants() -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(CERTIFICATE)
    steps = over_tls(
        context,
        https=True,
        ca_file=str(CERTIFICATE),
        client_cert=str(CERTIFICATE),
        client_key=str(DATA / "tls" / "key.pem"),
    )
    assert states(steps) == "ooooooooo"


def test_a_key_that_is_none_is_told_before_anything_else_fails() -> None:
    steps = over_tls(server_context(), https=True, client_cert="/nowhere.pem")
    assert "client_cert and client_key" in steps["tls"].hint


@pytest.mark.parametrize(
    ("handle", "words", "advice"),
    [
        (answering(401), "asks for a login that it was not given", "token"),
        (answering(403), "does not allow", "rights"),
        (answering(302, Location="/login?x=s3cret"), "/login, which it does not follow", "login"),
        (answering(400, "No required SSL certificate was sent"), "asks for a cert", "client_cert"),
    ],
)
def test_who_is_not_let_in_is_told_in_the_step_of_the_login(
    handle: Handler, words: str, advice: str
) -> None:
    steps = checked(handle)
    assert states(steps) == "oosfsssss"
    assert words in steps["auth"].message
    assert advice in steps["auth"].hint


def test_a_wrong_login_is_told_from_a_missing_one() -> None:
    steps = checked(answering(401), token="wrong")
    assert "did not accept the login" in steps["auth"].message


def test_a_secret_that_is_not_there_is_told_in_the_step_of_the_login() -> None:
    steps = checked(answering(200), token="env:NOT_THERE")
    assert states(steps) == "oosfsssss"
    assert "NOT_THERE" in steps["auth"].message


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        (answering(200, "<html><title>FRITZ!Box</title>"), "a web page ('FRITZ!Box')"),
        (answering(200, "<!doctype html><html><body>"), "a web page, not as ComfyUI does"),
        (answering(404, "nothing"), "it is not ComfyUI"),
        (answering(200, "[]"), "it is not ComfyUI"),
        (answering(200, '{"hello": 1}'), "it is not ComfyUI"),
        (answering(200, "[" * 100_000), "it is not ComfyUI"),
        (answering(500), "an error of its own (500)"),
        (answering(502), "is not available (502)"),
    ],
)
def test_what_is_not_comfyui_is_told_as_what_it_is(handle: Handler, words: str) -> None:
    steps = checked(handle)
    assert states(steps) == "oosofssss"
    assert words in steps["api"].message


@pytest.mark.parametrize(
    ("handle", "words", "advice"),
    [
        (answering(400), "opens no WebSocket at /ws (400)", "proxy_set_header Upgrade"),
        (answering(200), "opens no WebSocket at /ws (200)", "proxy_set_header Upgrade"),
        (answering(403), "but not the WebSocket at /ws (403)", "same login"),
    ],
)
def test_a_socket_that_does_not_open_is_a_warning(handle: Handler, words: str, advice: str) -> None:
    steps = comfyui(ws=handle)
    assert states(steps) == "oosoowooo"
    assert words in steps["websocket"].message
    assert advice in steps["websocket"].hint
    assert "Jobs run all the same" in steps["websocket"].hint


def test_a_socket_that_says_nothing_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "FIRST_MESSAGE_S", 0.2)

    async def mute(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    steps = comfyui(ws=mute)
    assert states(steps) == "oosoowooo"
    assert "nothing comes through" in steps["websocket"].message


@pytest.mark.parametrize(
    ("version", "state"), [("0.3.42", "ok"), ("0.3.41", "failed"), ("", "warning")]
)
def test_a_version_that_is_too_old_fails(version: str, state: str) -> None:
    steps = comfyui({**GPU, "system": {"comfyui_version": version}})
    assert steps["version"].state == state


def test_a_host_without_a_gpu_is_slow() -> None:
    steps = comfyui(load("system_stats"))
    assert steps["devices"].state == "warning"
    assert "no GPU" in steps["devices"].message


def test_a_proxy_that_refuses_is_told_in_the_step_of_the_connection() -> None:
    async def go() -> dict[str, CheckStep]:
        async with Proxy(refuse=b"HTTP/1.1 403 No\r\n\r\n") as proxy:
            return await steps_of(at(8188, https=True, proxy=proxy.url))

    steps = run(go())
    assert states(steps) == "ofsssssss"
    assert "allow CONNECT to port 8188" in steps["tcp"].hint


def test_a_host_behind_a_proxy_is_checked_through_it() -> None:
    async def go() -> dict[str, CheckStep]:
        async with ReplayServer() as server, Proxy() as proxy:
            server.answers["GET", "/system_stats"] = (200, GPU)
            return await steps_of(at(server.port, proxy=proxy.url))

    steps = run(go())
    assert states(steps) == "oosoooooo"
    assert "the proxy 127.0.0.1:" in steps["tcp"].message


def test_what_is_no_proxy_is_told() -> None:
    async def go() -> dict[str, CheckStep]:
        async with RawServer(say(b"220 mail ESMTP\r\n\r\n")) as server:
            return await steps_of(at(8188, https=True, proxy=f"http://127.0.0.1:{server.port}"))

    assert states(run(go())) == "ofsssssss"


def test_every_workflow_is_a_step_with_its_name() -> None:
    async def go() -> tuple[CheckStep, ...]:
        async with ReplayServer() as server:
            checks = {
                "one": lambda _info, version: ok("workflow", f"Fits {version}."),
                "two": lambda info, _version: failed("workflow", str("KSampler" in info), "Do."),
            }
            return await diagnose(at(server.port), Secrets({}), checks)

    one, two = run(go())[len(STEPS) :]
    assert (one.subject, one.message) == ("one", "Fits 0.33.0.")
    assert (two.subject, two.state, two.message) == ("two", "failed", "True")


def test_a_list_of_nodes_that_cannot_be_read_is_one_step() -> None:
    async def go() -> tuple[CheckStep, ...]:
        async with ReplayServer() as server:
            server.answers["GET", "/object_info"] = (500, b"")
            checks = {"one": lambda _info, _version: ok("workflow", "")}
            return await diagnose(at(server.port), Secrets({}), checks)

    (last,) = run(go())[len(STEPS) :]
    assert (last.state, last.subject) == ("failed", "")


def test_no_secret_is_in_any_step_whatever_the_server_says() -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        said = json.dumps(dict(request.headers))
        place = f"/{request.headers['X-Key']}/{request.headers['Authorization'].split()[1]}"
        status = 302 if request.query else 500
        return web.Response(status=status, text=said, headers={"Location": place})

    async def go() -> list[tuple[CheckStep, ...]]:
        async with Web(echo) as server:
            address = at(
                server.port, headers={"X-Key": "s3cret-key"}, user="ada", password="s3cret-pass"
            )
            other = at(server.port, headers={"X-Key": "s3cret-key"}, token="s3cret-token")
            return [await diagnose(one, Secrets({}), {}) for one in (address, other)]

    said = repr(run(go()))
    assert "s3cret" not in said
    # base64("ada:s3cret-pass")
    assert "YWRhOnMzY3JldC1wYXNz" not in said
