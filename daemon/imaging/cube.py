"""The .cube file format: text to LUT and back, with the colour space the LUT lives in."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

import numpy as np

from daemon.imaging.lattice import MAX_LUT_SIZE, MIN_LUT_SIZE, FloatArray, check_lut

SPACE_KEY = "rabbitviewer-space:"
"""Comment that names the colour space; without it a LUT is for sRGB."""

_SPACE = re.compile(r"srgb|adobe-rgb|display-p3|prophoto|icc:[0-9a-f]{64}")
_MAX_LINE_BYTES = 240
"""The format allows 250 bytes a line; ffmpeg breaks longer ones and reads the rest as numbers."""

_MAX_VALUE = 1e6
"""No colour is a million times white; infinities and NaN fail the comparison too."""

_RANGES = {"DOMAIN_MIN": (0.0, 0.0, 0.0), "DOMAIN_MAX": (1.0, 1.0, 1.0)}


class CubeError(ValueError):
    """A .cube text that cannot be used; the message names the line, counted from 1."""


@dataclass(frozen=True, eq=False)
class Cube:
    """A LUT as a .cube file holds it.

    Attributes:
        lut: Shape (N, N, N, 3), float32, indexed [red, green, blue].
        space: srgb | adobe-rgb | display-p3 | prophoto | icc:SHA256.
        title: The file's title, may be empty.
    """

    lut: FloatArray
    space: str = "srgb"
    title: str = ""


def parse_cube(text: str) -> Cube:
    """Read a 3D LUT.

    Args:
        text: The whole file.

    Returns:
        The LUT with its space and title.

    Raises:
        CubeError: not a 3D LUT of 2..129 nodes over 0..1, or damaged; says in which line.
    """
    reader = _Reader()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        reader.read(number, line.strip())
    return reader.finish()


class _Reader:
    """State of one pass over the lines."""

    def __init__(self) -> None:
        self._size = 0
        self._space = "srgb"
        self._title = ""
        self._rows: list[str] = []
        self._row_lines: list[int] = []

    def read(self, number: int, line: str) -> None:
        if not line:
            return
        if line[0] == "#":
            self._read_comment(number, line[1:].strip())
        elif line[0].isdigit() or line[0] in "+-.":
            self._rows.append(line)
            self._row_lines.append(number)
        else:
            self._read_keyword(number, line)

    def finish(self) -> Cube:
        if not self._size:
            raise CubeError("this is not a 3D LUT: no line says LUT_3D_SIZE")
        expected = self._size**3
        if len(self._rows) != expected:
            last = self._row_lines[-1] if self._row_lines else 0
            raise CubeError(
                f"line {last}: a LUT of size {self._size} has {expected} rows of numbers, "
                f"this one ends after {len(self._rows)}"
            )
        shape = (self._size, self._size, self._size, 3)
        # the file's red runs fastest
        lut = np.ascontiguousarray(self._numbers().reshape(shape).transpose(2, 1, 0, 3))
        return Cube(lut, self._space, self._title)

    def _read_comment(self, number: int, comment: str) -> None:
        if not comment.startswith(SPACE_KEY):
            return
        space = comment.removeprefix(SPACE_KEY).strip()
        if not _SPACE.fullmatch(space):
            raise CubeError(f"line {number}: unknown colour space {space[:80]!r}")
        self._space = space

    def _read_keyword(self, number: int, line: str) -> None:
        keyword, *values = line.split(None, 1)
        rest = values[0] if values else ""
        if keyword == "TITLE":
            self._title = rest.strip().strip('"')
        elif keyword == "LUT_3D_SIZE":
            self._size = _parse_size(number, rest)
        elif keyword in _RANGES:
            if _parse_floats(number, rest) != _RANGES[keyword]:
                raise CubeError(f"line {number}: only LUTs over the domain 0..1 can be used")
        elif keyword == "LUT_3D_INPUT_RANGE":
            if _parse_floats(number, rest) != (0.0, 1.0):
                raise CubeError(f"line {number}: only LUTs over the domain 0..1 can be used")
        elif keyword == "LUT_1D_SIZE":
            raise CubeError(f"line {number}: this is a one-dimensional LUT, a 3D LUT is needed")
        else:
            raise CubeError(f"line {number}: {keyword[:40]!r} does not belong in a .cube file")

    def _numbers(self) -> FloatArray:
        for number, row in zip(self._row_lines, self._rows, strict=True):
            if row.count(" ") != 2 and len(row.split()) != 3:
                raise CubeError(f"line {number}: three numbers are needed, found {row[:80]!r}")
        try:
            numbers = np.array(" ".join(self._rows).split(), dtype=np.float64)
        except ValueError:
            numbers = np.array([np.nan])
        if not (np.abs(numbers) <= _MAX_VALUE).all():
            for number, row in zip(self._row_lines, self._rows, strict=True):
                _parse_floats(number, row)
        return numbers.astype(np.float32)


def _parse_size(number: int, value: str) -> int:
    if not value.strip().isdecimal() or not MIN_LUT_SIZE <= int(value) <= MAX_LUT_SIZE:
        raise CubeError(
            f"line {number}: LUT_3D_SIZE must be {MIN_LUT_SIZE} to {MAX_LUT_SIZE}, "
            f"found {value[:40]!r}"
        )
    return int(value)


def _parse_floats(number: int, values: str) -> tuple[float, ...]:
    try:
        parsed = tuple(float(value) for value in values.split())
    except ValueError:
        raise CubeError(f"line {number}: numbers are needed, found {values[:80]!r}") from None
    if not all(abs(value) <= _MAX_VALUE for value in parsed):
        raise CubeError(f"line {number}: a number is far too large in {values[:80]!r}")
    return parsed


def format_cube(
    lut: FloatArray, *, title: str = "", space: str = "srgb", comments: tuple[str, ...] = ()
) -> str:
    """Write a 3D LUT with six decimals (0.03 of a 16-bit level).

    Args:
        lut: Shape (N, N, N, 3), float32, indexed [red, green, blue].
        title: One line; shortened to what the format allows.
        space: Colour space the LUT lives in.
        comments: Sentences on how it was made, wrapped to the format's line length.

    Raises:
        ValueError: *lut* has another shape or a value that is not finite, or *space* is unknown.
    """
    nodes = check_lut(lut)
    if not _SPACE.fullmatch(space):
        raise ValueError(f"unknown colour space {space!r}")
    head = [f"# {line}" for comment in comments for line in _wrap(comment)]
    head.append(f"# {SPACE_KEY} {space}")
    clean = _one_line(title).replace('"', "'")
    head.append(f'TITLE "{_shorten(clean, _MAX_LINE_BYTES - len("TITLE **"))}"')
    head.append(f"LUT_3D_SIZE {nodes.shape[0]}")
    head.append("DOMAIN_MIN 0.0 0.0 0.0")
    head.append("DOMAIN_MAX 1.0 1.0 1.0")
    # adding zero turns a rounded -0.0 into 0.0
    rows = (np.round(nodes.astype(np.float64), 6) + 0.0).transpose(2, 1, 0, 3).reshape(-1, 3)
    body = ("%.6f %.6f %.6f\n" * len(rows)) % tuple(rows.ravel().tolist())
    return "\n".join(head) + "\n" + body


def _one_line(text: str) -> str:
    """Without line breaks of any kind, and writable: names of files may hold lone surrogates."""
    return " ".join(text.encode(errors="replace").decode().split())


def _wrap(comment: str) -> list[str]:
    # four bytes is the longest character of UTF-8
    width = _MAX_LINE_BYTES if comment.isascii() else _MAX_LINE_BYTES // 4
    lines = textwrap.wrap(_one_line(comment), width - len("# > "))
    return [f"> {line}" if line.startswith(SPACE_KEY) else line for line in lines]


def _shorten(text: str, limit_bytes: int) -> str:
    return text.encode()[:limit_bytes].decode(errors="ignore")
