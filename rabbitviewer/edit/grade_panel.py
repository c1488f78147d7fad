"""The Edit tab: the form of a colour grade, and the job of the photo on show under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.edit.bring_in import bring_in, is_typed_in
from rabbitviewer.edit.error_card import ErrorCard
from rabbitviewer.edit.grade_form import GradeForm
from rabbitviewer.edit.grade_runs import GradeRuns
from rabbitviewer.edit.job_card import JobCard
from rabbitviewer.edit.job_origin import JobOrigins
from rabbitviewer.edit.panel_head import PanelHead
from rabbitviewer.edit.run_plan import RunPlan
from rabbitviewer.edit.subject import POOL, SLOT, Painting, Target
from rabbitviewer.edit.subject_form import SubjectForm
from rabbitviewer.models.forms import FormsModel
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.models.job import Job, Retry
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.selection import Selection
from rabbitviewer.theme.tokens import tokens

SaveFirst = Callable[[Callable[[], object]], object]


class GradePanel(QScrollArea):
    """Asks for grades and follows the newest one of the current photo.

    Signals:
        started: a run was asked for (the photos).
        preview_changed: the sampler's picture to show in the photo's place; None: the photo again.
        graded: the job that is followed is done (original, result).
        compare_wanted: lay the handle between (original, result).
        keep_wanted: the comparison is over, this result stays.
        folder_wanted: show this file where it lies.
        paint_wanted: paint a mask (the slot; empty: of the photo on show).
    """

    started = Signal(tuple)
    preview_changed = Signal(object)
    graded = Signal(bytes, bytes)
    compare_wanted = Signal(bytes, bytes)
    keep_wanted = Signal(bytes)
    folder_wanted = Signal(bytes)
    paint_wanted = Signal(str)

    def __init__(
        self,
        jobs: JobsModel,
        hosts: HostsModel,
        selection: Selection,
        subject: SubjectForm,
        origins: JobOrigins,
        form: GradeForm,
        forms: FormsModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._hosts = hosts
        self._selection = selection
        self._job_id = ""
        self._asked_job = ""
        self._followed = b""
        self._comparing = b""
        self._save_first: SaveFirst | None = None
        self._subject = subject
        self._head = PanelHead()
        self._form = form
        self._forms = forms
        self._runs = GradeRuns(jobs, self)
        self._plan = RunPlan(form, subject, hosts, jobs, forms, self)
        self._card = JobCard(origins)
        self._origins = origins
        self._refusal = ErrorCard()
        self._lay_out()
        self._connect()
        self._show_hosts()
        self._show_form()
        self._follow()

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt box."""
        self._form.focus_prompt()

    def set_prompt(self, prompt: str) -> None:
        """Put *prompt* into the box."""
        self._form.set_prompt(prompt)

    def choose_source(self, source: str) -> None:
        """Grade the selection, a slot of a pool or a whole pool."""
        self._subject.choose_source(source)

    def set_painting(self, painting: Painting | None) -> None:
        """Say which mask is being painted; None: none."""
        self._subject.set_painting(painting)

    def show_refusal(self, error: ErrorInfo) -> None:
        """Say why a grade was not begun, where its result would stand."""
        self._card.hide()
        self._refusal.show_error(error)
        self._refusal.show()

    def save_masks_by(self, save_first: SaveFirst) -> None:
        """Let *save_first* save the mask that is being painted, and then call what it is given."""
        self._save_first = save_first

    def set_comparing(self, result: bytes) -> None:
        """The handle lies across *result* now; empty: no comparison."""
        self._comparing = result
        self._show_job()

    def show_running_preview(self) -> QImage | None:
        """Return the sampler's picture of the job that is followed, while it runs."""
        job = self._jobs.job(self._job_id)
        return None if job is None or job.ended or not self._is_on_show(job) else job.preview

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        layout.setSpacing(look.space_3)
        layout.addWidget(self._head)
        layout.addWidget(self._subject)
        layout.addWidget(self._form)
        layout.addWidget(self._refusal)
        layout.addWidget(self._card)
        layout.addStretch(1)
        self._refusal.hide()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _connect(self) -> None:
        self._form.changed.connect(self._show_plan)
        self._form.workflow_changed.connect(self._show_form)
        self._forms.form_changed.connect(self._show_form)
        self._forms.budget_changed.connect(self._show_plan)
        self._form.submitted.connect(self._run)
        self._hosts.changed.connect(self._show_hosts)
        self._selection.current_changed.connect(self._follow)
        self._subject.changed.connect(self._on_subject_changed)
        self._subject.paint_wanted.connect(self.paint_wanted)
        self._runs.started.connect(self.started)
        self._runs.begun.connect(self._form.seeds.go_on)
        self._runs.accepted.connect(self._on_accepted)
        self._runs.refused.connect(self._on_refused)
        self._runs.failed.connect(self._show_at_field)
        self._jobs.changed.connect(self._on_changed)
        self._jobs.finished.connect(self._on_finished)
        self._jobs.previewed.connect(self._on_previewed)
        self._jobs.reset.connect(self._follow)
        self._origins.changed.connect(self._show_job)
        self._card.cancel_pressed.connect(lambda: self._runs.cancel(self._job_id))
        self._card.again_pressed.connect(
            lambda: self._runs.retry(self._job_id, Retry(new_seed=True))
        )
        self._card.fit_pressed.connect(self._fit_again)
        self._card.retry_wanted.connect(self._retry)
        self._card.keep_pressed.connect(lambda: self.keep_wanted.emit(self._result()))
        self._card.folder_pressed.connect(lambda: self.folder_wanted.emit(self._result()))
        self._card.compare_pressed.connect(self._compare)

    # ------------------------------------------------------------ what is shown

    def _show_hosts(self) -> None:
        self._form.show_workflows(self._hosts.edit_workflows(), self._hosts.greyed())
        self._show_plan()

    def _show_form(self) -> None:
        self._forms.want(self._form.workflow)
        self._form.show_form(self._forms.form)
        self._show_plan()

    def _show_plan(self) -> None:
        job = self._jobs.job(self._job_id)
        self._head.show_plan(self._plan.show(running=job is not None and not job.ended))

    def _on_subject_changed(self) -> None:
        if self._path() != self._followed:
            self._follow()
        else:
            self._show_plan()

    def _path(self) -> bytes:
        """Return the photo whose job is told: that of the slot, else the current one."""
        in_slot = self._subject.wish.source == SLOT
        return self._subject.subject.path if in_slot else self._selection.current

    def _is_on_show(self, job: Job) -> bool:
        current = self._selection.current
        return bool(current) and current in (job.info.path, job.info.result_path)

    def _follow(self) -> None:
        """Follow the newest job that the photo belongs to."""
        self._followed = self._path()
        job = self._jobs.latest_for(self._followed)
        self._watch(job.info.job_id if job else "")

    def _watch(self, job_id: str) -> None:
        self._job_id = job_id
        self._refusal.hide()
        self._show_job()
        self.preview_changed.emit(self.show_running_preview())

    def _show_job(self) -> None:
        job = self._jobs.job(self._job_id)
        self._card.setVisible(job is not None)
        if job is not None:
            result = job.info.result_path
            self._card.show_job(
                job,
                comparing=result is not None and result == self._comparing,
                hosts=self._hosts.others_for(job.info),
            )
        self._show_plan()

    def _result(self) -> bytes:
        job = self._jobs.job(self._job_id)
        return (job.info.result_path or b"") if job else b""

    # ------------------------------------------------------------ what is asked

    def _run(self) -> None:
        """Start at once, or as soon as the mask that is being painted is saved."""
        subject, wish = self._subject.subject, self._subject.wish
        targets = tuple(subject.targets())
        self._refusal.hide()
        if not subject.paints or self._save_first is None:
            self._start(targets)
            return

        def start() -> None:
            anew = wish.source == POOL and self._subject.wish == wish
            self._start(self._subject.subject.targets() if anew else targets)

        self._save_first(start)

    def _start(self, targets: Iterable[Target]) -> None:
        self._form.clear_errors()
        self._form.keep()
        self._runs.start(targets, self._form.settings, self._form.seeds.of_candidates())
        self._subject.end_all()

    def _retry(self, how: Retry) -> None:
        self._runs.retry(self._job_id, how)

    def _fit_again(self, fit: str) -> None:
        self._runs.fit_again(self._job_id, fit)

    def _compare(self) -> None:
        job = self._jobs.job(self._job_id)
        if job is not None and job.info.result_path:
            self.compare_wanted.emit(job.info.path, job.info.result_path)

    # ------------------------------------------------------------ what is heard

    def _on_accepted(self, job_id: str, asked_here: bool) -> None:
        job = self._jobs.job(job_id)
        if job is not None and job.info.path == self._path():
            self._watch(job_id)
            if asked_here:
                self._asked_job = job_id
                bring_in(self, self._card)

    def _show_at_field(self, error: ErrorInfo) -> None:
        """Say at its field what is wrong, where it is about one."""
        field = error.context.get("field", "")
        if field:
            self._form.show_error(field, f"{error.message} {error.hint}".strip())

    def _on_refused(self, error: ErrorInfo) -> None:
        self._show_at_field(error)
        self.show_refusal(error)

    def _on_changed(self, job_id: str) -> None:
        if job_id == self._job_id:
            self._show_job()

    def _on_previewed(self, job_id: str) -> None:
        if job_id == self._job_id:
            self.preview_changed.emit(self.show_running_preview())

    def _on_finished(self, job_id: str) -> None:
        if job_id != self._job_id:
            return
        self._show_job()
        if job_id == self._asked_job and not is_typed_in(self):
            bring_in(self, self._card)
        self.preview_changed.emit(None)
        job = self._jobs.job(job_id)
        if job is not None and job.info.result_path and self._is_on_show(job):
            self.graded.emit(job.info.path, job.info.result_path)
