"""The tools as a compact column beside the photo."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from rabbitviewer.actions import Actions
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.theme.controls import hairline
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

COMMANDS = (
    ("mask.invert", "mask.fill", "mask.clear"),
    ("mask.grow", "mask.shrink", "mask.feather", "mask.smooth", "mask.fill_holes"),
    ("mask.from_alpha", "mask.import", "mask.paste", "mask.export"),
)
_LEAST_HEIGHT = 256
_GAP_PX = 2
_BELOW = ("mask.undo", "mask.redo")


class ToolColumn(QFrame):
    """Buttons for the tools, undo and redo, and a menu of what is done to the whole mask.

    The buttons trigger the actions and never hold them: an action on two widgets would have its
    shortcut twice.
    """

    def __init__(
        self,
        actions: Actions,
        settings: PaintSettings,
        columns: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        look = tokens()
        self._actions = actions
        self._settings = settings
        self._tools: dict[str, QToolButton] = {}
        self._others: dict[str, QToolButton] = {}
        self._wanted = self._columns = columns
        self._grids: list[tuple[QGridLayout, list[QToolButton]]] = []
        self.setProperty("look", "panel")
        self.setAccessibleName(self.tr("Mask tools"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_1, look.space_2, look.space_1, look.space_2)
        layout.setSpacing(look.space_1)
        layout.addLayout(self._make_tools())
        layout.addWidget(hairline())
        layout.addLayout(self._make_others())
        layout.addStretch(1)
        settings.changed.connect(self._show_tool)
        actions.keys_changed.connect(self._explain)
        for action_id in _BELOW:
            actions[action_id].enabledChanged.connect(self._show_enabled)
        self._explain()
        self._show_tool()
        self._show_enabled()

    def minimumSizeHint(self) -> QSize:
        """Return the least size: in a low window there are two columns of buttons."""
        return QSize(super().minimumSizeHint().width(), _LEAST_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make a second column where one has no room."""
        super().resizeEvent(event)
        rows = sum(len(buttons) for _grid, buttons in self._grids)
        one_column = rows * (tokens().control_height + _GAP_PX) + 2 * tokens().space_4
        wanted = max(self._wanted, 1 if self.height() >= one_column else 2)
        if wanted != self._columns:
            self._columns = wanted
            for grid, buttons in self._grids:
                self._lay_out(grid, buttons)

    def _lay_out(self, grid: QGridLayout, buttons: list[QToolButton]) -> None:
        for number, button in enumerate(buttons):
            grid.removeWidget(button)
            grid.addWidget(button, number // self._columns, number % self._columns)

    def _make_tools(self) -> QGridLayout:
        for tool in self._settings.tools:
            button = self._make_button(f"mask.{tool.id}")
            button.setCheckable(True)
            button.clicked.connect(self._show_tool)
            self._tools[tool.id] = button
        return self._make_grid(list(self._tools.values()))

    def _make_others(self) -> QGridLayout:
        for action_id in _BELOW:
            self._others[action_id] = self._make_button(action_id)
        more = QToolButton()
        more.setIcon(icon("ph.dots-three"))
        more.setIconSize(QSize(tokens().icon, tokens().icon))
        more.setToolTip(self.tr("More that can be done with the mask"))
        more.setAccessibleName(self.tr("Mask menu"))
        more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        menu.aboutToShow.connect(lambda: fill_menu(menu, self._actions))
        more.setMenu(menu)
        done = self._make_button("mask.done")
        buttons = [*self._others.values(), more, done]
        self._others["mask.done"] = done
        return self._make_grid(buttons)

    def _make_grid(self, buttons: list[QToolButton]) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(_GAP_PX)
        self._grids.append((grid, buttons))
        self._lay_out(grid, buttons)
        return grid

    def _make_button(self, action_id: str) -> QToolButton:
        action = self._actions[action_id]
        button = QToolButton()
        button.setIcon(action.icon())
        button.setIconSize(QSize(tokens().icon, tokens().icon))
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: action.trigger())
        return button

    def _explain(self) -> None:
        """Name the keys in the tool tips."""
        named = {f"mask.{name}": button for name, button in self._tools.items()}
        for action_id, button in {**named, **self._others}.items():
            button.setToolTip(self._actions[action_id].toolTip())

    def _show_tool(self) -> None:
        for name, button in self._tools.items():
            button.setChecked(name == self._settings.tool.id)

    def _show_enabled(self, *_what: object) -> None:
        for action_id in _BELOW:
            self._others[action_id].setEnabled(self._actions[action_id].isEnabled())


def fill_menu(menu: QMenu, actions: Actions) -> None:
    """Offer what is done to the whole mask, with its keys; the actions themselves stay outside."""
    menu.clear()
    for number, group in enumerate(COMMANDS):
        if number:
            menu.addSeparator()
        for action_id in group:
            action = actions[action_id]
            keys = next(iter(actions.shown_keys(action_id)), "")
            entry = menu.addAction(f"{action.text()}\t{keys}" if keys else action.text())
            entry.setIcon(action.icon())
            entry.setEnabled(action.isEnabled())
            entry.triggered.connect(lambda _checked=False, action=action: action.trigger())
