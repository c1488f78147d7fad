"""``rabbitviewer pool``: what is in a pool, and what its photos remember."""

from __future__ import annotations

import argparse
import itertools
import os

from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import (
    Done,
    MaskExport,
    PoolActive,
    PoolLabel,
    PoolManifest,
    PoolMove,
    PoolRemove,
    PoolSelect,
    PoolSelected,
    PoolSetMask,
    PoolUndo,
    WirePath,
)
from rabbitviewer.commands import pool_adding, pool_named
from rabbitviewer.commands.arguments import Commands, text
from rabbitviewer.commands.documents import Document
from rabbitviewer.commands.mask_source import mask_file
from rabbitviewer.commands.pool_answers import photos, quoted, tell_pool, tell_problems, write_pool
from rabbitviewer.commands.pool_answers import pool_document as document
from rabbitviewer.commands.pool_slots import (
    PoolTalk,
    add_pool_option,
    free_index,
    slot_index,
)
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError
from rabbitviewer.commands.terminal import write_json, write_line, write_table
from rabbitviewer.ipc.blocking import ConnectionLostError


def add(commands: Commands) -> None:
    """Register the command."""
    verbs = commands.group("pool", "keep photos at hand, each with its own mask and label")
    add_pool_option(verbs.add("list", run_list, "list the photos of a pool"))
    pool_adding.add(verbs)
    remove = verbs.add("remove", run_remove, "take photos out of the pool; undo brings them back")
    remove.add_argument("indices", nargs="+", type=slot_index, metavar="INDEX")
    add_pool_option(remove)
    activate = verbs.add("activate", run_activate, "make a photo the active one")
    activate.add_argument("index", type=slot_index, metavar="INDEX")
    add_pool_option(activate)
    label = verbs.add("label", run_label, "give a photo a label")
    label.add_argument("index", type=slot_index, metavar="INDEX")
    label.add_argument("text", type=text, metavar="TEXT", help="empty: no label")
    add_pool_option(label)
    _add_mask_verbs(verbs)
    move = verbs.add("move", run_move, "move a photo within the pool")
    move.add_argument("source", type=slot_index, metavar="FROM")
    move.add_argument("to", type=free_index, metavar="TO", help="its index afterwards; -1: the end")
    add_pool_option(move)
    select = verbs.add("select", run_select, "tell what the pool gives to a script")
    select.add_argument(
        "--index", type=free_index, default=-1, metavar="N", help="default: -1, the active one"
    )
    add_pool_option(select)
    add_pool_option(verbs.add("undo", run_undo, "take back the newest change"))
    add_pool_option(verbs.add("redo", run_redo, "do again what undo took back"))
    pool_named.add(verbs)


def _add_mask_verbs(verbs: Commands) -> None:
    mask = verbs.add("set-mask", run_set_mask, "give a photo a mask, or take it away")
    mask.add_argument("index", type=slot_index, metavar="INDEX")
    mask.add_argument(
        "mask",
        nargs="?",
        metavar="MASK",
        help="a picture file, data:image/png;base64,..., or - for standard input",
    )
    mask.add_argument("--clear", action="store_true", help="no mask any more")
    mask.add_argument(
        "--alpha", action="store_true", help="its transparency; transparent becomes white"
    )
    mask.add_argument("--invert", action="store_true", help="white becomes black")
    mask.add_argument("--resize", action="store_true", help="fit a mask of another size")
    add_pool_option(mask)
    export = verbs.add("export-mask", run_export_mask, "write a photo's mask as a PNG")
    export.add_argument("index", type=slot_index, metavar="INDEX")
    export.add_argument("out", metavar="OUT.png")
    add_pool_option(export)


def run_list(args: argparse.Namespace, session: Session) -> int:
    """List the photos of a pool."""
    with session.connect() as connection:
        manifest = PoolTalk(connection, args.pool).before
    if session.json:
        write_json(document(manifest))
    else:
        write_pool(manifest)
    tell_problems(manifest)
    return 0


def run_remove(args: argparse.Namespace, session: Session) -> int:
    """Take photos out of the pool."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        slots = tuple(dict.fromkeys(talk.named(index).slot for index in args.indices))
        request = PoolRemove(slots=slots, pool=talk.pool_id)
        manifest = talk.change(request)
    left = f"{quoted(manifest.name)} holds {photos(len(manifest.slots))}"
    tell_pool(session, manifest, f"Removed {photos(len(slots))}; {left}")
    return 0


def run_activate(args: argparse.Namespace, session: Session) -> int:
    """Make a photo the active one."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        slot = talk.named(args.index)
        request = PoolActive(slot=slot.slot, pool=talk.pool_id)
        manifest = talk.change(request)
    tell_pool(session, manifest, f"Active: {manifest.active}  {os.fsdecode(slot.path)}")
    return 0


