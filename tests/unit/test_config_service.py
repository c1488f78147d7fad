from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from daemon.ipc.config import ConfigService
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import ConfigRequest, ConfigSet, Message, SettingsChanged, WirePath
from daemon.settings import SettingsStore


class Peer:
    peer_id = 1

    def send(self, message: Message, blob: bytes = b"") -> None:
        raise AssertionError(f"nothing is sent to one client alone: {message} {blob!r}")


class Service:
    def __init__(self) -> None:
        self.store = SettingsStore(resolve_folders())
        self.store.load()
        self.published: list[Message] = []
        self.applied: list[int] = []
        self.service = ConfigService(self.store, self.publish, self.changed)

    def publish(self, message: Message, blob: bytes = b"") -> None:
        assert not blob
        self.published.append(message)

    def changed(self) -> None:
        self.applied.append(self.store.current.comfyui.port)


@pytest.fixture
def made() -> Service:
    return Service()


def test_a_saved_file_comes_into_force_and_everybody_is_told(made: Service) -> None:
    made.store.path.write_text("comfyui:\n  enabled: true\n  port: 9000\n", encoding="utf-8")
    asyncio.run(made.service.look())
    assert made.applied == [9000]
    assert made.published == [SettingsChanged(problem="", ai_enabled=True)]


def test_a_file_that_was_not_saved_is_not_read_again(made: Service) -> None:
    asyncio.run(made.service.look())
    assert made.published == []


def test_a_wrong_file_is_told_with_its_line(made: Service) -> None:
    made.store.path.write_text("comfyui:\n  port: no\n", encoding="utf-8")
    asyncio.run(made.service.look())
    (event,) = made.published
    assert isinstance(event, SettingsChanged)
    assert event.problem.startswith("config.yaml: line 2, column 9: comfyui.port: ")


def test_the_values_in_force_are_answered_flat(made: Service) -> None:
    answer = asyncio.run(made.service.config(Peer(), ConfigRequest()))
    assert answer.values["comfyui.port"] == 8188
    assert answer.path.endswith(b"config.yaml")


def test_another_file_is_checked(made: Service, tmp_path: Path) -> None:
    other = tmp_path / "x.yaml"
    other.write_text("a: [", encoding="utf-8")
    request = ConfigRequest(path=WirePath.of(other))
    answer = asyncio.run(made.service.config(Peer(), request))
    assert answer.errors[0].startswith("x.yaml: line 1, column")
    assert answer.values == {}


def test_a_value_that_is_set_is_in_force_and_told_once(made: Service) -> None:
    async def story() -> None:
        answer = await made.service.config_set(Peer(), ConfigSet(key="comfyui.port", value=9001))
        assert answer.values["comfyui.port"] == 9001
        await made.service.look()

    asyncio.run(story())
    assert made.applied == [9001]
    assert len(made.published) == 1


def test_a_value_that_cannot_be_is_refused(made: Service) -> None:
    with pytest.raises(RabbitError, match="expected a number >= 1, got 0"):
        asyncio.run(made.service.config_set(Peer(), ConfigSet(key="comfyui.port", value=0)))
    assert made.published == []
