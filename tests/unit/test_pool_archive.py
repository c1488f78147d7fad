"""Export and import of pools: self-contained, never over a file, and hostile ones refused."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import struct
import sys
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image

from daemon.pool.arriving import Arrivals
from daemon.pool.exporting import PoolExporter
from daemon.pool.importing import PoolImporter
from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import PoolExport, PoolExported, PoolImport, PoolManifest, WirePath
from daemon.protocol.peer import Peer
from daemon.storage import pool_archive
from daemon.storage.pool_files import refer_to
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from tests.fakes.peer import FakePeer
from tests.fakes.pool_desk import carry_out
from tests.fakes.render import FakeRender

PLAIN_MANIFEST = {"active": 0, "slots": [{"image": "img_0001.png", "mask": None, "label": "a"}]}


class Desk:
    """Export and import on a store of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = PoolStore(folder / "pools")
        render = FakeRender(carry_out)
        arrivals = Arrivals(render, folder / "drop")  # type: ignore[arg-type]
        sizes = PhotoSizes(render)  # type: ignore[arg-type]
        self.flushed: list[str] = []
        self.exporter = PoolExporter(self.store, arrivals, sizes, self.flush)
        self.importer = PoolImporter(self.store, arrivals, render, sizes, self.answer)  # type: ignore[arg-type]
        self.peer = FakePeer()

    async def flush(self, pool_id: str) -> None:
        self.flushed.append(pool_id)

    def answer(self, peer: Peer, state: PoolState, problems: tuple[str, ...]) -> PoolManifest:
        del peer
        return PoolManifest(
            pool_id=state.pool_id,
            name=state.name,
            active=state.active,
            slots=(),
            problems=(*state.problems, *problems),
        )

    async def export(self, name: str) -> PoolExported:
        return await self.exporter.export(
            self.peer, PoolExport(output=WirePath.of(self.folder / name))
        )

    async def read(self, name: str, called: str = "") -> tuple[PoolManifest, PoolState]:
        request = PoolImport(path=WirePath.of(self.folder / name), name=called)
        answer = await self.importer.import_pool(self.peer, request)
        return answer, await self.store.get(answer.pool_id)

    async def fill(self) -> PoolState:
        """Put four photos in: a JPEG on its side, a 16-bit PNG, a plain PNG, one with a mask."""
        photos = self.folder / "photos"
        photos.mkdir()
        turned = Image.Exif()
        turned[0x0112] = 6
        Image.new("RGB", (30, 20), (200, 10, 10)).save(photos / "turned.jpg", exif=turned)
        Image.new("I;16", (8, 6), 40_000).save(photos / "deep.png")
        Image.new("RGB", (12, 10), (0, 200, 0)).save(photos / "plain.png")
        Image.new("RGB", (16, 9), (0, 0, 200)).save(photos / "masked.webp", lossless=True)
        names = ("turned.jpg", "deep.png", "plain.png", "masked.webp")
        state = await self.store.add("", [refer_to(bytes(photos / name)) for name in names])
        temp = self.store.temporary(state)
        Image.linear_gradient("L").resize((16, 9)).save(os.fsdecode(temp), "PNG")
        await self.store.set_mask("", "img_0004", temp)
        await self.store.label("", "img_0003", "plain one")
        return await self.store.activate("", "img_0004")


def within(folder: Path, story: Callable[[Desk], Awaitable[object]]) -> object:
    async def run() -> object:
        desk = Desk(folder)
        try:
            return await story(desk)
        finally:
            await desk.store.close()

    return asyncio.run(run())


def picture(path: Path, size: tuple[int, int] = (4, 3), mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, 90).save(path, "PNG")
    return path


