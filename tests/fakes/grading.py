"""The Edit tab with what it needs, and pools to choose from."""

from __future__ import annotations

from typing import Any

from daemon.protocol.messages import PoolManifest
from daemon.protocol.values import PoolInfo, PoolSlot
from rabbitviewer.edit.grade_form import GradeForm
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.job_origin import JobOrigins
from rabbitviewer.edit.jobs_panel import JobsPanel
from rabbitviewer.edit.picture_slot import PictureSources
from rabbitviewer.edit.run_inputs import RunInputs
from rabbitviewer.edit.subject_form import SubjectForm
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.form_memory import FormMemory
from rabbitviewer.models.forms import FormsModel
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.models.job_steering import JobSteering
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.models.pool_contents import PoolContents, active_picture
from rabbitviewer.models.selection import Selection
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.organise.files_urls import paths_in

PORTRAITS = "11111111-0000-0000-0000-000000000000"
WEDDING = "22222222-0000-0000-0000-000000000000"


def make_panel(
    client: DaemonClient,
    selection: Selection,
    *,
    jobs: JobsModel | None = None,
    hosts: HostsModel | None = None,
    pool: PoolModel | None = None,
    thumbnails: ThumbnailStore | None = None,
    memory: FormMemory | None = None,
) -> GradePanel:
    """The Edit tab; what is not given is made."""
    contents = PoolContents(client, pool or PoolModel(client))
    thumbnails = thumbnails or ThumbnailStore(client)
    subject = SubjectForm(selection, contents, thumbnails)
    contents.setParent(subject)
    origins = JobOrigins(contents)
    jobs = jobs or JobsModel(client)
    sources = PictureSources(lambda: active_picture(contents), paths_in)
    inputs = RunInputs(thumbnails, sources)
    form = GradeForm(jobs.recent_prompts, inputs, memory or FormMemory())
    forms = FormsModel(client, form)
    hosts = hosts or HostsModel(client)
    return GradePanel(jobs, hosts, selection, subject, origins, form, forms)


def make_origins(client: DaemonClient) -> JobOrigins:
    """What says whence jobs came."""
    return JobOrigins(PoolContents(client, PoolModel(client)))


def make_jobs_panel(
    client: DaemonClient, jobs: JobsModel, origins: JobOrigins, *others: str
) -> JobsPanel:
    """The jobs list, without pictures; every job could also run on *others*."""
    steering = JobSteering(jobs, client, jobs)
    return JobsPanel(jobs, steering, lambda _path: None, origins, lambda _info: others)


def make_slot(number: int, **changes: Any) -> PoolSlot:
    """A slot of the photo ``/photos/N.jpg``."""
    name = f"img_{number:04}"
    return PoolSlot(**{"slot": name, "path": f"/photos/{number}.jpg".encode(), **changes})


def masked_slot(number: int, **changes: Any) -> PoolSlot:
    """A slot with a mask."""
    mask = f"/pools/img_{number:04}.mask.png".encode()
    return make_slot(number, **{"mask": mask, "mask_mtime_ns": 1, **changes})


def manifest(
    *slots: PoolSlot, active: int = 0, pool_id: str = PORTRAITS, name: str = "Portraits"
) -> PoolManifest:
    """A pool of *slots*; there is another one besides."""
    pools = (PoolInfo(PORTRAITS, "Portraits", len(slots)), PoolInfo(WEDDING, "Wedding", 1))
    return PoolManifest(
        pool_id=pool_id,
        name=name,
        active=active if slots else -1,
        slots=tuple(slots),
        pools=pools,
    )
