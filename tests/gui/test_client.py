import os

import msgspec
import pytest
import shiboken6
from PySide6.QtCore import QObject

from daemon.protocol.endpoint import make_private
from daemon.protocol.errors import ErrorKind
from daemon.protocol.messages import (
    AiEditProgress,
    CancelRequests,
    DaemonStatus,
    Done,
    Failed,
    FolderClose,
    JobCancel,
    ShutdownRequest,
    StatusRequest,
    ThumbnailReady,
    ThumbnailRequest,
    WirePath,
)
from rabbitviewer.ipc.client import DaemonClient
from tests.fakes.daemon import FakeDaemon

STATUS = DaemonStatus(
    pid=1,
    version="1",
    build_id="b",
    uptime_s=1.0,
    rss_bytes=1,
    clients=1,
    open_jobs=0,
    workers=0,
    tasks_waiting=0,
    ai_enabled=False,
    log_path=b"/log",
)


def test_an_answer_reaches_the_signal_with_its_request_id(qtbot, fake_daemon, client):
    fake_daemon.answer(StatusRequest, lambda _request: [STATUS])
    with qtbot.waitSignal(client.replied) as got:
        request_id = client.send(StatusRequest())
    assert got.args == [msgspec.structs.replace(STATUS, request_id=request_id), b""]


def test_an_answer_reaches_its_own_callback_only(qtbot, fake_daemon, client):
    fake_daemon.answer(StatusRequest, lambda _request: [STATUS])
    fake_daemon.answer(JobCancel, lambda _request: [Done()])
    heard = []
    client.send(StatusRequest(), lambda message, _blob: heard.append(type(message)))
    with qtbot.waitSignal(client.replied, check_params_cb=lambda message, _: message == done):
        done = Done(request_id=client.send(JobCancel(job_id="1")))
    assert heard == [DaemonStatus]


def test_both_stages_of_a_thumbnail_reach_the_callback(qtbot, fake_daemon, client):
    def stages(request):
        for stage, pixel in (("embedded", b"\x01\x02\x03\xff"), ("final", b"\x04\x05\x06\xff")):
            yield (
                ThumbnailReady(
                    path=bytes(request.path),
                    width_px=1,
                    height_px=1,
                    source_width_px=1,
                    source_height_px=1,
                    stage=stage,
                ),
                pixel,
            )

    fake_daemon.answer(ThumbnailRequest, stages)
    heard = []
    client.send(
        ThumbnailRequest(path=WirePath(b"/\xff.jpg"), size_px=512),
        lambda message, blob: heard.append((message.stage, message.path, blob)),
    )
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == [
        ("embedded", b"/\xff.jpg", b"\x01\x02\x03\xff"),
        ("final", b"/\xff.jpg", b"\x04\x05\x06\xff"),
    ]


def test_a_blob_of_several_megabytes_arrives_whole(qtbot, fake_daemon, client):
    blob = os.urandom(5 << 20)
    fake_daemon.answer(StatusRequest, lambda _request: [(STATUS, blob)])
    with qtbot.waitSignal(client.replied) as got:
        client.send(StatusRequest())
    assert got.args[1] == blob


def test_an_event_arrives_without_having_been_asked_for(qtbot, fake_daemon, client):
    event = AiEditProgress(job_id="7", path=b"/a.jpg", progress_pct=12.5, stage="run")
    with qtbot.waitSignal(client.replied) as got:
        fake_daemon.publish(event)
    assert got.args[0] == event


def test_a_request_whose_connection_is_lost_fails_as_unavailable(qtbot, fake_daemon, client):
    with qtbot.waitSignal(fake_daemon.asked):
        request_id = client.send(StatusRequest())
    with qtbot.waitSignal(client.replied) as got:
        fake_daemon.drop_clients()
    answer = got.args[0]
    assert isinstance(answer, Failed)
    assert (answer.request_id, answer.error.kind) == (request_id, ErrorKind.DAEMON_UNAVAILABLE)


def test_a_request_before_any_connection_fails_on_a_later_turn(qtbot, folders):
    client = DaemonClient(folders, launch=lambda _folders: None)
    heard = []
    with qtbot.waitSignal(client.replied) as got:
        request_id = client.send(StatusRequest(), lambda message, _blob: heard.append(message))
        assert heard == []
    assert got.args[0].request_id == request_id
    assert got.args[0].error.kind == ErrorKind.DAEMON_UNAVAILABLE


