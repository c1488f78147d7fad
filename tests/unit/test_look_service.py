"""The looks library as clients use it: saving, telling the others, and what jobs take from it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from daemon.edits.looks import LookService
from daemon.edits.lut_conversion import LutConverter
from daemon.edits.work_files import WorkFiles
from daemon.handlers.lut_files import write_lut
from daemon.imaging.cube import parse_cube
from daemon.imaging.lattice import identity_lut
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    AiEditRequest,
    LookDelete,
    LookExport,
    LookRename,
    LookRestore,
    Looks,
    LookSave,
    LookSaved,
    LooksRequest,
    Message,
    WirePath,
)
from daemon.protocol.peer import Peer
from daemon.storage.job_record import JobRecord
from daemon.storage.looks import LookStore
from tests.fakes.direct import DirectWorkers
from tests.fakes.peer import FakePeer

JOB = JobRecord(
    job_id="0b7c0c4e-2f8e-4a53-9d5c-1d0d4c2f6a11",
    created=1.0,
    path=b"/photos/a.jpg",
    operation="color_grade",
    prompt="warm evening light, long shadows over the harbour and a soft teal sky",
    workflow="w",
    host="h",
    ai=True,
    strength=1.0,
    seed=7,
    fit_mode="auto",
    lut_size=33,
    long_edge_px=0,
    target=b"/photos/a_color_grade",
    state="done",
)


class Library:
    """A looks library whose jobs a test makes up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: dict[str, JobRecord] = {}
        self.told: list[tuple[Message, Peer | None]] = []
        self.me = FakePeer()
        self.store = LookStore(folder / "looks")
        self.service = LookService(
            store=self.store,
            find_job=self._find_job,
            files=lambda job_id: WorkFiles(folder / "jobs" / job_id),
            converter=LutConverter(DirectWorkers()),
            publish=lambda message, *, but=None: self.told.append((message, but)),
        )

    async def _find_job(self, job_id: str) -> JobRecord | None:
        return self.jobs.get(job_id)

    def lut_file(self, name: str = "Film stock.cube") -> WirePath:
        path = self.folder / name
        write_lut(os.fsencode(path), identity_lut(3), space="adobe-rgb", title="other")
        return WirePath.of(path)

    def job(self, *, grid: bool = False, **changes: object) -> str:
        record = msgspec.structs.replace(JOB, **changes)
        self.jobs[record.job_id] = record
        files = WorkFiles(self.folder / "jobs" / record.job_id)
        files.folder.mkdir(parents=True)
        write_lut(os.fsencode(files.lut_of(record)), identity_lut(4), space="srgb", title="t")
        if grid:
            files.grid.write_bytes(b"grid")
        return record.job_id

    async def save(self, **wanted: object) -> LookSaved:
        return await self.service.save(self.me, LookSave(**wanted))

    async def names(self) -> list[str]:
        return [look.name for look in (await self.service.looks(self.me, LooksRequest())).looks]


Story = Callable[[Library], Awaitable[None]]


def within(folder: Path, story: Story) -> None:
    async def whole() -> None:
        library = Library(folder)
        try:
            await story(library)
        finally:
            await library.store.close()

    asyncio.run(whole())


def test_a_lut_file_becomes_a_look_named_after_it(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        saved = await library.save(lut=library.lut_file())
        assert (saved.look.name, saved.look.space, saved.look.size) == (
            "Film stock",
            "adobe-rgb",
            3,
        )
        kept = parse_cube(library.store.cube(saved.look.look_id).read_text())
        assert kept.title == "Film stock"

    within(tmp_path, story)


def test_the_grade_of_a_job_becomes_a_look_named_after_its_prompt(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        saved = await library.save(job_id=library.job())
        assert saved.look.name == "warm evening light, long shadows over the harbour and a soft…"
        assert (saved.look.prompt, saved.look.ai, saved.notes) == (JOB.prompt, True, ())

    within(tmp_path, story)


def test_what_varies_over_a_photo_is_not_in_the_look_and_that_is_said(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        saved = await library.save(job_id=library.job(grid=True), name="Dusk")
        assert saved.look.name == "Dusk"
        assert "varies over its photo" in saved.notes[0]

    within(tmp_path, story)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "running"}, "has not finished"),
        ({"state": "failed"}, "has not finished"),
        ({"fit_mode": "model"}, "kept the model's own picture"),
    ],
)
def test_a_job_without_a_grade_is_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    async def story(library: Library) -> None:
        with pytest.raises(RabbitError, match=words):
            await library.save(job_id=library.job(**changes))
        assert await library.names() == []

    within(tmp_path, story)


