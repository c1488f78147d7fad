"""The list of looks as lines of JSON: what each line says, and what all of them come to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from daemon.protocol.values import LookInfo

LOOK_ID = re.compile(r"[0-9a-f]{32}")
_HEAD_LINES = 400


class StoredLook(msgspec.Struct, frozen=True):
    """A look as the list has it.

    Attributes:
        info: What clients know.
        digest: Of its LUT's bytes, BLAKE2b, hexadecimal; empty: unknown.
        deleted: When, seconds since 1970; 0: it is in the library.
    """

    info: LookInfo
    digest: str = ""
    deleted: float = 0.0


Known = dict[str, StoredLook]


def read_lines(data: bytes) -> tuple[Known, int]:
    """Return the looks that *data* comes to, and how many lines were damaged."""
    known: Known = {}
    damaged = 0
    for line in data.splitlines():
        try:
            apply_change(known, json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            damaged += 1
    return known, damaged


def apply_change(known: Known, change: dict[str, Any]) -> None:
    """Carry out one line.

    Raises:
        ValueError, TypeError, KeyError: it is none.
    """
    if "save" in change:
        info = msgspec.convert(change["save"], LookInfo)
        if not LOOK_ID.fullmatch(info.look_id):
            raise ValueError(info.look_id)
        known[info.look_id] = StoredLook(info, str(change.get("blake2b", "")))
    elif "rename" in change:
        look = known[change["rename"]]
        info = msgspec.structs.replace(look.info, name=str(change["name"]))
        known[change["rename"]] = msgspec.structs.replace(look, info=info)
    elif "delete" in change:
        look = known[change["delete"]]
        known[change["delete"]] = msgspec.structs.replace(look, deleted=float(change["at"]))
    elif "restore" in change:
        look = known[change["restore"]]
        known[change["restore"]] = msgspec.structs.replace(look, deleted=0.0)
    elif "forget" in change:
        known.pop(str(change["forget"]), None)
    else:
        raise ValueError("an unknown change")


def saved(info: LookInfo, digest: str) -> dict[str, Any]:
    """Return the line that says that a look came."""
    return {"save": msgspec.to_builtins(info), "blake2b": digest}


def lines_of(known: Known) -> list[dict[str, Any]]:
    """Return the fewest lines that come to *known*."""
    lines = [saved(look.info, look.digest) for look in known.values()]
    lines += [{"delete": key, "at": look.deleted} for key, look in known.items() if look.deleted]
    return lines


def encoded(changes: Iterable[dict[str, Any]]) -> bytes:
    """Return *changes* as they stand in the file; ASCII, one per line."""
    return b"".join(json.dumps(change).encode("ascii") + b"\n" for change in changes)


def info_from_head(look_id: str, head: bytes, added: float) -> LookInfo | None:
    """Return what a ``.cube`` of ours says of itself; None: it is no 3D or 1D LUT.

    Args:
        look_id: From its name.
        head: The beginning of the file.
        added: For want of better, the file's time.
    """
    title, size, space = "", 0, "srgb"
    for raw in head.splitlines()[:_HEAD_LINES]:
        line = raw.decode("utf-8", "replace").strip()
        keyword, _, rest = line.partition(" ")
        rest = rest.strip()
        if keyword == "TITLE":
            title = rest.strip('"')
        elif keyword in ("LUT_3D_SIZE", "LUT_1D_SIZE") and rest.isdecimal():
            size = int(rest) if keyword == "LUT_3D_SIZE" or not size else size
        elif line.startswith("# rabbitviewer-title:"):
            title = line.partition(":")[2].strip()
        elif line.startswith("# rabbitviewer-space:"):
            space = line.partition(":")[2].strip()
    if not size:
        return None
    return LookInfo(look_id=look_id, name=title or "Look", added=added, space=space, size=size)
