"""``rabbitviewer grade``: one look for one photo or many, learnt small, applied at full size."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterable

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import AiEditAccepted, AiEditRequest, WirePath
from daemon.protocol.values import JobInfo
from rabbitviewer.commands.arguments import Commands, add_channels, integer, number, text
from rabbitviewer.commands.documents import Document, failed_photo, grade_document
from rabbitviewer.commands.edit_options import (
    add_run_options,
    add_size_and_output,
    check_run_options,
    parameters_of,
    with_run_options,
)
from rabbitviewer.commands.fit_words import fit_sentence
from rabbitviewer.commands.follow import JobFollower
from rabbitviewer.commands.grade_requests import check_usage, wanted_grades
from rabbitviewer.commands.mask_source import mask_file
from rabbitviewer.commands.pool_slots import free_index, pool_name
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.terminal import (
    shown_path,
    write_error,
    write_json,
    write_line,
    write_note,
)
from rabbitviewer.ipc.blocking import ConnectionLostError

LOOK = "look"


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add("grade", run, "grade the colours of photos from words")
    parser.add_argument("photos", nargs="*", metavar="PHOTO")
    parser.add_argument(
        "--prompt", type=text, required=True, metavar="TEXT", help="the look, in words"
    )
    add_run_options(parser)
    parser.add_argument(
        "--strength", type=number(0.0, 1.5), default=1.0, help="0 to 1.5 (default 1.0)"
    )
    parser.add_argument(
        "--fit",
        choices=("auto", "lut", "spatial", "model"),
        default="auto",
        help="lut: one LUT for the whole photo; spatial: one that varies over the picture; auto: "
        "spatial where one LUT does not do; model: keep the model's own picture at its own size",
    )
    add_channels(parser)
    parser.add_argument("--lut-size", type=integer(2, 129), default=33, metavar="N")
    add_size_and_output(parser)
    parser.add_argument("--cube", metavar="OUT.cube", help="keep the look as a LUT, strength 1")
    add_mask_options(parser)
    parser.add_argument(
        "--cancel-on-interrupt", action="store_true", help="Ctrl+C cancels instead of detaching"
    )


def add_mask_options(parser: argparse.ArgumentParser) -> None:
    """Add what says where an edit counts, and which photos of a pool it is for."""
    parser.add_argument(
        "--mask",
        metavar="MASK.png",
        help="white: graded, black: kept as it is, gray: partly; also data:image/png;base64,... "
        "and - for standard input",
    )
    parser.add_argument("--resize-mask", action="store_true", help="fit a mask of another size")
    parser.add_argument(
        "--pool",
        type=pool_name,
        metavar="NAME",
        help="take photo and mask from a pool, instead of PHOTO; 'current': the current one",
    )
    parser.add_argument(
        "--index", type=free_index, metavar="N", help="which photo of the pool (-1: the active)"
    )
    parser.add_argument("--all", action="store_true", help="every photo of the pool")
    parser.add_argument(
        "--no-mask", action="store_true", help="the whole photo, though the pool has a mask for it"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Grade the photos; 1 if any failed."""
    check_usage(args)
    check_run_options(args)
    with contextlib.ExitStack() as stack:
        mask = WirePath()
        if args.mask is not None:
            mask = stack.enter_context(mask_file(session, args.mask, keep=True)).path
        follower = stack.enter_context(JobFollower(session))
        wanted = wanted_grades(args, mask, follower.connection)
        parameters = parameters_of(args, follower.connection)
        requests = [with_run_options(item.request, args, parameters) for item in wanted]
        found = outcomes(follower, requests, cancel_on_interrupt=args.cancel_on_interrupt)
    listed = args.all or len(wanted) > 1
    return report(session, [item.path for item in wanted], found, listed=listed)


def outcomes(
    follower: JobFollower, requests: list[AiEditRequest], *, cancel_on_interrupt: bool
) -> list[ErrorInfo | JobInfo | None]:
    """Run the grades to their end, or to Ctrl+C; what became of each, None: not begun."""
    refused: dict[int, ErrorInfo] = {}
    ids: dict[int, str] = {}
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
        leave(follower, cancel=cancel_on_interrupt)
    return [
        refused[index] if index in refused else follower.jobs.get(ids.get(index, ""))
        for index in range(len(requests))
    ]


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


def report(
    session: Session,
    paths: list[bytes],
    found: list[ErrorInfo | JobInfo | None],
    *,
    listed: bool,
    document: Callable[[JobInfo], Document] = grade_document,
) -> int:
    """Write what became of each photo; 1 if any failed."""
    documents: list[Document] = []
    good = True
    for path, outcome in zip(paths, found, strict=True):
        if isinstance(outcome, JobInfo):
            good &= outcome.state == "done"
            documents.append(document(outcome))
            if not session.json or outcome.error is not None:
                report_job(outcome)
        else:
            good = False
            info = outcome or _not_started()
            documents.append(failed_photo(path, info))
            _tell_refused(path, info, named=not listed)
    if session.json:
        write_json(documents if listed else documents[0])
    else:
        _tell_once(outcome for outcome in found if isinstance(outcome, JobInfo))
    return 0 if good else 1


def _tell_refused(path: bytes, info: ErrorInfo, *, named: bool) -> None:
    """Write why a photo was refused; with its name where several were asked for."""
    name = os.fsdecode(os.path.basename(path))  # noqa: PTH119 - bytes
    if named or name in info.message:
        write_error(info)
    else:
        write_error(info, f"rabbitviewer: {shown_path(path)}")


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
    if job.operation == LOOK:
        parts = [f"The look {job.prompt!r}"]
    if job.fit is not None:
        parts.append(fit_sentence(job.fit))
    parts += [note for note in job.notes if not _tells_ai(note)]
    return " ".join(part.rstrip(".") + "." for part in parts if part)
