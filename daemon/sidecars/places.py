"""Which sidecars belong to a photo, and what they are called when its name changes.

Programs name them in two ways: ``photo.jpg.xmp`` (darktable, digiKam) and ``photo.xmp``
(Lightroom, Bridge). The second is shared by all photos of that stem in the folder, a RAW and its
JPEG.
"""

from __future__ import annotations

import os

from daemon.protocol.formats import LISTED_EXTENSIONS

_ENDINGS = (b".xmp", b".XMP", b".Xmp")
_LONGEST_NAME = 255
_COMPANIONS = (b".pp3", b".dop", b".arp")
_PHOTO_ENDINGS = tuple(
    spelled
    for ending in sorted(LISTED_EXTENSIONS)
    for spelled in (ending.encode(), ending.upper().encode())
)


def sidecars(path: bytes) -> tuple[bytes, ...]:
    """Return the XMP files that speak of a photo, ``photo.jpg.xmp`` before ``photo.xmp``."""
    stem = os.path.splitext(path)[0]
    return _existing([base + ending for base in (path, stem) for ending in _ENDINGS])


def companions(path: bytes) -> tuple[bytes, ...]:
    """Return the sidecars that travel with a photo.

    Beside XMP these are RawTherapee's and DxO's. A ``photo.xmp`` that another photo of that stem
    needs stays; it travels with the last of them.
    """
    stem, ending = os.path.splitext(path)
    own = [path + one for one in (*_ENDINGS, *_COMPANIONS)]
    shared = [stem + one for one in _ENDINGS]
    if _existing(shared) and _has_partner(stem, ending):
        shared = []
    return _existing(own + shared)


def renamed(sidecar: bytes, old: bytes, new: bytes) -> bytes:
    """Return the path of a photo's sidecar after the photo *old* became *new*."""
    if sidecar.startswith(old + b"."):
        return new + sidecar[len(old) :]
    old_stem = os.path.splitext(old)[0]
    rest = sidecar[len(old_stem) :]
    return os.path.splitext(new)[0] + rest


def photos_of(sidecar: bytes) -> tuple[bytes, ...]:
    """Return the photos that a sidecar speaks of, and that are there."""
    base = os.path.splitext(sidecar)[0]
    return _existing([base, *(base + ending for ending in _PHOTO_ENDINGS)])


def new_sidecar(path: bytes, naming: str) -> bytes:
    """Return where a photo's first sidecar goes; *naming* is ``full`` or ``stem``.

    A name that would be too long for the file system is shortened to the stem's.
    """
    short = naming == "stem" or len(os.path.basename(path)) + len(b".xmp") > _LONGEST_NAME
    return (os.path.splitext(path)[0] if short else path) + b".xmp"


def _has_partner(stem: bytes, ending: bytes) -> bool:
    """Return whether another photo of that stem lies in the folder.

    The names are tried one by one: a folder may hold a hundred thousand.
    """
    for other in _PHOTO_ENDINGS:
        if other.lower() != ending.lower() and os.path.lexists(stem + other):
            return True
    return False


def _existing(names: list[bytes]) -> tuple[bytes, ...]:
    found: dict[tuple[int, int] | bytes, bytes] = {}
    for name in names:
        try:
            stat = os.lstat(name)
        except (OSError, ValueError):
            continue
        # where case does not count, two spellings are one file
        found.setdefault((stat.st_dev, stat.st_ino) if stat.st_ino else name.lower(), name)
    return tuple(found.values())
