"""Masks of pools: sessions, saves that share a turn, what is refused, what is put aside."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.handlers.registry import find_handler
from daemon.library.surfaces import Surfaces
from daemon.pool.masks import MaskService
from daemon.pool.sizes import PhotoSizes
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    MaskChange,
    MaskClose,
    MaskExport,
    MaskOpen,
    MaskOpened,
    MaskSave,
    PoolManifest,
    PoolSetMask,
    WirePath,
)
from daemon.storage.pool_files import refer_to
from daemon.storage.pool_paintings import HEADER_BYTES
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from daemon.tasks import AnyTask, LoadMask, WriteMask
from tests.fakes.peer import FakePeer
from tests.fakes.quiet import QuietContext
from tests.fakes.render import FakeRender, Outcome


class ToldPools:
    """Keeps what was told of pools."""

    def __init__(self) -> None:
        self.told: list[PoolState] = []

    def manifest_of(self, state: PoolState, problems: Sequence[str] = ()) -> PoolManifest:
        return PoolManifest(
            pool_id=state.pool_id, name="", active=0, slots=(), problems=tuple(problems)
        )

    def publish_pool(self, state: PoolState, *, except_peer: object = None) -> None:
        del except_peer
        self.told.append(state)


class Room:
    """A service with a pool of one photo, 30 x 20 pixels; workers answer at once."""

    def __init__(self, folder: Path) -> None:
        self.photo = folder / "photo.png"
        Image.new("RGB", (30, 20), "navy").save(self.photo)
        self.drop = folder / "drop"
        self.drop.mkdir()
        self.store = PoolStore(folder / "pools")
        self.pools = ToldPools()
        self.held = False
        self.full = False
        self.writing = asyncio.Event()
        self.render = FakeRender(self._work)
        self.masks = MaskService(
            self.store,
            self.pools,
            self.render,  # type: ignore[arg-type]
            Surfaces(folder / "surfaces"),
            PhotoSizes(self.render),  # type: ignore[arg-type]
            self.drop,
        )
        self.peer = FakePeer()

    def _work(self, task: AnyTask) -> Outcome | Exception | None:
        if self.full and isinstance(task, WriteMask | LoadMask):
            return RabbitError(ErrorKind.DISK_FULL, "The disk is full.")
        if self.held and isinstance(task, WriteMask):
            self.writing.set()
            return None
        return self.now(task)

    def now(self, task: AnyTask) -> Outcome | Exception:
        try:
            return find_handler(type(task))(task, QuietContext())
        except (RabbitError, OSError) as error:
            return error

    def written(self) -> list[WriteMask]:
        return [each.task for each in self.render.submitted if isinstance(each.task, WriteMask)]

    async def slot(self) -> str:
        state = await self.store.add("", [refer_to(bytes(self.photo))])
        return state.slots[0].slot

    async def open(self, peer: FakePeer | None = None) -> MaskOpened:
        return await self.masks.open(peer or self.peer, MaskOpen(slot=await self.slot()))

    async def mask(self) -> np.ndarray | None:
        found = (await self.store.get()).slots[0].mask_file
        return np.asarray(Image.open(os.fsdecode(found))) if found else None


def paint(opened: MaskOpened, row: int, value: int = 255) -> None:
    with open(os.fsdecode(opened.values_path), "r+b") as file:
        file.seek(opened.offset + row * opened.width_px)
        file.write(bytes([value]) * opened.width_px)


Story = Callable[[Room], Awaitable[None]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Story], None]:
    def play(story: Story) -> None:
        async def whole() -> None:
            room = Room(tmp_path)
            try:
                await story(room)
            finally:
                await room.masks.close()
                await room.store.close()

        asyncio.run(whole())

    return play


def test_the_values_begin_behind_a_page_of_header(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        assert opened.offset == HEADER_BYTES == 4096
        assert os.path.getsize(opened.values_path) == 4096 + 30 * 20
        assert Path(os.fsdecode(opened.values_path)).read_bytes()[:8] == b"RVPAINT\0"

    run(story)


def test_saves_that_come_while_one_is_written_share_the_next(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        paint(opened, 1)
        room.held = True
        save = MaskSave(session_id=opened.session_id)
        saves = [asyncio.create_task(room.masks.save(room.peer, save)) for _ in range(4)]
        await room.writing.wait()
        paint(opened, 2)
        room.held = False
        first = room.render.submitted[-1]
        first.outcome.set_result(room.now(first.task))
        await asyncio.gather(*saves)
        assert len(room.written()) <= 2
        mask = await room.mask()
        assert mask is not None
        assert (mask[1:3] == 255).all()

    run(story)


def test_a_save_that_changes_nothing_leaves_the_file_alone(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        paint(opened, 1)
        save = MaskSave(session_id=opened.session_id)
        await room.masks.save(room.peer, save)
        before = (await room.store.get()).slots[0].mask_mtime_ns
        await room.masks.save(room.peer, save)
        assert (await room.store.get()).slots[0].mask_mtime_ns == before

    run(story)


def test_a_client_has_one_painting_of_a_slot(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        assert (await room.open()).session_id == (await room.open()).session_id
        with pytest.raises(RabbitError, match="is being painted elsewhere"):
            await room.open(FakePeer())

    run(story)


def test_a_painting_belongs_to_its_client(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        with pytest.raises(RabbitError) as caught:
            await room.masks.save(FakePeer(), MaskSave(session_id=opened.session_id))
        assert caught.value.info.kind is ErrorKind.NOT_FOUND

    run(story)


def test_a_client_that_leaves_while_it_opens_holds_nothing(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opening = asyncio.create_task(room.open())
        await asyncio.sleep(0)
        room.masks.peer_closed(room.peer)
        await opening
        room.masks.peer_closed(room.peer)
        opened = await room.open(FakePeer())
        assert not opened.recovered

    run(story)


def test_a_mask_from_a_file_waits_for_the_end_of_painting(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        request = PoolSetMask(mask=WirePath.of(room.photo), slot=opened.slot)
        with pytest.raises(RabbitError, match="is being painted"):
            await room.masks.set_mask(room.peer, request)
        await room.masks.end(room.peer, MaskClose(session_id=opened.session_id))
        await room.masks.set_mask(room.peer, request)
        assert await room.mask() is not None

    run(story)


def test_a_given_mask_is_moved_only_out_of_the_drop_folder(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        slot = await room.slot()
        outside = PoolSetMask(mask=WirePath.of(room.photo), slot=slot, take=True)
        with pytest.raises(RabbitError, match="does not lie in the drop folder"):
            await room.masks.set_mask(room.peer, outside)
        assert room.photo.exists()
        given = room.drop / "pasted.png"
        Image.new("L", (30, 20), 99).save(given)
        await room.masks.set_mask(
            room.peer, PoolSetMask(mask=WirePath.of(given), slot=slot, take=True)
        )
        assert not given.exists()
        mask = await room.mask()
        assert mask is not None
        assert (mask == 99).all()

    run(story)


def test_an_all_black_file_is_no_mask_and_is_told(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        black = room.drop / "black.png"
        Image.new("L", (30, 20), 0).save(black)
        request = PoolSetMask(mask=WirePath.of(black), slot=await room.slot())
        answer = await room.masks.set_mask(room.peer, request)
        assert answer.problems == ("black.png is all black, so the photo has no mask now.",)
        assert await room.mask() is None

    run(story)


def test_a_mask_of_a_slot_that_was_taken_out_is_kept_aside(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        paint(opened, 3)
        await room.store.remove("", [opened.slot])
        answer = await room.masks.end(room.peer, MaskClose(session_id=opened.session_id))
        assert "is not in the pool" in answer.problems[0]
        (kept,) = Path(os.fsdecode((await room.store.get()).folder)).glob("aside/*.png")
        assert (np.asarray(Image.open(kept))[3] == 255).all()

    run(story)


def test_an_unknown_change_names_those_there_are(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        request = MaskChange(session_id=opened.session_id, change="sharpen")
        with pytest.raises(RabbitError) as caught:
            await room.masks.change(room.peer, request)
        assert "feather" in caught.value.info.hint

    run(story)


def test_a_number_without_end_is_refused(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        request = MaskChange(session_id=opened.session_id, change="similar", tolerance=float("nan"))
        with pytest.raises(RabbitError, match="without end"):
            await room.masks.change(room.peer, request)

    run(story)


def test_a_photo_that_was_renamed_is_looked_at_where_it_is(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        moved = room.photo.rename(room.photo.with_name("moved.png"))
        await room.store.follow({bytes(room.photo): refer_to(bytes(moved))})
        request = MaskChange(session_id=opened.session_id, change="luminosity")
        changed = await room.masks.change(room.peer, request)
        assert (changed.width_px, changed.height_px) == (30, 20)

    run(story)


def test_a_click_outside_the_photo_is_refused(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        request = MaskChange(session_id=opened.session_id, change="similar", row=20, column=3)
        with pytest.raises(RabbitError, match="outside the photo"):
            await room.masks.change(room.peer, request)

    run(story)


def test_a_file_without_a_header_is_not_taken_for_a_painting(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        slot = await room.slot()
        folder = Path(os.fsdecode((await room.store.get()).folder))
        (folder / f"{slot}.painting").write_bytes(bytes(4096) + b"\xff" * 600)
        opened = await room.open()
        assert not opened.recovered
        assert Path(os.fsdecode(opened.values_path)).read_bytes()[4096:] == bytes(600)

    run(story)


def test_flushing_saves_what_is_painted(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        paint(opened, 7, 12)
        await room.masks.flush(opened.pool_id)
        mask = await room.mask()
        assert mask is not None
        assert (mask[7] == 12).all()
        assert room.masks.open_sessions == 1

    run(story)


def test_a_full_disk_while_saving_loses_nothing(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        paint(opened, 4)
        room.full = True
        with pytest.raises(RabbitError, match="disk is full"):
            await room.masks.save(room.peer, MaskSave(session_id=opened.session_id))
        with pytest.raises(RabbitError, match="could not be saved now"):
            await room.masks.end(room.peer, MaskClose(session_id=opened.session_id))
        assert os.path.exists(opened.values_path)
        room.full = False
        again = await room.open(FakePeer())
        assert again.recovered
        assert Path(os.fsdecode(again.values_path)).read_bytes()[4096 + 120 :][:30] == b"\xff" * 30

    run(story)


def test_a_full_disk_while_opening_leaves_nothing_behind(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        room.full = True
        with pytest.raises(RabbitError, match="disk is full"):
            await room.open()
        folder = Path(os.fsdecode((await room.store.get()).folder))
        assert not list(folder.glob("*.painting"))
        room.full = False
        await room.open()

    run(story)


def test_a_daemon_that_ends_saves_and_leaves_the_painting(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        opened = await room.open()
        paint(opened, 4)
        await room.masks.close()
        room.masks.peer_closed(room.peer)
        assert os.path.exists(opened.values_path)
        mask = await room.mask()
        assert mask is not None
        assert (mask[4] == 255).all()

    run(story)


def test_a_mask_is_never_written_over_a_photo_of_the_pool(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        other = room.photo.with_name("other.png")
        Image.new("RGB", (30, 20), "red").save(other)
        kept = other.read_bytes()
        slot = await room.slot()
        await room.store.add("", [refer_to(bytes(other))])
        (room.drop / "here").symlink_to(other.parent)
        for name in (other, room.drop / "here" / "other.png"):
            request = MaskExport(output=WirePath.of(name), slot=slot)
            with pytest.raises(RabbitError, match="is a photo of the pool"):
                await room.masks.export(room.peer, request)
        assert other.read_bytes() == kept

    run(story)


def test_a_mask_is_never_written_among_the_pools(run: Callable[[Story], None]) -> None:
    async def story(room: Room) -> None:
        slot = await room.slot()
        folder = Path(os.fsdecode((await room.store.get()).folder))
        request = MaskExport(output=WirePath.of(folder / "img_0007.png"), slot=slot)
        with pytest.raises(RabbitError, match="lies among the pools"):
            await room.masks.export(room.peer, request)

    run(story)


def test_a_mask_that_finds_no_room_outside_says_so(
    run: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("daemon.storage.pool_paintings.copy_out", full)

    async def story(room: Room) -> None:
        request = MaskExport(output=WirePath.of(room.drop / "out.png"), slot=await room.slot())
        with pytest.raises(RabbitError, match="No space left") as refused:
            await room.masks.export(room.peer, request)
        assert refused.value.info.kind is ErrorKind.DISK_FULL

    run(story)


def test_a_mask_of_another_size_is_not_painted_on_and_a_way_out_is_told(
    run: Callable[[Story], None],
) -> None:
    async def story(room: Room) -> None:
        slot = await room.slot()
        room_mask = room.store.temporary(await room.store.get())
        Image.new("L", (8, 6), 99).save(os.fsdecode(room_mask), "PNG")
        await room.store.set_mask("", slot, room_mask)
        with pytest.raises(RabbitError, match="8 x 6 pixels, the photo 30 x 20") as refused:
            await room.open()
        assert "take the mask away" in refused.value.info.hint
        await room.masks.set_mask(room.peer, PoolSetMask(slot=slot))
        assert (await room.open()).width_px == 30

    run(story)


def test_a_mask_is_written_through_no_link_of_somebody_else(
    run: Callable[[Story], None],
) -> None:
    async def story(room: Room) -> None:
        mine = room.drop / "mine"
        mine.write_bytes(b"mine")
        (room.drop / ".out.png.rvpart").symlink_to(mine)
        name = "n" * 251 + ".png"
        for output in (room.drop / "out.png", room.drop / name):
            request = MaskExport(output=WirePath.of(output), slot=await room.slot())
            await room.masks.export(room.peer, request)
            assert np.asarray(Image.open(output)).shape == (20, 30)
        assert mine.read_bytes() == b"mine"

    run(story)
