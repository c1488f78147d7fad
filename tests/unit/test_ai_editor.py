"""The order of a grade's steps and what is on disk before each, with a host that is scripted."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from daemon.comfyui.candidates import Candidate
from daemon.comfyui.capability import Abilities
from daemon.comfyui.events import Finished, PromptLost, Started
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operations import WorkflowLibrary
from daemon.comfyui.replies import HostStats, OutputImage, RunResult, UploadedImage
from daemon.edits.ai_editor import AiEditor
from daemon.edits.dispatch import JobDispatcher
from daemon.edits.host_run import HostRun
from daemon.edits.job import Job
from daemon.edits.leftovers import Leftovers
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import Message
from daemon.protocol.values import FitReport
from daemon.resources import data_folder
from daemon.settings import Settings
from daemon.storage.job_record import JobRecord, MaskFacts
from daemon.tasks import (
    AnyTask,
    ApplyLut,
    CheckImage,
    FileWritten,
    FitGrade,
    GradeFitted,
    KeepModelPicture,
    PixelsMade,
    PrepareSmall,
    SmallPrepared,
)

SMALL = SmallPrepared(
    width_px=96,
    height_px=64,
    box=(0, 0, 96, 64),
    photo_width_px=960,
    photo_height_px=640,
    color_space="srgb",
    format="jpeg",
    lossy=True,
    coverage=0.97,
)
OBJECT_INFO = ObjectInfo(
    {name: {"input": {}} for name in ("LoadImage", "RabbitPromptGrade", "SaveImage")}
)


class ScriptedHost:
    """Ends one run after the other as told; remembers what it was asked."""

    host = "the host"

    def __init__(self, *endings: object) -> None:
        self.endings = list(endings)
        self.queued: list[str] = []
        self.cancelled: list[str] = []
        self.on_queue: Callable[[str], None] = lambda prompt_id: None

    async def place_image(self, path: Path) -> UploadedImage:
        assert path.exists()
        return UploadedImage(path.name, "rabbitviewer", "input")

    async def object_info(self, max_age_s: float = 0.0) -> ObjectInfo:
        return OBJECT_INFO

    async def system_stats(self) -> HostStats:
        return HostStats("0.33.0")

    async def queue_workflow(self, graph: dict[str, object], prompt_id: str) -> int:
        self.on_queue(prompt_id)
        self.queued.append(prompt_id)
        return len(self.queued)

    async def events(self, prompt_id: str, *, patience_s: float) -> AsyncIterator[object]:
        yield Started()
        yield self.endings.pop(0)

    async def get_result(self, prompt_id: str, node_id: str, *, prefix: str) -> RunResult:
        return RunResult(OutputImage("x.png", "", "output"), ("Not understood: zxcv",))

    async def download_image(self, image: OutputImage, target: Path) -> int:
        return target.write_bytes(b"picture")

    async def cancel(self, prompt_id: str) -> bool:
        self.cancelled.append(prompt_id)
        return False


class ScriptedWorkers:
    """Answers worker tasks at once, leaving the files that a worker would leave."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.applied: list[ApplyLut] = []
        self.fitted: list[FitGrade] = []
        self.model = "lut"

    async def step(
        self, task: AnyTask, on_progress: Callable[[float], None] | None = None
    ) -> tuple[object, bytes]:
        self.asked.append(type(task).__name__)
        match task:
            case PrepareSmall():
                Path(os.fsdecode(task.png_path)).write_bytes(b"small")
                return SMALL, b""
            case CheckImage():
                return PixelsMade(
                    width_px=1, height_px=1, source_width_px=1, source_height_px=1
                ), b""
            case FitGrade():
                self.fitted.append(task)
                Path(os.fsdecode(task.cube_path)).write_bytes(b"LUT")
                if self.model == "spatial":
                    Path(os.fsdecode(task.grid_path)).write_bytes(b"grid")
                return GradeFitted(report=FitReport(self.model), color_space="srgb"), b""
            case KeepModelPicture():
                result = Path(os.fsdecode(task.temp_path))
                result.write_bytes(b"graded")
                inode = result.stat().st_ino
                return FileWritten(width_px=96, height_px=64, size_bytes=6, inode=inode), b""
            case ApplyLut():
                self.applied.append(task)
                result = Path(os.fsdecode(task.temp_path))
                result.write_bytes(b"graded")
                written = FileWritten(
                    width_px=1,
                    height_px=1,
                    size_bytes=6,
                    inode=result.stat().st_ino,
                    extension=task.extension or ".png",
                    outside_identical=True if task.mask_path else None,
                )
                return written, b""
            case _:
                raise AssertionError(task)


