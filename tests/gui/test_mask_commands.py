"""What is done to a whole mask: growing, files, clipboard."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QCheckBox, QFileDialog, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import Done, MaskChange, MaskClose, MaskExport, MaskOpen
from rabbitviewer.ipc.drop import PNG_SIGNATURE
from rabbitviewer.masking.hints import HintLine
from rabbitviewer.masking.places import PaintBar
from tests.fakes.daemon import FakeDaemon
from tests.fakes.painter import LEFT, Painter


def test_the_mask_is_saved_as_a_file(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon, home: Path
) -> None:
    fake_daemon.answer(MaskExport, lambda _request: (Done(),))
    painter.begin()
    painter.window.actions_by_id["mask.export"].trigger()
    dialog = painter.window.findChild(QFileDialog)
    dialog.selectFile(str(home / "out.png"))
    dialog.accept()
    qtbot.waitUntil(lambda: bool(fake_daemon.of(MaskExport)))
    (asked,) = fake_daemon.of(MaskExport)
    assert isinstance(asked, MaskExport)
    assert (bytes(asked.output), asked.slot) == (bytes(home / "out.png"), "img_0001")


def test_a_mask_is_looked_for_where_pictures_are_though_there_is_no_such_folder(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/nowhere")
    painter.begin()
    painter.window.actions_by_id["mask.import"].trigger()
    dialog = painter.window.findChild(QFileDialog)
    assert all(Path(each).name != "Pictures" for each in dialog.selectedFiles())
    dialog.close()


def test_growing_asks_how_far_and_takes_the_answer(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.pool.changes["grow"] = (90, 80, 70, 40, b"\xff" * (70 * 40))
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.window.actions_by_id["mask.grow"].trigger()
    focused = painter.window.focusWidget()
    assert isinstance(focused, QSpinBox)
    qtbot.keyClicks(focused, "12")
    qtbot.keyClick(focused, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: painter.value(91, 81) == 255)
    (asked,) = fake_daemon.of(MaskChange)
    assert isinstance(asked, MaskChange)
    assert (asked.change, asked.amount_px) == ("grow", 12.0)
    painter.press("Ctrl+Z")
    assert painter.value(91, 81) == 0
    assert painter.value(125, 100) == 255


@pytest.mark.parametrize("inverted", [False, True])
def test_transparency_becomes_the_mask_inverted_where_the_box_is_ticked(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon, inverted: bool
) -> None:
    painter.pool.changes["alpha"] = (90, 80, 70, 40, b"\xff" * (70 * 40))
    painter.begin()
    painter.window.actions_by_id["mask.from_alpha"].trigger()
    box = painter.window.focusWidget()
    assert isinstance(box, QCheckBox)
    if inverted:
        qtbot.keyClick(box, Qt.Key.Key_Space)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: painter.value(91, 81) == 255)
    (asked,) = fake_daemon.of(MaskChange)
    assert isinstance(asked, MaskChange)
    assert (asked.change, asked.invert) == ("alpha", inverted)


def test_nothing_is_painted_while_the_whole_mask_is_reworked(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.begin()
    painter.window.actions_by_id["mask.fill_holes"].trigger()
    qtbot.waitUntil(lambda: bool(fake_daemon.of(MaskChange)))
    hint = painter.window.findChild(PaintBar).findChild(HintLine)
    assert "painting waits" in hint.words
    painter.drag((100, 100), (150, 100))
    assert painter.masks.is_empty
    qtbot.mouseClick(hint.findChild(QPushButton), LEFT)
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 255


def paste(mime: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(mime)


def test_a_picture_on_the_clipboard_becomes_the_mask(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon, folders: Folders
) -> None:
    painter.pool.changes["file"] = (0, 0, 400, 300, b"\x40" * (400 * 300))
    painter.begin()
    image = QImage(400, 300, QImage.Format.Format_Grayscale8)
    image.fill(64)
    mime = QMimeData()
    mime.setImageData(image)
    paste(mime)
    painter.press("Ctrl+V")
    qtbot.waitUntil(lambda: painter.value(5, 5) == 64)
    (asked,) = fake_daemon.of(MaskChange)
    assert isinstance(asked, MaskChange)
    assert asked.take
    assert bytes(asked.path).startswith(bytes(folders.cache / "drop"))


def test_a_picture_written_as_text_becomes_the_mask(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.begin()
    mime = QMimeData()
    pixel = base64.b64encode(PNG_SIGNATURE + b"the rest is the daemon's business").decode()
    mime.setText(f"data:image/png;base64,{pixel}")
    paste(mime)
    painter.press("Ctrl+V")
    qtbot.waitUntil(lambda: bool(fake_daemon.of(MaskChange)))


def test_a_mask_of_another_size_is_resized_only_when_asked(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.pool.refusals["file"] = ErrorInfo(
        ErrorKind.INVALID_REQUEST, "The mask is 200 x 150 pixels, the photo 400 x 300."
    )
    painter.pool.changes["file"] = (0, 0, 400, 300, b"\x40" * (400 * 300))
    painter.begin()
    image = QImage(200, 150, QImage.Format.Format_Grayscale8)
    image.fill(64)
    mime = QMimeData()
    mime.setImageData(image)
    paste(mime)
    painter.press("Ctrl+V")
    qtbot.waitUntil(
        lambda: any(
            each.isVisible() and each.text() == "Resize it"
            for each in painter.window.findChildren(QPushButton)
        )
    )
    assert painter.masks.is_empty
    resize = next(
        each for each in painter.window.findChildren(QPushButton) if each.text() == "Resize it"
    )
    qtbot.mouseClick(resize, LEFT)
    qtbot.waitUntil(lambda: painter.value(5, 5) == 64)


def test_a_clipboard_without_a_picture_is_told(painter: Painter, fake_daemon: FakeDaemon) -> None:
    painter.begin()
    mime = QMimeData()
    mime.setText("hello")
    paste(mime)
    painter.press("Ctrl+V")
    assert fake_daemon.of(MaskChange) == []


def test_closing_the_window_saves(qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.window.close()
    qtbot.waitUntil(lambda: bool(fake_daemon.of(MaskClose)))
    assert len(fake_daemon.of(MaskOpen)) == 1
