"""The lines of a .cube file: keywords, comments and rows of numbers, each checked with its line."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from daemon.imaging.lattice import MAX_LUT_SIZE, MIN_LUT_SIZE
from daemon.imaging.shaper import ONE, ZERO, Triple

SPACE_KEY = "rabbitviewer-space:"
"""Comment that names the colour space; without it a LUT is for sRGB."""

TITLE_KEY = "rabbitviewer-title:"
"""Comment that holds the title where programs do not know the keyword TITLE."""

SPACE = r"srgb|adobe-rgb|display-p3|prophoto|icc:[0-9a-f]{64}"
MAX_CURVE_SIZE = 65_536

_SPACE = re.compile(SPACE)
_MAX_VALUE = 1e6
"""No colour is a million times white; infinities and NaN fail the comparison too."""

_ROW_STARTS = frozenset("0123456789+-.")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf(inity)?)(\s|$)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r'"(.*)"\s*(#.*)?')
_CURVE, _LATTICE = "LUT_1D_SIZE", "LUT_3D_SIZE"
_DOMAIN = ("DOMAIN_MIN", "DOMAIN_MAX")
_INPUT_RANGES = ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE")

Range = tuple[Triple, Triple]
_UNIT: Range = (ZERO, ONE)


class CubeError(ValueError):
    """A .cube text that cannot be used; the message names the line, counted from 1."""


class CubeText:
    """What a file says, before it is made a LUT.

    Attributes:
        curve_size: Entries of the curves; 0: there are none.
        lattice_size: Nodes a side; 0: there is no lattice.
        curve_range: Inputs of the first and last entry, per channel.
        lattice_range: Colours of the first and last corner.
        space: The colour space.
        title: May be empty.
        numbers: Shape (rows, 3), float64: the curves' rows, then the lattice's.
    """

    def __init__(self) -> None:
        self.curve_size = 0
        self.lattice_size = 0
        self.curve_range: Range = (ZERO, ONE)
        self.lattice_range: Range = (ZERO, ONE)
        self.space = "srgb"
        self.title = ""
        self.numbers: NDArray[np.float64] = np.empty((0, 3))
        self._seen: dict[str, tuple[int, tuple[float, ...]]] = {}

    @classmethod
    def read(cls, text: str) -> CubeText:
        """Read a whole file.

        Raises:
            CubeError: it cannot be used.
        """
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        found, apart = cls(), list[int]()
        for index in [i for i, line in enumerate(lines) if line[:1] not in _ROW_STARTS]:
            line = lines[index].strip()
            if line[:1] not in _ROW_STARTS:
                found._take(index + 1, line)
                apart.append(index)
        rows: list[str] = []
        begin = 0
        for index in apart:
            rows += lines[begin:index]
            begin = index + 1
        rows += lines[begin:]
        found._finish(rows, _Lines(len(lines), apart))
        return found

    # ------------------------------------------------------------ keywords

    def _take(self, number: int, line: str) -> None:
        """Read one line that is no row of numbers."""
        if not line:
            return
        if line[0] == "#":
            self._take_comment(number, line[1:].strip())
            return
        if _NOT_FINITE.match(line):
            raise CubeError(f"line {number}: {line[:80]!r} is not a finite number")
        word, *rest = line.split(None, 1)
        keyword, value = word.upper(), rest[0] if rest else ""
        if keyword == "TITLE":
            self._note(keyword, number, ())
            quoted = _QUOTED.fullmatch(value.strip())
            self.title = quoted[1] if quoted else value.strip().strip('"')
            return
        value = value.partition("#")[0].strip()
        if keyword == _CURVE:
            self.curve_size = self._size(keyword, number, value, MAX_CURVE_SIZE)
        elif keyword == _LATTICE:
            self.lattice_size = self._size(keyword, number, value, MAX_LUT_SIZE)
        elif keyword in _DOMAIN:
            self._note(keyword, number, _floats(number, value, keyword, 3))
        elif keyword in _INPUT_RANGES:
            self._note(keyword, number, _floats(number, value, keyword, 2))
        else:
            raise CubeError(f"line {number}: {word[:40]!r} does not belong in a .cube file")

    def _take_comment(self, number: int, comment: str) -> None:
        if comment.startswith(TITLE_KEY):
            self.title = self.title or comment.removeprefix(TITLE_KEY).strip()
        if not comment.startswith(SPACE_KEY):
            return
        space = comment.removeprefix(SPACE_KEY).strip()
        if not _SPACE.fullmatch(space):
            raise CubeError(f"line {number}: unknown colour space {space[:80]!r}")
        self.space = space

    def _note(self, keyword: str, number: int, values: tuple[float, ...]) -> None:
        if keyword in self._seen:
            first = self._seen[keyword][0]
            raise CubeError(f"line {number}: {keyword} stands in line {first} already")
        self._seen[keyword] = number, values

    def _size(self, keyword: str, number: int, value: str, most: int) -> int:
        self._note(keyword, number, ())
        plain = value.isascii() and value.isdecimal() and len(value) < 10
        if not plain or not MIN_LUT_SIZE <= int(value) <= most:
            raise CubeError(
                f"line {number}: {keyword} must be {MIN_LUT_SIZE} to {most}, found {value[:40]!r}"
            )
        return int(value)

    # ------------------------------------------------------------ the whole

    def _finish(self, rows: list[str], where: _Lines) -> None:
        if not self.curve_size and not self.lattice_size:
            raise CubeError(
                f"line {where.of_row(0) if rows else where.last}: this is not a LUT: "
                f"no line says {_LATTICE} or {_CURVE}"
            )
        self._set_ranges()
        expected = self.curve_size + self.lattice_size**3
        if len(rows) != expected:
            last = min(len(rows), expected + 1) - 1
            raise CubeError(
                f"line {where.of_row(last) if rows else where.last}: {self._in_words()} has "
                f"{expected} rows of numbers, this one ends after {len(rows)}"
            )
        self.numbers = _numbers(rows, where)

    def _in_words(self) -> str:
        if not self.lattice_size:
            return f"a one-dimensional LUT of size {self.curve_size}"
        if self.curve_size:
            return f"a LUT of {self.curve_size} entries and size {self.lattice_size}"
        return f"a LUT of size {self.lattice_size}"

    def _set_ranges(self) -> None:
        """Bring the keywords that say a range to one form, and refuse contradictions."""
        both = bool(self.curve_size and self.lattice_size)
        curve, lattice = (self._input_range(keyword) for keyword in _INPUT_RANGES)
        line, domain = self._domain()
        other = _UNIT if both else lattice or curve or domain
        if domain != other and domain is not None:
            raise CubeError(
                f"line {line}: the range of DOMAIN_MIN and DOMAIN_MAX is not that of "
                "LUT_1D_INPUT_RANGE or LUT_3D_INPUT_RANGE"
            )
        if self.curve_size:
            self.curve_range = curve or (None if both else domain) or _UNIT
        if self.lattice_size:
            self.lattice_range = lattice or (None if both else domain) or _UNIT

    def _input_range(self, keyword: str) -> Range | None:
        if keyword not in self._seen:
            return None
        line, (low, high) = self._seen[keyword]
        if not (self.curve_size if keyword == _INPUT_RANGES[0] else self.lattice_size):
            raise CubeError(f"line {line}: {keyword} is for a table that is not there")
        return _checked(line, (low,) * 3, (high,) * 3)

    def _domain(self) -> tuple[int, Range | None]:
        """Return what DOMAIN_MIN and DOMAIN_MAX say, and the later one's line."""
        found = [self._seen[keyword] for keyword in _DOMAIN if keyword in self._seen]
        if not found:
            return 0, None
        low = self._seen.get(_DOMAIN[0], (0, ZERO))[1]
        high = self._seen.get(_DOMAIN[1], (0, ONE))[1]
        line = max(number for number, _ in found)
        return line, _checked(line, low, high)


