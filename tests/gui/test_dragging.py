"""Drag and drop: photos out of the window and between its parts, files into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QPushButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.values import FolderEntry
from rabbitviewer.browse.breadcrumbs import Breadcrumbs
from rabbitviewer.browse.tree import FolderTree
from rabbitviewer.composition import Built, build
from rabbitviewer.organise.dragging_out import DragOut, drag_picture
from rabbitviewer.organise.files_urls import mime_of, paths_in
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.view.filmstrip import Filmstrip
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import (
    FIRST,
    SECOND,
    THIRD,
    answer_about_the_folder,
    grid,
    pick,
    start_work,
    wait_for,
)

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")

SHIFT = Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
FOREIGN = b"/elsewhere/caf\xe9.jpg"


@pytest.fixture
def built(
    qtbot: QtBot, qapp: QApplication, fake_daemon: FakeDaemon, folders: Folders
) -> Iterator[Built]:
    answer_about_the_folder(fake_daemon)
    fake_daemon.answer(messages.SubfoldersRequest, subfolders)
    state = WindowState(right_open=False)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(1000, 700)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(b"/photos")
    qtbot.waitUntil(lambda: len(built.listing) == 4)
    yield built
    built.client.close()


def subfolders(request: messages.Message) -> list[messages.Message]:
    assert isinstance(request, messages.SubfoldersRequest)
    below = (FolderEntry(b"best", has_subfolders=False),) if request.path == b"/" else ()
    return [messages.Subfolders(path=bytes(request.path), folders=below)]


class Carried:
    """Stands for the user who carries a drag: remembers what was taken along."""

    def __init__(self, widget: QWidget) -> None:
        self.paths: list[list[bytes]] = []
        for each in widget.findChildren(DragOut):
            each.carry = self.carry

    def carry(self, drag: QDrag) -> None:
        assert not drag.pixmap().isNull()
        self.paths.append(paths_in(drag.mimeData()))


def pull(qtbot: QtBot, widget: QWidget, where: QPoint) -> None:
    """Press at *where*, pull away, let go."""
    qtbot.mousePress(widget, LEFT, PLAIN, where)
    far = where + QPoint(QApplication.startDragDistance() + 5, 0)
    move(widget, far)
    qtbot.mouseRelease(widget, LEFT, PLAIN, far)


def move(widget: QWidget, where: QPoint) -> None:
    on_screen = QPointF(widget.mapToGlobal(where))
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(where), on_screen, Qt.MouseButton.NoButton, LEFT, PLAIN
    )
    QApplication.sendEvent(widget, event)


def drop(
    widget: QWidget, where: QPoint, mime: QMimeData, modifiers: Qt.KeyboardModifier = PLAIN
) -> bool:
    """Drag *mime* over *widget* and drop it; return whether it was taken."""
    actions = Qt.DropAction.CopyAction
    QApplication.sendEvent(widget, QDragEnterEvent(where, actions, mime, LEFT, modifiers))
    QApplication.sendEvent(widget, QDragMoveEvent(where, actions, mime, LEFT, modifiers))
    event = QDropEvent(QPointF(where), actions, mime, LEFT, modifiers)
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def crumb(built: Built, text: str) -> QPoint:
    crumbs = built.window.findChild(Breadcrumbs)
    found = next(each for each in crumbs.findChildren(QPushButton) if each.text() == text)
    return found.geometry().center()


# ---------------------------------------------------------------- out


def test_pulling_a_photo_out_of_the_grid_takes_its_file_along(qtbot: QtBot, built: Built) -> None:
    carried = Carried(built.window)
    view = grid(built)
    pull(qtbot, view.viewport(), view.cell_rect(1).center())
    assert carried.paths == [[SECOND]]


def test_pulling_one_of_several_selected_takes_all_of_them(qtbot: QtBot, built: Built) -> None:
    carried = Carried(built.window)
    view = grid(built)
    pick(qtbot, built, 0)
    pick(qtbot, built, 2, SHIFT)
    pull(qtbot, view.viewport(), view.cell_rect(1).center())
    assert carried.paths == [[FIRST, SECOND, THIRD]]
    assert view.selected == (FIRST, SECOND, THIRD)


def test_a_click_on_one_of_several_selected_still_picks_it_alone(
    qtbot: QtBot, built: Built
) -> None:
    carried = Carried(built.window)
    pick(qtbot, built, 0)
    pick(qtbot, built, 2, SHIFT)
    pick(qtbot, built, 1)
    assert grid(built).selected == (SECOND,)
    assert carried.paths == []


def test_a_photo_is_pulled_out_though_pyside_forgot_its_object_of_the_viewport(
    qtbot: QtBot, built: Built
) -> None:
    carried = Carried(built.grid.viewport())
    shiboken6.Shiboken.invalidate(built.grid.viewport())
    pull(qtbot, built.grid.viewport(), built.grid.cell_rect(0).center())
    assert len(carried.paths) == 1


def test_pulling_at_no_photo_takes_nothing_along(qtbot: QtBot, built: Built) -> None:
    carried = Carried(built.window)
    view = grid(built)
    pull(qtbot, view.viewport(), view.viewport().rect().bottomLeft() - QPoint(-30, 20))
    assert carried.paths == []


def test_photos_can_be_pulled_out_of_the_filmstrip_and_of_the_photo_view(
    qtbot: QtBot, built: Built
) -> None:
    carried = Carried(built.window)
    built.navigator.open_photo(FIRST)
    strip = built.window.findChild(Filmstrip)
    qtbot.waitUntil(strip.isVisible)
    middle = strip.rect().center()
    found = next(
        QPoint(x, middle.y())
        for x in range(0, strip.width(), 10)
        if strip.photo_at(QPoint(x, middle.y())) == THIRD
    )
    pull(qtbot, strip, found)
    pull(qtbot, built.photo.canvas, built.photo.canvas.rect().center())
    assert carried.paths == [[THIRD], [THIRD]]


def test_what_hangs_at_the_pointer_counts_the_photos(qapp: QApplication) -> None:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    many = drag_picture([image, image], 12).toImage()
    accent = QColor(tokens().accent)
    colors = {
        many.pixelColor(column, row).name()
        for column in range(0, many.width(), 2)
        for row in range(0, many.height(), 2)
    }
    assert {"#336699", accent.name()} <= colors


# ---------------------------------------------------------------- in


def test_photos_dropped_on_a_breadcrumb_are_copied_there(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.CopyPhotos)
    crumbs = built.window.findChild(Breadcrumbs)
    assert drop(crumbs, crumb(built, "/"), mime_of([FIRST, SECOND]))
    asked = wait_for(qtbot, fake_daemon, messages.CopyPhotos)
    assert isinstance(asked, messages.CopyPhotos)
    assert (asked.paths, asked.folder, asked.move) == ((FIRST, SECOND), b"/", False)


def test_with_shift_they_are_moved(qtbot: QtBot, built: Built, fake_daemon: FakeDaemon) -> None:
    start_work(fake_daemon, messages.CopyPhotos)
    crumbs = built.window.findChild(Breadcrumbs)
    assert drop(crumbs, crumb(built, "/"), mime_of([FIRST]), SHIFT)
    asked = wait_for(qtbot, fake_daemon, messages.CopyPhotos)
    assert isinstance(asked, messages.CopyPhotos)
    assert asked.move


def test_the_tool_tip_says_whether_they_are_copied_or_moved(built: Built) -> None:
    crumbs = built.window.findChild(Breadcrumbs)
    where, mime, actions = crumb(built, "/"), mime_of([FIRST]), Qt.DropAction.CopyAction
    QApplication.sendEvent(crumbs, QDragEnterEvent(where, actions, mime, LEFT, PLAIN))
    QApplication.sendEvent(crumbs, QDragMoveEvent(where, actions, mime, LEFT, PLAIN))
    copying = QToolTip.text()
    QApplication.sendEvent(crumbs, QDragMoveEvent(where, actions, mime, LEFT, SHIFT))
    assert copying == "Copy IMG_0001.jpg to /\nHold Shift to move"
    assert QToolTip.text() == "Move IMG_0001.jpg to /"


def test_photos_dropped_on_the_folder_they_lie_in_are_left_alone(
    built: Built, fake_daemon: FakeDaemon
) -> None:
    crumbs = built.window.findChild(Breadcrumbs)
    assert not drop(crumbs, crumb(built, "photos"), mime_of([FIRST]))
    assert fake_daemon.of(messages.CopyPhotos) == []


def test_photos_dropped_on_a_folder_of_the_tree_go_there(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    start_work(fake_daemon, messages.CopyPhotos)
    tree = built.window.findChild(FolderTree)
    qtbot.waitUntil(tree.isVisible)
    first = tree.model().index(0, 0)
    assert drop(tree.viewport(), tree.visualRect(first).center(), mime_of([FOREIGN]))
    asked = wait_for(qtbot, fake_daemon, messages.CopyPhotos)
    assert isinstance(asked, messages.CopyPhotos)
    assert asked.paths == (FOREIGN,)


def test_a_folder_dropped_on_the_window_is_opened(
    qtbot: QtBot, built: Built, tmp_path: Path
) -> None:
    assert drop(built.window, QPoint(500, 300), mime_of([bytes(tmp_path)]))
    qtbot.waitUntil(lambda: built.listing.folder == bytes(tmp_path))


def test_photos_dropped_on_the_window_open_their_folder_at_the_first(
    qtbot: QtBot, built: Built
) -> None:
    built.navigator.open_folder(b"/elsewhere")
    assert drop(built.window, QPoint(500, 300), mime_of([SECOND, FIRST]))
    qtbot.waitUntil(lambda: built.listing.folder == b"/photos")
    qtbot.waitUntil(lambda: grid(built).current == SECOND)
    assert built.window.page == Page.GRID


def test_text_dropped_on_the_window_is_not_taken(built: Built) -> None:
    mime = QMimeData()
    mime.setText("not a file")
    assert not drop(built.window, QPoint(500, 300), mime)
