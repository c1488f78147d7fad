"""Keeps measured rows in a file, so that a long run can be stopped, resumed and shown again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.fidelity.cases import Pair
from benchmarks.fidelity.measure import Row


class RowFile:
    """Rows as JSON lines, appended as they come."""

    def __init__(self, path: Path | None) -> None:
        """Open *path*, which need not exist; None: nothing is kept.

        Raises:
            SystemExit: the file holds something else.
        """
        self._path = path
        self.rows: list[Row] = []
        if path is None or not path.exists():
            return
        try:
            lines = path.read_bytes().splitlines()
            self.rows = [msgspec.json.decode(line, type=Row) for line in lines]
        except msgspec.DecodeError as error:
            raise SystemExit(
                f"{path} holds no rows of this program: {error}. Name another file."
            ) from error

    def missing(self, pair: Pair, methods: Sequence[str]) -> list[str]:
        """The *methods* that have no row on *pair* yet."""
        known = {
            row.method
            for row in self.rows
            if (row.group, row.photo, row.edit) == (pair.group, pair.photo.name, pair.edit_name)
        }
        return [method for method in methods if method not in known]

    def add(self, rows: Sequence[Row]) -> None:
        """Keep more rows."""
        self.rows.extend(rows)
        if self._path is not None:
            with self._path.open("ab") as file:
                file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
