"""Which picture of a finished run a job may take as its own."""

from __future__ import annotations

import pytest

from daemon.comfyui.replies import OutputImage, choose_result, read_history
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError

JOB = "0b7c0c4e-2f8e-4a53-9d5c-1d0d4c2f6a11"
PREFIX = f"rabbitviewer/{JOB}"
OWN = OutputImage(f"{JOB}_00001_.png", "rabbitviewer", "output")


def refusal(*images: OutputImage) -> ErrorInfo:
    with pytest.raises(RabbitError) as caught:
        choose_result(images, PREFIX, "9", "studio")
    assert caught.value.info.kind is ErrorKind.RESULT_INVALID
    assert caught.value.info.hint
    return caught.value.info


def test_the_picture_with_our_prefix_is_chosen_among_others() -> None:
    other = OutputImage("ComfyUI_00001_.png", "", "output")
    assert choose_result((other, OWN), PREFIX, "9", "studio") == OWN


def test_a_deeper_folder_of_the_hosts_results_is_fine() -> None:
    deeper = OutputImage(OWN.filename, "2026-11-21\\rabbitviewer", "output")
    assert choose_result((deeper,), PREFIX, "9", "studio") == deeper


@pytest.mark.parametrize(
    "name",
    [
        f"../{JOB}.png",
        f"{JOB}/../../x.png",
        f"/etc/{JOB}",
        f"{JOB}\\x.png",
        f"C:{JOB}.png",
        f"{JOB}\0.png",
        f"{JOB}\r\nX-Evil: 1.png",
        JOB + "a" * 5000,
        "",
        "..",
    ],
)
def test_a_name_that_no_file_can_have_is_refused_in_one_short_line(name: str) -> None:
    info = refusal(OutputImage(name, "rabbitviewer", "output"))
    assert "can be no file of its own" in info.message
    assert info.message.isprintable()
    assert len(info.message) < 300


@pytest.mark.parametrize(
    "folder",
    ["..", "../..", "a/../../b", "/etc", "C:\\x", "a//b", "a\0b", "a\nb", "x/" * 600 + "x"],
)
def test_a_folder_outside_the_results_is_refused(folder: str) -> None:
    info = refusal(OutputImage(OWN.filename, folder, "output"))
    assert "can be no file of its own" in info.message


@pytest.mark.parametrize("kind", ["temp", "input", "nonsense"])
def test_only_what_is_kept_as_a_result_counts(kind: str) -> None:
    assert "left only" in refusal(OutputImage(OWN.filename, "rabbitviewer", kind)).message


def test_a_run_without_pictures_says_which_node_was_to_leave_one() -> None:
    info = refusal()
    assert info.message == "studio finished without a result: node 9 left no picture."
    assert "over the socket" in info.hint


def test_another_jobs_picture_is_refused() -> None:
    info = refusal(OutputImage("5f0e8a0e_00001_.png", "rabbitviewer", "output"))
    assert info.message == "studio names the picture of another job, '5f0e8a0e_00001_.png'."


def test_a_hundred_thousand_pictures_are_not_all_read() -> None:
    image = {"filename": "a.png", "subfolder": "", "type": "output"}
    outputs = {"9": {"images": [image] * 100_000}}
    state = read_history({"id": {"outputs": outputs, "status": {}}}, "id", "studio")
    assert state is not None
    assert len(state.images["9"]) == 1000
