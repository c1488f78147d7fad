"""Reading a photo that an earlier task of this worker may have decoded already."""

from __future__ import annotations

import os
import time

from daemon.decode.model import Photo
from daemon.decode.photo import read_photo
from daemon.decode.source import open_source
from daemon.handlers.decoded_photos import DecodedPhotos, FileStamp

_SETTLED_NS = 2_500_000_000
"""File systems count time in steps of up to two seconds: within one, two states look the same."""


def read_and_keep(path: bytes, photos: DecodedPhotos) -> Photo:
    """Read a photo, and keep it for :func:`read_kept` where that is safe; do not change it.

    Raises:
        RabbitError: as :func:`daemon.decode.photo.read_photo`.
    """
    before = _stamp(path)
    photo = read_photo(path)
    settled = time.time_ns() - max(before.mtime_ns, before.ctime_ns) > _SETTLED_NS
    if settled and _stamp(path) == before:
        photos.keep(path, before, photo)
    return photo


def read_kept(path: bytes, photos: DecodedPhotos) -> Photo:
    """Return a photo for good: the one kept while its file is the same, else decoded anew.

    Raises:
        RabbitError: as :func:`daemon.decode.photo.read_photo`.
    """
    return photos.take(path, _stamp(path)) or read_photo(path)


def _stamp(path: bytes) -> FileStamp:
    """Ask for the state of the file as it is when opened: some systems know no better else."""
    with open_source(path) as source:
        found = os.fstat(source.file.fileno())
    return FileStamp(
        found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    )
