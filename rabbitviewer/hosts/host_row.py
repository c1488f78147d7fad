"""One host in the panel: how it is, what it does, what can be done with it."""

from __future__ import annotations

import dataclasses
import time

from PySide6.QtCore import QDateTime, QLocale, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.hosting import HostChecked, HostEntry
from daemon.protocol.values import HostInfo
from rabbitviewer.hosts.check_view import CheckView, step_message
from rabbitviewer.theme.controls import (
    ElidedLabel,
    Tick,
    hairline,
    icon_button,
    push_button,
    text_label,
)
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import about_words, host_words

_SIGNS = {
    "ready": ("ph.check-circle", "success"),
    "busy": ("ph.hourglass-medium", "success"),
    "starting": ("ph.circle-dashed", "text_secondary"),
    "hung": ("ph.warning-circle", "error"),
    "unreachable": ("ph.warning-circle", "error"),
}
_JUST_NOW_S = 90.0


@dataclasses.dataclass(frozen=True)
class Host:
    """What there is to say of one host.

    Attributes:
        name: What it goes by.
        info: How it is; None: nobody asked it.
        entry: What the settings say of it; None: they do not name it.
        in_use: Whether jobs go there.
    """

    name: str
    info: HostInfo | None = None
    entry: HostEntry | None = None
    in_use: bool = True

    @property
    def is_builtin(self) -> bool:
        """Whether it is the one on this computer."""
        return self.info is not None and self.info.builtin