class Disk:
    """Remembers every record that was saved."""

    def __init__(self) -> None:
        self.saved: list[JobRecord] = []

    async def save(self, record: JobRecord) -> None:
        self.saved.append(record)

    def save_soon(self, record: JobRecord) -> None:
        self.saved.append(record)


def record(photo: Path, **changes: object) -> JobRecord:
    fresh = JobRecord(
        job_id="0b7c0c4e-2f8e-4a53-9d5c-1d0d4c2f6a11",
        created=1.0,
        path=os.fsencode(photo),
        operation="color_grade",
        prompt="warm",
        workflow="builtin_color_grade",
        host="somewhere",
        ai=False,
        strength=1.0,
        seed=7,
        fit_mode="auto",
        lut_size=33,
        long_edge_px=0,
        target=os.fsencode(photo.with_name("a_color_grade")),
    )
    return msgspec.structs.replace(fresh, **changes)


class Story:
    """One job with its scripted surroundings."""

    def __init__(self, tmp_path: Path, *endings: object, **changes: object) -> None:
        self.photo = tmp_path / "a.jpg"
        self.photo.write_bytes(b"original")
        self.host = ScriptedHost(*endings)
        self.workers = ScriptedWorkers()
        self.disk = Disk()
        self.told: list[Message] = []
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        self.job = Job(record(self.photo, **changes), work, self.disk, self._publish)

    def run(self) -> JobRecord:
        async def client_for(name: str) -> ScriptedHost:
            return self.host

        async def abilities(name: str) -> Abilities:
            return Abilities(OBJECT_INFO, "0.33.0")

        async def candidates(*_: object, **__: object) -> tuple[Candidate, ...]:
            return (Candidate(name="somewhere", able=True, state="ready"),)

        async def whole() -> None:
            hosts = SimpleNamespace(
                client_for=client_for, abilities=abilities, candidates=candidates
            )
            settings = SimpleNamespace(current=Settings())
            dispatcher = JobDispatcher(hosts)
            editor = AiEditor(
                HostRun(hosts, settings, dispatcher, Leftovers(hosts, self.disk)),
                dispatcher,
                WorkflowLibrary(data_folder("comfyui_workflows"), self.job.folder / "none"),
                settings,
            )
            try:
                await editor.run(self.job, self.workers)
            finally:
                await dispatcher.close()

        asyncio.run(whole())
        return self.job.record

    def _publish(self, message: Message, blob: bytes = b"") -> None:
        self.told.append(message)


def test_the_result_has_its_final_name_and_the_original_is_as_it_was(tmp_path: Path) -> None:
    story = Story(tmp_path, Finished())
    done = story.run()
    assert done.result_path == os.fsencode(tmp_path / "a_color_grade.jpg")
    assert (tmp_path / "a_color_grade.jpg").read_bytes() == b"graded"
    assert story.photo.read_bytes() == b"original"


def test_the_prompts_id_is_on_disk_before_the_host_hears_of_it(tmp_path: Path) -> None:
    story = Story(tmp_path, Finished())
    on_disk: list[str] = []
    story.host.on_queue = lambda prompt_id: on_disk.append(story.disk.saved[-1].prompt_id)
    story.run()
    assert on_disk == story.host.queued


def test_a_lost_prompt_is_sent_once_more_under_a_new_id_and_the_job_says_so(
    tmp_path: Path,
) -> None:
    story = Story(tmp_path, PromptLost(), Finished())
    done = story.run()
    assert len(set(story.host.queued)) == 2
    assert story.host.cancelled == story.host.queued[:1]
    assert done.sends == 2
    assert any("sent once more" in note for note in done.notes)


