"""``rabbitviewer workflows``: list, check, import, export and keep workflows, map model files."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import get_args

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    Done,
    WorkflowDelete,
    WorkflowDuplicate,
    WorkflowExport,
    WorkflowExported,
    WorkflowImport,
    WorkflowMapModels,
    WorkflowProposal,
    WorkflowProposeRequest,
    WorkflowRestore,
    Workflows,
    WorkflowSaved,
    WorkflowsRequest,
)
from daemon.protocol.values import WorkflowInfo
from daemon.protocol.workflows import BindingChoice, ProposedBinding, ResultKind
from rabbitviewer.commands.arguments import Commands, text
from rabbitviewer.commands.documents import plain
from rabbitviewer.commands.pool_answers import quoted
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError, absolute
from rabbitviewer.commands.terminal import (
    harmless,
    write_json,
    write_line,
    write_note,
    write_table,
)

_CHECK_TIMEOUT_S = 180.0


def add(commands: Commands) -> None:
    """Register the command."""
    verbs = commands.group("workflows", "list, check and keep ComfyUI workflows")
    verbs.add("list", run_list, "list the workflows")
    check = verbs.add("check", run_check, "check workflows against the host that would run them")
    check.add_argument("names", type=text, nargs="*", metavar="NAME", help="default: all")
    _add_host(check)
    _add_import(verbs)
    export = verbs.add("export", run_export, "write a workflow into one .zip")
    export.add_argument("name", type=text, metavar="NAME")
    export.add_argument("-o", dest="out", metavar="OUT", required=True, help="a .zip, or a folder")
    duplicate = verbs.add("duplicate", run_duplicate, "copy a workflow, to change the copy")
    duplicate.add_argument("name", type=text, metavar="NAME")
    duplicate.add_argument("new_name", type=text, nargs="?", default="", metavar="NEW")
    delete = verbs.add("delete", run_delete, "take a workflow of your own away; restore undoes it")
    delete.add_argument("name", type=text, metavar="NAME")
    restore = verbs.add("restore", run_restore, "take a deleted workflow back")
    restore.add_argument("name", type=text, metavar="NAME")
    mapping = verbs.add("map", run_map, "say what a model file is called on your hosts")
    mapping.add_argument("old", type=text, metavar="OLD", help="as workflows name it")
    mapping.add_argument("new", type=text, nargs="?", default="", metavar="NEW")
    mapping.add_argument("--clear", action="store_true", help="forget what OLD was mapped to")


def _add_import(verbs: Commands) -> None:
    parser = verbs.add("import", run_import, "keep a graph that ComfyUI exported as a workflow")
    parser.add_argument("file", metavar="FILE", help="an API export, a .zip pair, a ComfyUI PNG")
    parser.add_argument("--name", type=text, default="", help="default: from the file's name")
    parser.add_argument("--title", type=text, default="", help="what it is called in menus")
    parser.add_argument(
        "--operation", type=text, default="", help="color_grade, general_edit, inpaint, ..."
    )
    parser.add_argument(
        "--result",
        choices=get_args(ResultKind),
        default="",
        help="lut: learn the colours; image: the picture",
    )
    parser.add_argument("--mask", choices=("none", "optional", "required"), default="")
    parser.add_argument(
        "--bind",
        type=text,
        action="append",
        default=[],
        metavar="NAME=NODE.INPUT",
        help="where image, mask, prompt, ... or output go; NAME= leaves it away",
    )
    parser.add_argument("--yes", action="store_true", help="take what is proposed where unsure")
    _add_host(parser)


def _add_host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", type=text, default="", metavar="HOST", help="name, URL or 'builtin'"
    )


def run_list(args: argparse.Namespace, session: Session) -> int:
    """List the workflows without asking any host."""
    del args
    found = session.ask(WorkflowsRequest(), Workflows).workflows
    if session.json:
        write_json([plain(workflow) for workflow in found])
        return 0
    rows = [("WORKFLOW", "OPERATION", "TITLE", "FROM", "AI")]
    rows += [
        (
            harmless(item.name),
            item.operation,
            harmless(item.title),
            item.source,
            "yes" if item.ai else "no",
        )
        for item in found
    ]
    write_table(rows)
    for item in found:
        for problem in item.problems:
            write_note(f"{item.name}: {problem}")
    return 0


def run_check(args: argparse.Namespace, session: Session) -> int:
    """Check workflows against their host; 1 if one cannot run."""
    request = WorkflowsRequest(check=True, host=args.host, names=tuple(args.names))
    found = session.ask(request, Workflows, _CHECK_TIMEOUT_S).workflows
    missing = sorted(set(args.names) - {item.name for item in found})
    if missing:
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"There is no workflow named {missing[0]!r}.",
            "See `rabbitviewer workflows list`.",
        )
    if session.json:
        write_json([plain(workflow) for workflow in found])
    unable = [item for item in found if not item.usable]
    if not session.json:
        for item in found:
            _write_check(item)
    if unable:
        names = ", ".join(item.name for item in unable)
        first = unable[0].problems[0] if unable[0].problems else "it cannot run there."
        write_note(f"rabbitviewer: Not ready: {names}. {first}")
    return 1 if unable else 0


def run_import(args: argparse.Namespace, session: Session) -> int:
    """Keep a file as a workflow; 1 where only a person can say what is what."""
    bindings = dict(_binding(one) for one in args.bind)
    path = absolute(args.file)
    request = WorkflowProposeRequest(path=path, host=args.host)
    found = session.ask(request, WorkflowProposal, _CHECK_TIMEOUT_S)
    open_ones = _undecided(found, bindings)
    if open_ones and not args.yes:
        raise _unsure(args.file, open_ones)
    wanted = WorkflowImport(
        path=path,
        name=args.name,
        title=args.title,
        operation=args.operation,
        result=args.result,
        mask=args.mask,
        bindings=bindings,
        host=args.host,
    )
    saved = session.ask(wanted, WorkflowSaved, _CHECK_TIMEOUT_S)
    if session.json:
        write_json({**_saved_document(saved), "notes": list(saved.notes)})
        return 0
    _write_found(found, bindings, saved)
    return 0


def run_export(args: argparse.Namespace, session: Session) -> int:
    """Write a workflow into one archive."""
    request = WorkflowExport(name=args.name, output=absolute(args.out))
    path = os.fsdecode(session.ask(request, WorkflowExported).path)
    if session.json:
        write_json({"name": args.name, "path": path})
    else:
        write_line(harmless(path))
    return 0


def run_duplicate(args: argparse.Namespace, session: Session) -> int:
    """Copy a workflow into the user's folder."""
    request = WorkflowDuplicate(name=args.name, new_name=args.new_name)
    return _tell_saved(session, session.ask(request, WorkflowSaved), "is a workflow of yours now")


