"""The worker's context, the files that are refused, the tasks that have handlers."""

from __future__ import annotations

import os
import threading
import typing
from pathlib import Path

import pytest

from daemon.handlers.context import Cancelled
from daemon.handlers.registry import find_handler
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.task_files import file_in_words, files_read
from daemon.tasks import (
    AnyTask,
    ApplyLut,
    ChangeMask,
    DecodePreview,
    FitGrade,
    FitPair,
    KeepModelPicture,
    LoadMask,
    MakeThumbnail,
    Task,
    WriteMask,
)
from daemon.worker_main import TaskContext
from daemon.workers import refused
from daemon.workers.process import worker_environment
from daemon.workers.refused import RefusedFiles

DIED = ErrorInfo(ErrorKind.WORKER_DIED, "died")


def test_a_checkpoint_reports_the_share_that_is_done() -> None:
    heard: list[float] = []
    TaskContext(heard.append).checkpoint(0.25)
    assert heard == [0.25]


def test_reports_are_at_most_ten_a_second() -> None:
    heard: list[float] = []
    context = TaskContext(heard.append)
    for step in range(1000):
        context.checkpoint(step / 1000)
    assert len(heard) <= 3


def test_a_share_outside_its_range_is_brought_back() -> None:
    heard: list[float] = []
    TaskContext(heard.append).checkpoint(1.5)
    assert heard == [1.0]


def test_a_checkpoint_after_cancel_unwinds() -> None:
    context = TaskContext(lambda _: None)
    context.control("cancel")
    with pytest.raises(Cancelled):
        context.checkpoint()


def test_cancel_wakes_a_paused_task() -> None:
    context = TaskContext(lambda _: None)
    context.control("pause")
    unwound = threading.Event()

    def work() -> None:
        with pytest.raises(Cancelled):
            context.checkpoint()
        unwound.set()

    worker = threading.Thread(target=work)
    worker.start()
    context.control("cancel")
    assert unwound.wait(10)
    worker.join()


def test_resume_lets_a_paused_task_go_on() -> None:
    context = TaskContext(lambda _: None)
    context.control("pause")
    passed = threading.Event()
    worker = threading.Thread(target=lambda: (context.checkpoint(), passed.set()))
    worker.start()
    context.control("resume")
    assert passed.wait(10)
    worker.join()


def all_tasks() -> tuple[type[Task], ...]:
    return typing.get_args(AnyTask)


@pytest.mark.parametrize("kind", all_tasks())
def test_every_task_has_a_handler(kind: type[AnyTask]) -> None:
    assert callable(find_handler(kind))


def test_a_task_of_nobody_is_refused() -> None:
    with pytest.raises(RabbitError, match="No worker can carry out"):
        find_handler(Task)  # type: ignore[type-var]


def lut(mask: bytes = b"") -> ApplyLut:
    return ApplyLut(
        path=b"/p.jpg", cube_path=b"/l.cube", temp_path=b"/t", extension=".jpg", mask_path=mask
    )


@pytest.mark.parametrize(
    ("task", "files"),
    [
        (MakeThumbnail(path=b"/a.jpg", size_px=1), (b"/a.jpg",)),
        (DecodePreview(data=b"x"), ()),
        (lut(), (b"/p.jpg", b"/l.cube")),
        (lut(b"/m.png"), (b"/p.jpg", b"/l.cube", b"/m.png")),
        (FitPair(original_path=b"/o", edited_path=b"/e", cube_path=b"/c"), (b"/o", b"/e")),
        (
            FitGrade(
                path=b"/original",
                png_path=b"/sent",
                clipped_path=b"/c",
                icc_path=b"/i",
                edited_path=b"/back",
                box=(0, 0, 1, 1),
                cube_path=b"/l",
            ),
            (b"/back", b"/sent"),
        ),
        (
            KeepModelPicture(
                path=b"/original",
                edited_path=b"/back",
                sent_size=(1, 1),
                box=(0, 0, 1, 1),
                temp_path=b"/t",
                extension=".jpg",
            ),
            (b"/original", b"/back"),
        ),
    ],
)
def test_the_files_a_task_reads_are_known(task: AnyTask, files: tuple[bytes, ...]) -> None:
    assert files_read(task) == files


