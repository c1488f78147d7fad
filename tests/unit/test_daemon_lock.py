from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from daemon.ipc.lock import DaemonLock


def test_one_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    first, second = DaemonLock(tmp_path / "lock"), DaemonLock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_the_lock_tells_who_holds_it(tmp_path: Path) -> None:
    lock = DaemonLock(tmp_path / "lock")
    assert lock.holder() == 0
    lock.acquire()
    assert DaemonLock(tmp_path / "lock").holder() == os.getpid()
    lock.release()


def test_the_lock_file_is_the_users_alone_and_stays(tmp_path: Path) -> None:
    lock = DaemonLock(tmp_path / "lock")
    lock.acquire()
    lock.release()
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


def test_a_lock_that_cannot_be_made_is_an_error_not_a_loss(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DaemonLock(tmp_path / "missing" / "lock").acquire()
