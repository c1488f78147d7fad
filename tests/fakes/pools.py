"""Pools of odd workers, for tests of whoever uses a pool."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from daemon.tasks import MakeThumbnail
from daemon.workers.limits import WorkerLimits
from daemon.workers.pool import WorkerPool

ODD_WORKER = (sys.executable, "-P", str(Path(__file__).with_name("odd_worker.py")))
LIMITS = WorkerLimits(
    memory_bytes=256 << 20, silence_s=30.0, cancel_s=5.0, idle_s=30.0, watch_every_s=0.02
)


def odd_pool(workers: int = 1, name: str = "odd", **limits: float) -> WorkerPool:
    """Return a pool of workers that do what the file name says."""
    return WorkerPool(
        name,
        workers=workers,
        limits=msgspec.structs.replace(LIMITS, **limits),
        command=ODD_WORKER,
    )


def photo(folder: Path, behaviour: str) -> MakeThumbnail:
    """Return a task on a file that makes an odd worker show *behaviour*."""
    path = folder / f"{behaviour}.jpg"
    path.write_bytes(b"photo")
    return MakeThumbnail(path=bytes(path), size_px=64)
