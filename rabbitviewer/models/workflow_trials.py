"""One test run of a workflow that is not kept yet: the picture that comes back, and no more."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditCancelled,
    AiEditComplete,
    AiEditFailed,
    AiEditPreview,
    AiEditProgress,
    AiEditRequest,
    Failed,
    JobCancel,
    Message,
    ThumbnailReady,
    ThumbnailRequest,
    WirePath,
    WorkflowImport,
    WorkflowSaved,
)
from daemon.protocol.values import JobInfo
from rabbitviewer.ipc.client import DaemonClient

PICTURE_PX = 512


class WorkflowTrial(QObject):
    """Runs a workflow on one photo; its result stands in a folder of the cache.

    Signals:
        progressed: how far it is (words, 0..100).
        pictured: a picture of it (:class:`QImage`, whether it is the result).
        original: the photo itself (:class:`QImage`).
        failed: it ended with an error (:class:`ErrorInfo`).
        ended: it is over, one way or the other.
        cancelled: it was given up; after *ended*.
    """

    progressed = Signal(str, float)
    pictured = Signal(QImage, bool)
    original = Signal(QImage)
    failed = Signal(object)
    ended = Signal()
    cancelled = Signal()

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._number = 0
        self._job = ""
        self._ours: set[str] = set()
        self._running = False
        client.replied.connect(self._on_replied)
        client.disconnected.connect(self._on_disconnected)

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._running

    def is_ours(self, info: JobInfo) -> bool:
        """Whether a job is a test run: nobody else has to tell of its end."""
        return info.job_id in self._ours

    def show_photo(self, photo: bytes) -> None:
        """Ask for the photo itself, to stand beside the result."""
        if self._client.is_connected and photo:
            self._ask_picture(photo, self.original.emit)

    def start(self, workflow: WorkflowImport, photo: bytes, prompt: str) -> None:
        """Run a workflow that is about to be imported on *photo*."""
        self._number += 1
        self._running, self._job = True, ""
        number = self._number

        def kept(answer: Message, _blob: bytes) -> None:
            if number != self._number:
                return
            if isinstance(answer, Failed):
                self._end(answer.error)
            elif isinstance(answer, WorkflowSaved):
                self._run(answer, photo, prompt, number)

        self._client.send(msgspec.structs.replace(workflow, trial=True), kept)

    def cancel(self) -> None:
        """Give up a run that is under way."""
        if not self._running:
            return
        self._number += 1
        if self._job:
            self._client.send(JobCancel(job_id=self._job))
        self._end(None)
        self.cancelled.emit()

    def _run(self, saved: WorkflowSaved, photo: bytes, prompt: str, number: int) -> None:
        def accepted(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, AiEditAccepted):
                self._ours.add(answer.job_id)
            if number != self._number:
                if isinstance(answer, AiEditAccepted):
                    self._client.send(JobCancel(job_id=answer.job_id))
            elif isinstance(answer, Failed):
                self._end(answer.error)
            elif isinstance(answer, AiEditAccepted):
                self._job = answer.job_id

        further = [n for n in saved.workflow.inputs if n.startswith(("reference_", "control_"))]
        request = AiEditRequest(
            path=WirePath.of(photo),
            images={name: WirePath.of(photo) for name in further},
            prompt=prompt,
            workflow=saved.workflow.name,
            output=WirePath.of(saved.path),
        )
        self._client.send(request, accepted)

    def _ask_picture(self, path: bytes, then: Callable[[QImage], object]) -> None:
        def answered(answer: Message, blob: bytes) -> None:
            if isinstance(answer, ThumbnailReady) and answer.width_px:
                then(_image(blob, answer.width_px, answer.height_px))

        request = ThumbnailRequest(path=WirePath.of(path), size_px=PICTURE_PX)
        self._client.send(request, answered)

    def _on_replied(self, message: object, blob: bytes) -> None:
        if not self._job or getattr(message, "job_id", "") != self._job:
            return
        match message:
            case AiEditProgress():
                self.progressed.emit(message.message, message.progress_pct)
            case AiEditPreview():
                image = _image(blob, message.width_px, message.height_px)
                self.pictured.emit(image, False)
            case AiEditComplete():
                path = message.result_path
                self._end(None)
                self._ask_picture(path, lambda image: self.pictured.emit(image, True))
            case AiEditFailed():
                self._end(message.error)
            case AiEditCancelled():
                self._end(None)
                self.cancelled.emit()
            case _:
                return

    def _on_disconnected(self) -> None:
        if self._running:
            self._number += 1
            self._end(None)
            self.cancelled.emit()

    def _end(self, error: ErrorInfo | None) -> None:
        self._running, self._job = False, ""
        if error is not None:
            self.failed.emit(error)
        self.ended.emit()


def _image(blob: bytes, width: int, height: int) -> QImage:
    """Return an image of its own from BGRX pixels."""
    return QImage(blob, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
