"""Small pictures inside a TIFF structure (TIFF, DNG, most RAW files), found without decoding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daemon.decode.exif import Directory, Exif
from daemon.decode.jpeg_header import read_header
from daemon.decode.source import Source

_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC = 256, 257, 259, 262
_STRIPS, _SAMPLES, _BYTES = 273, 277, 279
_KIND, _BITS, _SUB_IFDS = 254, 258, 330
_JPEG_AT, _JPEG_BYTES, _PANASONIC_JPEG = 513, 514, 46
_CROP_SIZE, _EXIF_WIDTH, _EXIF_HEIGHT = 50720, 40962, 40963
_JPEG_COMPRESSIONS = (6, 7)
_HEAD_BYTES = 1 << 17
_MAX_BYTES = 64 << 20
_MAX_PLAIN_BYTES = 8 << 20
_MAX_DIRECTORIES = 32
_RAF = b"FUJIFILMCCD-RAW"
_RAF_JPEG_AT = 84


class StoredPreview(NamedTuple):
    """One small picture.

    Attributes:
        offset: Where its bytes stand in the file.
        length: How many there are.
        width_px: As stored.
        height_px: As stored.
        plain: The bytes are RGB pixels, not a JPEG.
    """

    offset: int
    length: int
    width_px: int
    height_px: int
    plain: bool = False


class TiffPreviews:
    """What a file's directories say of its small pictures and of the large one.

    Attributes:
        orientation: EXIF orientation of the file, 1..8.
        found: Smallest first.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._largest = (0, 0)
        self._exif = Exif(source.read_at)
        self.orientation = self._exif.orientation
        places = self._raf() if source.read_at(0, len(_RAF)) == _RAF else self._directories()
        known = {each.offset: each for each in places}
        self.found = sorted(known.values(), key=lambda each: each.width_px * each.height_px)

    @property
    def full_size(self) -> tuple[int, int]:
        """Stored width and height of the photo itself; (0, 0) when the file does not say."""
        exif = self._exif
        stated = exif.number(_EXIF_WIDTH, exif.photo), exif.number(_EXIF_HEIGHT, exif.photo)
        if stated[0] and stated[1]:
            return int(stated[0]), int(stated[1])
        largest = self.found[-1] if self.found else None
        if largest is not None and largest.width_px >= 0.9 * self._largest[0] > 0:
            return largest.width_px, largest.height_px
        return self._largest

    def best(self, width_px: int, height_px: int) -> StoredPreview | None:
        """Return the smallest that fills a box, else the largest; ``None`` without any."""
        for each in self.found:
            if max(each.width_px, each.height_px) >= max(width_px, height_px) > 0:
                return each
        return self.found[-1] if self.found else None

    def data(self, preview: StoredPreview) -> bytes:
        """Return the JPEG of *preview*."""
        return self._source.read_at(preview.offset, preview.length)

    def pixels(self, preview: StoredPreview) -> NDArray[np.uint8]:
        """Return the pixels (H, W, 3) of a plain *preview*."""
        data = np.frombuffer(self.data(preview), np.uint8)
        return data.reshape(preview.height_px, preview.width_px, 3).copy()

    def _raf(self) -> Iterator[StoredPreview]:
        place = self._source.read_at(_RAF_JPEG_AT, 8)
        found = self._jpeg(int.from_bytes(place[:4], "big"), int.from_bytes(place[4:], "big"))
        if found is not None:
            yield found
            head = read_header(self._source.read_at(found.offset, _HEAD_BYTES))
            self.orientation = head.orientation

    def _directories(self) -> Iterator[StoredPreview]:
        waiting = [self._exif.main]
        seen = 0
        while waiting and seen < _MAX_DIRECTORIES:
            directory = waiting.pop(0)
            seen += 1
            self._note_size(directory)
            yield from self._of(directory)
            links = directory.entries.get(_SUB_IFDS)
            offsets = [int(each) for each in self._exif.numbers(links)[:8]] if links else []
            if directory.next_offset:
                offsets.append(directory.next_offset)
            waiting += [self._exif.directory(offset) for offset in offsets]

    def _note_size(self, directory: Directory) -> None:
        crop = directory.entries.get(_CROP_SIZE)
        sides = self._exif.numbers(crop) if crop else ()
        if len(sides) != 2:
            sides = tuple(self._exif.number(tag, directory) or 0 for tag in (_WIDTH, _HEIGHT))
        if sides[0] * sides[1] > self._largest[0] * self._largest[1]:
            self._largest = int(sides[0]), int(sides[1])

    def _of(self, directory: Directory) -> Iterator[StoredPreview]:
        number = self._exif.number
        offset, length = number(_JPEG_AT, directory), number(_JPEG_BYTES, directory)
        if offset and length and (found := self._jpeg(int(offset), int(length))):
            yield found
        panasonic = directory.entries.get(_PANASONIC_JPEG)
        if panasonic and (found := self._jpeg(panasonic.value_at, panasonic.size)):
            yield found
        reduced = int(number(_KIND, directory) or 0) & 1
        if not reduced and self._source.format != "raw":
            return
        strips, sizes = directory.entries.get(_STRIPS), directory.entries.get(_BYTES)
        if strips is None or sizes is None or strips.length != 1 or sizes.length != 1:
            return
        at, size = int(self._exif.numbers(strips)[0]), int(self._exif.numbers(sizes)[0])
        compression = int(number(_COMPRESSION, directory) or 1)
        if compression in _JPEG_COMPRESSIONS:
            if found := self._jpeg(at, size):
                yield found
        elif reduced and compression == 1 and (plain := self._plain(directory, at, size)):
            yield plain

    def _plain(self, directory: Directory, offset: int, size: int) -> StoredPreview | None:
        wanted = {_PHOTOMETRIC: 2, _SAMPLES: 3, _BITS: 8}
        if any(self._exif.number(tag, directory) != value for tag, value in wanted.items()):
            return None
        width = int(self._exif.number(_WIDTH, directory) or 0)
        height = int(self._exif.number(_HEIGHT, directory) or 0)
        whole = width * height * 3
        if not 0 < whole <= min(size, _MAX_PLAIN_BYTES):
            return None
        if offset + whole > self._source.size_bytes:
            return None
        return StoredPreview(offset, whole, width, height, plain=True)

    def _jpeg(self, offset: int, length: int) -> StoredPreview | None:
        if not 0 < length <= _MAX_BYTES or offset + length > self._source.size_bytes:
            return None
        head = self._source.read_at(offset, min(length, _HEAD_BYTES))
        if head[:3] != b"\xff\xd8\xff":
            return None
        header = read_header(head)
        if not header.readable or header.components != 3 or not header.width_px:
            return None
        return StoredPreview(offset, length, header.width_px, header.height_px)
