"""The Looks tab, looks and grades tried on the photo, and grades on many photos."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.edit.job_card import JobCard
from rabbitviewer.looks.batch_strip import BatchStrip
from rabbitviewer.looks.grade_extras import GradeExtras
from rabbitviewer.looks.look_actions import LookActions
from rabbitviewer.looks.look_files import LookDrop, LookFiles
from rabbitviewer.looks.looks_panel import LooksPanel
from rabbitviewer.looks.trying import Trying
from rabbitviewer.models.grade_batches import GradeBatches
from rabbitviewer.models.job import LOOK
from rabbitviewer.models.look_pictures import LookPictures
from rabbitviewer.models.look_trials import LookTrials
from rabbitviewer.models.looks import Grade, LooksModel
from rabbitviewer.window import Page
from rabbitviewer.wiring.grading import Grading
from rabbitviewer.wiring.parts import Parts

_LOOKS, _JOB = "looks", "job"


def add_looks(parts: Parts) -> None:
    """Furnish the Looks tab, and let finished grades be tried, copied and kept."""
    window = parts.window
    looks = LooksModel(parts.client, window)
    pictures = LookPictures(parts.client, window)
    trials = LookTrials(parts.client, parts.folders, window)
    batches = GradeBatches(parts.jobs, window)
    panel = LooksPanel(looks, pictures)
    parts.rooms.looks.put(panel)
    actions = LookActions(
        window,
        panel,
        looks,
        parts.jobs,
        batches,
        parts.selection,
        LookFiles(window, lambda: parts.listing.folder),
        parts.navigator.show_in_folder,
    )
    LookDrop(panel, actions.take_files)
    window.put_above_status(BatchStrip(batches))
    window.closing.connect(batches.finish)
    grading = window.findChild(Grading)
    if grading is not None:
        grading.leave_out(batches.contains)
    trying = Trying(parts.photo, trials, window)
    for forget in (pictures.forget, trying.forget):
        parts.previews.outdated.connect(forget)
    LookTrying(parts, panel, actions, trying)
    OriginalHeld(parts)
    card = parts.rooms.edit.findChild(JobCard)
    if card is not None:
        _add_extras(parts, card, actions, trying)
    looks.refresh()


def _add_extras(parts: Parts, card: JobCard, actions: LookActions, trying: Trying) -> None:
    """Let the finished grade in the Edit tab be tried at another strength, copied and kept."""
    extras = GradeExtras()
    card.put_extras(extras, extras.show_job)

    def on_tried(grade: Grade | None) -> None:
        job = parts.jobs.job(grade.job_id) if grade is not None else None
        if grade is None or job is None:
            trying.end(_JOB)
        else:
            trying.wish(_JOB, job.info.path, grade, job.info.result_path or b"")

    def on_apply(grade: Grade) -> None:
        job = parts.jobs.job(grade.job_id)
        if job is not None:
            actions.apply(grade, (job.info.path,))

    extras.tried.connect(on_tried)
    extras.tried.connect(actions.set_tried)
    extras.apply_wanted.connect(on_apply)
    extras.copy_wanted.connect(actions.copy)
    extras.save_wanted.connect(actions.save)


class LookTrying(QObject):
    """Shows on the photo which look the pointer rests on, else the one that is chosen."""

    def __init__(
        self, parts: Parts, panel: LooksPanel, actions: LookActions, trying: Trying
    ) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._panel = panel
        self._actions = actions
        self._trying = trying
        self._hovered = ""
        self._applied: bytes = b""
        grid, window = panel.grid, parts.window
        grid.chosen_changed.connect(self._on_chosen)
        grid.hover_changed.connect(self._on_hovered)
        panel.footer.changed.connect(self._show)
        actions.applied.connect(self._on_applied)
        trying.failed.connect(self._on_failed)
        parts.selection.current_changed.connect(self._on_current_changed)
        parts.photo.shown.connect(self._on_photo_changed)
        window.page_changed.connect(self._on_photo_changed)
        parts.jobs.finished.connect(self._on_finished)
        for signal in (window.panels.toggled, window.side.tab_changed):
            signal.connect(self._show)
        self._on_photo_changed()

    def _on_current_changed(self) -> None:
        self._applied = b""
        self._on_photo_changed()

    def _on_photo_changed(self, *_what: object) -> None:
        """Show the looks on the photo that keys act on."""
        self._panel.set_photo(self._photo(), self._parts.previews.profile)
        self._show()

    def _photo(self) -> bytes:
        return self._parts.selection.current

    def _on_chosen(self, look_id: str) -> None:
        look = self._actions.grade_of_look(look_id)
        self._applied = b""
        self._panel.show_look(look.title if look is not None else "")
        self._show()

    def _on_hovered(self, look_id: str) -> None:
        self._hovered = look_id
        self._show()

    def _show(self, *_what: object) -> None:
        parts, path = self._parts, self._photo()
        is_open = parts.window.page == Page.PHOTO and self._panel.isVisible()
        look_id = self._hovered or self._panel.grid.chosen
        grade = self._actions.grade_of_look(look_id) if is_open and path else None
        if grade is None:
            self._trying.end(_LOOKS)
        else:
            result = parts.photo.path if parts.photo.comparing else b""
            self._trying.wish(_LOOKS, path, grade, result)

    # ------------------------------------------------------------ after Apply

    def _on_applied(self, grade: Grade, paths: tuple[bytes, ...]) -> None:
        """Keep what is tried on show until its result is there: nothing flashes."""
        self._applied = paths[0] if grade.look_id and len(paths) == 1 else b""

    def _on_finished(self, job_id: str) -> None:
        job = self._parts.jobs.job(job_id)
        if job is None or not self._applied or job.info.operation != LOOK:
            return
        if job.info.path == self._applied:
            self._applied = b""
            self._panel.grid.choose("")

    def _on_failed(self, error: ErrorInfo) -> None:
        self._parts.window.status.say(f"{error.message} {error.hint}".strip())


class OriginalHeld(QObject):
    """Shows the photo as it was while the key is held beside it, as on a slider or a look.

    The photo takes the key itself; the window gets it from whatever else has no use for it.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        parts.window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold the original from press to release."""
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Backslash:
            return super().eventFilter(watched, event)
        kind, in_photo = event.type(), self._parts.window.page == Page.PHOTO
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) or not in_photo:
            return super().eventFilter(watched, event)
        if not event.isAutoRepeat():
            self._parts.photo.canvas.hold_original(on=kind == QEvent.Type.KeyPress)
        return True