class _Lines:
    """Finds the line of a row; only asked when something is wrong."""

    def __init__(self, count: int, apart: list[int]) -> None:
        self._count = count
        self._apart = frozenset(apart)
        self.last = max(count, 1)

    def of_row(self, row: int) -> int:
        """Return the number of the line in which the row with this index stands."""
        lines = [index + 1 for index in range(self._count) if index not in self._apart]
        return lines[row]


def _numbers(rows: list[str], where: _Lines) -> NDArray[np.float64]:
    """Return the numbers of *rows*, shape (rows, 3)."""
    numbers = _plain_numbers(rows)
    if numbers is None:
        numbers = np.array(
            [_row(row, index, where) for index, row in enumerate(rows)], dtype=np.float64
        )
    small = np.abs(numbers) <= _MAX_VALUE
    if not small.all():
        index = int(np.flatnonzero(~small.all(axis=1))[0])
        raise CubeError(
            f"line {where.of_row(index)}: a number is far too large in {rows[index][:80]!r}"
        )
    return numbers


def _plain_numbers(rows: list[str]) -> NDArray[np.float64] | None:
    """Read rows of three plain numbers, fast; None where one of them is anything else."""
    if any(row.count(" ") != 2 for row in rows):
        rows = [" ".join(row.split()) for row in rows]
        if any(row.count(" ") != 2 for row in rows):
            return None
    text = ",".join(rows)
    if text.count(",") != len(rows) - 1:
        return None
    try:
        values = _floats_decoder.decode("[" + text.replace(" ", ",") + "]")
    except msgspec.DecodeError:
        return None
    return (
        np.array(values, dtype=np.float64).reshape(-1, 3) if len(values) == 3 * len(rows) else None
    )


_floats_decoder: msgspec.json.Decoder[list[float]] = msgspec.json.Decoder(list[float])


def _row(row: str, index: int, where: _Lines) -> tuple[float, ...]:
    values = row.partition("#")[0].split()
    if len(values) != 3:
        raise CubeError(f"line {where.of_row(index)}: three numbers are needed, found {row[:80]!r}")
    if not all(_NUMBER.fullmatch(value) for value in values):
        raise CubeError(f"line {where.of_row(index)}: {_not_numbers(row)}")
    return tuple(float(value) for value in values)


def _floats(number: int, text: str, keyword: str, count: int) -> tuple[float, ...]:
    values = text.split()
    if len(values) != count:
        raise CubeError(f"line {number}: {keyword} takes {count} numbers, found {text[:80]!r}")
    if not all(_NUMBER.fullmatch(value) for value in values):
        raise CubeError(f"line {number}: {_not_numbers(text)}")
    found = tuple(float(value) for value in values)
    if not all(abs(value) <= _MAX_VALUE for value in found):
        raise CubeError(f"line {number}: a number is far too large in {text[:80]!r}")
    return found


def _not_numbers(text: str) -> str:
    if any(_NOT_FINITE.match(value) for value in text.split()):
        return f"{text[:80]!r} holds what is not a finite number"
    return f"numbers are needed, found {text[:80]!r}"


def _checked(line: int, low: tuple[float, ...], high: tuple[float, ...]) -> Range:
    if any(first >= last for first, last in zip(low, high, strict=True)):
        words = f"from {_words(low)} to {_words(high)}"
        raise CubeError(f"line {line}: the range of a LUT goes upwards, not {words}")
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _words(values: tuple[Any, ...]) -> str:
    return " ".join(f"{value:g}" for value in (values[:1] if len(set(values)) == 1 else values))
