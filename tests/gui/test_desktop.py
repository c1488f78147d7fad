"""What the window asks of the desktop."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from rabbitviewer.shell.desktop import copy_path, file_url


def test_a_name_that_is_no_text_keeps_its_bytes_in_the_url() -> None:
    url = file_url(b"/photos/caf\xe9 #1.jpg")
    assert bytes(url.toEncoded().data()) == b"file:///photos/caf%E9%20%231.jpg"


def test_a_copied_path_is_text(qtbot: QtBot) -> None:
    copy_path("/photos/Fjord ø.jpg".encode())
    assert QGuiApplication.clipboard().text() == "/photos/Fjord ø.jpg"
