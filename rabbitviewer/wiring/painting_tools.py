"""Builds what only painting needs, when a mask is painted for the first time."""

from __future__ import annotations

import dataclasses

from rabbitviewer.masking.column import ToolColumn
from rabbitviewer.masking.commands import MaskCommands
from rabbitviewer.masking.places import MaskEditor, PaintBar
from rabbitviewer.masking.room import MaskRoom
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.first_stage import first_stage_of
from rabbitviewer.models.mask_changes import MaskChanges
from rabbitviewer.pool.pool_panel import PoolPanel
from rabbitviewer.view.photo_room import PhotoRoom
from rabbitviewer.view.photo_view import PhotoView
from rabbitviewer.wiring.parts import Parts

_VIEWER = "mask"


@dataclasses.dataclass(frozen=True)
class Tools:
    """The room and the places where its tools stand.

    Attributes:
        room: Begins and ends painting.
        editor: In the Pool tab.
        bar: Above the photo.
        column: Beside the photo.
    """

    room: MaskRoom
    editor: MaskEditor
    bar: PaintBar
    column: ToolColumn


def make_tools(parts: Parts, panel: PoolPanel | None) -> Tools:
    """Return the room of painting with its tools, hidden and in their places."""
    window, masks, actions = parts.window, parts.masks, parts.window.actions_by_id
    settings = PaintSettings(parts.state.paint, window)
    changes = MaskChanges(parts.client, parts.folders, masks, window)
    commands = MaskCommands(window, parts.client, masks, changes, settings, window.status.say)
    first_stage = first_stage_of(parts.thumbnails)
    own = PhotoView(parts.previews, lambda _path: None, first_stage, viewer=_VIEWER)
    editor = MaskEditor(actions, masks, changes, settings, own)
    bar, column = PaintBar(masks, changes, settings), ToolColumn(actions, settings)
    room = MaskRoom(window, actions, masks, changes, settings, commands, (parts.photo, own))
    for widget in (editor, bar, column):
        widget.hide()
    if panel is not None:
        panel.put_editor(editor)
    for photo_room in window.pages.findChildren(PhotoRoom):
        photo_room.put_tools(bar, column)
    for place in (editor, bar):
        place.select_pressed.connect(room.select_range)
        place.left.connect(room.give_keys_back)
    bar.done_pressed.connect(room.finish)

    def remember() -> None:
        parts.state.paint = settings.choices

    settings.changed.connect(remember)
    return Tools(room, editor, bar, column)
