"""What can be done about a job that failed: the remedy for what went wrong comes first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QMenu, QWidget

from daemon.protocol.errors import ErrorKind
from daemon.protocol.values import JobInfo
from rabbitviewer.models.job import LOOK, Retry
from rabbitviewer.theme.controls import push_button
from rabbitviewer.theme.flow_layout import FlowLayout
from rabbitviewer.theme.tokens import tokens


class RetryRow(QWidget):
    """Buttons: again as it was, with freed memory, with a new seed, on another host.

    Signals:
        retry_wanted: run the job again (:class:`Retry`).
    """

    retry_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: object = None
        self._hosts: tuple[str, ...] = ()
        self._remedy = push_button("")
        self._remedy.hide()
        self._again = push_button(self.tr("Try again"))
        self._new_seed = push_button(self.tr("New seed"))
        self._new_seed.setToolTip(self.tr("Try again with another seed"))
        self._elsewhere = push_button(self.tr("On another host…"))
        row = FlowLayout(tokens().space_2, self)
        row.setContentsMargins(0, tokens().space_1, 0, 0)
        for button in (self._remedy, self._again, self._new_seed, self._elsewhere):
            row.addWidget(button)
        self._remedy.clicked.connect(self._on_remedy)
        self._again.clicked.connect(lambda: self.retry_wanted.emit(Retry()))
        self._new_seed.clicked.connect(lambda: self.retry_wanted.emit(Retry(new_seed=True)))
        self._elsewhere.clicked.connect(self._choose_host)

    def show_for(self, info: JobInfo, hosts: tuple[str, ...]) -> None:
        """Offer what helps *info*; *hosts* are those it could run on instead."""
        shown = (info.state, info.error.kind if info.error else "", hosts)
        if shown == self._shown:
            return
        self._shown, self._hosts = shown, hosts
        words = remedy_words(info)
        self._remedy.setText(words)
        self._remedy.setAccessibleName(words)
        self._remedy.setVisible(bool(words))
        self._again.setVisible(not words)
        self._new_seed.setVisible(has_seed(info) and not is_lost(info))
        self._elsewhere.setVisible(bool(hosts))

    def _on_remedy(self) -> None:
        kind = self._shown[1] if isinstance(self._shown, tuple) else ""
        self.retry_wanted.emit(Retry(free_memory=kind == ErrorKind.OUT_OF_MEMORY))

    def _choose_host(self) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        fill_hosts(menu, self._hosts, self.retry_wanted.emit)
        menu.popup(self._elsewhere.mapToGlobal(self._elsewhere.rect().bottomLeft()))


def fill_hosts(menu: QMenu, hosts: tuple[str, ...], run: Callable[[Retry], object]) -> None:
    """Let *menu* offer each of *hosts*; *run* is called with the :class:`Retry`."""
    for host in hosts:
        entry = menu.addAction(host.replace("&", "&&"))
        entry.triggered.connect(lambda _checked=False, name=host: run(Retry(host=name)))


def remedy_words(info: JobInfo) -> str:
    """Return what the button says that mends what went wrong; empty: there is no special one."""
    if info.state != "failed" or info.error is None:
        return ""
    if info.error.kind == ErrorKind.OUT_OF_MEMORY and info.ai:
        return _tr("Free memory and try again")
    return _tr("Send again") if is_lost(info) else ""


def is_lost(info: JobInfo) -> bool:
    """Whether the host lost the job."""
    return info.error is not None and info.error.kind == ErrorKind.JOB_LOST


def has_seed(info: JobInfo) -> bool:
    """Whether another seed would make another picture."""
    return info.operation != LOOK


def _tr(text: str) -> str:
    return QCoreApplication.translate("RetryRow", text)
