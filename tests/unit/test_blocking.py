from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.protocol.endpoint import Folders, resolve_folders
from daemon.protocol.errors import ErrorInfo, ErrorKind, RabbitError
from daemon.protocol.messages import (
    DaemonStatus,
    Done,
    Failed,
    HostChanged,
    JobsRequest,
    SettingsChanged,
    ShutdownRequest,
    StatusRequest,
    TraceEvent,
)
from rabbitviewer.ipc.blocking import ConnectionLostError, DaemonConnection
from tests.fakes.scripted_daemon import HangUp, ScriptedDaemon

CHANGED = SettingsChanged(problem="", ai_enabled=True)


@pytest.fixture
def folders() -> Folders:
    return resolve_folders()


@pytest.fixture
def fake(folders: Folders) -> Iterator[ScriptedDaemon]:
    with ScriptedDaemon(folders) as daemon:
        yield daemon


@pytest.fixture
def connection(fake: ScriptedDaemon, folders: Folders) -> Iterator[DaemonConnection]:
    with DaemonConnection.open(folders) as connection:
        yield connection


def test_no_daemon_is_a_sentence(folders: Folders) -> None:
    with pytest.raises(RabbitError) as caught:
        DaemonConnection.open(folders)
    assert caught.value.info.kind == ErrorKind.DAEMON_UNAVAILABLE


def test_a_socket_file_left_behind_is_no_daemon(folders: Folders) -> None:
    with ScriptedDaemon(folders):
        left = folders.socket.with_name("left.sock")
        folders.socket.rename(left)
    left.rename(folders.socket)
    with pytest.raises(RabbitError):
        DaemonConnection.open(folders)


def test_an_event_before_the_answer_is_kept(
    fake: ScriptedDaemon, connection: DaemonConnection
) -> None:
    fake.scripts[StatusRequest] = lambda _: [Done(), CHANGED]
    connection.request(StatusRequest(), Done)
    connection.request(StatusRequest(), Done)
    assert connection.next_event(5.0) == CHANGED
    assert connection.next_event(5.0) == CHANGED


def test_waiting_for_an_event_ends_in_time(connection: DaemonConnection) -> None:
    assert connection.next_event(0.01) is None


def test_what_the_daemon_refuses_is_raised_with_its_kind(
    fake: ScriptedDaemon, connection: DaemonConnection
) -> None:
    error = ErrorInfo(ErrorKind.DISK_FULL, "The disk is full.", "Free some space.")
    fake.scripts[StatusRequest] = lambda _: [Failed(error=error)]
    with pytest.raises(RabbitError) as caught:
        connection.request(StatusRequest(), DaemonStatus)
    assert caught.value.info == error


def test_a_silent_daemon_is_given_up_with_its_log_named(
    fake: ScriptedDaemon, connection: DaemonConnection, home: Path
) -> None:
    fake.scripts[StatusRequest] = lambda _: []
    with pytest.raises(RabbitError) as caught:
        connection.request(StatusRequest(), DaemonStatus, 0.01)
    assert caught.value.info.kind == ErrorKind.TIMED_OUT
    assert str(home / "data" / "logs" / "daemon.log") in caught.value.info.hint


def test_a_daemon_that_leaves_is_a_lost_connection(
    fake: ScriptedDaemon, connection: DaemonConnection
) -> None:
    fake.scripts[JobsRequest] = lambda _: [HangUp()]
    with pytest.raises(ConnectionLostError):
        connection.request(JobsRequest(), Done)


def test_an_answer_of_another_kind_is_not_believed(
    fake: ScriptedDaemon, connection: DaemonConnection
) -> None:
    fake.scripts[StatusRequest] = lambda _: [Done()]
    with pytest.raises(ConnectionLostError, match="answered with Done"):
        connection.request(StatusRequest(), HostChanged)


def test_trace_events_go_to_the_trace(fake: ScriptedDaemon, connection: DaemonConnection) -> None:
    event = TraceEvent(name="job_stage", ts_us=1.0)
    seen: list[TraceEvent] = []
    connection.on_trace = seen.append
    fake.scripts[StatusRequest] = lambda _: [Done(), event]
    connection.request(StatusRequest(), Done)
    connection.request(StatusRequest(), Done)
    assert seen[0] == event


def test_the_end_of_the_daemon_is_seen(connection: DaemonConnection) -> None:
    connection.request(ShutdownRequest(), Done)
    assert connection.wait_closed(5.0)
