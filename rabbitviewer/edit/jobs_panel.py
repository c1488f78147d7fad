"""The list of jobs behind the jobs pill."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from rabbitviewer.edit.job_origin import JobOrigins
from rabbitviewer.edit.job_row import JobRow, PictureOf
from rabbitviewer.models.jobs import Job, JobsModel
from rabbitviewer.theme.controls import hairline, text_label
from rabbitviewer.theme.tokens import tokens

_MOST_ROWS = 60
_WIDTH = 380
_HEIGHT = 460


class JobsPanel(QWidget):
    """Jobs newest first; rows are kept and only told what changed.

    Signals:
        open_wanted: compare this job's original and result (:class:`Job`).
    """

    open_wanted = Signal(object)

    def __init__(
        self,
        jobs: JobsModel,
        picture_of: PictureOf,
        origins: JobOrigins,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._origins = origins
        self._picture_of = picture_of
        self._rows: dict[str, JobRow] = {}
        self._awake = False
        look = tokens()
        self._list = QWidget()
        self._lines = QVBoxLayout(self._list)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self._lines.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._list)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(self.tr("Jobs"))
        self._empty = text_label(
            self.tr("No jobs yet. Choose a photo and press G to grade it."), "secondary", wraps=True
        )
        self._empty.setContentsMargins(look.space_4, look.space_2, look.space_4, look.space_4)
        title = text_label(self.tr("Jobs"), "title")
        title.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(title)
        layout.addWidget(hairline())
        layout.addWidget(self._empty)
        layout.addWidget(self._scroll, 1)
        self.setFocusProxy(self._scroll)
        jobs.changed.connect(self._on_changed)
        jobs.reset.connect(self._rebuild)
        origins.changed.connect(self._rebuild)

    def sizeHint(self) -> QSize:
        """Return a size that shows a few jobs."""
        if not self._rows:
            return QSize(_WIDTH, self.minimumSizeHint().height() + tokens().space_5)
        wanted = self._list.sizeHint().height() + 4 * tokens().space_4
        return QSize(_WIDTH, min(wanted, _HEIGHT))

    def prepare(self) -> None:
        """Make the rows; while nobody looks they are not."""
        self._awake = True
        self._rebuild()

    def _rebuild(self) -> None:
        if not self._awake:
            return
        wanted = self._jobs.jobs()[:_MOST_ROWS]
        ids = {job.info.job_id for job in wanted}
        for job_id in [each for each in self._rows if each not in ids]:
            row = self._rows.pop(job_id)
            self._lines.removeWidget(row)
            row.deleteLater()
        for place, job in enumerate(wanted):
            self._put(job, place)
        self._empty.setVisible(not self._rows)
        self._scroll.setVisible(bool(self._rows))

    def _put(self, job: Job, place: int) -> None:
        row = self._rows.get(job.info.job_id)
        if row is not None:
            row.show_job(job)
            return
        row = JobRow(job, self._picture_of, self._origins)
        row.cancel_pressed.connect(self._jobs.cancel)
        row.retry_pressed.connect(self._jobs.retry)
        row.open_pressed.connect(self._open)
        self._rows[job.info.job_id] = row
        self._lines.insertWidget(place, row)

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest until the next look."""
        super().hideEvent(event)
        self._awake = False

    def _on_changed(self, job_id: str) -> None:
        job = self._jobs.job(job_id)
        row = self._rows.get(job_id)
        if row is not None and job is not None:
            row.show_job(job)
        else:
            self._rebuild()

    def _open(self, job_id: str) -> None:
        job = self._jobs.job(job_id)
        if job is not None:
            self.open_wanted.emit(job)
