"""Hosts of the settings while jobs run: how they are, how they did, how long a job may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditComplete,
    AiEditProgress,
    AiEditRequest,
    WirePath,
)
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.end2end.program import Program
from tests.fakes.faulty_host import FaultyHost

SETTINGS = """
comfyui:
  enabled: true
  workflow: builtin_color_grade
  hosts:
    - {{name: studio, host: 127.0.0.1, port: {port}}}
    - {{name: attic, host: 127.0.0.1, port: 9}}
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[FaultyHost]:
    with FaultyHost(tmp_path_factory.mktemp("host")) as host:
        config = program.home / "config"
        config.mkdir()
        settings = SETTINGS.format(port=host.port)
        (config / "config.yaml").write_text(settings, encoding="utf-8")
        yield host


@pytest.fixture
def folders(program: Program, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("RABBITVIEWER_HOME", str(program.home))
    return resolve_folders()


def hosts(program: Program) -> dict[str, dict[str, Any]]:
    return {host["name"]: host for host in program.json("hosts")}


def graded(program: Program, photo: Path) -> None:
    program.json("grade", photo, "--prompt", "warmer", "--host", "studio")


@pytest.mark.usefixtures("studio")
def test_hosts_are_looked_at_as_soon_as_somebody_asks_for_them(program: Program) -> None:
    found = hosts(program)
    assert (found["studio"]["state"], found["studio"]["queue"]) == ("ready", 0)
    assert found["attic"]["state"] == "unreachable"
    assert "--listen" in found["attic"]["hint"]


@pytest.mark.usefixtures("studio")
def test_a_job_counts_for_its_host_and_tells_what_the_next_may_take(
    program: Program, photo: Path, folders: Folders
) -> None:
    graded(program, photo)
    did = hosts(program)["studio"]
    assert (did["done"], did["failed"]) == (1, 0)
    assert did["usual_s"] > 0
    with DaemonConnection.open(folders) as connection:
        connection.hello()
        request = AiEditRequest(
            path=WirePath(os.fsencode(photo)),
            prompt="warmer",
            workflow="builtin_color_grade",
            host="studio",
        )
        connection.request(request, AiEditAccepted)
        told = progress_until_done(connection)
    assert all(before.progress_pct <= after.progress_pct for before, after in pairwise(told))
    assert told[-1].progress_pct < 100.0
    assert all(each.eta_s is not None for each in told)


def progress_until_done(connection: DaemonConnection) -> list[AiEditProgress]:
    told: list[AiEditProgress] = []
    while (event := connection.next_event(60.0)) is not None:
        if isinstance(event, AiEditProgress):
            told.append(event)
        if isinstance(event, AiEditComplete):
            return told
    raise AssertionError("nothing more was heard of the job")


@pytest.mark.usefixtures("studio")
def test_what_hosts_did_is_known_to_the_next_daemon(program: Program, photo: Path) -> None:
    graded(program, photo)
    before = hosts(program)["studio"]["done"]
    program.stop()
    assert hosts(program)["studio"]["done"] == before
