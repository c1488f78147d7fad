"""The workflows' room: a card over the window with the list, or with the import form."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from rabbitviewer.organise.files_card import Card
from rabbitviewer.workflows.import_form import ImportForm
from rabbitviewer.workflows.workflow_page import WorkflowPage

_WIDTH, _HEIGHT = 980, 680


class WorkflowCard(Card):
    """The list and the form, one at a time.

    Attributes:
        page: The list.
        form: What is filled in before a file is kept.
    """

    def __init__(self, page: WorkflowPage, form: ImportForm, window: QWidget) -> None:
        super().__init__("", window, width=_WIDTH, height=_HEIGHT)
        self.page = page
        self.form = form
        self._stack = QStackedWidget()
        self._stack.addWidget(page)
        self._stack.addWidget(form)
        self.body.addWidget(self._stack, 1)
        form.back_pressed.connect(self.show_list)
        self.show_list()

    @property
    def is_importing(self) -> bool:
        """Whether the form is shown."""
        return self._stack.currentWidget() is self.form

    def show_list(self) -> None:
        """Show what there is."""
        self._stack.setCurrentWidget(self.page)
        self.set_title(self.tr("Workflows"))
        if self.isVisible():
            self.page.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_form(self, file_name: str) -> None:
        """Show what was found in a file."""
        self._stack.setCurrentWidget(self.form)
        self.set_title(self.tr("Import {file}").format(file=file_name))
        if self.isVisible():
            self.form.focus_first().setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Keep what the form says."""
        if self.is_importing:
            self.form.submit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back from the form to the list first."""
        if event.key() == Qt.Key.Key_Escape and self.is_importing:
            event.accept()
            self.form.leave()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep Esc for :meth:`keyPressEvent` while the form is filled in."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Escape
            and self.is_importing
            and isinstance(watched, QWidget)
            and self.isAncestorOf(watched)
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)
