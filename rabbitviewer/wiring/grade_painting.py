"""The grade's form and the mask that is being painted: each knows of the other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.edit.subject import Painting
from rabbitviewer.models.masks import MaskModel

_MOST_ROUNDS = 2


class GradePainting(QObject):
    """Tells the form what is painted, and saves that before a grade takes it."""

    def __init__(
        self,
        panel: GradePanel,
        masks: MaskModel,
        paint: Callable[[str], object],
        paint_on_show: Callable[[], object],
    ) -> None:
        """Connect them.

        Args:
            panel: The Edit tab.
            masks: What is painted in this window.
            paint: Begins to paint a slot of the window's pool.
            paint_on_show: Begins to paint the photo on show.
        """
        super().__init__(panel)
        self._panel = panel
        self._masks = masks
        self._paint = paint
        self._paint_on_show = paint_on_show
        self._waiting: list[Callable[[], object]] = []
        self._rounds = 0
        for signal in (masks.opening, masks.opened, masks.closed, masks.empty_changed):
            signal.connect(self._tell)
        masks.saved.connect(self._on_saved)
        masks.failed.connect(self._on_failed)
        panel.paint_wanted.connect(self._on_paint_wanted)
        panel.save_masks_by(self._save_first)
        self._tell()

    def _tell(self) -> None:
        masks = self._masks
        empty = masks.is_painting and masks.is_empty
        painting = Painting(masks.pool_id, masks.slot, empty) if masks.slot else None
        self._panel.set_painting(painting)

    def _on_paint_wanted(self, slot: str) -> None:
        if slot:
            self._paint(slot)
        else:
            self._paint_on_show()

    def _save_first(self, then: Callable[[], object]) -> None:
        if self._masks.is_saved:
            then()
            return
        self._waiting.append(then)
        self._rounds = 0
        self._masks.save()

    def _on_saved(self) -> None:
        """Go on; what is painted while it is being saved is waited for once, not for ever."""
        self._rounds += 1
        if self._waiting and not self._masks.is_saved and self._rounds < _MOST_ROUNDS:
            self._masks.save()
            return
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()

    def _on_failed(self, error: ErrorInfo) -> None:
        if self._waiting:
            self._waiting.clear()
            self._panel.show_refusal(error)