def run_delete(args: argparse.Namespace, session: Session) -> int:
    """Take a workflow of the user's away."""
    session.ask(WorkflowDelete(name=args.name), Done)
    if session.json:
        write_json({"name": args.name})
    else:
        name = harmless(args.name)
        write_line(f"{quoted(name)} is deleted; `workflows restore {name}` takes it back")
    return 0


def run_restore(args: argparse.Namespace, session: Session) -> int:
    """Take a deleted workflow back."""
    saved = session.ask(WorkflowRestore(name=args.name), WorkflowSaved)
    return _tell_saved(session, saved, "is back")


def run_map(args: argparse.Namespace, session: Session) -> int:
    """Say what a model file is called on the user's hosts."""
    if bool(args.new) == args.clear:
        raise UsageError("give the new name, or --clear to forget the old one")
    session.ask(WorkflowMapModels(files={args.old: args.new}), Done)
    if session.json:
        write_json({"files": {args.old: args.new}})
    elif args.new:
        write_line(f"Where a workflow names {harmless(args.old)}, {harmless(args.new)} is used")
    else:
        write_line(f"{harmless(args.old)} is looked for under its own name again")
    return 0


def _binding(word: str) -> tuple[str, str]:
    name, sign, place = word.partition("=")
    if not sign or not name or (place and "." not in place):
        raise UsageError(f"--bind takes NAME=NODE.INPUT, such as prompt=6.text, not {word!r}")
    return name, place


