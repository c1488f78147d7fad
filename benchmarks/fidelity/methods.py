"""The methods side by side, each from a pair to a way of grading the full-size photo."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.fidelity import rivals
from benchmarks.fidelity.cases import Edit, Group
from benchmarks.fidelity.degradations import Kind
from benchmarks.fidelity.grades import Grade
from daemon.imaging.lattice import FloatArray, identity_lut
from daemon.imaging.lut import apply_lut, extract_lut
from daemon.imaging.spatial import SpatialGrid
from daemon.imaging.spatial_apply import apply_spatial

Pixels = NDArray[np.uint8]

_TRUTH_SIZE = 33
OURS = "ours"
TRUTH = "truth at 33"


@dataclass(frozen=True, eq=False)
class Found:
    """What a method made of a pair.

    Attributes:
        lut: The LUT.
        grid: The correction that varies over the picture; None: there is none.
        verdict: What the fit would tell the user; empty for rivals.
        score: How much the edit looks like one that depends on the place.
        cpu_s: Seconds of processor time.
        wall_s: Seconds.
    """

    lut: FloatArray
    grid: SpatialGrid | None = None
    verdict: str = ""
    score: float = 0.0
    cpu_s: float = 0.0
    wall_s: float = 0.0


Method = Callable[[Pixels, Pixels, Edit], Found]


def _rival(fit: Callable[[Pixels, Pixels], FloatArray]) -> Method:
    return lambda sent, returned, edit: Found(fit(sent, returned))


def _own(kind: str) -> Method:
    def fit(sent: Pixels, returned: Pixels, edit: Edit) -> Found:
        del edit
        found = extract_lut(sent, returned, fit=kind)
        return Found(found.lut, found.grid, found.verdict, found.spatial_score)

    return fit


def _truth(sent: Pixels, returned: Pixels, edit: Edit) -> Found:
    """The true grade, sampled on the lattice: what no fit on 33 nodes can be expected to beat."""
    del sent, returned
    nodes = identity_lut(_TRUTH_SIZE).reshape(-1, 3).astype(np.float64)
    graded = edit(nodes) if isinstance(edit, Grade) else edit.base(nodes)
    return Found(graded.reshape(*(_TRUTH_SIZE,) * 3, 3).astype(np.float32))


METHODS: dict[str, Method] = {
    "nothing": _rival(rivals.nothing),
    "sketch": _rival(rivals.sketch),
    "affine": _rival(rivals.affine),
    "polynomial": _rival(rivals.polynomial),
    "thin plate": _rival(rivals.thin_plate),
    OURS: _own("auto"),
    "our LUT": _own("lut"),
    "our spatial": _own("spatial"),
    TRUTH: _truth,
}
"""By the name in the tables; "ours" chooses between a LUT and a spatial grade by itself."""

_OF_GROUP: dict[Group, set[str]] = {
    "global": set(METHODS) - {"our LUT", "our spatial"},
    "hard": set(METHODS) - {"our LUT", "our spatial"},
    "spatial": {"nothing", "sketch", OURS, "our LUT", "our spatial"},
}
_CLEAN_ONLY = {"nothing", TRUTH}
_OURS_ALONE: set[Kind] = {"soft", "crop", "size"}
"""States in which the rivals are not measured: they would show nothing new."""


def methods_for(group: Group, kind: Kind, wanted: Sequence[str]) -> list[str]:
    """Which of the *wanted* methods are worth measuring."""
    names = [name for name in wanted if name in _OF_GROUP[group]]
    if kind in _OURS_ALONE:
        return [name for name in names if name == OURS]
    return [name for name in names if kind == "clean" or name not in _CLEAN_ONLY]


def run(name: str, sent: Pixels, returned: Pixels, edit: Edit) -> Found:
    """Run a method and take its time."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = METHODS[name](sent, returned, edit)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return replace(found, cpu_s=cpu, wall_s=wall)


def grade_pixels(found: Found, photo: Pixels, picked: NDArray[np.intp]) -> Pixels:
    """Grade a photo and return its *picked* pixels, shape (N, 3)."""
    if found.grid is None:
        return apply_lut(photo.reshape(1, -1, 3)[:, picked], found.lut)[0]
    return apply_spatial(photo, found.lut, found.grid).reshape(-1, 3)[picked]
