"""The change hash: another one for another pool, index, image or mask, and for nothing else."""

import os
from pathlib import Path

import msgspec
import pytest

from daemon.storage.pool_state import PoolState, StoredSlot, change_hash
from daemon.storage.pools import PoolStore
from tests.fakes.pool_folder import filled, mask, photos, within

SLOT = StoredSlot(slot="img_0001", path=b"/a.jpg", image_mtime_ns=10, mask_mtime_ns=20)
OTHER = StoredSlot(slot="img_0002", path=b"/b.jpg", image_mtime_ns=10, mask_mtime_ns=20)
STATE = PoolState(pool_id="p", name="n", folder=b"/f", active=0, slots=(SLOT, OTHER))


def changed(**fields: object) -> PoolState:
    slot = msgspec.structs.replace(SLOT, **fields)
    return msgspec.structs.replace(STATE, slots=(slot, OTHER))


@pytest.mark.parametrize(
    ("state", "index"),
    [
        (STATE, 1),
        (STATE, -1),
        (changed(image_mtime_ns=11), 0),
        (changed(mask_mtime_ns=21), 0),
        (changed(mask_mtime_ns=0), 0),
        (msgspec.structs.replace(STATE, pool_id="q"), 0),
    ],
)
def test_another_input_has_another_hash(state: PoolState, index: int) -> None:
    assert change_hash(state, index) != change_hash(STATE, 0)


@pytest.mark.parametrize(
    "state",
    [
        changed(label="another"),
        changed(added=5),
        msgspec.structs.replace(STATE, name="renamed", active=1, undo="Label"),
    ],
)
def test_what_no_edit_reads_leaves_the_hash_alone(state: PoolState) -> None:
    assert change_hash(state, 0) == change_hash(STATE, 0)


def test_the_hash_on_the_disk_follows_the_photo_and_the_mask(tmp_path: Path) -> None:
    async def story(store: PoolStore) -> list[str]:
        state = await filled(store, photos(tmp_path))
        hashes = [change_hash(state, 0)]
        os.utime(tmp_path / "p0.jpg", ns=(1, 1))
        hashes.append(change_hash(await store.get(), 0))
        state = await store.set_mask("", "img_0001", mask(store, state))
        hashes.append(change_hash(state, 0))
        hashes.append(change_hash(await store.label("", "img_0001", "label"), 0))
        return hashes

    first, moved, masked, labelled = within(tmp_path, story)
    assert len({first, moved, masked}) == 3
    assert labelled == masked
