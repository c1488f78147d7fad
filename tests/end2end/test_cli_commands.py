"""The other commands, against the real daemon."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.end2end.program import Program, interrupt

pytestmark = [pytest.mark.slow]


def test_the_colour_grade_is_offered_without_any_set_up(program: Program) -> None:
    (grade,) = [item for item in program.json("operations") if item["id"] == "color_grade"]
    assert (grade["available"], grade["ai"]) == (True, False)


def test_both_shipped_workflows_are_listed(program: Program) -> None:
    names = {item["name"] for item in program.json("workflows", "list")}
    assert {"kontext_color_grade", "builtin_color_grade"} <= names


def test_the_built_in_workflow_is_ready(program: Program) -> None:
    (item,) = program.json("workflows", "check", "builtin_color_grade", "--host", "builtin")
    assert (item["usable"], item["problems"]) == (True, [])


def test_the_built_in_host_answers(program: Program) -> None:
    hosts = json.loads(program.run("hosts", "--check", "--json").stdout)
    assert [item["state"] for item in hosts if item["builtin"]] == ["ready"]


def test_info_shows_a_photos_facts(program: Program, photo: Path) -> None:
    document = program.json("info", photo)
    assert (document["format"], document["width_px"], document["bit_depth"]) == ("jpeg", 512, 8)


def test_a_saved_setting_comes_into_force_and_a_wrong_one_is_told(program: Program) -> None:
    program.json("daemon", "start")
    path = Path(program.json("config", "path")["path"])
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("port: 8188", "port: none"), encoding="utf-8")
    done = program.run("config", "check")
    path.write_text(good, encoding="utf-8")
    assert done.returncode == 1
    line = good.splitlines().index("  port: 8188") + 1
    assert f"config.yaml: line {line}, column 9: comfyui.port: expected a whole" in done.stderr


def test_a_job_for_a_host_that_is_away_fails_and_names_listen(
    program: Program, photo: Path
) -> None:
    done = program.run("grade", photo, "--prompt", "warm", "--host", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "--listen" in done.stderr
    assert not photo.with_name("photo_color_grade.jpg").exists()


def test_the_daemon_starts_and_ends_on_demand(program: Program) -> None:
    assert program.json("daemon", "start")["running"] is True
    assert program.json("daemon", "status")["running"] is True
    assert program.json("daemon", "stop", "--force") == {"running": False, "stopped": True}
    assert program.json("daemon", "status") == {"running": False}


def test_the_built_in_host_runs_on_its_own(program: Program) -> None:
    process = program.begin("builtin-host", "--port", "0")
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/system_stats", timeout=10) as answer:
        stats = json.load(answer)
    interrupt(process)
    assert "system" in stats
