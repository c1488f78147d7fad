"""ICC profiles: reads matrix profiles exactly, builds small ones, knows the four common spaces."""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.decode.curves import Curve, parse_curve, pure_gamma, srgb_curve

FloatArray = NDArray[np.float32]

MAX_PROFILE_BYTES = 16 << 20
_HEADER_BYTES = 128
_MAX_TAGS = 200
_D50 = (0.9642, 1.0, 0.8249)
_D65_XY = (0.3127, 0.3290)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_CURVE_TOLERANCE = 1.5e-3
_MATRIX_TOLERANCE = 1.5e-3


@dataclass(frozen=True)
class MatrixProfile:
    """An RGB space made of three curves and a matrix.

    Attributes:
        matrix: Shape (3, 3), float64: linear RGB to XYZ under D50.
        curves: Encoded to linear, one per channel.
    """

    matrix: NDArray[np.float64]
    curves: tuple[Curve, Curve, Curve]

    def to_linear(self, pixels: FloatArray) -> FloatArray:
        """Return *pixels* (N, 3) with the transfer functions undone."""
        return np.stack([c.decode(pixels[:, i]) for i, c in enumerate(self.curves)], axis=1)

    def from_linear(self, pixels: FloatArray) -> FloatArray:
        """Return linear *pixels* (N, 3) with the transfer functions applied."""
        return np.stack([c.encode(pixels[:, i]) for i, c in enumerate(self.curves)], axis=1)


def device_space(icc: bytes) -> str:
    """Return the four letters of the profile's device space, stripped; empty when it is none."""
    if len(icc) < _HEADER_BYTES or icc[36:40] != b"acsp" or len(icc) > MAX_PROFILE_BYTES:
        return ""
    return icc[16:20].decode("latin-1").strip()


def tags(icc: bytes) -> dict[bytes, bytes]:
    """Return the tags' data by signature; tags that point outside the profile are left out."""
    if len(icc) < _HEADER_BYTES + 4:
        return {}
    (count,) = struct.unpack_from(">I", icc, _HEADER_BYTES)
    found: dict[bytes, bytes] = {}
    for index in range(min(count, _MAX_TAGS)):
        at = _HEADER_BYTES + 4 + 12 * index
        if at + 12 > len(icc):
            break
        signature, offset, size = struct.unpack_from(">4sII", icc, at)
        if offset + size <= len(icc):
            found[signature] = icc[offset : offset + size]
    return found


def description(icc: bytes) -> str:
    """Return the profile's own name; empty when it has none that can be read."""
    data = tags(icc).get(b"desc", b"")
    if data[:4] == b"desc" and len(data) >= 12:
        (length,) = struct.unpack_from(">I", data, 8)
        return data[12 : 12 + length].split(b"\0")[0].decode("latin-1").strip()
    if data[:4] == b"mluc" and len(data) >= 28:
        length, offset = struct.unpack_from(">II", data, 20)
        return data[offset : offset + length].decode("utf-16-be", "replace").strip("\0 ")
    return ""


@functools.lru_cache(maxsize=32)
def parse_matrix(icc: bytes) -> MatrixProfile | None:
    """Return *icc* as curves and matrix; ``None`` when it is a table profile or no RGB profile."""
    if device_space(icc) != "RGB" or icc[20:24] != b"XYZ ":
        return None
    found = tags(icc)
    if b"A2B0" in found or b"A2B1" in found:
        return None
    columns: list[tuple[float, float, float]] = []
    curves: list[Curve] = []
    for letter in (b"r", b"g", b"b"):
        colorant = found.get(letter + b"XYZ", b"")
        curve = parse_curve(found.get(letter + b"TRC", b""))
        if curve is None or len(colorant) < 20 or colorant[:4] != b"XYZ ":
            return None
        x, y, z = struct.unpack_from(">3i", colorant, 8)
        columns.append((x / 65536, y / 65536, z / 65536))
        curves.append(curve)
    matrix = np.array(columns, np.float64).T
    if abs(float(np.linalg.det(matrix))) < 1e-6:
        return None
    return MatrixProfile(matrix, (curves[0], curves[1], curves[2]))


@functools.lru_cache(maxsize=32)
def identify(icc: bytes | None) -> str:
    """Return the space of a profile by its primaries and curves, never by its name.

    Returns:
        ``srgb`` (also for ``None``), ``adobe-rgb``, ``display-p3``, ``prophoto`` or
        ``icc:SHA256`` with the profile's digest in hexadecimal.
    """
    if icc is None:
        return "srgb"
    profile = parse_matrix(icc)
    if profile is not None:
        for name, known in _known_spaces().items():
            if _same(profile, known):
                return name
    return f"icc:{hashlib.sha256(icc).hexdigest()}"


