from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import cast

import msgspec
import pytest

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.hosting import HostCheckRequest
from daemon.protocol.jobs import JobsCancel, JobsMove, JobsPause
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditCancelled,
    AiEditRequest,
    ConfigRequest,
    Done,
    Failed,
    HostChanged,
    Hosts,
    HostsRequest,
    JobCancel,
    JobRetry,
    Jobs,
    JobsRequest,
    LutApplied,
    LutApplyRequest,
    LutConverted,
    LutConvertRequest,
    LutExtracted,
    LutExtractRequest,
    LutGraded,
    LutSpatialRequest,
    Message,
    Operations,
    OperationsRequest,
    PhotoInfoRequest,
    ShutdownRequest,
    StatusRequest,
    ThumbnailRequest,
    Workflows,
    WorkflowsRequest,
)
from rabbitviewer.__main__ import main as program
from rabbitviewer.cli import main
from rabbitviewer.commands.follow import JobFollower
from tests.fakes.answers import (
    CHECKED,
    CONFIG,
    FIT,
    HOST,
    OPERATION,
    PHOTO,
    STATUS,
    WORKFLOW,
    accepted,
    answer_everything,
    fails_later,
    fails_with,
    grades,
    grades_all_but_gone,
    job,
    with_notes,
)
from tests.fakes.scripted_daemon import HangUp, ScriptedDaemon


@pytest.fixture
def fake() -> Iterator[ScriptedDaemon]:
    with ScriptedDaemon(resolve_folders()) as daemon:
        daemon.scripts[AiEditRequest] = grades
        yield daemon


