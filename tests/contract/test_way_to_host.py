"""Ways to a host that are long, slow or closed: each has its own end, within its own time."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from daemon.comfyui.address import HostAddress
from daemon.comfyui.backoff import Backoff
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.events import Finished
from daemon.comfyui.replies import OutputImage
from daemon.comfyui.secrets import Secrets
from daemon.comfyui.socket import HostSocket
from daemon.comfyui.transport import Transport
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from tests.contract.test_tls_and_prefix import CERTIFICATE, server_context
from tests.fakes.comfyui import QUICK, collect, new_id, run
from tests.fakes.odd_servers import Proxy, RawServer, Web, drip, say, say_nothing
from tests.fakes.replay import ReplayServer, load

OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


def at(port: int, **more: object) -> HostAddress:
    return HostAddress(**{"host": "127.0.0.1", "port": port, **more})  # type: ignore[arg-type]


async def refusal(address: HostAddress, environment: dict[str, str] | None = None) -> ErrorInfo:
    """Return what asking for the status fails with."""
    client = ComfyUIClient(address, pace=QUICK, secrets=Secrets(environment or {}))
    try:
        with pytest.raises(RabbitError) as caught:
            await client.system_stats()
    finally:
        await client.close()
    return caught.value.info


async def finished(address: HostAddress, server: ReplayServer) -> bool:
    """Whether a recorded run works on the way that *address* says."""
    recording = load("a_happy")
    server._waiting.append(recording)
    client = ComfyUIClient(address, pace=QUICK)
    prompt_id = new_id()
    await client.queue_workflow(recording["graph"], prompt_id)
    events = await collect(client, prompt_id)
    await client.close()
    return isinstance(events[-1], Finished)


@pytest.mark.parametrize("https", [False, True])
def test_a_run_goes_through_a_proxy_with_its_socket(https: bool) -> None:
    async def go() -> tuple[bool, int, list[str], set[str]]:
        # base64("ada:s3cret")
        async with (
            ReplayServer(tls=server_context() if https else None) as server,
            Proxy("Basic YWRhOnMzY3JldA==") as proxy,
        ):
            address = at(
                server.port,
                https=https,
                ca_file=str(CERTIFICATE),
                proxy=f"http://ada:s3cret@127.0.0.1:{proxy.port}",
            )
            done = await finished(address, server)
            return done, len(server.sockets), proxy.asked, set(proxy.logins)

    done, sockets, asked, logins = run(go())
    assert done
    assert sockets == 1
    assert any(line.startswith("CONNECT 127.0.0.1:") for line in asked)
    assert logins == {"Basic YWRhOnMzY3JldA=="}


@pytest.mark.parametrize(
    ("refuse", "https", "kind", "words"),
    [
        (b"", False, ErrorKind.HOST_REFUSED, "The proxy 127.0.0.1:{} asks for a login."),
        (b"", True, ErrorKind.HOST_REFUSED, "The proxy 127.0.0.1:{} asks for a login."),
        (
            b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
            True,
            ErrorKind.HOST_REFUSED,
            "The proxy 127.0.0.1:{} does not connect through to",
        ),
        (
            b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n",
            True,
            ErrorKind.HOST_UNREACHABLE,
            "The proxy 127.0.0.1:{} does not reach",
        ),
    ],
)
def test_a_proxy_that_does_not_let_us_through_is_named(
    refuse: bytes, https: bool, kind: ErrorKind, words: str
) -> None:
    async def go() -> tuple[ErrorInfo, int]:
        async with Proxy("Basic other", refuse) as proxy:
            address = at(8188, https=https, proxy=proxy.url)
            return await refusal(address), proxy.port

    info, port = run(go())
    assert info.kind is kind
    assert words.format(port) in info.message
    assert "proxy" in info.hint


@pytest.mark.parametrize("place", ["127.0.0.1:9", "nowhere.invalid:3128"])
def test_a_proxy_that_is_not_there_is_not_taken_for_the_host(place: str) -> None:
    info = run(refusal(at(8188, proxy=f"http://{place}")))
    assert info.kind is ErrorKind.HOST_UNREACHABLE
    assert "proxy" in info.message
    assert "--listen" not in info.hint


def test_an_answer_that_drips_is_given_up() -> None:
    async def go() -> ErrorInfo:
        async with RawServer(drip(OK_HEAD)) as server:
            return await refusal(at(server.port, transfer_timeout_s=0.3))

    info = run(go())
    assert info.kind is ErrorKind.TIMED_OUT
    assert "was not done with its status within 0.3 s" in info.message
    assert "comfyui.transfer_timeout_s" in info.hint


def test_a_head_that_drips_is_given_up() -> None:
    async def go() -> ErrorInfo:
        async with RawServer(drip(b"HTTP/1.1 200 OK\r\nX-Long: ")) as server:
            return await refusal(at(server.port, transfer_timeout_s=0.3))

    assert run(go()).kind is ErrorKind.TIMED_OUT


def test_a_picture_that_drips_is_given_up_and_leaves_nothing(tmp_path: Path) -> None:
    async def go() -> ErrorInfo:
        async with RawServer(drip(OK_HEAD)) as server:
            client = ComfyUIClient(at(server.port, transfer_timeout_s=0.3), pace=QUICK)
            image = OutputImage("a.png", "", "output")
            with pytest.raises(RabbitError) as caught:
                await client.download_image(image, tmp_path / "a.png")
            await client.close()
            return caught.value.info

    info = run(go())
    assert info.kind is ErrorKind.TIMED_OUT
    assert "was not done with the result within 0.3 s" in info.message
    assert list(tmp_path.iterdir()) == []


def test_an_upload_that_nobody_takes_is_given_up(tmp_path: Path) -> None:
    async def go() -> ErrorInfo:
        stopped = asyncio.Event()

        async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            del reader, writer
            await stopped.wait()

        picture = tmp_path / "a.png"
        picture.write_bytes(bytes(40 << 20))
        async with RawServer(stuck) as server:
            client = ComfyUIClient(at(server.port, transfer_timeout_s=0.3), pace=QUICK)
            with pytest.raises(RabbitError) as caught:
                await client.upload_image(picture, "a.png")
            await client.close()
            return caught.value.info

    assert run(go()).kind is ErrorKind.TIMED_OUT


def test_a_server_that_takes_the_connection_and_says_nothing_runs_out_of_time() -> None:
    async def go() -> ErrorInfo:
        async with RawServer(say_nothing) as server:
            return await refusal(at(server.port, response_timeout_s=0.2))

    info = run(go())
    assert info.kind is ErrorKind.TIMED_OUT
    assert "did not answer within 0.2 s" in info.message


def test_a_server_that_says_nothing_in_tls_runs_out_of_time() -> None:
    async def go() -> ErrorInfo:
        async with RawServer(say_nothing) as server:
            return await refusal(at(server.port, https=True, connect_timeout_s=0.2))

    info = run(go())
    assert info.kind is ErrorKind.HOST_UNREACHABLE
    assert "did not answer within 0.2 s" in info.message


def test_what_is_no_web_server_is_told() -> None:
    async def go() -> ErrorInfo:
        async with RawServer(say(b"220 mail.example.org ESMTP\r\n\r\n")) as server:
            return await refusal(at(server.port))

    info = run(go())
    assert info.kind is ErrorKind.HOST_REFUSED
    assert "not as a web server does" in info.message


@pytest.mark.parametrize(
    ("location", "shown", "advice"),
    [
        ("https://127.0.0.1/?t=s3cret", "https://127.0.0.1/,", "https: true"),
        ("https://ada:s3cret@sso.example.org/go#s3cret", "https://sso.example.org/go,", "prefix"),
        ("/login?token=s3cret", "/login,", "login"),
        ("https://[s3cret", "an address that is none,", "login"),
    ],
)
def test_a_redirect_is_refused_and_says_where_it_wanted_to_go(
    location: str, shown: str, advice: str
) -> None:
    async def go() -> ErrorInfo:
        answer = f"HTTP/1.1 302 F\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        async with RawServer(say(answer.encode())) as server:
            return await refusal(at(server.port))

    info = run(go())
    assert info.kind is ErrorKind.HOST_REFUSED
    assert shown in info.message
    assert advice in info.hint
    assert "s3cret" not in repr(info)


@pytest.mark.parametrize("status", [302, 400, 403, 404, 502])
def test_a_run_ends_well_on_a_server_that_opens_no_socket(status: int) -> None:
    async def go() -> tuple[bool, int]:
        async with ReplayServer() as server:

            async def handle(request: web.Request) -> web.StreamResponse:
                if request.path == "/ws":
                    return web.Response(status=status, headers={"Location": "/elsewhere"})
                return await server._handle(request)

            async with Web(handle) as front:
                return await finished(at(front.port), server), len(server.sockets)

    assert run(go()) == (True, 0)


def test_a_run_ends_well_on_a_server_whose_socket_never_answers() -> None:
    async def go() -> bool:
        recording = load("a_happy")
        async with ReplayServer(recording) as server:

            async def handle(request: web.Request) -> web.StreamResponse:
                if request.path == "/ws":
                    await asyncio.Event().wait()
                return await server._handle(request)

            async with Web(handle) as front:
                pace = msgspec.structs.replace(QUICK, socket_s=0.05)
                client = ComfyUIClient(at(front.port, connect_timeout_s=0.1), pace=pace)
                prompt_id = new_id()
                await client.queue_workflow(recording["graph"], prompt_id)
                events = await collect(client, prompt_id)
                await client.close()
                return isinstance(events[-1], Finished)

    assert run(go())


def test_the_runs_are_asked_about_after_every_new_connection() -> None:
    async def go() -> list[tuple[str, str]]:
        recording = load("a_happy")
        async with ReplayServer(recording) as server:
            server.hold = lambda message: "execution_success" not in str(message)
            pace = QUICK.__class__(poll_s=600.0, mute_s=600.0)
            client = ComfyUIClient(at(server.port), pace=pace)
            prompt_id = new_id()
            await client.queue_workflow(recording["graph"], prompt_id)
            watching = asyncio.create_task(collect(client, prompt_id))
            await server.held.wait()
            await server.asked("GET", "/queue", 1)
            await client.queued()
            server.finish(prompt_id)
            await server.cut_sockets()
            events = await watching
            await client.close()
            assert isinstance(events[-1], Finished)
            return server.requests

    assert run(go()).count(("GET", "/ws")) == 2


def test_pauses_double_stay_below_the_longest_and_never_repeat() -> None:
    first = Backoff(0.5, 4.0, random.Random(7))
    second = Backoff(0.5, 4.0, random.Random(8))
    pauses = [first.pause_s() for _ in range(6)]
    for pause_s, whole_s in zip(pauses, [0.5, 1, 2, 4, 4, 4], strict=True):
        assert 0.5 * whole_s <= pause_s <= whole_s
    assert pauses != [second.pause_s() for _ in range(6)]
    again = Backoff(0.5, 4.0, random.Random(7))
    assert pauses == [again.pause_s() for _ in range(6)]


def test_after_an_answer_pauses_begin_anew() -> None:
    backoff = Backoff(0.5, 4.0, random.Random(7))
    for _ in range(4):
        backoff.pause_s()
    backoff.reset()
    assert backoff.pause_s() <= 0.5


def test_a_handshake_that_drips_is_given_up() -> None:
    async def go() -> int:
        again = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if server.connections > 1:
                again.set()
            await drip(b"HTTP/1.1 101 Switching\r\nX: ")(reader, writer)

        async with RawServer(talk) as server:
            socket = HostSocket(at(server.port, connect_timeout_s=0.1), lambda _: None)
            socket.start()
            await again.wait()
            await asyncio.to_thread(socket.stop)
            return server.connections

    assert run(go()) >= 2


def test_a_renewed_secret_is_read_after_a_refusal() -> None:
    async def go() -> list[str]:
        seen: list[str] = []

        async def handle(request: web.Request) -> web.StreamResponse:
            seen.append(request.headers["Authorization"])
            return web.json_response({}, status=401 if len(seen) == 1 else 200)

        environment = {"TOKEN": "old"}
        async with Web(handle) as server:
            transport = Transport(at(server.port, token="env:TOKEN"), Secrets(environment))
            with pytest.raises(RabbitError):
                await transport.json("GET", "/queue", "its queue")
            environment["TOKEN"] = "new"
            await transport.json("GET", "/queue", "its queue")
            await transport.close()
        return seen

    assert run(go()) == ["Bearer old", "Bearer new"]


def test_a_prompt_whose_answer_drips_is_looked_for_before_it_counts_as_failed() -> None:
    async def go() -> tuple[int, int]:
        recording = load("a_happy")
        async with ReplayServer(recording) as server:

            async def handle(request: web.Request) -> web.StreamResponse:
                answer = await server._handle(request)
                if request.path != "/prompt":
                    return answer
                slow = web.StreamResponse()
                await slow.prepare(request)
                await asyncio.Event().wait()
                return slow

            async with Web(handle) as front:
                client = ComfyUIClient(at(front.port, transfer_timeout_s=1.0), pace=QUICK)
                prompt_id = new_id()
                number = await client.queue_workflow(recording["graph"], prompt_id)
                await client.close()
                return number, len(server.bodies)

    assert run(go()) == (0, 1)


def test_a_prompt_that_a_host_forgets_for_a_moment_is_not_lost() -> None:
    async def go() -> bool:
        recording = load("a_happy")
        async with ReplayServer(recording) as server:
            server.hold = lambda message: "execution_success" not in str(message)
            pace = msgspec.structs.replace(QUICK, lost_s=3600.0)
            client = ComfyUIClient(at(server.port), pace=pace)
            prompt_id = new_id()
            await client.queue_workflow(recording["graph"], prompt_id)
            watching = asyncio.create_task(collect(client, prompt_id))
            await server.held.wait()
            forgotten = server.runs.pop(prompt_id)
            for times in (2, 4):
                client._socket_opened()
                await server.asked("GET", f"/history/{prompt_id}", times)
            server.runs[prompt_id] = forgotten
            server.finish(prompt_id)
            client._socket_opened()
            events = await watching
            await client.close()
            return isinstance(events[-1], Finished)

    assert run(go())