def test_a_task_is_named_after_the_photo() -> None:
    assert file_in_words(MakeThumbnail(path=b"/\xff.jpg", size_px=1)) == "/\\xff.jpg"
    assert file_in_words(FitPair(original_path=b"/o", edited_path=b"/e", cube_path=b"/c")) == "/o"
    assert file_in_words(DecodePreview(data=b"")) == "a preview from the host"


def test_work_on_what_is_painted_names_no_file_of_ours() -> None:
    size = {"offset": 0, "width_px": 4, "height_px": 3}
    new = LoadMask(mask_path=b"", values_path=b"/p", **size)
    packed = WriteMask(values_path=b"/p", png_path=b"/.temp", **size)
    grown = ChangeMask("grow", photo_path=b"", values_path=b"/p", surface_path=b"/s", **size)
    assert {file_in_words(task) for task in (new, packed, grown)} == {"a mask"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"photo")
    return path


def test_a_refused_file_is_refused_until_its_content_changes(file: Path) -> None:
    known, files = RefusedFiles(), (bytes(file),)
    known.remember(files, DIED)
    assert known.reason(files) == DIED
    file.write_bytes(b"another photo")
    assert known.reason(files) is None
    assert not known.knows(files)


def test_a_touched_file_gets_another_chance(file: Path) -> None:
    known, files = RefusedFiles(), (bytes(file),)
    known.remember(files, DIED)
    os.utime(file, ns=(1, 1))
    assert known.reason(files) is None


def test_a_file_that_vanished_and_came_back_gets_another_chance(file: Path) -> None:
    known, files = RefusedFiles(), (bytes(file),)
    file.unlink()
    known.remember(files, DIED)
    assert known.reason(files) == DIED
    file.write_bytes(b"photo")
    assert known.reason(files) is None


def test_files_are_refused_together_not_apart(file: Path) -> None:
    known = RefusedFiles()
    known.remember((bytes(file), b"/other"), DIED)
    assert known.reason((bytes(file),)) is None


def test_what_reads_no_file_is_never_refused() -> None:
    known = RefusedFiles()
    known.remember((), DIED)
    assert not known.knows(())


def test_what_may_not_be_the_files_fault_is_forgotten_after_a_while(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "FORGOTTEN_AFTER_S", -1.0)
    known, files = RefusedFiles(), (bytes(file),)
    known.remember(files, DIED, for_a_while=True)
    assert known.reason(files) is None


def test_the_oldest_refusals_are_forgotten_when_there_are_many(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "MAX_REMEMBERED", 1)
    known = RefusedFiles()
    known.remember((bytes(file),), DIED)
    known.remember((b"/other",), DIED)
    assert not known.knows((bytes(file),))
    assert known.knows((b"/other",))


def test_a_refused_file_is_refused_after_a_restart_too(file: Path, tmp_path: Path) -> None:
    files = (bytes(file),)
    RefusedFiles(tmp_path / "refused", "1.0, 4096 MB").remember(files, DIED)
    assert RefusedFiles(tmp_path / "refused", "1.0, 4096 MB").reason(files) == DIED


def test_another_version_or_limit_gives_every_file_another_chance(
    file: Path, tmp_path: Path
) -> None:
    files = (bytes(file),)
    RefusedFiles(tmp_path / "refused", "1.0, 512 MB").remember(files, DIED)
    assert not RefusedFiles(tmp_path / "refused", "1.0, 4096 MB").knows(files)


def test_what_was_refused_for_a_while_is_not_written_down(file: Path, tmp_path: Path) -> None:
    RefusedFiles(tmp_path / "refused").remember((bytes(file),), DIED, for_a_while=True)
    assert not (tmp_path / "refused").exists()


def test_a_damaged_record_refuses_nothing(file: Path, tmp_path: Path) -> None:
    (tmp_path / "refused").write_bytes(b"\xc1 nonsense")
    assert not RefusedFiles(tmp_path / "refused").knows((bytes(file),))


@pytest.mark.parametrize("one_thread", [True, False])
def test_the_algebra_of_a_worker_runs_on_one_thread(
    monkeypatch: pytest.MonkeyPatch, one_thread: bool
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    environment = worker_environment(one_thread=one_thread)
    assert environment["OPENBLAS_NUM_THREADS"] == "1"


def test_only_a_worker_for_thumbnails_keeps_codecs_from_using_all_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    found = [worker_environment(one_thread=one)["OMP_NUM_THREADS"] for one in (True, False)]
    assert found == ["1", "4"]