def test_a_prompt_that_is_lost_again_and_again_fails_in_words(tmp_path: Path) -> None:
    story = Story(tmp_path, PromptLost(), PromptLost(), PromptLost())
    with pytest.raises(RabbitError) as caught:
        story.run()
    assert caught.value.info.kind is ErrorKind.JOB_LOST
    assert len(set(story.host.queued)) == 2


def test_a_job_taken_up_again_follows_the_prompt_that_was_sent(tmp_path: Path) -> None:
    known = "5f0e8a0e-9f4b-4a39-8a35-6c9a2d1f7b00"
    story = Story(tmp_path, Finished(), small=SMALL, prompt_id=known, stage="run", sends=1)
    (story.job.folder / "sent.png").write_bytes(b"small")
    done = story.run()
    assert story.host.queued == []
    assert (done.prompt_id, done.sends) == (known, 1)


def test_a_job_whose_picture_has_arrived_needs_no_host(tmp_path: Path) -> None:
    story = Story(tmp_path, small=SMALL, stage="fit")
    (story.job.folder / "sent.png").write_bytes(b"small")
    (story.job.folder / "edited.png").write_bytes(b"picture")
    story.run()
    assert story.workers.asked == ["FitGrade", "ApplyLut"]


def test_a_job_killed_after_its_result_was_named_only_ends(tmp_path: Path) -> None:
    result = tmp_path / "a_color_grade.jpg"
    result.write_bytes(b"graded")
    story = Story(
        tmp_path,
        small=SMALL,
        stage="save",
        extension=".jpg",
        temp_path=os.fsencode(tmp_path / ".a.rvpart"),
        temp_inode=result.stat().st_ino,
    )
    done = story.run()
    assert done.result_path == os.fsencode(result)
    assert story.workers.asked == []
    assert sorted(f.name for f in tmp_path.glob("*.jpg")) == ["a.jpg", "a_color_grade.jpg"]


def test_what_the_hosts_nodes_say_in_words_is_kept_for_the_user(tmp_path: Path) -> None:
    assert Story(tmp_path, Finished()).run().notes == ("Not understood: zxcv",)


def test_the_percentage_never_runs_backwards(tmp_path: Path) -> None:
    story = Story(tmp_path, PromptLost(), Finished())
    story.run()
    shown = [message.progress_pct for message in story.told if hasattr(message, "progress_pct")]
    assert shown == sorted(shown)
    assert 0 <= shown[0] < shown[-1] <= 100


MASK = MaskFacts(width_px=960, height_px=640, box=(0, 0, 10, 10), digest="d")


def masked_story(tmp_path: Path, *endings: object, **changes: object) -> Story:
    story = Story(tmp_path, *endings, mask_path=b"/pool/m.png", mask=MASK, **changes)
    (story.job.folder / "mask.png").write_bytes(b"mask")
    return story


def test_a_grade_goes_through_the_copy_of_the_mask_whatever_became_of_its_file(
    tmp_path: Path,
) -> None:
    story = masked_story(tmp_path, Finished())
    done = story.run()
    (applied,) = story.workers.applied
    assert applied.mask_path == os.fsencode(story.job.folder / "mask.png")
    assert done.outside_identical is True
    assert done.to_info().mask_path == b"/pool/m.png"


def test_behind_a_mask_the_worker_chooses_an_ending_that_keeps_every_pixel(tmp_path: Path) -> None:
    story = masked_story(tmp_path, Finished())
    done = story.run()
    assert story.workers.applied[0].extension == ""
    assert done.result_path == os.fsencode(tmp_path / "a_color_grade.png")


def test_an_ending_that_was_named_stays(tmp_path: Path) -> None:
    story = masked_story(tmp_path, Finished(), extension=".jpg")
    done = story.run()
    assert done.result_path == os.fsencode(tmp_path / "a_color_grade.jpg")


def test_a_job_whose_mask_is_gone_fails_rather_than_grading_the_whole_photo(
    tmp_path: Path,
) -> None:
    story = masked_story(tmp_path, Finished())
    (story.job.folder / "mask.png").unlink()
    with pytest.raises(RabbitError, match="mask of this job is gone"):
        story.run()


