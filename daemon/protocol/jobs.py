"""Messages that steer jobs: their order, pauses, cancelling many; and how one stands now."""

from __future__ import annotations

from daemon.protocol.message import Message
from daemon.protocol.values import JobInfo


class JobsMove(Message, frozen=True, tag="jobs_move"):
    """Put waiting jobs elsewhere in the order, which they keep among themselves; answered by done.

    *place*: front | back | before; *before*: the job that they come to stand before.
    """

    job_ids: tuple[str, ...]
    place: str
    before: str = ""


class JobsPause(Message, frozen=True, tag="jobs_pause"):
    """Hold jobs, or let them go on; answered by done.

    A held job does not begin; one that a host is running finishes there and then holds. Without
    *job_ids* the whole queue holds, also over a restart.
    """

    paused: bool
    job_ids: tuple[str, ...] = ()


class JobsCancel(Message, frozen=True, tag="jobs_cancel"):
    """Cancel these jobs, or all that are open; answered by done."""

    job_ids: tuple[str, ...] = ()


class JobChanged(Message, frozen=True, tag="job_changed"):
    """Event: something of a job changed beside its progress: host, order, pause, prompt."""

    job: JobInfo


class QueueState(Message, frozen=True, tag="queue_state"):
    """Event: whether the whole queue holds."""

    paused: bool
