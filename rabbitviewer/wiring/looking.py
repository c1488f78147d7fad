"""The actions of looking at a photo, and the settings behind them."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.models.monitor import Monitor
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.models.tones import ToneStore
from rabbitviewer.shell.screen_profile import can_tell, read_screen_profile
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.view.tone_overlay import ToneOverlay
from rabbitviewer.view.turning import ViewTurn
from rabbitviewer.window import MainWindow, Page
from rabbitviewer.wiring.parts import Parts

_PHOTO_ONLY = ("photo.loupe", "photo.keep_zoom", "photo.histogram", "photo.clipping")


def add_looking(parts: Parts) -> None:
    """Give the photo view its actions, and pixels the colours of the screen."""
    _follow_screen(parts)
    tones = ToneStore(parts.client, parts.window)
    parts.listing.photos_changed.connect(tones.forget)
    overlay = ToneOverlay(parts.photo, tones)
    Looking(parts.window, parts.hosts, parts.previews, parts.photo, overlay)


def _follow_screen(parts: Parts) -> None:
    """Tell the daemon the profile of the screen that the window stands on, now and later."""
    window, hosts = parts.window, parts.hosts
    read = read_screen_profile if can_tell(QGuiApplication.platformName()) else None
    monitor = Monitor(parts.client, (parts.previews, parts.thumbnails), read, window)
    monitor.problem_found.connect(window.status.say)
    named: list[object] = [hosts.value("window.monitor_profile")]

    def on_settings_changed() -> None:
        if hosts.value("window.monitor_profile") != named[0]:
            named[0] = hosts.value("window.monitor_profile")
            monitor.tell()

    hosts.changed.connect(on_settings_changed)
    for handle in filter(None, (window.windowHandle(),)):
        handle.screenChanged.connect(monitor.look_at)
    monitor.look_at(window.screen())


class Looking(QObject):
    """Carries out what the user does to the view of a photo."""

    def __init__(
        self,
        window: MainWindow,
        hosts: HostsModel,
        previews: PreviewStore,
        photo: PhotoView,
        tones: ToneOverlay,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._hosts = hosts
        self._previews = previews
        self._photo = photo
        self._tones = tones
        self._keep_zoom: object = None
        self._actions = window.actions_by_id
        self._actions.connect_all(
            {
                "photo.turn_right": lambda: photo.turn(ViewTurn.right),
                "photo.turn_left": lambda: photo.turn(ViewTurn.left),
                "photo.mirror": lambda: photo.turn(ViewTurn.mirror),
                "photo.keep_zoom": self._toggle_keep_zoom,
                "photo.loupe": self._toggle_loupe,
                "photo.histogram": self._toggle_histogram,
                "photo.clipping": self._toggle_clipping,
            }
        )
        photo.canvas.loupe_changed.connect(self._actions["photo.loupe"].setChecked)
        window.page_changed.connect(self._show_state)
        hosts.changed.connect(self._on_settings_changed)
        self._show_state()

    def _toggle_keep_zoom(self) -> None:
        self._set_keep_zoom(keep=not self._photo.canvas.keep_zoom)
        keeps = self._photo.canvas.keep_zoom
        words = self.tr("The zoom is kept") if keeps else self.tr("Every photo is shown whole")
        self._window.status.say(words)

    def _set_keep_zoom(self, *, keep: bool) -> None:
        self._photo.canvas.keep_zoom = keep
        self._actions["photo.keep_zoom"].setChecked(keep)

    def _toggle_loupe(self) -> None:
        canvas = self._photo.canvas
        canvas.show_loupe(on=self._window.page == Page.PHOTO and not canvas.loupe_shown)

    def _toggle_histogram(self) -> None:
        self._tones.show_histogram(on=not self._tones.shows_histogram)
        self._actions["photo.histogram"].setChecked(self._tones.shows_histogram)

    def _toggle_clipping(self) -> None:
        self._tones.show_clipping(on=not self._tones.shows_clipping)
        self._actions["photo.clipping"].setChecked(self._tones.shows_clipping)

    def _show_state(self, *_what: object) -> None:
        in_photo = self._window.page == Page.PHOTO
        for action_id in _PHOTO_ONLY:
            self._actions[action_id].setEnabled(in_photo)

    def _on_settings_changed(self) -> None:
        keep, room = self._hosts.value("window.keep_zoom"), self._hosts.value("window.photos_mb")
        if isinstance(keep, bool) and keep != self._keep_zoom:
            self._keep_zoom = keep
            self._set_keep_zoom(keep=keep)
        if isinstance(room, int):
            self._previews.set_budget_mb(room)
