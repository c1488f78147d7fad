from __future__ import annotations

import sys

import pytest

from daemon.protocol.endpoint import Folders, build_id, resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import Hello, ShutdownRequest
from rabbitviewer.ipc import launcher
from rabbitviewer.ipc.launcher import ensure_daemon, last_words, start_log
from tests.fakes.scripted_daemon import HangUp, ScriptedDaemon, welcome


@pytest.fixture
def folders() -> Folders:
    return resolve_folders()


def run_instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(launcher, "daemon_command", lambda: [sys.executable, "-c", code])


def test_a_running_daemon_is_used(folders: Folders) -> None:
    with ScriptedDaemon(folders) as fake:
        connection, found = ensure_daemon(folders)
        connection.close()
    assert found.build_id == build_id()
    assert len(fake.asked(Hello)) == 1


def test_a_daemon_that_cannot_start_is_told_with_its_last_line(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, "import sys; sys.exit('no space left')")
    with pytest.raises(RabbitError) as caught:
        ensure_daemon(folders)
    info = caught.value.info
    assert info.kind == ErrorKind.DAEMON_UNAVAILABLE
    assert "it ended with code 1 (no space left)" in info.message
    assert str(folders.log_file) in info.hint


def test_a_daemon_that_never_answers_is_given_up_at_the_deadline(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, "pass")
    with pytest.raises(RabbitError, match="it does not answer"):
        ensure_daemon(folders, deadline_s=0.2)


def test_a_folder_that_cannot_be_written_is_told(folders: Folders) -> None:
    folders.data.parent.mkdir(parents=True, exist_ok=True)
    folders.data.write_bytes(b"a file where the folder should be")
    with pytest.raises(RabbitError, match="could not be started"):
        ensure_daemon(folders)


def test_an_idle_daemon_of_another_build_is_stopped_and_another_one_wanted(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, "pass")
    with ScriptedDaemon(folders) as fake:
        answers = iter([welcome(build="older"), welcome()])
        fake.scripts[Hello] = lambda _: [next(answers)]
        connection, found = ensure_daemon(folders)
        connection.close()
    assert found.build_id == build_id()
    assert fake.asked(ShutdownRequest) == [ShutdownRequest()]


def test_an_update_that_comes_meanwhile_is_not_fought(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, "pass")
    with ScriptedDaemon(folders) as fake:
        answers = iter([welcome(build="older"), welcome(build="newer")])
        fake.scripts[Hello] = lambda _: [next(answers)]
        connection, found = ensure_daemon(folders)
        connection.close()
    assert found.build_id == "newer"
    assert len(fake.asked(ShutdownRequest)) == 1


def test_an_update_to_another_protocol_is_told(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, "pass")
    with ScriptedDaemon(folders) as fake:
        answers = iter([welcome(build="older"), welcome(protocol=99)])
        fake.scripts[Hello] = lambda _: [next(answers)]
        with pytest.raises(RabbitError, match="was updated while this ran") as caught:
            ensure_daemon(folders)
    assert caught.value.info.kind == ErrorKind.VERSION_MISMATCH


def test_a_daemon_that_leaves_while_it_is_greeted_is_looked_for_again(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, "pass")
    with ScriptedDaemon(folders) as fake:
        answers = iter([HangUp(), welcome()])
        fake.scripts[Hello] = lambda _: [next(answers)]
        connection, found = ensure_daemon(folders)
        connection.close()
    assert found.build_id == build_id()


def test_a_busy_daemon_of_another_build_but_the_same_protocol_is_used(folders: Folders) -> None:
    with ScriptedDaemon(folders) as fake:
        fake.scripts[Hello] = lambda _: [welcome(build="older", open_jobs=1)]
        connection, found = ensure_daemon(folders)
        connection.close()
    assert found.build_id == "older"


def test_a_busy_daemon_of_another_protocol_is_left_alone_and_told(folders: Folders) -> None:
    with ScriptedDaemon(folders) as fake:
        fake.scripts[Hello] = lambda _: [welcome(protocol=99, open_jobs=2)]
        with pytest.raises(RabbitError) as caught:
            ensure_daemon(folders)
    assert caught.value.info.kind == ErrorKind.VERSION_MISMATCH
    assert "2 open jobs" in caught.value.info.message
    assert fake.asked(ShutdownRequest) == []


def test_the_last_words_come_from_the_log_when_the_start_was_silent(folders: Folders) -> None:
    start_log(folders).parent.mkdir(parents=True)
    start_log(folders).write_bytes(b"\n")
    folders.log_file.write_bytes(b"first\nlast \xff line\n\n")
    assert last_words(folders) == "last � line"
