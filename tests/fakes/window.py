"""Values that window tests show: jobs, hosts, workflows, flat pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QImage

from daemon.protocol.values import FitReport, HostInfo, JobInfo, ParameterInfo, WorkflowInfo
from rabbitviewer.models.preview import Preview

PHOTO = b"/photos/IMG_0001.jpg"
RESULT = b"/photos/IMG_0001_grade.jpg"

BUILTIN_HOST = HostInfo(name="builtin", url="", builtin=True, state="ready")
STUDIO = HostInfo(name="studio-pc", url="http://studio-pc:8188", builtin=False, state="ready")
BUILTIN_WORKFLOW = WorkflowInfo(
    name="builtin_color_grade",
    operation="color_grade",
    title="Color grade (built-in)",
    result="lut",
    mask="optional",
    source="shipped",
    ai=False,
    parameters=(ParameterInfo(name="radius", type="integer", default=3, min=1, max=9),),
)
KONTEXT = WorkflowInfo(
    name="kontext_color_grade",
    operation="color_grade",
    title="Color grade (FLUX.1 Kontext)",
    result="lut",
    mask="optional",
    source="shipped",
    ai=True,
    usable=True,
)


def make_job(job_id: str = "job-1", **changes: Any) -> JobInfo:
    """A job as the daemon describes it; running unless told otherwise."""
    values: dict[str, Any] = {
        "job_id": job_id,
        "path": PHOTO,
        "operation": "color_grade",
        "prompt": "warm",
        "workflow": "builtin_color_grade",
        "host": "builtin",
        "ai": False,
        "state": "running",
        "stage": "run",
        "progress_pct": 40.0,
        "created": 1_700_000_000.0,
        "seed": 7,
        "strength": 1.0,
    }
    return JobInfo(**{**values, **changes})


def done_job(job_id: str = "job-1", **changes: Any) -> JobInfo:
    """A job that succeeded."""
    fit = FitReport(model="lut", delta_e_mean=0.7, explained=0.98)
    values: dict[str, Any] = {"state": "done", "stage": "done", "progress_pct": 100.0, "fit": fit}
    return make_job(job_id, **{**values, "result_path": RESULT, **changes})


def flat(path: bytes, color: str, width: int = 400, height: int = 300, **changes: Any) -> Preview:
    """A picture of one colour."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    values: dict[str, Any] = {
        "source_width": width,
        "source_height": height,
        "quality": "screen",
        "request_id": 1,
    }
    return Preview(path, image, **{**values, **changes})


class FakePixels(QObject):
    """A pixel source that remembers what is wanted; the test says when pixels come."""

    ready = Signal(object)
    failed = Signal(bytes, object)
    outdated = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[tuple[bytes, int, int]] = []
        self.left: list[str] = []
        self.rests = 0
        self.ahead: tuple[bytes, ...] = ()
        self.whole: tuple[bytes, ...] = ()
        self.forgotten: tuple[bytes, ...] = ()
        self.is_quick = False
        self.profile = ""

    def let_go(self, viewer: str) -> None:
        """Remember that a viewer shows nothing any more."""
        self.left.append(viewer)

    def look_ahead(
        self,
        paths: Sequence[bytes],
        width_px: int,
        height_px: int,
        *,
        whole: Sequence[bytes] = (),
    ) -> None:
        """Remember what is to be held ready."""
        self.ahead, self.whole = tuple(paths), tuple(whole)

    def forget(self, paths: Sequence[bytes]) -> None:
        """Remember which files changed."""
        self.forgotten = tuple(paths)

    def rest(self) -> None:
        """Remember that the user came to rest."""
        self.rests += 1

    def want(
        self,
        path: bytes,
        width_px: int,
        height_px: int,
        *,
        viewer: str = "",
        hurried: bool = False,
    ) -> int:
        """Remember the wish."""
        self.wanted.append((path, width_px, height_px))
        return len(self.wanted)
