"""Puts rows together into tables that read alike in a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.fidelity.cases import Group
from benchmarks.fidelity.measure import Row


@dataclass(frozen=True)
class Table:
    """A titled table of words.

    Attributes:
        title: What it shows.
        head: The columns' names.
        lines: The cells.
    """

    title: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def by_method(rows: Sequence[Row], group: Group, title: str) -> Table:
    """Mean figures of a *group* for every method and state."""
    chosen = [row for row in rows if row.group == group]
    lines: list[tuple[str, ...]] = []
    for method in _names(chosen, lambda row: row.method):
        of_method = [row for row in chosen if row.method == method]
        lines += [
            (method, kind, *_figures([row for row in of_method if row.kind == kind]))
            for kind in _names(of_method, lambda row: row.kind)
        ]
    head = ("method", "edit came back", "cases", "mean", "p95", "p99.9", "unseen", "rounded")
    return Table(title, (*head, "worst mean", "ramp back", "bend"), tuple(lines))


def choices(rows: Sequence[Row], method: str) -> Table:
    """What *method* chose by itself: its confusion matrix, and the scores that it went by."""
    lines: list[tuple[str, ...]] = []
    right = total = 0
    for truth in ("one change of colour", "depends on the place"):
        wanted = "lut" if truth == "one change of colour" else "spatial"
        chosen = [
            row
            for row in rows
            if row.method == method and (row.group == "spatial") == (wanted == "spatial")
        ]
        counts = [sum(row.model == model for row in chosen) for model in ("lut", "spatial")]
        right += counts[wanted == "spatial"]
        total += len(chosen)
        scores = sorted(row.score for row in chosen) or [0.0]
        lines.append((truth, *map(str, counts), f"{scores[0]:.1f}", f"{scores[-1]:.1f}"))
    share = f"{100 * right / max(total, 1):.1f} % of {total} right"
    head = ("the true edit", "LUT chosen", "spatial chosen", "lowest score", "highest score")
    return Table(f"What {method} chose, {share}", head, tuple(lines))


def times(rows: Sequence[Row]) -> Table:
    """How long the fits took: on a busy machine only the processor time means something."""
    lines = [
        (
            method,
            f"{median(row.cpu_s for row in chosen):.2f}",
            f"{median(row.wall_s for row in chosen):.2f}",
            f"{max(row.cpu_s for row in chosen):.2f}",
        )
        for method in _names(rows, lambda row: row.method)
        if (chosen := [row for row in rows if row.method == method])
    ]
    head = ("method", "CPU s, median", "wall s, median", "CPU s, longest")
    return Table("Time of a fit", head, tuple(lines))


def worst(rows: Sequence[Row], method: str, count: int = 8) -> Table:
    """The cases in which *method* is farthest from the truth."""
    chosen = [row for row in rows if row.method == method and row.group == "global"]
    chosen.sort(key=lambda row: -row.difference.mean)
    lines = [
        (
            row.photo,
            row.edit,
            row.kind,
            f"{row.difference.mean:.2f}",
            f"{row.difference.p95:.2f}",
            f"{row.difference.p999:.1f}",
            _number(row.difference.unseen, 2),
            f"{row.ramp.back:.1f}" if row.ramp else "",
        )
        for row in chosen[:count]
    ]
    head = ("photo", "edit", "came back", "mean", "p95", "p99.9", "unseen", "ramp back")
    return Table(f"The worst cases of {method}", head, tuple(lines))


def as_text(table: Table) -> str:
    """For a terminal: aligned columns."""
    widths = [max(map(len, column)) for column in zip(table.head, *table.lines, strict=True)]
    words = sum(1 for cell in (table.lines or [table.head])[0] if not _is_number(cell))
    lines = [
        "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (table.head, *table.lines)
    ]
    return "\n".join([table.title, "", *lines, ""])


def as_markdown(table: Table) -> str:
    """For docs/fidelity.md."""
    rule = "|---" * len(table.head) + "|"
    lines = ["| " + " | ".join(line) + " |" for line in (table.head, *table.lines)]
    return "\n".join([f"**{table.title}**", "", lines[0], rule, *lines[1:], ""])


def _names(rows: Iterable[Row], name: Callable[[Row], str]) -> list[str]:
    return list(dict.fromkeys(map(name, rows)))


def _figures(rows: Sequence[Row]) -> tuple[str, ...]:
    found = [row.difference for row in rows]
    unseen = [figure.unseen for figure in found if figure.unseen is not None]
    ramps = [row.ramp for row in rows if row.ramp is not None]
    return (
        str(len(rows)),
        f"{fmean(figure.mean for figure in found):.3f}",
        f"{fmean(figure.p95 for figure in found):.2f}",
        f"{fmean(figure.p999 for figure in found):.2f}",
        _number(fmean(unseen) if unseen else None, 2),
        f"{fmean(figure.rounded for figure in found):.3f}",
        f"{max(figure.mean for figure in found):.2f}",
        _number(max(ramp.back for ramp in ramps) if ramps else None, 1),
        _number(fmean(ramp.bend for ramp in ramps) if ramps else None, 1),
    )


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _is_number(cell: str) -> bool:
    return not cell or cell.replace(".", "", 1).isdigit()
