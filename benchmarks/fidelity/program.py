"""How close a grade at full size comes to the truth, on real photos and grades with known truth.

python -m benchmarks.fidelity                 the full run, about half an hour on two cores
python -m benchmarks.fidelity --quick         under a minute, no network; what CI runs
python -m benchmarks.fidelity --photos DIR    the same on photos of your own
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from benchmarks.fidelity.bounds import GOALS, QUICK_BOUNDS, check
from benchmarks.fidelity.cases import Group, Pair, plan
from benchmarks.fidelity.degradations import KINDS, Kind
from benchmarks.fidelity.keeping import RowFile
from benchmarks.fidelity.measure import Row, measure
from benchmarks.fidelity.methods import METHODS, OURS
from benchmarks.fidelity.photos import in_folder, packaged, shipped
from benchmarks.fidelity.tables import Table, as_markdown, as_text, by_method, choices, times, worst
from benchmarks.fidelity.through_cli import as_table, compare

_BEGIN, _END = "<!-- tables -->", "<!-- end of tables -->"
_SAMPLES = 200_000
_FULL: dict[Group, int] = {"global": 46, "hard": 12, "spatial": 28}
_QUICK: tuple[tuple[Group, int, tuple[Kind, ...]], ...] = (
    ("global", 6, ("clean", "invent", "all")),
    ("hard", 2, ("clean",)),
    ("spatial", 3, ("clean", "all")),
)
_QUICK_METHODS = ("sketch", OURS, "truth at 33")
_QUICK_EDGE_PX = 300
_QUICK_SAMPLES = 30_000
_TITLES: dict[Group, str] = {
    "global": "Global grades",
    "hard": "Grades with hard edges",
    "spatial": "Edits that depend on the place",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code."""
    args = _parser().parse_args(arguments)
    if args.quick:
        return quick(args.jobs)
    photos = in_folder(args.photos) if args.photos else packaged()
    counts: dict[Group, int] = {group: args.cases or _FULL[group] for group in args.groups}
    pairs = plan(photos, counts, args.kinds)
    if args.through_cli:
        compared = compare(pairs[: args.through_cli])
        print(as_text(as_table(compared)))
        return 0 if all(one.agree for one in compared) else 1
    rows = run_all(pairs, args.only or list(METHODS), _SAMPLES, args.jobs, RowFile(args.rows))
    if args.json:
        json.dump([asdict(row) for row in rows], sys.stdout, indent=1)
        return 0
    goals, _ = check(rows, GOALS, "Goals")
    shown = [goals, *tables(rows)]
    if args.markdown:
        write_page(args.markdown, extent(rows), shown)
    else:
        print("\n".join(map(as_text, shown)))
    return 0


def extent(rows: Sequence[Row]) -> str:
    """Say over how much was measured."""
    pairs = {(row.group, row.photo, row.edit) for row in rows}
    photos = {row.photo for row in rows}
    cases = {(row.group, row.photo, row.edit, row.kind) for row in rows}
    planned = sum(_FULL.values())
    plan_words = f" (the full plan has {planned})" if len(pairs) < planned else ""
    return (
        f"{len(pairs)} pairs of photo and edit{plan_words} on {len(photos)} photos, "
        f"{len(cases)} cases."
    )


def write_page(page: Path, words: str, shown: Sequence[Table]) -> None:
    """Put *words* and the tables between the two marks of a Markdown page.

    Raises:
        SystemExit: the page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    if _BEGIN not in text or _END not in text:
        raise SystemExit(f"{page} lacks the lines {_BEGIN} and {_END}; write them where tables go.")
    before, rest = text.split(_BEGIN, 1)
    after = rest.split(_END, 1)[1]
    body = "\n".join([words, "", *map(as_markdown, shown)])
    page.write_text(f"{before}{_BEGIN}\n\n{body}\n{_END}{after}", encoding="utf-8")


def quick(jobs: int) -> int:
    """Measure small photographs that need no network against generous bounds; the exit code."""
    photos = shipped()
    pairs = [
        pair
        for group, count, kinds in _QUICK
        for pair in plan(photos, {group: count}, kinds, long_edge_px=_QUICK_EDGE_PX)
    ]
    rows = run_all(pairs, _QUICK_METHODS, _QUICK_SAMPLES, jobs, RowFile(None))
    table, kept = check(rows, QUICK_BOUNDS, "Bounds")
    print("\n".join(map(as_text, [*tables(rows), table])))
    return 0 if kept else 1


def run_all(
    pairs: Sequence[Pair], methods: Sequence[str], samples: int, jobs: int, kept: RowFile
) -> list[Row]:
    """Measure in *jobs* processes what *kept* does not hold yet; all its rows, in one order."""
    began = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        todo = [
            pool.submit(measure, pair, missing, samples)
            for pair in pairs
            if (missing := kept.missing(pair, methods))
        ]
        for count, done in enumerate(as_completed(todo), 1):
            kept.add(done.result())
            if sys.stderr.isatty():
                spent = time.monotonic() - began
                print(f"\r{count} of {len(todo)}, {spent:.0f} s ", end="", file=sys.stderr)
    return sorted(kept.rows, key=_order)


def _order(row: Row) -> tuple[int, int, int, str, str]:
    """Rows lie in the order of the groups, methods and states as they are declared."""
    place = list(_FULL).index(row.group), list(METHODS).index(row.method), KINDS.index(row.kind)
    return (*place, row.photo, row.edit)


def tables(rows: Sequence[Row]) -> list[Table]:
    """Every table that *rows* can fill."""
    groups: list[Group] = [g for g in _FULL if any(row.group == g for row in rows)]
    made = [by_method(rows, group, _TITLES[group]) for group in groups]
    if "global" in groups:
        made.append(worst(rows, OURS))
    if "spatial" in groups:
        made.append(choices(rows, OURS))
    made.append(times(rows))
    return made


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fidelity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small photos, bounds; what CI runs")
    parser.add_argument("--cases", type=int, metavar="N", help="pairs in each group")
    parser.add_argument("--only", action="append", choices=list(METHODS), help="only this method")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--groups", nargs="+", choices=list(_FULL), default=list(_FULL))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--rows", type=Path, metavar="FILE", help="keep rows here; measure only what it lacks"
    )
    parser.add_argument("--photos", type=Path, metavar="DIR", help="measure on your own photos")
    parser.add_argument(
        "--through-cli", type=int, metavar="N", help="N cases on written files, by the program"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="every row, as one JSON document")
    form.add_argument(
        "--markdown", type=Path, metavar="PAGE", help="put the tables into docs/fidelity.md"
    )
    return parser
