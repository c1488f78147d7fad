"""The workflows' room: built when it is opened for the first time, or when a file is dropped."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from rabbitviewer.edit.grade_form import GradeForm
from rabbitviewer.wiring.parts import Parts
from rabbitviewer.workflows.workflow_files import WorkflowDrop

if TYPE_CHECKING:
    from rabbitviewer.workflows.workflow_actions import WorkflowActions

_OVER_PHOTOS = (b".json",)


def add_workflows(parts: Parts) -> None:
    """Let the room be opened by name, by key and by a file that is dropped on the window."""
    Room(parts)


class Room(QObject):
    """Makes the room when somebody wants it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._made: WorkflowActions | None = None
        parts.window.actions_by_id.connect_all(
            {
                "workflows.panel": lambda: self._actions().open(),
                "workflows.import": lambda: self._actions().ask_for_file(),
            }
        )
        form = parts.rooms.edit.findChild(GradeForm)
        if form is not None:
            form.workflows_wanted.connect(lambda: self._actions().open())
        for widget in (parts.grid.viewport(), parts.photo.canvas):
            WorkflowDrop(widget, lambda path: self._actions().take_file(path), _OVER_PHOTOS)

    def _actions(self) -> WorkflowActions:
        if self._made is None:
            room = importlib.import_module("rabbitviewer.wiring.workflow_room")
            made: WorkflowActions = room.make_workflow_room(self._parts)
            self._made = made
        return self._made
