"""``rabbitviewer looks``: named LUTs, kept in a library and put on photos without any host."""

from __future__ import annotations

import argparse
import contextlib
import os

import msgspec

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import (
    LookDelete,
    LookExport,
    LookRename,
    LookRestore,
    Looks,
    LookSave,
    LookSaved,
    LooksRequest,
    LutConverted,
    WirePath,
)
from daemon.protocol.values import JobInfo, LookInfo
from rabbitviewer.commands.arguments import Commands, add_channels, integer, number, text
from rabbitviewer.commands.documents import Document, failed_photo, grade_document, plain
from rabbitviewer.commands.follow import JobFollower, find_jobs
from rabbitviewer.commands.grade import add_mask_options, outcomes, report
from rabbitviewer.commands.grade_requests import check_usage, wanted_grades
from rabbitviewer.commands.mask_source import mask_file
from rabbitviewer.commands.pool_answers import quoted
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError, absolute, lut_target
from rabbitviewer.commands.terminal import (
    harmless,
    write_error,
    write_json,
    write_line,
    write_note,
    write_table,
)
from rabbitviewer.ipc.blocking import ConnectionLostError, DaemonConnection

_OF_A_HOST = ("workflow", "host", "seed", "fit")


def add(commands: Commands) -> None:
    """Register the command."""
    verbs = commands.group("looks", "keep grades as named looks, and put them on photos")
    verbs.add("list", run_list, "list the looks")
    save = verbs.add("save", run_save, "keep the grade of a finished job as a look")
    save.add_argument("job", metavar="JOB", help="its id, or the beginning of it")
    save.add_argument("--name", type=text, default="", help="default: from the prompt")
    importing = verbs.add("import", run_import, "keep LUT files as looks")
    importing.add_argument("luts", nargs="+", metavar="LUT", help=".cube, or Hald CLUT (.png)")
    importing.add_argument("--name", type=text, default="", help="default: from the file's name")
    rename = verbs.add("rename", run_rename, "give a look another name")
    rename.add_argument("look", type=text, metavar="LOOK", help="its name or id")
    rename.add_argument("name", type=text, metavar="NEW", help="a taken one gets (2)")
    delete = verbs.add("delete", run_delete, "take a look out of the library; restore undoes it")
    delete.add_argument("look", type=text, metavar="LOOK")
    restore = verbs.add("restore", run_restore, "take a deleted look back, within 30 days")
    restore.add_argument("look", type=text, metavar="ID", help="its id, as delete told it")
    export = verbs.add("export", run_export, "write a look to a file")
    export.add_argument("look", type=text, metavar="LOOK")
    export.add_argument("out", metavar="OUT", help="a .cube, or a .png for a Hald CLUT")
    export.add_argument(
        "--size", type=integer(2, 129), default=0, metavar="N", help="nodes a side (default: as is)"
    )
    _add_apply(verbs)


def _add_apply(verbs: Commands) -> None:
    parser = verbs.add("apply", run_apply, "put a look on photos at full size")
    parser.add_argument("photos", nargs="*", metavar="PHOTO")
    parser.add_argument("--look", type=text, required=True, metavar="LOOK", help="its name or id")
    parser.add_argument(
        "--strength", type=number(0.0, 1.5), default=1.0, help="0 to 1.5 (default 1.0)"
    )
    add_channels(parser)
    parser.add_argument(
        "-o", dest="out", metavar="OUT", help="a file, a folder, or a pattern with {stem}"
    )
    add_mask_options(parser)
    parser.add_argument(
        "--cancel-on-interrupt", action="store_true", help="Ctrl+C cancels instead of detaching"
    )
    parser.set_defaults(
        workflow="", host="", seed=None, fit="auto", lut_size=33, long_edge=0, cube=None
    )


def run_list(args: argparse.Namespace, session: Session) -> int:
    """List the looks."""
    del args
    looks = session.ask(LooksRequest(), Looks).looks
    if session.json:
        write_json([plain(look) for look in looks])
        return 0
    write_table([(look.look_id[:8], harmless(look.name), _about(look)) for look in looks])
    if not looks:
        write_note("There are no looks; `rabbitviewer looks import` or `looks save` keeps some.")
    return 0


def run_save(args: argparse.Namespace, session: Session) -> int:
    """Keep the grade of a finished job as a look."""
    with session.connect() as connection:
        (job,) = find_jobs(connection, [args.job])
        request = LookSave(name=args.name, job_id=job.job_id)
        saved = connection.request(request, LookSaved, None)
    _tell_saved(session, [saved], listed=False)
    return 0


def run_import(args: argparse.Namespace, session: Session) -> int:
    """Keep LUT files as looks."""
    if args.name and len(args.luts) > 1:
        raise UsageError("--name is for one LUT; several are named after their files")
    if len(args.luts) == 1:
        request = LookSave(name=args.name, lut=absolute(args.luts[0]))
        _tell_saved(session, [session.ask(request, LookSaved, None)], listed=False)
        return 0
    return _import_several(session, [absolute(lut) for lut in args.luts])


