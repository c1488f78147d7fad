"""Secrets: read from where the settings say, hidden from everything else."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Iterator

import keyring
import pytest
from aiohttp import web
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from daemon.comfyui.address import HostAddress
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.diagnosis import diagnose
from daemon.comfyui.secrets import Secrets
from daemon.comfyui.socket import HostSocket
from daemon.protocol.errors import ErrorKind, RabbitError
from tests.contract.test_tls_and_prefix import server_context
from tests.fakes.comfyui import QUICK, run
from tests.fakes.odd_servers import Proxy, RawServer, Web
from tests.fakes.replay import ReplayServer


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        if self.locked:
            raise KeyringLocked("s3cret")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    found = Ring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


def host(**more: object) -> HostAddress:
    return HostAddress(**{"host": "gpu", **more})  # type: ignore[arg-type]


def refusal(secrets: Secrets, address: HostAddress) -> RabbitError:
    with pytest.raises(RabbitError) as caught:
        secrets.headers(address)
    assert caught.value.info.kind is ErrorKind.SETTINGS_INVALID
    return caught.value


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (host(), {}),
        (host(token="abc"), {"Authorization": "Bearer abc"}),
        (host(token="env:TOKEN"), {"Authorization": "Bearer of the environment"}),
        # base64("ada:of the environment")
        (
            host(user="ada", password="env:TOKEN"),
            {"Authorization": "Basic YWRhOm9mIHRoZSBlbnZpcm9ubWVudA=="},
        ),
        (host(headers={"X-Key": "env:TOKEN"}), {"X-Key": "of the environment"}),
        (host(token="keyring:gpu"), {"Authorization": "Bearer of the ring"}),
        (
            host(headers={"Cf": "keyring:gpu"}, token="t"),
            {"Cf": "of the ring", "Authorization": "Bearer t"},
        ),
    ],
)
def test_a_request_carries_what_the_settings_say(
    ring: Ring, address: HostAddress, headers: dict[str, str]
) -> None:
    ring.kept["rabbitviewer", "gpu"] = "of the ring\n"
    assert Secrets({"TOKEN": " of the environment "}).headers(address) == headers


def test_a_variable_that_is_not_set_is_named() -> None:
    info = refusal(Secrets({}), host(token="env:TOKEN")).info
    assert info.message == "The environment variable TOKEN, which opens gpu:8188, is not set."


def test_a_name_that_the_keyring_does_not_hold_says_how_to_put_it_there(ring: Ring) -> None:
    info = refusal(Secrets({}), host(token="keyring:gpu")).info
    assert "holds nothing under 'gpu'" in info.message
    assert "`keyring set rabbitviewer gpu`" in info.hint
    assert ring.asked == 1


def test_a_locked_keyring_is_told_without_its_own_words(ring: Ring) -> None:
    ring.locked = True
    info = refusal(Secrets({}), host(token="keyring:gpu")).info
    assert "KeyringLocked" in info.message
    assert "s3cret" not in repr(info)


def test_a_keyring_that_hangs_is_not_waited_for(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(ring, "get_password", lambda *_: over.wait() and None)
    info = refusal(Secrets({}, wait_s=0.05), host(token="keyring:gpu")).info
    over.set()
    assert "did not answer within 0.05 s" in info.message


def test_without_the_package_the_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    info = refusal(Secrets({}), host(token="keyring:gpu")).info
    assert "pip install 'rabbitviewer[keyring]'" in info.hint
    assert not Secrets({}).keyring_works()


def test_a_secret_is_read_once_until_it_is_refused(ring: Ring) -> None:
    ring.kept["rabbitviewer", "gpu"] = "old"
    secrets, address = Secrets({}), host(token="keyring:gpu")
    secrets.headers(address)
    ring.kept["rabbitviewer", "gpu"] = "new"
    assert secrets.headers(address) == {"Authorization": "Bearer old"}
    secrets.forget()
    assert secrets.headers(address) == {"Authorization": "Bearer new"}


def test_a_secret_that_is_kept_is_there_at_once(ring: Ring) -> None:
    secrets = Secrets({})
    secrets.keep("gpu", "abc")
    assert ring.kept == {("rabbitviewer", "gpu"): "abc"}
    assert secrets.headers(host(token="keyring:gpu")) == {"Authorization": "Bearer abc"}
    assert secrets.keyring_works()


def test_a_secret_that_no_header_can_hold_is_refused_unrepeated() -> None:
    info = refusal(Secrets({"TOKEN": "s3cret\nX-Evil: 1"}), host(token="env:TOKEN")).info
    assert "Authorization" in info.message
    assert "s3cret" not in repr(info)


def test_what_a_server_says_is_freed_of_what_it_was_sent() -> None:
    secrets = Secrets({})
    secrets.headers(host(user="ada", password="p@ss/word", headers={"X-Key": "Bearer abcdef"}))
    # base64("ada:p@ss/word")
    said = "YWRhOnBAc3Mvd29yZA== p@ss/word p%40ss%2Fword abcdef ada"
    assert secrets.redact(said) == "(hidden) (hidden) (hidden) (hidden) ada"


SECRET = "s3cret-value"
# base64("ada:s3cret-value")
PAIR = "YWRhOnMzY3JldC12YWx1ZQ=="
OPENED_BY = {
    "token": {"token": SECRET},
    "reference": {"token": "env:TOKEN"},
    "login": {"user": "ada", "password": SECRET},
    "header": {"headers": {"X-Key": SECRET}},
}


async def all_that_is_said(address: HostAddress) -> str:
    """Return every word about a host that fails: errors, and steps of its check."""
    secrets = Secrets({"TOKEN": SECRET})
    client = ComfyUIClient(address, pace=QUICK, secrets=secrets)
    said: list[object] = [client.host, address]
    try:
        await client.system_stats()
    except RabbitError as error:
        said += [error.info, error, error.__cause__]
    await client.close()
    socket = HostSocket(address, lambda _: None, secrets=secrets)
    socket.start()
    await asyncio.to_thread(socket.wait_open, 0.3)
    await asyncio.to_thread(socket.stop)
    said.append(await diagnose(address, secrets, {}))
    return repr(said)


async def echoing(request: web.Request) -> web.StreamResponse:
    """Say everything back that came: as a server in debugging does."""
    said = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    status = int(request.path.split("/")[1])
    headers = {"Location": f"/{SECRET}?{PAIR}"} if status == 302 else {}
    return web.Response(status=status, text=said, headers=headers)


@pytest.mark.parametrize("opened_by", OPENED_BY)
@pytest.mark.parametrize("way", ["401", "403", "302", "500", "400", "200", "tls", "proxy", "cut"])
def test_no_failure_says_a_secret(
    way: str, opened_by: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for chatty in ("httpx", "httpcore"):  # as the daemon's log has them
        caplog.set_level(logging.WARNING, chatty)

    async def go() -> str:
        more = OPENED_BY[opened_by]
        if way == "tls":
            async with ReplayServer(tls=server_context()) as server:
                return await all_that_is_said(
                    host(host="127.0.0.1", port=server.port, https=True, **more)
                )
        if way == "proxy":
            async with Proxy("Basic other") as proxy:
                url = f"http://ada:{SECRET}@127.0.0.1:{proxy.port}"
                return await all_that_is_said(host(https=True, proxy=url, **more))
        if way == "cut":

            async def cut(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
                await reader.read(1)

            async with RawServer(cut) as server:
                return await all_that_is_said(host(host="127.0.0.1", port=server.port, **more))
        async with Web(echoing) as server:
            address = host(host="127.0.0.1", port=server.port, prefix=f"/{way}", **more)
            return await all_that_is_said(address)

    said = run(go()) + caplog.text
    assert SECRET not in said
    assert PAIR not in said
