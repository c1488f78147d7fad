"""Whether sidecars changed since the facts of photos were read; blocking, for threads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from daemon.library.arrange_columns import Columns
from daemon.library.changes import photos_of_sidecars
from daemon.library.roll import Roll
from daemon.sidecars import sidecars


def newest_sidecar(path: bytes) -> int:
    """Return when the newest XMP file of a photo was written, in nanoseconds; 0: there is none."""
    newest = 0
    for sidecar in sidecars(path):
        try:
            newest = max(newest, os.stat(sidecar).st_mtime_ns)
        except OSError:
            continue
    return newest


def really_stale(prefix: bytes, ids: Iterable[int], columns: Columns) -> list[int]:
    """Return those of *ids* whose file or sidecar is not as the facts say; *prefix* as below."""
    return [
        i
        for i in sorted(ids)
        if i < len(columns)
        and columns.here[i]
        and not (
            columns.known[i]
            and columns.is_current(i)
            and newest_sidecar(prefix + columns.names[i]) == columns.sidecars[i]
        )
    ]


def stale_by_sidecar(
    prefix: bytes,
    wanted: Mapping[bytes, Sequence[bytes] | None],
    roll: Roll,
    columns: Columns,
) -> list[int]:
    """Return the ids of known photos whose sidecar came, went or changed.

    Args:
        prefix: What the roll's names are relative to, with a slash at its end.
        wanted: Names by folder; ``None``: all of the folder.
        roll: The photos.
        columns: What is known of them.
    """
    with_sidecar: set[int] = set()
    for folder, names in wanted.items():
        below = folder[len(prefix) :]
        relative = below + b"/" if below else b""
        if names is None:
            found = _sidecars_in(folder)
            with_sidecar.update(photos_of_sidecars(roll, [relative + name for name in found]))
        else:
            with_sidecar.update(roll.id_of(relative + name) for name in names)
    with_sidecar.discard(-1)
    count = len(columns)
    had_one = {i for i, mtime in enumerate(columns.sidecars) if mtime and columns.here[i]}
    return [
        i
        for i in sorted(with_sidecar | had_one)
        if i < count
        and columns.known[i]
        and newest_sidecar(prefix + columns.names[i]) != columns.sidecars[i]
    ]


def _sidecars_in(folder: bytes) -> list[bytes]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.name[-4:].lower() == b".xmp"]
    except OSError:
        return []
