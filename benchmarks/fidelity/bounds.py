"""What the quick run must keep: bounds wide enough for any machine, tight enough for a mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.fidelity.cases import Group
from benchmarks.fidelity.degradations import Kind
from benchmarks.fidelity.measure import Row
from benchmarks.fidelity.methods import OURS
from benchmarks.fidelity.tables import Table


@dataclass(frozen=True)
class Bound:
    """A figure that must not be larger than it is allowed to be.

    Attributes:
        group: The rows that it looks at, with *kind*.
        kind: See *group*.
        name: What is measured.
        figure: How, from those rows.
        most: The largest value allowed.
    """

    group: Group
    kind: Kind
    name: str
    figure: Callable[[Sequence[Row]], float]
    most: float


def _mean(rows: Sequence[Row]) -> float:
    return fmean(row.difference.mean for row in rows)


def _p95(rows: Sequence[Row]) -> float:
    return fmean(row.difference.p95 for row in rows)


def _worst(rows: Sequence[Row]) -> float:
    return max(row.difference.mean for row in rows)


def _wrongly_spatial(rows: Sequence[Row]) -> float:
    return sum(row.model == "spatial" for row in rows)


def _missed(rows: Sequence[Row]) -> float:
    return sum(row.model == "lut" for row in rows)


def _back(rows: Sequence[Row]) -> float:
    return max(row.ramp.back for row in rows if row.ramp)


BOUNDS: tuple[Bound, ...] = (
    Bound("global", "clean", "mean", _mean, 0.35),
    Bound("global", "clean", "worst mean", _worst, 0.7),
    Bound("global", "invent", "mean", _mean, 0.5),
    Bound("global", "all", "mean", _mean, 0.9),
    Bound("global", "all", "p95", _p95, 2.2),
    Bound("global", "all", "ramp back, levels", _back, 6.0),
    Bound("global", "all", "taken for spatial", _wrongly_spatial, 0),
    Bound("hard", "clean", "mean", _mean, 3.0),
    Bound("spatial", "clean", "mean", _mean, 2.0),
    Bound("spatial", "all", "mean", _mean, 3.5),
    Bound("spatial", "clean", "taken for global", _missed, 0),
)
"""About half as much again as was measured when they were set: quick pictures are a sixteenth of
a megapixel, so noise and a lost pixel of registration weigh far more than in the full run."""


def check(rows: Sequence[Row]) -> tuple[Table, bool]:
    """Compare the figures of *rows* with the bounds; whether all are kept."""
    lines: list[tuple[str, ...]] = []
    kept = True
    for bound in BOUNDS:
        chosen = [
            row
            for row in rows
            if (row.group, row.kind, row.method) == (bound.group, bound.kind, OURS)
        ]
        found = bound.figure(chosen)
        good = found <= bound.most
        kept = kept and good
        verdict = "kept" if good else "BROKEN"
        lines.append(
            (bound.group, bound.kind, bound.name, verdict, f"{found:.2f}", f"{bound.most:g}")
        )
    head = ("group", "edit came back", "figure", "bound", "found", "at most")
    return Table("Bounds", head, tuple(lines)), kept
