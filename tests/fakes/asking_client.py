"""A client as a process that asks for one job after the other, and may be killed.

Run as ``python -m tests.fakes.asking_client LIST``: the list names one photo a line.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import AiEditAccepted, AiEditRequest, Jobs, JobsRequest, WirePath
from rabbitviewer.ipc.blocking import DaemonConnection

EVERY_JOB = 2000


def _main(listed: Path) -> None:
    """Ask for what nobody asked for yet, then listen; the daemon's end is ours."""
    connection = DaemonConnection.open(resolve_folders())
    with contextlib.suppress(RabbitError):
        connection.hello()
        known = connection.request(JobsRequest(limit=EVERY_JOB), Jobs)
        taken = {os.fsdecode(job.path) for job in known.jobs}
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line in taken:
                continue
            wanted = AiEditRequest(
                path=WirePath.of(Path(line)), prompt="warm", fit="model", host="studio", seed=1
            )
            connection.request(wanted, AiEditAccepted)
        while True:
            connection.next_event()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
