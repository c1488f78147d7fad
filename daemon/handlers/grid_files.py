"""The file of what varies over a picture, beside the ``.cube`` of its grade."""

from __future__ import annotations

import os

from daemon.decode.plain import open_regular
from daemon.handlers.lut_files import write_synced
from daemon.imaging.spatial import SpatialGrid
from daemon.protocol.errors import ErrorKind, RabbitError

_MAX_BYTES = 64 << 20


def write_grid(path: bytes, grid: SpatialGrid) -> None:
    """Write a grid; it is on the disk on return.

    Raises:
        RabbitError: ``disk_full`` or ``permission_denied``.
    """
    write_synced(path, grid.to_bytes())


def read_grid(path: bytes) -> SpatialGrid:
    """Read a grid.

    Raises:
        RabbitError: it is not there, none, too large or damaged.
    """
    name = os.fsdecode(path)
    with open_regular(path) as file:
        content = file.read(_MAX_BYTES + 1)
    try:
        return SpatialGrid.from_bytes(content)
    except ValueError as error:
        raise RabbitError(
            ErrorKind.UNREADABLE,
            f"The spatial grade {name} cannot be used: {error}.",
            "Run the grade again.",
        ) from error
