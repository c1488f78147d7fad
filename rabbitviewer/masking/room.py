"""Painting a mask from its beginning to its end, on two surfaces at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from rabbitviewer.actions import Actions
from rabbitviewer.masking.commands import MaskCommands
from rabbitviewer.masking.desk import PaintDesk
from rabbitviewer.masking.hand import PaintHand
from rabbitviewer.masking.keys import MaskKeys
from rabbitviewer.masking.layer import PaintLayer
from rabbitviewer.masking.settings import PaintSettings, suiting_size
from rabbitviewer.models.mask_changes import MaskChanges
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.models.paint_choices import Mode
from rabbitviewer.view.photo_view import PhotoView

_ANTS_MS = 120


class MaskRoom(QObject):
    """Lets the mask of one slot be painted in the photo view and in the Pool tab's own picture.

    Signals:
        began: painting begins: tools are to be shown.
        ended: it is over: they are to go.
    """

    began = Signal()
    ended = Signal()

    def __init__(
        self,
        window: QWidget,
        actions: Actions,
        masks: MaskModel,
        changes: MaskChanges,
        settings: PaintSettings,
        commands: MaskCommands,
        views: tuple[PhotoView, PhotoView],
    ) -> None:
        """Prepare.

        Args:
            window: Whose keys are heard.
            actions: The mask actions are among them.
            masks: What is painted.
            changes: What is worked out over the whole of it.
            settings: Tool and brush.
            commands: What is done to the whole mask.
            views: The photo view, and the Pool tab's own picture.
        """
        super().__init__(window)
        self._actions = actions
        self._masks = masks
        self._changes = changes
        self._settings = settings
        self._commands = commands
        self._photo, self._own = views
        self._path = b""
        self._desk = PaintDesk(masks, changes, settings, self)
        self._layers = [
            PaintLayer(view.canvas, masks, changes, self._desk, settings) for view in views
        ]
        self._hands = [
            PaintHand(view.canvas, masks, self._desk, settings, layer)
            for view, layer in zip(views, self._layers, strict=True)
        ]
        self._hands[1].focus = self.give_keys_back
        self._keys = MaskKeys(
            actions,
            window,
            self._wants_key,
            self._take_key,
            self._hold_space,
            self.give_keys_back,
        )
        self._ants = QTimer(self, interval=_ANTS_MS)
        self._ants.timeout.connect(self._march)
        self._handlers = self._make_handlers()
        self._desk.picked.connect(self._on_picked)
        self._desk.refused.connect(commands.tell_blocked)
        masks.opened.connect(self._on_opened)
        masks.closed.connect(self._on_closed)
        masks.history_changed.connect(self._show_state)
        changes.running_changed.connect(self._on_running_changed)
        settings.view_changed.connect(self._show_ants)
        for view in views:
            view.settled.connect(self._tell_visible)

    @property
    def is_painting(self) -> bool:
        """Whether a mask is painted or about to be."""
        return bool(self._path)

    @property
    def path(self) -> bytes:
        """The photo whose mask is painted; empty: none."""
        return self._path

    def paint(self, slot: str, pool_id: str, path: bytes) -> None:
        """Begin to paint a slot's mask; what was painted before is saved."""
        self._desk.settle()
        if not self._path:
            self._settings.set(tool="brush")
        self._photo.end_compare()
        self._masks.open(slot, pool_id)
        self._path = path
        self._own.show_photo(path)
        for hand in self._hands:
            hand.take()
        self._keys.begin()
        self._show_state()
        self._show_ants()
        self.began.emit()

    def finish(self) -> None:
        """Save the mask and end painting."""
        if self._path:
            self._desk.settle()
            self._masks.close()

    def run(self, name: str) -> None:
        """Carry out the mask action *name* (its id without ``mask.``)."""
        if self._path:
            self._handlers[name]()

    def give_keys_back(self) -> None:
        """Let the keys belong to the photo that is painted."""
        view = self._photo if self._photo.isVisible() else self._own
        view.setFocus(Qt.FocusReason.OtherFocusReason)

    def select_range(self) -> None:
        """Select the luminosity range that is set."""
        self._commands.select_range()

    # ------------------------------------------------------------ actions

    def _make_handlers(self) -> dict[str, Callable[[], object]]:
        settings = self._settings
        tools: dict[str, Callable[[], object]] = {
            tool.id: self._taker(tool.id) for tool in settings.tools
        }
        return {
            **tools,
            **self._commands.handlers(),
            "swap": settings.swap,
            "smaller": lambda: settings.step_size(-1),
            "larger": lambda: settings.step_size(1),
            "softer": lambda: settings.step_hardness(-1),
            "harder": lambda: settings.step_hardness(1),
            "view": settings.next_view,
            "done": self._on_done,
        }

    def _taker(self, tool: str) -> Callable[[], object]:
        return lambda: self._settings.set(tool=tool)

    def _on_done(self) -> None:
        if not self._desk.cancel():
            self.finish()

    # ------------------------------------------------------------ keys

    def _wants_key(self, event: QKeyEvent) -> bool:
        """Whether what is being drawn needs the key: Esc gives it up, Enter closes a polygon."""
        gesture = self._desk.gesture
        if not self._desk.is_busy or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if event.key() == Qt.Key.Key_Escape:
            return True
        corners = gesture is not None and gesture.tool.way == "points"
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace)
        return corners and event.key() in keys

    def _take_key(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._desk.cancel()
        elif event.key() == Qt.Key.Key_Backspace:
            self._desk.take_back()
        else:
            self._desk.close_polygon()

    def _hold_space(self, held: bool) -> None:
        for hand in self._hands:
            hand.hold_space(held=held)

    # ------------------------------------------------------------ what happens

    def _on_opened(self) -> None:
        painting = self._masks.painting
        if painting is None:
            return
        if not self._settings.choices.size_px:
            self._settings.resize(suiting_size(painting.width_px, painting.height_px))
        for hand in self._hands:
            hand.repaint()
        self._tell_visible()
        self._show_state()

    def _on_closed(self) -> None:
        """Leave everything as it was; another mask that is opened at once takes it again."""
        self._path = b""
        for hand in self._hands:
            hand.leave()
        self._keys.end()
        self._own.leave()
        self._show_state()
        self._show_ants()
        self.ended.emit()

    def _on_picked(self, at: QPointF, mode: Mode) -> None:
        tone = self._layers[0].tone_at(at) if self._settings.tool.id == "luminosity" else None
        self._commands.pick(self._settings.tool.id, at, mode, tone)

    def _on_running_changed(self) -> None:
        for hand in self._hands:
            hand.show_pointer()
        self._show_state()

    def _tell_visible(self) -> None:
        """Let long work begin with what is seen."""
        editing, layer = self._masks.editing, self._layers[0]
        if editing is None or not layer.is_shown:
            return
        back, _ = layer.to_device().inverted()
        area = self._photo.canvas.viewport
        seen = back.mapRect(QRectF(0, 0, area.area_width, area.area_height))
        editing.set_visible(seen.toAlignedRect())

    def _show_state(self) -> None:
        """Say by the actions what can be done now."""
        editing = self._masks.editing
        for spec in self._actions.specs():
            if spec.mask_only:
                self._actions[spec.id].setEnabled(bool(self._path))
        self._actions["mask.undo"].setEnabled(editing is not None and editing.can_undo)
        self._actions["mask.redo"].setEnabled(editing is not None and editing.can_redo)

    # ------------------------------------------------------------ marching ants

    def _show_ants(self) -> None:
        if self._path and self._settings.choices.view == "ants":
            self._ants.start()
        else:
            self._ants.stop()

    def _march(self) -> None:
        for view, layer in zip((self._photo, self._own), self._layers, strict=True):
            if view.isVisible() and layer.is_shown:
                layer.ants_phase += 1
                view.canvas.update()
