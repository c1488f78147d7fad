"""What stands behind the host pill: the hosts, how they are, how to switch ComfyUI on."""

from __future__ import annotations

import os

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from daemon.protocol.values import HostInfo
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.theme.controls import hairline, push_button, text_label
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import host_words

_WIDTH = 360


class HostPanel(QWidget):
    """The hosts in words.

    Signals:
        settings_wanted: open config.yaml.
    """

    settings_wanted = Signal()

    def __init__(self, hosts: HostsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hosts = hosts
        look = tokens()
        self._shown: list[QWidget] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(look.space_3)
        self._hint = text_label("", "secondary", wraps=True)
        self._problem = text_label("", "error", wraps=True)
        self._settings = push_button(self.tr("Open settings file"), "", "ph.file-text")
        self._check = push_button(self.tr("Check again"), "", "ph.arrows-clockwise")
        self._settings.clicked.connect(self.settings_wanted)
        self._check.clicked.connect(hosts.check_hosts)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addWidget(self._settings)
        buttons.addWidget(self._check)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        layout.setSpacing(look.space_3)
        layout.addWidget(text_label(self.tr("Where grades run"), "title"))
        layout.addLayout(self._rows)
        layout.addWidget(self._problem)
        layout.addWidget(hairline())
        layout.addWidget(self._hint)
        layout.addLayout(buttons)
        self.setFocusProxy(self._settings)
        hosts.changed.connect(self._show_hosts)
        self._show_hosts()

    def sizeHint(self) -> QSize:
        """Return the width of a popup and the height of the words at that width."""
        return QSize(_WIDTH, self.heightForWidth(_WIDTH))

    def _show_hosts(self) -> None:
        for row in self._shown:
            self._rows.removeWidget(row)
            row.deleteLater()
        ai = self._hosts.ai_enabled
        self._shown = [
            self._make_row(host, active=host.builtin != ai) for host in self._hosts.hosts
        ]
        for row in self._shown:
            self._rows.addWidget(row)
        self._problem.setText(self._hosts.settings_problem)
        self._problem.setVisible(bool(self._hosts.settings_problem))
        self._hint.setText(self._hint_words())

    def _hint_words(self) -> str:
        if self._hosts.ai_enabled:
            return self.tr(
                "Grades run on ComfyUI as config.yaml says. Only the small copy and the prompt"
                " leave this computer."
            )
        where = os.fsdecode(self._hosts.config_path) or "config.yaml"
        return self.tr(
            "The built-in look works without AI. To use ComfyUI, set enabled: true and host: under"
            " comfyui: in {file} and save; no restart is needed."
        ).format(file=where)

    def _make_row(self, host: HostInfo, *, active: bool) -> QWidget:
        look = tokens()
        row = QWidget()
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.space_1)
        top = QHBoxLayout()
        top.setSpacing(look.space_2)
        name = self.tr("Built-in look") if host.builtin else host.name
        top.addWidget(text_label(name, "heading" if active else "secondary"))
        if host.builtin:
            top.addWidget(text_label(self.tr("No AI"), "tag"))
        top.addStretch(1)
        state = host_words(host) if active else self.tr("Not in use")
        bad = active and host.state == "unreachable"
        top.addWidget(text_label(state, "error" if bad else "secondary"))
        layout.addLayout(top)
        facts = [] if host.builtin else [host.url, f"ComfyUI {host.version}" * bool(host.version)]
        if host.queue:
            facts.append(self.tr("{count} waiting").format(count=host.queue))
        known = " · ".join(fact for fact in facts if fact)
        for words in (known, host.detail, host.hint):
            if words and active:
                layout.addWidget(text_label(words, "small", wraps=True))
        return row
