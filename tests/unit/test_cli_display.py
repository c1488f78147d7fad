from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rabbitviewer.commands import display
from rabbitviewer.commands.display import display_problem


@pytest.fixture
def x_server(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[None]:
    monkeypatch.setattr(display, "_X11_SOCKETS", home)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(home / "X7"))
        listener.listen()
        yield


@pytest.mark.parametrize(
    "environment",
    [{"QT_QPA_PLATFORM": "offscreen"}, {"WAYLAND_DISPLAY": "wayland-0"}, {"DISPLAY": ":7.0"}],
)
@pytest.mark.usefixtures("x_server")
def test_there_is_a_display(environment: dict[str, str]) -> None:
    assert display_problem(environment) == ""


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "There is no display for the window."),
        ({"DISPLAY": ":8"}, "The display :8 does not answer."),
        ({"DISPLAY": "nonsense"}, "The display nonsense does not answer."),
        ({"DISPLAY": "127.0.0.1:59000"}, "The display 127.0.0.1:59000 does not answer."),
    ],
)
@pytest.mark.usefixtures("x_server")
def test_there_is_none(environment: dict[str, str], problem: str) -> None:
    assert display_problem(environment) == problem
