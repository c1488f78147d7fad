"""In which order jobs wait: numbers that leave room for others between them."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.storage.job_record import JobRecord

PLACES = ("front", "back", "before")
_STEP = 1.0
_LEAST_ROOM = 1e-3


def in_order(jobs: Sequence[JobRecord]) -> list[JobRecord]:
    """Return *jobs* as they wait, the next one first."""
    return sorted(jobs, key=lambda job: (job.rank, job.created, job.job_id))


def last_rank(jobs: Sequence[JobRecord]) -> float:
    """Return the rank of a job that comes after all others."""
    return max((job.rank for job in jobs), default=0.0) + _STEP


def moved(
    jobs: Sequence[JobRecord], chosen: Sequence[str], place: str, before: str = ""
) -> dict[str, float]:
    """Return the ranks that change when *chosen* come to stand elsewhere.

    Args:
        jobs: All that have work left.
        chosen: Ids of those that move; they keep their order.
        place: front | back | before.
        before: The job that they come to stand before.

    Returns:
        New ranks by id; of all jobs where there is no room between two.

    Raises:
        RabbitError: a job is not among *jobs*, or the place is none.
    """
    known = {job.job_id for job in jobs}
    for job_id in (*chosen, *((before,) if place == "before" else ())):
        if job_id not in known:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"There is no job {job_id} with work left.",
                "'rabbitviewer jobs list' shows the jobs.",
            )
    if place not in PLACES or (place == "before" and before in chosen):
        what = "before itself" if place in PLACES else f"to '{place}'"
        raise RabbitError(
            ErrorKind.INVALID_REQUEST,
            f"A job cannot be moved {what}.",
            "Move it to the front, to the back, or before another job.",
        )
    ordered = in_order(jobs)
    moving = [job for job in ordered if job.job_id in chosen]
    rest = [job for job in ordered if job.job_id not in chosen]
    at = {"front": 0, "back": len(rest)}.get(place)
    if at is None:
        at = next(index for index, job in enumerate(rest) if job.job_id == before)
    high = rest[at].rank if at < len(rest) else None
    low = rest[at - 1].rank if at else None
    step = _step(low, high, len(moving))
    if step < _LEAST_ROOM:
        whole = [*rest[:at], *moving, *rest[at:]]
        return {job.job_id: (index + 1) * _STEP for index, job in enumerate(whole)}
    start = low if low is not None else (high or 0.0) - step * (len(moving) + 1)
    return {job.job_id: start + step * (index + 1) for index, job in enumerate(moving)}


def _step(low: float | None, high: float | None, count: int) -> float:
    """Return how far from each other *count* new ranks between two can be."""
    if low is None or high is None:
        return _STEP
    return (high - low) / (count + 1)
