"""Many paths, divided into what one message of the protocol holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from daemon.protocol.messages import WirePath

MOST_PATHS = 2000
_MOST_BYTES = 256 << 10
_BYTES_BESIDE = 8


def path_parts(paths: Iterable[bytes]) -> Iterator[tuple[WirePath, ...]]:
    """Yield *paths* in order, as many as fit a message and an answer that names them twice."""
    part: list[WirePath] = []
    size = 0
    for path in paths:
        if part and (len(part) == MOST_PATHS or size + len(path) > _MOST_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(WirePath(path))
        size += len(path) + _BYTES_BESIDE
    if part:
        yield tuple(part)
