"""What clients are answered about pools, what the others hear, and what is refused."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from daemon.pool.arriving import Arrivals
from daemon.pool.content import ContentHashes
from daemon.pool.selecting import SlotSelector
from daemon.pool.service import PoolService
from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import Message
from daemon.protocol.messages import (
    PoolActive,
    PoolAdd,
    PoolDelete,
    PoolDetach,
    PoolLabel,
    PoolList,
    PoolManifest,
    PoolMove,
    PoolNew,
    PoolRemove,
    PoolSelect,
    PoolUndo,
    PoolUse,
    WirePath,
)
from daemon.protocol.peer import Peer
from daemon.storage.pools import PoolStore
from daemon.tasks import (
    AnyTask,
    ExportPicture,
    FileWritten,
    MaskWritten,
    PhotoInfoRead,
    ReadPhotoInfo,
    WriteMask,
)
from tests.fakes.peer import FakePeer
from tests.fakes.render import FakeRender, Outcome

T = TypeVar("T")
PNG = b"\x89PNG\r\n\x1a\n"


class Desk:
    """The service with a store of the test's own, two clients, and workers that do as they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = PoolStore(folder / "pools")
        self.drop = folder / "drop"
        self.drop.mkdir()
        self.render = FakeRender(self.carry_out)
        self.heard: list[tuple[Message, Peer | None]] = []
        self.news = asyncio.Event()
        self.trashed: list[bytes] = []
        self.peer = FakePeer()
        self.service = PoolService(
            self.store,
            self.publish,
            Arrivals(self.render, self.drop),  # type: ignore[arg-type]
            ContentHashes(folder / "cache" / "hashes.json"),
            self.discard,
        )
        self.selector = SlotSelector(
            self.service.resolve,
            self.service.before_reading_masks,
            self.render,  # type: ignore[arg-type]
            PhotoSizes(self.render),  # type: ignore[arg-type]
            folder / "cache",
        )

    def publish(self, message: Message, *, but: Peer | None = None) -> None:
        self.heard.append((message, but))
        self.news.set()

    def discard(self, folder: bytes) -> None:
        self.trashed.append(folder)
        os.rename(folder, bytes(self.folder / f"trash{len(self.trashed)}"))

    def carry_out(self, task: AnyTask) -> Outcome | Exception | None:
        match task:
            case ReadPhotoInfo():
                return self.read(task.path), b""
            case ExportPicture():
                Path(os.fsdecode(task.png_path)).write_bytes(PNG + b"upright")
                return FileWritten(
                    width_px=1, height_px=1, size_bytes=1, inode=1, extension=".png"
                ), b""
            case WriteMask():
                text = f"zeros {task.width_px} x {task.height_px}"
                Path(os.fsdecode(task.png_path)).write_text(text)
                return MaskWritten(is_empty=True), b""
            case _:
                return None

    def read(self, path: bytes) -> PhotoInfoRead:
        data = Path(os.fsdecode(path)).read_bytes()
        return PhotoInfoRead(
            format="png" if data.startswith(PNG) else "jpeg",
            width_px=15 if data.endswith(b"small") else 30,
            height_px=10 if data.endswith(b"small") else 20,
            size_bytes=len(data),
            bit_depth=8,
            channels=3,
            color_space="sRGB",
            icc_description="",
            orientation=6 if b"turned" in data else 1,
            has_alpha=False,
            metadata={},
        )

    def photo(self, name: str, content: bytes = b"photo") -> WirePath:
        path = self.folder / name
        path.write_bytes(content + name.encode())
        return WirePath.of(path)

    def photos(self, count: int = 3) -> tuple[WirePath, ...]:
        return tuple(self.photo(f"p{number}.jpg") for number in range(count))

    async def add(self, *paths: WirePath, **more: object) -> PoolManifest:
        return await self.service.add(self.peer, PoolAdd(paths=paths, **more))  # type: ignore[arg-type]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[Desk], Awaitable[T]]], T]:
    def carry_out(story: Callable[[Desk], Awaitable[T]]) -> T:
        async def begin() -> T:
            desk = Desk(tmp_path)
            try:
                return await story(desk)
            finally:
                await desk.service.close()
                await desk.store.close()

        return asyncio.run(begin())

    return carry_out


