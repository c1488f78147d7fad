"""From a request to a job: what it keeps of its slot, where its result goes, what is refused."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from PIL import Image

from daemon.comfyui.hosts import HostChoice
from daemon.comfyui.wildcards import resolve
from daemon.edits.intake import EditIntake, GivenLook, wanted_host
from daemon.edits.masks import JobMasks
from daemon.edits.pictures import JobPictures
from daemon.edits.sources import EditSource
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest, WirePath
from daemon.settings import Settings
from daemon.settings_keys import ComfyuiSettings
from daemon.storage.job_record import JobRecord
from tests.fakes.direct import DirectWorkers


class Desk:
    """An intake whose pool holds one pasted picture with a mask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = SimpleNamespace(
            operation="color_grade",
            mask="optional",
            title="Upscale",
            result="lut",
            bindings={"prompt": SimpleNamespace(node="2", input="text")},
            parameters={},
            output=SimpleNamespace(node="4", filename_prefix="filename_prefix"),
        )
        self.settings = Settings()
        pool = folder / "pool"
        pool.mkdir()
        self.picture, self.mask = pool / "img_0001.png", pool / "img_0001.mask.png"
        Image.new("RGB", (8, 6), (90, 90, 90)).save(self.picture)
        Image.new("L", (8, 6), 255).save(self.mask)
        self.source = EditSource(
            path=os.fsencode(self.picture),
            mask=os.fsencode(self.mask),
            pool_id="p",
            slot="img_0001",
            index=0,
            count=1,
            label="Sky",
            content_hash="h",
            own_picture=True,
        )
        self.intake = EditIntake(
            sources=SimpleNamespace(find=self._find),
            masks=JobMasks(DirectWorkers()),
            given_pictures=JobPictures(DirectWorkers()),
            chooser=SimpleNamespace(choose=self._choose),
            settings=SimpleNamespace(current=self.settings),
            looks=SimpleNamespace(give=self._give),
            work=folder / "work",
            pictures=folder / "pictures",
        )

    async def _find(self, request: AiEditRequest) -> EditSource:
        del request
        return self.source

    async def _choose(self, request: AiEditRequest) -> tuple[HostChoice, SimpleNamespace]:
        del request
        graph = {
            "2": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
            "3": {"class_type": "KSampler", "inputs": {"steps": 20, "latent_image": ["2", 0]}},
            "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
            "5": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
        }
        workflow = SimpleNamespace(name="w", manifest=self.manifest, graph=graph)
        return HostChoice("builtin", "", "w", ai=False), workflow

    async def _give(self, request: AiEditRequest, photo: bytes, files: WorkFiles) -> GivenLook:
        del photo
        if request.look == "gone":
            files.folder.mkdir(parents=True)
            raise RabbitError(ErrorKind.NOT_FOUND, "There is no such look.")
        files.folder.mkdir(parents=True)
        files.look.write_bytes(b"LUT")
        return GivenLook("Dusk", look_id=request.look, grade_of=request.grade_of, ai=True)

    def begin(self, **changes: object) -> JobRecord:
        request = AiEditRequest(path=WirePath(), prompt="warm", pool="current")
        return asyncio.run(self.intake.begin(msgspec.structs.replace(request, **changes)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_job_keeps_pool_slot_index_and_content(desk: Desk) -> None:
    job = desk.begin()
    assert (job.pool_id, job.slot, job.index, job.count) == ("p", "img_0001", 0, 1)
    assert (job.label, job.content_hash) == ("Sky", "h")
    assert job.mask is not None
    assert (job.mask.width_px, job.mask.height_px) == (8, 6)


def test_taking_the_slot_away_changes_nothing_for_a_job_that_was_begun(desk: Desk) -> None:
    files = desk.intake.files(desk.begin().job_id)
    picture, mask = desk.picture.read_bytes(), desk.mask.read_bytes()
    desk.picture.unlink()
    desk.mask.unlink()
    assert files.mask.read_bytes() == mask
    assert [file.read_bytes() for file in files.given() if file != files.mask] == [picture]


def test_the_result_of_a_pasted_picture_goes_to_the_pictures_under_its_label(desk: Desk) -> None:
    assert desk.begin().target == os.fsencode(desk.folder / "pictures" / "Sky_color_grade")


def test_a_photo_that_lies_somewhere_has_its_result_beside_it(desk: Desk) -> None:
    desk.source = msgspec.structs.replace(desk.source, own_picture=False)
    assert desk.begin().target == os.fsencode(desk.folder / "pool" / "img_0001_color_grade")


def test_a_slots_mask_that_a_workflow_does_not_take_is_left_out_and_that_is_said(
    desk: Desk,
) -> None:
    desk.manifest.mask = "none"
    job = desk.begin()
    assert job.mask is None
    assert job.notes == ("The photo's mask was left out: 'Upscale' works on all of it.",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"path": WirePath(b"/a.jpg")}, "names a photo and a pool"),
        ({"mask": WirePath(b"m.png")}, "not an absolute path"),
        ({"mask": WirePath(b"/m.png"), "whole": True}, "names a mask and the whole photo"),
        ({"index": -2}, "index -2"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(
    desk: Desk, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(RabbitError, match=reason):
        desk.begin(**changes)
    assert not (desk.folder / "work").exists()


def test_a_look_needs_no_prompt_and_no_workflow_and_takes_the_slots_mask(desk: Desk) -> None:
    job = desk.begin(prompt="", look="5b0a")
    assert (job.operation, job.prompt, job.look_id, job.ai) == ("look", "Dusk", "5b0a", True)
    assert (job.workflow, job.host, job.target) == (
        "",
        "",
        os.fsencode(desk.folder / "pictures" / "Sky_look"),
    )
    assert job.mask is not None
    assert desk.intake.files(job.job_id).look.read_bytes() == b"LUT"


def test_a_look_that_vanished_leaves_no_job_behind(desk: Desk) -> None:
    with pytest.raises(RabbitError, match="no such look"):
        desk.begin(prompt="", look="gone")
    assert list((desk.folder / "work").iterdir()) == []


def test_another_try_of_a_look_has_the_same_lut_though_the_look_is_gone(desk: Desk) -> None:
    first = desk.begin(prompt="", grade_of="j")
    files = desk.intake.files(first.job_id)
    files.clear()
    again = asyncio.run(desk.intake.again(first, other_seed=False))
    assert (again.look_id, again.grade_of, again.prompt) == ("", "j", "Dusk")
    assert desk.intake.files(again.job_id).look.read_bytes() == b"LUT"


def test_a_look_has_no_other_fit(desk: Desk) -> None:
    first = desk.begin(prompt="", look="5b0a")
    with pytest.raises(RabbitError, match="was not fitted"):
        asyncio.run(desk.intake.again(first, other_seed=False, fit="spatial"))


def give_reference(desk: Desk, mode: str = "RGBA") -> WirePath:
    """Let the workflow take a second picture; return one."""
    desk.manifest.bindings["reference_1"] = SimpleNamespace(node="5", input="image")
    picture = desk.folder / "second.png"
    Image.new(mode, (40, 30), (200, 10, 10, 128)[: len(mode)]).save(picture)
    return WirePath.of(os.fsencode(picture))


def test_a_further_picture_is_taken_as_an_opaque_png_that_nothing_changes_later(desk: Desk) -> None:
    path = give_reference(desk)
    job = desk.begin(images={"reference_1": path})
    Path(os.fsdecode(path)).unlink()
    with Image.open(desk.intake.files(job.job_id).picture("reference_1")) as taken:
        assert (taken.mode, taken.getpixel((0, 0)), taken.info) == ("RGB", (200, 10, 10), {})
    assert job.images == ("reference_1",)


def test_a_further_picture_has_a_bounded_size(desk: Desk) -> None:
    path = give_reference(desk, "RGB")
    Image.new("RGB", (4000, 3000)).save(os.fsdecode(path))
    job = desk.begin(images={"reference_1": path})
    with Image.open(desk.intake.files(job.job_id).picture("reference_1")) as taken:
        assert taken.width * taken.height < 1.1 * 1024 * 1024


def test_another_try_has_the_pictures_of_the_first(desk: Desk) -> None:
    first = desk.begin(images={"reference_1": give_reference(desk)})
    again = asyncio.run(desk.intake.again(first, other_seed=True))
    assert desk.intake.files(again.job_id).picture("reference_1").exists()


def test_a_picture_that_is_needed_is_asked_for_by_its_name(desk: Desk) -> None:
    give_reference(desk)
    with pytest.raises(
        RabbitError, match=r"needs another picture: Reference 1 \(reference_1\)"
    ) as e:
        desk.begin()
    assert e.value.info.context["field"] == "reference_1"
    assert not (desk.folder / "work").exists()


def test_a_file_that_is_no_picture_is_refused_by_its_field_and_leaves_nothing(desk: Desk) -> None:
    path = give_reference(desk)
    Path(os.fsdecode(path)).write_bytes(b"text")
    with pytest.raises(RabbitError) as e:
        desk.begin(images={"reference_1": path})
    assert e.value.info.context["field"] == "reference_1"
    assert list((desk.folder / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prompt": "  "}, "prompt"),
        ({"negative": "people"}, "negative"),
        ({"prompt_2": "a"}, "prompt_2"),
        ({"parameters": {"stpes": 3}}, "stpes"),
        ({"images": {"reference_9": WirePath(b"/a.png")}}, "reference_9"),
    ],
)
def test_what_the_workflow_does_not_take_is_refused_by_its_field(
    desk: Desk, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(RabbitError) as e:
        desk.begin(**changes)
    assert e.value.info.context["field"] == field


def test_a_workflow_without_a_prompt_needs_none_and_says_that_one_is_left_out(desk: Desk) -> None:
    del desk.manifest.bindings["prompt"]
    assert desk.begin(prompt="").notes == ()
    assert desk.begin().notes == ("The prompt was left out: 'Upscale' takes none.",)


@pytest.mark.parametrize("kind", ["region", "resized", "cutout", "map"])
def test_a_result_that_cannot_be_made_yet_is_refused_by_its_kind(desk: Desk, kind: str) -> None:
    desk.manifest.result = kind
    with pytest.raises(RabbitError, match=f"kind '{kind}' yet") as e:
        desk.begin()
    assert e.value.info.kind is ErrorKind.WORKFLOW_UNAVAILABLE


def test_a_picture_as_result_keeps_the_mask_for_its_workflow(desk: Desk) -> None:
    desk.manifest.result = "image"
    job = desk.begin()
    assert job.result == "image"
    assert job.mask is not None


def test_a_run_over_the_budget_is_refused_before_anything_is_kept(desk: Desk) -> None:
    desk.settings = Settings(comfyui=ComfyuiSettings(max_compute=0.004))
    desk.intake._settings.current = desk.settings
    with pytest.raises(RabbitError, match=r"costs 0\.0 \(16 x 16 px x 20 steps") as e:
        desk.begin()
    assert e.value.info.kind is ErrorKind.OVER_BUDGET
    assert not (desk.folder / "work").exists()


def test_wildcards_are_chosen_by_the_seed_and_what_was_typed_stays(desk: Desk) -> None:
    job = desk.begin(prompt="{a|b} light", seed=5)
    assert job.prompt == "{a|b} light"
    assert job.prompt_used in ("a light", "b light")
    assert desk.begin(prompt="{a|b} light", seed=5).prompt_used == job.prompt_used


def test_another_seed_chooses_again(desk: Desk) -> None:
    first = desk.begin(prompt="{a|b} light", seed=5)
    again = asyncio.run(desk.intake.again(first, other_seed=True))
    assert again.prompt == first.prompt
    assert again.prompt_used == resolve(first.prompt, again.seed)


def elsewhere(desk: Desk, choice: HostChoice, **old: object) -> JobRecord:
    """Another try of a failed job, for the host of *choice*."""

    async def for_host(workflow: str, host: str) -> HostChoice:
        assert (workflow, host) == ("w", choice.host_name)
        return choice

    desk.intake._chooser = SimpleNamespace(choose=desk._choose, for_host=for_host)
    first = msgspec.structs.replace(
        desk.begin(), state="failed", lost=1, prompt_ids=("p",), prompt_id="p", **old
    )
    files = desk.intake.files(first.job_id)
    for name in ("sent.png", "clipped.png", "edited.png", "grade.cube"):
        (files.folder / name).write_bytes(b"of the first host")
    return asyncio.run(
        desk.intake.again(first, other_seed=False, host=choice.host_name, free_memory=True)
    )


def test_another_try_on_another_host_begins_there_with_the_small_copy_it_has(desk: Desk) -> None:
    again = elsewhere(desk, HostChoice("studio", "http://s", "w", ai=True), host="attic")
    assert (again.host, again.host_wanted, again.free_memory) == ("studio", "studio", True)
    assert (again.lost, again.prompt_ids, again.prompt_id) == (0, (), "")
    there = {file.name for file in desk.intake.files(again.job_id).folder.iterdir()}
    assert "sent.png" in there
    assert not {"edited.png", "grade.cube"} & there


def test_another_try_on_the_built_in_host_runs_what_that_can_run_and_says_so(desk: Desk) -> None:
    choice = HostChoice("builtin", "", "builtin_w", ai=False, note="No AI: the built-in host.")
    again = elsewhere(desk, choice)
    assert (again.workflow, again.ai, again.notes) == ("builtin_w", False, (choice.note,))
    assert not desk.intake.files(again.job_id).sent.exists()


def test_the_login_of_a_host_that_is_named_by_its_url_is_not_kept_with_the_job() -> None:
    choice = HostChoice("https://gpu.example.org", "https://gpu.example.org", "w", ai=True)
    assert wanted_host(choice, "https://ada:secret@gpu.example.org") == "https://gpu.example.org"
    assert wanted_host(choice, "") == ""


def test_only_the_built_in_host_or_a_named_one_is_wanted(desk: Desk) -> None:
    assert desk.begin().host_wanted == "builtin"
