from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from daemon.protocol.endpoint import resolve_folders
from rabbitviewer.cli import build_parser, main
from tests.fakes.answers import answer_everything
from tests.fakes.scripted_daemon import ScriptedDaemon

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "cli.schema.json").read_text(encoding="utf-8")
)
RUNS = {
    "grade": "grade a.jpg --prompt x",
    "edit": "edit color_grade a.jpg --prompt x",
    "lut extract": "lut extract a.png b.png -o x.cube",
    "lut apply": "lut apply a.png x.cube -o r.png",
    "lut spatial": "lut spatial a.png b.png c.jpg -o r.jpg",
    "lut convert": "lut convert x.cube x.png --size 64",
    "looks list": "looks list",
    "looks save": "looks save job-done.jpg",
    "looks import": "looks import a.cube b.png",
    "looks rename": "looks rename 5b0a Dawn",
    "looks delete": "looks delete 5b0a",
    "looks restore": "looks restore 5b0a5b0a5b0a5b0a5b0a5b0a5b0a5b0a",
    "looks export": "looks export 5b0a x.png",
    "looks apply": "looks apply a.jpg gone.jpg --look 5b0a",
    "pool list": "pool list",
    "pool new": "pool new Trip",
    "pool use": "pool use Wedding",
    "pool add": "pool add d.jpg gone.jpg",
    "pool remove": "pool remove 0 2",
    "pool activate": "pool activate 0",
    "pool label": "pool label 0 groom",
    "pool set-mask": "pool set-mask 0 mask.png",
    "pool export-mask": "pool export-mask 1 mask.png",
    "pool move": "pool move 0 2",
    "pool select": "pool select",
    "pool undo": "pool undo",
    "pool redo": "pool redo",
    "pool duplicate": "pool duplicate",
    "pool detach": "pool detach",
    "pool rename": "pool rename Trip",
    "pool delete": "pool delete",
    "pool export": "pool export w.zip",
    "pool import": "pool import w.zip",
    "operations": "operations",
    "workflows list": "workflows list",
    "workflows check": "workflows check",
    "workflows import": "workflows import kontext.json",
    "workflows export": "workflows export kontext -o x.zip",
    "workflows duplicate": "workflows duplicate kontext",
    "workflows delete": "workflows delete kontext",
    "workflows restore": "workflows restore kontext",
    "workflows map": "workflows map ae.safetensors flux-ae.sft",
    "hosts": "hosts",
    "jobs list": "jobs list",
    "jobs watch": "jobs watch job-done.jpg job-failed.jpg",
    "jobs cancel": "jobs cancel --all",
    "jobs retry": "jobs retry job-failed.jpg",
    "jobs move": "jobs move job-failed.jpg --front",
    "jobs pause": "jobs pause job-failed.jpg",
    "jobs resume": "jobs resume",
    "info": "info a.jpg",
    "thumbs": "thumbs .",
    "config path": "config path",
    "config show": "config show",
    "config check": "config check",
    "daemon start": "daemon start",
    "daemon stop": "daemon stop",
    "daemon status": "daemon status",
}
OTHER_PROGRAMS = {"daemon run", "builtin-host"}


@pytest.fixture(autouse=True)
def fake() -> Iterator[ScriptedDaemon]:
    with ScriptedDaemon(resolve_folders()) as daemon:
        answer_everything(daemon)
        yield daemon


def check(definition: str, document: object) -> None:
    reference = "#/$defs/" + definition.replace(" ", "%20")
    jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": reference}]}).validate(document)


def commands() -> set[str]:
    """Every command and verb that the parser knows."""
    found: set[str] = set()
    for name, parser in build_parser()._subparsers._group_actions[0].choices.items():
        verbs = parser._subparsers
        found |= {f"{name} {verb}" for verb in verbs._group_actions[0].choices} if verbs else {name}
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_command_is_described() -> None:
    assert commands() == set(RUNS) | OTHER_PROGRAMS
    assert set(RUNS) <= set(SCHEMA["$defs"])


@pytest.mark.parametrize("command", RUNS)
def test_what_a_command_prints_is_what_the_schema_says(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*RUNS[command].split(), "--json"])
    check(command, json.loads(capsys.readouterr().out))


def test_several_photos_with_a_failed_one_are_as_described(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["grade", "a.jpg", "gone.jpg", "--prompt", "x", "--json"])
    check("grade", json.loads(capsys.readouterr().out))


def test_checked_hosts_are_as_described(capsys: pytest.CaptureFixture[str]) -> None:
    main(["hosts", "--check", "--json"])
    check("hosts", json.loads(capsys.readouterr().out))


def test_a_failed_command_is_as_described(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["jobs", "watch", "nothing", "--json"])
    check("failure", json.loads(capsys.readouterr().out))
