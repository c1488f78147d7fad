"""A user who paints a mask in a whole window, with mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from daemon.protocol.endpoint import Folders
from rabbitviewer.composition import Built, build
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.models.paint_choices import PaintChoices
from rabbitviewer.shell.state import WindowState
from rabbitviewer.start import Start
from rabbitviewer.theme.theme import Theme
from rabbitviewer.view.canvas import PhotoCanvas
from rabbitviewer.window import Page
from tests.fakes.daemon import FakeDaemon
from tests.fakes.mask_pool import PATHS, FakePool

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


def open_window(
    qtbot: QtBot, application: QApplication, folders: Folders, daemon: FakeDaemon
) -> Painter:
    """Return a user in front of the whole window, with the first photo on show."""
    pool = FakePool(folders, daemon)
    pool.listen()
    state = WindowState(paint=HARD)
    built = build(folders, state, Theme(application, "dark"), launch=lambda _folders: None)
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
    qtbot.waitUntil(lambda: len(built.listing) == len(PATHS))
    return Painter(qtbot, built, pool, state)
