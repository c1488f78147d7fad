from __future__ import annotations

import contextlib
import logging
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.log import hide_secrets, open_log


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    before, level = list(logger.handlers), logger.level
    raising = logging.raiseExceptions
    yield logger
    logging.raiseExceptions = raising
    for handler in [each for each in logger.handlers if each not in before]:
        logger.removeHandler(handler)
        with contextlib.suppress(OSError):  # what is left to write may find a full disk
            handler.close()
    logger.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: [hidden]"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "{'authorization': [hidden]}"),
        ("GET https://me:secret@host:8188/ws", "GET https://[hidden]@host:8188/ws"),
        ("x-api-key=sk-12345678, next", "x-api-key=[hidden], next"),
        ("/ws?token=abc123&id=7", "/ws?token=[hidden]&id=7"),
        ('"password": "hunter2"', '"password": [hidden]'),
        ("sent Bearer abcdefgh12345678", "sent Bearer [hidden]"),
    ],
)
def test_what_gives_access_is_hidden(text: str, hidden: str) -> None:
    assert hide_secrets(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "/photos/token ring.jpg could not be read",
        "job 3 at stage run, 12:30",
        "a basic photo of a bearer",
        "http://192.168.1.100:8188/prompt",
    ],
)
def test_what_gives_no_access_is_left_alone(text: str) -> None:
    assert hide_secrets(text) == text


def test_the_log_is_the_users_alone_and_takes_any_name(
    root: logging.Logger, tmp_path: Path
) -> None:
    path = tmp_path / "logs" / "daemon.log"
    open_log(path, "info")
    logging.getLogger("test").info("a file called a\udcff.jpg")
    logging.getLogger("test").debug("not wanted")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text("utf-8").endswith("INFO test: a file called a\\udcff.jpg\n")


def test_a_traceback_in_the_log_holds_no_secrets(root: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "daemon.log"
    open_log(path, "info")
    try:
        raise ValueError("refused with Authorization: Bearer abcdefgh")
    except ValueError:
        logging.getLogger("test").exception("it failed")
    text = path.read_text("utf-8")
    assert "Traceback" in text
    assert "abcdefgh" not in text


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_costs_lines_of_the_log_and_nothing_else(
    root: logging.Logger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "daemon.log").symlink_to("/dev/full")
    open_log(tmp_path / "logs" / "daemon.log", "info")
    logging.getLogger("test").info("lost")
    assert capsys.readouterr().err == ""


def test_warnings_of_python_go_to_the_log(root: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "daemon.log"
    open_log(path, "info")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("something is old", UserWarning, stacklevel=1)
    assert "something is old" in path.read_text("utf-8")
