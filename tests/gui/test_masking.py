"""Painting masks in the window, as a user does: keys, mouse and pen; the bytes are looked at."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QFileDialog,
    QPushButton,
    QScrollBar,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Done,
    MaskChange,
    MaskClose,
    MaskExport,
    MaskOpen,
    TrashPhotos,
)
from rabbitviewer.composition import Built, build
from rabbitviewer.ipc.drop import PNG_SIGNATURE
from rabbitviewer.masking.hints import HintLine
from rabbitviewer.masking.places import MaskEditor, PaintBar
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.models.paint_choices import PaintChoices
from rabbitviewer.shell.state import WindowState
from rabbitviewer.start import Start
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.canvas import PhotoCanvas
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.mask_pool import NO_SPACE, PATHS, FakePool

LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
NONE, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
HARD = PaintChoices(size_px=20, hardness=1.0)


@pytest.fixture
def pool(folders: Folders, fake_daemon: FakeDaemon) -> FakePool:
    pool = FakePool(folders, fake_daemon)
    pool.listen()
    return pool


class Painter:
    """A user at the window, and what is behind it."""

    def __init__(self, qtbot: QtBot, built: Built, pool: FakePool, state: WindowState) -> None:
        self.qtbot = qtbot
        self.built = built
        self.window = built.window
        self.pool = pool
        self.state = state
        self.canvas: PhotoCanvas = built.photo.canvas

    @property
    def masks(self) -> MaskModel:
        """The mask that is painted."""
        return self.window.findChild(MaskModel)

    def begin(self) -> None:
        """Press B and wait until painting is possible."""
        with self.qtbot.waitSignal(self.masks.empty_changed):
            self.press("B")

    def press(self, key: str) -> None:
        focused = self.window.focusWidget()
        assert focused is not None
        self.qtbot.keySequence(focused, key)
        self.settle()

    def settle(self) -> None:
        """Wait until all that was asked for is painted."""
        self.qtbot.waitUntil(lambda: not (self.masks.editing and self.masks.editing.is_busy))

    def at(self, column: float, row: float) -> QPoint:
        """Where a place of the photo is on the canvas."""
        return self.canvas.photo_transform().map(QPointF(column, row)).toPoint()

    def drag(
        self,
        *places: tuple[float, float],
        button: Qt.MouseButton = LEFT,
        keys: Qt.KeyboardModifier = NONE,
        canvas: PhotoCanvas | None = None,
    ) -> None:
        """Press at the first place of the photo, go through the others, let go."""
        target = canvas or self.canvas
        points = [target.photo_transform().map(QPointF(*place)).toPoint() for place in places]
        QTest.mousePress(target, button, keys, points[0])
        for point in points[1:]:
            self.move(target, point, button, keys)
        QTest.mouseRelease(target, button, keys, points[-1])
        self.settle()

    def move(
        self, target: PhotoCanvas, point: QPoint, button: Qt.MouseButton, keys: Qt.KeyboardModifier
    ) -> None:
        """Move with a button held (QTest moves without one)."""
        where = QPointF(point)
        event = QMouseEvent(
            QEvent.Type.MouseMove, where, target.mapToGlobal(where), button, button, keys
        )
        QApplication.sendEvent(target, event)

    def value(self, column: int, row: int) -> int:
        return self.pool.value(column, row, self.masks.slot or "img_0001")

    def color(self, column: float, row: float, canvas: PhotoCanvas | None = None) -> str:
        """The colour of a place of the photo as it is painted on the screen."""
        target = canvas or self.canvas
        where = target.photo_transform().map(QPointF(column, row)).toPoint()
        return QColor(target.grab().toImage().pixel(where)).name()


@pytest.fixture
def painter(
    qtbot: QtBot, qapp: QApplication, folders: Folders, fake_daemon: FakeDaemon, pool: FakePool
) -> Iterator[Painter]:
    """The whole window, with the first photo on show."""
    state = WindowState(paint=HARD)
    built = build(folders, state, Theme(qapp, "dark"), launch=lambda _folders: None)
    qtbot.addWidget(built.window)
    built.window.resize(1400, 900)
    built.window.show()
    qtbot.waitExposed(built.window)
    built.later.finish()
    with qtbot.waitSignal(built.client.connected):
        built.client.start()
    with qtbot.waitSignal(built.photo.canvas.painted):
        built.show(Start(PATHS[0]))
    built.window.show_page(Page.PHOTO)
    painter = Painter(qtbot, built, pool, state)
    qtbot.waitUntil(lambda: len(built.listing) == len(PATHS))
    qtbot.waitUntil(lambda: painter.window.actions_by_id["pool.paint"].isEnabled())
    yield painter
    built.client.close()
    built.window.close()


# ---------------------------------------------------------------- beginning and ending


def test_b_puts_the_photo_into_the_pool_and_opens_its_mask(painter: Painter) -> None:
    painter.begin()
    assert [each.path for each in painter.pool.slots] == [PATHS[0]]
    assert painter.window.side.tab == "pool"
    assert painter.window.findChild(PaintBar).isVisible()
    assert painter.window.findChild(MaskEditor).isVisible()
    assert painter.masks.is_empty


@pytest.mark.parametrize("key", ["B", "Esc", "Return"])
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


# ---------------------------------------------------------------- brush


def test_a_stroke_paints_and_is_seen(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 255
    assert painter.value(125, 130) == 0
    assert painter.color(125, 130) == "#808080"
    assert painter.color(125, 100) != "#808080"
    assert not painter.masks.is_empty


def test_the_right_button_erases(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.drag((125, 90), (125, 110), button=RIGHT)
    assert painter.value(125, 100) == 0
    assert painter.value(100, 100) == 255


def test_the_eraser_erases_and_its_right_button_paints(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    painter.press("E")
    painter.drag((125, 90), (125, 110))
    assert painter.value(125, 100) == 0
    painter.drag((125, 90), (125, 110), button=RIGHT)
    assert painter.value(125, 100) == 255


def test_x_swaps_painting_and_erasing(painter: Painter) -> None:
    painter.begin()
    painter.press("X")
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 0
    painter.press("X")
    painter.drag((100, 100), (150, 100))
    assert painter.value(125, 100) == 255


def test_a_click_with_shift_draws_a_straight_line(painter: Painter) -> None:
    painter.begin()
    painter.drag((50, 50))
    painter.drag((200, 50), keys=SHIFT)
    assert painter.value(125, 50) == 255


def test_brackets_change_the_size(painter: Painter) -> None:
    painter.begin()
    painter.press("]")
    painter.press("]")
    painter.drag((100, 100))
    assert painter.value(100, 113) == 255
    assert painter.value(100, 117) == 0
    for _time in range(4):
        painter.press("[")
    painter.drag((200, 100))
    assert painter.value(200, 103) == 255
    assert painter.value(200, 107) == 0


def test_braces_change_the_hardness(painter: Painter) -> None:
    painter.begin()
    painter.press("{")
    painter.press("{")
    painter.drag((100, 100))
    assert painter.value(100, 100) == 255
    assert 0 < painter.value(100, 108) < 255


def test_a_stroke_is_the_same_at_every_zoom(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 120), (180, 90))
    first = painter.pool.values()
    painter.press("Ctrl+Z")
    painter.canvas.zoom_by_steps(6.2126, QPointF(painter.at(140, 100)))
    assert painter.canvas.viewport.zoom == pytest.approx(4.0, rel=1e-4)
    painter.drag((100, 100), (150, 120), (180, 90))
    assert painter.pool.values() == first


def tablet(
    painter: Painter,
    kind: QEvent.Type,
    place: tuple[float, float],
    pressure: float,
    pen: QPointingDevice.PointerType = QPointingDevice.PointerType.Pen,
) -> None:
    """Send what a tablet sends."""
    where = painter.canvas.photo_transform().map(QPointF(*place))
    device = QPointingDevice(
        "pen", 1, QPointingDevice.DeviceType.Stylus, pen, QPointingDevice.Capability.All, 1, 3
    )
    there = QPointF(painter.canvas.mapToGlobal(where))
    held = LEFT if kind != QEvent.Type.TabletRelease else Qt.MouseButton.NoButton
    event = QTabletEvent(kind, device, where, there, pressure, 0, 0, 0, 0, 0, NONE, LEFT, held)
    QApplication.sendEvent(painter.canvas, event)
    assert event.isAccepted()


def test_a_pens_pressure_makes_the_brush_smaller(painter: Painter) -> None:
    painter.begin()
    for kind, place, pressure in (
        (QEvent.Type.TabletPress, (100, 100), 0.5),
        (QEvent.Type.TabletMove, (150, 100), 0.5),
        (QEvent.Type.TabletRelease, (150, 100), 0.0),
    ):
        tablet(painter, kind, place, pressure)
    painter.settle()
    assert painter.value(125, 100) == 255
    assert painter.value(125, 108) == 0


def test_a_pens_other_end_erases(painter: Painter) -> None:
    painter.begin()
    painter.drag((100, 100), (150, 100))
    for kind, place in (
        (QEvent.Type.TabletPress, (125, 100)),
        (QEvent.Type.TabletRelease, (125, 100)),
    ):
        tablet(painter, kind, place, 1.0, QPointingDevice.PointerType.Eraser)
    painter.settle()
    assert painter.value(125, 100) == 0


# ---------------------------------------------------------------- areas


def test_a_rectangle_is_added_and_taken_away_again(painter: Painter) -> None:
    painter.begin()
    painter.press("M")
    painter.drag((50, 50), (80, 60), (150, 120))
    assert painter.value(100, 100) == 255
    assert painter.value(160, 100) == 0
    painter.drag((90, 90), (110, 110), keys=ALT)
    assert painter.value(100, 100) == 0
    assert painter.value(60, 60) == 255


def test_shift_and_alt_intersect(painter: Painter) -> None:
    painter.begin()
    painter.press("M")
    painter.drag((50, 50), (150, 150))
    painter.drag((100, 100), (200, 200), keys=SHIFT | ALT)
    assert painter.value(120, 120) == 255
    assert painter.value(60, 60) == 0
    assert painter.value(180, 180) == 0


def test_an_ellipse_leaves_the_corners(painter: Painter) -> None:
    painter.begin()
    painter.press("Shift+M")
    painter.drag((50, 50), (150, 130))
    assert painter.value(100, 90) == 255
    assert painter.value(53, 53) == 0


def test_a_lasso_takes_what_was_drawn_round(painter: Painter) -> None:
    painter.begin()
    painter.press("L")
    painter.drag((50, 50), (150, 50), (150, 150), (50, 150))
    assert painter.value(100, 100) == 255
    assert painter.value(160, 100) == 0


def test_a_polygon_is_closed_by_enter_and_its_last_corner_taken_back(painter: Painter) -> None:
    painter.begin()
    painter.press("Shift+L")
    for place in ((50, 50), (150, 50), (150, 150), (300, 250)):
        painter.drag(place)
    painter.press("Backspace")
    painter.press("Return")
    assert painter.masks.is_painting
    assert painter.value(140, 70) == 255
    assert painter.value(200, 150) == 0


def test_escape_gives_up_a_shape_before_it_ends_painting(painter: Painter) -> None:
    painter.begin()
    painter.press("Shift+L")
    painter.drag((50, 50))
    painter.drag((150, 50))
    painter.press("Esc")
    assert painter.masks.is_painting
    assert painter.masks.is_empty
    painter.press("Esc")
    assert not painter.masks.is_painting


def test_gradients_fall_from_full_to_nothing(painter: Painter) -> None:
    painter.begin()
    painter.press("G")
    painter.drag((100, 150), (300, 150))
    assert painter.value(50, 150) == 255
    assert painter.value(200, 150) == pytest.approx(128, abs=2)
    assert painter.value(350, 150) == 0
    painter.press("Ctrl+Z")
    painter.press("Shift+G")
    painter.drag((200, 150), (300, 150))
    assert painter.value(200, 150) > 250
    assert painter.value(200, 100) == pytest.approx(128, abs=3)


def test_similar_colors_ask_the_daemon_and_combine(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.pool.changes["similar"] = (10, 20, 30, 40, b"\xff" * (30 * 40))
    painter.begin()
    painter.press("W")
    painter.drag((15, 25))
    qtbot.waitUntil(lambda: painter.value(15, 25) == 255)
    (asked,) = fake_daemon.of(MaskChange)
    assert isinstance(asked, MaskChange)
    assert (asked.change, asked.column, asked.row, asked.contiguous) == ("similar", 15, 25, True)
    assert painter.value(41, 25) == 0


def test_a_tone_that_is_clicked_becomes_the_middle_of_the_range(
    qtbot: QtBot, painter: Painter, fake_daemon: FakeDaemon
) -> None:
    painter.begin()
    painter.press("Shift+W")
    painter.drag((15, 25))
    qtbot.waitUntil(lambda: bool(fake_daemon.of(MaskChange)))
    (asked,) = fake_daemon.of(MaskChange)
    assert isinstance(asked, MaskChange)
    assert (asked.low, asked.high) == (0.4, 0.6)


# ---------------------------------------------------------------- keys


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


# ---------------------------------------------------------------- what is shown


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


# ---------------------------------------------------------------- the whole mask


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
