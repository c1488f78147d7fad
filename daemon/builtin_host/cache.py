"""Results of nodes, kept by what they were made from."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import Any

from daemon.builtin_host.calls import Held, size_bytes
from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.catalogue import Catalogue
from daemon.builtin_host.values import Json, is_link

CACHE_LIMIT_BYTES = 768 << 20


class ResultCache:
    """Least recently used results of nodes, bounded by the bytes of their arrays."""

    def __init__(self, limit_bytes: int = CACHE_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._entries: OrderedDict[str, tuple[Held, int]] = OrderedDict()
        self._size_bytes = 0

    def get(self, key: str) -> Held | None:
        """The result kept under *key*, or ``None``."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: str, result: Held) -> None:
        """Keep a result; the oldest go when the limit is passed."""
        self._drop(key)
        size = size_bytes(result.slots)
        self._entries[key] = (result, size)
        self._size_bytes += size
        while self._size_bytes > self._limit_bytes and self._entries:
            self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Forget everything (``/free``)."""
        self._entries.clear()
        self._size_bytes = 0

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size_bytes -= entry[1]


def signatures(
    prompt: Json, catalogue: Catalogue, folders: HostFolders
) -> tuple[dict[str, str], dict[str, str]]:
    """Cache key and file fingerprint of every valid node.

    Two nodes share a key when class, literal inputs, files and everything upstream are the same;
    node ids do not matter.

    Returns:
        Keys by node id, and fingerprints of the nodes that read files.
    """
    keys: dict[str, str] = {}
    fingerprints: dict[str, str] = {}

    def key_of(node_id: str) -> str:
        if node_id not in keys:
            keys[node_id] = _signature(prompt[node_id], node_id)
        return keys[node_id]

    def _signature(node: Json, node_id: str) -> str:
        node_class = catalogue[node["class_type"]]
        inputs: Json = node["inputs"]
        if node_class.fingerprint is not None:
            fingerprints[node_id] = node_class.fingerprint(inputs, folders)
        declared = node_class.inputs(inputs)
        parts: list[Any] = [node["class_type"], fingerprints.get(node_id)]
        for name in sorted(inputs):
            value = inputs[name]
            if name in declared and is_link(value):
                value = {"from": key_of(value[0]), "slot": value[1]}
            parts.append([name, value])
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    for node_id in prompt:
        try:
            key_of(node_id)
        except (LookupError, TypeError, RecursionError):
            keys.pop(node_id, None)
    return keys, fingerprints
