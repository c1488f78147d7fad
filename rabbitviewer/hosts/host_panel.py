"""What stands behind the host pill: the machines that work for the photos, and how they are."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.hosting import HostChecked
from rabbitviewer.hosts.host_row import Host, HostRow
from rabbitviewer.models.host_entries import HostEntriesModel
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.theme.controls import Choice, Tick, hairline, push_button, text_label
from rabbitviewer.theme.tokens import tokens

_WIDTH = 480
_HEIGHT = 680
ENABLED, WHEN_FAILS = "comfyui.enabled", "comfyui.when_host_fails"
MOVE, WAIT = "move", "wait"


class HostPanel(QWidget):
    """The hosts, a test for each, and the switches that concern all of them.

    Signals:
        settings_wanted: open config.yaml.
        edit_wanted: change this machine (:class:`HostEntry`; None: a new one).
    """

    settings_wanted = Signal()
    edit_wanted = Signal(object)

    def __init__(
        self, hosts: HostsModel, entries: HostEntriesModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._hosts = hosts
        self._entries = entries
        self._rows: dict[str, HostRow] = {}
        self._lines = QVBoxLayout()
        self._lines.setSpacing(tokens().space_3)
        self._intro = text_label("", "secondary", wraps=True)
        self._connect_first = push_button(
            self.tr("Connect a ComfyUI machine…"), "primary", "ph.desktop-tower"
        )
        self._problem = text_label("", "error", wraps=True)
        self._use = Tick(self.tr("Use ComfyUI"))
        self._fails = Choice(self.tr("When a host fails"))
        self._fails.addItem(self.tr("Its jobs move to another one"), MOVE)
        self._fails.addItem(self.tr("Its jobs wait for it"), WAIT)
        self._fails_row = QWidget()
        self._add = push_button(self.tr("Add host…"), "", "ph.plus")
        self._check = push_button(self.tr("Test all"), "", "ph.arrows-clockwise")
        self._settings = push_button(self.tr("Settings file"), "quiet", "ph.file-text")
        self._settings.setToolTip(self.tr("Open config.yaml"))
        self._lay_out()
        self._connect()
        self._show()

    def sizeHint(self) -> QSize:
        """Return the width of a popup and the height of the words at that width."""
        least = self._content.minimumSizeHint().height()
        content = max(self._content.heightForWidth(_WIDTH), least)
        return QSize(_WIDTH, min(content + self._feet_height(), _HEIGHT))

    def hasHeightForWidth(self) -> bool:
        """Say that its height is its own: what does not fit is scrolled to."""
        return False

    def prepare(self) -> None:
        """Somebody looks: ask how the hosts are now."""
        self._entries.refresh()
        self._hosts.check_hosts()

    def test_all(self) -> None:
        """Test the connection to every host that jobs may go to."""
        for host in self._shown():
            if host.entry is not None and host.entry.enabled:
                self._test(host.name)

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        self._content = QWidget()
        inside = QVBoxLayout(self._content)
        inside.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_3)
        inside.setSpacing(look.space_3)
        inside.addWidget(text_label(self.tr("Where the work is done"), "title"))
        inside.addWidget(self._intro)
        inside.addWidget(self._connect_first, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addWidget(self._problem)
        inside.addLayout(self._lines)
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(self._content)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll = scroll
        across = QHBoxLayout(self._fails_row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(look.space_2)
        across.addWidget(text_label(self.tr("When a host fails"), "secondary"))
        across.addWidget(self._fails, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(look.space_2)
        buttons.addWidget(self._add)
        buttons.addWidget(self._check)
        buttons.addStretch(1)
        buttons.addWidget(self._settings)
        self._feet = QWidget()
        feet = QVBoxLayout(self._feet)
        feet.setContentsMargins(look.space_4, look.space_3, look.space_4, look.space_4)
        feet.setSpacing(look.space_3)
        feet.addWidget(self._use, 0, Qt.AlignmentFlag.AlignLeft)
        feet.addWidget(self._fails_row)
        feet.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addWidget(hairline())
        layout.addWidget(self._feet)
        self.setFocusProxy(self._use)

    def _feet_height(self) -> int:
        return self._feet.sizeHint().height() + 1

    def _connect(self) -> None:
        self._hosts.changed.connect(self._show)
        self._entries.changed.connect(self._show)
        self._entries.refused.connect(self._on_refused)
        self._settings.clicked.connect(self.settings_wanted)
        self._check.clicked.connect(self.test_all)
        self._add.clicked.connect(lambda: self.edit_wanted.emit(None))
        self._connect_first.clicked.connect(lambda: self.edit_wanted.emit(None))
        self._use.clicked.connect(self._on_use)
        self._fails.activated.connect(self._on_fails)

    # ------------------------------------------------------------ what is shown

    def _shown(self) -> list[Host]:
        """Return what there is to say, the built-in host last where ComfyUI is in use."""
        ai = self._hosts.ai_enabled
        infos = {each.name: each for each in self._hosts.hosts}
        builtin = [
            Host(each.name, each, in_use=not ai) for each in self._hosts.hosts if each.builtin
        ]
        entries = () if self._entries.is_single and not ai else self._entries.entries
        named = [
            Host(each.name, infos.get(each.name), each, ai and each.enabled) for each in entries
        ]
        known = {each.name for each in named}
        others = [
            Host(each.name, each, in_use=ai)
            for each in self._hosts.hosts
            if not each.builtin and each.name not in known and (ai or not self._entries.is_known)
        ]
        return [*named, *others, *builtin] if ai else [*builtin, *named, *others]

    def _show(self) -> None:
        shown = self._shown()
        for name in [each for each in self._rows if each not in {host.name for host in shown}]:
            row = self._rows.pop(name)
            self._lines.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, host in enumerate(shown):
            row = self._rows.get(host.name) or self._make_row(host)
            row.show_host(host)
            if self._lines.indexOf(row) != place:
                self._lines.removeWidget(row)
                self._lines.insertWidget(place, row)
        self._show_switches(any(host.entry is not None for host in shown))
        self.updateGeometry()

    def _show_switches(self, any_entry: bool) -> None:
        ai = self._hosts.ai_enabled
        self._intro.setText(self._intro_words())
        self._connect_first.setVisible(not ai and not any_entry)
        self._problem.setText(self._hosts.settings_problem)
        self._problem.setVisible(bool(self._hosts.settings_problem))
        with QSignalBlocker(self._use):
            self._use.setChecked(ai)
        self._use.setVisible(ai or any_entry)
        self._fails_row.setVisible(ai)
        wanted = self._hosts.value(WHEN_FAILS)
        with QSignalBlocker(self._fails):
            self._fails.setCurrentIndex(max(self._fails.findData(wanted or MOVE), 0))
        self._add.setVisible(ai or any_entry)
        self._check.setVisible(any_entry)

    def _intro_words(self) -> str:
        if self._hosts.ai_enabled:
            return self.tr(
                "A job goes to the host that is able to run it and has the least to do. Only the"
                " small copy and the prompt leave this computer."
            )
        return self.tr(
            "Browsing, masks, looks and the built-in look, which grades with classical means, work"
            " without any AI; a machine with ComfyUI adds its models."
        )

    def _make_row(self, host: Host) -> HostRow:
        row = HostRow(host)
        row.test_pressed.connect(self._test)
        row.edit_pressed.connect(self._edit)
        row.remove_pressed.connect(self._entries.remove)
        row.use_toggled.connect(self._on_use_host)
        self._rows[host.name] = row
        return row

    # ------------------------------------------------------------ what is asked

    def _test(self, name: str) -> None:
        row = self._rows.get(name)
        if row is None:
            return
        row.show_testing()

        def hear(found: HostChecked | ErrorInfo) -> None:
            there = self._rows.get(name)
            if there is not None:
                there.show_checked(found)
                self.updateGeometry()

        self._entries.check(name, None, hear)

    def _edit(self, name: str) -> None:
        entry = self._entries.entry(name)
        if entry is not None:
            self.edit_wanted.emit(entry)

    def _on_use_host(self, name: str, on: bool) -> None:
        entry = self._entries.entry(name)
        if entry is not None:
            self._entries.save(msgspec.structs.replace(entry, enabled=on), replaces=name)

    def _on_use(self, on: bool) -> None:
        self._entries.set_value(ENABLED, on)

    def _on_fails(self, index: int) -> None:
        self._entries.set_value(WHEN_FAILS, str(self._fails.itemData(index)))

    def _on_refused(self, error: ErrorInfo) -> None:
        self._problem.setText(f"{error.message} {error.hint}".strip())
        self._problem.setVisible(True)
        self.updateGeometry()
