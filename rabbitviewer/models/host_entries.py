"""The machines of config.yaml: read, written, tried."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.hosting import (
    HostChecked,
    HostCheckRequest,
    HostEntries,
    HostEntriesRequest,
    HostEntry,
    HostRemove,
    HostSave,
)
from daemon.protocol.messages import ConfigSet, Failed, Message, SettingsChanged
from rabbitviewer.ipc.client import DaemonClient

Heard = Callable[[HostChecked | ErrorInfo], object]
Saved = Callable[[ErrorInfo | None], object]


class HostEntriesModel(QObject):
    """What config.yaml says of hosts, and the requests that change it.

    Signals:
        changed: the entries are other ones.
        removed: an entry was taken out (:class:`HostEntry`).
        refused: the daemon refused something (:class:`ErrorInfo`).
    """

    changed = Signal()
    removed = Signal(object)
    refused = Signal(object)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._entries: tuple[HostEntry, ...] = ()
        self.is_single = False
        self.has_keyring = False
        self.is_known = False
        client.connected.connect(self.refresh)
        client.replied.connect(self._on_replied)
        if client.is_connected:
            self.refresh()

    @property
    def entries(self) -> tuple[HostEntry, ...]:
        """The machines, in the order of the settings."""
        return self._entries

    def entry(self, name: str) -> HostEntry | None:
        """Return the machine of this name; None: there is none."""
        return next((each for each in self._entries if each.name == name), None)

    def refresh(self) -> None:
        """Ask for the entries again."""
        self._client.send(HostEntriesRequest(), self._on_entries)

    def save(
        self, entry: HostEntry, replaces: str = "", secret: str = "", saved: Saved | None = None
    ) -> None:
        """Write a machine into the settings.

        Args:
            entry: What is to stand there.
            replaces: The name of the one it stands in for; empty: a new one.
            secret: Goes into the system's keyring under the name that *entry* points to.
            saved: Called with None, or with why it was refused.
        """

        def hear(answer: Message, _blob: bytes) -> None:
            if saved is not None:
                saved(answer.error if isinstance(answer, Failed) else None)
            elif isinstance(answer, Failed):
                self.refused.emit(answer.error)
            self._take(answer)

        self._client.send(HostSave(entry=entry, replaces=replaces, secret=secret), hear)

    def remove(self, name: str) -> None:
        """Take a machine out of the settings."""
        entry = self.entry(name)

        def hear(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, HostEntries) and entry is not None:
                self.removed.emit(entry)
            self._on_entries(answer, b"")

        self._client.send(HostRemove(name=name), hear)

    def check(self, host: str, entry: HostEntry | None, heard: Heard) -> None:
        """Ask how a host is, step by step: one of the settings, or one that is not there yet."""

        def hear(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, HostChecked):
                heard(answer)
            elif isinstance(answer, Failed):
                heard(answer.error)

        self._client.send(HostCheckRequest(host=host, entry=entry), hear)

    def set_value(self, key: str, value: str | bool) -> None:
        """Write one setting (``section.key``)."""
        self._client.send(ConfigSet(key=key, value=value), self._on_set)

    # ------------------------------------------------------------ hearing

    def _on_set(self, answer: Message, _blob: bytes) -> None:
        if isinstance(answer, Failed):
            self.refused.emit(answer.error)

    def _on_entries(self, answer: Message, _blob: bytes) -> None:
        if isinstance(answer, Failed) and self.is_known:
            self.refused.emit(answer.error)
        self._take(answer)

    def _take(self, answer: Message) -> None:
        if isinstance(answer, HostEntries):
            self._entries = answer.hosts
            self.is_single, self.has_keyring = answer.single, answer.keyring
            self.is_known = True
            self.changed.emit()

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if isinstance(message, SettingsChanged):
            self.refresh()
