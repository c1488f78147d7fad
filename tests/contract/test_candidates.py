"""Which hosts come into question for a job: asked over real sockets, as little as possible."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from daemon.comfyui.candidates import Candidate, in_order, why_none
from daemon.comfyui.host_watch import HostWatch
from daemon.comfyui.hosts import HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.values import HostInfo
from daemon.settings import SettingsStore
from tests.fakes.comfyui import run
from tests.fakes.replay import ReplayServer, load

PLAIN = "plain"
KONTEXT = "kontext_color_grade"
GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
    "2": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "big.pth"}},
    "3": {"class_type": "ImageUpscaleWithModel", "inputs": {"image": ["1", 0]}},
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
}
MANIFEST = """
operation: upscale
title: Upscale
result: image
output: {node: "4"}
bindings:
  image: {node: "1", class: LoadImage, input: image}
parameters:
  model: {node: "2", input: model_name, type: model, default: big.pth}
"""


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def nodes_with(*models: str) -> dict[str, Any]:
    """Return the recorded nodes of a host that has these upscale models."""
    info: dict[str, Any] = load("object_info")
    loader = {"input": {"required": {"model_name": [list(models), {}]}}}
    upscale = {"input": {"required": {"image": ["IMAGE"]}}}
    return {**info, "UpscaleModelLoader": loader, "ImageUpscaleWithModel": upscale}


def asked(server: ReplayServer, path: str) -> int:
    return server.requests.count(("GET", path))


def queue(running: int, pending: int = 0) -> tuple[int, Any]:
    def some(count: int, name: str) -> list[Any]:
        return [[number, f"{name}{number}", {}, {}, []] for number in range(count)]

    return 200, {"queue_running": some(running, "r"), "queue_pending": some(pending, "p")}


class Machines:
    """Two hosts of the settings, studio and attic, that can run the workflow ``plain``."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.clock = Clock()
        self.studio, self.attic = ReplayServer(), ReplayServer()
        self.hosts: HostRegistry
        self.told: list[HostInfo] = []

    async def __aenter__(self) -> Machines:
        for server in (self.studio, self.attic):
            await server.start()
            server.answers["GET", "/object_info"] = 200, nodes_with("big.pth")
        self.settle("")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hosts.close()
        await self.studio.stop()
        await self.attic.stop()

    def settle(self, of_attic: str) -> None:
        """Write the settings; *of_attic* is added to the second host's."""
        own = self.folders.config / "comfyui_workflows"
        own.mkdir(parents=True, exist_ok=True)
        (own / "plain.json").write_text(json.dumps(GRAPH), encoding="utf-8")
        (own / "plain.yaml").write_text(MANIFEST, encoding="utf-8")
        self.folders.config_file.write_text(
            "comfyui:\n  enabled: true\n  hosts:\n"
            f"    - {{name: studio, host: 127.0.0.1, port: {self.studio.port}}}\n"
            f"    - {{name: attic, host: 127.0.0.1, port: {self.attic.port}{of_attic}}}\n",
            encoding="utf-8",
        )
        settings = SettingsStore(self.folders)
        settings.load()
        library = WorkflowLibrary.of(self.folders)
        self.hosts = HostRegistry(settings, self.folders, library, clock=self.clock)
        self.hosts.on_change = self.told.append

    async def ask(self, wanted: str = "", **parameters: str) -> tuple[Candidate, ...]:
        return await self.hosts.candidates(PLAIN, wanted, parameters)


@pytest.fixture
def folders(home: Path) -> Folders:
    assert home.is_dir()
    return resolve_folders()


def test_the_host_with_the_least_to_do_comes_first(folders: Folders) -> None:
    async def go() -> list[tuple[str, int]]:
        async with Machines(folders) as machines:
            machines.studio.answers["GET", "/queue"] = queue(1, 2)
            machines.attic.answers["GET", "/queue"] = queue(1)
            return [(one.name, one.load) for one in in_order(await machines.ask())]

    assert run(go()) == [("attic", 1), ("studio", 3)]


def test_jobs_of_ours_on_their_way_count_as_work(folders: Folders) -> None:
    async def go() -> list[str]:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/queue"] = queue(1)
            machines.hosts.assigned = {"studio": 2, "attic": 0}.__getitem__
            return [one.name for one in in_order(await machines.ask())]

    assert run(go()) == ["attic", "studio"]


def test_of_two_idle_hosts_the_faster_comes_first_then_the_order_of_the_settings(
    folders: Folders,
) -> None:
    async def go() -> list[str]:
        async with Machines(folders) as machines:
            before = in_order(await machines.ask())[0].name
            machines.hosts.statistics.finished("studio", 30.0)
            machines.hosts.statistics.finished("attic", 8.0)
            return [before, in_order(await machines.ask())[0].name]

    assert run(go()) == ["studio", "attic"]