Run = Callable[[Callable[[Desk], Awaitable[T]]], T]


def file_names(manifest: PoolManifest) -> list[str]:
    return [os.path.basename(slot.path).decode() for slot in manifest.slots]


def test_a_change_is_answered_by_the_whole_pool_and_told_to_the_others(run: Run) -> None:
    async def story(desk: Desk) -> None:
        answer = await desk.add(*desk.photos())
        ((event, but),) = desk.heard
        assert file_names(answer) == ["p0.jpg", "p1.jpg", "p2.jpg"]
        assert (event, but) == (answer, desk.peer)
        assert [pool.count for pool in answer.pools] == [3]

    run(story)


def test_every_kind_of_change_is_told(run: Run) -> None:
    async def story(desk: Desk) -> list[str]:
        service, peer = desk.service, desk.peer
        await desk.add(*desk.photos())
        await service.active(peer, PoolActive(index=2))
        await service.label(peer, PoolLabel(label="a", slot="img_0001"))
        await service.move(peer, PoolMove(to=0, index=2))
        await service.remove(peer, PoolRemove(slots=("img_0002",)))
        await service.undo(peer, PoolUndo())
        await service.undo(peer, PoolUndo(redo=True))
        await service.detach(peer, PoolDetach())
        await service.new(peer, PoolNew(name="New"))
        assert all(but is peer for _, but in desk.heard)
        return [f"{event.name} {event.undo}" for event, _ in desk.heard]  # type: ignore[attr-defined]

    assert run(story) == [
        "Pool Add 3 photos",
        "Pool Add 3 photos",
        "Pool Label a photo",
        "Pool Move a photo",
        "Pool Remove a photo",
        "Pool Move a photo",
        "Pool Remove a photo",
        "Pool (2) ",
        "New ",
    ]


def test_looking_at_a_pool_tells_nobody(run: Run) -> None:
    async def story(desk: Desk) -> int:
        await desk.service.list(desk.peer, PoolList())
        await desk.service.use(desk.peer, PoolUse(pool="Pool"))
        return len(desk.heard)

    assert run(story) == 0


def test_what_cannot_come_in_is_named_and_the_others_come(run: Run) -> None:
    async def story(desk: Desk) -> PoolManifest:
        (desk.folder / "folder.jpg").mkdir()
        (desk.folder / "plain").mkdir()
        return await desk.add(
            desk.photo("a.jpg"),
            WirePath.of(desk.folder / "missing.jpg"),
            WirePath.of(desk.folder / "folder.jpg"),
            WirePath.of(desk.folder / "plain"),
            desk.photo("notes.txt"),
            desk.photo("film.mp4"),
            WirePath(b"relative.jpg"),
            desk.photo("b.jpg"),
        )

    answer = run(story)
    assert file_names(answer) == ["a.jpg", "b.jpg"]
    said = [problem.rsplit("/", 1)[-1] for problem in answer.problems]
    assert said == [
        "missing.jpg is not there.",
        "folder.jpg is a folder; add the photos in it.",
        "plain is a folder; add the photos in it.",
        "notes.txt is no photo.",
        "film.mp4 is a video, which cannot be edited.",
        "relative.jpg is not an absolute path.",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes of that kind")
def test_a_pipe_does_not_stop_the_daemon(run: Run) -> None:
    async def story(desk: Desk) -> PoolManifest:
        os.mkfifo(desk.folder / "pipe.jpg")
        return await desk.add(WirePath.of(desk.folder / "pipe.jpg"))

    assert "pipe or device" in run(story).problems[0]


def test_a_name_that_is_no_text_is_added_and_refused_alike(run: Run) -> None:
    async def story(desk: Desk) -> PoolManifest:
        path = bytes(desk.folder) + b"/\xff.jpg"
        Path(os.fsdecode(path)).write_bytes(b"photo")
        answer = await desk.add(WirePath(path), WirePath(bytes(desk.folder) + b"/\xfe.jpg"))
        os.unlink(path)
        return await desk.service.list(desk.peer, PoolList()) if answer.problems else answer

    answer = run(story)
    assert answer.slots[0].path.endswith(b"/\xff.jpg")
    assert r"\xff.jpg is not there" in answer.slots[0].problem


def test_no_photos_at_all_are_refused(run: Run) -> None:
    with pytest.raises(RabbitError, match="No photos were named"):
        run(lambda desk: desk.add())


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (PNG + b"upright", PNG + b"upright"),
        (PNG + b"turned", PNG + b"upright"),
        (b"jpeg", PNG + b"upright"),
    ],
)
def test_a_copied_photo_is_an_upright_png_of_the_pool(
    run: Run, content: bytes, kept: bytes
) -> None:
    async def story(desk: Desk) -> tuple[PoolManifest, bytes]:
        path = desk.folder / "photo.png"
        path.write_bytes(content)
        answer = await desk.add(WirePath.of(path), copy=True)
        assert path.read_bytes() == content
        return answer, Path(os.fsdecode(answer.slots[0].path)).read_bytes()

    answer, data = run(story)
    assert file_names(answer) == ["img_0001.png"]
    assert answer.slots[0].own
    assert data == kept


