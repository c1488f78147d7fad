"""What ``rabbitviewer grade`` asks for: one request per photo, named or taken from a pool."""

from __future__ import annotations

import argparse
import os

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest, PoolManifest, WirePath
from rabbitviewer.commands.pool_answers import quoted, tell_problems
from rabbitviewer.commands.pool_slots import PoolTalk, used_index
from rabbitviewer.commands.targets import UsageError, absolute, cube_target, output_target
from rabbitviewer.ipc.blocking import DaemonConnection


class Wanted(msgspec.Struct, frozen=True):
    """One photo's grade: *path* is what a report names, also where a pool knows the photo."""

    path: bytes
    request: AiEditRequest


def check_usage(args: argparse.Namespace) -> None:
    """Find what was typed wrongly before anything is asked.

    Raises:
        UsageError: something was.
    """
    if not args.prompt.strip() and (args.prompt or "operation" not in args):
        raise UsageError("--prompt is empty; say what the photo should look like")
    if args.fit == "model" and args.cube:
        raise UsageError("--fit model keeps the model's picture and makes no LUT; leave out --cube")
    if args.fit == "model" and args.channels != "all":
        raise UsageError("--fit model keeps the model's picture as it is; leave out --channels")
    if args.mask == "":
        raise UsageError("--mask is empty; name a PNG, or leave it out")
    if args.resize_mask and args.mask is None:
        raise UsageError("--resize-mask fits the mask of --mask; name one")
    if args.pool is None:
        _check_photos(args)
    else:
        _check_pool(args)
    count = _least_count(args)
    output_target(args.out, count)
    cube_target(args.cube, "photo", count)


def _check_photos(args: argparse.Namespace) -> None:
    if not args.photos:
        raise UsageError("name the photos, or a pool with --pool")
    for option, given in (
        ("--index", args.index is not None),
        ("--all", args.all),
        ("--no-mask", args.no_mask),
    ):
        if given:
            raise UsageError(f"{option} goes with --pool NAME")


def _check_pool(args: argparse.Namespace) -> None:
    if args.photos:
        raise UsageError("--pool takes the photos from the pool; leave out PHOTO")
    if args.all and args.index is not None:
        raise UsageError("--all grades every photo of the pool; leave out --index")
    if args.no_mask and args.mask is not None:
        raise UsageError("--no-mask and --mask contradict each other; give one of them")


def _least_count(args: argparse.Namespace) -> int:
    """Return for how many photos ``-o`` has to do; a whole pool may hold several."""
    return 2 if args.all else max(1, len(args.photos))


def wanted_grades(
    args: argparse.Namespace, mask: WirePath, connection: DaemonConnection
) -> list[Wanted]:
    """Return what to ask for, in the order given or in the pool's.

    Args:
        args: As typed, and checked by :func:`check_usage`.
        mask: The mask for all of them; empty: none, or each slot's own.
        connection: Tells what is in the pool.

    Raises:
        RabbitError: the pool is not there or empty.
    """
    if args.pool is None:
        return [_wanted(args, photo, mask) for photo in args.photos]
    manifest = PoolTalk(connection, args.pool).before
    tell_problems(manifest)
    if not manifest.slots:
        raise RabbitError(
            ErrorKind.NOT_FOUND,
            f"The pool {quoted(manifest.name)} is empty.",
            "Add photos with `rabbitviewer pool add PHOTO...`.",
        )
    indices = range(len(manifest.slots))
    if not args.all:
        index = used_index(manifest, -1 if args.index is None else args.index)
        indices = range(index, index + 1)
    return [_pooled(args, manifest, index, mask) for index in indices]


def _wanted(args: argparse.Namespace, photo: str, mask: WirePath) -> Wanted:
    path = absolute(photo)
    request = msgspec.structs.replace(_request(args, photo, mask), path=path)
    return Wanted(bytes(path), request)


def _pooled(args: argparse.Namespace, manifest: PoolManifest, index: int, mask: WirePath) -> Wanted:
    slot = manifest.slots[index]
    request = msgspec.structs.replace(
        _request(args, os.fsdecode(slot.path), mask),
        pool=manifest.pool_id,
        index=index,
        slot=slot.slot,
        whole=args.no_mask,
    )
    return Wanted(slot.path, request)


def _request(args: argparse.Namespace, photo: str, mask: WirePath) -> AiEditRequest:
    """Return the request for *photo*, without saying which photo it is."""
    count = _least_count(args)
    return AiEditRequest(
        path=WirePath(),
        prompt=args.prompt,
        strength=args.strength,
        fit=args.fit,
        lut_size=args.lut_size,
        long_edge_px=args.long_edge,
        output=output_target(args.out, count),
        cube=cube_target(args.cube, photo, count),
        mask=mask,
        resize_mask=args.resize_mask,
        channels=args.channels,
    )
