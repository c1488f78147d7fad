"""What clients ask about machines, answered over the real settings file and hosts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import msgspec
import pytest

from daemon.comfyui.hosts import HostRegistry
from daemon.comfyui.operations import WorkflowLibrary
from daemon.ipc.config import ConfigService
from daemon.ipc.hosting import HostingService
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.hosting import (
    HostChecked,
    HostCheckRequest,
    HostEntries,
    HostEntriesRequest,
    HostEntry,
    HostRemove,
    HostSave,
)
from daemon.protocol.message import Message
from daemon.protocol.messages import SettingsChanged
from daemon.resources import data_folder
from daemon.settings import SettingsStore
from tests.fakes.comfyui import run
from tests.fakes.replay import ReplayServer
from tests.unit.test_secrets import Ring


class Peer:
    peer_id = 1

    def send(self, message: Message, blob: bytes = b"") -> None:
        raise AssertionError(f"nothing is sent to one client alone: {message} {blob!r}")


class Service:
    """The service over one user's folders."""

    def __init__(self) -> None:
        folders = resolve_folders()
        self.store = SettingsStore(folders)
        self.store.load()
        self.published: list[Message] = []
        library = WorkflowLibrary.of(folders)
        self.hosts = HostRegistry(self.store, folders, library)
        config = ConfigService(self.store, self.publish, lambda: None)
        self.service = HostingService(self.hosts, library, self.store, config)

    def publish(self, message: Message, blob: bytes = b"") -> None:
        assert not blob
        self.published.append(message)

    async def save(self, entry: HostEntry, replaces: str = "", secret: str = "") -> HostEntries:
        request = HostSave(entry=entry, replaces=replaces, secret=secret)
        return await self.service.save(Peer(), request)

    async def check(self, request: HostCheckRequest) -> HostChecked:
        try:
            return await self.service.check(Peer(), request)
        finally:
            await self.hosts.close()


@pytest.fixture
def made(home: Path) -> Service:
    assert home.is_dir()
    return Service()


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    found = Ring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


def test_at_first_there_is_one_machine(made: Service) -> None:
    found = run(made.service.entries(Peer(), HostEntriesRequest()))
    assert [(entry.name, entry.host) for entry in found.hosts] == [("comfyui", "192.168.1.100")]
    assert found.single


def test_a_machine_is_saved_told_and_in_force_at_once(made: Service) -> None:
    found = run(made.save(HostEntry(name="studio", host="10.0.0.5", token="s3cret")))
    assert [(entry.name, entry.token) for entry in found.hosts] == [("studio", "(hidden)")]
    assert not found.single
    assert made.hosts.known.find("studio")[1].token == "s3cret"
    assert made.published == [SettingsChanged(problem="", ai_enabled=False)]


def test_a_secret_goes_to_the_keyring_and_its_name_into_the_file(made: Service, ring: Ring) -> None:
    entry = HostEntry(name="studio", host="h", token="keyring:studio")
    found = run(made.save(entry, secret="s3cret"))
    assert ring.kept == {("rabbitviewer", "studio"): "s3cret"}
    assert found.keyring
    assert found.hosts[0].token == "keyring:studio"
    assert "s3cret" not in made.store.path.read_text(encoding="utf-8")


def test_a_secret_without_a_place_is_refused(made: Service, ring: Ring) -> None:
    with pytest.raises(RabbitError) as caught:
        run(made.save(HostEntry(name="studio", host="h"), secret="s3cret"))
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert "s3cret" not in repr(caught.value.info)
    assert ring.kept == {}


def test_a_machine_that_cannot_be_leaves_the_keyring_alone(made: Service, ring: Ring) -> None:
    entry = HostEntry(name="studio", host="http://h", token="keyring:studio")
    with pytest.raises(RabbitError):
        run(made.save(entry, secret="s3cret"))
    assert ring.kept == {}


def test_without_a_keyring_nothing_is_saved(made: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    before = made.store.path.read_bytes()
    with pytest.raises(RabbitError, match="keyring"):
        run(made.save(HostEntry(name="s", host="h", token="keyring:s"), secret="s3cret"))
    assert made.store.path.read_bytes() == before


def test_a_machine_is_taken_out(made: Service) -> None:
    run(made.save(HostEntry(name="studio", host="10.0.0.5")))
    found = run(made.service.remove(Peer(), HostRemove(name="studio")))
    assert found.single


def test_a_host_is_checked_by_name_with_every_workflow(made: Service) -> None:
    async def go() -> HostChecked:
        async with ReplayServer() as server:
            await made.save(HostEntry(name="studio", host="127.0.0.1", port=server.port))
            return await made.check(HostCheckRequest(host="studio"))

    checked = run(go())
    assert checked.host == "studio"
    found = {step.subject: step for step in checked.steps if step.step == "workflow"}
    assert found["kontext_color_grade"].state == "failed"
    assert "models/diffusion_models" in found["kontext_color_grade"].message
    assert "folders" in found["kontext_color_grade"].hint
    assert found["builtin_color_grade"].state == "skipped"


def test_a_workflow_whose_result_cannot_be_made_is_no_fault_of_the_host(made: Service) -> None:
    shipped, own = data_folder("comfyui_workflows"), made.store.path.parent / "comfyui_workflows"
    own.mkdir()
    graph = (shipped / "kontext_color_grade.json").read_bytes()
    manifest = (shipped / "kontext_color_grade.yaml").read_text(encoding="utf-8")
    (own / "larger.json").write_bytes(graph)
    text = manifest.replace("result: lut", "result: resized")
    (own / "larger.yaml").write_text(text, encoding="utf-8")

    async def go() -> HostChecked:
        async with ReplayServer() as server:
            return await made.check(HostCheckRequest(host=server.url, workflows=("larger",)))

    step = run(go()).steps[-1]
    assert (step.state, step.subject) == ("skipped", "larger")
    assert "'resized'" in step.message


def test_a_check_brings_what_is_known_of_the_host_up_to_date(made: Service) -> None:
    async def go() -> str:
        async with ReplayServer() as server:
            await made.save(HostEntry(name="studio", host="127.0.0.1", port=server.port))
            await made.check(HostCheckRequest(host="studio", workflows=()))
            return made.hosts.state("studio").name

    assert run(go()) == "ready"


def test_a_workflow_that_there_is_not_is_told(made: Service) -> None:
    async def go() -> HostChecked:
        async with ReplayServer() as server:
            return await made.check(HostCheckRequest(host=server.url, workflows=("nope",)))

    assert run(go()).steps[-1].message == "There is no workflow called 'nope'."


def test_a_machine_is_checked_before_it_is_saved(made: Service) -> None:
    async def go() -> HostChecked:
        async with ReplayServer() as server:
            entry = HostEntry(name="new", host="127.0.0.1", port=server.port)
            return await made.check(HostCheckRequest(entry=entry, workflows=()))

    checked = run(go())
    assert [step.state for step in checked.steps if step.step == "api"] == ["ok"]
    assert made.store.current.comfyui.hosts == ()


def test_a_changed_machine_is_checked_with_the_secret_that_stays(made: Service) -> None:
    async def go() -> tuple[HostChecked, str]:
        async with ReplayServer() as server:
            saved = await made.save(HostEntry(name="a", host="10.0.0.5", token="s3cret"))
            entry = msgspec.structs.replace(saved.hosts[0], host="127.0.0.1", port=server.port)
            request = HostCheckRequest(host="a", entry=entry, workflows=())
            return await made.check(request), server.headers["Authorization"]

    checked, login = run(go())
    assert login == "Bearer s3cret"
    assert "s3cret" not in repr(checked)
