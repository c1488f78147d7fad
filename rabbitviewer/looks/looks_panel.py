"""The Looks tab: search, the looks on the photo, and what is done with the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from rabbitviewer.looks.look_footer import LookFooter
from rabbitviewer.looks.look_grid import LookGrid
from rabbitviewer.looks.look_words import count_words
from rabbitviewer.looks.save_row import SaveRow
from rabbitviewer.models.look_pictures import LookPictures
from rabbitviewer.models.looks import LooksModel
from rabbitviewer.theme.controls import Sign, hairline, icon_button, push_button, text_label
from rabbitviewer.theme.theme import figures_font
from rabbitviewer.theme.tokens import tokens

_SEARCH_FROM = 13


class LooksPanel(QFrame):
    """The library beside the photos.

    Attributes:
        grid: The looks.
        footer: What is done with the chosen one.
        save_row: Asks for the name of a grade that becomes a look.
        empty: What stands where there are no looks.

    Signals:
        import_pressed: a file is to become a look.
        save_pressed: the photo's grade is to become a look.
    """

    import_pressed = Signal()
    save_pressed = Signal()

    def __init__(
        self, looks: LooksModel, pictures: LookPictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._looks = looks
        self._pictures = pictures
        self._path = b""
        self.setProperty("look", "panel")
        self.setAccessibleName(self.tr("Looks"))
        self.grid = LookGrid(looks, pictures)
        self.footer = LookFooter()
        self.save_row = SaveRow()
        self.empty = EmptyLooks()
        self._count = text_label("", "small")
        self._count.setFont(figures_font(self._count.font()))
        self._save = icon_button("ph.bookmark-simple", "")
        self._import = icon_button("ph.download-simple", self.tr("Import a .cube or Hald CLUT…"))
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search looks"))
        self._search.setAccessibleName(self.tr("Search looks"))
        self._search.setClearButtonEnabled(True)
        self._note = text_label("", "small", wraps=True)
        self._stack = QStackedWidget()
        self._lay_out()
        for button in (self._save, self._import):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._save.clicked.connect(self.save_pressed)
        self._import.clicked.connect(self.import_pressed)
        self.empty.import_pressed.connect(self.import_pressed)
        self._search.textChanged.connect(self._on_searched)
        self.save_row.left.connect(lambda: self.grid.setFocus(Qt.FocusReason.OtherFocusReason))
        looks.changed.connect(self._show)
        pictures.ready.connect(self._show_note)
        self.set_save("", "")
        self._show()

    def set_photo(self, path: bytes, profile: str = "") -> None:
        """Show the looks on another photo; empty: on none."""
        self._path = path
        self.grid.set_photo(path, profile)
        self._show_note()

    def show_look(self, name: str) -> None:
        """Show what is done with the look *name*; empty: with none, and the keys go to the grid."""
        had_focus = self.footer.isAncestorOf(self.window().focusWidget() or self.window())
        self.footer.show_look(name)
        if had_focus and not name:
            self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_save(self, words: str, key: str) -> None:
        """Say which grade would become a look; empty: there is none."""
        text = words or self.tr("Finish a grade on this photo to save it as a look")
        self._save.setEnabled(bool(words))
        self._save.setToolTip(f"{text} ({key})" if key and words else text)
        self._save.setAccessibleName(text)

    # ------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        look = tokens()
        top = QHBoxLayout()
        top.setContentsMargins(look.space_3, look.space_1, look.space_2, look.space_1)
        top.setSpacing(2)
        top.addWidget(self._count, 1)
        top.addWidget(self._save)
        top.addWidget(self._import)
        fields = QVBoxLayout()
        fields.setContentsMargins(look.space_2, 0, look.space_2, look.space_1)
        fields.setSpacing(look.space_2)
        fields.addWidget(self.save_row)
        fields.addWidget(self._search)
        fields.addWidget(self._note)
        self._fields = QWidget()
        self._fields.setLayout(fields)
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._fields)
        layout.addWidget(self._stack, 1)
        layout.addWidget(hairline())
        layout.addWidget(self.footer)

    def _show(self) -> None:
        count = len(self._looks.looks)
        self._show_count()
        self._search.setVisible(count >= _SEARCH_FROM or bool(self._search.text()))
        empty = self._looks.is_known and not count
        wanted = self.empty if empty else self.grid
        for page in (self.empty, self.grid):
            # the other page's height is nothing that this one needs
            policy = QSizePolicy.Policy.Expanding
            ignored = QSizePolicy.Policy.Ignored
            page.setSizePolicy(policy, policy if page is wanted else ignored)
        if self._stack.currentWidget() is not wanted:
            had_focus = self._stack.isAncestorOf(self.window().focusWidget() or self.window())
            self._stack.setCurrentWidget(wanted)
            if had_focus:
                wanted.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setFocusProxy(wanted)
        self._show_note()

    def _show_count(self) -> None:
        shown, count = len(self.grid.shown), len(self._looks.looks)
        self._count.setText(count_words(shown, count) if self._looks.is_known else "")

    def _show_note(self) -> None:
        """Say why there are no pictures, or that nothing was found."""
        words, error = "", self._pictures.error
        if self._looks.looks and not self.grid.shown:
            words = self.tr("No look has this in its name.")
        elif self._looks.looks and not self._path:
            words = self.tr("Choose a photo to see it under the looks.")
        elif error is not None:
            words = error.message
        self._note.setText(words)
        self._note.setVisible(bool(words))

    def _on_searched(self, words: str) -> None:
        self.grid.search(words)
        self._show_count()
        self._show_note()

    # ------------------------------------------------------------ keys

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the looks from the window's shortcuts while the grid has the focus."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self.grid.hasFocus()
            and self.grid.takes_key(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from the search to what it found."""
        down = event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if down and self._search.hasFocus() and self.grid.shown:
            self.grid.setFocus(Qt.FocusReason.OtherFocusReason)
            self.grid.choose(self.grid.shown[0].look_id)
        else:
            super().keyPressEvent(event)


class EmptyLooks(QWidget):
    """What a look is, and how the first one comes into the library.

    Signals:
        import_pressed: a file is to be chosen.
    """

    import_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = tokens()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        title = text_label(self.tr("No looks yet"), "heading", wraps=True)
        self._words = text_label("", "secondary", wraps=True)
        button = push_button(self.tr("Import…"), "", "ph.download-simple")
        button.clicked.connect(self.import_pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.space_4, look.space_5, look.space_4, look.space_5)
        layout.setSpacing(look.space_2)
        layout.addStretch(2)
        layout.addWidget(Sign("ph.swatches"), 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (title, self._words):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(label)
        layout.addSpacing(look.space_2)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.setAccessibleName(title.text())
        self.show_key("Ctrl+Alt+S")

    def show_key(self, key: str) -> None:
        """Name the key that saves a grade; it can be changed."""
        save = self.tr("Save a grade as a look with {key}").format(key=key)
        words = self.tr("{save}, or import a .cube file. It can be dropped here too.").format(
            save=save if key else self.tr("Save a grade as a look")
        )
        self._words.setText(words)
        self.setAccessibleDescription(words)
