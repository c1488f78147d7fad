"""The pool's tab, and what puts photos into the pool: built after the first picture."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from daemon.protocol.errors import ErrorInfo
from rabbitviewer.ipc.drop import DropFolder
from rabbitviewer.pool.incoming import Incoming
from rabbitviewer.pool.pool_actions import PoolActions
from rabbitviewer.pool.pool_drop import PoolDrop
from rabbitviewer.pool.pool_panel import PoolPanel
from rabbitviewer.pool.pool_words import error_words
from rabbitviewer.pool.pools_menu import PoolsMenu
from rabbitviewer.wiring.parts import Parts


def add_pool(parts: Parts) -> None:
    """Furnish the Pool tab, and let photos come into the pool from everywhere."""
    window, pool = parts.window, parts.pool
    panel = PoolPanel(pool, parts.thumbnails)
    parts.rooms.pool.put(panel)
    incoming = Incoming(pool, DropFolder(parts.folders), parts.listing.partner_of, window)
    window.closing.connect(incoming.finish)
    PoolDrop(panel).dropped.connect(incoming.take)
    PoolsMenu(window, parts.client, pool, panel.header.menu)
    PoolActions(
        window,
        pool,
        parts.selection,
        incoming,
        panel,
        parts.navigator.show_in_folder,
        lambda: parts.listing.folder,
    )
    Pooling(parts, panel)
    pool.start()


class Pooling(QObject):
    """Keeps the pool, its tab and the rest of the window in step."""

    def __init__(self, parts: Parts, panel: PoolPanel) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._panel = panel
        pool = parts.pool
        panel.photo_wanted.connect(self._show_photo)
        pool.changed.connect(self._follow)
        pool.failed.connect(self._on_failed)
        pool.repaired.connect(self._on_repaired)
        pool.photos_changed.connect(parts.previews.forget)
        panel.grid.set_slot_px(parts.state.slot_size)
        panel.grid.size_changed.connect(self._on_size_changed)
        parts.photo.shown.connect(panel.grid.set_on_show)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._on_state_changed)

    def _show_photo(self, path: bytes) -> None:
        """Show a photo of the pool; keys stay with the pool while its tab had them."""
        window = self._parts.window
        focus = window.focusWidget() or window
        self._parts.navigator.open_photo(path)
        if self._panel.isAncestorOf(focus):
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow(self) -> None:
        pool = self._parts.pool
        self._parts.state.pool = pool.pool_id
        self._parts.grid.set_pooled(frozenset(each.path for each in pool.slots))

    def _on_size_changed(self, slot_px: int) -> None:
        self._parts.state.slot_size = slot_px

    def _on_failed(self, error: ErrorInfo) -> None:
        self._parts.window.status.say(error_words(error))

    def _on_repaired(self, problems: tuple[str, ...]) -> None:
        self._parts.window.status.say(" ".join(problems))

    def _on_state_changed(self, state: Qt.ApplicationState) -> None:
        """Photos may have been changed by another program."""
        if state == Qt.ApplicationState.ApplicationActive and self._panel.isVisible():
            self._parts.pool.refresh()