def test_a_missing_model_file_is_named_and_rules_the_host_out(folders: Folders) -> None:
    async def go() -> tuple[Candidate, ...]:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/object_info"] = 200, nodes_with("small.pth")
            return await machines.ask()

    studio, attic = run(go())
    assert studio.able
    assert not attic.able
    assert not attic.waits
    (reason,) = why_none((studio, attic))
    assert reason.startswith("The model file big.pth is missing in models/upscale_models on attic")


def test_a_value_of_the_form_decides_which_file_is_needed(folders: Folders) -> None:
    async def go() -> list[bool]:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/object_info"] = 200, nodes_with("small.pth")
            return [one.able for one in await machines.ask(model="small.pth")]

    assert run(go()) == [False, True]


def test_the_nodes_are_read_once_for_many_jobs(folders: Folders) -> None:
    async def go() -> int:
        async with Machines(folders) as machines:
            for _ in range(50):
                await machines.ask()
                machines.clock.now += 1.0
            return asked(machines.studio, "/object_info")

    assert run(go()) == 1


def test_the_nodes_are_read_again_after_a_refusal_and_when_they_are_old(folders: Folders) -> None:
    async def go() -> list[int]:
        async with Machines(folders) as machines:
            await machines.ask()
            machines.hosts.refused("studio")
            await machines.ask()
            refused = asked(machines.studio, "/object_info")
            machines.clock.now += 700.0
            await machines.ask()
            return [refused, asked(machines.studio, "/object_info")]

    assert run(go()) == [2, 3]


def test_a_file_put_on_a_host_that_lacked_it_is_found(folders: Folders) -> None:
    async def go() -> list[bool]:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/object_info"] = 200, nodes_with("small.pth")
            before = (await machines.ask())[1].able
            machines.attic.answers["GET", "/object_info"] = 200, nodes_with("big.pth")
            machines.clock.now += 25.0
            return [before, (await machines.ask())[1].able]

    assert run(go()) == [False, True]


def test_a_host_that_is_away_is_waited_for_and_read_anew_when_it_is_back(folders: Folders) -> None:
    async def go() -> tuple[Candidate, Candidate, int]:
        async with Machines(folders) as machines:
            await machines.ask()
            await machines.attic.stop()
            machines.clock.now += 7.0
            away = (await machines.ask())[1]
            await machines.attic.restart()
            machines.clock.now += 7.0
            back = (await machines.ask())[1]
            return away, back, asked(machines.attic, "/object_info")

    away, back, reads = run(go())
    assert (away.able, away.waits, away.state) == (False, True, "unreachable")
    assert "refused the connection" in away.problems[0]
    assert (back.able, back.state) == (True, "ready")
    assert reads == 2


def test_an_absent_host_is_not_tried_again_at_every_question(folders: Folders) -> None:
    async def go() -> tuple[int, int]:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/system_stats"] = 503, b"down"
            await machines.ask()
            once = asked(machines.attic, "/system_stats")
            for _ in range(20):
                await machines.ask()
            return once, asked(machines.attic, "/system_stats")

    once, after = run(go())
    assert once == after


def test_a_host_that_lacks_the_workflow_is_not_waited_for_though_it_is_away(
    folders: Folders,
) -> None:
    async def go() -> Candidate:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/object_info"] = 200, nodes_with("small.pth")
            await machines.ask()
            machines.hosts.missed("attic", ErrorInfo(ErrorKind.HOST_UNREACHABLE, "It is away."))
            return (await machines.ask())[1]

    attic = run(go())
    assert (attic.able, attic.waits) == (False, False)


