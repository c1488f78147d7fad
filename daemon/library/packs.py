"""Packed pictures on the disk: append-only files with a small index each, up to a size limit.

``NAME.pack`` holds JPEGs one after another, ``NAME.index`` one record of fixed size per JPEG with
its checksum. Whatever a crash, a power cut or a full disk leaves half done is not found again: a
record that is incomplete or leads outside its pack is dropped, and a JPEG is checked when it is
read. The folder may be deleted at any time. Over the limit the oldest pack goes; what is looked at
in an old pack is written again into the newest, so that it stays.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import struct
import threading
import time
import zlib
from pathlib import Path
from typing import NamedTuple

from daemon.protocol.endpoint import make_private

log = logging.getLogger(__name__)

_RECORD = struct.Struct("<16sIIIIIII")
_PLACE = struct.Struct("<IIIIIIII")
_SUFFIX, _INDEX_SUFFIX = b".pack", b".index"
_PACKS_PER_LIMIT = 16
_LEAST_PACK_BYTES, _MOST_PACK_BYTES = 1 << 20, 256 << 20
_REST_AFTER_FAILURE_S = 30.0


class Cached(NamedTuple):
    """Where a kept picture stands, and what it is.

    Attributes:
        pack_path: The file.
        offset: Where in it.
        length: Its bytes.
        checksum: CRC-32 of them.
        width_px: Of the picture.
        height_px: As above.
        source_width_px: Upright width of the photo that it shows.
        source_height_px: As above.
    """

    pack_path: bytes
    offset: int
    length: int
    checksum: int
    width_px: int
    height_px: int
    source_width_px: int
    source_height_px: int


class PackStore:
    """Pictures by a key of 16 bytes; every method blocks and may be called on any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsencode(folder)
        self._lock = threading.Lock()
        self._places: dict[bytes, bytes] | None = None
        self._packs: dict[int, int] = {}
        self._open: tuple[int, int] | None = None
        self._resting_until = 0.0

    def find(self, key: bytes) -> Cached | None:
        """Return where the picture of *key* stands; None when there is none."""
        with self._lock:
            place = self._known().get(key)
        if place is None:
            return None
        number, *rest = _PLACE.unpack(place)
        return Cached(self._path(number), *rest)

    def read(self, key: bytes) -> bytes | None:
        """Return the JPEG of *key*; None when there is none, or it is not what was written."""
        found = self.find(key)
        if found is None:
            return None
        try:
            with open(found.pack_path, "rb", buffering=0) as file:
                file.seek(found.offset)
                data = file.read(found.length)
        except OSError:
            data = b""
        if len(data) != found.length or zlib.crc32(data) != found.checksum:
            self.drop(key)
            return None
        return data

    def add(
        self, key: bytes, jpeg: bytes, size: tuple[int, int], source: tuple[int, int], limit_mb: int
    ) -> None:
        """Keep *jpeg*; a folder that cannot be written is no failure, nothing is kept then.

        Args:
            key: 16 bytes.
            jpeg: The picture.
            size: Its width and height.
            source: Upright width and height of the photo that it shows.
            limit_mb: Of all packs together; 0: keep nothing.
        """
        if not jpeg or not limit_mb or time.monotonic() < self._resting_until:
            return
        with self._lock:
            try:
                self._append(key, jpeg, (*size, *source), limit_mb << 20)
            except OSError as error:
                log.warning("the cache cannot be written: %s", error.strerror)
                self._resting_until = time.monotonic() + _REST_AFTER_FAILURE_S
                self._close_open()

    def freshen(self, key: bytes, limit_mb: int) -> None:
        """Write a picture of an old pack again, so that it does not go with it."""
        with self._lock:
            place = self._known().get(key)
            total = sum(self._packs.values())
            old = sorted(self._packs)[: len(self._packs) // 2]
            half_full = total > (limit_mb << 20) // 2
            if place is None or not half_full or _PLACE.unpack(place)[0] not in old:
                return
        data = self.read(key)
        if data is not None:
            _, _, _, _, *sizes = _PLACE.unpack(place)
            self.add(key, data, (sizes[0], sizes[1]), (sizes[2], sizes[3]), limit_mb)

    def drop(self, key: bytes) -> None:
        """Forget a picture."""
        with self._lock:
            self._known().pop(key, None)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._close_open()

    # ------------------------------------------------------------ the index

    def _known(self) -> dict[bytes, bytes]:
        if self._places is None:
            self._places = {}
            for number in self._numbers():
                self._load(number)
        return self._places

    def _numbers(self) -> list[int]:
        try:
            names = os.listdir(self._folder)
        except OSError:
            return []
        found = [name[: -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX)]
        return sorted(int(name) for name in found if name.isdigit())

    def _load(self, number: int) -> None:
        """Read the index of a pack; one without any goes."""
        try:
            pack_bytes = os.stat(self._path(number)).st_size
            with open(self._path(number, _INDEX_SUFFIX), "rb") as file:
                data = file.read()
        except OSError:
            self._remove(number)
            return
        places = self._places if self._places is not None else {}
        whole = len(data) - len(data) % _RECORD.size
        for key, *rest in _RECORD.iter_unpack(memoryview(data)[:whole]):
            offset, length = rest[0], rest[1]
            if length and offset + length <= pack_bytes:
                places[key] = _PLACE.pack(number, *rest)
        self._packs[number] = pack_bytes

    def _path(self, number: int, suffix: bytes = _SUFFIX) -> bytes:
        return os.path.join(self._folder, b"%06d" % number + suffix)

    # ------------------------------------------------------------ writing

    def _append(self, key: bytes, jpeg: bytes, sizes: tuple[int, ...], limit_bytes: int) -> None:
        self._known()
        number = self._writable(limit_bytes)
        pack, index = self._open or (-1, -1)
        offset = os.lseek(pack, 0, os.SEEK_END)
        record = (offset, len(jpeg), zlib.crc32(jpeg), *sizes)
        try:
            _write(pack, jpeg)
            _write(index, _RECORD.pack(key, *record))
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(pack, offset)
            raise
        self._packs[number] = offset + len(jpeg)
        self._known()[key] = _PLACE.pack(number, *record)
        self._make_room(limit_bytes, keep=number)

    def _writable(self, limit_bytes: int) -> int:
        """Return the number of the open pack, which is a new one when the last is full or gone."""
        wanted = limit_bytes // _PACKS_PER_LIMIT
        full_bytes = min(max(wanted, _LEAST_PACK_BYTES), _MOST_PACK_BYTES)
        last = max(self._packs, default=0)
        if self._open is not None:
            gone = any(os.fstat(handle).st_nlink == 0 for handle in self._open)
            if gone:
                self._forget_all()
                last = 0
            elif self._packs.get(last, 0) < full_bytes:
                return last
            self._close_open()
        make_private(Path(os.fsdecode(self._folder)))
        if 0 < self._packs.get(last, 0) < full_bytes:
            self._open = self._open_files(last, 0)
            whole = os.fstat(self._open[1]).st_size // _RECORD.size * _RECORD.size
            os.ftruncate(self._open[1], whole)
            return last
        for number in itertools.count(last + 1):
            try:
                self._open = self._open_files(number, os.O_CREAT | os.O_EXCL)
            except FileExistsError:
                continue
            self._packs[number] = 0
            return number
        raise AssertionError("counting does not end")

    def _open_files(self, number: int, how: int) -> tuple[int, int]:
        flags = os.O_RDWR | os.O_APPEND | how
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        pack = os.open(self._path(number), flags, 0o600)
        try:
            return pack, os.open(self._path(number, _INDEX_SUFFIX), flags, 0o600)
        except OSError:
            os.close(pack)
            raise

    def _make_room(self, limit_bytes: int, keep: int) -> None:
        total = sum(self._packs.values())
        for number in sorted(self._packs):
            if total <= limit_bytes or number == keep:
                return
            total -= self._packs.pop(number)
            self._remove(number)
            places = self._known()
            for key in [k for k, place in places.items() if _PLACE.unpack(place)[0] == number]:
                del places[key]

    def _remove(self, number: int) -> None:
        for suffix in (_INDEX_SUFFIX, _SUFFIX):
            with contextlib.suppress(OSError):
                os.unlink(self._path(number, suffix))

    def _forget_all(self) -> None:
        self._places = {}
        self._packs = {}

    def _close_open(self) -> None:
        for handle in self._open or ():
            with contextlib.suppress(OSError):
                os.close(handle)
        self._open = None


def _write(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
