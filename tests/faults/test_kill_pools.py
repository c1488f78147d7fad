"""``kill -9`` in the midst of changes of a pool: what was acknowledged is there, the rest whole."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.storage.pool_manifest import parse_manifest
from daemon.storage.pool_state import PoolState
from daemon.storage.pools import PoolStore
from tests.fakes.pool_driver import PHOTOS, seen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9"),
]

KILLS = 1000
SEED = 20260621


def opened(pools: Path) -> PoolState:
    """Return the pool as the next daemon finds it."""

    async def story() -> PoolState:
        store = PoolStore(pools)
        try:
            return await store.get()
        finally:
            await store.close()

    return asyncio.run(story())


def check_files(state: PoolState) -> None:
    """Every file that the manifest names is there and plain, and nothing half-written is left."""
    folder = Path(state.folder.decode())
    manifest, problems = parse_manifest((folder / "manifest.json").read_bytes())
    assert problems == []
    assert -1 <= manifest.active < max(len(manifest.slots), 1)
    there = {path.name for path in folder.iterdir() if path.is_file()}
    named = {entry.image for entry in manifest.slots}
    named |= {entry.mask for entry in manifest.slots if entry.mask}
    assert named <= there
    assert not [name for name in there if name.endswith(".rvpart")]
    assert not [name for name in there if ".broken-" in name and "manifest" not in name]


def test_a_pool_is_whole_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    pools, folder = tmp_path / "pools", tmp_path / "photos"
    folder.mkdir()
    for number in range(PHOTOS):
        (folder / f"p{number:02}.jpg").write_bytes(b"photo %d" % number)
    driver = Path(__file__).parents[1] / "fakes" / "pool_driver.py"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-P", str(driver), str(pools), str(folder), str(SEED)]
    slots = seen(opened(pools))
    begun = cut_off = made = 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(KILLS):
            process.stdin.write("go\n")
            process.stdin.flush()
            life = json.loads(process.stdout.readline())
            assert life["wrong"] == []
            before = life["acknowledged"] if life["acknowledged"] is not None else slots
            state = opened(pools)
            slots = seen(state)
            assert slots in (before, life["under_way"])
            check_files(state)
            begun += life["begun"]
            cut_off += life["under_way"] is not None
            made += slots != before
        process.stdin.close()
    assert begun >= KILLS
    assert cut_off > KILLS // 4
    assert 0 < made < cut_off
