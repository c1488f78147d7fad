"""Measures one pair: makes the small copy, spoils the edit, fits, grades the photo, compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.fidelity.cases import Edit, Group, Pair
from benchmarks.fidelity.color_tools import Colors
from benchmarks.fidelity.degradations import Kind, degrade
from benchmarks.fidelity.figures import Difference, Ramp, Reference, travel, without_partner
from benchmarks.fidelity.grades import Grade
from benchmarks.fidelity.methods import grade_pixels, methods_for, run
from benchmarks.fidelity.photos import Photo
from daemon.imaging.area import downscale
from daemon.working_size import plan_canvas

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Row:
    """One method's figures on one case.

    Attributes:
        group: The table it belongs to.
        photo: The photo's name.
        edit: The edit's name.
        kind: The state in which the edit came back.
        method: The method's name.
        difference: Against the truth at full size.
        unseen_share: Share of the measured pixels whose colours the small copy lacks.
        ramp: Of a gray ramp; None for edits that depend on the place.
        model: ``lut`` or ``spatial``.
        verdict: What the fit would tell the user; empty for rivals.
        score: How much the edit looked like one that depends on the place.
        cpu_s: Processor time of the fit.
        wall_s: Time of the fit.
    """

    group: Group
    photo: str
    edit: str
    kind: Kind
    method: str
    difference: Difference
    unseen_share: float
    ramp: Ramp | None
    model: str
    verdict: str
    score: float
    cpu_s: float
    wall_s: float


@dataclass(frozen=True, eq=False)
class Prepared:
    """A photo with its small copy and the pixels that are measured.

    Attributes:
        pixels: Full size, shape (H, W, 3).
        small: The 8-bit copy that a model would get.
        picked: Indices of the measured pixels.
        unseen: Which of them have no partner in the small copy.
    """

    pixels: Pixels
    small: Pixels
    picked: NDArray[np.intp]
    unseen: NDArray[np.bool_]


def small_copy(pixels: Pixels, long_edge_px: int = 0) -> Pixels:
    """Return the copy that the product sends to a model, without its padding."""
    plan = plan_canvas(pixels.shape[1], pixels.shape[0], long_edge_px=long_edge_px)
    return np.rint(downscale(pixels, *plan.box[2:]) * 255).astype(np.uint8)


@lru_cache(maxsize=1)
def prepare(photo: Photo, long_edge_px: int, samples: int) -> Prepared:
    """Open a photo and choose the pixels to measure, always the same ones."""
    pixels = photo.pixels()
    small = small_copy(pixels, long_edge_px)
    count = pixels.shape[0] * pixels.shape[1]
    rng = np.random.default_rng(1)
    picked = (
        rng.permutation(count)[:samples]
        if count < 4 * samples
        else rng.integers(count, size=samples)
    )
    picked = np.sort(picked)
    return Prepared(pixels, small, picked, without_partner(pixels.reshape(-1, 3)[picked], small))


@lru_cache(maxsize=2)
def _foreign(photo: Photo, long_edge_px: int) -> NDArray[np.float32]:
    return small_copy(photo.pixels(), long_edge_px).astype(np.float32) / np.float32(255)


def edited(edit: Edit, pixels: Pixels, picked: NDArray[np.intp] | None = None) -> Colors:
    """Return the truth: *edit* in float on some *pixels* of a picture, or on all, shape (N, 3)."""
    height, width = pixels.shape[:2]
    index = np.arange(height * width) if picked is None else picked
    colors = pixels.reshape(-1, 3)[index] / 255
    if isinstance(edit, Grade):
        return edit(colors)
    places = np.stack([(index % width + 0.5) / width, (index // width + 0.5) / height], axis=1)
    return edit(colors, places)


def measure(pair: Pair, wanted: Sequence[str], samples: int) -> list[Row]:
    """Measure every state of *pair* with every wanted method."""
    photo = prepare(pair.photo, pair.long_edge_px, samples)
    edit = pair.edit
    reference = Reference(edited(edit, photo.pixels, photo.picked), photo.unseen)
    truth = edited(edit, photo.small).reshape(photo.small.shape).astype(np.float32)
    other = _foreign(pair.other, pair.long_edge_px)
    rows: list[Row] = []
    for kind in pair.kinds:
        returned = degrade(truth, kind, pair.name, other)
        for method in methods_for(pair.group, kind, wanted):
            found = run(method, photo.small, returned, edit)
            result = grade_pixels(found, photo.pixels, photo.picked)
            row = Row(
                pair.group,
                pair.photo.name,
                edit.name,
                kind,
                method,
                reference.compare(result),
                float(photo.unseen.mean()),
                travel(found.lut, edit) if isinstance(edit, Grade) else None,
                "lut" if found.grid is None else "spatial",
                found.verdict,
                found.score,
                found.cpu_s,
                found.wall_s,
            )
            rows.append(row)
    return rows
