"""What figures are held against: the goals of a full run, and the bounds that CI keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.fidelity.cases import Group
from benchmarks.fidelity.degradations import Kind
from benchmarks.fidelity.measure import Row
from benchmarks.fidelity.methods import OURS, TRUTH
from benchmarks.fidelity.tables import Table

Figure = Callable[[Sequence[Row]], float]


@dataclass(frozen=True)
class Bound:
    """A figure that must not be larger than it is allowed to be.

    Attributes:
        group: The rows that it looks at, with *kind*.
        kind: See *group*; None: all states of the edit.
        name: What is measured.
        figure: How, from those rows.
        most: The largest value allowed.
        above_truth: *most* is counted from the mean of the true grade sampled at 33 nodes.
    """

    group: Group
    kind: Kind | None
    name: str
    figure: Figure
    most: float
    above_truth: bool = False

    def limit(self, rows: Sequence[Row]) -> float:
        """The largest value allowed, given what the truth itself reached in *rows*."""
        if not self.above_truth:
            return self.most
        truth = [row for row in rows if (row.group, row.method) == (self.group, TRUTH)]
        return self.most + (_mean(truth) if truth else 0.0)

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that it looks at."""
        of_group = [row for row in rows if (row.group, row.method) == (self.group, OURS)]
        return [row for row in of_group if self.kind in {None, row.kind}]


def _mean(rows: Sequence[Row]) -> float:
    return fmean(row.difference.mean for row in rows)


def _p95(rows: Sequence[Row]) -> float:
    return fmean(row.difference.p95 for row in rows)


def _p999(rows: Sequence[Row]) -> float:
    return fmean(row.difference.p999 for row in rows)


def _worst(rows: Sequence[Row]) -> float:
    return max(row.difference.mean for row in rows)


def _unseen(rows: Sequence[Row]) -> float:
    known = [row.difference.unseen for row in rows if row.difference.unseen is not None]
    return fmean(known) if known else 0.0


def _back(rows: Sequence[Row]) -> float:
    return max(row.ramp.back for row in rows if row.ramp)


def _wrongly_spatial(rows: Sequence[Row]) -> float:
    return sum(row.model == "spatial" for row in rows)


def _missed(rows: Sequence[Row]) -> float:
    return 100 * sum(row.model == "lut" for row in rows) / len(rows)


GOALS: tuple[Bound, ...] = (
    *(
        Bound("global", kind, "mean", _mean, 0.06, above_truth=True)
        for kind in ("clean", "soft", "shift", "crop")
    ),
    Bound("global", "all", "mean", _mean, 0.12, above_truth=True),
    Bound("global", "all", "p95", _p95, 0.8),
    Bound("global", "all", "p99.9", _p999, 4.0),
    Bound("global", "all", "worst mean", _worst, 0.6),
    Bound("global", "clean", "unseen colours", _unseen, 1.0),
    Bound("global", "all", "unseen colours", _unseen, 1.5),
    Bound("global", None, "gray ramp back, levels", _back, 1.0),
    Bound("global", None, "taken for spatial, cases", _wrongly_spatial, 0),
    Bound("hard", None, "taken for spatial, cases", _wrongly_spatial, 0),
    Bound("spatial", "clean", "mean", _mean, 1.0),
    Bound("spatial", "all", "mean", _mean, 1.8),
    Bound("spatial", None, "taken for global, %", _missed, 2),
)
"""Of the full run."""

QUICK_BOUNDS: tuple[Bound, ...] = (
    Bound("global", "clean", "mean", _mean, 0.3),
    Bound("global", "clean", "worst mean", _worst, 0.5),
    Bound("global", "invent", "mean", _mean, 0.4),
    Bound("global", "all", "mean", _mean, 0.7),
    Bound("global", "all", "p95", _p95, 1.8),
    Bound("global", "all", "gray ramp back, levels", _back, 3.0),
    Bound("global", None, "taken for spatial, cases", _wrongly_spatial, 0),
    Bound("hard", "clean", "mean", _mean, 3.0),
    Bound("spatial", "clean", "mean", _mean, 1.6),
    Bound("spatial", "all", "mean", _mean, 4.0),
    Bound("spatial", "clean", "taken for global, %", _missed, 0),
)
"""A third to a whole as much again as was measured when they were set: wide enough for another
machine's arithmetic, narrow enough for a mistake. The quick small copies have a sixteenth of a
megapixel, so noise, a lost pixel and an invention weigh far more than in the full run."""


def check(rows: Sequence[Row], bounds: Sequence[Bound], title: str) -> tuple[Table, bool]:
    """Compare the figures of *rows* with *bounds*; whether all are kept.

    A bound without a row to look at is left out.
    """
    lines: list[tuple[str, ...]] = []
    broken = False
    for bound in bounds:
        chosen = bound.rows(rows)
        if not chosen:
            continue
        found, limit = bound.figure(chosen), bound.limit(rows)
        broken = broken or found > limit
        state = bound.kind or "any way"
        verdict = "kept" if found <= limit else "BROKEN"
        lines.append((bound.group, state, bound.name, verdict, f"{found:.2f}", f"{limit:.2f}"))
    head = ("group", "edit came back", "figure", "bound", "found", "at most")
    return Table(title, head, tuple(lines)), not broken
