"""The strips and tiles of a TIFF's picture, so that no more than a piece is held beside it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from tifffile import COMPRESSION, PLANARCONFIG, PREDICTOR

from daemon.decode.source import Source

_BATCH_BYTES = 16 << 20
_READ_BYTES = 1 << 20
_LONG_STRIP_BYTES = 128 << 20
_DEFLATED = {COMPRESSION.DEFLATE, COMPRESSION.ADOBE_DEFLATE}
_PREDICTORS = {PREDICTOR.NONE, PREDICTOR.HORIZONTAL}


def read_parts(
    source: Source, page: tifffile.TiffPage
) -> Iterator[tuple[int, int, int, NDArray[Any]]]:
    """Return (plane, top, left, samples) of the picture's parts in the file's order."""
    simple = (
        page.planarconfig == PLANARCONFIG.CONTIG
        and not page.is_tiled
        and page.bitspersample in (8, 16)
        and page.fillorder == 1
    )
    if simple and page.compression == COMPRESSION.NONE and page.is_contiguous:
        return _raw_bands(source, page)
    if simple and page.compression in _DEFLATED and page.predictor in _PREDICTORS:
        strip_bytes = min(page.rowsperstrip, page.imagelength) * _row_bytes(page)
        if strip_bytes > _LONG_STRIP_BYTES:
            return _inflated_bands(source, page)
    return _segments(page)


def _row_bytes(page: tifffile.TiffPage) -> int:
    return page.imagewidth * page.samplesperpixel * (page.bitspersample // 8)


def _raw_bands(
    source: Source, page: tifffile.TiffPage
) -> Iterator[tuple[int, int, int, NDArray[Any]]]:
    """Yield bands of an uncompressed file, however long its strips are."""
    order = ">" if page.parent.byteorder == ">" else "<"
    dtype = np.dtype(f"{order}u{page.bitspersample // 8}")
    row_bytes = _row_bytes(page)
    rows = max(1, _BATCH_BYTES // row_bytes)
    start = page.dataoffsets[0]
    for top in range(0, page.imagelength, rows):
        count = min(rows, page.imagelength - top)
        data = source.read_at(start + top * row_bytes, count * row_bytes)
        band = np.frombuffer(data, dtype)
        yield 0, top, 0, band.reshape(count, page.imagewidth, page.samplesperpixel)


def _inflated_bands(
    source: Source, page: tifffile.TiffPage
) -> Iterator[tuple[int, int, int, NDArray[Any]]]:
    """Yield bands of deflated strips that are too long to be held whole beside the picture."""
    order = ">" if page.parent.byteorder == ">" else "<"
    dtype = np.dtype(f"{order}u{page.bitspersample // 8}")
    row_bytes = _row_bytes(page)
    rows = max(1, _BATCH_BYTES // row_bytes)
    for index, (offset, size) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
        start = index * page.rowsperstrip
        stop = min(start + page.rowsperstrip, page.imagelength)
        inflated = _Inflated(source, offset, size)
        for top in range(start, stop, rows):
            count = min(rows, stop - top)
            shape = (count, page.imagewidth, page.samplesperpixel)
            band = np.frombuffer(inflated.read(count * row_bytes), dtype).reshape(shape)
            if page.predictor == PREDICTOR.HORIZONTAL:
                native = band.astype(dtype.newbyteorder("="))
                band = np.cumsum(native, axis=1, dtype=native.dtype, out=native)
            yield 0, top, 0, band
        inflated.finish()


class _Inflated:
    """The content of one deflated strip, read in pieces."""

    def __init__(self, source: Source, offset: int, size: int) -> None:
        self._source = source
        self._at, self._end = offset, offset + size
        self._inflater = zlib.decompressobj()
        self._left = b""

    def read(self, size: int) -> bytes:
        """Return the next *size* bytes.

        Raises:
            ValueError: the strip is damaged or ends before.
        """
        pieces: list[bytes] = []
        while size > 0:
            piece = self._next(size)
            if piece is None:
                raise ValueError("a strip is cut off")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def finish(self) -> None:
        """Make sure that nothing was damaged: the checksum stands at the end.

        Raises:
            ValueError: the strip is damaged.
        """
        while not self._inflater.eof:
            piece = self._next(1)
            if piece is None:
                raise ValueError("a strip is cut off")
            if piece:
                return

    def _next(self, most: int) -> bytes | None:
        """Return up to *most* bytes, perhaps none yet; None: there is nothing more to come."""
        if not self._left and self._at < self._end:
            self._left = self._source.read_at(self._at, min(_READ_BYTES, self._end - self._at))
            self._at += len(self._left)
        before = len(self._left)
        try:
            piece = self._inflater.decompress(self._left, most)
        except zlib.error as error:
            raise ValueError(f"a strip is damaged: {error}") from error
        self._left = self._inflater.unconsumed_tail
        return None if not piece and len(self._left) == before else piece


def _segments(page: tifffile.TiffPage) -> Iterator[tuple[int, int, int, NDArray[Any]]]:
    for part, index, _ in page.segments(maxworkers=2, buffersize=_BATCH_BYTES):
        if part is None:
            raise ValueError("a strip is missing")
        yield index[0], index[2], index[3], part[0]
