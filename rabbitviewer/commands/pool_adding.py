"""``rabbitviewer pool add``: photos into a pool; one that cannot be does not stop the others."""

from __future__ import annotations

import argparse
import os

import msgspec

from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import PoolAdd, PoolManifest, WirePath
from rabbitviewer.commands.arguments import Commands
from rabbitviewer.commands.documents import Document, error_document
from rabbitviewer.commands.pool_answers import photos, pool_document, quoted, tell_problems
from rabbitviewer.commands.pool_slots import add_pool_option, asked_pool, free_index
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import absolute
from rabbitviewer.commands.terminal import harmless, write_error, write_json, write_line
from rabbitviewer.ipc.blocking import ConnectionLostError, DaemonConnection

_AT_ONCE = 200


class Outcome(msgspec.Struct):
    """What became of the photos.

    Attributes:
        manifest: The pool afterwards.
        slots: The slot of each photo that is in it.
        failed: Why another one is not.
        problems: What was repaired on the way.
    """

    manifest: PoolManifest
    slots: dict[WirePath, str] = msgspec.field(default_factory=dict[WirePath, str])
    failed: dict[WirePath, ErrorInfo] = msgspec.field(default_factory=dict[WirePath, ErrorInfo])
    problems: list[str] = msgspec.field(default_factory=list[str])


def add(verbs: Commands) -> None:
    """Register the verb."""
    parser = verbs.add("add", run_add, "put photos into the pool")
    parser.add_argument("photos", nargs="+", metavar="PHOTO")
    parser.add_argument(
        "--at", type=free_index, default=-1, metavar="INDEX", help="default: at the end"
    )
    parser.add_argument("--copy", action="store_true", help="keep the pictures in the pool itself")
    parser.add_argument("--activate", action="store_true", help="make the first the active one")
    add_pool_option(parser)


def run_add(args: argparse.Namespace, session: Session) -> int:
    """Put photos into the pool; 1 if one could not be."""
    paths = [absolute(photo) for photo in args.photos]
    with session.connect() as connection:
        adding = _Adding(connection, asked_pool(connection, args.pool), args)
        outcome = adding.run(list(dict.fromkeys(paths)))
    for error in outcome.failed.values():
        write_error(error)
    tell_problems(msgspec.structs.replace(outcome.manifest, problems=tuple(outcome.problems)))
    manifest = outcome.manifest
    if session.json:
        document = pool_document(manifest)
        document["problems"] = outcome.problems
        document["added"] = [_added(path, outcome) for path in paths]
        write_json(document)
    elif outcome.slots:
        holds = f"{quoted(manifest.name)} holds {photos(len(manifest.slots))}"
        write_line(harmless(f"Added {photos(len(outcome.slots))}; {holds}"))
    return 1 if outcome.failed else 0


class _Adding:
    """Sends the photos in portions; a portion that is refused is sent photo by photo."""

    def __init__(
        self, connection: DaemonConnection, manifest: PoolManifest, args: argparse.Namespace
    ) -> None:
        self._connection = connection
        self._outcome = Outcome(manifest)
        self._copy = bool(args.copy)
        self._activate = bool(args.activate)
        self._at = int(args.at)

    def run(self, paths: list[WirePath]) -> Outcome:
        """Return what became of *paths*, which are all different."""
        for first in range(0, len(paths), _AT_ONCE):
            self._send(paths[first : first + _AT_ONCE])
        return self._outcome

    def _send(self, paths: list[WirePath]) -> None:
        before = {slot.slot for slot in self._outcome.manifest.slots}
        request = PoolAdd(
            paths=tuple(paths),
            pool=self._outcome.manifest.pool_id,
            at=self._place(),
            copy=self._copy,
            activate=self._activate and not self._outcome.slots,
        )
        try:
            manifest = self._connection.request(request, PoolManifest, None)
        except ConnectionLostError:
            raise
        except RabbitError as error:
            if len(paths) == 1:
                self._outcome.failed[paths[0]] = error.info
                return
            for path in paths:
                self._send([path])
            return
        self._outcome.manifest = manifest
        self._outcome.problems += manifest.problems
        self._find(paths, before)

    def _place(self) -> int:
        """Return where the next photos go: behind those of ours that are there already."""
        if self._at == -1 or not self._outcome.slots:
            return self._at
        ours = set(self._outcome.slots.values())
        slots = self._outcome.manifest.slots
        return 1 + max(index for index, slot in enumerate(slots) if slot.slot in ours)

    def _find(self, paths: list[WirePath], before: set[str]) -> None:
        """Note which slot each of *paths* has now."""
        slots = self._outcome.manifest.slots
        by_path = {slot.path: slot.slot for slot in slots if not slot.own}
        named = {by_path[bytes(path)] for path in paths if bytes(path) in by_path}
        fresh = iter([slot.slot for slot in slots if slot.slot not in before | named])
        for path in paths:
            slot = by_path.get(bytes(path)) or next(fresh, None)
            if slot is None:
                self._outcome.failed[path] = _left_out(path)
            else:
                self._outcome.slots[path] = slot


def _left_out(path: WirePath) -> ErrorInfo:
    return ErrorInfo(
        ErrorKind.NOT_A_PHOTO,
        f"{os.fsdecode(path)} did not come into the pool.",
        "See what `rabbitviewer info` says of it.",
    )


def _added(path: WirePath, outcome: Outcome) -> Document:
    """Return what became of one photo."""
    document: Document = {"path": os.fsdecode(path)}
    if path in outcome.failed:
        document["error"] = error_document(outcome.failed[path])
        return document
    name = outcome.slots[path]
    places = {slot.slot: index for index, slot in enumerate(outcome.manifest.slots)}
    return document | {"slot": name, "index": places[name]}
