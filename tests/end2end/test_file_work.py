"""The whole window and the real daemon: files on the disk after keys, and after undo."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders, resolve_folders
from rabbitviewer.browse.grid import ThumbnailGrid
from rabbitviewer.composition import Built, build
from rabbitviewer.ipc.launcher import start_daemon
from rabbitviewer.organise.rename_card import RenameCard
from rabbitviewer.organise.rename_names import NamesView
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme

pytestmark = pytest.mark.slow

LONG_MS = 60_000
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SIDECAR = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
FILES = ("a.jpg", "a.jpg.xmp", "b.jpg", "b.xmp", "c.jpg")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three photos, two of them with a sidecar, and a trash of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        Image.new("RGB", (90, 60), (200, 40 * number, 30)).save(folder / name)
    (folder / "a.jpg.xmp").write_bytes(SIDECAR)
    (folder / "b.xmp").write_bytes(SIDECAR)
    return folder


@pytest.fixture
def built(qtbot: QtBot, qapp: QApplication, home: Path, photos: Path) -> Iterator[Built]:
    """The window on the folder; its daemon ends with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def launch(folders: Folders) -> None:
        processes.append(start_daemon(folders))

    state = WindowState(right_open=False)
    built = build(resolve_folders(), state, Theme(qapp, "dark"), launch=launch)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(900, 700)
    with qtbot.waitSignal(built.client.connected, timeout=LONG_MS):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(os.fsencode(photos))
    qtbot.waitUntil(lambda: len(built.listing) == 3, timeout=LONG_MS)
    yield built
    built.client.close()
    for process in processes:
        process.terminate()
        process.wait(30)


def grid(built: Built) -> ThumbnailGrid:
    return built.window.findChild(ThumbnailGrid)


def pick(qtbot: QtBot, built: Built, first: int, last: int) -> None:
    for row, modifier in ((first, Qt.KeyboardModifier.NoModifier), (last, SHIFT)):
        where = grid(built).cell_rect(row).center()
        qtbot.mouseClick(grid(built).viewport(), Qt.MouseButton.LeftButton, modifier, where)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def undo(qtbot: QtBot, built: Built) -> None:
    action = built.window.actions_by_id["edit.undo"]
    qtbot.waitUntil(action.isEnabled, timeout=LONG_MS)
    qtbot.keyClick(grid(built), Qt.Key.Key_Z, CONTROL)


def test_trashed_photos_take_their_sidecars_along_and_undo_brings_all_back(
    qtbot: QtBot, built: Built, photos: Path
) -> None:
    before = content(photos)
    pick(qtbot, built, 0, 1)
    qtbot.keyClick(grid(built), Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(photos) == ["c.jpg"], timeout=LONG_MS)
    qtbot.waitUntil(lambda: len(built.listing) == 1, timeout=LONG_MS)
    assert grid(built).current == os.fsencode(photos / "c.jpg")
    trashed = {path.name for path in (photos.parent / "data" / "Trash" / "files").iterdir()}
    assert trashed == {"a.jpg", "a.jpg.xmp", "b.jpg", "b.xmp"}
    undo(qtbot, built)
    qtbot.waitUntil(lambda: names(photos) == list(FILES), timeout=LONG_MS)
    assert content(photos) == before
    qtbot.waitUntil(lambda: len(built.listing) == 3, timeout=LONG_MS)


def test_photos_renamed_by_a_pattern_get_their_names_back_by_undo(
    qtbot: QtBot, built: Built, photos: Path
) -> None:
    before = content(photos)
    pick(qtbot, built, 0, 2)
    qtbot.keyClick(grid(built), Qt.Key.Key_F2)
    card = built.window.findChild(RenameCard)
    field = card.findChild(QLineEdit)
    qtbot.keyClicks(field, "trip_{n:02}")
    plan = card.findChild(NamesView).names
    qtbot.waitUntil(lambda: plan.index(0, 1).data() == "trip_01.jpg", timeout=LONG_MS)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    expected = ["trip_01.jpg", "trip_01.jpg.xmp", "trip_02.jpg", "trip_02.xmp", "trip_03.jpg"]
    qtbot.waitUntil(lambda: names(photos) == expected, timeout=LONG_MS)
    undo(qtbot, built)
    qtbot.waitUntil(lambda: names(photos) == list(FILES), timeout=LONG_MS)
    assert content(photos) == before