def run_label(args: argparse.Namespace, session: Session) -> int:
    """Give a photo a label."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        slot = talk.named(args.index)
        request = PoolLabel(label=args.text, slot=slot.slot, pool=talk.pool_id)
        manifest = talk.change(request)
    given = next((item.label for item in manifest.slots if item.slot == slot.slot), "")
    words = f"labelled {quoted(given)}" if given else "without a label"
    tell_pool(session, manifest, f"{os.fsdecode(slot.path)}: {words}")
    return 0


def run_set_mask(args: argparse.Namespace, session: Session) -> int:
    """Give a photo a mask, or take it away."""
    if args.clear == (args.mask is not None):
        raise UsageError("name the mask, or say --clear")
    if args.mask == "":
        raise UsageError("the mask is empty; give a PNG file, a data URI, or - for standard input")
    if args.clear and (args.alpha or args.invert or args.resize):
        raise UsageError("--clear takes the mask away; leave out --alpha, --invert and --resize")
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        slot = talk.named(args.index)
        request = PoolSetMask(slot=slot.slot, pool=talk.pool_id)
        if args.clear:
            manifest = talk.change(request)
        else:
            with mask_file(session, args.mask) as mask:
                request = PoolSetMask(
                    mask=mask.path,
                    slot=slot.slot,
                    pool=talk.pool_id,
                    alpha=args.alpha,
                    invert=args.invert,
                    resize=args.resize,
                    take=mask.take,
                )
                manifest = _mask_set(talk, request, args.mask)
    masked = any(item.mask for item in manifest.slots if item.slot == slot.slot)
    words = "has a mask" if masked else "has no mask"
    tell_pool(session, manifest, f"{os.fsdecode(slot.path)}: {words}")
    return 0


def _mask_set(talk: PoolTalk, request: PoolSetMask, mask: str) -> PoolManifest:
    """Send a mask; a refusal names it.

    Raises:
        RabbitError: what the daemon says.
    """
    try:
        return talk.change(request)
    except ConnectionLostError:
        raise
    except RabbitError as error:
        info = error.info
        message, path = info.message, os.fsdecode(request.mask)
        if request.take:
            message = message.replace(path, "The mask")
        elif path not in message:
            message = message.replace("The mask is", f"The mask {mask} is", 1)
        raise RabbitError(info.kind, message, info.hint, info.context) from error


def run_export_mask(args: argparse.Namespace, session: Session) -> int:
    """Write a photo's mask as a PNG."""
    output = _free_name(args.out)
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        slot = talk.named(args.index)
        request = MaskExport(output=output, slot=slot.slot, pool=talk.pool_id)
        connection.request(request, Done, None)
    if session.json:
        index = talk.before.slots.index(slot)
        write_json({"path": os.fsdecode(output), "index": index, "painted": bool(slot.mask)})
    else:
        write_line(os.fsdecode(output))
    return 0


def _free_name(out: str) -> WirePath:
    """Return where a mask is written: nothing that is there is replaced, the new one gets ``-N``.

    Raises:
        UsageError: it does not end with ``.png``.
    """
    stem, extension = os.path.splitext(os.path.abspath(out))  # noqa: PTH100, PTH122
    if extension.lower() != ".png":
        raise UsageError(f"{out}: the file must end with .png")
    names = itertools.chain([""], (f"-{number}" for number in itertools.count(1)))
    return WirePath.of(
        next(path for name in names if not os.path.lexists(path := f"{stem}{name}{extension}"))
    )


def run_move(args: argparse.Namespace, session: Session) -> int:
    """Move a photo within the pool."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        slot = talk.named(args.source)
        last = len(talk.before.slots) - 1
        to = last if args.to == -1 else min(args.to, last)
        request = PoolMove(to=to, slots=(slot.slot,), pool=talk.pool_id)
        manifest = talk.change(request)
    tell_pool(session, manifest, f"{os.fsdecode(slot.path)}: now at {to}")
    return 0


def run_select(args: argparse.Namespace, session: Session) -> int:
    """Tell what the pool gives to a script; an empty pool gives black pictures of one pixel."""
    found = session.ask(PoolSelect(index=args.index, pool=args.pool), PoolSelected, None)
    selected: Document = {
        "pool_id": found.pool_id,
        "index": found.index,
        "count": found.count,
        "label": found.label,
        "image": os.fsdecode(found.image),
        "mask": os.fsdecode(found.mask),
        "change_hash": found.change_hash,
    }
    if session.json:
        write_json(selected)
    else:
        write_table([(name.replace("_", " "), str(value)) for name, value in selected.items()])
    return 0


def run_undo(args: argparse.Namespace, session: Session) -> int:
    """Take back the newest change."""
    return _step(args, session, redo=False)


def run_redo(args: argparse.Namespace, session: Session) -> int:
    """Do again what undo took back."""
    return _step(args, session, redo=True)


def _step(args: argparse.Namespace, session: Session, *, redo: bool) -> int:
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        request = PoolUndo(redo=redo, pool=talk.pool_id)
        manifest = talk.change(request)
    what = talk.before.redo if redo else talk.before.undo
    tell_pool(session, manifest, f"{'Done again' if redo else 'Taken back'}: {what}")
    return 0