def read(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out)


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["batch", "x"], "'batch' is neither a command nor a file here"),
        (["graed"], "did you mean 'grade'?"),
        (["grade"], "the following arguments are required: --prompt"),
        (["grade", "--prompt", "x"], "name the photos, or a pool with --pool"),
        (["edit"], "the following arguments are required: OPERATION"),
        (["edit", "x", "a.jpg", "--set", "steps"], "--set steps: write NAME=VALUE"),
        (["edit", "x", "a.jpg", "--image", "second=b.png"], "pictures are called reference_1"),
        (["edit", "x", "a.jpg", "--image", "reference_1="], "the file is missing"),
        (["grade", "a.jpg", "--prompt", "x", "--strength", "2"], "'2' is not a number 0 to 1.5"),
        (["grade", "a.jpg", "--prompt", "x", "--lut-size", "1"], "not a whole number 2 to 129"),
        (["grade", "a.jpg", "--prompt", " "], "--prompt is empty"),
        (["grade", "a.jpg", "--prompt", "caf\udce9"], "'caf\\udce9' is not UTF-8 text"),
        (["grade", "a.jpg", "--prompt", "x", "-o", "b.heic"], ".heic cannot be written"),
        (["grade", "a", "b", "--prompt", "x", "-o", "c.jpg"], "several photos need a folder"),
        (["grade", "a", "--prompt", "x", "-o", "../{stem}"], "may not leave its folder"),
        (["grade", "a", "--prompt", "x", "-o", "{date}"], "{stem} and {operation} only"),
        (["lut"], "the following arguments are required: VERB"),
        (["lut", "extract", "a", "b"], "the following arguments are required: -o"),
        (["lut", "extract", "a", "b", "-o", "x.txt"], "-o x.txt: the file must end with .cube"),
        (["lut", "convert", "a.cube", "x.txt"], "OUT x.txt: the file must end with .cube or .png"),
        (["lut", "apply", "a", "b", "-o", "c", "--channels", "red"], "invalid choice: 'red'"),
        (["grade", "a.jpg", "--prompt", "x", "--fit", "best"], "invalid choice: 'best'"),
        (
            ["grade", "a.jpg", "--prompt", "x", "--fit", "model", "--channels", "luma"],
            "leave out --channels",
        ),
        (
            ["grade", "a", "--prompt", "x", "--fit", "model", "--cube", "x.cube"],
            "makes no LUT; leave out --cube",
        ),
        (["grade", "a", "--prompt", "x", "--long-edge", "5000"], "64 to 4096"),
        (["jobs", "cancel"], "name the jobs to cancel, or say --all"),
        (["--trace"], "expected one argument"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as left:
        code = left.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert complaint in captured.err


def test_config_path_needs_no_daemon(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{home}/config/config.yaml\n"


def test_without_a_display_the_window_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM")
    assert main([str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "no display" in error


def test_a_missing_photo_for_the_window_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["./gone.jpg"]) == 1
    assert "There is no photo or folder ./gone.jpg." in capsys.readouterr().err


# ---------------------------------------------------------------- grade


def test_one_graded_photo_is_one_object_with_the_promised_fields(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    photo = str(tmp_path / "a.jpg")
    assert main(["grade", photo, "--prompt", "warm", "--json"]) == 0
    assert read(capsys) == {
        "job_id": "job-a.jpg",
        "path": photo,
        "result_path": f"{photo}.out.jpg",
        "cube_path": None,
        "workflow": "builtin_color_grade",
        "host": "builtin",
        "seed": 7,
        "fit": {
            "model": "lut",
            "delta_e_mean": 0.5,
            "delta_e_p95": 1.25,
            "coverage": 0.75,
            "explained": 0.9375,
            "registration": {"dx_px": 0.5, "dy_px": -0.25, "scale": 1.0, "rotation_deg": 0.0},
            "warning": "",
            "spatial_score": 3.5,
            "verdict": "excellent",
            "summary": FIT.summary,
        },
        "ai": False,
        "timings_s": {"fit": 0.5},
    }


def test_every_option_reaches_the_daemon(
    fake: ScriptedDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_everything(fake)
    monkeypatch.chdir(tmp_path)
    options = "--workflow w --host h --strength 0.5 --seed 3 --fit spatial --lut-size 17"
    more = "--long-edge 800 -o out/ --cube look --channels luma --json --negative people"
    more += " --image reference_1=b.png --prompt-2 stars --negative-prompt-2= --set x=1"
    main(["grade", "a.jpg", "--prompt", "warm", *options.split(), *more.split()])
    (request,) = fake.asked(AiEditRequest)
    here = os.fsencode(tmp_path)
    assert msgspec.structs.asdict(request) == {
        "request_id": 0,
        "path": here + b"/a.jpg",
        "prompt": "warm",
        "workflow": "w",
        "host": "h",
        "strength": 0.5,
        "seed": 3,
        "fit": "spatial",
        "lut_size": 17,
        "long_edge_px": 800,
        "output": here + b"/out/",
        "cube": here + b"/look.cube",
        "parameters": {"x": 1},
        "mask": b"",
        "resize_mask": False,
        "pool": "",
        "index": -1,
        "slot": "",
        "whole": False,
        "look": "",
        "grade_of": "",
        "channels": "luma",
        "operation": "",
        "negative": "people",
        "prompt_2": "stars",
        "negative_prompt_2": "",
        "images": {"reference_1": here + b"/b.png"},
    }


def test_edit_asks_for_its_operation_with_values_of_their_types(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_everything(fake)
    values = ("--set", "steps=8", "--set", "negative=people", "--set", "seed=4", "--set", "x=0.5")
    assert main(["edit", "color_grade", "a.jpg", "--prompt", "暖かい", *values, "--json"]) == 0
    (request,) = fake.asked(AiEditRequest)
    assert (request.operation, request.prompt) == ("color_grade", "暖かい")
    assert (request.seed, request.negative) == (4, "people")
    assert request.parameters == {"steps": 8, "x": 0.5}
    assert json.loads(capsys.readouterr().out)["result_path"]


def test_an_operation_that_there_is_not_is_named_with_those_there_are(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_everything(fake)
    assert main(["edit", "uncrop", "a.jpg"]) == 1
    error = capsys.readouterr().err
    assert "There is no operation 'uncrop'. Known are color_grade" in error
    assert fake.asked(AiEditRequest) == []


def test_a_value_of_the_wrong_type_is_wrong_usage(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_everything(fake)
    assert main(["edit", "color_grade", "a.jpg", "--prompt", "x", "--set", "steps=many"]) == 2
    assert "--set steps=many: it takes a whole number" in capsys.readouterr().err
    assert fake.asked(AiEditRequest) == []


@pytest.mark.parametrize("typed", ["steps=99999999999999999999", "x=99999999999999999999"])
def test_a_whole_number_that_no_workflow_could_take_is_wrong_usage(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    answer_everything(fake)
    assert main(["edit", "color_grade", "a.jpg", "--prompt", "x", "--set", typed]) == 2
    assert f"--set {typed}: the number is too large" in capsys.readouterr().err
    assert fake.asked(AiEditRequest) == []


def test_several_photos_are_a_list_and_a_failed_one_stands_in_its_place(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.scripts[AiEditRequest] = grades_all_but_gone
    photos = [str(tmp_path / name) for name in ("a.jpg", "gone.jpg", "b.jpg")]
    assert main(["grade", *photos, "--prompt", "warm", "--json"]) == 1
    captured = capsys.readouterr()
    first, second, third = json.loads(captured.out)
    assert (first["job_id"], third["job_id"]) == ("job-a.jpg", "job-b.jpg")
    assert second == {
        "path": photos[1],
        "error": {
            "kind": "not_found",
            "message": "There is no photo /gone.jpg.",
            "hint": "Check its name.",
        },
    }
    assert captured.err == "rabbitviewer: There is no photo /gone.jpg. Check its name.\n"


def test_a_job_that_fails_is_exit_code_1_and_one_line(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.scripts[AiEditRequest] = fails_later
    assert main(["grade", str(tmp_path / "a.jpg"), "--prompt", "warm"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "There is no photo /gone.jpg. Check its name." in captured.err


def test_undecodable_bytes_of_a_path_are_lone_surrogates_in_ascii_json(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    photo = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")
    assert main(["grade", photo, "--prompt", "warm", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert "caf\\udce9.jpg" in out
    (request,) = fake.asked(AiEditRequest)
    assert isinstance(request, AiEditRequest)
    assert request.path.endswith(b"/caf\xe9.jpg")


def test_people_get_the_path_on_stdout_and_the_fit_on_stderr(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    photo = str(tmp_path / "a.jpg")
    main(["grade", photo, "--prompt", "warm"])
    captured = capsys.readouterr()
    assert captured.out == f"{photo}.out.jpg\n"
    assert captured.err == (
        "builtin_color_grade on builtin, no AI. An excellent match: one LUT explains 94 % of the "
        "edit, mean ΔE 0.5.\n"
    )


def test_that_no_ai_is_at_work_is_explained_once_for_all_photos(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    notes = (
        "No AI: the built-in host did this. Set it up.",
        "Built-in look, no AI.",
        "Applied: x.",
    )
    fake.scripts[AiEditRequest] = lambda request: with_notes(request, notes)
    main(["grade", str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg"), "--prompt", "warm"])
    err = capsys.readouterr().err
    assert err.count("Set it up.") == 1
    assert err.count("Applied: x.") == 2
    assert "Built-in look" not in err


def test_a_failure_that_names_its_photo_is_not_begun_with_it_again(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    photo = str(tmp_path / "a.jpg")
    fake.scripts[AiEditRequest] = lambda request: fails_with(
        request, ErrorInfo(ErrorKind.UNREADABLE, f"{photo} is cut off.", "Copy it again.")
    )
    main(["grade", photo, "--prompt", "warm"])
    assert capsys.readouterr().err == f"rabbitviewer: {photo} is cut off. Copy it again.\n"


def test_a_daemon_that_dies_over_a_job_is_asked_again_how_it_ended(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    photo = tmp_path / "a.jpg"
    fake.scripts[AiEditRequest] = lambda request: [accepted(request), HangUp()]
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(job(os.fsencode(photo), state="done"),))]
    assert main(["grade", str(photo), "--prompt", "warm", "--json"]) == 0
    assert len(fake.asked(AiEditRequest)) == 1
    document = read(capsys)
    assert isinstance(document, dict)
    assert document["result_path"] == f"{photo}.out.jpg"


def test_ctrl_c_leaves_the_job_running_and_prints_its_id(
    fake: ScriptedDaemon,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fake.scripts[AiEditRequest] = lambda request: [accepted(request)]
    monkeypatch.setattr(JobFollower, "run", interrupt)
    assert main(["grade", str(tmp_path / "a.jpg"), "--prompt", "warm", "--json"]) == 1
    captured = capsys.readouterr()
    assert "Job job-a.jpg goes on" in captured.err
    assert json.loads(captured.out) == {
        "job_id": "job-a.jpg",
        "path": str(tmp_path / "a.jpg"),
        "state": "waiting",
    }
    assert fake.asked(JobCancel) == []


def test_ctrl_c_cancels_when_asked_to(
    fake: ScriptedDaemon,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    photo = os.fsencode(tmp_path / "a.jpg")
    ended = job(photo, state="cancelled")
    event = AiEditCancelled(job_id=ended.job_id, path=photo, job=ended)
    fake.scripts[AiEditRequest] = lambda request: [accepted(request)]
    fake.scripts[JobCancel] = lambda _: [Done(), event]
    interrupt_once(monkeypatch)
    arguments = ["grade", os.fsdecode(photo), "--prompt", "warm", "--cancel-on-interrupt"]
    assert main(arguments) == 1
    assert fake.asked(JobCancel) == [JobCancel(job_id="job-a.jpg")]
    assert "cancelled" in capsys.readouterr().err


def test_ctrl_c_while_the_program_is_loaded_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "rabbitviewer.cli", SlowToLoad("rabbitviewer.cli"))
    assert program() == 1
    assert capsys.readouterr().err == "rabbitviewer: Interrupted.\n"


@pytest.mark.parametrize("command", [["hosts"], ["hosts", "--json"]])
def test_an_answer_that_finds_no_room_is_one_line(
    command: list[str],
    fake: ScriptedDaemon,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready = msgspec.structs.replace(HOST, state="ready")
    fake.scripts[HostsRequest] = lambda _: [Hosts(hosts=(ready,))]
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(command) == 1
    err = capsys.readouterr().err
    assert "could not be written to standard output: No space left" in err
    assert err.count("\n") == 1


def test_the_hosts_show_how_they_did_and_what_they_have_to_do(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    host = msgspec.structs.replace(
        HOST, name="studio", state="busy", queue=3, ours=1, done=12, failed=2, usual_s=23.14
    )
    fake.scripts[HostsRequest] = lambda _: [Hosts(hosts=(host,))]
    assert main(["hosts"]) == 0
    titles, row = capsys.readouterr().out.splitlines()
    assert titles.split()[-5:] == ["QUEUE", "OURS", "DONE", "FAILED", "USUALLY"]
    assert row.split()[-6:] == ["3", "1", "12", "2", "23.1", "s"]


def test_a_host_that_is_away_is_listed_with_the_reason_and_what_to_do(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    host = msgspec.structs.replace(
        HOST,
        name="studio",
        builtin=False,
        state="unreachable",
        detail="ComfyUI at 10.0.0.5:8188 refused the connection.",
        hint="Start it.",
    )
    fake.scripts[HostsRequest] = lambda _: [Hosts(hosts=(host,))]
    assert main(["hosts"]) == 0
    said = capsys.readouterr().err
    assert said == "studio: ComfyUI at 10.0.0.5:8188 refused the connection. Start it.\n"


def test_hosts_that_nobody_looked_at_yet_are_waited_for(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    before = msgspec.structs.replace(HOST, name="studio", builtin=False, state="unknown")
    after = HostChanged(host=msgspec.structs.replace(before, state="ready"))
    fake.scripts[HostsRequest] = lambda _: [Hosts(hosts=(before,)), after]
    assert main(["hosts", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] == "ready"


def test_closed_streams_are_no_failure(
    fake: ScriptedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.scripts[HostsRequest] = lambda _: [Hosts(hosts=(HOST,))]
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["hosts"]) == 0
    sys.stdout.close()
    sys.stderr.close()


class SlowToLoad(ModuleType):
    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def interrupt(self: object) -> None:
    raise KeyboardInterrupt


def interrupt_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user presses Ctrl+C the first time the command waits."""
    waits = iter([interrupt, JobFollower.run])

    def wait(follower: JobFollower) -> None:
        next(waits)(follower)

    monkeypatch.setattr(JobFollower, "run", wait)


def test_an_error_inside_the_daemon_names_the_log(
    fake: ScriptedDaemon, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ErrorInfo(ErrorKind.INTERNAL, "The operations could not be listed.", "")
    fake.scripts[OperationsRequest] = lambda _: [Failed(error=error)]
    assert main(["operations"]) == 1
    assert f"{home}/data/logs/daemon.log" in capsys.readouterr().err


def test_an_error_inside_the_command_goes_to_its_log_without_a_traceback_on_screen(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rabbitviewer.commands.config.write_line", interrupt_with_a_bug)
    assert main(["config", "path"]) == 1
    log = home / "data" / "logs" / "command-line.log"
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(log) in error
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


def interrupt_with_a_bug(text: str) -> None:
    raise ZeroDivisionError(text)


# ---------------------------------------------------------------- the other commands


def test_lut_extract_answers_with_the_cube_and_the_fit(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.scripts[LutExtractRequest] = lambda _: [LutExtracted(cube_path=b"/x.cube", fit=FIT)]
    out = str(tmp_path / "look")
    assert main(["lut", "extract", "a.png", "b.png", "-o", out, "--no-register", "--json"]) == 0
    document = read(capsys)
    assert isinstance(document, dict)
    assert document["cube_path"] == "/x.cube"
    (request,) = fake.asked(LutExtractRequest)
    assert isinstance(request, LutExtractRequest)
    assert (request.output, request.register) == (os.fsencode(out) + b".cube", False)


def test_lut_extract_says_how_well_it_fits(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fit = msgspec.structs.replace(FIT, warning="Parts were graded differently.")
    fake.scripts[LutExtractRequest] = lambda _: [LutExtracted(cube_path=b"/x.png", fit=fit)]
    assert main(["lut", "extract", "a.png", "b.png", "-o", str(tmp_path / "x.png")]) == 0
    said = capsys.readouterr()
    assert said.out == "/x.png\n"
    assert said.err == f"{FIT.summary} Parts were graded differently.\n"
    (request,) = fake.asked(LutExtractRequest)
    assert isinstance(request, LutExtractRequest)
    assert request.output == os.fsencode(tmp_path / "x.png")


def test_lut_spatial_answers_with_result_fit_and_notes(
    fake: ScriptedDaemon,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = LutGraded(result_path=b"/r.jpg", fit=FIT, notes=("n.",))
    fake.scripts[LutSpatialRequest] = lambda _: [answer]
    options = "-o r.jpg --strength 0.5 --channels chroma --no-register --json"
    assert main(["lut", "spatial", "a.png", "b.png", "c.jpg", *options.split()]) == 0
    document = read(capsys)
    assert isinstance(document, dict)
    assert set(document) == {"result_path", "fit", "notes"}
    (request,) = fake.asked(LutSpatialRequest)
    here = os.fsencode(tmp_path)
    assert msgspec.structs.asdict(request) == {
        "request_id": 0,
        "original": here + b"/a.png",
        "edited": here + b"/b.png",
        "path": here + b"/c.jpg",
        "output": here + b"/r.jpg",
        "strength": 0.5,
        "register": False,
        "channels": "chroma",
    }


def test_lut_convert_answers_with_the_file_and_its_notes(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[LutConvertRequest] = lambda _: [LutConverted(path=b"/x.png", notes=("n.",))]
    assert main(["lut", "convert", "x.cube", "x.png", "--size", "64", "--json"]) == 0
    assert read(capsys) == {"path": "/x.png", "notes": ["n."]}
    (request,) = fake.asked(LutConvertRequest)
    assert isinstance(request, LutConvertRequest)
    assert request.size == 64


def test_lut_apply_answers_with_the_result(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[LutApplyRequest] = lambda _: [LutApplied(result_path=b"/r.png", notes=("n.",))]
    options = "-o r.png --channels luma --json"
    assert main(["lut", "apply", "a.png", "x.png", *options.split()]) == 0
    assert read(capsys) == {"result_path": "/r.png", "notes": ["n."]}
    (request,) = fake.asked(LutApplyRequest)
    assert isinstance(request, LutApplyRequest)
    assert request.channels == "luma"


def test_operations_are_listed(fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.scripts[OperationsRequest] = lambda _: [Operations(operations=(OPERATION,))]
    assert main(["operations", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["id"], document["available"], document["reason"]) == (
        "color_grade",
        False,
        "studio is away",
    )


def test_a_workflow_with_a_missing_model_fails_the_check_with_file_and_folder(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[WorkflowsRequest] = lambda _: [Workflows(workflows=(WORKFLOW,))]
    assert main(["workflows", "check"]) == 1
    assert capsys.readouterr().err == (
        "rabbitviewer: Not ready: kontext_color_grade. ae.safetensors is missing from models/vae.\n"
    )


def test_checking_a_workflow_that_does_not_exist_says_so(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[WorkflowsRequest] = lambda _: [Workflows(workflows=())]
    assert main(["workflows", "check", "nope"]) == 1
    assert "There is no workflow named 'nope'." in capsys.readouterr().err


def test_a_host_that_does_not_answer_fails_the_check_with_the_advice(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_everything(fake)
    assert main(["hosts", "--check"]) == 1
    said = capsys.readouterr()
    assert "--listen 0.0.0.0" in said.err
    assert said.out.splitlines()[:4] == [
        "comfyui (http://192.168.1.100:8188)",
        "  ok       dns        192.168.1.100 is an address already.",
        "  FAILED   tcp        ComfyUI at 192.168.1.100:8188 refused the connection.",
        "           -> Start ComfyUI there with `--listen 0.0.0.0 --port 8188`.",
    ]
    assert fake.asked(HostCheckRequest) == [HostCheckRequest(host=HOST.name)]


def test_hosts_are_checked_in_the_order_given_with_the_workflows_asked_for(
    fake: ScriptedDaemon,
) -> None:
    answer_everything(fake)
    main(["hosts", "--check", "attic", "http://gpu:8188", "--workflow", "a", "--workflow", "b"])
    assert fake.asked(HostCheckRequest) == [
        HostCheckRequest(host="attic", workflows=("a", "b")),
        HostCheckRequest(host="http://gpu:8188", workflows=("a", "b")),
    ]


def test_a_host_that_there_is_not_does_not_keep_the_others_from_being_checked(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_everything(fake)
    unknown = Failed(error=ErrorInfo(ErrorKind.NOT_FOUND, "There is no host called 'x'.", "See."))
    fake.scripts[HostCheckRequest] = lambda r: [unknown if r.host == "x" else CHECKED]
    assert main(["hosts", "--check", "x", "comfyui", "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert first["steps"][0]["message"] == "There is no host called 'x'."
    assert [step["state"] for step in second["steps"]] == ["ok", "failed", "skipped"]


def test_a_host_is_only_named_to_be_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hosts", "studio"]) == 2
    assert "hosts --check" in capsys.readouterr().err


def test_jobs_can_be_named_by_the_start_of_their_id(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    known = (job(b"/a.jpg", job_id="aaaa1"), job(b"/b.jpg", job_id="bbbb2"))
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=known)]
    fake.scripts[JobsCancel] = lambda _: [Done()]
    assert main(["jobs", "cancel", "bb", "--json"]) == 0
    assert read(capsys) == [{"job_id": "bbbb2"}]
    assert main(["jobs", "cancel", "c"]) == 1


def test_a_job_that_is_done_is_not_said_to_be_cancelled(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = job(b"/a.jpg", job_id="aaaa1", state="done")
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(ended, job(b"/b.jpg", job_id="aabb2")))]
    fake.scripts[JobsCancel] = lambda _: [Done()]
    assert main(["jobs", "cancel", "aaaa1", "aabb2"]) == 1
    output = capsys.readouterr()
    assert output.out == "aabb2 cancelled\n"
    assert "aaaa1 is done already; there is nothing to cancel" in output.err
    assert [request.job_ids for request in fake.asked(JobsCancel)] == [("aabb2",)]


def test_a_retried_job_is_a_new_one(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = job(b"/a.jpg", job_id="old", state="failed"), job(b"/a.jpg", job_id="new")
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(old,))]
    fake.scripts[JobRetry] = lambda _: [AiEditAccepted(job_id="new", job=new)]
    assert main(["jobs", "retry", "old", "--new-seed", "--json"]) == 0
    assert read(capsys) == [{"job_id": "new", "retry_of": "old"}]
    assert fake.asked(JobRetry) == [JobRetry(job_id="old", new_seed=True)]


def test_a_job_is_tried_again_on_another_host_whose_memory_is_freed_first(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    failed, new = job(b"/a.jpg", job_id="old", state="failed"), job(b"/a.jpg", job_id="new")
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(failed,))]
    fake.scripts[JobRetry] = lambda _: [AiEditAccepted(job_id="new", job=new)]
    assert main(["jobs", "retry", "old", "--host", "studio", "--free-memory"]) == 0
    assert fake.asked(JobRetry) == [JobRetry(job_id="old", host="studio", free_memory=True)]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["--front"], JobsMove(("aaaa",), "front")),
        (["--back"], JobsMove(("aaaa",), "back")),
        (["--before", "bb"], JobsMove(("aaaa",), "before", "bbbb")),
    ],
)
def test_jobs_are_moved_to_where_the_command_says(
    fake: ScriptedDaemon, words: list[str], asked: JobsMove
) -> None:
    known = (job(b"/a.jpg", job_id="aaaa"), job(b"/b.jpg", job_id="bbbb"))
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=known)]
    fake.scripts[JobsMove] = lambda _: [Done()]
    assert main(["jobs", "move", "aa", *words]) == 0
    assert fake.asked(JobsMove) == [asked]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["pause"], JobsPause(paused=True)),
        (["resume"], JobsPause(paused=False)),
        (["pause", "aa"], JobsPause(paused=True, job_ids=("aaaa",))),
    ],
)
def test_jobs_or_the_whole_queue_are_held_and_go_on(
    fake: ScriptedDaemon, words: list[str], asked: JobsPause
) -> None:
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(job(b"/a.jpg", job_id="aaaa"),))]
    fake.scripts[JobsPause] = lambda _: [Done()]
    assert main(["jobs", *words]) == 0
    assert fake.asked(JobsPause) == [asked]


def test_another_fit_of_a_job_is_asked_for(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(job(b"/a.jpg", state="done", job_id="old"),))]
    fake.scripts[JobRetry] = lambda _: [
        AiEditAccepted(job_id="new", job=job(b"/a.jpg", job_id="new"))
    ]
    assert main(["jobs", "retry", "old", "--fit", "spatial", "--json"]) == 0
    assert read(capsys) == [{"job_id": "new", "retry_of": "old"}]
    assert fake.asked(JobRetry) == [JobRetry(job_id="old", fit="spatial")]


def test_watching_a_job_that_ended_reports_it_at_once(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(job(b"/a.jpg", state="done"),))]
    assert main(["jobs", "watch", "job-a", "--json"]) == 0
    document = read(capsys)
    assert isinstance(document, dict)
    assert document["result_path"] == "/a.jpg.out.jpg"


def test_jobs_that_no_message_holds_are_asked_for_piece_by_piece(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [job(f"/{number}.jpg".encode(), state="done") for number in range(5)]

    def two_at_a_time(request: Message) -> list[Message]:
        assert isinstance(request, JobsRequest)
        left = [j for j in known if j.job_id.startswith(request.job_ids or ("",))]
        left = left[request.skip : request.skip + request.limit]
        return [Jobs(jobs=tuple(left[:2]), more=len(left) > 2)]

    fake.scripts[JobsRequest] = two_at_a_time
    assert main(["jobs", "list", "--limit", "4", "--json"]) == 0
    assert [item["job_id"] for item in cast("list[dict[str, str]]", read(capsys))] == [
        j.job_id for j in known[:4]
    ]
    assert main(["jobs", "watch", *(j.job_id for j in known), "--json"]) == 0
    assert [item["job_id"] for item in cast("list[dict[str, str]]", read(capsys))] == [
        j.job_id for j in known
    ]


def test_the_jobs_are_listed_for_people(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    done = msgspec.structs.replace(job(b"/p/a.jpg", state="done"), host="studio")
    fake.scripts[JobsRequest] = lambda _: [Jobs(jobs=(done,))]
    assert main(["jobs", "list"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["JOB", "CREATED", "STATE", "HOST", "PHOTO", "PROMPT"]
    assert row.index("studio") == heading.index("HOST")
    assert "/p/a.jpg" in row


def test_info_shows_what_the_decoder_sees(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[PhotoInfoRequest] = lambda _: [PHOTO]
    assert main(["info", "a.jpg", "--json"]) == 0
    document = read(capsys)
    assert isinstance(document, dict)
    assert (document["color_space"], document["metadata"]) == ("adobe-rgb", {"Model": "X100"})
    assert "request_id" not in document


def test_a_wrong_settings_file_is_exit_code_1(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[ConfigRequest] = lambda _: [CONFIG]
    assert main(["config", "check", "/c.yaml", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["errors"] == ["c.yaml: line 2, column 9: wrong"]
    assert captured.err == "rabbitviewer: c.yaml: line 2, column 9: wrong\n"


def test_status_of_a_daemon_that_does_not_run_is_no_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["daemon", "status", "--json"]) == 0
    assert read(capsys) == {"running": False}


def test_status_shows_the_daemons_figures(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.scripts[StatusRequest] = lambda _: [STATUS]
    assert main(["daemon", "status", "--json"]) == 0
    document = read(capsys)
    assert isinstance(document, dict)
    assert (document["running"], document["pid"], document["log_path"]) == (True, 5, "/l")


def test_stopping_waits_until_the_daemon_left(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["daemon", "stop", "--json"]) == 0
    assert read(capsys) == {"running": False, "stopped": True}
    assert fake.asked(ShutdownRequest) == [ShutdownRequest(force=False)]


def test_stopping_what_does_not_run_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["daemon", "stop"]) == 0
    assert capsys.readouterr().out == "The daemon was not running.\n"


def test_thumbs_counts_what_was_made_and_names_what_failed(
    fake: ScriptedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_everything(fake)
    code = main(["thumbs", ".", "--size", "128", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (code, document["made"], document["cached"]) == (1, 1, 0)
    assert [failed["path"].endswith("gone.jpg") for failed in document["failed"]] == [True]
    asked = fake.asked(ThumbnailRequest)
    assert {request.size_px for request in asked} == {128}
