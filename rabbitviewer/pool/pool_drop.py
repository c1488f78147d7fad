"""What is dragged over the Pool tab: our own slots, photos, pictures of other programs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent

from rabbitviewer.organise.dragging_in import Mark
from rabbitviewer.pool.incoming import can_take
from rabbitviewer.pool.pool_panel import PoolPanel

_ENDS = (QEvent.Type.DragLeave, QEvent.Type.Drop)


class PoolDrop(QObject):
    """Shows where something would come, and takes it.

    Signals:
        dropped: something from elsewhere was dropped (its data, the index it comes to).
    """

    dropped = Signal(object, int)

    def __init__(self, panel: PoolPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._mark = Mark(panel)
        panel.setAcceptDrops(True)
        panel.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow a drag."""
        del watched
        if event.type() in _ENDS:
            self._mark.frame(QRect())
            self._panel.grid.show_gap(None)
        if isinstance(event, QDragMoveEvent):
            self._on_move(event)
            return True
        if isinstance(event, QDropEvent):
            self._on_drop(event)
            return True
        return False

    def _on_move(self, event: QDragMoveEvent) -> None:
        grid = self._panel.grid
        if not (grid.dragged or can_take(event.mimeData())):
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if grid.isVisible():
            grid.show_gap(self._in_grid(event.position().toPoint()))
        else:
            empty = self._panel.empty
            self._mark.frame(QRect(empty.mapTo(self._panel, QPoint(0, 0)), empty.size()))

    def _on_drop(self, event: QDropEvent) -> None:
        grid = self._panel.grid
        where = self._in_grid(event.position().toPoint())
        if grid.dragged:
            grid.drop_dragged(where)
        elif can_take(event.mimeData()):
            self.dropped.emit(event.mimeData(), grid.gap_at(where))
        else:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _in_grid(self, where: QPoint) -> QPoint:
        return self._panel.grid.viewport().mapFrom(self._panel, where)
