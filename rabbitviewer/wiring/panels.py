"""Edit, jobs and hosts: built after the first picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QImage

from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.host_panel import HostPanel
from rabbitviewer.edit.job_origin import JobOrigins
from rabbitviewer.edit.jobs_panel import JobsPanel
from rabbitviewer.edit.subject_form import SubjectForm
from rabbitviewer.models.pool_contents import PoolContents
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.wiring.grading import Grading
from rabbitviewer.wiring.parts import Parts


def add_editing(parts: Parts) -> None:
    """Put the grade into the Edit tab, and jobs and hosts behind their pills."""
    contents = PoolContents(parts.client, parts.pool, parts.window)
    subject = SubjectForm(parts.selection, contents, parts.thumbnails)
    origins = JobOrigins(contents)
    grade = GradePanel(parts.jobs, parts.hosts, parts.selection, subject, origins)
    jobs = JobsPanel(parts.jobs, _picture_of(parts.thumbnails), origins)
    hosts = HostPanel(parts.hosts)
    parts.rooms.edit.put(grade)
    parts.rooms.jobs.put(jobs)
    parts.rooms.hosts.put(hosts)
    Grading(parts.window, parts.navigator, parts.jobs, grade, jobs, parts.photo)
    hosts.settings_wanted.connect(parts.surroundings.open_settings)


def _picture_of(thumbnails: ThumbnailStore) -> Callable[[bytes], QImage | None]:
    """Return what shows a photo small where its thumbnail is at hand."""

    def picture_of(path: bytes) -> QImage | None:
        known = thumbnails.thumbnail(path)
        return None if known is None else known.image

    return picture_of
