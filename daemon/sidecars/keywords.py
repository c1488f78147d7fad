"""Keywords in XMP: the flat list and the hierarchies of several programs, kept in step.

A keyword of a hierarchy is written ``Animals|Birds|Gulls``. ``dc:subject`` holds the words alone;
``lr:hierarchicalSubject``, ``digiKam:TagsList`` and their like hold the whole path.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.sidecars.edit import Editor
from daemon.sidecars.names import HIERARCHICAL, HIERARCHIES, SUBJECT
from daemon.sidecars.packet import Packet

LEVEL = "|"
_INTERNAL = "darktable|"


def read_keywords(packet: Packet) -> tuple[str, ...]:
    """Return the keywords, each once: those of a hierarchy with their path.

    Words of ``dc:subject`` that are a level of a hierarchy are not told a second time, and what
    darktable notes for itself (``darktable|format|…``) is not told at all.
    """
    paths = _paths(packet)
    levels = {level for path in paths if LEVEL in path for level in path.split(LEVEL)}
    alone = [word for word in _texts(packet) if word not in levels]
    found = [*(path for path in paths if LEVEL in path or path not in levels), *alone]
    return tuple(dict.fromkeys(word for word in found if word and not word.startswith(_INTERNAL)))


def change_keywords(
    packet: Packet, editor: Editor, added: Sequence[str], removed: Sequence[str]
) -> None:
    """Add keywords and take others away, in every list that the packet has."""
    kept = [path for path in _paths(packet) if path not in removed]
    levels = {level for path in (*kept, *added) for level in path.split(LEVEL)}
    gone = {level for path in removed for level in path.split(LEVEL)} - levels
    words = [path.rpartition(LEVEL)[2] for path in added]
    editor.change_list(SUBJECT, add=words, remove={*gone, *removed})
    for name, between in HIERARCHIES.items():
        has = any(True for _ in packet.elements(name))
        if has or (name == HIERARCHICAL and any(LEVEL in path for path in added)):
            editor.change_list(
                name,
                add=[path.replace(LEVEL, between) for path in added],
                remove={path.replace(LEVEL, between) for path in removed},
            )


def _texts(packet: Packet) -> list[str]:
    return [item.text.strip() for item in packet.items(SUBJECT)]


def _paths(packet: Packet) -> list[str]:
    """Return the entries of all hierarchies, each once, with ``|`` between their levels."""
    found: dict[str, None] = {}
    for name, between in HIERARCHIES.items():
        for item in packet.items(name):
            found[item.text.strip().replace(between, LEVEL)] = None
    return list(found)
