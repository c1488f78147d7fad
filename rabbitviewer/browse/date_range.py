"""When photos were taken: years and months that occur, or a first and a last day."""

from __future__ import annotations

import calendar
from collections.abc import Iterable

from PySide6.QtCore import QDate, QLocale, Signal
from PySide6.QtWidgets import (
    QDateEdit,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.tokens import tokens

_FORMAT = "yyyy-MM-dd"
Days = Iterable[tuple[str, int]]


class DateChip(QPushButton):
    """A chip that opens years, months and a range to type.

    Signals:
        chosen: first and last day (``YYYY-MM-DD``; empty: open).
    """

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "chip")
        self.setCheckable(True)
        self.setAccessibleName(self.tr("Date taken"))
        self._range = ("", "")
        self._days: tuple[tuple[str, int], ...] = ()
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.clicked.connect(self._open)
        self.show_range("", "")

    def set_days(self, days: Days) -> None:
        """Offer the days on which photos were taken."""
        self._days = tuple(days)

    def show_range(self, first: str, last: str) -> None:
        """Say what is chosen."""
        self._range = (first, last)
        self.setText(f"{range_words(first, last) or self.tr('Date')}  ▾")
        self.setChecked(bool(first or last))

    def _open(self) -> None:
        self.setChecked(any(self._range))
        self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _fill(self) -> None:
        self._menu.clear()
        self._add(self._menu, self.tr("Any date"), "", "")
        self._menu.addSeparator()
        months: dict[str, int] = {}
        for day, count in self._days:
            months[day[:7]] = months.get(day[:7], 0) + count
        years = sorted({month[:4] for month in months if _is_month(month)}, reverse=True)
        for year in years:
            mine = sorted(month for month in months if month.startswith(year) and _is_month(month))
            inside = self._menu.addMenu(f"{year}   {sum(months[each] for each in mine):,}")
            self._add(inside, self.tr("All of {year}").format(year=year), *_year(year))
            inside.addSeparator()
            for month in mine:
                first, last = _month(month)
                name = QLocale().standaloneMonthName(int(month[5:7]))
                self._add(inside, f"{name}   {months[month]:,}", first, last)
        if years:
            self._menu.addSeparator()
        action = QWidgetAction(self._menu)
        action.setDefaultWidget(self._make_range())
        self._menu.addAction(action)

    def _add(self, menu: QMenu, words: str, first: str, last: str) -> None:
        menu.addAction(words).triggered.connect(lambda: self.chosen.emit(first, last))

    def _make_range(self) -> QFrame:
        look = tokens()
        frame = QFrame()
        days = sorted(day for day, _count in self._days) or [""]
        edits = (QDateEdit(), QDateEdit())
        names = (self.tr("First day"), self.tr("Last day"))
        for edit, name, held, known in zip(
            edits, names, self._range, (days[0], days[-1]), strict=True
        ):
            edit.setDisplayFormat(_FORMAT)
            edit.setAccessibleName(name)
            found = QDate.fromString(held or known, _FORMAT)
            edit.setDate(found if found.isValid() else QDate.currentDate())
        show = push_button(self.tr("Show"), "primary")
        row = QHBoxLayout()
        row.setSpacing(look.space_2)
        row.addWidget(edits[0])
        row.addWidget(text_label("–", "secondary"))
        row.addWidget(edits[1])
        row.addWidget(show)
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(look.space_2, look.space_2, look.space_2, look.space_2)
        layout.addLayout(row)

        def choose() -> None:
            first, last = sorted(edit.date().toString(_FORMAT) for edit in edits)
            self._menu.close()
            self.chosen.emit(first, last)

        show.clicked.connect(choose)
        return frame


def range_words(first: str, last: str) -> str:
    """Say a range of days shortly: a year, a month, a day or from – to."""
    if first and (first, last) == _year(first[:4]):
        return first[:4]
    if first and _is_month(first[:7]) and (first, last) == _month(first[:7]):
        return f"{QLocale().standaloneMonthName(int(first[5:7]))} {first[:4]}"
    if first == last:
        return first
    return f"{first} – {last}".strip()


def _is_month(text: str) -> bool:
    year, _dash, month = text.partition("-")
    return year.isdecimal() and len(year) == 4 and month.isdecimal() and 1 <= int(month) <= 12


def _year(year: str) -> tuple[str, str]:
    return f"{year}-01-01", f"{year}-12-31"


def _month(month: str) -> tuple[str, str]:
    last = calendar.monthrange(int(month[:4]), int(month[5:7]))[1]
    return f"{month}-01", f"{month}-{last:02}"
