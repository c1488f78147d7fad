"""Painting masks in the window: beginning and ending, keys, what is shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QPushButton,
    QScrollBar,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from daemon.protocol.messages import TrashPhotos
from rabbitviewer.masking.fields import NumberField
from rabbitviewer.masking.hints import HintLine
from rabbitviewer.masking.options import PaintOptions
from rabbitviewer.masking.places import MaskEditor, PaintBar
from rabbitviewer.pool.slot_grid import SlotGrid
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.mask_pool import NO_SPACE, PATHS
from tests.fakes.painter import ALT, LEFT, MIDDLE, NONE, SHIFT, Painter


def test_b_puts_the_photo_into_the_pool_and_opens_its_mask(painter: Painter) -> None:
    painter.begin()
    assert [each.path for each in painter.pool.slots] == [PATHS[0]]
    assert painter.window.side.tab == "pool"
    assert painter.window.findChild(PaintBar).isVisible()
    assert painter.window.findChild(MaskEditor).isVisible()
    assert painter.masks.is_empty


@pytest.mark.parametrize("key", ["Esc", "Return"])
def test_painting_ends_by_key_and_the_mask_is_saved(
    qtbot: QtBot, painter: Painter, key: str
) -> None:
    painter.begin()
    painter.drag((100, 100), (120, 100))
    with qtbot.waitSignal(painter.masks.saved):
        painter.press(key)
    assert not painter.masks.is_painting
    assert not painter.window.findChild(PaintBar).isVisible()
    assert painter.window.page == Page.PHOTO
    assert painter.pool.masks["img_0001"][100 * 400 + 110] == 255


def test_the_brush_in_hand_is_taken_again_and_painting_goes_on(painter: Painter) -> None:
    painter.begin()
    painter.press("B")
    brush = next(
        each
        for each in painter.window.findChildren(QToolButton)
        if each.isVisible() and each.isChecked() and each.accessibleName() == "Brush"
    )
    brush.click()
    assert painter.masks.is_painting
    assert brush.isChecked()


def test_done_ends_painting(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    done = next(
        each
        for each in painter.window.findChild(PaintBar).findChildren(QPushButton)
        if each.text() == "Done"
    )
    with qtbot.waitSignal(painter.masks.closed):
        qtbot.mouseClick(done, LEFT)
    assert painter.canvas.hasFocus()


def test_a_button_with_the_focus_is_pressed_by_space(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    done = next(
        each
        for each in painter.window.findChild(PaintBar).findChildren(QPushButton)
        if each.text() == "Done"
    )
    done.setFocus()
    with qtbot.waitSignal(painter.masks.closed):
        qtbot.keyClick(done, Qt.Key.Key_Space)


def test_another_photo_of_the_pool_goes_on_with_its_own_mask(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.pool.put_in(PATHS[0], PATHS[1])
    fake_daemon.publish(painter.pool.manifest())
    painter.begin()
    painter.drag((100, 100), (120, 100))
    with qtbot.waitSignal(painter.masks.empty_changed):
        painter.press("Right")
    assert painter.masks.slot == "img_0002"
    qtbot.waitUntil(lambda: "img_0001" in painter.pool.masks)
    assert painter.value(110, 100) == 0


def test_a_photo_that_is_not_in_the_pool_ends_painting(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    with qtbot.waitSignal(painter.masks.closed):
        painter.press("Right")
    assert painter.built.photo.path == PATHS[1]
    assert [each.path for each in painter.pool.slots] == [PATHS[0]]


def test_a_slot_that_is_taken_out_of_the_pool_ends_painting(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.begin()
    painter.pool.slots.clear()
    painter.pool.active = -1
    with qtbot.waitSignal(painter.masks.closed):
        fake_daemon.publish(painter.pool.manifest())


def test_the_photo_stays_where_it_is_whatever_tool_is_taken(painter: Painter) -> None:
    painter.begin()
    painter.qtbot.waitUntil(lambda: painter.window.findChild(PaintBar).height() > 40)
    QApplication.processEvents()
    before = painter.canvas.height()
    for key in ("M", "W", "Shift+W", "G", "E"):
        painter.press(key)
        QApplication.processEvents()
        assert painter.canvas.height() == before


@pytest.mark.parametrize("height", [878, 690, 560])
def test_options_in_the_panel_are_never_squeezed(painter: Painter, height: int) -> None:
    painter.window.resize(1400, height)
    painter.begin()
    painter.window.show_page(Page.GRID)
    editor = painter.window.findChild(MaskEditor)
    for key in ("Shift+W", "W", "M", "E", "B"):
        painter.press(key)
        painter.qtbot.waitUntil(lambda: not squeezed(editor))
    slots = painter.window.findChild(SlotGrid)
    assert slots.height() >= 80


@pytest.mark.parametrize("key", ["B", "M", "W", "Shift+W"])
def test_a_panel_of_240_pixels_has_room_for_the_options_of_every_tool(
    painter: Painter, key: str
) -> None:
    painter.begin()
    painter.window.show_page(Page.GRID)
    painter.press(key)
    QApplication.processEvents()
    assert painter.window.findChild(MaskEditor).minimumSizeHint().width() <= 240
    fields = painter.window.findChild(MaskEditor).findChild(PaintOptions)
    assert fields.width() >= fields.minimumSizeHint().width()
    bars = painter.window.findChild(MaskEditor).findChildren(QScrollBar)
    assert not any(each.isVisible() for each in bars)


def squeezed(editor: MaskEditor) -> list[str]:
    """Return the names of the fields and buttons that have less room than they need."""
    QApplication.processEvents()
    fields = [*editor.findChildren(NumberField), *editor.findChildren(QToolButton)]
    return [
        each.accessibleName()
        for each in fields
        if each.isVisible() and each.height() < each.minimumSizeHint().height()
    ]


def test_del_clears_the_mask_and_never_trashes_the_photo(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.press("Del")
    assert painter.masks.is_empty
    painter.press("Del")
    qtbot.wait(1)
    assert fake_daemon.of(TrashPhotos) == []
    painter.press("Ctrl+Z")
    assert painter.value(125, 100) == 255


def test_undo_and_redo_are_those_of_the_mask(painter: Painter) -> None:
    painter.begin()
    fired: list[str] = []
    painter.window.actions_by_id["edit.undo"].triggered.connect(lambda: fired.append("undo"))
    painter.drag((100, 100), (150, 100))
    painter.press("Ctrl+Z")
    assert painter.masks.is_empty
    painter.press("Ctrl+Z")
    assert fired == []
    painter.press("Ctrl+Shift+Z")
    assert painter.value(125, 100) == 255


def test_whole_mask_keys(painter: Painter) -> None:
    painter.begin()
    painter.press("Ctrl+I")
    assert painter.value(10, 10) == 255
    painter.press("Ctrl+I")
    assert painter.masks.is_empty
    painter.press("Alt+Backspace")
    assert painter.value(399, 299) == 255


def test_mask_keys_are_the_windows_again_after_painting(painter: Painter) -> None:
    fired: list[str] = []
    painter.window.actions_by_id["mark.reject"].triggered.connect(lambda: fired.append("reject"))
    painter.begin()
    painter.press("X")
    assert fired == []
    painter.press("Esc")
    painter.press("X")
    assert fired == ["reject"]


def test_what_is_typed_into_a_field_is_no_command(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    size = painter.window.findChild(PaintBar).findChild(QSpinBox)
    size.setFocus()
    size.selectAll()
    qtbot.keyClicks(size, "60")
    qtbot.keyClick(size, Qt.Key.Key_Return)
    assert painter.masks.is_painting
    assert painter.canvas.hasFocus()
    painter.drag((100, 100))
    assert painter.value(100, 128) == 255


def test_a_figure_leaves_the_mask_its_keys(qtbot: QtBot, painter: Painter) -> None:
    fired: list[str] = []
    ingest = painter.window.actions_by_id["file.ingest"]
    ingest.triggered.connect(lambda: fired.append("ingest"))
    painter.begin()
    size = painter.window.findChild(PaintBar).findChild(QSpinBox)
    size.setFocus()
    painter.press("Del")
    assert size.hasFocus()
    painter.press("Ctrl+I")
    assert painter.value(10, 10) == 255
    assert fired == []
    assert painter.canvas.hasFocus()


def test_the_mask_actions_can_be_run_only_while_painting(painter: Painter) -> None:
    actions = painter.window.actions_by_id
    assert not actions["mask.invert"].isEnabled()
    painter.begin()
    assert actions["mask.invert"].isEnabled()
    assert not actions["mask.undo"].isEnabled()
    painter.press("Esc")
    assert not actions["mask.invert"].isEnabled()


def test_space_held_pans_and_paints_nothing(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    painter.canvas.zoom_by_steps(8, QPointF(painter.at(200, 150)))
    before = painter.canvas.viewport.center_x
    QTest.keyPress(painter.canvas, Qt.Key.Key_Space)
    painter.drag((200, 150), (180, 150))
    QTest.keyRelease(painter.canvas, Qt.Key.Key_Space)
    assert painter.canvas.viewport.center_x > before
    assert painter.masks.is_empty
    assert painter.built.photo.path == PATHS[0]


def test_the_middle_button_pans(painter: Painter) -> None:
    painter.begin()
    painter.canvas.zoom_by_steps(8, QPointF(painter.at(200, 150)))
    before = painter.canvas.viewport.center_x
    painter.drag((200, 150), (180, 150), button=MIDDLE)
    assert painter.canvas.viewport.center_x > before
    assert painter.masks.is_empty


def test_a_brace_is_known_as_keyboards_send_it(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    qtbot.keyClick(painter.canvas, Qt.Key.Key_BraceLeft, SHIFT)
    assert painter.state.paint.hardness == 0.75


def test_dragging_with_control_and_alt_resizes_the_brush(painter: Painter) -> None:
    painter.begin()
    keys = Qt.KeyboardModifier.ControlModifier | ALT
    painter.drag((100, 100), (120, 150), keys=keys)
    assert painter.state.paint.size_px == 60
    assert painter.state.paint.hardness == 0.75
    assert painter.masks.is_empty


def test_the_wheel_zooms_at_the_pointer(painter: Painter) -> None:
    painter.begin()
    painter.canvas.zoom_by_steps(8, QPointF(painter.at(200, 150)))
    before, spot = painter.canvas.viewport.zoom, QPointF(painter.at(200, 150))
    event = QWheelEvent(
        spot,
        QPointF(painter.canvas.mapToGlobal(spot)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(painter.canvas, event)
    assert painter.canvas.viewport.zoom > before
    found = painter.canvas.to_photo(spot)
    assert (found.x(), found.y()) == (pytest.approx(200, abs=0.5), pytest.approx(150, abs=0.5))


def test_painting_begins_with_the_brush(painter: Painter) -> None:
    painter.begin()
    painter.press("M")
    painter.press("Esc")
    qtbot = painter.qtbot
    qtbot.waitUntil(lambda: painter.masks.is_saved)
    painter.begin()
    assert painter.state.paint.tool == "brush"


def test_the_brushs_outline_follows_the_pointer_at_its_true_size(painter: Painter) -> None:
    painter.begin()
    painter.move(painter.canvas, painter.at(200, 150), Qt.MouseButton.NoButton, NONE)
    assert painter.canvas.cursor().shape() == Qt.CursorShape.BlankCursor
    assert painter.color(210, 150) != "#808080"
    assert painter.color(200, 150) == "#808080"
    assert painter.color(220, 150) == "#808080"


def test_beside_the_photo_the_systems_cursor_stays(painter: Painter) -> None:
    painter.begin()
    painter.move(painter.canvas, painter.at(-30, 150), Qt.MouseButton.NoButton, NONE)
    assert painter.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_strokes_in_either_picture_appear_in_the_other(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    own = painter.window.findChild(MaskEditor).picture.canvas
    qtbot.waitUntil(lambda: own.picture is not None and own.picture.path == PATHS[0])
    painter.drag((60, 60), (340, 60))
    assert painter.color(200, 60, own) != "#808080"
    painter.drag((60, 200), (340, 200), canvas=own)
    assert painter.value(200, 200) == 255
    assert painter.color(200, 200) != "#808080"


def test_v_goes_through_overlay_mask_and_ants(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.press("V")
    assert painter.color(125, 100) == "#ffffff"
    assert painter.color(300, 200) == "#000000"
    painter.press("V")
    assert painter.color(125, 100) == "#808080"
    painter.press("V")
    assert painter.color(300, 200) == "#808080"


def test_the_hint_says_that_the_mask_is_empty(painter: Painter) -> None:
    painter.begin()
    hint = painter.window.findChild(PaintBar).findChild(HintLine)
    assert hint.words.startswith("The mask is empty.")
    painter.drag((100, 100), (150, 100))
    assert hint.words.startswith("Paint;")


def test_a_full_disk_is_told_and_what_was_painted_stays(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    painter.pool.save_error = NO_SPACE
    with qtbot.waitSignal(painter.masks.failed):
        painter.drag((100, 100), (150, 100))
    hint = painter.window.findChild(PaintBar).findChild(HintLine)
    assert "the disk is full" in hint.words
    assert painter.value(125, 100) == 255


def test_a_turned_view_is_painted_where_the_pointer_is(painter: Painter) -> None:
    painter.begin()
    painter.press("R")
    assert painter.canvas.turn.quarters == 1
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 255
    assert painter.value(125, 130) == 0
    assert painter.color(125, 100) != "#808080"


def test_in_the_grid_painting_goes_on_in_the_pools_own_picture(painter: Painter) -> None:
    painter.begin()
    painter.window.actions_by_id["view.grid"].trigger()
    assert painter.window.page == Page.GRID
    editor = painter.window.findChild(MaskEditor)
    assert editor.hint.isVisible()
    painter.drag((100, 150), (300, 150), canvas=editor.picture.canvas)
    assert painter.value(200, 150) == 255


def test_every_control_of_the_tools_has_a_name(painter: Painter) -> None:
    painter.begin()
    places = (painter.window.findChild(PaintBar), painter.window.findChild(MaskEditor))
    controls = [
        each
        for place in places
        for each in place.findChildren(QWidget)
        if isinstance(each, QAbstractButton | QAbstractSlider | QSpinBox)
        and not isinstance(each, QScrollBar)
    ]
    assert controls
    assert [each for each in controls if not each.accessibleName()] == []


def test_a_tool_that_is_pressed_is_taken(qtbot: QtBot, painter: Painter) -> None:
    painter.begin()
    button = next(
        each
        for each in painter.window.findChild(MaskEditor).findChildren(QToolButton)
        if each.accessibleName() == "Rectangle"
    )
    assert button.toolTip() == "Rectangle (M)"
    qtbot.mouseClick(button, LEFT)
    painter.drag((50, 50), (150, 150))
    assert painter.value(52, 52) == 255


def test_what_was_set_is_remembered(painter: Painter) -> None:
    painter.begin()
    painter.press("]")
    painter.press("V")
    assert painter.state.paint.size_px == 25
    assert painter.state.paint.view == "mask"