def test_a_dropped_picture_becomes_the_pools_own(run: Run) -> None:
    async def story(desk: Desk) -> tuple[PoolManifest, bool]:
        path = desk.drop / "pasted.png"
        path.write_bytes(PNG + b"pasted")
        return await desk.add(WirePath.of(path), take=True), path.exists()

    answer, there = run(story)
    assert file_names(answer) == ["img_0001.png"]
    assert not there


def test_nothing_is_taken_from_outside_the_drop_folder(run: Run) -> None:
    async def story(desk: Desk) -> tuple[PoolManifest, bool]:
        path = desk.photo("mine.png", PNG)
        link = desk.drop / "link.png"
        link.symlink_to(os.fsdecode(path))
        inside = WirePath(bytes(desk.drop) + b"/../mine.png")
        answer = await desk.add(path, inside, WirePath.of(link), take=True)
        return answer, Path(os.fsdecode(path)).exists()

    answer, there = run(story)
    assert there
    assert answer.slots == ()
    assert len(answer.problems) == 3
    assert all("drop folder" in problem for problem in answer.problems)


def test_what_lies_in_the_drop_folder_is_copied_where_it_is_not_given_away(run: Run) -> None:
    async def story(desk: Desk) -> tuple[PoolManifest, bool]:
        path = desk.drop / "pasted.png"
        path.write_bytes(PNG + b"pasted")
        return await desk.add(WirePath.of(path)), path.exists()

    answer, there = run(story)
    assert answer.slots[0].own
    assert there


def test_a_picture_of_another_pool_is_copied_not_referred_to(run: Run) -> None:
    async def story(desk: Desk) -> PoolManifest:
        first = await desk.add(desk.photo("a.png", PNG), copy=True)
        await desk.service.new(desk.peer, PoolNew(name="Other"))
        return await desk.add(WirePath(first.slots[0].path))

    answer = run(story)
    assert answer.name == "Other"
    assert answer.slots[0].own


def test_an_own_picture_that_is_added_again_is_moved(run: Run) -> None:
    async def story(desk: Desk) -> PoolManifest:
        first = await desk.add(desk.photo("a.png", PNG), copy=True)
        await desk.add(*desk.photos(2))
        return await desk.add(WirePath(first.slots[0].path))

    assert file_names(run(story)) == ["p0.jpg", "p1.jpg", "img_0001.png"]


