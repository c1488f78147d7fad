"""Which host does a job, and the life of the built-in host's process."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
import textwrap
import time
from pathlib import Path

import pytest

from daemon.comfyui.address import HostAddress, parse_url
from daemon.comfyui.builtin import BuiltinHost
from daemon.comfyui.client import ComfyUIClient
from daemon.comfyui.hosts import HostChoice, HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.secrets import Secrets
from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.values import HostInfo
from daemon.settings import SettingsStore
from tests.fakes.comfyui import run
from tests.fakes.replay import ReplayServer

STUDIO = "hosts: [{name: studio, host: 10.0.0.5, port: 9000}, {name: attic, host: 10.0.0.6}]"

FAKE_HOST = textwrap.dedent("""
    import json, socket, sys
    port = int(sys.argv[sys.argv.index("--port") + 1])
    listener = socket.create_server(("127.0.0.1", port))
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    sys.stdin.read()
""")


@pytest.fixture
def folders(home: Path) -> Folders:
    assert home.is_dir()
    return resolve_folders()


def registry(folders: Folders, comfyui: str = "") -> HostRegistry:
    folders.config.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(f"  {line}" for line in comfyui.splitlines())
    folders.config_file.write_text(f"comfyui:\n{lines}\n" if comfyui else "", encoding="utf-8")
    settings = SettingsStore(folders)
    settings.load()
    return HostRegistry(settings, folders, WorkflowLibrary.of(folders))


def refusal(hosts: HostRegistry, workflow: str, host: str) -> RabbitError:
    with pytest.raises(RabbitError) as caught:
        hosts.resolve(workflow, host)
    return caught.value


@pytest.mark.parametrize("comfyui", ["host: [", "enabled: maybe\nhost: 10.0.0.5"])
def test_settings_that_were_broken_from_the_start_send_no_job_to_the_built_in_host(
    folders: Folders, comfyui: str
) -> None:
    hosts = registry(folders, comfyui)
    error = refusal(hosts, "kontext_color_grade", "")
    assert error.info.kind is ErrorKind.SETTINGS_INVALID
    assert "config.yaml: line " in error.info.message
    assert hosts.resolve("kontext_color_grade", "builtin").host_name == "builtin"


def test_settings_that_break_later_leave_the_last_good_host_in_force(folders: Folders) -> None:
    folders.config.mkdir(parents=True, exist_ok=True)
    folders.config_file.write_text("comfyui: {enabled: true, host: 10.0.0.5}", encoding="utf-8")
    settings = SettingsStore(folders)
    settings.load()
    folders.config_file.write_text("comfyui: [", encoding="utf-8")
    settings.reload()
    hosts = HostRegistry(settings, folders, WorkflowLibrary.of(folders))
    assert hosts.resolve("kontext_color_grade").url == "http://10.0.0.5:8188"


def test_without_ai_the_kontext_name_runs_the_built_in_grade_and_says_so(folders: Folders) -> None:
    choice = registry(folders).resolve("kontext_color_grade")
    assert (choice.host_name, choice.workflow, choice.ai) == (
        "builtin",
        "builtin_color_grade",
        False,
    )
    assert choice.note.startswith("No AI: the built-in host did this instead of 'Color grade")


def test_the_built_in_host_that_was_asked_for_is_not_explained_by_settings(
    folders: Folders,
) -> None:
    choice = registry(folders, "enabled: true\nhost: 10.0.0.9").resolve("", "builtin")
    assert choice.note == (
        "No AI: the built-in host did this, not 'Color grade (FLUX.1 Kontext)', as asked for."
    )


def test_no_name_is_the_configured_workflow(folders: Folders) -> None:
    assert registry(folders).resolve().workflow == "builtin_color_grade"


def test_with_ai_the_job_goes_to_the_configured_host(folders: Folders) -> None:
    choice = registry(folders, "enabled: true\nhost: 10.0.0.9\nport: 8188").resolve()
    assert choice == HostChoice("comfyui", "http://10.0.0.9:8188", "kontext_color_grade", ai=True)


def test_a_host_that_is_away_is_never_replaced_by_the_built_in_one(folders: Folders) -> None:
    hosts = registry(folders, "enabled: true\nhost: 127.0.0.1\nport: 9")
    info = run(checked(hosts, "comfyui"))
    assert info.state == "unreachable"
    assert hosts.resolve("kontext_color_grade").host_name == "comfyui"


async def checked(hosts: HostRegistry, name: str) -> HostInfo:
    (info,) = await hosts.check(name)
    await hosts.close()
    return info


def test_a_host_named_by_the_caller_is_taken_though_ai_is_off(folders: Folders) -> None:
    choice = registry(folders, STUDIO).resolve("kontext_color_grade", "studio")
    assert (choice.host_name, choice.url) == ("studio", "http://10.0.0.5:9000")
    assert choice.ai


def test_listed_hosts_stand_instead_of_the_single_one(folders: Folders) -> None:
    hosts = registry(folders, f"enabled: true\n{STUDIO}")
    assert hosts.resolve().host_name == ""
    assert [info.name for info in hosts.infos()] == ["studio", "attic", "builtin"]


def test_the_built_in_host_named_by_the_caller_runs_what_it_can(folders: Folders) -> None:
    hosts = registry(folders, "enabled: true")
    assert hosts.resolve("kontext_color_grade", "builtin").workflow == "builtin_color_grade"
    assert hosts.resolve("builtin_color_grade", "builtin").note == ""


def test_a_built_in_workflow_goes_to_the_built_in_host(folders: Folders) -> None:
    choice = registry(folders, "enabled: true").resolve("builtin_color_grade")
    assert (choice.host_name, choice.ai) == ("builtin", False)


def test_a_url_is_a_host(folders: Folders) -> None:
    hosts = registry(folders)
    choice = hosts.resolve("kontext_color_grade", "http://127.0.0.1:8188/")
    assert (choice.host_name, choice.url) == ("http://127.0.0.1:8188", "http://127.0.0.1:8188")
    assert hosts.resolve("kontext_color_grade", choice.host_name) == choice


def test_a_url_of_a_known_host_is_that_host(folders: Folders) -> None:
    assert registry(folders, STUDIO).resolve("", "http://10.0.0.5:9000").host_name == "studio"


def test_an_unknown_name_lists_the_known_ones(folders: Folders) -> None:
    error = refusal(registry(folders, STUDIO), "", "stduio")
    assert error.info.kind is ErrorKind.NOT_FOUND
    assert error.info.hint == "Known are studio, attic, builtin; or give a URL."


def test_a_header_that_cannot_be_sent_is_named_without_its_value(folders: Folders) -> None:
    hosts = registry(folders, 'hosts: [{name: s, host: h, headers: {X-Key: "a\\u0001b"}}]')
    error = refusal(hosts, "kontext_color_grade", "s")
    assert error.info.kind is ErrorKind.SETTINGS_INVALID
    assert error.info.message == "The header 'X-Key' of host 's' cannot be sent."


def test_a_check_tells_version_queue_and_change(folders: Folders) -> None:
    async def go() -> tuple[HostInfo, list[HostInfo]]:
        async with ReplayServer() as server:
            hosts = registry(folders)
            told: list[HostInfo] = []
            hosts.on_change = told.append
            (info,) = await hosts.check(server.url)
            await hosts.check(server.url)
            await hosts.close()
            return info, told

    info, told = run(go())
    assert (info.state, info.version, info.queue) == ("ready", "0.33.0", 0)
    assert told == [info]


def test_a_workflow_check_names_what_the_host_lacks(folders: Folders) -> None:
    async def go() -> list[str]:
        async with ReplayServer() as server:
            hosts = registry(folders)
            problems = await hosts.check_workflow("kontext_color_grade", server.url)
            await hosts.close()
            return problems

    assert len(run(go())) == 4


def test_changed_settings_make_a_new_client_and_keep_a_busy_one(folders: Folders) -> None:
    async def go() -> tuple[bool, bool]:
        async with ReplayServer() as server:
            hosts = registry(folders, f"host: 127.0.0.1\nport: {server.port}")
            first = await hosts.client_for("comfyui")
            same = await hosts.client_for("comfyui")
            hosts._settings.set_value("comfyui.response_timeout_s", 30)
            other = await hosts.client_for("comfyui")
            await hosts.close()
            return first is same, first is other

    assert run(go()) == (True, False)


def test_changed_settings_make_one_new_client_however_many_ask(folders: Folders) -> None:
    async def go() -> tuple[bool, bool]:
        hosts = registry(folders, "host: 127.0.0.1\nport: 1")
        before = await hosts.client_for("comfyui")
        hosts._settings.set_value("comfyui.response_timeout_s", 30)
        one, other = await asyncio.gather(*(hosts.client_for("comfyui") for _ in range(2)))
        await hosts.close()
        return one is other, one is before

    assert run(go()) == (True, False)


def test_the_client_of_a_host_that_left_the_settings_is_closed(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    async def close(client: ComfyUIClient) -> None:
        closed.append(client.address.host)

    async def go() -> None:
        hosts = registry(folders, STUDIO)
        await hosts.client_for("attic")
        hosts._settings.remove_host("attic")
        await hosts.client_for("studio")

    monkeypatch.setattr(ComfyUIClient, "close", close)
    run(go())
    assert closed == ["10.0.0.6"]


def test_what_a_job_hears_of_a_host_that_left_the_settings_is_told_to_nobody(
    folders: Folders,
) -> None:
    told: list[HostInfo] = []

    async def go() -> None:
        hosts = registry(folders, STUDIO)
        hosts.on_change = told.append
        hosts.missed("gone", ErrorInfo(ErrorKind.HOST_UNREACHABLE, "It does not answer."))
        hosts.goes_on("gone")
        await hosts.close()

    run(go())
    assert told == []


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://gpu:8188", "http://gpu:8188"),
        ("gpu:9000", "http://gpu:9000"),
        ("192.168.1.7", "http://192.168.1.7:8188"),
        ("https://gpu.example.org/comfy/", "https://gpu.example.org:443/comfy"),
        ("http://[::1]:8188", "http://[::1]:8188"),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, url: str) -> None:
    assert parse_url(text).http_url == url


@pytest.mark.parametrize("text", ["ftp://gpu", "http://", "http://a:b:c", "http://gpu:99999"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(RabbitError) as caught:
        parse_url(text)
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST


def test_a_login_in_a_url_becomes_a_header_and_shows_nowhere() -> None:
    address = parse_url("https://ada:p%40ss@gpu.example.org")
    # base64("ada:p@ss")
    assert Secrets().headers(address) == {"Authorization": "Basic YWRhOnBAc3M="}
    assert "p@ss" not in f"{address!r} {address.http_url}"


class Life:
    """A built-in host made of a script."""

    def __init__(self, tmp_path: Path, script: str = FAKE_HOST, **options: float) -> None:
        self.last_used = time.monotonic()
        file = tmp_path / "host.py"
        file.write_text(script, encoding="utf-8")
        self.host = BuiltinHost(
            tmp_path / "base",
            tmp_path / "logs" / "host.log",
            last_used=lambda: self.last_used,
            command=(sys.executable, str(file)),
            **options,
        )


async def gone(host: BuiltinHost) -> None:
    process = host._process
    assert process is not None
    await process.wait()


def test_the_built_in_host_starts_when_asked_for_and_only_once(tmp_path: Path) -> None:
    async def go() -> tuple[bool, HostAddress, HostAddress]:
        life = Life(tmp_path)
        before = life.host.running
        first = await life.host.address()
        second = await life.host.address()
        await life.host.close()
        return before, first, second

    before, first, second = run(go())
    assert not before
    assert first == second
    assert first.builtin


def test_closing_ends_the_process(tmp_path: Path) -> None:
    async def go() -> int | None:
        life = Life(tmp_path)
        await life.host.address()
        process = life.host._process
        await life.host.close()
        return None if process is None else process.returncode

    assert run(go()) == 0


def test_an_idle_built_in_host_ends(tmp_path: Path) -> None:
    async def go() -> bool:
        life = Life(tmp_path, idle_s=0.1)
        await life.host.address()
        await gone(life.host)
        running = life.host.running
        await life.host.close()
        return running

    assert not run(go())


def test_a_built_in_host_that_dies_during_a_run_comes_back_on_its_port(tmp_path: Path) -> None:
    async def go() -> tuple[int, int, int | None, int | None]:
        life = Life(tmp_path)
        life.last_used = math.inf
        first = await life.host.address()
        old = life.host.pid
        assert old is not None
        os.kill(old, signal.SIGKILL)
        await gone(life.host)
        second = await life.host.address()
        new = life.host.pid
        await life.host.close()
        return first.port, second.port, old, new

    first, second, old, new = run(go())
    assert first == second
    assert old != new


def test_closing_does_not_wait_for_a_host_that_is_only_just_starting(tmp_path: Path) -> None:
    async def go() -> str:
        life = Life(tmp_path, "import time; time.sleep(60)", start_s=60.0)
        starting = asyncio.create_task(life.host.address())
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            await life.host.close()
        with pytest.raises(RabbitError) as caught:
            await starting
        return caught.value.info.message

    assert "it ended at once" in run(go())


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; sys.exit(3)", "it ended at once"),
        ("print('hello', flush=True); input()", "it did not say where it listens"),
        ("import time; time.sleep(60)", "it was not ready within 0.3 s"),
    ],
)
def test_a_built_in_host_that_does_not_start_says_why_and_names_its_log(
    tmp_path: Path, script: str, words: str
) -> None:
    async def go() -> RabbitError:
        life = Life(tmp_path, script, start_s=0.3 if "sleep" in script else 20.0)
        with pytest.raises(RabbitError) as caught:
            await life.host.address()
        await life.host.close()
        return caught.value

    error = run(go())
    assert error.info.kind is ErrorKind.HOST_FAILED
    assert words in error.info.message
    assert "host.log" in error.info.hint


def test_a_built_in_host_that_dies_again_and_again_is_given_up(tmp_path: Path) -> None:
    async def go() -> str:
        life = Life(tmp_path)
        for _ in range(4):
            await life.host.address()
            pid = life.host.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await gone(life.host)
        with pytest.raises(RabbitError) as caught:
            await life.host.address()
        await life.host.close()
        return caught.value.info.message

    assert "again and again" in run(go())


def test_the_registry_starts_the_built_in_host_for_a_client(
    folders: Folders, tmp_path: Path
) -> None:
    async def go() -> list[str]:
        life = Life(tmp_path)
        settings = SettingsStore(folders)
        settings.load()
        hosts = HostRegistry(settings, folders, WorkflowLibrary.of(folders), builtin=life.host)
        states: list[str] = []
        hosts.on_change = lambda info: states.append(info.state)
        client = await hosts.client_for("builtin")
        assert asyncio.get_running_loop()
        assert client.host == "The built-in host"
        await hosts.close()
        return states

    assert run(go()) == ["starting", "ready"]