def _import_several(session: Session, luts: list[WirePath]) -> int:
    """Keep LUT files as looks; one that cannot be read does not keep the others out."""
    outcomes: list[LookSaved | ErrorInfo] = []
    with session.connect() as connection:
        for lut in luts:
            try:
                outcomes.append(connection.request(LookSave(lut=lut), LookSaved, None))
            except ConnectionLostError:
                raise
            except RabbitError as error:
                outcomes.append(error.info)
                write_error(error.info)
    if session.json:
        pairs = zip(luts, outcomes, strict=True)
        write_json(
            [
                failed_photo(lut, each) if isinstance(each, ErrorInfo) else _saved_document(each)
                for lut, each in pairs
            ]
        )
    else:
        _tell_saved(
            session, [each for each in outcomes if isinstance(each, LookSaved)], listed=True
        )
    return 1 if any(isinstance(each, ErrorInfo) for each in outcomes) else 0


def run_rename(args: argparse.Namespace, session: Session) -> int:
    """Give a look another name."""
    with session.connect() as connection:
        look = find_look(connection, args.look)
        request = LookRename(look_id=look.look_id, name=args.name)
        looks = connection.request(request, Looks).looks
    renamed = next((item for item in looks if item.look_id == look.look_id), look)
    _tell(session, renamed, f"{quoted(look.name)} is {quoted(renamed.name)} now")
    return 0


def run_delete(args: argparse.Namespace, session: Session) -> int:
    """Take a look out of the library."""
    with session.connect() as connection:
        look = find_look(connection, args.look)
        connection.request(LookDelete(look_id=look.look_id), Looks)
    words = f"{quoted(look.name)} is deleted; `looks restore {look.look_id}` takes it back"
    _tell(session, look, words)
    return 0


def run_restore(args: argparse.Namespace, session: Session) -> int:
    """Take a deleted look back."""
    with session.connect() as connection:
        looks = connection.request(LookRestore(look_id=args.look), Looks).looks
    look = next(item for item in looks if item.look_id == args.look)
    _tell(session, look, f"{quoted(look.name)} is in the library again")
    return 0


def run_export(args: argparse.Namespace, session: Session) -> int:
    """Write a look to a file."""
    with session.connect() as connection:
        look = find_look(connection, args.look)
        stem = "".join("_" if letter in '/\\:*?"<>|' else letter for letter in look.name)
        output = lut_target(args.out, f"{stem}.cube", option="OUT")
        request = LookExport(look_id=look.look_id, output=output, size=args.size)
        written = connection.request(request, LutConverted, None)
    path = os.fsdecode(written.path)
    if session.json:
        write_json({"path": path, "notes": list(written.notes)})
        return 0
    write_line(path)
    for note in written.notes:
        write_note(note)
    return 0


def run_apply(args: argparse.Namespace, session: Session) -> int:
    """Put a look on photos; 1 if any failed."""
    args.prompt = args.look
    check_usage(args)
    with contextlib.ExitStack() as stack:
        mask = WirePath()
        if args.mask is not None:
            mask = stack.enter_context(mask_file(session, args.mask, keep=True)).path
        follower = stack.enter_context(JobFollower(session))
        look = find_look(follower.connection, args.look)
        wanted = wanted_grades(args, mask, follower.connection)
        requests = [
            msgspec.structs.replace(item.request, prompt=look.name, look=look.look_id)
            for item in wanted
        ]
        found = outcomes(follower, requests, cancel_on_interrupt=args.cancel_on_interrupt)
    listed = args.all or len(wanted) > 1
    paths = [item.path for item in wanted]
    return report(session, paths, found, listed=listed, document=applied_document)


def find_look(connection: DaemonConnection, wanted: str) -> LookInfo:
    """Return the look with this name, or with an id that begins so.

    Raises:
        RabbitError: ``not_found``, or several fit.
    """
    looks = connection.request(LooksRequest(), Looks).looks
    by_name = [look for look in looks if look.name == wanted]
    folded = [look for look in looks if look.name.casefold() == wanted.casefold()]
    by_id = [look for look in looks if len(wanted) >= 4 and look.look_id.startswith(wanted)]
    found = by_name or folded or by_id
    if len(found) != 1:
        how = "fits several looks" if found else "is no look of the library"
        raise RabbitError(
            ErrorKind.NOT_FOUND, f"{wanted!r} {how}.", "See `rabbitviewer looks list`."
        )
    return found[0]


def applied_document(job: JobInfo) -> Document:
    """Return what became of one photo; as for a grade, without what a host would have done."""
    document = grade_document(job)
    if "result_path" not in document:
        return document
    kept = {name: value for name, value in document.items() if name not in _OF_A_HOST}
    about = {"look": job.prompt, "look_id": job.look_id}
    return kept | about | {"strength": job.strength, "channels": job.channels}


def _tell_saved(session: Session, saved: list[LookSaved], *, listed: bool) -> None:
    if session.json:
        documents = [_saved_document(item) for item in saved]
        write_json(documents if listed else documents[0])
        return
    for item in saved:
        write_line(harmless(f"{item.look.look_id}  {item.look.name}"))
        for note in item.notes:
            write_note(note)


def _saved_document(saved: LookSaved) -> Document:
    return plain(saved.look) | {"notes": list(saved.notes)}


def _tell(session: Session, look: LookInfo, words: str) -> None:
    if session.json:
        write_json(plain(look))
    else:
        write_line(harmless(words))


def _about(look: LookInfo) -> str:
    parts = [f"{look.size} nodes", look.space]
    if look.prompt:
        parts.append(f"from {quoted(look.prompt[:60])}" + (" by AI" if look.ai else ""))
    return harmless(", ".join(parts))
