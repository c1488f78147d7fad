"""The tools as a compact column beside the photo."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
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
        self.setProperty("look", "panel")
        self.setAccessibleName(self.tr("Mask tools"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_1, look.space_2, look.space_1, look.space_2)
        layout.setSpacing(look.space_1)
        layout.addLayout(self._make_tools(columns))
        layout.addWidget(hairline())
        layout.addLayout(self._make_others(columns))
        layout.addStretch(1)
        settings.changed.connect(self._show_tool)
        actions.keys_changed.connect(self._explain)
        for action_id in _BELOW:
            actions[action_id].enabledChanged.connect(self._show_enabled)
        self._explain()
        self._show_tool()
        self._show_enabled()

    def _make_tools(self, columns: int) -> QGridLayout:
        grid = _grid()
        for number, tool in enumerate(self._settings.tools):
            button = self._make_button(f"mask.{tool.id}")
            button.setCheckable(True)
            button.clicked.connect(self._show_tool)
            self._tools[tool.id] = button
            grid.addWidget(button, number // columns, number % columns)
        return grid

    def _make_others(self, columns: int) -> QGridLayout:
        grid = _grid()
        for number, action_id in enumerate(_BELOW):
            self._others[action_id] = self._make_button(action_id)
            grid.addWidget(self._others[action_id], number // columns, number % columns)
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
        grid.addWidget(more, 2 // columns, 2 % columns)
        done = self._make_button("mask.done")
        self._others["mask.done"] = done
        grid.addWidget(done, 3 // columns, 3 % columns)
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


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(2)
    return grid
