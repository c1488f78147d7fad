"""The .cube file format: text to LUT and back, with the colour space the LUT lives in."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

import numpy as np

from daemon.imaging.cube_text import SPACE, SPACE_KEY, TITLE_KEY, CubeError, CubeText
from daemon.imaging.lattice import FloatArray, check_lut
from daemon.imaging.shaper import ONE, ZERO, Curves, Shaper, Triple

__all__ = ["SPACE_KEY", "Cube", "CubeError", "format_cube", "format_file", "parse_cube"]

_MAX_LINE_BYTES = 240
"""The format allows 250 bytes a line; ffmpeg breaks longer ones and reads the rest as numbers."""

_SPACE = re.compile(SPACE)


@dataclass(frozen=True, eq=False)
class Cube:
    """A LUT as a .cube file holds it.

    Attributes:
        lut: Shape (N, N, N, 3), float32, indexed [red, green, blue].
        space: srgb | adobe-rgb | display-p3 | prophoto | icc:SHA256.
        title: The file's title, may be empty.
        shaper: What comes before the lattice; None: the lattice spans 0..1, as most do.
        one_dimensional: The file holds curves alone; *lut* only hands on what they give.
    """

    lut: FloatArray
    space: str = "srgb"
    title: str = ""
    shaper: Shaper | None = None
    one_dimensional: bool = False

    @property
    def size(self) -> int:
        """Nodes a side, or entries of the curves where they are all there is."""
        if self.one_dimensional and self.shaper is not None and self.shaper.curves is not None:
            return len(self.shaper.curves.values)
        return self.lut.shape[0]


def parse_cube(text: str) -> Cube:
    """Read a LUT: three-dimensional, one-dimensional, or curves and a lattice behind them.

    Args:
        text: The whole file.

    Returns:
        The LUT with its space and title.

    Raises:
        CubeError: not a LUT of 2..129 nodes or 2..65,536 entries, or damaged; says in which line.
    """
    found = CubeText.read(text)
    curves = None
    if found.curve_size:
        values = found.numbers[: found.curve_size].astype(np.float32)
        curves = Curves(values, *found.curve_range)
    if not found.lattice_size:
        assert curves is not None
        return _of_curves(curves, found.space, found.title)
    size = found.lattice_size
    # the file's red runs fastest
    nodes = found.numbers[found.curve_size :].reshape(size, size, size, 3).transpose(2, 1, 0, 3)
    lut = np.ascontiguousarray(nodes, dtype=np.float32)
    shaper = None
    if curves is not None or found.lattice_range != (ZERO, ONE):
        shaper = Shaper(*found.lattice_range, curves)
    return Cube(lut, found.space, found.title, shaper)


def _of_curves(curves: Curves, space: str, title: str) -> Cube:
    """Return a LUT of curves alone: two nodes a side hand on what they give, whatever its range."""
    low = np.minimum(curves.values.min(axis=0), 0.0)
    high = np.maximum(curves.values.max(axis=0), 1.0)
    corners = np.stack([low, high]).astype(np.float32)
    grid = np.stack(np.meshgrid(*corners.T, indexing="ij"), axis=-1)
    lut = np.ascontiguousarray(grid, dtype=np.float32)
    return Cube(lut, space, title, Shaper(_triple(low), _triple(high), curves), True)


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
    return format_file(Cube(lut, space, title), comments)


def format_file(cube: Cube, comments: tuple[str, ...] = ()) -> str:
    """Write a LUT of any kind, so that :func:`parse_cube` gives the same (see there).

    Raises:
        ValueError: as :func:`format_cube`; or curves and lattice whose ranges differ by channel.
    """
    nodes = check_lut(cube.lut)
    if not _SPACE.fullmatch(cube.space):
        raise ValueError(f"unknown colour space {cube.space!r}")
    head = [f"# {line}" for comment in comments for line in _wrap(comment)]
    head.append(f"# {SPACE_KEY} {cube.space}")
    shaper = cube.shaper or Shaper()
    title = _shorten(_one_line(cube.title).replace('"', "'"), _MAX_LINE_BYTES - len(TITLE_KEY) - 3)
    # the programs that know curves with a lattice behind them know no TITLE
    both = shaper.curves is not None and not cube.one_dimensional
    head.append(f"# {TITLE_KEY} {title}" if both else f'TITLE "{title}"')
    tables: list[FloatArray] = []
    if shaper.curves is not None:
        head.append(f"LUT_1D_SIZE {len(shaper.curves.values)}")
        tables.append(shaper.curves.values)
    if not cube.one_dimensional:
        head.append(f"LUT_3D_SIZE {nodes.shape[0]}")
        tables.append(nodes.transpose(2, 1, 0, 3).reshape(-1, 3))
    head += _ranges(shaper, one_dimensional=cube.one_dimensional)
    # adding zero turns a rounded -0.0 into 0.0
    rows = np.round(np.concatenate(tables).astype(np.float64), 6) + 0.0
    body = ("%.6f %.6f %.6f\n" * len(rows)) % tuple(rows.ravel().tolist())
    return "\n".join(head) + "\n" + body


def _ranges(shaper: Shaper, *, one_dimensional: bool) -> list[str]:
    """Return the lines that say which inputs the tables are for."""
    curves = shaper.curves
    if curves is not None and not one_dimensional:
        return [
            f"LUT_1D_INPUT_RANGE {_range(curves.low, curves.high)}",
            f"LUT_3D_INPUT_RANGE {_range(shaper.low, shaper.high)}",
        ]
    low, high = (curves.low, curves.high) if curves is not None else (shaper.low, shaper.high)
    return [
        "DOMAIN_MIN " + " ".join(map(repr, low)),
        "DOMAIN_MAX " + " ".join(map(repr, high)),
    ]


def _range(low: Triple, high: Triple) -> str:
    if len(set(low)) > 1 or len(set(high)) > 1:
        raise ValueError("a file of curves and lattice has one range for all channels")
    return f"{low[0]!r} {high[0]!r}"


def _triple(values: FloatArray) -> Triple:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _one_line(text: str) -> str:
    """Without line breaks of any kind, and writable: names of files may hold lone surrogates."""
    return " ".join(text.encode(errors="replace").decode().split())


def _wrap(comment: str) -> list[str]:
    # four bytes is the longest character of UTF-8
    width = _MAX_LINE_BYTES if comment.isascii() else _MAX_LINE_BYTES // 4
    lines = textwrap.wrap(_one_line(comment), width - len("# > "))
    ours = SPACE_KEY, TITLE_KEY
    return [f"> {line}" if line.startswith(ours) else line for line in lines]


def _shorten(text: str, limit_bytes: int) -> str:
    return text.encode()[:limit_bytes].decode(errors="ignore")
