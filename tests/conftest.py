"""What every test stands on: no display, and folders of its own instead of the user's."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.pop("DISPLAY", None)
os.environ.pop("WAYLAND_DISPLAY", None)

hypothesis.settings.register_profile("suite", deadline=None, max_examples=60)
hypothesis.settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let reports cross to the main process when a test logged a name that is no text."""
    report = yield
    report.sections = [
        (title, text.encode("utf-8", "backslashreplace").decode())
        for title, text in report.sections
    ]
    return report


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test ``RABBITVIEWER_HOME``, short enough for a socket; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="rv-test-"))
    monkeypatch.setenv("RABBITVIEWER_HOME", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
