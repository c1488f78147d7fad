"""The rows of the jobs panel: what runs, what waits in its order, what is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from rabbitviewer.edit.job_drag import JobDrag
from rabbitviewer.edit.job_keys import key_step
from rabbitviewer.edit.job_row import JobRow
from rabbitviewer.models.job import Job
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.latest import Latest
from rabbitviewer.theme.controls import push_button, text_label
from rabbitviewer.theme.tokens import tokens

_FIRST_ROWS = 6
_SHOWN = 20
_MORE = 60
_TURN_S = 0.006
_SOON_MS = 30
_PICTURES_MS = 250

MakeRow = Callable[[Job], JobRow]


class _Group:
    """A heading, as many rows as were asked for, and a button for more."""

    def __init__(
        self, name: str, jobs: Callable[[], list[Job]], more: Callable[[], object]
    ) -> None:
        look = tokens()
        self.name = name
        self.jobs = jobs
        self.shown = _SHOWN
        self.heading: QLabel = text_label("", "secondary")
        self.heading.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_1)
        self.more: QPushButton = push_button("", "quiet")
        self.more.clicked.connect(more)
        self.heading.hide()
        self.more.hide()


class JobList(QWidget):
    """Rows by group; they are kept and only told what changed. It rests while nobody looks.

    Signals:
        key_pressed: a key that steers a job (the job's id, the event).
        opened: a row was pressed twice (the job's id).
        moved: a waiting job was dragged (the job's id, the id it comes before; empty: the end).
        reveal_wanted: this part of it has to be seen (a row or the place of a drag).
        grown: it has more or fewer rows.
        pictures_wanted: small pictures of these photos are looked at (their paths).
    """

    key_pressed = Signal(str, object)
    opened = Signal(str)
    moved = Signal(str, str)
    reveal_wanted = Signal(QPoint)
    grown = Signal()
    pictures_wanted = Signal(tuple)

    def __init__(self, jobs: JobsModel, make_row: MakeRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._make_row = make_row
        self._rows: dict[str, JobRow] = {}
        self._order: list[str] = []
        self._current = ""
        self._awake = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Jobs"))
        self._groups = (
            _Group(self.tr("Running"), jobs.running, lambda: self._show_more(0)),
            _Group(self.tr("Waiting"), jobs.waiting, lambda: self._show_more(1)),
            _Group(self.tr("Done"), jobs.ended, lambda: self._show_more(2)),
        )
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, tokens().space_2)
        self._lines.setSpacing(0)
        for group in self._groups:
            self._lines.addWidget(group.heading)
            self._lines.addWidget(group.more, 0, Qt.AlignmentFlag.AlignHCenter)
        self._lines.addStretch(1)
        self._drag = JobDrag(self, self._waiting_rows)
        self._drag.dropped.connect(self._on_dropped)
        self._drag.reached.connect(self.reveal_wanted)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._arrange)
        self._rest = QTimer(self, singleShot=True, interval=0)
        self._rest.timeout.connect(self._arrange)
        self._height = 0
        self._growing = QTimer(self, singleShot=True, interval=0)
        self._growing.timeout.connect(self._tell_grown)
        self._pictures = Latest(_PICTURES_MS, self)
        self._pictures.told.connect(self._show_job)
        jobs.changed.connect(self._show_job)
        jobs.previewed.connect(self._pictures.tell)
        jobs.arranged.connect(self._arrange_soon)
        jobs.reset.connect(self._arrange_soon)

    @property
    def is_empty(self) -> bool:
        """Whether there is no job at all."""
        return not self._order

    def wake(self) -> None:
        """Make the first rows now, the others in the turns to come; tell what went on meanwhile."""
        self._awake = True
        self.show_all_anew()
        self._arrange(least=_FIRST_ROWS)

    def rest(self) -> None:
        """Do nothing until the next look."""
        self._awake = False
        self.pictures_wanted.emit(())

    def show_picture(self, path: bytes) -> None:
        """A small picture of *path* is there."""
        for row in self._rows.values():
            if row.pictured == path:
                row.show_picture()

    def show_all_anew(self) -> None:
        """Tell every row how its job stands."""
        for job_id in self._rows:
            self._show_job(job_id)

    # ------------------------------------------------------------ rows

    def _arrange_soon(self) -> None:
        if self._awake and not self._soon.isActive():
            self._soon.start()

    def _arrange(self, least: int = 1) -> None:
        """Bring the rows in step with the jobs; what takes too long is left to the next turn."""
        if not self._awake:
            return
        until, made = time.monotonic() + _TURN_S, 0
        wanted = [(group, group.jobs()) for group in self._groups]
        order: list[str] = []
        place = 0
        is_whole = True
        self._drop_all_but(
            {job.info.job_id for group, jobs in wanted for job in jobs[: group.shown]}
        )
        for group, jobs in wanted:
            self._head(group, jobs)
            place = self._put(group.heading, place)
            for job in jobs[: group.shown]:
                job_id = job.info.job_id
                order.append(job_id)
                row = self._rows.get(job_id)
                if row is None and made >= least and time.monotonic() > until:
                    is_whole = False
                    continue
                if row is None:
                    row = self._rows[job_id] = self._make_row(job)
                    made += 1
                place = self._put(row, place)
            place = self._put(group.more, place)
        self._order = order
        if not is_whole:
            self._rest.start()
        else:
            self.pictures_wanted.emit(
                tuple(dict.fromkeys(self._rows[key].pictured for key in order))
            )
        if not order:
            self.grown.emit()

    def _head(self, group: _Group, jobs: list[Job]) -> None:
        """Name a group and say how many more there are."""
        failed = sum(job.info.state == "failed" for job in jobs)
        words = [f"{group.name}  {len(jobs):,}"]
        if failed:
            words.append(self.tr("{n} failed").format(n=f"{failed:,}"))
        group.heading.setText(" · ".join(words))
        group.heading.setVisible(bool(jobs))
        hidden = len(jobs) - group.shown
        older = group is self._groups[2] and self._jobs.has_older
        text = self.tr("Show more ({n} left)").format(n=f"{hidden:,}") if hidden > 0 else ""
        text = text or (self.tr("Show older jobs") if older and jobs else "")
        group.more.setText(text)
        group.more.setAccessibleName(text)
        group.more.setVisible(bool(text))

    def _put(self, widget: QWidget, place: int) -> int:
        """Let *widget* stand at *place*; return the next one."""
        item = self._lines.itemAt(place)
        if item is None or item.widget() is not widget:
            centred = isinstance(widget, QPushButton)
            side = Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag(0)
            self._lines.removeWidget(widget)
            self._lines.insertWidget(place, widget, 0, side)
        return place + 1

    def _drop_all_but(self, wanted: set[str]) -> None:
        for job_id in [each for each in self._rows if each not in wanted]:
            self._drop(job_id)

    def _drop(self, job_id: str) -> None:
        row = self._rows.pop(job_id, None)
        if row is not None:
            had_focus = row.hasFocus()
            self._lines.removeWidget(row)
            row.hide()
            row.deleteLater()
            if had_focus:
                self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_job(self, job_id: str) -> None:
        job, row = self._jobs.job(job_id), self._rows.get(job_id)
        if row is not None and job is not None and self._awake:
            row.show_job(job)

    def _show_more(self, number: int) -> None:
        group = self._groups[number]
        if len(group.jobs()) <= group.shown:
            self._jobs.read_older()
        group.shown += _MORE
        self._arrange()

    def _waiting_rows(self) -> list[JobRow]:
        found = (self._rows.get(job.info.job_id) for job in self._jobs.waiting())
        return [row for row in found if row is not None]

    def _on_dropped(self, job_id: str, before: str) -> None:
        waiting = [job.info.job_id for job in self._jobs.waiting()]
        if not before:
            shown = [row.job_id for row in self._waiting_rows()]
            last = waiting.index(shown[-1]) + 1 if shown else len(waiting)
            before = waiting[last] if last < len(waiting) else ""
        self.moved.emit(job_id, before)

    # ------------------------------------------------------------ keys and pointer

    def focus_row(self, job_id: str) -> None:
        """Give the focus to a row and bring it into sight."""
        row = self._rows.get(job_id)
        if row is not None:
            self._current = job_id
            row.setFocus(Qt.FocusReason.OtherFocusReason)
            self.reveal_wanted.emit(row.geometry().bottomLeft())
            self.reveal_wanted.emit(row.pos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the focus on to the row that had it last, or to the first one."""
        super().focusInEvent(event)
        known = self._current if self._current in self._rows else next(iter(self._order), "")
        self.focus_row(known)

    def _tell_grown(self) -> None:
        height = self.sizeHint().height()
        if height != self._height:
            self._height = height
            self.grown.emit()

    def event(self, event: QEvent) -> bool:
        """Take the keys that steer jobs before the window's shortcuts do: Del spares the photos."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._growing.start()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(key_step(event) is not None)
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from row to row, or let the panel steer the job in hand."""
        here = self._focused()
        step = key_step(event)
        if step is None or not here:
            super().keyPressEvent(event)
            return
        event.accept()
        if isinstance(step, int):
            order = [job_id for job_id in self._order if job_id in self._rows]
            there = order.index(here) + step if here in order else 0
            self.focus_row(order[min(max(there, 0), len(order) - 1)])
        else:
            self.key_pressed.emit(here, step)

    def _focused(self) -> str:
        focus = self.window().focusWidget()
        while focus is not None and focus is not self:
            if isinstance(focus, JobRow):
                return focus.job_id
            focus = focus.parentWidget()
        return ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a row."""
        row = self._row_at(event.position().toPoint())
        if row is not None:
            self._current = row.job_id
        if row is not None and row.can_move and event.button() == Qt.MouseButton.LeftButton:
            self._drag.take(row, event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry it."""
        self._drag.carry(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        self._drag.drop(event.position().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open what the row stands for."""
        row = self._row_at(event.position().toPoint())
        if row is not None:
            self.opened.emit(row.job_id)

    def _row_at(self, where: QPoint) -> JobRow | None:
        child = self.childAt(where)
        while child is not None and not isinstance(child, JobRow) and child is not self:
            child = child.parentWidget()
        return child if isinstance(child, JobRow) else None
