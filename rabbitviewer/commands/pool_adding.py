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
from rabbitviewer.commands.pool_slots import PoolTalk, add_pool_option, free_index
from rabbitviewer.commands.session import Session
from rabbitviewer.commands.targets import absolute
from rabbitviewer.commands.terminal import (
    harmless,
    shown_path,
    write_error,
    write_json,
    write_line,
)
from rabbitviewer.ipc.blocking import ConnectionLostError

_AT_ONCE = 200


class Outcome(msgspec.Struct):
    """What became of the photos.

    Attributes:
        manifest: The pool afterwards.
        slots: The slot of each photo that is in it.
        failed: Why another one is not.
    """

    manifest: PoolManifest
    slots: dict[WirePath, str] = msgspec.field(default_factory=dict[WirePath, str])
    failed: dict[WirePath, ErrorInfo] = msgspec.field(default_factory=dict[WirePath, ErrorInfo])


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
    pools = os.fsencode(session.folders.data / "pools")
    with session.connect() as connection:
        adding = _Adding(PoolTalk(connection, args.pool), pools, args)
        outcome = adding.run(list(dict.fromkeys(paths)))
    _tell_refusals(outcome.failed)
    manifest = outcome.manifest
    tell_problems(manifest)
    if session.json:
        document = pool_document(manifest)
        document["added"] = [_added(path, outcome) for path in paths]
        write_json(document)
    elif outcome.slots:
        holds = f"{quoted(manifest.name)} holds {photos(len(manifest.slots))}"
        write_line(harmless(f"Added {photos(len(outcome.slots))}; {holds}"))
    return 1 if outcome.failed else 0


class _Adding:
    """Sends the photos in portions; what a portion leaves out is sent again photo by photo.

    Sent again, a photo is not added twice, but a copy would be: copies go one by one.
    """

    def __init__(self, talk: PoolTalk, pools: bytes, args: argparse.Namespace) -> None:
        """Prepare.

        Args:
            talk: With the pool.
            pools: The folder of all pools; a picture from there is always copied.
            args: As typed.
        """
        self._talk = talk
        self._pools = pools
        self._outcome = Outcome(talk.before)
        self._copy = bool(args.copy)
        self._activate = bool(args.activate)
        self._at = int(args.at)

    def run(self, paths: list[WirePath]) -> Outcome:
        """Return what became of *paths*, which are all different."""
        at_once = _AT_ONCE
        if self._copy or any(path.startswith(self._pools) for path in paths):
            at_once = 1
        for first in range(0, len(paths), at_once):
            for path in self._left_out(paths[first : first + at_once]):
                self._left_out([path])
        repaired = self._talk.before.problems
        self._outcome.manifest = msgspec.structs.replace(self._outcome.manifest, problems=repaired)
        return self._outcome

    def _left_out(self, paths: list[WirePath]) -> list[WirePath]:
        """Send photos; return those of which it is not clear why they did not come in."""
        try:
            problems = self._send(paths)
        except ConnectionLostError:
            raise
        except RabbitError as error:
            problems, refused = [], dict.fromkeys(paths, error.info)
        else:
            left = [path for path in paths if path not in self._outcome.slots]
            refused = {path: _refusal(path, problems) for path in left}
        if len(refused) > 1 and len(problems) != 1:
            return list(refused)
        self._outcome.failed |= refused
        return []

    def _send(self, paths: list[WirePath]) -> list[str]:
        """Send photos and note which slot each has; return what the daemon says besides."""
        before = {slot.slot for slot in self._outcome.manifest.slots}
        request = PoolAdd(
            paths=tuple(paths),
            pool=self._talk.pool_id,
            at=self._place(),
            copy=self._copy,
            activate=self._activate and not self._outcome.slots,
        )
        manifest = self._talk.change(request)
        self._outcome.manifest = manifest
        slots = manifest.slots
        known = {} if self._copy else {slot.path: slot.slot for slot in slots if not slot.own}
        found = {path: known[bytes(path)] for path in paths if bytes(path) in known}
        fresh = [s.slot for s in slots if s.slot not in before and s.slot not in found.values()]
        others = [path for path in paths if path not in found]
        if len(fresh) == len(others):
            found |= zip(others, fresh, strict=True)
        self._outcome.slots |= found
        return [each for each in manifest.problems if each not in self._talk.before.problems]

    def _place(self) -> int:
        """Return where the next photos go: behind those of ours that are there already."""
        if self._at == -1 or not self._outcome.slots:
            return self._at
        ours = set(self._outcome.slots.values())
        slots = self._outcome.manifest.slots
        return 1 + max(index for index, slot in enumerate(slots) if slot.slot in ours)


def _refusal(path: WirePath, problems: list[str]) -> ErrorInfo:
    """Return why a photo is not in the pool, in the daemon's words."""
    name = os.fsdecode(path)
    message = " ".join(problems) or f"{name} did not come into the pool."
    if name not in message:
        return ErrorInfo(ErrorKind.INVALID_REQUEST, message, "Put them into another pool.")
    if not os.path.exists(path):  # noqa: PTH110 - bytes
        return ErrorInfo(ErrorKind.NOT_FOUND, message, "Check its name.")
    return ErrorInfo(ErrorKind.NOT_A_PHOTO, message, "Leave it out.")


def _tell_refusals(failed: dict[WirePath, ErrorInfo]) -> None:
    """Write why photos are not in the pool; what is said of several is said once."""
    alike: dict[str, list[WirePath]] = {}
    for path, error in failed.items():
        alike.setdefault(error.message, []).append(path)
    for paths in alike.values():
        error = failed[paths[0]]
        if len(paths) == 1:
            write_error(error)
        else:
            first = shown_path(paths[0])
            write_error(error, f"rabbitviewer: {first} and {photos(len(paths) - 1)} more")


def _added(path: WirePath, outcome: Outcome) -> Document:
    """Return what became of one photo."""
    document: Document = {"path": os.fsdecode(path)}
    if path in outcome.failed:
        document["error"] = error_document(outcome.failed[path])
        return document
    name = outcome.slots[path]
    places = {slot.slot: index for index, slot in enumerate(outcome.manifest.slots)}
    return document | {"slot": name, "index": places[name]}