def test_no_temporary_files_are_left_where_a_pool_is_full(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.storage.pool_room.MAX_SLOTS", 1)

    async def story(desk: Desk) -> tuple[PoolManifest, list[str]]:
        paths = [desk.photo(f"{number}.png", PNG) for number in range(3)]
        answer = await desk.add(*paths, copy=True)
        return answer, os.listdir(os.path.dirname(answer.slots[0].path).decode())

    answer, files = run(story)
    assert answer.problems == ("2 photos did not fit into the pool: a pool holds 1 at most.",)
    assert sorted(files) == ["img_0001.png", "manifest.json", "pool.json"]


def test_leftovers_of_a_day_ago_are_swept_from_the_drop_folder(run: Run) -> None:
    async def story(desk: Desk) -> list[str]:
        for name in ("old.png", "new.png"):
            (desk.drop / name).write_bytes(PNG)
        os.utime(desk.drop / "old.png", (1, 1))
        await Arrivals(desk.render, desk.drop).sweep()  # type: ignore[arg-type]
        return os.listdir(desk.drop)

    assert run(story) == ["new.png"]


def test_who_uses_a_deleted_pool_is_told(run: Run) -> None:
    async def story(desk: Desk) -> None:
        first = await desk.add(*desk.photos())
        await desk.service.new(desk.peer, PoolNew(name="Other"))
        desk.heard.clear()
        answer = await desk.service.delete(desk.peer, PoolDelete(pool="Pool"))
        ((event, but),) = desk.heard
        assert isinstance(event, PoolManifest)
        assert (event.pool_id, event.deleted, but) == (first.pool_id, True, desk.peer)
        assert [pool.name for pool in event.pools] == ["Other"]
        assert (answer.name, answer.deleted) == ("Other", False)
        assert len(desk.trashed) == 1

    run(story)


def test_masks_that_are_being_painted_are_saved_before_they_are_copied_or_removed(run: Run) -> None:
    async def story(desk: Desk) -> list[str]:
        flushed: list[str] = []

        async def flush(pool_id: str) -> None:
            flushed.append(pool_id)

        desk.service.before_reading_masks = flush
        answer = await desk.add(*desk.photos())
        await desk.service.detach(desk.peer, PoolDetach())
        await desk.service.remove(desk.peer, PoolRemove(index=0))
        return [answer.pool_id == each for each in flushed]

    assert run(story) == [True, True]


@pytest.mark.parametrize(("index", "used"), [(-1, 1), (0, 0), (1, 1), (2, 2), (99, 2), (-9, 1)])
def test_a_slot_is_selected_by_the_rule(run: Run, index: int, used: int) -> None:
    async def story(desk: Desk) -> None:
        answer = await desk.add(*desk.photos())
        await desk.service.active(desk.peer, PoolActive(index=1))
        await desk.service.label(desk.peer, PoolLabel(label="middle", index=1))
        found = await desk.selector.select(desk.peer, PoolSelect(index=index))
        assert (found.index, found.count, found.slot) == (used, 3, f"img_000{used + 1}")
        assert found.image == answer.slots[used].path
        assert found.label == ("middle" if used == 1 else "")

    run(story)


def test_without_a_mask_zeros_of_the_photos_size_are_given(run: Run) -> None:
    async def story(desk: Desk) -> tuple[str, bool, int]:
        await desk.add(*desk.photos())
        found = await desk.selector.select(desk.peer, PoolSelect())
        again = await desk.selector.select(desk.peer, PoolSelect(index=1))
        assert again.mask == found.mask
        writes = [each.task for each in desk.render.submitted if isinstance(each.task, WriteMask)]
        return Path(os.fsdecode(found.mask)).read_text(), found.painted, len(writes)

    assert run(story) == ("zeros 30 x 20", False, 1)


def test_a_painted_mask_is_given_as_it_is(run: Run) -> None:
    async def story(desk: Desk) -> tuple[bytes, bool]:
        await desk.add(*desk.photos())
        state = await desk.store.get()
        temp = desk.store.temporary(state)
        Path(os.fsdecode(temp)).write_bytes(b"mask")
        await desk.store.set_mask("", "img_0001", temp)
        found = await desk.selector.select(desk.peer, PoolSelect())
        return Path(os.fsdecode(found.mask)).read_bytes(), found.painted

    assert run(story) == (b"mask", True)


@pytest.mark.parametrize("index", [-1, 0, 7])
def test_an_empty_pool_gives_one_black_pixel(run: Run, index: int) -> None:
    async def story(desk: Desk) -> None:
        found = await desk.selector.select(desk.peer, PoolSelect(index=index))
        assert (found.index, found.count, found.label, found.painted) == (-1, 0, "", False)
        assert found.image == found.mask
        assert Path(os.fsdecode(found.image)).read_text() == "zeros 1 x 1"

    run(story)


def test_a_missing_photo_is_refused_in_a_sentence(run: Run) -> None:
    async def story(desk: Desk) -> None:
        await desk.add(*desk.photos())
        (desk.folder / "p0.jpg").unlink()
        await desk.selector.select(desk.peer, PoolSelect())

    with pytest.raises(RabbitError, match=r"Slot 0 of the pool Pool has no photo: .*p0\.jpg") as no:
        run(story)
    assert no.value.info.kind is ErrorKind.NOT_FOUND


def test_a_mask_of_another_size_is_refused_and_both_are_named(run: Run) -> None:
    async def story(desk: Desk) -> None:
        await desk.add(*desk.photos())
        state = await desk.store.get()
        temp = desk.store.temporary(state)
        Path(os.fsdecode(temp)).write_bytes(PNG + b"small")
        await desk.store.set_mask("", "img_0001", temp)
        await desk.selector.select(desk.peer, PoolSelect())

    with pytest.raises(RabbitError, match=r"p0\.jpg is 15 x 10 pixels, the photo 30 x 20"):
        run(story)


def test_a_mask_that_was_lost_is_told(run: Run) -> None:
    async def story(desk: Desk) -> None:
        await desk.add(*desk.photos())
        state = await desk.store.get()
        temp = desk.store.temporary(state)
        Path(os.fsdecode(temp)).write_bytes(PNG)
        state = await desk.store.set_mask("", "img_0001", temp)
        os.unlink(state.slots[0].mask_file)
        await desk.selector.select(desk.peer, PoolSelect())

    with pytest.raises(RabbitError, match=r"Its mask img_0001\.mask\.png is not there") as no:
        run(story)
    assert no.value.info.kind is ErrorKind.NOT_FOUND


def test_a_label_that_would_be_cut_is_refused(run: Run) -> None:
    async def story(desk: Desk) -> None:
        await desk.add(*desk.photos())
        await desk.service.label(desk.peer, PoolLabel(label="x" * 201))

    with pytest.raises(RabbitError, match="201 characters, more than 200"):
        run(story)


def test_an_empty_pool_has_no_slot_to_change(run: Run) -> None:
    with pytest.raises(RabbitError, match="The pool Pool is empty"):
        run(lambda desk: desk.service.label(desk.peer, PoolLabel(label="x")))


async def settled(desk: Desk, count: int) -> list[Message]:
    """Wait until *count* events were published."""
    async with asyncio.timeout(10):
        while len(desk.heard) < count:
            desk.news.clear()
            await desk.news.wait()
    return [message for message, _ in desk.heard]


def test_a_reference_follows_a_photo_that_we_moved_and_all_hear_of_it(run: Run) -> None:
    async def story(desk: Desk) -> list[str]:
        first, second, _ = desk.photos()
        await desk.add(first, second)
        desk.heard.clear()
        (desk.folder / "p0.jpg").rename(desk.folder / "renamed.jpg")
        desk.service.files_changed([first, WirePath.of(desk.folder / "renamed.jpg")])
        (event,) = await settled(desk, 1)
        assert isinstance(event, PoolManifest)
        assert not event.slots[0].missing
        return file_names(event)

    assert run(story) == ["renamed.jpg", "p1.jpg"]


def test_two_photos_that_swapped_their_names_are_told_apart(run: Run) -> None:
    async def story(desk: Desk) -> list[str]:
        first, second, third = desk.photos()
        await desk.add(first, second)
        desk.heard.clear()
        for old, new in (("p0", "x"), ("p1", "p0"), ("x", "p1")):
            (desk.folder / f"{old}.jpg").rename(desk.folder / f"{new}.jpg")
        desk.service.files_changed([first, second, third])
        (event,) = await settled(desk, 1)
        assert isinstance(event, PoolManifest)
        return file_names(event)

    assert run(story) == ["p1.jpg", "p0.jpg"]


def test_a_photo_that_we_trashed_is_told_as_missing(run: Run) -> None:
    async def story(desk: Desk) -> list[bool]:
        first, second, _ = desk.photos()
        await desk.add(first, second)
        desk.heard.clear()
        (desk.folder / "p0.jpg").unlink()
        desk.service.files_changed([first])
        (event,) = await settled(desk, 1)
        assert isinstance(event, PoolManifest)
        return [slot.missing for slot in event.slots]

    assert run(story) == [True, False]


def test_a_slot_whose_image_or_mask_changed_is_told_as_stale(run: Run) -> None:
    async def story(desk: Desk) -> list[list[bool]]:
        made_from: dict[str, str] = {}

        def stale(pool_id: str, hashes: object) -> set[str]:
            return {slot for slot, each in hashes.items() if made_from.get(slot) != each}  # type: ignore[attr-defined]

        await desk.add(*desk.photos())
        desk.service.set_stale_lookup(stale)
        state = await desk.store.get()
        made_from["img_0001"] = await desk.service.content_hash(state, "img_0001")
        desk.heard.clear()
        (desk.folder / "p0.jpg").write_bytes(b"another photo")
        seen = [await desk.service.list(desk.peer, PoolList())]
        await settled(desk, 1)
        await desk.service.move(desk.peer, PoolMove(to=0, index=2))
        seen.append(await desk.service.list(desk.peer, PoolList()))
        (desk.folder / "p0.jpg").write_bytes(b"photop0.jpg")
        desk.heard.clear()
        await desk.service.list(desk.peer, PoolList())
        await settled(desk, 1)
        seen.append(await desk.service.list(desk.peer, PoolList()))
        return [[slot.stale for slot in manifest.slots] for manifest in seen]

    assert run(story) == [[True, False, False], [False, True, False], [False] * 3]


def test_a_content_hash_is_of_bytes_and_not_of_names_and_times(run: Run) -> None:
    async def story(desk: Desk) -> list[str]:
        first = desk.photo("a.jpg")
        (desk.folder / "b.jpg").write_bytes(b"photoa.jpg")
        await desk.add(first, WirePath.of(desk.folder / "b.jpg"))
        hashes = [await hash_of(desk, slot) for slot in ("img_0001", "img_0002")]
        os.utime(desk.folder / "a.jpg", (5, 5))
        hashes.append(await hash_of(desk, "img_0001"))
        state = await desk.store.get()
        temp = desk.store.temporary(state)
        Path(os.fsdecode(temp)).write_bytes(b"mask")
        await desk.store.set_mask("", "img_0001", temp)
        hashes.append(await hash_of(desk, "img_0001"))
        return hashes

    async def hash_of(desk: Desk, slot: str) -> str:
        return await desk.service.content_hash(await desk.store.get(), slot)

    first, same, touched, masked = run(story)
    assert first == same == touched
    assert masked != first


def test_a_copy_that_fails_leaves_nothing_in_the_pool(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_: bytes, temp: bytes) -> None:
        Path(os.fsdecode(temp)).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("daemon.pool.arriving.copy_synced", half)

    async def story(desk: Desk) -> tuple[PoolManifest, list[str]]:
        answer = await desk.add(desk.photo("a.png", PNG), copy=True)
        folder = Path(os.fsdecode((await desk.store.get()).folder))
        return answer, sorted(path.name for path in folder.iterdir())

    answer, left = run(story)
    assert "No space left" in answer.problems[0]
    assert left == ["manifest.json", "pool.json"]