def test_a_cancelled_request_is_not_answered_when_the_connection_is_lost(
    qtbot, fake_daemon, client
):
    heard = []
    client.replied.connect(lambda message, _blob: heard.append(message))
    with qtbot.waitSignals([fake_daemon.asked, fake_daemon.asked]):
        request_id = client.send(ThumbnailRequest(path=WirePath(b"/a"), size_px=512))
        client.send(CancelRequests(request_ids=(request_id,)))
    with qtbot.waitSignal(client.disconnected):
        fake_daemon.drop_clients()
    assert heard == []


def test_a_lost_connection_is_made_again(qtbot, fake_daemon, client):
    with qtbot.waitSignals([client.disconnected, client.connected], order="strict"):
        fake_daemon.drop_clients()


def test_the_daemon_is_launched_once_when_none_listens(qtbot, folders):
    started = []

    def launch(given):
        started.append(FakeDaemon(given))

    client = DaemonClient(folders, launch=launch)
    with qtbot.waitSignal(client.connected):
        client.start()
    assert len(started) == 1
    client.close()
    started[0].close()


def test_bytes_that_are_no_frame_end_the_connection_and_a_new_one_is_made(
    qtbot, fake_daemon, client
):
    with qtbot.waitSignals([client.disconnected, client.connected], order="strict"):
        fake_daemon.write_raw(b"\xff" * 16)


def test_an_idle_daemon_of_another_build_is_asked_to_end(qtbot, fake_daemon, folders):
    fake_daemon.welcome = msgspec.structs.replace(fake_daemon.welcome, build_id="older")
    client = DaemonClient(folders, launch=lambda _folders: None)
    with qtbot.waitSignal(fake_daemon.asked) as got:
        client.start()
    assert isinstance(got.args[0], ShutdownRequest)
    assert not client.is_connected
    client.close()


def test_a_busy_daemon_of_another_build_is_used_and_named(qtbot, fake_daemon, folders):
    fake_daemon.welcome = msgspec.structs.replace(
        fake_daemon.welcome, build_id="older", open_jobs=2
    )
    client = DaemonClient(folders, launch=lambda _folders: None)
    with qtbot.waitSignals([client.version_differs, client.connected]):
        client.start()
    assert fake_daemon.received == []
    client.close()


def test_a_daemon_of_another_protocol_is_not_spoken_to_until_the_user_decides(
    qtbot, fake_daemon, folders
):
    fake_daemon.welcome = msgspec.structs.replace(
        fake_daemon.welcome, protocol_version=99, open_jobs=2
    )
    client = DaemonClient(folders, launch=lambda _folders: None)
    with qtbot.waitSignal(client.version_differs):
        client.start()
    assert not client.is_connected
    with qtbot.waitSignal(fake_daemon.asked) as got:
        client.replace_daemon()
    assert got.args[0] == ShutdownRequest(force=True)
    client.close()


def test_a_folder_close_is_not_waited_for(qtbot, fake_daemon, client):
    with qtbot.waitSignal(fake_daemon.asked):
        client.send(FolderClose(listing_id=3))
    heard = []
    client.replied.connect(lambda message, _blob: heard.append(message))
    with qtbot.waitSignal(client.disconnected):
        fake_daemon.drop_clients()
    assert heard == []


@pytest.mark.slow
def test_a_daemon_that_never_answers_becomes_a_problem_in_words(qtbot, folders):
    make_private(folders.socket.parent)
    client = DaemonClient(folders, launch=lambda _folders: None)
    with qtbot.waitSignal(client.problem_changed, timeout=20_000):
        client.start()
    assert client.problem.kind == ErrorKind.DAEMON_UNAVAILABLE
    client.close()


class Asker(QObject):
    """Asks, and notes what it is answered."""

    def __init__(self):
        super().__init__()
        self.answers = []

    def hear(self, message, _blob):
        self.objectName()
        self.answers.append(message)


def test_an_answer_for_a_widget_that_is_gone_is_dropped(qtbot, client, fake_daemon):
    asker, other = Asker(), Asker()
    fake_daemon.answer(StatusRequest, lambda _: [STATUS])
    client.send(StatusRequest(), asker.hear)
    client.send(StatusRequest(), other.hear)
    shiboken6.delete(asker)
    qtbot.waitUntil(lambda: len(other.answers) == 1)
    assert asker.answers == []
