"""Edit, jobs and hosts: built after the first picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QImage

from rabbitviewer.edit.grade_form import GradeForm
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.job_origin import JobOrigins
from rabbitviewer.edit.jobs_panel import JobsPanel
from rabbitviewer.edit.picture_slot import PictureSources
from rabbitviewer.edit.run_inputs import RunInputs
from rabbitviewer.edit.subject_form import SubjectForm
from rabbitviewer.hosts.host_panel import HostPanel
from rabbitviewer.models.forms import FormsModel
from rabbitviewer.models.host_entries import HostEntriesModel
from rabbitviewer.models.job_steering import JobSteering
from rabbitviewer.models.pool_contents import PoolContents, active_picture
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.organise.files_urls import paths_in
from rabbitviewer.wiring.grading import Grading
from rabbitviewer.wiring.hosting import Hosting
from rabbitviewer.wiring.parts import Parts
from rabbitviewer.words import jobs_words

_JOBS = "jobs"


def add_editing(parts: Parts) -> None:
    """Put the grade into the Edit tab, and jobs and hosts behind their pills."""
    contents = PoolContents(parts.client, parts.pool, parts.window)
    subject = SubjectForm(parts.selection, contents, parts.thumbnails)
    origins = JobOrigins(contents)
    forms = FormsModel(parts.client, parts.window)
    sources = PictureSources(lambda: active_picture(contents), paths_in)
    inputs = RunInputs(parts.thumbnails, sources)
    form = GradeForm(parts.jobs.recent_prompts, inputs, parts.state.forms)
    grade = GradePanel(parts.jobs, parts.hosts, parts.selection, subject, origins, form, forms)
    steering = JobSteering(parts.jobs, parts.client, parts.window)
    picture_of = _picture_of(parts.thumbnails)
    jobs = JobsPanel(parts.jobs, steering, picture_of, origins, parts.hosts.others_for)
    entries = HostEntriesModel(parts.client, parts.window)
    hosts = HostPanel(parts.hosts, entries)
    parts.rooms.edit.put(grade)
    parts.rooms.jobs.put(jobs)
    parts.rooms.hosts.put(hosts)
    Grading(parts.window, parts.navigator, parts.jobs, grade, jobs, parts.photo)
    hosts.settings_wanted.connect(parts.surroundings.open_settings)
    Hosting(parts, hosts, entries)
    _connect_jobs(parts, jobs, steering)


def _connect_jobs(parts: Parts, panel: JobsPanel, steering: JobSteering) -> None:
    """Let keys and palette steer jobs; say what was done where the panel is not open."""
    window = parts.window
    popover, say = window.jobs_popover, window.status.say
    thumbnails = parts.thumbnails
    window.actions_by_id.connect_all(
        {
            "jobs.pause": steering.toggle_pause,
            "jobs.cancel_all": steering.cancel_all,
        }
    )
    panel.folder_wanted.connect(parts.navigator.show_in_folder)

    def want_pictures(paths: tuple[bytes, ...]) -> None:
        thumbnails.want((), paths, viewer=_JOBS)

    def tell_cancelled(count: int) -> None:
        if not popover.isVisible():
            words = window.tr("Cancelled {jobs}").format(jobs=jobs_words(count))
            say(words, window.tr("Run them again"), steering.run_again)

    def tell_paused() -> None:
        if parts.jobs.is_paused and not popover.isVisible():
            words = window.tr("The queue is paused. Nothing new begins.")
            say(words, window.tr("Resume"), lambda: steering.pause_all(paused=False))

    def enable() -> None:
        counts = parts.jobs.counts()
        any_open = bool(counts.running or counts.waiting or counts.paused)
        window.actions_by_id["jobs.cancel_all"].setEnabled(any_open)

    panel.pictures_wanted.connect(want_pictures)
    thumbnails.ready.connect(panel.show_picture)
    steering.cancelled.connect(tell_cancelled)
    parts.jobs.paused_changed.connect(tell_paused)
    for signal in (parts.jobs.arranged, parts.jobs.reset):
        signal.connect(enable)
    enable()


def _picture_of(thumbnails: ThumbnailStore) -> Callable[[bytes], QImage | None]:
    """Return what shows a photo small where its thumbnail is at hand."""

    def picture_of(path: bytes) -> QImage | None:
        known = thumbnails.thumbnail(path)
        return None if known is None else known.image

    return picture_of
