"""Hosts behind TLS and below a path, by HTTP and by the socket."""

from __future__ import annotations

import ssl

import pytest

from daemon.comfyui.address import HostAddress
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.events import Finished
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from tests.fakes.comfyui import QUICK, collect, new_id, run
from tests.fakes.replay import DATA, ReplayServer, load

CERTIFICATE = DATA / "tls" / "cert.pem"


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, DATA / "tls" / "key.pem")
    return context


def asked(ca_file: str) -> ErrorInfo:
    async def go() -> ErrorInfo:
        async with ReplayServer(tls=server_context()) as server:
            address = HostAddress(host="127.0.0.1", port=server.port, https=True, ca_file=ca_file)
            client = ComfyUIClient(address, pace=QUICK)
            with pytest.raises(RabbitError) as caught:
                await client.system_stats()
            await client.close()
            return caught.value.info

    return run(go())


def test_a_run_works_over_tls_below_a_prefix() -> None:
    async def go() -> tuple[bool, list[str]]:
        recording = load("a_happy")
        async with ReplayServer(recording, prefix="/comfy", tls=server_context()) as server:
            address = HostAddress(
                host="127.0.0.1",
                port=server.port,
                https=True,
                prefix="/comfy",
                ca_file=str(CERTIFICATE),
            )
            client = ComfyUIClient(address, pace=QUICK)
            prompt_id = new_id()
            await client.queue_workflow(recording["graph"], prompt_id)
            events = await collect(client, prompt_id)
            await client.close()
            return isinstance(events[-1], Finished), server.sockets

    finished, sockets = run(go())
    assert finished
    assert len(sockets) == 1


def test_a_certificate_of_an_unknown_authority_is_refused_with_what_to_do() -> None:
    info = asked(ca_file="")
    assert info.kind is ErrorKind.HOST_REFUSED
    assert "is not trusted" in info.message
    assert "ca_file" in info.hint


def test_a_certificate_file_that_is_missing_is_named() -> None:
    info = asked(ca_file="/nowhere/ca.pem")
    assert info.kind is ErrorKind.SETTINGS_INVALID
    assert "/nowhere/ca.pem" in info.message