def _undecided(found: WorkflowProposal, given: dict[str, str]) -> list[ProposedBinding]:
    """Return the bindings that only a person can decide and that no option decided."""
    if found.sure:
        return []
    return [one for one in found.bindings if one.unsure and one.name not in given]


def _unsure(file: str, open_ones: list[ProposedBinding]) -> RabbitError:
    """Show what may be chosen, and return the failure."""
    for one in open_ones:
        write_note(f"{one.name}: {one.reason}")
        for index, choice in enumerate(one.choices):
            proposed = "   (proposed)" if index == one.chosen else ""
            write_note(f"  --bind {one.name}={_place(choice)}{proposed}")
    names = ", ".join(one.name for one in open_ones)
    first = open_ones[0]
    example = " or ".join(f"{one.node}.{one.input}" for one in first.choices[:4])
    return RabbitError(
        ErrorKind.WORKFLOW_INVALID,
        f"{Path(file).name} can be read in several ways: {names}.",
        f"Say it with --bind {first.name}={example}, or take what is proposed with --yes.",
    )


def _place(choice: BindingChoice) -> str:
    about = ", ".join(word for word in (choice.title, choice.value) if word)
    words = f"{choice.class_type}: {about}" if about else choice.class_type
    return f"{choice.node}.{choice.input}   {harmless(words)}"


def _write_found(found: WorkflowProposal, given: dict[str, str], saved: WorkflowSaved) -> None:
    workflow = saved.workflow
    write_line(f"{harmless(workflow.name)}: {harmless(workflow.title)}")
    write_line(f"  does {workflow.operation}, gives {_RESULT_WORDS.get(workflow.result, '')}")
    rows: list[tuple[str, ...]] = []
    for one in found.bindings:
        if one.name in given or one.chosen < 0:
            continue
        place = one.choices[one.chosen]
        if f"{place.node}.{place.input}" in given.values() and one.name != "mask":
            rows.append((f"  {one.name}", "", "gave way to what you said"))
            continue
        rows.append((f"  {one.name}", _place(place), one.reason))
    rows += [(f"  {name}", place or "left away", "as you said") for name, place in given.items()]
    write_table(rows)
    names = ", ".join(parameter.name for parameter in workflow.parameters)
    if names:
        write_line(f"  the form offers {names}")
    for note in saved.notes:
        write_note(note)
    # The kind of result may be another one than was proposed: the saved workflow knows.
    others = [problem for problem in found.problems if "result of kind" not in problem]
    for problem in dict.fromkeys((*workflow.problems, *others)):
        write_note(f"Cannot run yet: {problem}")
    write_line(harmless(os.fsdecode(saved.path)))


_RESULT_WORDS = {
    "lut": "a change of colours, applied to the photo at full size (result: lut)",
    "image": "the picture as the model makes it (result: image)",
    "cutout": "a cut-out (result: cutout)",
    "resized": "the photo at another size (result: resized)",
    "region": "a changed region (result: region)",
    "map": "a map of the photo (result: map)",
}


def _tell_saved(session: Session, saved: WorkflowSaved, words: str) -> int:
    if session.json:
        write_json(_saved_document(saved))
    else:
        write_line(f"{quoted(harmless(saved.workflow.name))} {words}")
        write_line(harmless(os.fsdecode(saved.path)))
    return 0


def _saved_document(saved: WorkflowSaved) -> dict[str, object]:
    return {"workflow": plain(saved.workflow), "path": os.fsdecode(saved.path)}


def _write_check(item: WorkflowInfo) -> None:
    write_line(f"{harmless(item.name)}: {'ready' if item.usable else 'not ready'}")
    for problem in item.problems:
        write_line(f"  {harmless(problem)}")
    for one in item.missing_models:
        if one.near:
            write_line(f"  to use it: rabbitviewer workflows map '{one.file}' '{one.near}'")
