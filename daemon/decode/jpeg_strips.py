"""JPEG coding strip by strip: several threads work on one picture, and none of it waits whole.

Every strip is coded as a JPEG of its own, from the same tables; their coded data, joined by restart
markers, are one baseline JPEG (ITU-T T.81, B.2.1 and E.1.4): a decoder begins anew at a restart
marker, just as each strip's encoder did. Strips are whole rows of coding units, so the decoded
pixels are those of a JPEG coded in one go.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import simplejpeg
from PIL import Image

from daemon.decode.jpeg_header import GRAY
from daemon.decode.jpeg_tables import Table
from daemon.decode.model import Pixels

_UNIT_PX = {
    "444": (8, 8),
    "422": (16, 8),
    "420": (16, 16),
    "440": (8, 16),
    "411": (32, 8),
    GRAY: (8, 8),
}
_PILLOW_SAMPLING = {"444": 0, "422": 1, "420": 2, GRAY: 0}
_MAX_INTERVAL = 65535
_STRIP_PX = 1 << 20
_START_OF_FRAME, _START_OF_SCAN, _RESTART_INTERVAL, _RESTART = 0xC0, 0xDA, 0xDD, 0xD0
_END = b"\xff\xd9"


@dataclass(frozen=True)
class JpegCoding:
    """How a picture is coded.

    Attributes:
        quality: IJG quality, 1..100; not looked at where there are *tables*.
        sampling: ``444``, ``422``, ``420``, ``440``, ``411`` or ``gray``.
        tables: Quantisation tables of luminance and chrominance, of another maker's scale.
    """

    quality: int
    sampling: str
    tables: tuple[Table, ...] = ()

    @classmethod
    def can_hold(cls, tables: tuple[Table, ...], sampling: str) -> bool:
        """Whether a picture can be coded with these very tables."""
        wanted = 1 if sampling == GRAY else 2
        small = all(max(table) <= 255 and min(table) > 0 for table in tables)
        return sampling in _PILLOW_SAMPLING and len(tables) == wanted and small

    def encode(self, pixels: Pixels) -> bytes:
        """Return 8-bit *pixels*, shape (H, W, 3) or (H, W, 1) for gray, contiguous, as a JPEG."""
        if self.tables:
            return self._encode_by_tables(pixels)
        space, sampling = ("GRAY", "Gray") if self.sampling == GRAY else ("RGB", self.sampling)
        return simplejpeg.encode_jpeg(pixels, self.quality, space, sampling, fastdct=False)

    def rows(self, width_px: int) -> int:
        """Return how many rows a strip of a picture of that width has."""
        across, down = _UNIT_PX[self.sampling]
        units = -(-width_px // across)
        wanted = max(1, _STRIP_PX // max(1, width_px * down))
        return down * min(wanted, max(1, _MAX_INTERVAL // units))

    def interval(self, width_px: int) -> int:
        """Return the number of coding units in a strip."""
        across, down = _UNIT_PX[self.sampling]
        return -(-width_px // across) * (self.rows(width_px) // down)

    def _encode_by_tables(self, pixels: Pixels) -> bytes:
        height, width, channels = pixels.shape
        mode = "L" if channels == 1 else "RGB"
        picture = Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1)
        result = io.BytesIO()
        picture.save(
            result,
            "JPEG",
            qtables=[list(table) for table in self.tables],
            subsampling=_PILLOW_SAMPLING[self.sampling],
        )
        return result.getvalue()


def join_strips(strips: Iterable[bytes], height_px: int, interval: int) -> Iterator[bytes]:
    """Yield one JPEG in pieces: first all that stands before the coded data, then these.

    Args:
        strips: Every strip as a JPEG, from the top; all but the last of *interval* units.
        height_px: Of the whole picture.
        interval: Coding units in a strip.
    """
    for index, strip in enumerate(strips):
        scan, head = _scan(strip)
        if index:
            yield bytes((0xFF, _RESTART | (index - 1) & 7))
        else:
            yield _whole_head(head, height_px, interval)
        yield scan
    yield _END


def _scan(jpeg: bytes) -> tuple[bytes, bytes]:
    """Return the coded data and all that stands before them."""
    start = _find(jpeg, _START_OF_SCAN)
    (length,) = struct.unpack_from(">H", jpeg, start + 2)
    begin = start + 2 + length
    if not jpeg.endswith(_END):
        raise ValueError("the encoder left its JPEG without an end")
    return jpeg[begin : -len(_END)], jpeg[:begin]


def _whole_head(head: bytes, height_px: int, interval: int) -> bytes:
    """Return the first strip's head as that of the whole picture."""
    frame, scan = _find(head, _START_OF_FRAME), _find(head, _START_OF_SCAN)
    (strip_height,) = struct.unpack_from(">H", head, frame + 5)
    if strip_height == height_px:
        return head
    restart = struct.pack(">BBHH", 0xFF, _RESTART_INTERVAL, 4, interval)
    height = struct.pack(">H", height_px)
    return head[: frame + 5] + height + head[frame + 7 : scan] + restart + head[scan:]


def _find(jpeg: bytes, wanted: int) -> int:
    """Return where a marker segment begins that stands before the coded data."""
    at = 2
    while at + 4 <= len(jpeg):
        marker = jpeg[at + 1]
        if marker == wanted:
            return at
        (length,) = struct.unpack_from(">H", jpeg, at + 2)
        at += 2 + length
    raise ValueError(f"the encoder wrote no segment {wanted:#x}")
