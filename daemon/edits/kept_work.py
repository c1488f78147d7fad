"""What stays of ended jobs in their work folders, and for how long.

A finished grade's LUT can still be saved as a look, copied and pasted, so it is kept longest; the
model's picture, from which another fit can be made without asking the host again, for the newest
grades. What a job that failed has is kept for another try.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Container, Sequence
from pathlib import Path

from daemon.edits.work_files import WorkFiles

KEPT_GRADES = 200
KEPT_PICTURES = 40
_KEEP_S = 7 * 86400.0


def sweep(work: Path, still_open: Container[str], done: Sequence[str]) -> None:
    """Remove what nobody will ask for again.

    Args:
        work: The folder of the jobs' folders.
        still_open: Ids of jobs that have work left; theirs stays whole.
        done: Ids of the finished jobs, newest first.
    """
    if not work.is_dir():
        return
    oldest = time.time() - _KEEP_S
    ranks = {job_id: rank for rank, job_id in enumerate(done)}
    for folder in list(work.iterdir()):
        if folder.name in still_open:
            continue
        rank = ranks.get(folder.name)
        if rank is not None and rank < KEPT_GRADES:
            if rank >= KEPT_PICTURES:
                WorkFiles(folder).keep_grade()
        elif folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
        elif rank is not None:
            WorkFiles(folder).clear()