def test_a_picture_that_its_pool_owns_is_read_from_the_copy_in_the_work_folder(
    tmp_path: Path,
) -> None:
    story = Story(tmp_path, Finished(), own_picture=True)
    (story.job.folder / "own.jpg").write_bytes(b"copy")
    story.run()
    assert story.workers.applied[0].path == os.fsencode(story.job.folder / "own.jpg")


def test_the_recipe_names_pool_slot_and_mask(tmp_path: Path) -> None:
    story = masked_story(
        tmp_path, Finished(), pool_id="p", slot="img_0002", index=1, content_hash="h"
    )
    story.run()
    recipe = json.loads(story.workers.applied[0].recipe)
    assert recipe["pool"] == {"pool_id": "p", "index": 1, "slot": "img_0002"}
    assert recipe["mask"]["box"] == [0, 0, 10, 10]


def fetched(tmp_path: Path, model: str, **changes: object) -> Story:
    """A job whose picture has arrived, and whose fit will be of *model*."""
    story = Story(tmp_path, small=SMALL, stage="fit", **changes)
    story.workers.model = model
    (story.job.folder / "sent.png").write_bytes(b"small")
    (story.job.folder / "edited.png").write_bytes(b"picture")
    return story


def test_the_fit_is_asked_for_as_the_user_wants_it_and_told_the_coverage(tmp_path: Path) -> None:
    story = fetched(tmp_path, "lut", fit_mode="spatial")
    story.run()
    (asked,) = story.workers.fitted
    assert (asked.fit, asked.coverage) == ("spatial", 0.97)


def test_what_varies_over_the_picture_is_applied_from_the_work_folder(tmp_path: Path) -> None:
    story = fetched(tmp_path, "spatial")
    story.run()
    assert story.workers.applied[0].grid_path == os.fsencode(story.job.folder / "grade.grid")
    assert (story.job.folder / "grade.grid").read_bytes() == b"grid"


def test_a_global_grade_is_applied_without_a_grid(tmp_path: Path) -> None:
    story = fetched(tmp_path, "lut")
    story.run()
    assert story.workers.applied[0].grid_path == b""
    assert not (story.job.folder / "grade.grid").exists()


def test_a_job_from_before_there_were_grids_goes_on_from_its_lut(tmp_path: Path) -> None:
    story = fetched(tmp_path, "lut", fit=FitReport("lut"))
    (story.job.folder / "grade.cube").write_bytes(b"LUT")
    story.run()
    assert story.workers.asked == ["ApplyLut"]


def test_a_job_killed_between_fit_and_apply_keeps_its_grid(tmp_path: Path) -> None:
    story = fetched(tmp_path, "lut", fit=FitReport("spatial"))
    (story.job.folder / "grade.grid").write_bytes(b"grid")
    (story.job.folder / "grade.cube").write_bytes(b"LUT")
    story.run()
    assert story.workers.asked == ["ApplyLut"]
    assert story.workers.applied[0].grid_path == os.fsencode(story.job.folder / "grade.grid")


@pytest.mark.parametrize("there", [(), ("grade.grid",), ("grade.cube",)])
def test_a_job_killed_while_its_fit_was_put_down_fits_again(
    tmp_path: Path, there: tuple[str, ...]
) -> None:
    story = fetched(tmp_path, "spatial", fit=FitReport("spatial"))
    [(story.job.folder / name).write_bytes(b"old") for name in there]
    story.run()
    assert story.workers.asked == ["FitGrade", "ApplyLut"]
    assert (story.job.folder / "grade.grid").read_bytes() == b"grid"


def test_a_grid_of_an_earlier_fit_does_not_outlive_it(tmp_path: Path) -> None:
    story = fetched(tmp_path, "lut")
    (story.job.folder / "grade.grid").write_bytes(b"old")
    story.run()
    assert not (story.job.folder / "grade.grid").exists()