class HostRow(QFrame):
    """A host: name and state, where it is, its figures, and a test of its connection.

    Signals:
        test_pressed, edit_pressed, remove_pressed: the buttons (the host's name).
        use_toggled: jobs may go there, or may not (name, which).
    """

    test_pressed = Signal(str)
    edit_pressed = Signal(str)
    remove_pressed = Signal(str)
    use_toggled = Signal(str, bool)

    def __init__(self, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._checked: HostChecked | None = None
        name = self.tr("Built-in look") if host.is_builtin else host.name
        self._use = Tick()
        self._use.setAccessibleName(self.tr("Use {name}").format(name=name))
        self._use.setToolTip(self.tr("Jobs may go there"))
        self._name = ElidedLabel("heading")
        self._name.setText(name)
        self._no_ai = text_label(self.tr("No AI"), "tag")
        self._sign = QLabel()
        self._state = text_label("", "secondary")
        self._lines = text_label("", "small", wraps=True)
        self._lines.setFont(figures_font(self._lines.font()))
        self._trouble = text_label("", "error", wraps=True)
        self._advice = text_label("", wraps=True)
        self._test = push_button(self.tr("Test connection"), "", "ph.arrows-clockwise")
        self._edit = icon_button("ph.pencil-simple", self.tr("Edit {name}").format(name=name))
        self._remove = icon_button("ph.trash", self.tr("Remove {name}").format(name=name))
        self._check = CheckView()
        self._check.hide()
        self._buttons = QWidget()
        self._lay_out()
        self._use.clicked.connect(self._on_use)
        self._test.clicked.connect(lambda: self.test_pressed.emit(self._host.name))
        self._edit.clicked.connect(lambda: self.edit_pressed.emit(self._host.name))
        self._remove.clicked.connect(lambda: self.remove_pressed.emit(self._host.name))
        self.show_host(host)

    def show_host(self, host: Host) -> None:
        """Show how *host* is."""
        self._host = host
        info, entry = host.info, host.entry
        self._use.setVisible(entry is not None)
        self._use.setChecked(entry is not None and entry.enabled)
        self._no_ai.setVisible(host.is_builtin)
        state = info.state if info is not None and host.in_use else ""
        words = host_words(info) if info is not None and state else self.tr("Not in use")
        self._state.setText(words)
        sign = _SIGNS.get(state)
        self._sign.setVisible(sign is not None)
        if sign is not None:
            side = tokens().icon_small
            self._sign.setPixmap(icon(*sign).pixmap(side, side))
        self._lines.setText("\n".join(filter(None, self._facts(host))))
        self._lines.setVisible(bool(self._lines.text()))
        away = state in ("unreachable", "hung")
        self._trouble.setText(info.detail if info is not None and away else "")
        self._trouble.setVisible(bool(self._trouble.text()))
        self._advice.setText(info.hint if info is not None and away else "")
        self._advice.setVisible(bool(self._advice.text()))
        self._buttons.setVisible(not host.is_builtin)
        self._edit.setVisible(entry is not None)
        self._remove.setVisible(entry is not None)
        self.setAccessibleName(f"{self._name.text()}: {words}")

    def show_testing(self) -> None:
        """Say that the test is under way."""
        self._test.setEnabled(False)
        self._check.show_testing()
        self._check.show()

    def show_checked(self, found: HostChecked | ErrorInfo) -> None:
        """Show what the test found."""
        self._test.setEnabled(True)
        if isinstance(found, ErrorInfo):
            self._check.show_error(found)
            return
        self._checked = found
        self._check.show_checked(found)
        self.show_host(self._host)

    def _on_use(self, on: bool) -> None:
        self.use_toggled.emit(self._host.name, on)

    def _lay_out(self) -> None:
        look = tokens()
        top = QHBoxLayout()
        top.setSpacing(look.space_2)
        for widget in (self._use, self._name, self._no_ai):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(self._sign)
        top.addWidget(self._state)
        under = QHBoxLayout(self._buttons)
        under.setContentsMargins(0, look.space_1, 0, 0)
        under.setSpacing(look.space_1)
        under.addWidget(self._test)
        under.addStretch(1)
        under.addWidget(self._edit)
        under.addWidget(self._remove)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.setSpacing(0)
        outside.addWidget(hairline())
        layout = QVBoxLayout()
        outside.addLayout(layout)
        layout.setContentsMargins(0, look.space_3, 0, 0)
        layout.setSpacing(look.space_1)
        layout.addLayout(top)
        for widget in (self._lines, self._trouble, self._advice, self._buttons, self._check):
            layout.addWidget(widget)

    def _facts(self, host: Host) -> list[str]:
        info, entry = host.info, host.entry
        if host.is_builtin:
            return [self.tr("Grades with classical means on this computer. Always there.")]
        where = info.url if info is not None else ""
        if not where and entry is not None:
            scheme = "https" if entry.https else "http"
            where = f"{scheme}://{entry.host}:{entry.port}{entry.prefix}"
        if info is None:
            return [where]
        version = f"ComfyUI {info.version}" if info.version else ""
        lines = [" · ".join(filter(None, (where, version)))]
        lines.append(step_message(self._checked, "devices").rstrip("."))
        if host.in_use:
            lines.append(" · ".join(filter(None, (self._queue(info), self._record(info)))))
            lines.append(self._seen(info))
        return lines

    def _queue(self, info: HostInfo) -> str:
        if info.state not in ("ready", "busy", "hung"):
            return ""
        if not info.queue:
            return self.tr("Nothing in its queue")
        others = max(info.queue - info.ours, 0)
        if not others:
            return self.tr("{ours} of yours in its queue").format(ours=info.ours)
        words = self.tr("{ours} of yours and {others} of others in its queue")
        return words.format(ours=info.ours, others=others)

    def _record(self, info: HostInfo) -> str:
        parts: list[str] = []
        if info.done:
            parts.append(self.tr("{n} done").format(n=f"{info.done:,}"))
        if info.failed:
            parts.append(self.tr("{n} failed").format(n=f"{info.failed:,}"))
        if info.usual_s is not None:
            parts.append(self.tr("usually {about}").format(about=about_words(info.usual_s)))
        return " · ".join(parts)

    def _seen(self, info: HostInfo) -> str:
        if not info.seen or time.time() - info.seen < _JUST_NOW_S:
            return ""
        when = QDateTime.fromSecsSinceEpoch(int(info.seen))
        shown = QLocale().toString(when, QLocale.FormatType.ShortFormat)
        return self.tr("Last seen {when}").format(when=shown)
