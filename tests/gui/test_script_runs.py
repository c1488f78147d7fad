"""Running scripts from the window: real processes, heard line by line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders
from rabbitviewer.models.script_runs import Run, ScriptRuns
from rabbitviewer.models.scripts import Script, ScriptsModel
from rabbitviewer.shell.scripts_panel import ScriptsPanel
from tests.fakes.scripted_daemon import ScriptedDaemon

STARTED = "def run(api, photos):\n    api.progress(1, 3)\n"


@pytest.fixture
def runs(qtbot: QtBot, folders: Folders) -> Iterator[ScriptRuns]:
    with ScriptedDaemon(folders):
        runs = ScriptRuns()
        yield runs
        runs.stop_all()


def write(folder: Path, text: str) -> Script:
    file = folder / "script.py"
    file.write_text(text)
    return Script(file, "My script")


def run_to_end(qtbot: QtBot, runs: ScriptRuns, script: Script) -> Run:
    with qtbot.waitSignal(runs.ended, timeout=20_000) as ended:
        runs.start(script, (b"/photos/a.jpg",))
    run = ended.args[0]
    assert isinstance(run, Run)
    return run


def test_what_a_script_says_and_prints_is_kept(
    qtbot: QtBot, runs: ScriptRuns, tmp_path: Path
) -> None:
    script = write(tmp_path, STARTED + "    print('seen')\n    api.message('All good')\n")
    run = run_to_end(qtbot, runs, script)
    assert (run.state, run.message, run.details.strip()) == ("done", "All good", "seen")
    assert (run.done, run.total) == (1, 3)


def test_a_script_that_dies_is_a_failure_with_a_sentence(
    qtbot: QtBot, runs: ScriptRuns, tmp_path: Path
) -> None:
    run = run_to_end(qtbot, runs, write(tmp_path, "import os\nos._exit(3)\n"))
    assert run.state == "failed"
    assert run.message


def test_a_script_that_never_ends_is_stopped(
    qtbot: QtBot, runs: ScriptRuns, tmp_path: Path
) -> None:
    script = write(tmp_path, STARTED + "    import time\n    time.sleep(600)\n")
    run = runs.start(script, ())
    qtbot.waitUntil(lambda: run.total == 3, timeout=20_000)
    began = time.monotonic()
    with qtbot.waitSignal(runs.ended, timeout=10_000):
        runs.stop(run)
    assert run.state == "stopped"
    assert time.monotonic() - began < 5


def test_a_script_may_show_a_folder(qtbot: QtBot, runs: ScriptRuns, tmp_path: Path) -> None:
    script = write(tmp_path, "def run(api, photos):\n    api.open_folder('/somewhere')\n")
    with qtbot.waitSignal(runs.folder_wanted, timeout=20_000) as wanted:
        runs.start(script, ())
    assert wanted.args == [b"/somewhere"]
    qtbot.waitUntil(lambda: not runs.running, timeout=20_000)


def test_a_failed_run_is_shown_with_its_sentence_and_its_details(
    qtbot: QtBot, runs: ScriptRuns, tmp_path: Path
) -> None:
    panel = ScriptsPanel(runs)
    qtbot.addWidget(panel)
    panel.show()
    run_to_end(qtbot, runs, write(tmp_path, "def run(api, photos):\n    1 / 0\n"))
    shown = " ".join(each.text() for each in panel.findChildren(QLabel) if each.isVisible())
    assert "My script" in shown
    assert "ZeroDivisionError in line 2" in shown
    assert "1 / 0" in panel.findChildren(QPlainTextEdit)[0].toPlainText()


def test_the_list_of_scripts_follows_its_folder(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text("def run(api, photos): ...\n")
    model = ScriptsModel(tmp_path)
    with qtbot.waitSignal(model.changed):
        model.look()
    with qtbot.waitSignal(model.changed):
        (tmp_path / "second.py").write_text('"""Another"""\ndef run(api, photos): ...\n')
    assert [script.title for script in model.scripts] == ["Another", "First"]
