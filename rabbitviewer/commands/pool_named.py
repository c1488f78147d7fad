"""``rabbitviewer pool``: whole pools, by name: new, use, rename, copies, archives, the trash."""

from __future__ import annotations

import argparse
import os

from daemon.protocol.messages import (
    PoolDelete,
    PoolDetach,
    PoolDuplicate,
    PoolExport,
    PoolExported,
    PoolImport,
    PoolManifest,
    PoolNew,
    PoolRename,
    PoolUse,
)
from rabbitviewer.commands.arguments import Commands, text
from rabbitviewer.commands.pool_answers import photos, pool_document, quoted, tell_pool
from rabbitviewer.commands.pool_slots import PoolTalk, add_pool_option, pool_name
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import UsageError, absolute, ending_of
from rabbitviewer.commands.terminal import harmless, write_json, write_line, write_note


def add(verbs: Commands) -> None:
    """Register the verbs."""
    new = verbs.add("new", run_new, "make an empty pool and make it the current one")
    new.add_argument("name", type=text, metavar="NAME", help="a taken one gets (2)")
    use = verbs.add("use", run_use, "make a pool the current one")
    use.add_argument("pool", type=pool_name, metavar="NAME")
    rename = verbs.add("rename", run_rename, "give the pool another name")
    rename.add_argument("name", type=text, metavar="NEW")
    add_pool_option(rename)
    duplicate = verbs.add("duplicate", run_duplicate, "copy the pool with its masks and labels")
    duplicate.add_argument(
        "name", type=text, nargs="?", default="", metavar="NEW", help="default: its own with (2)"
    )
    add_pool_option(duplicate)
    detach = verbs.add("detach", run_detach, "copy the pool under an id of its own")
    add_pool_option(detach)
    add_pool_option(verbs.add("delete", run_delete, "put the pool into the trash"))
    export = verbs.add("export", run_export, "write the pool with its pictures as an archive")
    export.add_argument("out", metavar="OUT.zip", help="without .zip: a folder")
    add_pool_option(export)
    importing = verbs.add("import", run_import, "read an exported pool as a new one")
    importing.add_argument("source", metavar="IN.zip", help="an archive or a folder")
    importing.add_argument("--name", type=text, default="", help="default: as it was called")


def run_new(args: argparse.Namespace, session: Session) -> int:
    """Make an empty pool."""
    manifest = session.ask(PoolNew(name=_name(args.name)), PoolManifest)
    tell_pool(session, manifest, f"Made {quoted(manifest.name)}; it is the current pool")
    return 0


def run_use(args: argparse.Namespace, session: Session) -> int:
    """Make a pool the current one."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        manifest = talk.change(PoolUse(pool=talk.pool_id))
    tell_pool(session, manifest, f"{quoted(manifest.name)} is the current pool")
    return 0


def run_rename(args: argparse.Namespace, session: Session) -> int:
    """Give the pool another name."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        request = PoolRename(name=_name(args.name), pool=talk.pool_id)
        manifest = talk.change(request)
    tell_pool(session, manifest, f"{quoted(talk.before.name)} is {quoted(manifest.name)} now")
    return 0


def run_duplicate(args: argparse.Namespace, session: Session) -> int:
    """Copy the pool."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        request = PoolDuplicate(pool=talk.pool_id, name=args.name)
        manifest = talk.change(request)
    words = f"Copied {quoted(talk.before.name)} as {quoted(manifest.name)}: {manifest.pool_id}"
    tell_pool(session, manifest, words)
    return 0


def run_detach(args: argparse.Namespace, session: Session) -> int:
    """Copy the pool under an id of its own."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        manifest = talk.change(PoolDetach(pool=talk.pool_id))
    words = f"Detached from {quoted(talk.before.name)}: {quoted(manifest.name)}, {manifest.pool_id}"
    tell_pool(session, manifest, words)
    return 0


def run_delete(args: argparse.Namespace, session: Session) -> int:
    """Put the pool into the trash."""
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        manifest = talk.change(PoolDelete(pool=talk.pool_id))
    if session.json:
        gone = {"pool_id": talk.pool_id, "name": talk.before.name, "count": len(talk.before.slots)}
        write_json(pool_document(manifest) | {"deleted": gone})
    else:
        now = f"the current pool is {quoted(manifest.name)}"
        write_line(harmless(f"{quoted(talk.before.name)} is in the trash; {now}"))
    return 0


def run_export(args: argparse.Namespace, session: Session) -> int:
    """Write the pool as an archive or a folder."""
    if not args.out:
        raise UsageError("OUT.zip is empty; name an archive or a folder")
    if not args.out.endswith((os.sep, "/")) and ending_of(args.out).lower() not in ("", ".zip"):
        raise UsageError(
            f"{args.out}: a pool is written as a .zip or a folder; end a folder with /"
        )
    with session.connect() as connection:
        talk = PoolTalk(connection, args.pool)
        request = PoolExport(output=absolute(args.out), pool=talk.pool_id)
        exported = connection.request(request, PoolExported, None)
    path = os.fsdecode(exported.path)
    if session.json:
        write_json(
            {
                "pool_id": talk.pool_id,
                "path": path,
                "count": exported.count,
                "notes": list(exported.notes),
            }
        )
        return 0
    write_line(path)
    write_note(f"{photos(exported.count)} of {quoted(talk.before.name)}.")
    for note in exported.notes:
        write_note(note)
    return 0


def run_import(args: argparse.Namespace, session: Session) -> int:
    """Read an exported pool as a new one."""
    request = PoolImport(path=absolute(args.source), name=args.name)
    manifest = session.ask(request, PoolManifest, None)
    words = f"Imported {photos(len(manifest.slots))} as {quoted(manifest.name)}: {manifest.pool_id}"
    tell_pool(session, manifest, words)
    return 0


def _name(name: str) -> str:
    if not name.strip():
        raise UsageError("a pool's name is empty; give it one")
    return name
