"""Slideshow and second window: when they open, what they show, what remains when they close."""

from __future__ import annotations

from PySide6.QtCore import QObject

from rabbitviewer.models.first_stage import first_stage_of
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.view.second_window import SecondWindow
from rabbitviewer.view.slideshow import Slideshow
from rabbitviewer.window import Page
from rabbitviewer.wiring.parts import Parts

_SECONDS = 5.0
_VIEWER = "second window"


def add_showing(parts: Parts) -> None:
    """Give slideshow and second window their actions."""
    Showing(parts)


class Showing(QObject):
    """Opens the other windows that show photos; each is built when it is first wanted."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._slideshow: Slideshow | None = None
        self._second: SecondWindow | None = None
        actions = parts.window.actions_by_id
        self._second_action = actions["view.second_window"]
        actions.connect_all(
            {
                "view.slideshow": self.start_slideshow,
                "view.second_window": self.toggle_second_window,
            }
        )
        parts.window.closing.connect(self._close)

    def start_slideshow(self) -> None:
        """Show the selected photos, or all from the current one on."""
        parts = self._parts
        selected = parts.selection.selected
        paths = selected if len(selected) > 1 else tuple(_all_paths(parts))
        if not paths:
            parts.window.status.say(self.tr("There are no photos to show"))
            return
        if self._slideshow is None:
            self._slideshow = Slideshow(parts.previews)
            self._slideshow.ended.connect(self._on_ended)
        seconds = parts.hosts.value("window.slideshow_s")
        self._slideshow.setGeometry(parts.window.screen().geometry())
        self._slideshow.start(
            paths,
            parts.selection.current,
            float(seconds) if isinstance(seconds, int | float) else _SECONDS,
        )
        self._slideshow.showFullScreen()
        self._slideshow.activateWindow()

    def toggle_second_window(self) -> None:
        """Open the second window, or close it."""
        if self._second is not None and self._second.isVisible():
            self._second.close()
            return
        if self._second is None:
            parts = self._parts
            photo = PhotoView(
                parts.previews,
                parts.jobs.pair_for,
                first_stage_of(parts.thumbnails),
                viewer=_VIEWER,
            )
            self._second = SecondWindow(photo, parts.selection)
            self._second.closed.connect(lambda: self._second_action.setChecked(False))
        self._second.open_beside(self._parts.window)
        self._second_action.setChecked(True)

    def _on_ended(self, path: bytes) -> None:
        """Stay at the photo that was shown last."""
        if path and self._parts.listing.row(path) >= 0:
            self._parts.selection.set_selected(())
            self._parts.selection.set_current(path)
        if self._parts.window.page == Page.PHOTO:
            self._parts.photo.show_photo(path)

    def _close(self) -> None:
        for window in (self._slideshow, self._second):
            if window is not None:
                window.close()


def _all_paths(parts: Parts) -> list[bytes]:
    return list(parts.listing.paths(range(len(parts.listing))))
