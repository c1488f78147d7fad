"""What follows from settings and from the daemon's presence: which room is told what."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, QThreadPool, Signal

from daemon.protocol.endpoint import Folders
from daemon.protocol.messages import ConfigSet, Welcome
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.ipc.launcher import last_words
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.shell import desktop
from rabbitviewer.shell.welcome import Trouble
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.view.surface import BACKGROUNDS
from rabbitviewer.window import MainWindow, Page
from rabbitviewer.words import file_name


class Surroundings(QObject):
    """The daemon's presence, the settings in force and the theme."""

    _overheard = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        client: DaemonClient,
        hosts: HostsModel,
        trouble: Trouble,
        theme: Theme,
        photo: PhotoView,
        folders: Folders,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._client = client
        self._hosts = hosts
        self._trouble = trouble
        self._theme = theme
        self._photo = photo
        self._background = ""
        self._folders = folders
        self._page_before = Page.WELCOME
        window.actions_by_id.connect_all({"window.theme": self._flip_theme})
        window.status.show_connected(connected=client.is_connected)
        client.connected.connect(self._on_connected)
        client.disconnected.connect(self._on_disconnected)
        client.problem_changed.connect(self._on_problem_changed)
        self._overheard.connect(self._on_overheard)
        client.version_differs.connect(self._on_version_differs)
        hosts.changed.connect(self._on_settings_changed)
        trouble.again_pressed.connect(client.start)
        trouble.log_pressed.connect(lambda: desktop.open_file(bytes(folders.log_file)))

    def _on_connected(self) -> None:
        self._window.status.show_connected(connected=True)
        if self._window.page == Page.TROUBLE:
            self._window.show_page(self._page_before)

    def _on_disconnected(self) -> None:
        self._window.status.show_connected(connected=False)

    def _on_problem_changed(self) -> None:
        problem = self._client.problem
        if problem is None or self._client.is_connected:
            return
        self._trouble.show_error(problem)
        QThreadPool.globalInstance().start(lambda: self._overheard.emit(last_words(self._folders)))
        if self._window.page != Page.TROUBLE:
            self._page_before = self._window.page
            self._window.show_page(Page.TROUBLE)

    def _on_overheard(self, words: str) -> None:
        """Add what the daemon said before it ended; it was read from its log in a thread."""
        problem = self._client.problem
        if problem is not None and words:
            context = {**problem.context, "log": str(self._folders.log_file)}
            told = msgspec.structs.replace(problem, hint=words, context=context)
            self._trouble.show_error(told)

    def _on_version_differs(self, _welcome: Welcome) -> None:
        words = self.tr("A daemon of another version is still at work")
        self._window.status.say(words, self.tr("Replace it"), self._client.replace_daemon)

    def open_settings(self) -> None:
        """Open config.yaml in the desktop's editor."""
        path = self._hosts.config_path or bytes(self._folders.config_file)
        if not desktop.open_file(path):
            self._window.status.say(self.tr("No program opens {file}").format(file=file_name(path)))

    def _on_settings_changed(self) -> None:
        wanted = self._hosts.value("window.theme")
        if isinstance(wanted, str) and wanted != self._theme.choice:
            self._theme.choose(wanted)
        ground = self._hosts.value("window.photo_background")
        if isinstance(ground, str) and ground in BACKGROUNDS and ground != self._background:
            self._background = ground
            self._photo.canvas.set_background(ground)

    def _flip_theme(self) -> None:
        self._theme.flip()
        self._client.send(ConfigSet(key="window.theme", value=self._theme.choice))
