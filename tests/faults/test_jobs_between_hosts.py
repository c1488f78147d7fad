"""Jobs between several hosts that hold, vanish and come back, through the real daemon."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.protocol.jobs import JobsCancel, JobsMove, JobsPause
from daemon.protocol.messages import Config, ConfigSet, Done
from daemon.protocol.values import JobInfo
from rabbitviewer.ipc.blocking import DaemonConnection
from tests.fakes.faulty_host import Call, Fault, FaultyHost, Reply, json_reply
from tests.fakes.studio import Client, Studio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

NAMES = ("north", "east", "south", "west")
GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}
MANIFEST = """operation: as_it_comes
title: As it comes
result: image
bindings:
  image: {node: "1", class: LoadImage, input: image}
output: {node: "2"}
version: 1
"""


class Holds(Fault):
    """Takes prompts and never gets on with them; they can be cancelled.

    Attributes:
        away: It cuts every connection.
        running: The prompts that it has.
        cancelled: Those that were cancelled, in order.
    """

    def __init__(self) -> None:
        self.away = False
        self.running: list[str] = []
        self.cancelled: list[str] = []

    async def before(self, call: Call) -> Reply | None:
        if self.away:
            return Reply(body=b"x", cut_at=0)
        if call.kind == "/prompt" and call.method == "POST":
            self.running.append(call.prompt_id)
            return json_reply({"prompt_id": call.prompt_id, "number": 1, "node_errors": {}})
        if call.kind == "/queue" and call.method == "GET":
            entries: list[Any] = [[1, prompt, {}, {}, ["2"]] for prompt in self.running]
            return json_reply({"queue_running": entries[:1], "queue_pending": entries[1:]})
        if call.kind == "/history":
            return json_reply({})
        if call.path.endswith("/cancel"):
            prompt = call.path.split("/")[-2]
            known = prompt in self.running
            if known:
                self.running.remove(prompt)
                self.cancelled.append(prompt)
            return json_reply({"cancelled": known})
        return None

    def opens_socket(self) -> bool:
        return not self.away


class Network:
    """A daemon between hosts.

    Attributes:
        studio: The daemon.
        hosts: By name.
    """

    def __init__(self, studio: Studio, hosts: dict[str, FaultyHost]) -> None:
        self.studio = studio
        self.hosts = hosts
        config = studio.folders.config_file
        listed = "".join(
            f'    - {{name: {name}, host: "127.0.0.1", port: {host.port}}}\n'
            for name, host in hosts.items()
        )
        config.write_text(
            f"comfyui:\n  enabled: true\n  workflow: as_it_comes\n  hosts:\n{listed}"
            "  response_timeout_s: 5\n  host_dead_s: 2\n"
            "daemon: {heavy_workers: 1, light_workers: 1}\n",
            encoding="utf-8",
        )
        workflows = config.parent / "comfyui_workflows"
        workflows.mkdir(parents=True)
        (workflows / "as_it_comes.json").write_text(json.dumps(GRAPH), encoding="utf-8")
        (workflows / "as_it_comes.yaml").write_text(MANIFEST, encoding="utf-8")
        studio.start()
        self.connection = studio.connect()
        self.client = Client(self.connection)

    def begin(self, name: str, host: str = "") -> str:
        return self.client.begin(self.studio.photo(name, (96, 64)), host=host)

    def hold(self, *names: str) -> list[Holds]:
        faults = [Holds() for _ in names]
        for name, fault in zip(names, faults, strict=True):
            self.hosts[name].switch(fault)
        return faults

    def restart(self) -> None:
        """Kill the daemon and start it again."""
        self.studio.kill()
        self.connection.close()
        self.studio.start()
        self.connection = self.studio.connect()
        self.client = Client(self.connection)

    def done(self, job_id: str) -> JobInfo:
        job = self.client.until(job_id, within_s=30)
        assert (job.state, job.error) == ("done", None)
        return job


@pytest.fixture
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    """A daemon and as many hosts as the test names."""
    home = Path(tempfile.mkdtemp(prefix="rv-network-"))
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, home, ignore_errors=True)
        hosts = {
            name: ending.enter_context(FaultyHost(home / name)) for name in NAMES[: request.param]
        }
        studio = Studio(next(iter(hosts.values())), home)
        ending.callback(studio.stop)
        made = Network(studio, hosts)
        yield made
        made.connection.close()


def hosts(count: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("network", [count], indirect=True)


def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def post(connection: DaemonConnection, message: Any) -> None:
    connection.request(message, Done)


@hosts(4)
def test_a_batch_keeps_four_hosts_busy_and_all_of_it_is_cancelled_by_id(network: Network) -> None:
    faults = network.hold(*NAMES)
    jobs = [network.begin(f"p{number}") for number in range(12)]
    until(lambda: [len(fault.running) for fault in faults] == [2] * 4)
    sent = [prompt for fault in faults for prompt in fault.running]

    post(network.connection, JobsCancel())
    until(lambda: sorted(p for fault in faults for p in fault.cancelled) == sorted(sent))

    assert {network.client.state(job_id).state for job_id in jobs} == {"cancelled"}
    assert not any(fault.running for fault in faults)


@hosts(2)
def test_the_job_of_a_host_that_vanished_ends_elsewhere_and_is_cancelled_there_later(
    network: Network,
) -> None:
    (north,) = network.hold("north")
    first = network.begin("first", host="east")
    network.done(first)
    network.hosts["east"].switch(east := Holds())
    job_id = network.begin("moves")
    until(lambda: len(north.running) + len(east.running) == 1)
    dead, other = ("north", "east") if north.running else ("east", "north")
    fault = north if dead == "north" else east
    (left,) = fault.running
    network.hosts[other].switch()

    fault.away = True
    job = network.done(job_id)
    assert (job.host, job.prompt_ids[0], len(job.prompt_ids)) == (other, left, 2)

    fault.away = False
    until(lambda: fault.cancelled == [left])


@hosts(1)
def test_a_cancel_that_did_not_reach_the_host_is_repeated_by_the_next_daemon(
    network: Network,
) -> None:
    (north,) = network.hold("north")
    job_id = network.begin("cancelled")
    until(lambda: bool(north.running))
    network.client.until_message(job_id, "north", within_s=10)
    north.away = True
    network.client.cancel(job_id)
    assert network.client.state(job_id).state == "cancelled"

    network.restart()
    north.away = False
    until(lambda: not north.running)
    assert network.client.state(job_id).state == "cancelled"


@hosts(1)
def test_a_job_that_was_never_sent_waits_for_its_host_over_a_restart(network: Network) -> None:
    (north,) = network.hold("north")
    north.away = True
    wait = ConfigSet(key="comfyui.when_host_fails", value="wait")
    network.connection.request(wait, Config)
    job_id = network.begin("waits")
    network.client.until_message(job_id, "was lost")
    assert network.client.state(job_id).state == "waiting"

    network.restart()
    network.hosts["north"].switch()
    assert len(network.done(job_id).prompt_ids) == 1


@hosts(1)
def test_a_killed_daemon_follows_what_runs_and_sends_the_rest_in_the_order_asked_for(
    network: Network,
) -> None:
    (north,) = network.hold("north")
    jobs = [network.begin(f"p{number}") for number in range(5)]
    until(lambda: len(north.running) == 2)
    post(network.connection, JobsMove((jobs[4],), "front"))
    post(network.connection, JobsPause(paused=True, job_ids=(jobs[2],)))
    sent = list(north.running)
    ids = {network.client.state(job_id).prompt_ids[0]: job_id for job_id in jobs[:2]}

    network.restart()
    post(network.connection, JobsCancel((ids[sent[0]],)))
    until(lambda: len(north.running) == 2 and north.running != sent)

    (moved,) = network.client.state(jobs[4]).prompt_ids
    assert (north.running, north.cancelled) == ([sent[1], moved], [sent[0]])
    assert network.client.state(jobs[2]).state == "paused"
