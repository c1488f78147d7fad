import asyncio
import os
from pathlib import Path

import pytest

from daemon.decode.icc import profile_for
from daemon.library.profiles import MonitorProfiles
from daemon.library.threads import FileThreads
from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import MonitorProfile
from daemon.settings import SettingsStore
from tests.fakes.daemon_process import write_settings
from tests.fakes.peer import FakePeer


def take(folder: Path, icc: bytes):
    """Return what a client is told that sends *icc*, and the profiles' keeper."""
    threads, settings = FileThreads(), SettingsStore(resolve_folders())
    settings.load()
    profiles = MonitorProfiles(folder, threads, settings)
    try:
        request = MonitorProfile(icc=icc)
        return asyncio.run(profiles.monitor_profile(FakePeer(), request)), profiles
    finally:
        threads.close()


def test_a_profile_becomes_a_private_file_under_its_digest(tmp_path: Path) -> None:
    known, profiles = take(tmp_path / "profiles", profile_for("display-p3") or b"")
    path = Path(os.fsdecode(profiles.path(known.profile)))
    assert known.description == "Display P3"
    assert path.read_bytes() == profile_for("display-p3")
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_profile_is_srgb(tmp_path: Path) -> None:
    known, profiles = take(tmp_path / "profiles", b"")
    assert (known.profile, profiles.path(known.profile)) == ("", b"")


def test_what_is_no_rgb_profile_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RabbitError) as caught:
        take(tmp_path / "profiles", b"not a profile")
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST
    assert "no RGB profile" in caught.value.info.message


def test_the_profile_of_the_settings_wins(tmp_path: Path) -> None:
    (tmp_path / "mine.icc").write_bytes(profile_for("adobe-rgb") or b"")
    write_settings(f'window:\n  monitor_profile: "{tmp_path / "mine.icc"}"\n')
    known, _ = take(tmp_path / "profiles", profile_for("display-p3") or b"")
    assert known.description == "Compatible with Adobe RGB (1998)"


def test_a_profile_of_the_settings_that_is_gone_is_named(tmp_path: Path) -> None:
    write_settings(f'window:\n  monitor_profile: "{tmp_path / "gone.icc"}"\n')
    with pytest.raises(RabbitError) as caught:
        take(tmp_path / "profiles", b"")
    assert "gone.icc" in caught.value.info.message


@pytest.mark.parametrize("profile", ["", "x" * 32, "../" * 10, "A" * 32])
def test_only_digests_are_ids(tmp_path: Path, profile: str) -> None:
    _, profiles = take(tmp_path / "profiles", b"")
    assert profiles.path(profile) == b""
