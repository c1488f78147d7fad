"""One home and one daemon per test file, and a real photograph."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from tests.end2end.program import Program


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Let programs be interrupted: what a shell starts with ``&`` ignores it otherwise."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """RabbitViewer with a home of its own; its daemon ends with the file's last test."""
    home = Path(tempfile.mkdtemp(prefix="rv-e2e-"))
    program = Program(home)
    yield program
    program.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photograph as a JPEG with EXIF."""
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0110] = "X100"
    Image.fromarray(data.astronaut()).save(path, quality=95, exif=exif)
    return path


@pytest.fixture
def flat_photo(tmp_path: Path) -> Path:
    """A photograph in a lossless file."""
    path = tmp_path / "photo.png"
    Image.fromarray(data.chelsea()).save(path)
    return path