def archive(path: Path, entries: dict[str, bytes], **manifest: object) -> Path:
    """Write an archive of one picture and whatever else the test wants in it."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("manifest.json", json.dumps({**PLAIN_MANIFEST, **manifest}))
        file.write(picture(path.parent / "made" / "one.png"), "img_0001.png")
        for name, data in entries.items():
            file.writestr(name, data)
    return path


def size_of(path: bytes) -> tuple[int, int]:
    with Image.open(os.fsdecode(path)) as opened:
        return opened.size


def left_in(folder: Path) -> list[str]:
    pools = folder / "pools"
    return [path.name for path in pools.iterdir()] if pools.exists() else []


def test_an_export_is_plain_pictures_in_the_agreed_form(tmp_path: Path) -> None:
    async def story(desk: Desk) -> PoolExported:
        state = await desk.fill()
        done = await desk.export("out")
        assert desk.flushed == [state.pool_id]
        return done

    done = within(tmp_path, story)
    assert done == PoolExported(path=bytes(tmp_path / "out"), count=4)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    names = [f"img_000{number}.png" for number in (1, 2, 3, 4)]
    assert manifest["active"] == 3
    assert [slot["image"] for slot in manifest["slots"]] == names
    assert [slot["mask"] for slot in manifest["slots"]] == [None, None, None, "img_0004.mask.png"]
    assert [slot["label"] for slot in manifest["slots"]] == ["", "", "plain one", ""]
    assert all(set(slot) == {"image", "mask", "label", "added"} for slot in manifest["slots"])
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {*names, "img_0004.mask.png", "manifest.json", "pool.json"}


def test_exported_pictures_are_upright_and_have_the_size_of_their_masks(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.fill()
        await desk.export("out")

    within(tmp_path, story)
    sizes = {}
    for path in sorted((tmp_path / "out").glob("*.png")):
        with Image.open(path) as opened:
            assert opened.format == "PNG"
            assert opened.getexif().get(0x0112, 1) == 1
            sizes[path.name] = opened.size
    assert sizes == {
        "img_0001.png": (20, 30),
        "img_0002.png": (8, 6),
        "img_0003.png": (12, 10),
        "img_0004.png": (16, 9),
        "img_0004.mask.png": (16, 9),
    }
    original = (tmp_path / "photos" / "plain.png").read_bytes()
    assert (tmp_path / "out" / "img_0003.png").read_bytes() == original


@pytest.mark.parametrize("size", [(9, 16), None], ids=["another size", "gone"])
def test_a_mask_that_does_not_fit_is_left_out_and_told(
    size: tuple[int, int] | None, tmp_path: Path
) -> None:
    async def story(desk: Desk) -> PoolExported:
        state = await desk.fill()
        mask = Path(os.fsdecode(state.slots[3].mask_file))
        mask.unlink()
        if size is not None:
            Image.new("L", size, 255).save(mask)
        return await desk.export("out")

    answer = within(tmp_path, story)
    assert isinstance(answer, PoolExported)
    assert answer.count == 4
    (note,) = answer.notes
    assert note.startswith("Slot 3 was written without its mask: ")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert [slot["mask"] for slot in manifest["slots"]] == [None] * 4
    assert not list((tmp_path / "out").glob("*.mask.png"))


def test_an_export_never_replaces_anything(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    (tmp_path / "out.zip").mkdir()

    async def story(desk: Desk) -> list[bytes]:
        await desk.fill()
        return [(await desk.export(name)).path for name in ("out", "out", "out.zip", "out.zip")]

    paths = within(tmp_path, story)
    names = ["out-1", "out-2", "out-1.zip", "out-2.zip"]
    assert paths == [bytes(tmp_path / name) for name in names]
    assert (tmp_path / "out").read_bytes() == b"mine"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_missing_photos_are_named_and_the_others_are_written(tmp_path: Path) -> None:
    async def story(desk: Desk) -> PoolExported:
        await desk.fill()
        (desk.folder / "photos" / "deep.png").unlink()
        return await desk.export("out.zip")

    done = within(tmp_path, story)
    assert isinstance(done, PoolExported)
    assert done.count == 3
    assert len(done.notes) == 1
    assert "deep.png is not there" in done.notes[0]
    with zipfile.ZipFile(tmp_path / "out.zip") as file:
        manifest = json.loads(file.read("manifest.json"))
    assert manifest["active"] == 2
    assert manifest["slots"][2]["mask"] == "img_0003.mask.png"


def test_nothing_is_left_of_an_export_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("daemon.pool.exporting._pack", full)

    async def story(desk: Desk) -> None:
        await desk.fill()
        await desk.export("out.zip")

    with pytest.raises(RabbitError, match="No space left") as refused:
        within(tmp_path, story)
    assert refused.value.info.kind is ErrorKind.DISK_FULL
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "pools"}


@pytest.mark.parametrize("output", ["pools/out", "pools/../pools/x.zip"])
def test_an_export_into_the_pools_themselves_is_refused(tmp_path: Path, output: str) -> None:
    async def story(desk: Desk) -> None:
        await desk.fill()
        await desk.export(output)

    with pytest.raises(RabbitError, match="lies among the pools"):
        within(tmp_path, story)


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_was_exported_is_read_as_a_pool_of_its_own(tmp_path: Path, name: str) -> None:
    async def story(desk: Desk) -> PoolState:
        await desk.fill()
        await desk.export(name)
        answer, state = await desk.read(name)
        assert answer.problems == ()
        return state

    state = within(tmp_path, story)
    assert isinstance(state, PoolState)
    assert (state.name, state.active) == ("Pool (2)", 3)
    assert [slot.label for slot in state.slots] == ["", "", "plain one", ""]
    assert all(slot.own and not slot.missing for slot in state.slots)
    assert [bool(slot.mask_file) for slot in state.slots] == [False, False, False, True]
    with Image.open(os.fsdecode(state.slots[3].mask_file)) as read:
        assert (read.mode, read.size) == ("L", (16, 9))
        assert read.tobytes() == Image.linear_gradient("L").resize((16, 9)).tobytes()
    names = {path.name for path in Path(os.fsdecode(state.folder)).iterdir()}
    stems = [f"img_000{number}.png" for number in (1, 2, 3, 4)]
    assert names == {*stems, "img_0004.mask.png", "manifest.json", "pool.json"}


def test_a_pool_is_called_as_asked_or_as_it_says_or_as_its_file(tmp_path: Path) -> None:
    archive(tmp_path / "From somebody.zip", {})
    archive(tmp_path / "b.zip", {"pool.json": b'{"name": "Said"}'})

    async def story(desk: Desk) -> list[str]:
        reads = [("From somebody.zip", ""), ("b.zip", ""), ("b.zip", "Asked"), ("b.zip", "")]
        return [(await desk.read(*each))[0].name for each in reads]

    assert within(tmp_path, story) == ["From somebody", "Said", "Asked", "Said (2)"]


def test_an_archive_of_a_folder_is_read_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.mkdir("My pool")
        file.writestr("My pool/manifest.json", json.dumps(PLAIN_MANIFEST))
        file.write(picture(tmp_path / "one.png"), "My pool/img_0001.png")
        file.writestr("__MACOSX/My pool/._img_0001.png", b"rubbish")

    async def story(desk: Desk) -> list[str]:
        return [slot.label for slot in (await desk.read("a.zip"))[1].slots]

    assert within(tmp_path, story) == ["a"]


def test_pictures_without_a_manifest_are_a_pool_in_the_order_of_their_names(tmp_path: Path) -> None:
    for number in (10, 9):
        picture(tmp_path / "given" / f"frame {number}.png", (number, 5))
    picture(tmp_path / "given" / "frame 9.mask.png", (9, 5), "L")

    async def story(desk: Desk) -> list[tuple[tuple[int, int], bool]]:
        _, state = await desk.read("given")
        sizes = [size_of(slot.path) for slot in state.slots]
        return list(zip(sizes, [bool(slot.mask_file) for slot in state.slots], strict=True))

    assert within(tmp_path, story) == [((9, 5), True), ((10, 5), False)]


def test_a_mask_of_another_size_is_left_out_with_both_sizes_named(tmp_path: Path) -> None:
    mask = picture(tmp_path / "mask.png", (40, 30), "L").read_bytes()
    slots = [{"image": "img_0001.png", "mask": "img_0001.mask.png", "label": "kept"}]
    archive(tmp_path / "a.zip", {"img_0001.mask.png": mask}, slots=slots)

    async def story(desk: Desk) -> tuple[PoolManifest, PoolState]:
        return await desk.read("a.zip")

    answer, state = within(tmp_path, story)  # type: ignore[misc]
    assert state.slots[0].mask_file == b""
    assert state.slots[0].label == "kept"
    assert "40 x 30" in answer.problems[0]
    assert "4 x 3" in answer.problems[0]


def test_what_is_no_picture_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    slots = [{"image": name} for name in ("img_0002.png", "img_0001.png", "img_0003.png")]
    archive(tmp_path / "a.zip", {"img_0002.png": b"#!/bin/sh\n"}, slots=slots, active=1)

    async def story(desk: Desk) -> tuple[PoolManifest, PoolState]:
        return await desk.read("a.zip")

    answer, state = within(tmp_path, story)  # type: ignore[misc]
    assert (len(state.slots), state.active) == (1, 0)
    assert sum("img_0002.png was left out" in problem for problem in answer.problems) == 1
    assert sum("img_0003.png was left out" in problem for problem in answer.problems) == 1


def test_references_of_others_are_not_followed(tmp_path: Path) -> None:
    secret = picture(tmp_path / "secret.png")
    slots = [{"image": "img_0001.png"}, {"image": "img_0002.ref.json"}]
    reference = json.dumps({"path": str(secret)}).encode()
    archive(tmp_path / "a.zip", {"img_0002.ref.json": reference}, slots=slots)

    async def story(desk: Desk) -> tuple[PoolManifest, PoolState]:
        return await desk.read("a.zip")

    answer, state = within(tmp_path, story)  # type: ignore[misc]
    assert len(state.slots) == 1
    assert "only names a photo elsewhere" in answer.problems[0]


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "a/../../evil.png", "/etc/evil.png", "..\\evil.png", "C:\\evil.png", "C:evil"],
)
def test_an_archive_that_would_leave_its_folder_is_refused_whole(tmp_path: Path, name: str) -> None:
    archive(tmp_path / "a.zip", {name: b"evil"})
    with pytest.raises(RabbitError, match="would leave its folder") as refused:
        within(tmp_path, lambda desk: desk.read("a.zip"))
    assert refused.value.info.kind is ErrorKind.INVALID_REQUEST
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("img_0002.png")
    entry.external_attr = (kind | 0o777) << 16
    path = archive(tmp_path / "a.zip", {})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(entry, "/etc/passwd")
    with pytest.raises(RabbitError, match="is a link or device"):
        within(tmp_path, lambda desk: desk.read("a.zip"))
    assert left_in(tmp_path) == []


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", json.dumps(PLAIN_MANIFEST))
        file.writestr("img_0001.png", bytes(200 << 20))
    with pytest.raises(RabbitError, match="far more than pictures"):
        within(tmp_path, lambda desk: desk.read("a.zip"))
    assert left_in(tmp_path) == []


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", json.dumps(PLAIN_MANIFEST))
        file.writestr("img_0001.png", bytes(1 << 20))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 1 << 20), struct.pack("<I", 100)))
    with pytest.raises(RabbitError, match=r"is damaged|far more than pictures|could be read"):
        within(tmp_path, lambda desk: desk.read("a.zip"))


def test_an_archive_of_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_archive, "MAX_ENTRIES", 5)
    archive(tmp_path / "a.zip", {f"{number}.txt": b"" for number in range(5)})
    with pytest.raises(RabbitError, match="holds more than 5 files"):
        within(tmp_path, lambda desk: desk.read("a.zip"))


@pytest.mark.parametrize("cut", [10, 100, -30])
def test_a_damaged_archive_is_refused_in_a_sentence(tmp_path: Path, cut: int) -> None:
    path = archive(tmp_path / "a.zip", {})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(RabbitError, match=r"a\.zip (is damaged|is neither)"):
        within(tmp_path, lambda desk: desk.read("a.zip"))


def test_damaged_bytes_inside_an_archive_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {})
    data = bytearray(path.read_bytes())
    place = data.index(b"IDAT") + 6
    data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(RabbitError, match=r"damaged|could be read"):
        within(tmp_path, lambda desk: desk.read("a.zip"))
    assert [name for name in left_in(tmp_path) if name.startswith(".")] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"slots": 5}, "holds no list of slots"),
        ([], "holds no list of slots"),
        ("text", "holds no list of slots"),
    ],
)
def test_a_manifest_of_wrong_types_is_refused_where_there_are_no_pictures(
    tmp_path: Path, content: object, said: str
) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(RabbitError, match=said):
        within(tmp_path, lambda desk: desk.read("given"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = picture(tmp_path / "secret.png")
    picture(tmp_path / "given" / "img_0001.png")
    (tmp_path / "given" / "img_0002.png").symlink_to(secret)
    slots = [{"image": "img_0001.png"}, {"image": "img_0002.png"}]
    (tmp_path / "given" / "manifest.json").write_text(json.dumps({"active": 0, "slots": slots}))

    async def story(desk: Desk) -> int:
        return len((await desk.read("given"))[1].slots)

    assert within(tmp_path, story) == 1


@pytest.mark.parametrize("name", ["missing.zip", "notes.txt"])
def test_what_is_no_pool_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_bytes(b"notes")
    with pytest.raises(RabbitError, match=r"(missing\.zip is not there|notes\.txt is neither)"):
        within(tmp_path, lambda desk: desk.read(name))


def test_an_empty_pool_travels_too(tmp_path: Path) -> None:
    async def story(desk: Desk) -> tuple[str, int]:
        await desk.store.get()
        await desk.export("out.zip")
        _, state = await desk.read("out.zip")
        return state.name, state.active

    assert within(tmp_path, story) == ("Pool (2)", -1)


def test_what_a_killed_export_left_goes_with_the_next_of_its_name(tmp_path: Path) -> None:
    (tmp_path / ".out.zip.0a1b2c3d.rvpart").mkdir()
    picture(tmp_path / ".out.zip.0a1b2c3d.rvpart" / "img_0001.png")
    (tmp_path / ".out.zip.0a1b2c3e.rvpart.zip").write_bytes(b"half")
    (tmp_path / ".out.zip.mine").write_bytes(b"mine")

    async def story(desk: Desk) -> None:
        await desk.fill()
        await desk.export("out.zip")

    within(tmp_path, story)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"photos", "pools", "out.zip", ".out.zip.mine"}


def test_an_archive_without_a_readable_picture_says_why(tmp_path: Path) -> None:
    slots = [{"image": "img_0001.png", "mask": "img_0001.mask.png"}]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("manifest.json", json.dumps({"active": 0, "slots": slots}))
        file.writestr("img_0001.png", b"no picture")

    with pytest.raises(RabbitError, match=r"img_0001\.png was left out: it is not a photo"):
        within(tmp_path, lambda desk: desk.read("a.zip"))


def test_a_pool_that_says_current_gets_a_name_of_its_own(tmp_path: Path) -> None:
    archive(tmp_path / "a.zip", {"pool.json": b'{"name": "current"}'})

    async def story(desk: Desk) -> str:
        return (await desk.read("a.zip"))[0].name

    assert within(tmp_path, story) == "Pool"
