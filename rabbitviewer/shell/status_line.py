"""The line at the bottom: counts and messages left, jobs and host pills right."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from daemon.protocol.values import HostInfo
from rabbitviewer.models.hosts import HostsModel
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.theme.controls import (
    ElidedLabel,
    icon_before_words,
    push_button,
    text_label,
)
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.words import host_words

_MESSAGE_MS = 8000
_RUN_ICONS = {"ready": "ph.check-circle", "busy": "ph.hourglass-medium"}


class StatusLine(QFrame):
    """What is shown, what is selected, what runs, and on what.

    Attributes:
        jobs_pill, host_pill, scripts_pill: What opens the popovers.

    Signals:
        jobs_pressed, host_pressed: the pills.
        clear_filter_pressed: the user wants to see all photos again.
    """

    jobs_pressed = Signal()
    host_pressed = Signal()
    clear_filter_pressed = Signal()

    def __init__(self, jobs: JobsModel, hosts: HostsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._hosts = hosts
        look = tokens()
        self.setProperty("look", "status")
        self.setFixedHeight(look.status_height)
        self._counts = text_label("", "small")
        self._counts.setFont(figures_font(self._counts.font()))
        self._message = ElidedLabel("small")
        self._offer = push_button("", "offer")
        self._offer_run: object = None
        self._message_timer = QTimer(self, singleShot=True, interval=_MESSAGE_MS)
        self._message_timer.timeout.connect(lambda: self.say(""))
        self._unfilter = push_button(self.tr("Clear the filter"), "pill")
        self._unfilter.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._unfilter.clicked.connect(self.clear_filter_pressed)
        self._unfilter.hide()
        self.scripts_pill = self._make_pill(self.tr("Scripts"))
        self.scripts_pill.setIcon(icon("ph.code", "accent"))
        self.scripts_pill.hide()
        self.jobs_pill = self._make_pill(self.tr("Jobs"))
        self.host_pill = self._make_pill(self.tr("Host"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(look.space_3, 0, look.space_2, 0)
        layout.setSpacing(look.space_3)
        layout.addWidget(self._counts)
        layout.addWidget(self._unfilter)
        layout.addWidget(self._message)
        layout.addWidget(self._offer)
        layout.addStretch(1)
        layout.addWidget(self.scripts_pill)
        layout.addWidget(self.jobs_pill)
        layout.addWidget(self.host_pill)
        self._offer.hide()
        self._offer.clicked.connect(self._take_offer)
        self.jobs_pill.clicked.connect(self.jobs_pressed)
        self.host_pill.clicked.connect(self.host_pressed)
        for signal in (jobs.arranged, jobs.reset, jobs.paused_changed):
            signal.connect(self._show_jobs)
        hosts.changed.connect(self._show_host)
        self._jobs_shown: object = None
        self._connected = True
        self._filtered = False
        self._show_jobs()
        self._show_host()

    def show_counts(self, photos: int, shown: int, selected: int) -> None:
        """Say how many photos the folder has, how many the filter leaves, how many are chosen."""
        parts: list[str] = []
        if photos or shown:
            words = self.tr("{n} photo") if photos == 1 else self.tr("{n} photos")
            if self._filtered:
                words = self.tr("{shown} of {n} photos")
            parts.append(words.format(n=f"{photos:,}", shown=f"{shown:,}"))
        if selected > 1:
            parts.append(self.tr("{n} selected").format(n=f"{selected:,}"))
        self._counts.setText(" · ".join(parts))
        self._unfilter.setVisible(self._filtered)

    def show_filtered(self, *, filtered: bool) -> None:
        """Say whether a filter is in force; counted anew with the next figures."""
        self._filtered = filtered
        self._unfilter.setVisible(filtered)

    def show_scripts(self, words: str, *, any_ran: bool) -> None:
        """Say which script runs; empty: none does."""
        self.scripts_pill.setText(words or self.tr("Scripts"))
        self.scripts_pill.setIcon(icon("ph.code", "accent" if words else "text_secondary"))
        self.scripts_pill.setVisible(any_ran)

    def show_photo(self, name: str, place: int, count: int) -> None:
        """Say which photo is on show, and where it stands in its folder."""
        self._unfilter.setVisible(False)
        figures = {"place": f"{place:,}", "count": f"{count:,}"}
        where = self.tr("{place} of {count}").format(**figures) if place else ""
        self._counts.setText(" · ".join(part for part in (name, where) if part))

    def say(self, text: str, offer: str = "", run: object = None) -> None:
        """Show *text* for a while, with a button *offer* that calls *run*."""
        self._message.setText(text)
        self._offer.setText(offer)
        self._offer.setAccessibleName(offer)
        self._offer.setVisible(bool(offer))
        self._offer_run = run
        if text:
            self._message_timer.start()

    def show_connected(self, *, connected: bool) -> None:
        """Say whether the daemon answers."""
        self._connected = connected
        self._show_host()

    def _take_offer(self) -> None:
        run = self._offer_run
        self.say("")
        if callable(run):
            run()

    def _make_pill(self, name: str) -> QPushButton:
        pill = push_button("", "pill")
        pill.setAccessibleName(name)
        pill.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        pill.setIconSize(icon_before_words(tokens().font_body))
        pill.setFont(figures_font(pill.font()))
        return pill

    def _show_jobs(self, *_what: object) -> None:
        counts = self._jobs.counts()
        waiting = counts.waiting + counts.paused
        parts: list[str] = []
        if self._jobs.is_paused:
            parts.append(self.tr("Paused"))
        if counts.running:
            parts.append(self.tr("{n} running").format(n=counts.running))
        if waiting:
            parts.append(self.tr("{n} waiting").format(n=f"{waiting:,}"))
        if counts.failed:
            parts.append(self.tr("{n} failed").format(n=counts.failed))
        text = " · ".join(parts) or self.tr("No jobs running")
        look = ("ph.stack", "text_secondary")
        if counts.failed:
            look = ("ph.warning-circle", "error")
        elif self._jobs.is_paused:
            look = ("ph.pause-circle", "accent_text")
        elif counts.running or waiting:
            look = ("ph.circle-half", "accent")
        if (text, look) != self._jobs_shown:
            self._jobs_shown = (text, look)
            self.jobs_pill.setText(text)
            self.jobs_pill.setIcon(icon(*look))
            self.jobs_pill.setAccessibleName(self.tr("Jobs: {words}").format(words=text))

    def _show_host(self) -> None:
        text, name, role = self._host_look()
        if self._hosts.settings_problem:
            name, role = "ph.warning-circle", "error"
        self.host_pill.setText(text)
        self.host_pill.setIcon(icon(name, role))
        self.host_pill.setToolTip(self._hosts.settings_problem or self._host_tip())
        self.host_pill.setAccessibleName(self.tr("Host: {words}").format(words=text))

    def _host_tip(self) -> str:
        """Say how each of several hosts is, or what is the matter with the only one."""
        hosts = self._hosts.in_use()
        if len(hosts) > 1:
            return "\n".join(f"{each.name}: {host_words(each)}" for each in hosts)
        return hosts[0].detail if hosts else ""

    def _host_look(self) -> tuple[str, str, str]:
        """Return text, icon and colour of the host pill."""
        host = self._hosts.host()
        if not self._connected:
            return self.tr("Connecting"), "ph.circle-dashed", "text_secondary"
        if host is None:
            return self.tr("No host known"), "ph.circle-dashed", "text_secondary"
        if host.builtin:
            return self.tr("Built-in look · no AI"), "ph.cpu", "text_secondary"
        several = self._hosts.in_use()
        if len(several) > 1:
            return self._several_look(several)
        if host.state == "unreachable":
            text = self.tr("{name} · cannot be reached").format(name=host.name)
            return text, "ph.warning-circle", "error"
        names = {
            "ready": self.tr("ready"),
            "busy": self.tr("busy"),
            "starting": self.tr("starting"),
        }
        text = " · ".join(part for part in (host.name, names.get(host.state, "")) if part)
        good = host.state in _RUN_ICONS
        return (
            text,
            _RUN_ICONS.get(host.state, "ph.circle-dashed"),
            ("success" if good else "text_secondary"),
        )

    def _several_look(self, hosts: list[HostInfo]) -> tuple[str, str, str]:
        """Return text, icon and colour where jobs may go to several machines."""
        states = Counter(each.state for each in hosts)
        able = states["ready"] + states["busy"]
        if able == len(hosts) and states["busy"] == able:
            text = self.tr("{n} hosts · busy").format(n=len(hosts))
        elif able == len(hosts):
            text = self.tr("{n} hosts · ready").format(n=len(hosts))
        else:
            text = self.tr("{able} of {n} hosts ready").format(able=able, n=len(hosts))
        trouble = states["unreachable"] + states["hung"]
        if trouble == len(hosts):
            return text, "ph.warning-circle", "error"
        if trouble:
            return text, "ph.warning", "accent_text"
        if not able:
            return text, "ph.circle-dashed", "text_secondary"
        return text, _RUN_ICONS["busy" if states["busy"] == able else "ready"], "success"
