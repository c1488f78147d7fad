"""What an edit works on: a named photo or a slot of a pool, and which mask counts for it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from daemon.edits.sources import EditSource, EditSources, mask_that_counts
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest, WirePath
from daemon.storage.pool_state import PoolState, StoredSlot


class Pool:
    """Two photos, the second with a mask; painting is written when it is flushed."""

    def __init__(self, *slots: StoredSlot) -> None:
        self.state = PoolState(pool_id="p", name="Holidays", folder=b"/pools/p", slots=slots)
        self.asked: list[tuple[str, str, int]] = []
        self.order: list[str] = []

    async def before_reading_masks(self, pool_id: str) -> None:
        self.order.append(f"flush {pool_id}")

    async def resolve(
        self, pool: str, slot: str, index: int
    ) -> tuple[PoolState, int, StoredSlot | None]:
        self.asked.append((pool, slot, index))
        self.order.append("resolve")
        used = min(max(index, 0), len(self.state.slots) - 1)
        return self.state, used, self.state.slots[used] if self.state.slots else None

    async def content_hash(self, state: PoolState, slot: str) -> str:
        return f"hash of {slot}"


SLOTS = (
    StoredSlot(slot="img_0001", path=b"/a.jpg", label="one"),
    StoredSlot(slot="img_0007", path=b"/b.jpg", mask_file=b"/pools/p/img_0007.mask.png"),
)


def find(pool: Pool, **wanted: object) -> EditSource:
    request = AiEditRequest(path=WirePath(), prompt="warm", **{"pool": "current", **wanted})
    return asyncio.run(EditSources(pool).find(request))


def test_the_slot_gives_photo_mask_and_what_the_job_keeps_of_it() -> None:
    found = find(Pool(*SLOTS), index=1)
    assert (found.path, found.mask) == (b"/b.jpg", b"/pools/p/img_0007.mask.png")
    assert (found.pool_id, found.slot, found.index, found.count) == ("p", "img_0007", 1, 2)
    assert found.content_hash == "hash of img_0007"


def test_what_is_being_painted_is_written_before_the_mask_is_read() -> None:
    pool = Pool(*SLOTS)
    find(pool, index=1)
    assert pool.order == ["resolve", "flush p", "resolve"]


def test_the_current_pool_is_the_one_without_a_name() -> None:
    pool = Pool(*SLOTS)
    find(pool)
    assert pool.asked[0] == ("", "", -1)


def test_a_mask_beside_the_pool_stands_in_for_the_slots_own() -> None:
    found = find(Pool(*SLOTS), index=1, mask=WirePath(b"/one.png"))
    assert (found.mask, found.named) == (b"/one.png", True)


def test_the_slots_mask_is_left_out_for_the_whole_photo() -> None:
    assert find(Pool(*SLOTS), index=1, whole=True).mask == b""


def test_an_empty_pool_is_refused_in_words() -> None:
    with pytest.raises(RabbitError, match="'Holidays' is empty") as caught:
        find(Pool())
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST


def test_a_photo_that_is_gone_is_refused_by_name() -> None:
    with pytest.raises(RabbitError, match=r"/gone\.jpg does not exist") as caught:
        find(Pool(StoredSlot(slot="img_0001", path=b"/gone.jpg", missing=True)))
    assert caught.value.info.kind is ErrorKind.NOT_FOUND


def test_a_mask_that_was_lost_is_told_before_the_whole_photo_is_edited() -> None:
    lost = StoredSlot(slot="img_0001", path=b"/a.jpg", problem="Its mask is not there.")
    with pytest.raises(RabbitError, match="cannot be edited: Its mask is not there") as refused:
        find(Pool(lost))
    assert refused.value.info.kind is ErrorKind.NOT_FOUND


@pytest.mark.parametrize("wanted", [{"whole": True}, {"mask": WirePath(b"/m.png")}])
def test_without_its_lost_mask_a_photo_can_be_edited(wanted: dict[str, object]) -> None:
    lost = StoredSlot(slot="img_0001", path=b"/a.jpg", problem="Its mask is not there.")
    assert find(Pool(lost), **wanted).path == b"/a.jpg"


def test_results_of_a_pasted_picture_are_named_after_its_label() -> None:
    pasted = EditSource(path=b"/pools/p/img_0001.png", own_picture=True, label=" Sky: left/right ")
    assert pasted.title() == b"Sky_ left_right.png"
    assert EditSource(path=b"/a/b.jpg", label="x").title() == b"b.jpg"


def manifest(mask: str, *, prompt_only: bool = False) -> SimpleNamespace:
    return SimpleNamespace(mask=mask, prompt_only=prompt_only, title="Remove object")


PAINTED = EditSource(path=b"/a.jpg", mask=b"/m.png", named=True)
WHOLE = EditSource(path=b"/a.jpg")
OF_SLOT = EditSource(path=b"/a.jpg", mask=b"/m.png")


def test_an_operation_that_needs_a_mask_is_refused_without_one() -> None:
    with pytest.raises(RabbitError, match="'Remove object' needs a mask"):
        mask_that_counts(WHOLE, manifest("required"), "auto")


def test_prompt_only_runs_without_a_mask_all_the_same() -> None:
    assert mask_that_counts(WHOLE, manifest("required", prompt_only=True), "auto") == b""


def test_an_operation_without_masks_refuses_one_that_was_named() -> None:
    with pytest.raises(RabbitError, match="takes no mask"):
        mask_that_counts(PAINTED, manifest("none"), "auto")


def test_an_operation_without_masks_leaves_the_slots_own_out() -> None:
    assert mask_that_counts(OF_SLOT, manifest("none"), "auto") == b""


def test_the_models_own_picture_cannot_be_kept_behind_a_mask() -> None:
    with pytest.raises(RabbitError, match="fit 'model'"):
        mask_that_counts(PAINTED, manifest("optional"), "model")
