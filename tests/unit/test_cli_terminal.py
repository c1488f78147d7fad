from __future__ import annotations

import io
from pathlib import Path

import pytest

from daemon.protocol.errors import ErrorInfo, ErrorKind
from rabbitviewer.commands.terminal import ProgressBar, shown_path, write_error, write_table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_on_a_terminal() -> None:
    stream = Terminal()
    bar = ProgressBar(stream)
    bar.update(50.0, "Sampling")
    bar.clear()
    assert stream.getvalue() == "\r\x1b[K[############............]  50 %  Sampling\r\x1b[K"


def test_nothing_is_drawn_elsewhere() -> None:
    stream = io.StringIO()
    bar = ProgressBar(stream)
    bar.update(50.0, "Sampling")
    bar.clear()
    assert stream.getvalue() == ""


def test_the_bar_is_not_redrawn_more_often_than_eyes_follow() -> None:
    stream = Terminal()
    bar = ProgressBar(stream)
    bar.update(1.0, "a")
    bar.update(2.0, "b")
    assert stream.getvalue().count("\r") == 1


def test_an_error_is_one_line_whatever_a_server_said(capsys: pytest.CaptureFixture[str]) -> None:
    write_error(ErrorInfo(ErrorKind.HOST_FAILED, "Node 3\n  failed.", "Look\tthere."))
    assert capsys.readouterr().err == "rabbitviewer: Node 3 failed. Look there.\n"


def test_what_a_server_said_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_error(ErrorInfo(ErrorKind.HOST_FAILED, "a\x1b[2Jb\x9bc", "d"), "x")
    write_table([("\x1b]0;title\x07",)])
    captured = capsys.readouterr()
    assert captured.err == "x: a?[2Jb?c d\n"
    assert captured.out == "?]0;title?\n"


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    write_table([("A", "LONG"), ("four", "x")])
    assert capsys.readouterr().out == "A     LONG\nfour  x\n"


def test_a_table_without_rows_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write_table([])
    assert capsys.readouterr().out == ""


def test_a_path_below_the_present_folder_is_shown_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(bytes(tmp_path / "a" / "b.jpg")) == "a/b.jpg"
    assert shown_path(b"/elsewhere/b.jpg") == "/elsewhere/b.jpg"
