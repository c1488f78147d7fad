"""Long turns of the event loop become events of the trace."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rabbitviewer.shell.turns import TurnWatch
from rabbitviewer.trace import Trace


def stalls(file: Path) -> list[dict[str, float]]:
    return [each["args"] for each in json.loads(file.read_text()) if each["name"] == "ui_stall"]


def busy(milliseconds: float) -> None:
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        pass


@pytest.fixture
def file(tmp_path: Path, qapp: QApplication) -> Path:
    file = tmp_path / "trace.json"
    trace = Trace(file)
    watch = TurnWatch(trace, qapp)
    yield file
    qapp.removeEventFilter(watch)
    watch.deleteLater()
    trace.close()


def test_a_turn_over_a_frame_is_written_down(qtbot: QtBot, file: Path) -> None:
    QTimer.singleShot(0, lambda: busy(40))
    qtbot.waitUntil(lambda: bool(stalls(file)))
    (stall,) = stalls(file)
    assert stall["wall_ms"] >= 40
    assert stall["cpu_ms"] >= 40


def test_waiting_is_not_a_stall(qtbot: QtBot, file: Path) -> None:
    pause = QTimer(singleShot=True, interval=60)
    with qtbot.waitSignal(pause.timeout):
        pause.start()
    assert stalls(file) == []