def test_the_cube_of_a_spatial_grade_says_what_is_not_in_it(tmp_path: Path) -> None:
    cube = os.fsencode(tmp_path / "look.cube")
    done = fetched(tmp_path, "spatial", cube=cube).run()
    assert done.cube_path == cube
    assert "varies over it is not in it" in done.notes[-1]


def test_the_cube_of_a_global_grade_needs_no_note(tmp_path: Path) -> None:
    done = fetched(tmp_path, "lut", cube=os.fsencode(tmp_path / "look.cube")).run()
    assert done.notes == ()


def test_the_recipe_says_what_model_and_which_channels_were_used(tmp_path: Path) -> None:
    story = fetched(tmp_path, "spatial", channels="luma")
    story.run()
    (applied,) = story.workers.applied
    recipe = json.loads(applied.recipe)
    assert (recipe["fit"], recipe["model"], recipe["channels"]) == ("auto", "spatial", "luma")
    assert applied.channels == "luma"


def test_a_model_picture_that_is_kept_is_reported_with_its_size(tmp_path: Path) -> None:
    done = fetched(tmp_path, "lut", fit_mode="model", extension=".jpg").run()
    assert done.fit is not None
    assert (done.fit.model, done.fit.coverage) == ("model", 0.97)
    assert "96 × 64 pixels" in done.fit.summary


LOOK = {"look_id": "5b0a" * 8, "prompt": "Dusk", "operation": "look", "workflow": "", "host": ""}


def test_a_look_is_applied_without_a_host_and_its_name_is_in_the_recipe(tmp_path: Path) -> None:
    story = Story(tmp_path, **LOOK, channels="luma", strength=0.5)
    files = WorkFiles(story.job.folder)
    files.look.write_bytes(b"LUT")
    done = story.run()
    assert story.workers.asked == ["ApplyLut"]
    assert story.host.queued == []
    (task,) = story.workers.applied
    assert (task.cube_path, task.grid_path) == (os.fsencode(files.look), b"")
    assert (task.channels, task.strength, task.extension) == ("luma", 0.5, "")
    recipe = json.loads(task.recipe)
    assert (recipe["operation"], recipe["look"]) == ("look", "Dusk")
    assert done.extension == ".png"
    assert done.result_path.endswith(b".png")


def test_the_grade_of_a_job_is_applied_with_what_varies_over_the_photo(tmp_path: Path) -> None:
    story = Story(tmp_path, **{**LOOK, "look_id": "", "grade_of": "another job"})
    files = WorkFiles(story.job.folder)
    files.look.write_bytes(b"LUT")
    files.look_grid.write_bytes(b"grid")
    story.run()
    (task,) = story.workers.applied
    assert task.grid_path == os.fsencode(files.look_grid)


def test_a_look_that_is_gone_from_the_work_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RabbitError, match="The look of this job is gone") as caught:
        Story(tmp_path, **LOOK).run()
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def test_a_look_runs_from_zero_to_a_hundred(tmp_path: Path) -> None:
    story = Story(tmp_path, **LOOK)
    WorkFiles(story.job.folder).look.write_bytes(b"LUT")
    story.run()
    shown = [message.progress_pct for message in story.told if hasattr(message, "progress_pct")]
    assert shown == sorted(shown)
    assert shown[0] == 0
    assert {message.stage for message in story.told if hasattr(message, "stage")} == {
        "apply",
        "save",
    }


def test_of_a_workflow_that_makes_pictures_the_hosts_own_is_kept(tmp_path: Path) -> None:
    story = Story(tmp_path, Finished(), result="image")
    done = story.run()
    assert "FitGrade" not in story.workers.asked
    assert "KeepModelPicture" in story.workers.asked
    assert done.result_path == os.fsencode(tmp_path / "a_color_grade.jpg")
    assert done.fit is not None
    assert done.fit.model == "model"


def test_a_picture_of_a_hosts_own_is_kept_whole_though_the_host_got_a_mask(tmp_path: Path) -> None:
    story = masked_story(tmp_path, Finished(), result="image")
    done = story.run()
    assert done.result_path == os.fsencode(tmp_path / "a_color_grade.jpg")
    assert story.workers.asked[-1] == "KeepModelPicture"