def test_a_host_that_does_not_answer_keeps_no_job_from_the_others(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.comfyui.host_survey.LOOK_WAIT_S", 0.05)

    async def go() -> tuple[Candidate, ...]:
        async with Machines(folders) as machines:
            may_end, ended = asyncio.Event(), asyncio.Event()

            async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await may_end.wait()
                writer.close()
                await writer.wait_closed()
                ended.set()

            await machines.hosts.look("studio")
            await machines.attic.stop()
            port = machines.attic.port
            async with await asyncio.start_server(say_nothing, "127.0.0.1", port):
                found = await machines.ask()
                may_end.set()
                await ended.wait()
            return found

    studio, attic = run(go())
    assert studio.able
    assert (attic.able, attic.waits) == (False, True)
    assert attic.problems == ("attic does not answer just now.",)


def test_a_host_that_asks_for_a_login_is_not_waited_for(folders: Folders) -> None:
    async def go() -> Candidate:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/system_stats"] = 401, b""
            return (await machines.ask())[1]

    attic = run(go())
    assert (attic.able, attic.waits) == (False, False)
    assert "asks for a login" in attic.problems[0]


def test_a_host_that_is_switched_off_gets_nothing_and_is_not_asked(folders: Folders) -> None:
    async def go() -> tuple[list[str], list[Any]]:
        async with Machines(folders) as machines:
            machines.settle(", enabled: false")
            names = [one.name for one in await machines.ask()]
            await machines.hosts.check()
            HostWatch(machines.hosts, open_jobs=lambda: 1, clients=lambda: 1).round()
            return names, machines.attic.requests

    assert run(go()) == (["studio"], [])


def test_naming_a_host_that_is_switched_off_is_refused(folders: Folders) -> None:
    async def go() -> RabbitError:
        async with Machines(folders) as machines:
            machines.settle(", enabled: false")
            with pytest.raises(RabbitError) as caught:
                machines.hosts.resolve(PLAIN, "attic")
            return caught.value

    assert run(go()).info.message == "attic is switched off (enabled: false in config.yaml)."


def test_only_the_host_that_the_user_named_comes_into_question(folders: Folders) -> None:
    async def go() -> list[str]:
        async with Machines(folders) as machines:
            return [one.name for one in await machines.ask("attic")]

    assert run(go()) == ["attic"]


def test_a_hung_host_gets_nothing_until_it_goes_on(folders: Folders) -> None:
    async def go() -> tuple[Candidate, Candidate]:
        async with Machines(folders) as machines:
            machines.attic.answers["GET", "/queue"] = queue(1)
            await machines.ask()
            machines.hosts.hangs("attic", "r0")
            hung = (await machines.ask())[1]
            machines.hosts.goes_on("attic")
            return hung, (await machines.ask())[1]

    hung, well = run(go())
    assert (hung.able, hung.waits, hung.state) == (False, True, "hung")
    assert (well.able, well.state) == (True, "busy")


def test_a_built_in_workflow_comes_to_the_built_in_host_alone(
    folders: Folders,
) -> None:
    async def go() -> tuple[Candidate, ...]:
        async with Machines(folders) as machines:
            return await machines.hosts.candidates("builtin_color_grade")

    (one,) = run(go())
    assert (one.name, one.able) == ("builtin", True)


def test_any_of_several_hosts_is_decided_when_its_turn_comes(folders: Folders) -> None:
    async def go() -> str:
        async with Machines(folders) as machines:
            return machines.hosts.resolve(PLAIN).host_name

    assert run(go()) == ""


def test_where_nobody_can_the_first_reasons_of_each_host_are_named(folders: Folders) -> None:
    async def go() -> list[str]:
        async with Machines(folders) as machines:
            found = await machines.hosts.candidates(KONTEXT)
            return why_none(found)

    reasons = run(go())
    assert len([reason for reason in reasons if "studio" in reason]) == 4
    assert reasons[-1].endswith("missing on attic.")


def test_what_is_soonest_mended_comes_first_and_missing_nodes_are_one_sentence() -> None:
    away = Candidate(name="attic", state="unreachable", problems=("attic refused.",), waits=True)
    bare = Candidate(
        name="loft", state="ready", problems=("loft has no node 'A'.", "loft has no node 'B'.")
    )
    near = Candidate(name="studio", state="ready", problems=("ae is missing on studio.",))
    assert why_none((away, bare, near)) == [
        "ae is missing on studio.",
        "loft has no nodes A, B.",
        "attic refused.",
    ]


def test_the_watch_tells_of_queues_and_of_hosts_that_went_away(folders: Folders) -> None:
    async def go() -> list[tuple[str, str, int]]:
        async with Machines(folders) as machines:
            watch = HostWatch(
                machines.hosts, open_jobs=lambda: 1, clients=lambda: 1, clock=machines.clock
            )

            async def look() -> None:
                for name in watch.round():
                    await machines.hosts.look(name)
                machines.clock.now += 4.0

            await look()
            machines.studio.answers["GET", "/queue"] = queue(1, 1)
            await look()
            await machines.studio.stop()
            await look()
            return [(i.name, i.state, i.queue) for i in machines.told if i.name == "studio"]

    assert run(go()) == [
        ("studio", "ready", 0),
        ("studio", "busy", 2),
        ("studio", "unreachable", 0),
    ]


def test_what_hosts_finished_shows_in_what_clients_see(folders: Folders) -> None:
    async def go() -> HostInfo:
        async with Machines(folders) as machines:
            machines.hosts.statistics.finished("studio", 12.0)
            machines.hosts.statistics.failed("studio")
            return machines.hosts.infos()[0]

    info = run(go())
    assert (info.done, info.failed, info.usual_s) == (1, 1, 12.0)
