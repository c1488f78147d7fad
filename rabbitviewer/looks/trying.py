"""Shows a grade on the photo before anything is written: which one, where, how strong."""

from __future__ import annotations

import dataclasses
import math

from PySide6.QtCore import QObject, Signal

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.models.look_trials import LookTrials
from rabbitviewer.models.looks import Grade
from rabbitviewer.models.preview import Box
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.view.trial import Trial

_MOST_PX = 12_000_000


@dataclasses.dataclass(frozen=True)
class _Wish:
    path: bytes
    grade: Grade
    result: bytes


class Trying(QObject):
    """Several rooms may wish for a grade on the photo; the newest wish counts.

    Signals:
        failed: the photo cannot be shown under the grade (:class:`ErrorInfo`).
    """

    failed = Signal(object)

    def __init__(self, photo: PhotoView, trials: LookTrials, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._photo = photo
        self._trials = trials
        self._wishes: dict[str, _Wish] = {}
        trials.ready.connect(self._show)
        trials.failed.connect(self._on_failed)
        photo.settled.connect(self._show)
        photo.shown.connect(self._show)
        photo.turned.connect(self._show)
        photo.comparing_changed.connect(self._show)

    def wish(self, who: str, path: bytes, grade: Grade, result: bytes = b"") -> None:
        """Let *who* have *grade* shown on *path* while that photo, or *result*, is on show."""
        self._wishes.pop(who, None)
        self._wishes[who] = _Wish(path, grade, result)
        self._show()

    def end(self, who: str) -> None:
        """*who* wishes for nothing any more."""
        if self._wishes.pop(who, None) is not None:
            self._show()

    def forget(self, paths: object) -> None:
        """These files changed."""
        if isinstance(paths, set):
            self._trials.forget(paths)
            self._show()

    def _show(self, *_what: object) -> None:
        canvas, on_show = self._photo.canvas, self._photo.path
        wish = next(reversed(self._wishes.values()), None)
        if wish is None:
            self._trials.stop()
            canvas.try_grade(None)
            return
        if not on_show or on_show not in (wish.path, wish.result) or not canvas.is_laid_out:
            self._trials.stop()
            return
        box = self._box()
        original = canvas.original
        is_known = on_show == wish.path or (original is not None and original.path == wish.path)
        base, full, more = self._trials.want(
            wish.path, wish.grade, box, self._photo.profile, base=not is_known
        )
        if full is None or (base is None and not is_known):
            return
        title = wish.grade.title
        trial = Trial(wish.path, title, full, more, base, b"" if is_known else on_show)
        canvas.try_grade(trial, wish.grade.strength)

    def _box(self) -> Box:
        """Return what the photo is to fill: the area, or more where it is looked at closely."""
        canvas = self._photo.canvas
        view = canvas.viewport
        wide, high = canvas.area_px
        if not view.fitted:
            zoom = min(view.zoom, 1.0)
            wide = max(wide, round(view.source_width * zoom))
            high = max(high, round(view.source_height * zoom))
        scale = min(math.sqrt(_MOST_PX / (wide * high)), 1.0)
        return canvas.turn.size(int(wide * scale), int(high * scale))

    def _on_failed(self, error: ErrorInfo) -> None:
        """Show the photo as it is: what is tried cannot be shown on it."""
        self._photo.canvas.try_grade(None)
        self.failed.emit(error)
