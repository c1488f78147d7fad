"""``rabbitviewer grade`` through daemon, built-in host and workers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from tests.end2end.program import Program, interrupt

pytestmark = [pytest.mark.slow]

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "cli.schema.json").read_text(encoding="utf-8")
)
PROMPT = ("--prompt", "warm cinematic, teal shadows")


def check(definition: str, document: object) -> None:
    jsonschema.validate(document, {**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{definition}"}]})


def test_a_grade_yields_a_file_of_the_originals_size_and_leaves_the_original_alone(
    program: Program, photo: Path
) -> None:
    before = (photo.read_bytes(), photo.stat().st_mtime_ns)
    document = program.json("grade", photo, *PROMPT)
    check("graded", document)
    assert document["ai"] is False
    assert document["path"] == str(photo)
    result = Path(document["result_path"])
    assert result == photo.with_name("photo_color_grade.jpg")
    with Image.open(result) as picture:
        assert picture.size == (512, 512)
        assert picture.getexif()[0x0110] == "X100"
    assert (photo.read_bytes(), photo.stat().st_mtime_ns) == before


def test_warm_is_warmer(program: Program, flat_photo: Path) -> None:
    document = program.json("grade", flat_photo, "--prompt", "warm")
    with Image.open(flat_photo) as first, Image.open(document["result_path"]) as second:
        before, after = np.asarray(first).mean((0, 1)), np.asarray(second).mean((0, 1))
    assert (after[0] - after[2]) > (before[0] - before[2]) + 2


def test_the_cube_gives_the_same_picture_again(
    program: Program, flat_photo: Path, tmp_path: Path
) -> None:
    graded = program.json("grade", flat_photo, *PROMPT, "--cube", tmp_path / "look")
    assert graded["cube_path"] == str(tmp_path / "look.cube")
    applied = program.json(
        "lut", "apply", flat_photo, graded["cube_path"], "-o", tmp_path / "again.png"
    )
    with Image.open(graded["result_path"]) as first, Image.open(applied["result_path"]) as second:
        difference = np.asarray(first).astype(int) - np.asarray(second).astype(int)
    assert np.abs(difference).max() <= 1


def test_a_look_is_taken_from_a_pair(program: Program, flat_photo: Path, tmp_path: Path) -> None:
    graded = program.json("grade", flat_photo, *PROMPT)
    document = program.json(
        "lut", "extract", flat_photo, graded["result_path"], "-o", tmp_path / "pair.cube"
    )
    assert document["fit"]["explained"] > 0.9
    assert Path(document["cube_path"]).is_file()


def test_an_existing_file_is_never_replaced(program: Program, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"mine")
    document = program.json("grade", photo, *PROMPT, "-o", out)
    assert document["result_path"] == str(tmp_path / "out-1.png")
    assert out.read_bytes() == b"mine"


def test_no_extension_means_the_originals(program: Program, photo: Path, tmp_path: Path) -> None:
    document = program.json("grade", photo, *PROMPT, "-o", tmp_path / "out")
    assert document["result_path"] == str(tmp_path / "out.jpg")


def test_several_photos_go_into_a_folder_and_a_broken_one_does_not_stop_them(
    program: Program, photo: Path, flat_photo: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo.read_bytes()[:2000])
    done = program.run(
        "grade", photo, broken, flat_photo, *PROMPT, "-o", f"{tmp_path}/out/", "--json"
    )
    first, second, third = json.loads(done.stdout)
    assert done.returncode == 1
    assert os.path.dirname(first["result_path"]) == f"{tmp_path}/out"
    assert second["path"] == str(broken)
    assert second["error"]["kind"] == "unreadable"
    assert third["result_path"].endswith(".png")
    assert "Traceback" not in done.stderr


def test_a_pattern_makes_subfolders(program: Program, photo: Path, tmp_path: Path) -> None:
    document = program.json("grade", photo, *PROMPT, "-o", f"{tmp_path}/{{operation}}/{{stem}}.tif")
    assert document["result_path"] == f"{tmp_path}/color_grade/photo.tif"


@pytest.fixture(params=["missing", "folder", "empty", "text", "truncated", "fifo"])
def refused(request: pytest.FixtureRequest, tmp_path: Path, photo: Path) -> Path:
    path = tmp_path / f"{request.param}.jpg"
    make = {
        "missing": lambda: None,
        "folder": path.mkdir,
        "empty": path.touch,
        "text": lambda: path.write_text("not a photo"),
        "truncated": lambda: path.write_bytes(photo.read_bytes()[:3000]),
        "fifo": lambda: os.mkfifo(path),
    }
    make[request.param]()
    return path


def test_what_is_no_photo_is_refused_with_one_sentence(program: Program, refused: Path) -> None:
    done = program.run("grade", refused, *PROMPT)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(refused) in done.stderr


def test_a_name_that_is_no_text_is_graded(program: Program, photo: Path) -> None:
    odd = photo.with_name(os.fsdecode(b"caf\xe9.jpg"))
    photo.rename(odd)
    done = program.run("grade", odd, *PROMPT, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert Path(json.loads(done.stdout)["result_path"]).is_file()


class SilentHost:
    """A host that takes connections and never answers: a job for it stays under way."""

    def __init__(self, open_sockets: contextlib.ExitStack) -> None:
        self._open_sockets = open_sockets
        self._listener = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._listener.settimeout(60)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def wait_for_the_job(self) -> None:
        self._open_sockets.enter_context(self._listener.accept()[0])


@pytest.fixture
def silent_host() -> Iterator[SilentHost]:
    with contextlib.ExitStack() as open_sockets:
        yield SilentHost(open_sockets)


def begin_grade(
    program: Program, photo: Path, host: SilentHost, *more: str
) -> subprocess.Popen[str]:
    process = program.begin("grade", photo, *PROMPT, "--host", host.url, "--json", *more)
    host.wait_for_the_job()
    return process


def test_ctrl_c_detaches_and_prints_the_job_that_goes_on(
    program: Program, photo: Path, silent_host: SilentHost
) -> None:
    process = begin_grade(program, photo, silent_host)
    output, errors = interrupt(process)
    document = json.loads(output)
    check("detached", document)
    assert process.returncode == 1
    assert f"`rabbitviewer jobs watch {document['job_id']}`" in errors
    assert program.json("jobs", "cancel", document["job_id"]) == [{"job_id": document["job_id"]}]
    (job,) = [job for job in program.json("jobs", "list") if job["path"] == str(photo)]
    assert job["state"] == "cancelled"


def test_ctrl_c_cancels_when_asked_to(
    program: Program, photo: Path, silent_host: SilentHost
) -> None:
    process = begin_grade(program, photo, silent_host, "--cancel-on-interrupt")
    interrupt(process)
    (job,) = [job for job in program.json("jobs", "list") if job["path"] == str(photo)]
    assert (process.returncode, job["state"]) == (1, "cancelled")


def test_a_waiting_command_starts_a_killed_daemon_again_and_the_job_goes_on(
    program: Program, photo: Path, silent_host: SilentHost
) -> None:
    process = begin_grade(program, photo, silent_host)
    os.kill(program.json("daemon", "status")["pid"], signal.SIGKILL)
    silent_host.wait_for_the_job()
    (job,) = [job for job in program.json("jobs", "list") if job["path"] == str(photo)]
    program.json("jobs", "cancel", job["job_id"])
    output, _ = process.communicate(timeout=60)
    assert json.loads(output) == {
        "job_id": job["job_id"],
        "path": str(photo),
        "state": "cancelled",
    }


def test_a_trace_has_the_stages_of_the_job(program: Program, photo: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    done = program.run("--trace", trace, "grade", photo, *PROMPT)
    assert done.returncode == 0, done.stderr
    events = json.loads(trace.read_bytes())
    assert events[0]["name"] == "process_start"
    stages = [event["args"]["stage"] for event in events if event["name"] == "job_stage"]
    assert stages[:3] == ["prepare", "upload", "queued"]
    assert {"run", "fetch", "fit", "apply", "save"} <= set(stages)
