"""Quantisation tables of a JPEG: how finely it was coded, and in whose words that can be said.

Tables are tuples of 64 numbers in natural order (row by row), as Pillow takes them.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator

Table = tuple[int, ...]

# ITU-T T.81, annex K.1: luminance and chrominance at quality 50
_LUMINANCE: Table = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE: Table = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 32),
)


def _zigzag_order() -> Iterator[int]:
    """Yield the natural index of each coefficient in the order of the file (T.81, figure 5)."""
    for diagonal in range(15):
        rows = range(max(0, diagonal - 7), min(diagonal, 7) + 1)
        for row in rows if diagonal % 2 else reversed(rows):
            yield row * 8 + diagonal - row


_ZIGZAG = tuple(_zigzag_order())


def read_tables(payload: bytes) -> Iterator[tuple[int, Table]]:
    """Yield (identifier, table) of a DQT segment; what is cut off is left out."""
    at = 0
    while at < len(payload):
        size, identifier = (128 if payload[at] >> 4 else 64), payload[at] & 15
        if at + 1 + size > len(payload):
            return
        form = ">64H" if size == 128 else ">64B"
        table = [0] * 64
        for place, value in zip(_ZIGZAG, struct.unpack_from(form, payload, at + 1), strict=True):
            table[place] = value
        yield identifier, tuple(table)
        at += 1 + size


@functools.cache
def standard_tables(quality: int) -> tuple[Table, Table]:
    """Return the luminance and chrominance tables of an IJG quality, 1..100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality

    def scaled(table: Table) -> Table:
        return tuple(min(max((value * scale + 50) // 100, 1), 255) for value in table)

    return scaled(_LUMINANCE), scaled(_CHROMINANCE)


def estimate_quality(luminance_sum: int) -> int:
    """Return the IJG quality whose luminance table comes nearest; 0 without a table."""
    if not luminance_sum:
        return 0
    return min(range(1, 101), key=lambda q: (abs(sum(standard_tables(q)[0]) - luminance_sum), -q))


def is_standard(tables: tuple[Table, ...], quality: int) -> bool:
    """Whether *tables* (luminance, or luminance and chrominance) are those of an IJG quality."""
    return tables == standard_tables(quality)[: len(tables)]
