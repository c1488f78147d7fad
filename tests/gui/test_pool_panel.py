"""The Pool tab under a user's hands: click, label, drag, keys, paste, menus."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PoolSlot
from rabbitviewer.composition import Built, build
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.organise.files_urls import mime_of, paths_in
from rabbitviewer.pool.incoming import Incoming
from rabbitviewer.pool.label_field import LabelField
from rabbitviewer.pool.name_card import NameCard
from rabbitviewer.pool.pool_actions import PoolActions
from rabbitviewer.pool.pool_panel import PoolPanel
from rabbitviewer.pool.pool_words import lost_words
from rabbitviewer.pool.slot_grid import SlotGrid
from rabbitviewer.pool.slot_painter import brush_box, remove_box
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.filework import FIRST, SECOND, answer_about_the_folder, button, grid, pick
from tests.fakes.image_pool import SECOND_ID, FakePools

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
Key = Qt.Key


@pytest.fixture
def pools(fake_daemon: FakeDaemon) -> FakePools:
    return FakePools(fake_daemon, "a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")


@pytest.fixture
def state() -> WindowState:
    return WindowState(right_open=True, right_tab="pool")


@pytest.fixture
def built(
    qtbot: QtBot,
    qapp: QApplication,
    pools: FakePools,
    fake_daemon: FakeDaemon,
    folders: Folders,
    state: WindowState,
) -> Iterator[Built]:
    answer_about_the_folder(fake_daemon)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    built.later.finish()
    qtbot.addWidget(built.window)
    built.window.resize(1100, 700)
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    built.window.show()
    qtbot.waitExposed(built.window)
    built.navigator.open_folder(b"/photos")
    qtbot.waitUntil(lambda: len(built.listing) == 4)
    qtbot.waitUntil(lambda: model(built).is_known)
    yield built
    built.client.close()


def panel(built: Built) -> PoolPanel:
    return built.window.findChild(PoolPanel)


def slots(built: Built) -> SlotGrid:
    return built.window.findChild(SlotGrid)


def model(built: Built) -> PoolModel:
    return panel(built).grid._pool  # pyright: ignore[reportPrivateUsage]


def names(built: Built) -> str:
    """The photos of the pool in order, by their letters."""
    return "".join(each.path[-5:-4].decode() for each in model(built).slots)


def chosen(built: Built) -> str:
    return "".join(each.path[-5:-4].decode() for each in slots(built).selected_slots)


def said(built: Built) -> str:
    return built.window.status._message.text()  # pyright: ignore[reportPrivateUsage]


def click(qtbot: QtBot, built: Built, index: int, modifier: Qt.KeyboardModifier = PLAIN) -> None:
    view = slots(built)
    qtbot.mouseClick(view.viewport(), LEFT, modifier, view.picture_rect(index).center())


def press(qtbot: QtBot, built: Built, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
    """Press a key where the focus is."""
    focus = built.window.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, key, modifier)


def color_at(view: SlotGrid, where: QPoint) -> QColor:
    return view.viewport().grab().toImage().pixelColor(where)


def drag_over(widget: QWidget, where: QPoint, mime: QMimeData) -> QDropEvent:
    """Drag *mime* over *widget* and drop it there."""
    actions = Qt.DropAction.CopyAction
    QApplication.sendEvent(widget, QDragEnterEvent(where, actions, mime, LEFT, PLAIN))
    QApplication.sendEvent(widget, QDragMoveEvent(where, actions, mime, LEFT, PLAIN))
    event = QDropEvent(QPointF(where), actions, mime, LEFT, PLAIN)
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event


def pull(qtbot: QtBot, built: Built, index: int) -> None:
    """Press on a slot, pull away, let go."""
    view = slots(built).viewport()
    start = slots(built).picture_rect(index).center()
    far = start + QPoint(QApplication.startDragDistance() + 5, 0)
    qtbot.mousePress(view, LEFT, PLAIN, start)
    on_screen = QPointF(view.mapToGlobal(far))
    moved = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(far), on_screen, Qt.MouseButton.NoButton, LEFT, PLAIN
    )
    QApplication.sendEvent(view, moved)
    qtbot.mouseRelease(view, LEFT, PLAIN, far)


def left_of(built: Built, index: int) -> QPoint:
    """A point of the panel just left of the middle of a slot."""
    view = slots(built)
    where = view.picture_rect(index).center() - QPoint(5, 0)
    return view.viewport().mapTo(panel(built), where)


# ---------------------------------------------------------------- showing


def test_a_click_makes_a_slot_active_and_shows_its_photo(qtbot: QtBot, built: Built) -> None:
    click(qtbot, built, 2)
    assert model(built).active == 2
    assert built.window.page == Page.PHOTO
    assert built.photo.path == b"/photos/c.jpg"


def test_after_a_click_keys_go_on_in_the_pool(qtbot: QtBot, built: Built) -> None:
    click(qtbot, built, 2)
    assert slots(built).hasFocus()
    press(qtbot, built, Key.Key_Right)
    press(qtbot, built, Key.Key_Return)
    assert built.photo.path == b"/photos/d.jpg"


def test_a_double_click_and_the_brush_paint_the_mask(qtbot: QtBot, built: Built) -> None:
    view = slots(built)
    wanted: list[str] = []
    panel(built).paint_wanted.connect(wanted.append)
    picture = view.picture_rect(1)
    qtbot.mouseDClick(view.viewport(), LEFT, PLAIN, picture.center())
    qtbot.mouseClick(view.viewport(), LEFT, PLAIN, brush_box(picture).center())
    assert wanted == ["img_0002", "img_0002"]


def test_the_cross_takes_a_slot_out_and_the_status_line_brings_it_back(
    qtbot: QtBot, built: Built
) -> None:
    view = slots(built)
    corner = remove_box(view.picture_rect(1)).center()
    qtbot.mouseClick(view.viewport(), LEFT, PLAIN, corner)
    qtbot.waitUntil(lambda: names(built) == "acde")
    qtbot.waitUntil(lambda: said(built) == "“b.jpg” taken out of the pool")
    qtbot.mouseClick(button(built.window, "Undo"), LEFT)
    qtbot.waitUntil(lambda: names(built) == "abcde")


def test_the_active_slot_has_a_border_in_the_accent(qtbot: QtBot, built: Built) -> None:
    view = slots(built)
    edge = view.picture_rect(0).bottomRight() - QPoint(0, 30)
    assert color_at(view, edge).name() == tokens().accent
    assert color_at(view, view.picture_rect(1).bottomRight() - QPoint(0, 30)) != tokens().accent


def test_a_mask_is_a_red_dot_from_its_first_stroke(qtbot: QtBot, built: Built) -> None:
    def reds() -> int:
        box = slots(built).picture_rect(1)
        image = slots(built).viewport().grab(box).toImage()
        spots = (
            image.pixelColor(column, row)
            for column in range(image.width())
            for row in range(image.height())
        )
        return sum(spot.name() == tokens().mask for spot in spots)

    assert reds() == 0
    model(built).mask_begun("img_0002", is_empty=False)
    assert reds() > 20


def test_what_the_marks_say_is_told_to_a_screen_reader_too(
    qtbot: QtBot, built: Built, pools: FakePools
) -> None:
    first = msgspec.structs.replace(
        model(built).slots[0], label="sky", mask=b"/m.png", stale=True, missing=True
    )
    pools.put((first, *model(built).slots[1:]))
    pools.publish()
    view = slots(built)
    qtbot.waitUntil(lambda: "sky" in view.accessibleDescription())
    assert view.accessibleDescription() == (
        "Slot 0 of 5, a.jpg, sky, Active: edits use it, Mask painted, "
        "A result was made from an earlier picture or mask, "
        "The photo is missing; mask and label are kept"
    )


def test_only_what_is_seen_is_asked_for(
    qtbot: QtBot, built: Built, pools: FakePools, fake_daemon: FakeDaemon
) -> None:
    many = [PoolSlot(slot=f"img_{n:04}", path=b"/many/%04d.jpg" % n) for n in range(2000)]
    pools.put(many)
    pools.publish()

    def asked() -> int:
        found = fake_daemon.of(messages.ThumbnailRequest)
        return sum(isinstance(e, messages.ThumbnailRequest) and b"many" in e.path for e in found)

    qtbot.waitUntil(lambda: asked() > 10)
    assert asked() < 100


def test_the_active_slot_stays_in_view_when_the_panel_gets_lower(
    qtbot: QtBot, built: Built, pools: FakePools
) -> None:
    many = [PoolSlot(slot=f"img_{n:04}", path=b"/many/%04d.jpg" % n) for n in range(60)]
    pools.put(many, active=40)
    pools.publish()
    view = slots(built)
    qtbot.waitUntil(lambda: view.viewport().rect().contains(view.picture_rect(40)))
    editor = QWidget()
    editor.setMinimumHeight(300)
    panel(built).put_editor(editor)
    editor.show()
    qtbot.waitUntil(lambda: view.height() < 300)
    assert view.viewport().rect().contains(view.picture_rect(40).center())


def test_a_narrower_panel_shows_the_same_slots(
    qtbot: QtBot, built: Built, pools: FakePools
) -> None:
    pools.put([PoolSlot(slot=f"img_{n:04}", path=b"/many/%04d.jpg" % n) for n in range(600)])
    pools.publish()
    view = slots(built)
    qtbot.waitUntil(lambda: len(model(built).slots) == 600)
    view.verticalScrollBar().setValue(view.picture_rect(300).top() - 8)
    before = view.picture_rect(0).width()
    view.resize(view.width() - 20, view.height())
    assert view.picture_rect(0).width() < before
    assert view.viewport().rect().contains(view.picture_rect(300))


# ---------------------------------------------------------------- selecting


def test_ctrl_and_shift_select_several_without_showing_them(qtbot: QtBot, built: Built) -> None:
    click(qtbot, built, 1, CTRL)
    click(qtbot, built, 3, SHIFT)
    assert chosen(built) == "bcd"
    assert built.window.page == Page.GRID


def test_keys_move_and_select(qtbot: QtBot, built: Built) -> None:
    slots(built).setFocus()
    press(qtbot, built, Key.Key_End)
    assert chosen(built) == "e"
    press(qtbot, built, Key.Key_Home)
    press(qtbot, built, Key.Key_Right, SHIFT)
    assert chosen(built) == "ab"
    press(qtbot, built, Key.Key_A, CTRL)
    assert chosen(built) == "abcde"


def test_del_takes_out_of_the_pool_and_never_trashes(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    click(qtbot, built, 1)
    press(qtbot, built, Key.Key_Delete)
    qtbot.waitUntil(lambda: names(built) == "acde")
    assert chosen(built) == "c"
    assert fake_daemon.of(messages.TrashPhotos) == []


def test_the_next_one_is_shown_when_the_photo_on_show_is_taken_out(
    qtbot: QtBot, built: Built
) -> None:
    click(qtbot, built, 1)
    press(qtbot, built, Key.Key_Delete)
    qtbot.waitUntil(lambda: built.photo.path == b"/photos/c.jpg")
    assert slots(built).hasFocus()


def test_del_on_a_button_of_the_head_trashes_nothing_either(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    click(qtbot, built, 1)
    panel(built).header.name.setFocus()
    press(qtbot, built, Key.Key_Delete)
    qtbot.waitUntil(lambda: names(built) == "acde")
    assert fake_daemon.of(messages.TrashPhotos) == []


def test_undo_is_that_of_the_pool_while_it_has_the_focus(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    click(qtbot, built, 1)
    press(qtbot, built, Key.Key_Delete)
    qtbot.waitUntil(lambda: names(built) == "acde")
    press(qtbot, built, Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: names(built) == "abcde")
    qtbot.waitUntil(lambda: said(built) == "Undone: remove")
    press(qtbot, built, Key.Key_Z, CTRL | SHIFT)
    qtbot.waitUntil(lambda: len(fake_daemon.of(messages.PoolUndo)) == 2)
    assert fake_daemon.of(messages.UndoRequest) == []


def test_next_and_previous_go_through_the_pool_from_anywhere(qtbot: QtBot, built: Built) -> None:
    grid(built).setFocus()
    press(qtbot, built, Key.Key_Down, CTRL)
    press(qtbot, built, Key.Key_Down, CTRL)
    assert built.photo.path == b"/photos/c.jpg"
    press(qtbot, built, Key.Key_Up, CTRL)
    assert built.photo.path == b"/photos/b.jpg"
    assert model(built).active == 1


# ---------------------------------------------------------------- labels


def field(built: Built) -> LabelField:
    found = slots(built).findChildren(LabelField)
    assert found
    return found[0]


def test_f2_edits_the_label_in_place_and_enter_takes_it(qtbot: QtBot, built: Built) -> None:
    click(qtbot, built, 1)
    press(qtbot, built, Key.Key_F2)
    assert field(built).isVisible()
    qtbot.keyClicks(field(built), "blue sky")
    qtbot.keyClick(field(built), Key.Key_Return)
    assert model(built).slots[1].label == "blue sky"
    assert slots(built).hasFocus()


def test_escape_leaves_the_label_as_it_was(qtbot: QtBot, built: Built) -> None:
    slots(built).edit_label(1)
    qtbot.keyClicks(field(built), "nothing")
    qtbot.keyClick(field(built), Key.Key_Escape)
    assert model(built).slots[1].label == ""
    assert built.window.page == Page.GRID


def test_a_click_on_the_label_edits_it(qtbot: QtBot, built: Built) -> None:
    view = slots(built)
    qtbot.mouseClick(view.viewport(), LEFT, PLAIN, view.label_rect(1).center())
    assert field(built).isVisible()
    assert model(built).active == 0


def test_tab_goes_on_to_the_next_label(qtbot: QtBot, built: Built) -> None:
    slots(built).edit_label(1)
    qtbot.keyClicks(field(built), "one")
    qtbot.keyClick(field(built), Key.Key_Tab)
    qtbot.keyClicks(field(built), "two")
    qtbot.keyClick(field(built), Key.Key_Return)
    assert [each.label for each in model(built).slots] == ["", "one", "two", "", ""]


def test_letters_typed_into_a_label_are_no_shortcuts(qtbot: QtBot, built: Built) -> None:
    slots(built).edit_label(1)
    qtbot.keyClicks(field(built), "gxp")
    qtbot.keyClick(field(built), Key.Key_Delete)
    assert field(built).text() == "gxp"
    assert len(model(built).slots) == 5


# ---------------------------------------------------------------- order


def test_slots_are_dragged_to_another_place(qtbot: QtBot, built: Built) -> None:
    view = slots(built)
    click(qtbot, built, 0, CTRL)
    click(qtbot, built, 0, CTRL)
    click(qtbot, built, 1, CTRL)

    def carry(drag: QDrag) -> None:
        assert not drag.pixmap().isNull()
        drag_over(panel(built), left_of(built, 3), drag.mimeData())

    view.carry = carry
    pull(qtbot, built, 1)
    qtbot.waitUntil(lambda: names(built) == "cabde")


def test_a_line_shows_where_slots_would_come(qtbot: QtBot, built: Built) -> None:
    view = slots(built)
    box = view.picture_rect(1)
    view.show_gap(box.center() - QPoint(5, 0))
    gap = QPoint(box.left() - tokens().space_2 // 2, box.center().y())
    assert color_at(view, gap).name() == tokens().accent
    view.show_gap(None)
    assert color_at(view, gap).name() == tokens().panel


def test_slots_are_dragged_out_as_files(qtbot: QtBot, built: Built) -> None:
    carried: list[list[bytes]] = []
    slots(built).carry = lambda drag: carried.append(paths_in(drag.mimeData()))
    click(qtbot, built, 1, CTRL)
    pull(qtbot, built, 1)
    assert carried == [[b"/photos/a.jpg", b"/photos/b.jpg"]]


def test_alt_and_the_arrows_move_slots(qtbot: QtBot, built: Built) -> None:
    click(qtbot, built, 1)
    press(qtbot, built, Key.Key_Down, ALT)
    qtbot.waitUntil(lambda: names(built) == "acbde")
    press(qtbot, built, Key.Key_Left, CTRL | SHIFT)
    qtbot.waitUntil(lambda: names(built) == "abcde")


# ---------------------------------------------------------------- coming in


def test_p_adds_the_selected_photos_and_says_so(qtbot: QtBot, built: Built) -> None:
    pick(qtbot, built, 0)
    pick(qtbot, built, 1, SHIFT)
    press(qtbot, built, Key.Key_P)
    qtbot.waitUntil(lambda: len(model(built).slots) == 7)
    assert said(built) == "2 photos added to Pool"
    assert [each.path for each in model(built).slots[5:]] == [FIRST, SECOND]


def test_what_p_added_goes_again_by_undo(qtbot: QtBot, built: Built) -> None:
    pick(qtbot, built, 0)
    press(qtbot, built, Key.Key_P)
    qtbot.waitUntil(lambda: len(model(built).slots) == 6)
    qtbot.mouseClick(button(built.window, "Undo"), LEFT)
    qtbot.waitUntil(lambda: names(built) == "abcde")


def test_where_the_pool_is_not_seen_the_status_line_offers_to_show_it(
    qtbot: QtBot, built: Built
) -> None:
    built.window.side.show_tab("info")
    pick(qtbot, built, 0)
    press(qtbot, built, Key.Key_P)
    qtbot.waitUntil(lambda: said(built) == "1 photo added to Pool")
    qtbot.mouseClick(button(built.window, "Show"), LEFT)
    assert panel(built).isVisible()


def test_a_photo_that_is_there_already_stays_where_it_is(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    pick(qtbot, built, 0)
    press(qtbot, built, Key.Key_P)
    qtbot.waitUntil(lambda: len(model(built).slots) == 6)
    press(qtbot, built, Key.Key_P)
    assert said(built) == "Already in Pool"
    assert len(fake_daemon.of(messages.PoolAdd)) == 1


def test_photos_dropped_between_slots_come_there(qtbot: QtBot, built: Built) -> None:
    mime = mime_of([FIRST, SECOND])
    assert drag_over(panel(built), left_of(built, 1), mime).isAccepted()
    qtbot.waitUntil(lambda: len(model(built).slots) == 7)
    assert [each.path for each in model(built).slots[1:3]] == [FIRST, SECOND]


def test_of_a_pair_only_the_photo_that_is_shown_comes_in(
    qtbot: QtBot, built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = built.window.findChild(Incoming)
    pairs = {FIRST: FIRST + b".CR3"}
    monkeypatch.setattr(incoming, "_partner_of", lambda path: pairs.get(path, b""))
    drag_over(panel(built), left_of(built, 0), mime_of([FIRST, FIRST + b".CR3", SECOND]))
    qtbot.waitUntil(lambda: len(model(built).slots) == 7)
    assert [each.path for each in model(built).slots[:2]] == [FIRST, SECOND]


def test_text_dropped_on_the_pool_is_not_taken(built: Built) -> None:
    mime = QMimeData()
    mime.setText("not a photo")
    assert not drag_over(panel(built), left_of(built, 1), mime).isAccepted()


def test_a_picture_of_the_clipboard_becomes_a_file_of_the_pool_byte_for_byte(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, folders: Folders
) -> None:
    png = b"\x89PNG\r\n\x1a\n as another program wrote it"
    mime = QMimeData()
    mime.setData("image/png", QByteArray(png))
    QGuiApplication.clipboard().setMimeData(mime)
    slots(built).setFocus()
    press(qtbot, built, Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: len(model(built).slots) == 6)
    asked = fake_daemon.of(messages.PoolAdd)[0]
    assert isinstance(asked, messages.PoolAdd)
    assert asked.take
    file = Path(bytes(asked.paths[0]).decode())
    assert file.parent == folders.cache / "drop"
    assert file.read_bytes() == png


def test_a_picture_without_a_format_is_written_as_png(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    mime = QMimeData()
    mime.setImageData(image)
    drag_over(panel(built), left_of(built, 0), mime)
    qtbot.waitUntil(lambda: len(model(built).slots) == 6)
    asked = fake_daemon.of(messages.PoolAdd)[0]
    assert isinstance(asked, messages.PoolAdd)
    kept = QImage(bytes(asked.paths[0]).decode())
    assert (kept.size(), kept.pixelColor(3, 3)) == (image.size(), QColor("#336699"))
    assert asked.at == 0


def test_files_are_pasted_from_anywhere(qtbot: QtBot, built: Built) -> None:
    QGuiApplication.clipboard().setMimeData(mime_of([FIRST]))
    grid(built).setFocus()
    press(qtbot, built, Key.Key_V, CTRL | SHIFT)
    qtbot.waitUntil(lambda: len(model(built).slots) == 6)


def test_a_picture_that_was_copied_as_text_comes_in(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    png = b"\x89PNG\r\n\x1a\n and the rest"
    mime = QMimeData()
    mime.setText("data:image/png;base64," + base64.b64encode(png).decode())
    QGuiApplication.clipboard().setMimeData(mime)
    slots(built).setFocus()
    press(qtbot, built, Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: len(model(built).slots) == 6)
    asked = fake_daemon.of(messages.PoolAdd)[0]
    assert isinstance(asked, messages.PoolAdd)
    assert Path(bytes(asked.paths[0]).decode()).read_bytes() == png


def test_an_address_alone_is_refused_with_advice(qtbot: QtBot, built: Built) -> None:
    mime = QMimeData()
    mime.setText("https://example.org/picture.jpg")
    QGuiApplication.clipboard().setMimeData(mime)
    slots(built).setFocus()
    press(qtbot, built, Key.Key_V, CTRL)
    assert said(built).startswith("That is a picture's address only.")


def test_an_empty_pool_says_what_to_do_and_takes_a_drop(
    qtbot: QtBot, built: Built, pools: FakePools
) -> None:
    model(built).use(SECOND_ID)
    qtbot.waitUntil(panel(built).empty.isVisible)
    assert "press P" in panel(built).empty.accessibleDescription()
    assert button(panel(built), "Add photos…")
    drag_over(panel(built), panel(built).rect().center(), mime_of([FIRST]))
    qtbot.waitUntil(slots(built).isVisible)


# ---------------------------------------------------------------- the rest


def test_photos_of_the_pool_have_a_badge_in_the_grid(qtbot: QtBot, built: Built) -> None:
    view = grid(built)
    before = view.viewport().grab(view.cell_rect(0)).toImage()
    pick(qtbot, built, 1)
    pick(qtbot, built, 0)
    press(qtbot, built, Key.Key_P)
    pick(qtbot, built, 1)
    qtbot.waitUntil(lambda: view.viewport().grab(view.cell_rect(0)).toImage() != before)


def test_the_menu_behind_the_name_offers_all_pools(qtbot: QtBot, built: Built) -> None:
    menu = panel(built).header.menu
    menu.aboutToShow.emit()
    texts = [each.text().partition("\t")[0] for each in menu.actions() if each.text()]
    assert texts == [
        "Pool",
        "Portraits",
        "New pool…",
        "Rename…",
        "Duplicate",
        "Detach (new id)",
        "Grade all photos of the pool…",
        "Export the pool…",
        "Import a pool…",
        "Delete…",
    ]
    menu.actions()[1].trigger()
    qtbot.waitUntil(lambda: model(built).name == "Portraits")


def trigger(built: Built, text: str) -> None:
    menu = panel(built).header.menu
    menu.aboutToShow.emit()
    next(each for each in menu.actions() if each.text() == text).trigger()


def test_a_pool_is_renamed(qtbot: QtBot, built: Built) -> None:
    trigger(built, "Rename…")
    card = built.window.findChild(NameCard)
    focus = built.window.focusWidget()
    assert focus is not None
    qtbot.keyClicks(focus, "Weddings")
    qtbot.keyClick(focus, Key.Key_Return)
    qtbot.waitUntil(lambda: panel(built).header.name.text() == "Weddings")
    assert not card.isVisible()


def test_a_new_pool_is_empty_and_chosen(qtbot: QtBot, built: Built) -> None:
    built.window.actions_by_id["pool.new"].trigger()
    focus = built.window.focusWidget()
    assert focus is not None
    qtbot.keyClicks(focus, "Trip")
    qtbot.keyClick(focus, Key.Key_Return)
    qtbot.waitUntil(lambda: model(built).name == "Trip")
    assert panel(built).empty.isVisible()


def test_detaching_goes_on_with_a_copy_of_its_own(
    qtbot: QtBot, built: Built, pools: FakePools
) -> None:
    trigger(built, "Detach (new id)")
    qtbot.waitUntil(lambda: model(built).name == "Pool (2)")
    pools.put(())
    pools.publish()
    assert names(built) == "abcde"


def test_deleting_asks_first(qtbot: QtBot, built: Built, fake_daemon: FakeDaemon) -> None:
    trigger(built, "Delete…")
    assert fake_daemon.of(messages.PoolDelete) == []
    qtbot.mouseClick(button(built.window, "Move to the trash"), LEFT)
    qtbot.waitUntil(lambda: model(built).name == "Portraits")
    assert said(built) == "The pool Pool is in the trash"


def test_the_question_says_what_goes_and_what_stays() -> None:
    assert lost_words(6, 1, 2) == (
        "Nothing happens to 5 photos on your disk. The trash takes 1 pasted picture and 2 masks."
    )
    assert lost_words(0, 0, 0) == "It is empty."


def chosen_file(built: Built, path: str) -> None:
    """Choose a file in the dialog that is open."""
    dialog = next(each for each in built.window.findChildren(QFileDialog) if each.isVisible())
    dialog.fileSelected.emit(path)
    dialog.close()


def test_a_pool_is_exported_as_an_archive_and_the_end_is_told(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon
) -> None:
    def answer(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.PoolExport)
        notes = ("b.jpg is missing.",)
        return [messages.PoolExported(path=bytes(request.output), count=4, notes=notes)]

    fake_daemon.answer(messages.PoolExport, answer)
    built.window.actions_by_id["pool.export"].trigger()
    chosen_file(built, "/photos/summer")
    assert said(built) == "Exporting Pool…"
    qtbot.waitUntil(lambda: said(built) == "4 photos exported to summer.zip · b.jpg is missing.")


def test_pools_are_exported_to_where_pictures_are_unless_another_place_is_chosen(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "Pictures").mkdir()
    built.window.actions_by_id["pool.export"].trigger()
    dialog = next(each for each in built.window.findChildren(QFileDialog) if each.isVisible())
    assert Path(dialog.directory().path()) == tmp_path / "Pictures"
    dialog.close()


def test_an_export_that_fails_says_why(qtbot: QtBot, built: Built, fake_daemon: FakeDaemon) -> None:
    error = ErrorInfo(ErrorKind.DISK_FULL, "The disk is full.", "Free some space.")
    fake_daemon.answer(messages.PoolExport, lambda _: [messages.Failed(error=error)])
    built.window.actions_by_id["pool.export"].trigger()
    chosen_file(built, "/photos/summer.zip")
    qtbot.waitUntil(lambda: said(built) == "The disk is full. Free some space.")


def test_the_manifest_of_an_exported_folder_brings_it_back(
    qtbot: QtBot, built: Built, fake_daemon: FakeDaemon, pools: FakePools
) -> None:
    copy = msgspec.structs.replace(pools.manifest(), pool_id="9", name="Pool (2)")
    fake_daemon.answer(messages.PoolImport, lambda _: [copy])
    built.window.actions_by_id["pool.import"].trigger()
    chosen_file(built, "/exports/summer/manifest.json")
    qtbot.waitUntil(lambda: said(built) == "5 photos imported as Pool (2)")
    asked = fake_daemon.of(messages.PoolImport)[0]
    assert isinstance(asked, messages.PoolImport)
    assert asked.path == b"/exports/summer"
    assert model(built).pool_id == "9"


def test_a_missing_photo_is_told_and_not_shown(
    qtbot: QtBot, built: Built, pools: FakePools
) -> None:
    gone = msgspec.structs.replace(model(built).slots[1], missing=True)
    pools.put((model(built).slots[0], gone))
    pools.publish()
    qtbot.waitUntil(lambda: len(model(built).slots) == 2)
    click(qtbot, built, 1)
    assert said(built) == "b.jpg is missing; its mask and label are kept"
    assert built.window.page == Page.GRID


def test_the_menu_of_a_slot_offers_what_can_be_done_with_it(qtbot: QtBot, built: Built) -> None:
    click(qtbot, built, 1, CTRL)
    menu = built.window.findChild(PoolActions).make_menu()
    texts = [each.text().partition("\t")[0] for each in menu.actions() if each.text()]
    assert texts == [
        "Show",
        "Paint a mask",
        "Label…",
        "Copy",
        "Show in folder",
        "Move up",
        "Move down",
        "Take out of the pool",
        "Add photos…",
        "Paste into the pool",
    ]
    next(each for each in menu.actions() if each.text().startswith("Take out")).trigger()
    qtbot.waitUntil(lambda: names(built) == "cde")


def test_the_head_stays_usable_in_a_narrow_panel(qtbot: QtBot, built: Built) -> None:
    alone = panel(built).header
    alone.setParent(None)
    qtbot.addWidget(alone)
    alone.name.setText("A pool with a rather long name for a wedding in June")
    alone.setGeometry(QRect(0, 0, 240, 40))
    alone.show()
    buttons = alone.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    inside = [each for each in buttons if each.isVisible()]
    assert all(alone.rect().contains(each.geometry()) for each in inside)
    assert alone.name.width() >= 100


def test_the_pool_of_this_window_is_remembered(
    qtbot: QtBot, built: Built, state: WindowState
) -> None:
    model(built).use(SECOND_ID)
    qtbot.waitUntil(lambda: model(built).name == "Portraits")
    assert state.pool == SECOND_ID


def test_ctrl_and_the_wheel_change_the_size_of_the_pictures_and_it_is_remembered(
    qtbot: QtBot, built: Built, state: WindowState
) -> None:
    view = slots(built)
    before = view.slot_px
    where = QPointF(view.picture_rect(0).center())
    event = QWheelEvent(
        where,
        QPointF(view.viewport().mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        CTRL,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
    assert view.slot_px > before
    assert state.slot_size == view.slot_px


def test_the_editor_stands_above_the_slots(qtbot: QtBot, built: Built) -> None:
    editor = QWidget()
    editor.setMinimumHeight(100)
    panel(built).put_editor(editor)
    editor.show()
    qtbot.waitUntil(editor.isVisible)
    top = editor.mapTo(panel(built), QPoint(0, 0)).y()
    assert top + editor.height() <= slots(built).mapTo(panel(built), QPoint(0, 0)).y()
