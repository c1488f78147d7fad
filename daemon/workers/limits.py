"""What a worker may use, and how much it uses."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import msgspec


class WorkerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one pool's workers.

    Attributes:
        memory_bytes: Resident memory of one process; more costs the task.
        silence_s: How long a task may go on without reporting progress.
        cancel_s: How long a cancelled task may take to unwind.
        idle_s: How long a worker without work lives on.
        holding_s: The same for one that keeps a photo's pixels while a host works on that photo.
        watch_every_s: How often memory and silence are looked at.
    """

    memory_bytes: int = 4096 << 20
    silence_s: float = 300.0
    cancel_s: float = 5.0
    idle_s: float = 30.0
    holding_s: float = 300.0
    watch_every_s: float = 0.25


def resident_bytes(pid: int) -> int:
    """Return the memory that process *pid* holds, 0 where the system does not say it cheaply.

    Only Linux is asked; elsewhere a worker's own limits stand alone.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, IndexError, ValueError):
            pages = Path(f"/proc/{pid}/statm").read_bytes().split()[1]
            return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0