@functools.cache
def known_profile(space: str) -> MatrixProfile:
    """Return one of the four named spaces as curves and matrix.

    Raises:
        KeyError: *space* is none of them.
    """
    return _known_spaces()[space]


@functools.cache
def profile_for(space: str) -> bytes | None:
    """Return a small ICC profile of a named space; ``None`` for any other.

    ``srgb`` gives sRGB's own profile, for programs that want one.
    """
    recipe = _RECIPES.get(space)
    if recipe is None:
        return None
    name, white, primaries, curve = recipe
    return _build(name, _primaries_to_xyz(white, primaries), curve())


def profile_for_primaries(primaries: int) -> bytes | None:
    """Return a profile for ITU-T H.273 colour primaries with sRGB's curve; ``None``: sRGB."""
    if primaries in (11, 12):
        return profile_for("display-p3")
    if primaries == 9:
        points = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
        return _build("Rec. 2020 primaries", _primaries_to_xyz(_D65_XY, points), srgb_curve())
    return None


@functools.cache
def _known_spaces() -> dict[str, MatrixProfile]:
    spaces: dict[str, MatrixProfile] = {}
    for space in _RECIPES:
        icc = profile_for(space)
        profile = None if icc is None else parse_matrix(icc)
        if profile is None:
            raise AssertionError(f"the profile of {space} cannot be read back")
        spaces[space] = profile
    return spaces


def _same(first: MatrixProfile, second: MatrixProfile) -> bool:
    if float(np.abs(first.matrix - second.matrix).max()) > _MATRIX_TOLERANCE:
        return False
    samples = np.linspace(0.0, 1.0, 65, dtype=np.float32)
    return all(
        float(np.abs(a.decode(samples) - b.decode(samples)).max()) <= _CURVE_TOLERANCE
        for a, b in zip(first.curves, second.curves, strict=True)
    )


def _primaries_to_xyz(
    white: tuple[float, float], primaries: tuple[tuple[float, float], ...]
) -> NDArray[np.float64]:
    """Return linear RGB to XYZ, adapted to D50 by Bradford's matrix."""
    base = np.array([_xyz(point) for point in primaries]).T
    white_xyz = _xyz(white)
    matrix = base * np.linalg.solve(base, white_xyz)
    gain = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ white_xyz)
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(gain) @ _BRADFORD
    return adapt @ matrix


def _xyz(point: tuple[float, float]) -> NDArray[np.float64]:
    x, y = point
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def _build(name: str, matrix: NDArray[np.float64], curve: bytes) -> bytes:
    """Return a version 2 display profile."""
    text = name.encode("ascii") + b"\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)
    parts: list[tuple[tuple[bytes, ...], bytes]] = [
        ((b"desc",), described),
        ((b"cprt",), b"text\0\0\0\0" + b"No copyright, use freely\0"),
        ((b"wtpt",), _xyz_tag(_D50)),
        *[((bytes([c]) + b"XYZ",), _xyz_tag(matrix[:, i])) for i, c in enumerate(b"rgb")],
        ((b"rTRC", b"gTRC", b"bTRC"), curve),
    ]
    count = sum(len(names) for names, _ in parts)
    offset = _HEADER_BYTES + 4 + 12 * count
    table, body = b"", b""
    for names, data in parts:
        padded = data + bytes(-len(data) % 4)
        for signature in names:
            table += struct.pack(">4sII", signature, offset + len(body), len(data))
        body += padded
    size = offset + len(body)
    header = struct.pack(">II4s4s4s", size, 0, b"\x02\x40\0\0", b"mntr", b"RGB ") + b"XYZ "
    header += bytes.fromhex("07ea00010001000000000000") + b"acsp" + bytes(28)
    header += _xyz_tag(_D50)[8:] + bytes(_HEADER_BYTES)
    return header[:_HEADER_BYTES] + struct.pack(">I", count) + table + body


def _xyz_tag(values: tuple[float, ...] | NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(v) * 65536) for v in values))


_Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
_RECIPES: dict[str, tuple[str, tuple[float, float], _Primaries, Callable[[], bytes]]] = {
    # IEC 61966-2-1; Adobe RGB (1998) 4.3; SMPTE EG 432-1 with sRGB's curve; ISO 22028-2 (ROMM)
    "srgb": ("sRGB", _D65_XY, ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), srgb_curve),
    "adobe-rgb": (
        *("Compatible with Adobe RGB (1998)", _D65_XY),
        *(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), lambda: pure_gamma(563 / 256)),
    ),
    "display-p3": (
        *("Display P3", _D65_XY),
        *(((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), srgb_curve),
    ),
    "prophoto": (
        *("ProPhoto RGB", (0.3457, 0.3585)),
        *(((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), lambda: pure_gamma(1.8)),
    ),
}
