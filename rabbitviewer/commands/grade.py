"""``rabbitviewer grade``: one look for one photo or many, learnt small, applied at full size."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import AiEditAccepted, AiEditRequest
from daemon.protocol.values import JobInfo
from rabbitviewer.commands.arguments import Commands, integer, number, text
from rabbitviewer.commands.documents import Document, failed_photo, grade_document
from rabbitviewer.commands.follow import JobFollower
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError, absolute, cube_target, output_target
from rabbitviewer.commands.terminal import (
    shown_path,
    write_error,
    write_json,
    write_line,
    write_note,
)
from rabbitviewer.ipc.blocking import ConnectionLostError

MAX_SEED = 2**64 - 1


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add("grade", run, "grade the colours of photos from words")
    parser.add_argument("photos", nargs="+", metavar="PHOTO")
    parser.add_argument(
        "--prompt", type=text, required=True, metavar="TEXT", help="the look, in words"
    )
    parser.add_argument(
        "--workflow", type=text, default="", metavar="NAME", help="default: as configured"
    )
    parser.add_argument(
        "--host", type=text, default="", metavar="HOST", help="a host's name, its URL, or 'builtin'"
    )
    parser.add_argument(
        "--strength", type=number(0.0, 1.5), default=1.0, help="0 to 1.5 (default 1.0)"
    )
    parser.add_argument("--seed", type=integer(0, MAX_SEED), help="default: random, reported")
    parser.add_argument(
        "--fit",
        choices=("auto", "lut", "model"),
        default="auto",
        help="model: keep the model's own picture at its own size",
    )
    parser.add_argument("--lut-size", type=integer(2, 129), default=33, metavar="N")
    parser.add_argument(
        "--long-edge",
        type=integer(64, 4096),
        default=0,
        metavar="PX",
        help="long edge of the copy that is sent (default: near 1 megapixel)",
    )
    parser.add_argument(
        "-o", dest="out", metavar="OUT", help="a file, a folder, or a pattern with {stem}"
    )
    parser.add_argument("--cube", metavar="OUT.cube", help="keep the look as a LUT, strength 1")
    parser.add_argument(
        "--cancel-on-interrupt", action="store_true", help="Ctrl+C cancels instead of detaching"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Grade the photos; 1 if any failed."""
    requests = [_request(args, photo) for photo in args.photos]
    refused: dict[int, ErrorInfo] = {}
    ids: dict[int, str] = {}
    with JobFollower(session) as follower:
        try:
            for index, request in enumerate(requests):
                try:
                    accepted = follower.connection.request(request, AiEditAccepted)
                except ConnectionLostError as error:
                    refused[index] = error.info
                    follower.reconnect()
                except RabbitError as error:
                    refused[index] = error.info
                else:
                    follower.add(accepted.job)
                    ids[index] = accepted.job_id
            follower.run()
        except KeyboardInterrupt:
            leave(follower, cancel=args.cancel_on_interrupt)
    outcomes = [
        refused[index] if index in refused else follower.jobs.get(ids.get(index, ""))
        for index in range(len(requests))
    ]
    return _report(session, [bytes(request.path) for request in requests], outcomes)


def leave(follower: JobFollower, *, cancel: bool) -> None:
    """Answer Ctrl+C: cancel the open jobs, or say how to come back to them."""
    if cancel:
        follower.cancel()
        return
    for job_id in follower.open_ids:
        write_note(f"Job {job_id} goes on; `rabbitviewer jobs watch {job_id}` shows it.")


def report_job(job: JobInfo) -> bool:
    """Write how *job* ended for people; whether it was done."""
    if job.error is not None:
        named = os.fsdecode(job.path) in job.error.message
        write_error(job.error, *() if named else (f"rabbitviewer: {shown_path(job.path)}",))
    elif job.state == "cancelled":
        write_note(f"rabbitviewer: {shown_path(job.path)}: cancelled.")
    elif job.result_path is not None:
        write_line(os.fsdecode(job.result_path))
        write_note(_summary(job))
    return job.state == "done"


def _request(args: argparse.Namespace, photo: str) -> AiEditRequest:
    count = len(args.photos)
    if not args.prompt.strip():
        raise UsageError("--prompt is empty; say what the photo should look like")
    if args.fit == "model" and args.cube:
        raise UsageError("--fit model keeps the model's picture and makes no LUT; leave out --cube")
    return AiEditRequest(
        path=absolute(photo),
        prompt=args.prompt,
        workflow=args.workflow,
        host=args.host,
        strength=args.strength,
        seed=args.seed,
        fit=args.fit,
        lut_size=args.lut_size,
        long_edge_px=args.long_edge,
        output=output_target(args.out, count),
        cube=cube_target(args.cube, photo, count),
    )


def _report(
    session: Session, paths: list[bytes], outcomes: list[ErrorInfo | JobInfo | None]
) -> int:
    documents: list[Document] = []
    good = True
    for path, outcome in zip(paths, outcomes, strict=True):
        if isinstance(outcome, JobInfo):
            good &= outcome.state == "done"
            documents.append(grade_document(outcome))
            if not session.json or outcome.error is not None:
                report_job(outcome)
        else:
            good = False
            info = outcome or _not_started()
            documents.append(failed_photo(path, info))
            write_error(info)
    if session.json:
        write_json(documents[0] if len(documents) == 1 else documents)
    else:
        _tell_once(outcome for outcome in outcomes if isinstance(outcome, JobInfo))
    return 0 if good else 1


def _tell_once(jobs: Iterable[JobInfo]) -> None:
    """Write what is true of all graded photos, once: that no AI was at work, and why."""
    said = {note for job in jobs if job.state == "done" for note in job.notes if _tells_ai(note)}
    if said:
        write_note(max(said, key=len))


def _tells_ai(note: str) -> bool:
    return "no ai" in note.lower()


def _not_started() -> ErrorInfo:
    return ErrorInfo(ErrorKind.CANCELLED, "Interrupted before this photo was begun.", "")


def _summary(job: JobInfo) -> str:
    parts = [f"{job.workflow} on {job.host}" + ("" if job.ai else ", no AI")]
    fit = job.fit
    if fit is not None and fit.explained is not None:
        parts.append(f"the LUT explains {100 * fit.explained:.0f} % of the edit")
    if fit is not None and fit.delta_e_mean is not None:
        parts.append(f"mean Delta E {fit.delta_e_mean:.2f}")
    parts += [note.rstrip(".") for note in job.notes if not _tells_ai(note)]
    if fit is not None and fit.warning:
        parts.append(fit.warning.rstrip("."))
    return "; ".join(parts) + "."
