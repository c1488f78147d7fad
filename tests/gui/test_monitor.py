"""The profile of the screen: read in a thread, told to the daemon, put into requests."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Failed,
    MonitorProfile,
    MonitorProfileKnown,
    ThumbnailRequest,
)
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.monitor import Monitor
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.shell.screen_profile import atom_name, can_tell
from tests.fakes.daemon import FakeDaemon

ICC = b"\x00" * 36 + b"acsp" + b"\x00" * 100


class Store:
    """Remembers the profile it is to ask in."""

    def __init__(self) -> None:
        self.profile = "?"

    def set_profile(self, profile: str) -> None:
        self.profile = profile


def test_the_screens_profile_is_told_and_its_id_goes_to_the_stores(
    qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon
) -> None:
    store = Store()
    fake_daemon.answer(MonitorProfile, lambda _: [MonitorProfileKnown(profile="abc")])
    monitor = Monitor(client, (store,), lambda number: ICC + bytes([number]))
    monitor.look_at(None)
    qtbot.waitUntil(lambda: store.profile == "abc")
    assert fake_daemon.of(MonitorProfile)[0].icc == ICC + b"\x00"


def test_where_nobody_knows_profiles_the_settings_decide(
    qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon
) -> None:
    store = Store()
    fake_daemon.answer(MonitorProfile, lambda _: [MonitorProfileKnown(profile="named")])
    monitor = Monitor(client, (store,), None)
    monitor.look_at(None)
    qtbot.waitUntil(lambda: store.profile == "named")
    assert fake_daemon.of(MonitorProfile)[0].icc == b""


def test_a_daemon_that_comes_anew_is_told_again(
    qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon
) -> None:
    monitor = Monitor(client, (Store(),), None)
    monitor.look_at(None)
    qtbot.waitUntil(lambda: len(fake_daemon.of(MonitorProfile)) == 1)
    fake_daemon.drop_clients()
    qtbot.waitUntil(lambda: len(fake_daemon.of(MonitorProfile)) == 2)


def test_a_profile_that_cannot_be_used_is_said_so(
    qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon
) -> None:
    error = ErrorInfo(ErrorKind.INVALID_REQUEST, "It is no RGB profile.")
    fake_daemon.answer(MonitorProfile, lambda _: [Failed(error=error)])
    monitor = Monitor(client, (Store(),), None)
    with qtbot.waitSignal(monitor.problem_found) as said:
        monitor.look_at(None)
    assert said.args == ["It is no RGB profile."]


def test_thumbnails_are_asked_for_anew_in_the_colours_of_another_screen(
    qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon
) -> None:
    thumbnails = ThumbnailStore(client)
    thumbnails.want([b"/a"])
    with qtbot.waitSignals([fake_daemon.asked] * 2):
        thumbnails.set_profile("p3")
    asked = [(bytes(each.path), each.profile) for each in fake_daemon.of(ThumbnailRequest)]
    assert asked == [(b"/a", ""), (b"/a", "p3")]


def test_the_first_screen_has_no_number_in_its_property() -> None:
    assert (atom_name(0), atom_name(2)) == (b"_ICC_PROFILE", b"_ICC_PROFILE_2")
    assert not can_tell("wayland")
