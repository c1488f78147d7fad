"""Painting masks: the tools beside the pool and the layer over the photo; built last."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import PoolManifest
from daemon.protocol.values import PoolSlot
from rabbitviewer.edit.grade_panel import GradePanel
from rabbitviewer.pool.pool_panel import PoolPanel
from rabbitviewer.pool.pool_words import error_words
from rabbitviewer.window import Page
from rabbitviewer.wiring.grade_painting import GradePainting
from rabbitviewer.wiring.parts import Parts

if TYPE_CHECKING:
    from rabbitviewer.wiring.painting_tools import Tools

_REST_MS = 150


def add_painting(parts: Parts) -> None:
    """Let a mask be painted on the photo view and in the Pool tab, and a grade go through it."""
    painting = Painting(parts)
    grade = parts.rooms.edit.findChild(GradePanel)
    if grade is not None:
        paint_on_show = parts.window.actions_by_id["pool.paint"].trigger
        GradePainting(grade, parts.masks, painting.paint_slot, paint_on_show)


class Painting(QObject):
    """Begins and ends painting, and keeps the rest of the window in step with it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._tools: Tools | None = None
        self._wanted_path = b""
        self._panel = parts.rooms.pool.findChild(PoolPanel)
        actions, masks = parts.window.actions_by_id, parts.masks
        names = [spec.id for spec in actions.specs() if spec.mask_only]
        actions.connect_all({name: self._runner(name.partition(".")[2]) for name in names})
        actions.connect_all({"pool.paint": self._paint_here})
        for name in names:
            actions[name].setEnabled(False)
        if self._panel is not None:
            self._panel.paint_wanted.connect(self.paint_slot)
        masks.saved.connect(self._on_saved)
        masks.failed.connect(self._on_failed)
        masks.empty_changed.connect(self._on_empty_changed)
        masks.closed.connect(self._on_closed)
        parts.pool.changed.connect(self._on_pool_changed)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._follow)
        parts.photo.shown.connect(self._on_shown)
        parts.window.page_changed.connect(self._on_page_changed)
        parts.window.closing.connect(masks.finish)
        parts.hosts.changed.connect(self._take_settings)
        self._take_settings()

    # ------------------------------------------------------------ beginning

    def paint_slot(self, slot: str) -> None:
        """Paint the mask of a slot of the pool."""
        found = self._parts.pool.index_of(slot)
        if found >= 0:
            self._paint(self._parts.pool.slots[found])

    def _paint_here(self) -> None:
        """Paint the mask of what the keys act on: the pool's active photo, or the current one."""
        parts = self._parts
        if self._tools is not None and self._tools.room.is_painting:
            self._tools.room.finish()
            return
        focus = parts.window.focusWidget() or parts.window
        active = parts.pool.active_slot
        if active is not None and parts.rooms.pool.isAncestorOf(focus):
            self._paint(active)
            return
        path = parts.selection.current
        known = parts.pool.slot_of(path) if path else None
        if known is not None:
            self._paint(known)
        elif not path:
            parts.window.status.say(self.tr("Select a photo to paint a mask for it"))
        elif not parts.pool.is_known:
            self._wanted_path = path
            parts.pool.start()
        else:
            self._add_and_paint(path)

    def _add_and_paint(self, path: bytes) -> None:
        """Put a photo into the pool first."""
        parts = self._parts
        parts.masks.prepare()

        def then(manifest: PoolManifest) -> None:
            slot = next((each for each in manifest.slots if each.path == path), None)
            if slot is not None and parts.selection.current == path:
                self._paint(slot)

        parts.pool.add((path,), activate=True, then=then)
        if self._tools is None:
            self._build()

    def _paint(self, slot: PoolSlot) -> None:
        parts = self._parts
        if slot.missing:
            words = self.tr("{photo} is gone, so no mask can be painted for it.")
            parts.window.status.say(words.format(photo=slot.path.decode("utf-8", "replace")))
            return
        tools = self._tools or self._build()
        if parts.pool.active_slot != slot:
            parts.pool.activate(slot.slot)
        parts.window.open_tab("pool")
        tools.room.paint(slot.slot, parts.pool.pool_id, slot.path)
        if parts.photo.path != slot.path or parts.window.page != Page.PHOTO:
            parts.navigator.open_photo(slot.path)
        tools.room.give_keys_back()

    def _build(self) -> Tools:
        """Build what only painting needs."""
        make = importlib.import_module("rabbitviewer.wiring.painting_tools").make_tools
        tools: Tools = make(self._parts, self._panel)
        tools.room.began.connect(self._show_tools)
        tools.room.ended.connect(self._show_tools)
        self._tools = tools
        return tools

    # ------------------------------------------------------------ in step

    def _show_tools(self) -> None:
        tools = self._tools
        if tools is None:
            return
        painting = tools.room.is_painting
        in_photo = self._parts.window.page == Page.PHOTO
        focus = self._parts.window.focusWidget() or self._parts.window
        places = (tools.bar, tools.column, tools.editor)
        if not painting and any(each.isAncestorOf(focus) for each in places):
            self._parts.window.show_page(self._parts.window.page)
        for widget in places:
            widget.setVisible(painting)
        tools.editor.show_options(shown=not in_photo)

    def _on_shown(self, _path: bytes) -> None:
        """Another photo came; while photos are passed by nothing is opened."""
        self._rest.stop()
        if self._parts.photo.hurried:
            self._rest.start()
        else:
            self._follow()

    def _follow(self) -> None:
        """Paint on where the photo on show is in the pool, else the mask is done."""
        room, path = self._tools and self._tools.room, self._parts.photo.path
        if room is None or not room.is_painting or path in (room.path, b""):
            return
        slot = self._parts.pool.slot_of(path)
        if slot is None or slot.missing:
            room.finish()
        else:
            self._paint(slot)

    def _on_page_changed(self, page: int) -> None:
        tools = self._tools
        if tools is None or not tools.room.is_painting:
            return
        if page != Page.PHOTO and not tools.editor.isVisible():
            tools.room.finish()
        else:
            self._show_tools()

    def _on_pool_changed(self) -> None:
        parts, path = self._parts, self._wanted_path
        masks = parts.masks
        if path and parts.pool.is_known:
            self._wanted_path = b""
            if parts.selection.current == path:
                self._paint_here()
        elif masks.slot and self._is_elsewhere():
            masks.close()

    def _is_elsewhere(self) -> bool:
        """Whether the slot that is painted was taken out, or another pool is shown."""
        pool, masks = self._parts.pool, self._parts.masks
        return pool.pool_id != masks.pool_id or pool.index_of(masks.slot) < 0

    def _on_saved(self, manifest: PoolManifest) -> None:
        self._parts.pool.hear(manifest)

    def _on_failed(self, error: ErrorInfo) -> None:
        self._parts.window.status.say(error_words(error))

    def _on_empty_changed(self, is_empty: bool) -> None:
        self._parts.pool.mask_begun(self._parts.masks.slot, is_empty)

    def _on_closed(self) -> None:
        self._show_tools()

    def _runner(self, name: str) -> Callable[[], None]:
        def run() -> None:
            if self._tools is not None:
                self._tools.room.run(name)

        return run

    def _take_settings(self) -> None:
        megabytes = self._parts.hosts.value("masks.undo_mb")
        if isinstance(megabytes, int):
            self._parts.masks.undo_mb = megabytes
