"""Scripts: found in their folder, run in a process of their own, told as sentences."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import (
    CopyPhotos,
    Failed,
    FileWorkDone,
    FileWorkProgress,
    FileWorkStarted,
    Marks,
    MarksRequest,
    MarksSet,
    Message,
    SetMarks,
)
from daemon.protocol.values import PathFailure, PhotoMarks
from rabbitviewer.ipc.blocking import DaemonConnection
from rabbitviewer.models.scripts import find_scripts
from rabbitviewer.scripts.api import Api
from tests.fakes.scripted_daemon import ScriptedDaemon

PHOTOS = (b"/photos/a.jpg", b"/photos/b.jpg")


def test_a_missing_folder_is_made_with_an_example_that_is_a_script(tmp_path: Path) -> None:
    found = find_scripts(tmp_path / "config" / "scripts")
    assert [(script.title, script.problem) for script in found] == [("Count the stars", "")]


def test_the_title_is_the_first_line_of_the_docstring_or_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('"""Rate all.\n\nMore."""\ndef run(api, photos): ...\n')
    (tmp_path / "my_tool.py").write_text("def run(api, photos): ...\n")
    assert [script.title for script in find_scripts(tmp_path)] == ["My tool", "Rate all"]


def test_a_script_that_cannot_run_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def run(:\n")
    (tmp_path / "b.py").write_text("x = 1\n")
    first, second = find_scripts(tmp_path)
    assert "line 1" in first.problem
    assert "run(api, photos)" in second.problem


def test_helpers_and_other_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "_shared.py").write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert find_scripts(tmp_path) == ()


@pytest.fixture
def daemon() -> ScriptedDaemon:
    return ScriptedDaemon(resolve_folders())


def run_script(file: Path, photos: tuple[bytes, ...] = PHOTOS) -> tuple[list[dict], str]:
    """Run a script as the window does; return what it told and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "rabbitviewer.scripts.runner", str(file)],
        input=json.dumps({"paths": [path.hex() for path in photos]}).encode(),
        capture_output=True,
        env=os.environ,
        timeout=60,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_a_script_is_given_the_photos_and_tells_the_window(
    tmp_path: Path, daemon: ScriptedDaemon
) -> None:
    file = tmp_path / "tell.py"
    file.write_text(
        "def run(api, photos):\n"
        "    print('looking')\n"
        "    api.progress(1, 2)\n"
        "    api.message([photo.name for photo in photos])\n"
    )
    with daemon:
        told, printed = run_script(file)
    assert told == [{"progress": [1, 2]}, {"message": "['a.jpg', 'b.jpg']"}, {"done": True}]
    assert printed == "looking\n"


def test_an_exception_is_one_sentence_with_its_line_and_a_traceback_of_the_script(
    tmp_path: Path, daemon: ScriptedDaemon
) -> None:
    file = tmp_path / "break.py"
    file.write_text("def run(api, photos):\n    return photos[7]\n")
    with daemon:
        told, printed = run_script(file)
    assert told == [{"failed": "IndexError in line 2: tuple index out of range"}]
    assert "break.py" in printed
    assert "runner.py" not in printed


@contextlib.contextmanager
def connected(daemon: ScriptedDaemon, told: list | None = None) -> Iterator[Api]:
    with daemon, DaemonConnection.open(resolve_folders()) as connection:
        yield Api(connection, PHOTOS, ([] if told is None else told).append)


def test_marks_are_read_once_for_all_photos(daemon: ScriptedDaemon) -> None:
    def answer(request: Message) -> list[Message]:
        assert isinstance(request, MarksRequest)
        return [Marks(marks=tuple(PhotoMarks(path=bytes(p), rating=4) for p in request.paths))]

    daemon.scripts[MarksRequest] = answer
    with connected(daemon) as api:
        assert [photo.rating for photo in api.photos] == [4, 4]
    assert len(daemon.asked(MarksRequest)) == 1


def test_calls_of_one_script_are_one_step_of_undo(daemon: ScriptedDaemon) -> None:
    daemon.scripts[SetMarks] = lambda _: [MarksSet(changed=2)]
    with connected(daemon) as api:
        assert api.set_rating(api.photos, 5) == 2
        api.add_keywords(api.photos[0], "sea")
    batches = {request.batch for request in daemon.asked(SetMarks)}  # type: ignore[attr-defined]
    assert len(batches) == 1
    assert "" not in batches


def test_a_mark_that_cannot_be_written_is_raised(daemon: ScriptedDaemon) -> None:
    why = ErrorInfo(ErrorKind.PERMISSION_DENIED, "The folder is read-only.", "")
    failed = (PathFailure(PHOTOS[0], why),)
    daemon.scripts[SetMarks] = lambda _: [MarksSet(changed=0, failed=failed)]
    with connected(daemon) as api, pytest.raises(RabbitError, match="read-only"):
        api.set_rating(api.photos, 5)


def test_copying_waits_for_the_end_and_returns_the_new_paths(daemon: ScriptedDaemon) -> None:
    daemon.scripts[CopyPhotos] = lambda _: [
        FileWorkStarted(work_id=3),
        FileWorkProgress(work_id=3, done=1, total=2),
        FileWorkDone(work_id=9, kind="copy"),
        FileWorkDone(work_id=3, kind="copy", moved=((PHOTOS[0], b"/new/a.jpg"),)),
    ]
    told: list = []
    with connected(daemon, told) as api:
        assert api.copy(api.photos[0], "/new") == [b"/new/a.jpg"]
    assert told == [{"progress": [1, 2]}]


def test_what_the_daemon_refuses_is_raised(daemon: ScriptedDaemon) -> None:
    why = ErrorInfo(ErrorKind.NOT_FOUND, "There is no folder /new.", "")
    daemon.scripts[CopyPhotos] = lambda _: [Failed(error=why)]
    with connected(daemon) as api, pytest.raises(RabbitError, match="no folder"):
        api.copy(api.photos, "/new")
