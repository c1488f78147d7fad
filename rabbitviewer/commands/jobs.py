"""``rabbitviewer jobs list|watch|cancel|retry|move|pause|resume``."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence

from daemon.protocol.jobs import JobsMove, JobsPause
from daemon.protocol.messages import AiEditAccepted, Done, JobRetry, Jobs, JobsRequest
from daemon.protocol.values import JobInfo
from rabbitviewer.commands.arguments import Commands, integer, text
from rabbitviewer.commands.documents import grade_document, job_document
from rabbitviewer.commands.follow import (
    ENDED,
    MAX_JOBS,
    JobFollower,
    cancel_jobs,
    find_jobs,
    listed_jobs,
)
from rabbitviewer.commands.grade import leave, report_job
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError
from rabbitviewer.commands.terminal import (
    shown_path,
    write_json,
    write_line,
    write_note,
    write_table,
)
from rabbitviewer.ipc.blocking import DaemonConnection


def add(commands: Commands) -> None:
    """Register the command."""
    verbs = commands.group("jobs", "list, watch, cancel, repeat and order jobs")
    listing = verbs.add("list", run_list, "list the jobs, newest first")
    listing.add_argument("--limit", type=integer(1, MAX_JOBS), default=200, metavar="N")
    watch = verbs.add("watch", run_watch, "wait for jobs and show their progress")
    watch.add_argument("ids", type=text, nargs="*", metavar="JOB_ID", help="default: all open jobs")
    watch.add_argument("--cancel-on-interrupt", action="store_true")
    cancel = verbs.add("cancel", run_cancel, "cancel jobs at any stage")
    cancel.add_argument("ids", type=text, nargs="*", metavar="JOB_ID")
    cancel.add_argument("--all", action="store_true", help="every open job")
    retry = verbs.add("retry", run_retry, "run jobs again that have ended")
    retry.add_argument("ids", type=text, nargs="+", metavar="JOB_ID")
    retry.add_argument("--new-seed", action="store_true", help="with another seed")
    retry.add_argument(
        "--fit",
        choices=("auto", "lut", "spatial", "model"),
        default="",
        help="fit the picture that the host returned in another way, without asking the host",
    )
    retry.add_argument("--host", type=text, default="", help="on another host: name or URL")
    retry.add_argument(
        "--free-memory", action="store_true", help="let the host unload its models first"
    )
    move = verbs.add("move", run_move, "change the order in which jobs wait")
    move.add_argument("ids", type=text, nargs="+", metavar="JOB_ID")
    where = move.add_mutually_exclusive_group(required=True)
    where.add_argument("--front", action="store_true", help="before all others")
    where.add_argument("--back", action="store_true", help="behind all others")
    where.add_argument("--before", type=text, default="", metavar="JOB_ID")
    pause = verbs.add("pause", run_pause, "hold jobs; those on a host finish there first")
    pause.add_argument(
        "ids", type=text, nargs="*", metavar="JOB_ID", help="default: the whole queue"
    )
    resume = verbs.add("resume", run_resume, "let held jobs go on")
    resume.add_argument(
        "ids", type=text, nargs="*", metavar="JOB_ID", help="default: the whole queue"
    )


def run_list(args: argparse.Namespace, session: Session) -> int:
    """List the jobs."""
    with session.connect() as connection:
        jobs = listed_jobs(connection, args.limit)
        paused = connection.request(JobsRequest(limit=1), Jobs).paused
    if session.json:
        write_json([job_document(job) for job in jobs])
        return 0
    rows = [("JOB", "CREATED", "STATE", "HOST", "PHOTO", "PROMPT")]
    rows += [_row(job) for job in jobs]
    write_table(rows)
    if paused:
        write_note("the queue is paused; `rabbitviewer jobs resume` lets it go on")
    return 0


def run_watch(args: argparse.Namespace, session: Session) -> int:
    """Wait for the named jobs, or for all that are open; 1 if one failed."""
    with JobFollower(session) as follower:
        connection = follower.connection
        chosen = find_jobs(connection, args.ids) if args.ids else _open_jobs(connection)
        for job in chosen:
            follower.add(job)
        try:
            follower.run()
        except KeyboardInterrupt:
            leave(follower, cancel=args.cancel_on_interrupt)
    ended = [follower.jobs[job.job_id] for job in chosen]
    for job in ended:
        if not session.json or job.error is not None:
            report_job(job)
    if session.json:
        documents = [grade_document(job) for job in ended]
        write_json(documents[0] if len(args.ids) == 1 else documents)
    return 0 if all(job.state == "done" for job in ended) else 1


def run_cancel(args: argparse.Namespace, session: Session) -> int:
    """Cancel the named jobs, or all that are open; 1 if one had ended otherwise."""
    if args.all == bool(args.ids):
        raise UsageError("name the jobs to cancel, or say --all")
    with session.connect() as connection:
        chosen = _open_jobs(connection) if args.all else find_jobs(connection, args.ids)
        too_late = [job for job in chosen if job.state in ENDED and job.state != "cancelled"]
        cancelled = [job for job in chosen if job not in too_late]
        cancel_jobs(connection, cancelled)
    if session.json:
        write_json([{"job_id": job.job_id} for job in cancelled])
    else:
        for job in cancelled:
            write_line(f"{job.job_id} cancelled")
    for job in too_late:
        write_note(f"{job.job_id} is {job.state} already; there is nothing to cancel")
    return 1 if too_late else 0


def run_retry(args: argparse.Namespace, session: Session) -> int:
    """Run jobs again as new ones, which go on in the background."""
    with session.connect() as connection:
        begun: list[tuple[str, JobInfo]] = []
        for job in find_jobs(connection, args.ids):
            request = JobRetry(
                job_id=job.job_id,
                new_seed=args.new_seed,
                fit=args.fit,
                host=args.host,
                free_memory=args.free_memory,
            )
            begun.append((job.job_id, connection.request(request, AiEditAccepted).job))
    if session.json:
        write_json([{"job_id": new.job_id, "retry_of": old} for old, new in begun])
    else:
        for _, new in begun:
            write_line(f"{new.job_id} started; `rabbitviewer jobs watch {new.job_id}` shows it")
    return 0


def run_move(args: argparse.Namespace, session: Session) -> int:
    """Put waiting jobs elsewhere in the order."""
    place = "front" if args.front else "back" if args.back else "before"
    with session.connect() as connection:
        ids = tuple(job.job_id for job in find_jobs(connection, args.ids))
        before = find_jobs(connection, [args.before])[0].job_id if args.before else ""
        connection.request(JobsMove(ids, place, before), Done)
    return _report(session, ids, "moved")


def run_pause(args: argparse.Namespace, session: Session) -> int:
    """Hold the named jobs, or the whole queue."""
    return _hold(args.ids, session, paused=True)


def run_resume(args: argparse.Namespace, session: Session) -> int:
    """Let the named jobs go on, or the whole queue."""
    return _hold(args.ids, session, paused=False)


def _hold(wanted: list[str], session: Session, *, paused: bool) -> int:
    with session.connect() as connection:
        ids = tuple(job.job_id for job in find_jobs(connection, wanted))
        connection.request(JobsPause(paused=paused, job_ids=ids), Done)
    if not ids and not session.json:
        write_line("The queue is paused." if paused else "The queue goes on.")
        return 0
    return _report(session, ids, "paused" if paused else "goes on")


def _report(session: Session, ids: Sequence[str], what: str) -> int:
    if session.json:
        write_json([{"job_id": job_id} for job_id in ids])
    else:
        for job_id in ids:
            write_line(f"{job_id} {what}")
    return 0


def _open_jobs(connection: DaemonConnection) -> list[JobInfo]:
    jobs = listed_jobs(connection, open_only=True)
    return [job for job in jobs if job.state not in ENDED]


def _row(job: JobInfo) -> tuple[str, str, str, str, str, str]:
    created = dt.datetime.fromtimestamp(job.created).astimezone()
    state = f"{job.progress_pct:.0f} %" if job.state == "running" else job.state
    when = created.strftime("%Y-%m-%d %H:%M")
    prompt = " ".join(job.prompt.split())[:40]
    return (job.job_id, when, state, job.host or job.host_wanted, shown_path(job.path), prompt)