def test_a_grade_that_is_not_kept_any_more_is_refused(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        library.jobs[JOB.job_id] = JOB
        with pytest.raises(RabbitError, match="not kept any more") as caught:
            await library.save(job_id=JOB.job_id)
        assert caught.value.info.kind is ErrorKind.NOT_FOUND

    within(tmp_path, story)


@pytest.mark.parametrize("both", [True, False])
def test_one_of_job_and_file_is_named(tmp_path: Path, both: bool) -> None:
    async def story(library: Library) -> None:
        wanted = {"job_id": "x", "lut": library.lut_file()} if both else {}
        with pytest.raises(RabbitError, match="name one of them"):
            await library.save(**wanted)

    within(tmp_path, story)


def test_a_damaged_file_is_refused_with_its_line_and_leaves_nothing(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        path = tmp_path / "bad.cube"
        path.write_text("LUT_3D_SIZE 2\n0 0 0\n0 0 nan\n")
        with pytest.raises(RabbitError, match="line 3"):
            await library.save(lut=WirePath.of(path))
        assert await library.names() == []
        assert list((tmp_path / "looks").iterdir()) == []

    within(tmp_path, story)


def test_the_others_hear_of_every_change_and_revisions_count_up(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        look = (await library.save(lut=library.lut_file())).look.look_id
        for request in (
            LookRename(look_id=look, name="Dawn"),
            LookDelete(look_id=look),
            LookRestore(look_id=look),
        ):
            answer = await getattr(library.service, type(request).__name__[4:].lower())(
                library.me, request
            )
            assert library.told[-1] == (answer, library.me)
        told = [message for message, _ in library.told]
        assert [len(message.looks) for message in told if isinstance(message, Looks)] == [
            1,
            1,
            0,
            1,
        ]
        assert [message.revision for message in told if isinstance(message, Looks)] == [1, 2, 3, 4]

    within(tmp_path, story)


def test_a_look_is_exported_under_a_free_name(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        look = (await library.save(lut=library.lut_file(), name="Dawn")).look.look_id
        (tmp_path / "out.cube").write_text("mine")
        request = LookExport(look_id=look, output=WirePath.of(tmp_path / "out.cube"))
        written = await library.service.export(library.me, request)
        assert written.path == os.fsencode(tmp_path / "out-1.cube")
        assert parse_cube((tmp_path / "out-1.cube").read_text()).title == "Dawn"
        assert (tmp_path / "out.cube").read_text() == "mine"

    within(tmp_path, story)


def test_a_look_is_not_exported_as_anything_else(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        look = (await library.save(lut=library.lut_file())).look.look_id
        request = LookExport(look_id=look, output=WirePath.of(tmp_path / "out.3dl"))
        with pytest.raises(RabbitError, match=r"neither in \.cube nor in \.png"):
            await library.service.export(library.me, request)

    within(tmp_path, story)


def test_a_job_is_given_a_looks_lut(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        look = (await library.save(lut=library.lut_file())).look
        files = WorkFiles(tmp_path / "jobs" / "new")
        request = AiEditRequest(path=WirePath.of("/b.jpg"), prompt="", look=look.look_id)
        given = await library.service.give(request, b"/b.jpg", files)
        assert (given.name, given.look_id, given.grade_of) == (look.name, look.look_id, "")
        assert files.look.read_bytes() == library.store.cube(look.look_id).read_bytes()

    within(tmp_path, story)


@pytest.mark.parametrize(("photo", "varies"), [(b"/photos/a.jpg", True), (b"/b.jpg", False)])
def test_what_varies_goes_along_to_the_same_photo_only(
    tmp_path: Path, photo: bytes, varies: bool
) -> None:
    async def story(library: Library) -> None:
        files = WorkFiles(tmp_path / "jobs" / "new")
        request = AiEditRequest(path=WirePath(photo), prompt="", grade_of=library.job(grid=True))
        given = await library.service.give(request, photo, files)
        assert (given.name, given.ai, given.grade_of) == (JOB.prompt, True, JOB.job_id)
        assert files.look.exists()
        assert files.look_grid.exists() == varies
        assert bool(given.note) != varies

    within(tmp_path, story)


def test_the_grade_of_a_job_that_applied_a_look_is_that_look(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        look = (await library.save(lut=library.lut_file())).look
        library.jobs[JOB.job_id] = msgspec.structs.replace(JOB, look_id=look.look_id)
        kept = await library.service.grade_of(JOB.job_id)
        assert kept.cube == os.fsencode(library.store.cube(look.look_id))

    within(tmp_path, story)


def test_a_look_that_vanished_is_refused_when_a_job_wants_it(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        request = AiEditRequest(path=WirePath.of("/b.jpg"), prompt="", look="0" * 32)
        with pytest.raises(RabbitError, match="There is no look"):
            await library.service.give(request, b"/b.jpg", WorkFiles(tmp_path / "new"))

    within(tmp_path, story)


def test_only_looks_that_are_there_have_a_lut(tmp_path: Path) -> None:
    async def story(library: Library) -> None:
        look = (await library.save(lut=library.lut_file())).look.look_id
        found = await library.service.luts_of((look, "0" * 32))
        assert list(found) == [look]

    within(tmp_path, story)
