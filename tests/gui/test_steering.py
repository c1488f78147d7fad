"""Jobs and hosts steered from anywhere in the window: keys, palette, status line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.hosting import (
    HostEntries,
    HostEntriesRequest,
    HostEntry,
    HostRemove,
    HostSave,
)
from daemon.protocol.jobs import JobsCancel, JobsPause, QueueState
from daemon.protocol.values import HostInfo
from rabbitviewer.composition import Built, build
from rabbitviewer.hosts.host_form import HostForm
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.controls import ElidedLabel
from rabbitviewer.theme.theme import Theme
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import BUILTIN_HOST, PHOTO, STUDIO, make_job

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

ATTIC = HostInfo(name="attic", url="http://attic:8188", builtin=False, state="unreachable")
ENTRY = HostEntry(name="studio-pc", host="studio-pc")


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon
) -> Iterator[Built]:
    """The whole window, with a job that runs and one that waits."""
    jobs = (make_job("a"), make_job("b", state="waiting", rank=1.0))
    fake_daemon.answer(messages.JobsRequest, lambda _: [messages.Jobs(jobs=jobs)])
    fake_daemon.answer(HostEntriesRequest, lambda _: [HostEntries(hosts=(ENTRY,))])
    built = build(folders, WindowState(), Theme(qapp, "dark"), launch=lambda _folders: None)
    qtbot.addWidget(built.window)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.later.finish()
    qtbot.waitUntil(lambda: built.window.status.jobs_pill.text() == "1 running · 1 waiting")
    built.window.show()
    yield built
    built.client.close()
    built.window.close()


def asked(qtbot: QtBot, daemon: FakeDaemon, kind: type[messages.Message]) -> messages.Message:
    """The last request of *kind*, as soon as one has come."""
    qtbot.waitUntil(lambda: bool(daemon.of(kind)))
    return daemon.of(kind)[-1]


def said(built: Built) -> str:
    """What the status line says."""
    return " ".join(each.text() for each in built.window.status.findChildren(ElidedLabel))


def button(part: QWidget, name: str) -> QAbstractButton | None:
    """The button of this name; None: there is none."""
    found = part.findChildren(QAbstractButton)
    return next((each for each in found if each.accessibleName() == name), None)


def know_hosts(qtbot: QtBot, built: Built, daemon: FakeDaemon, *hosts: HostInfo) -> None:
    daemon.publish(messages.Config(path=b"/c.yaml", values={"comfyui.enabled": True}))
    with qtbot.waitSignal(built.client.replied):
        daemon.publish(messages.Hosts(hosts=hosts))


def test_all_jobs_are_held_by_key_and_go_on_from_the_status_line(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    qtbot.keySequence(built.window, "Shift+J")
    assert asked(qtbot, fake_daemon, JobsPause).paused
    fake_daemon.publish(QueueState(paused=True))
    pill = built.window.status.jobs_pill
    qtbot.waitUntil(lambda: pill.text() == "Paused · 1 running · 1 waiting")
    assert "The queue is paused" in said(built)
    qtbot.keySequence(built.window, "Shift+J")
    qtbot.waitUntil(lambda: len(fake_daemon.of(JobsPause)) == 2)
    assert not fake_daemon.of(JobsPause)[-1].paused


def test_all_jobs_are_cancelled_and_the_status_line_offers_to_run_them_again(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    built.window.actions_by_id["jobs.cancel_all"].trigger()
    assert asked(qtbot, fake_daemon, JobsCancel).job_ids == ()
    assert "Cancelled 2 jobs" in said(built)
    for job_id in ("a", "b"):
        gone = make_job(job_id, state="cancelled")
        fake_daemon.publish(messages.AiEditCancelled(job_id=job_id, path=PHOTO, job=gone))
    action = built.window.actions_by_id["jobs.cancel_all"]
    qtbot.waitUntil(lambda: not action.isEnabled())
    button(built.window.status, "Run them again").click()
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.JobRetry)) == 2)


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ((BUILTIN_HOST, STUDIO), "studio-pc · ready"),
        ((BUILTIN_HOST, STUDIO, ATTIC), "1 of 2 hosts ready"),
    ],
)
def test_the_host_pill_says_how_many_hosts_are_ready(
    qtbot: QtBot,
    built: Built,
    fake_daemon: FakeDaemon,
    hosts: tuple[HostInfo, ...],
    words: str,
) -> None:
    know_hosts(qtbot, built, fake_daemon, *hosts)
    qtbot.waitUntil(lambda: built.window.status.host_pill.text() == words)


def test_ctrl_h_opens_the_hosts(qtbot: QtBot, built: Built) -> None:
    qtbot.keySequence(built.window, "Ctrl+H")
    assert built.window.hosts_popover.isVisible()


def test_the_first_machine_that_is_connected_switches_comfyui_on(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.answer(HostSave, lambda _: [HostEntries(hosts=(ENTRY,))])
    built.window.actions_by_id["hosts.add"].trigger()
    form = built.window.findChild(HostForm)
    focused = built.window.focusWidget()
    assert form.isAncestorOf(focused)
    qtbot.keyClicks(focused, "attic")
    form.submit()
    assert asked(qtbot, fake_daemon, HostSave).entry == HostEntry(name="attic", host="attic")
    change = asked(qtbot, fake_daemon, messages.ConfigSet)
    assert (change.key, change.value) == ("comfyui.enabled", True)
    assert not form.isVisible()
    assert built.window.hosts_popover.isVisible()


def test_a_machine_that_was_removed_is_brought_back(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.answer(HostRemove, lambda _: [HostEntries(hosts=())])
    know_hosts(qtbot, built, fake_daemon, BUILTIN_HOST, STUDIO)
    built.window.hosts_popover.open_popover()

    popover = built.window.hosts_popover
    qtbot.waitUntil(lambda: button(popover, "Remove studio-pc") is not None)
    button(popover, "Remove studio-pc").click()
    qtbot.waitUntil(lambda: "studio-pc is removed" in said(built))
    button(built.window.status, "Undo").click()
    save = asked(qtbot, fake_daemon, HostSave)
    assert (save.entry, save.replaces) == (ENTRY, "")
