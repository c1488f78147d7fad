"""The slim bar at the top: where we are, which view, sort, size, filter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QSlider, QToolButton, QWidget

from rabbitviewer.actions import Actions
from rabbitviewer.theme.controls import action_button, icon_button
from rabbitviewer.theme.icons import icon
from rabbitviewer.theme.tokens import tokens

_FILTER_WIDTH = 168
_SLIDER_WIDTH = 96
_ROOM_FOR_ALL = 900
_LEAVING = (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TopBar(QFrame):
    """Breadcrumbs, view switch, filter, sort, thumbnail size, panel switches.

    Attributes:
        menu: The main menu; who offers something fills it.

    Signals:
        filter_changed: the text of the filter box.
        filter_left: the cursor leaves the filter box, for the grid.
        sort_changed: the column and whether it runs backwards.
        size_changed: the edge of a thumbnail's cell, logical pixels.
    """

    filter_changed = Signal(str)
    filter_left = Signal()
    sort_changed = Signal(str, bool)
    size_changed = Signal(int)

    def __init__(
        self,
        actions: Actions,
        breadcrumbs: QWidget,
        sizes: tuple[int, int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        look = tokens()
        self.setProperty("look", "bar")
        self.setFixedHeight(look.bar_height)
        self.menu = QMenu(self)
        self._sort_group = QActionGroup(self)
        self._backwards = QAction(self.tr("Reverse order"), self)
        self._backwards.setCheckable(True)
        self._filter = _FilterBox()
        self._filter.setPlaceholderText(self.tr("Search"))
        self._filter.setAccessibleName(self.tr("Search here"))
        self._filter.setClearButtonEnabled(True)
        self._filter.addAction(
            icon("ph.magnifying-glass", "text_secondary"), QLineEdit.ActionPosition.LeadingPosition
        )
        self._filter.setMinimumWidth(_FILTER_WIDTH * 2 // 3)
        self._filter.setMaximumWidth(_FILTER_WIDTH)
        self._tools_shown = True
        self._sort = self._make_sort()
        self._size = self._make_size(sizes)
        self._funnel = action_button(actions["filter.toggle"])
        self._grid_only = (self._filter, self._funnel, self._sort, self._size)
        left, right = QHBoxLayout(), QHBoxLayout()
        left.addWidget(action_button(actions["panel.left"]))
        left.addWidget(breadcrumbs, 1)
        right.addStretch(1)
        for tool in self._grid_only:
            right.addWidget(tool)
        right.addSpacing(look.space_2)
        right.addWidget(action_button(actions["panel.info"]))
        right.addWidget(action_button(actions["panel.edit"]))
        right.addWidget(self._make_menu())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(look.space_2, 0, look.space_2, 0)
        layout.addLayout(left, 1)
        layout.addWidget(_make_segments(actions))
        layout.addLayout(right, 1)
        for row in (left, right, layout):
            row.setSpacing(look.space_2)
        self._filter.textChanged.connect(self.filter_changed)
        self._filter.left.connect(self.filter_left)
        self._size.valueChanged.connect(self.size_changed)

    @property
    def filter_text(self) -> str:
        """What the filter box says."""
        return self._filter.text()

    def focus_filter(self) -> None:
        """Put the cursor into the filter box."""
        self._filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._filter.selectAll()

    def set_filter_text(self, text: str) -> None:
        """Show what is looked for; what only differs in spaces stays as it was typed."""
        if self._filter.text().strip() != text:
            self._filter.setText(text)

    def show_grid_tools(self, *, shown: bool) -> None:
        """Show or hide what concerns only the grid."""
        self._tools_shown = shown
        for widget in self._grid_only:
            widget.setVisible(shown)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Do without the slider where it is narrow; Ctrl and the wheel do the same."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._size.setVisible(self._tools_shown and self.width() >= _ROOM_FOR_ALL)

    def set_size(self, size: int) -> None:
        """Put the slider where the grid is."""
        self._size.setValue(size)

    def set_sort(self, column: str, *, backwards: bool) -> None:
        """Tick how the grid is sorted."""
        for action in self._sort_group.actions():
            action.setChecked(action.data() == column)
        self._backwards.setChecked(backwards)

    def sort_actions(self) -> list[QAction]:
        """Return what the grid can be sorted by, each an action."""
        return [*self._sort_group.actions(), self._backwards]

    def _make_sort(self) -> QToolButton:
        menu = QMenu(self)
        columns = (
            ("name", self.tr("Name")),
            ("taken", self.tr("Date taken")),
            ("modified", self.tr("Date modified")),
            ("size", self.tr("File size")),
            ("type", self.tr("Type")),
            ("rating", self.tr("Rating")),
            ("camera", self.tr("Camera")),
        )
        for column, text in columns:
            action = QAction(text, self)
            action.setCheckable(True)
            action.setData(column)
            action.triggered.connect(self._tell_sort)
            self._sort_group.addAction(action)
            menu.addAction(action)
        self._sort_group.actions()[0].setChecked(True)
        menu.addSeparator()
        menu.addAction(self._backwards)
        self._backwards.triggered.connect(self._tell_sort)
        button = icon_button("ph.sort-ascending", self.tr("Sort"))
        button.setIconSize(QSize(tokens().icon, tokens().icon))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(menu)
        return button

    def _make_menu(self) -> QToolButton:
        button = icon_button("ph.list", self.tr("Menu"))
        button.setIconSize(QSize(tokens().icon, tokens().icon))
        button.clicked.connect(lambda: self._open_menu(button))
        return button

    def _open_menu(self, button: QToolButton) -> None:
        """Open the main menu under its button, inside the window."""
        where = QPoint(button.width() - self.menu.sizeHint().width(), button.height())
        self.menu.popup(button.mapToGlobal(where))

    def _make_size(self, sizes: tuple[int, int]) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(*sizes)
        slider.setSingleStep(16)
        slider.setPageStep(48)
        slider.setMinimumWidth(_SLIDER_WIDTH // 2)
        slider.setMaximumWidth(_SLIDER_WIDTH)
        slider.setProperty("look", "plain")
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setAccessibleName(self.tr("Thumbnail size"))
        slider.setToolTip(self.tr("Thumbnail size"))
        return slider

    def _tell_sort(self) -> None:
        chosen = self._sort_group.checkedAction()
        column = str(chosen.data()) if chosen else "name"
        self.sort_changed.emit(column, self._backwards.isChecked())


class _FilterBox(QLineEdit):
    """Esc clears it, then leaves it.

    Signals:
        left: the user goes on to what was found.
    """

    left = Signal()

    def event(self, event: QEvent) -> bool:
        """Have Esc before it is the key that goes back."""
        early = event.type() == QEvent.Type.ShortcutOverride
        if early and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear on Esc while there is text, else leave; Down and Enter go to the grid."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in _LEAVING:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _make_segments(actions: Actions) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "segments")
    frame.setFixedHeight(tokens().control_height + 2)
    layout = QHBoxLayout(frame)
    layout.setContentsMargins(1, 1, 1, 1)
    layout.setSpacing(0)
    for action_id in ("view.grid", "view.photo", "view.compare"):
        layout.addWidget(action_button(actions[action_id]))
    return frame
