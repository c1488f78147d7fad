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
from daemon.edits.intake import EditIntake
from daemon.edits.masks import JobMasks
from daemon.edits.sources import EditSource
from daemon.protocol.errors import RabbitError
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
            looks=SimpleNamespace(),
            work=folder / "work",
            pictures=folder / "pictures",
        )

    async def _find(self, request: AiEditRequest) -> EditSource:
        del request
        return self.source

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
