"""What follows from changing the hosts: form, panel, status line and settings in step."""

from __future__ import annotations

from PySide6.QtCore import QObject

from daemon.protocol.hosting import HostEntry
from rabbitviewer.hosts.address import has_plain_secret
from rabbitviewer.hosts.host_form import HostForm
from rabbitviewer.hosts.host_panel import ENABLED, HostPanel
from rabbitviewer.models.host_entries import HostEntriesModel
from rabbitviewer.wiring.parts import Parts


class Hosting(QObject):
    """Lets a machine be connected, changed and taken out, with a way back."""

    def __init__(self, parts: Parts, panel: HostPanel, entries: HostEntriesModel) -> None:
        super().__init__(parts.window)
        self._window = parts.window
        self._hosts = parts.hosts
        self._panel = panel
        self._entries = entries
        self._form: HostForm | None = None
        popover = parts.window.hosts_popover
        parts.window.actions_by_id.connect_all(
            {
                "hosts.panel": popover.toggle,
                "hosts.check": self._check_all,
                "hosts.add": lambda: self._ask(None),
            }
        )
        popover.opening.connect(panel.prepare)
        panel.edit_wanted.connect(self._ask)
        entries.removed.connect(self._on_removed)

    def _check_all(self) -> None:
        self._window.hosts_popover.open_popover()
        self._panel.test_all()

    def _ask(self, entry: HostEntry | None) -> None:
        if self._form is None:
            self._form = HostForm(self._window, self._entries)
            self._form.saved.connect(self._on_saved)
        self._window.hosts_popover.close_popover()
        self._form.ask(entry)

    def _on_saved(self, entry: HostEntry, is_new: bool) -> None:
        """Use what was connected, and show how it is."""
        if is_new and not self._hosts.ai_enabled:
            self._entries.set_value(ENABLED, True)
        words = self.tr("{name} is added") if is_new else self.tr("{name} is changed")
        self._window.status.say(words.format(name=entry.name))
        self._window.hosts_popover.open_popover()

    def _on_removed(self, entry: HostEntry) -> None:
        words = self.tr("{name} is removed").format(name=entry.name)
        if has_plain_secret(entry):
            form = self.tr("{what}; its secret stood in config.yaml and has to be typed again")
            self._window.status.say(
                form.format(what=words), self.tr("Put it back…"), lambda: self._put_back(entry)
            )
            return
        self._window.status.say(words, self.tr("Undo"), lambda: self._entries.save(entry))

    def _put_back(self, entry: HostEntry) -> None:
        """Bring back all but the secret, which nobody was told."""
        self._ask(None)
        if self._form is not None:
            self._form.fill(entry)
