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
from daemon.edits.intake import EditIntake, GivenLook
from daemon.edits.masks import JobMasks
from daemon.edits.sources import EditSource
from daemon.edits.work_files import WorkFiles
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest, WirePath
from daemon.settings import Settings
from daemon.storage.job_record import JobRecord
from tests.fakes.direct import DirectWorkers


class Desk:
    """An intake whose pool holds one pasted picture with a mask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = SimpleNamespace(operation="color_grade", mask="optional", title="Upscale")
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
            hosts=SimpleNamespace(resolve=lambda *_: HostChoice("builtin", "", "w", ai=False)),
            workflows=SimpleNamespace(get=lambda _: SimpleNamespace(manifest=self.manifest)),
            settings=SimpleNamespace(current=Settings()),
            looks=SimpleNamespace(give=self._give),
            work=folder / "work",
            pictures=folder / "pictures",
        )

    async def _find(self, request: AiEditRequest) -> EditSource:
        del request
        return self.source

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
