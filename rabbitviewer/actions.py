"""Every action of the window, once: id, text, keys, icon; menus and overlay come from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from rabbitviewer.theme.icons import icon


@dataclasses.dataclass(frozen=True)
class ActionSpec:
    """One action.

    Attributes:
        id: Name in code, ``room.verb``.
        text: What menus and tool tips say, translated.
        keys: Shortcuts; the first one is shown.
        icon: Name of the icon; empty: none.
        group: Heading in the key overlay, translated.
        checkable: It is on or off.
        photo_only: Its keys count only while the photo view has the focus.
        mask_only: Its keys count only while a mask is painted, before all others.
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    group: str = ""
    checkable: bool = False
    photo_only: bool = False
    mask_only: bool = False


@dataclasses.dataclass(frozen=True)
class KeyHelp:
    """A line of the key overlay for what is no action (held keys, the mouse)."""

    keys: str
    text: str
    group: str


def _tr(text: str) -> str:
    return QCoreApplication.translate("Actions", text)


def action_specs() -> tuple[ActionSpec, ...]:
    """Return all actions, in the order of the key overlay."""
    return (
        *_looking_actions(),
        *_photo_actions(),
        *_mark_actions(),
        *_file_actions(),
        *_rest(),
        *_pool_actions(),
        *_mask_actions(),
    )


def _looking_actions() -> tuple[ActionSpec, ...]:
    looking = _groups()[0]
    return (
        ActionSpec("folder.open", _tr("Open folder…"), ("Ctrl+O",), "ph.folder-open", looking),
        ActionSpec("view.grid", _tr("Grid"), (), "ph.squares-four", looking, checkable=True),
        ActionSpec("view.photo", _tr("Photo"), (), "ph.image", looking, checkable=True),
        ActionSpec("filter.focus", _tr("Search here"), ("Ctrl+F", "/"), "", looking),
        ActionSpec("view.back", _tr("Back"), ("Esc",), "ph.arrow-left", looking),
        ActionSpec(
            "view.full_screen",
            _tr("Full screen"),
            ("F", "F11"),
            "ph.arrows-out",
            looking,
            checkable=True,
        ),
        ActionSpec("view.slideshow", _tr("Slideshow"), ("F5",), "ph.play", looking),
        ActionSpec(
            "view.second_window",
            _tr("Second window"),
            ("F12",),
            "ph.monitor",
            looking,
            checkable=True,
        ),
        ActionSpec(
            "view.side_by_side",
            _tr("Compare photos side by side"),
            ("Shift+C",),
            "ph.columns",
            looking,
        ),
        ActionSpec(
            "view.recursive",
            _tr("Show subfolders"),
            ("Ctrl+Shift+R",),
            "ph.tree-structure",
            looking,
            checkable=True,
        ),
        ActionSpec("view.pairs", _tr("RAW and JPEG as one photo"), (), "", looking, checkable=True),
        ActionSpec("view.refresh", _tr("Read the folder again"), ("Ctrl+R",), "", looking),
        ActionSpec(
            "search.everywhere",
            _tr("Search all folders"),
            ("Ctrl+Shift+F",),
            "ph.magnifying-glass",
            looking,
        ),
        ActionSpec(
            "filter.toggle", _tr("Filter bar"), ("Shift+F",), "ph.funnel", looking, checkable=True
        ),
        ActionSpec("filter.clear", _tr("Clear the filter"), ("Ctrl+Shift+X",), "", looking),
        ActionSpec("select.all", _tr("Select all"), ("Ctrl+A",), "", looking),
        ActionSpec("select.none", _tr("Select none"), ("Ctrl+Shift+A",), "", looking),
        ActionSpec("select.invert", _tr("Invert the selection"), ("Ctrl+Shift+I",), "", looking),
    )


def _photo_actions() -> tuple[ActionSpec, ...]:
    photo = _groups()[1]
    return (
        ActionSpec(
            "photo.next",
            _tr("Next photo"),
            ("Right", "Space"),
            "ph.caret-right",
            photo,
            photo_only=True,
        ),
        ActionSpec(
            "photo.previous",
            _tr("Previous photo"),
            ("Left", "Backspace"),
            "ph.caret-left",
            photo,
            photo_only=True,
        ),
        ActionSpec("photo.first", _tr("First photo"), ("Home",), "", photo, photo_only=True),
        ActionSpec("photo.last", _tr("Last photo"), ("End",), "", photo, photo_only=True),
        ActionSpec(
            "photo.to_grid",
            _tr("Back to the grid"),
            ("Return", "Enter"),
            "",
            photo,
            photo_only=True,
        ),
        ActionSpec("photo.zoom", _tr("100 % or fit"), ("Z",), "ph.magnifying-glass-plus", photo),
        ActionSpec("photo.zoom_in", _tr("Zoom in"), ("+", "="), "", photo, photo_only=True),
        ActionSpec("photo.zoom_out", _tr("Zoom out"), ("-",), "", photo, photo_only=True),
        ActionSpec("photo.background", _tr("Ground behind the photo"), ("Shift+B",), "", photo),
        ActionSpec(
            "photo.keep_zoom", _tr("Keep the zoom"), ("Shift+Z",), "", photo, checkable=True
        ),
        ActionSpec(
            "photo.loupe", _tr("Loupe"), ("Q",), "ph.magnifying-glass", photo, checkable=True
        ),
        ActionSpec(
            "photo.histogram", _tr("Histogram"), ("Shift+H",), "ph.chart-bar", photo, checkable=True
        ),
        ActionSpec(
            "photo.clipping", _tr("Show clipping"), ("O",), "ph.warning", photo, checkable=True
        ),
        ActionSpec(
            "photo.turn_right", _tr("Turn the view right"), ("R",), "", photo, photo_only=True
        ),
        ActionSpec(
            "photo.turn_left", _tr("Turn the view left"), ("Shift+R",), "", photo, photo_only=True
        ),
        ActionSpec("photo.mirror", _tr("Mirror the view"), ("M",), "", photo, photo_only=True),
    )


def _mark_actions() -> tuple[ActionSpec, ...]:
    marks = _groups()[4]
    ratings = (
        _tr("No rating"),
        _tr("1 star"),
        _tr("2 stars"),
        _tr("3 stars"),
        _tr("4 stars"),
        _tr("5 stars"),
    )
    return (
        *(
            ActionSpec(f"mark.rating_{stars}", text, (str(stars),), "", marks)
            for stars, text in enumerate(ratings)
        ),
        ActionSpec("mark.label_red", _tr("Red label"), ("6",), "", marks),
        ActionSpec("mark.label_yellow", _tr("Yellow label"), ("7",), "", marks),
        ActionSpec("mark.label_green", _tr("Green label"), ("8",), "", marks),
        ActionSpec("mark.label_blue", _tr("Blue label"), ("9",), "", marks),
        ActionSpec("mark.label_purple", _tr("Purple label"), (), "", marks),
        ActionSpec("mark.label_none", _tr("No label"), (), "", marks),
        ActionSpec("mark.pick", _tr("Pick"), ("K",), "ph.flag", marks),
        ActionSpec("mark.reject", _tr("Reject"), ("X",), "ph.x-circle", marks),
        ActionSpec("mark.unflag", _tr("No flag"), ("U",), "", marks),
        ActionSpec("mark.keywords", _tr("Keywords…"), ("T",), "ph.tag", marks),
        ActionSpec(
            "collection.add", _tr("Add to a collection…"), ("Ctrl+B",), "ph.folder-plus", marks
        ),
        ActionSpec("collection.remove", _tr("Remove from the collection"), (), "", marks),
    )


def _file_actions() -> tuple[ActionSpec, ...]:
    files = _groups()[5]
    return (
        ActionSpec("edit.undo", _tr("Undo"), ("Ctrl+Z",), "ph.arrow-counter-clockwise", files),
        ActionSpec(
            "edit.redo", _tr("Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "ph.arrow-clockwise", files
        ),
        ActionSpec("file.copy", _tr("Copy"), ("Ctrl+C",), "", files),
        ActionSpec("file.paste", _tr("Paste here"), ("Ctrl+V",), "", files),
        ActionSpec("file.rename", _tr("Rename…"), ("F2",), "ph.pencil-simple", files),
        ActionSpec("file.copy_to", _tr("Copy to…"), ("Ctrl+D",), "ph.copy", files),
        ActionSpec("file.move_to", _tr("Move to…"), ("Ctrl+M",), "ph.folder-simple", files),
        ActionSpec("file.trash", _tr("Move to the trash"), ("Del",), "ph.trash", files),
        ActionSpec("file.delete", _tr("Delete permanently…"), ("Shift+Del",), "", files),
        ActionSpec(
            "file.rotate_right",
            _tr("Rotate the file right"),
            ("Ctrl+]",),
            "ph.arrow-clockwise",
            files,
        ),
        ActionSpec(
            "file.rotate_left",
            _tr("Rotate the file left"),
            ("Ctrl+[",),
            "ph.arrow-counter-clockwise",
            files,
        ),
        ActionSpec("file.open_with", _tr("Open with another program"), (), "", files),
        ActionSpec("file.duplicates", _tr("Find duplicates…"), (), "ph.copy-simple", files),
        ActionSpec("file.ingest", _tr("Ingest from a card…"), ("Ctrl+I",), "ph.download", files),
    )


def _rest() -> tuple[ActionSpec, ...]:
    edit, panels = _groups()[2:4]
    return (
        ActionSpec("edit.grade", _tr("AI color grade"), ("G",), "ph.magic-wand", edit),
        ActionSpec(
            "view.compare",
            _tr("Compare with the original"),
            ("C",),
            "ph.square-half",
            edit,
            checkable=True,
        ),
        ActionSpec("photo.show_original", _tr("Show original"), (), "ph.eye", edit),
        ActionSpec("look.copy", _tr("Copy the grade"), ("Ctrl+Alt+C",), "ph.copy", edit),
        ActionSpec("look.paste", _tr("Paste the grade"), ("Ctrl+Alt+V",), "ph.paint-roller", edit),
        ActionSpec(
            "look.save", _tr("Save as a look…"), ("Ctrl+Alt+S",), "ph.bookmark-simple", edit
        ),
        ActionSpec("look.import", _tr("Import a look…"), (), "ph.download-simple", edit),
        ActionSpec(
            "photo.show_in_folder", _tr("Show in folder"), ("Ctrl+Shift+O",), "ph.folder", edit
        ),
        ActionSpec("photo.copy_path", _tr("Copy path"), ("Ctrl+Shift+C",), "ph.copy", edit),
        ActionSpec("panel.left", _tr("Folders"), ("L",), "ph.folders", panels, checkable=True),
        ActionSpec("panel.info", _tr("Info"), ("I",), "ph.info", panels, checkable=True),
        ActionSpec("panel.edit", _tr("Edit"), ("E",), "ph.sliders", panels, checkable=True),
        ActionSpec(
            "panel.looks", _tr("Looks"), ("Shift+L",), "ph.swatches", panels, checkable=True
        ),
        ActionSpec(
            "panel.strip", _tr("Filmstrip"), ("S",), "ph.film-strip", panels, checkable=True
        ),
        ActionSpec("panel.jobs", _tr("Jobs"), ("J",), "ph.stack", panels),
        ActionSpec("jobs.pause", _tr("Pause or resume all jobs"), ("Shift+J",), "ph.pause", panels),
        ActionSpec("jobs.cancel_all", _tr("Cancel all jobs"), (), "ph.x", panels),
        ActionSpec("hosts.panel", _tr("Hosts"), ("Ctrl+H",), "ph.desktop-tower", panels),
        ActionSpec("hosts.check", _tr("Test the connection to all hosts"), (), "", panels),
        ActionSpec("hosts.add", _tr("Connect a ComfyUI machine…"), (), "ph.desktop-tower", panels),
        ActionSpec("workflows.panel", _tr("Workflows"), ("Ctrl+Shift+W",), "ph.flow-arrow", panels),
        ActionSpec("workflows.import", _tr("Import a ComfyUI workflow…"), (), "", panels),
        ActionSpec("panel.hide_all", _tr("Hide all panels"), ("H",), "", panels),
        ActionSpec("window.theme", _tr("Dark or light"), ("Ctrl+Shift+D",), "ph.moon", panels),
        ActionSpec(
            "window.palette", _tr("Find a command"), ("Ctrl+K",), "ph.terminal-window", panels
        ),
        ActionSpec("window.shortcuts", _tr("Change shortcuts…"), (), "ph.keyboard", panels),
        ActionSpec("scripts.folder", _tr("Open the scripts folder"), (), "", panels),
        ActionSpec("help.keys", _tr("All keys"), ("?", "F1"), "ph.keyboard", panels),
        ActionSpec("window.quit", _tr("Quit"), ("Ctrl+Q",), "", panels),
    )


def _pool_actions() -> tuple[ActionSpec, ...]:
    pool = _groups()[6]
    return (
        ActionSpec(
            "panel.pool", _tr("Pool"), ("Shift+P",), "ph.image-square", pool, checkable=True
        ),
        ActionSpec("pool.add", _tr("Add to the pool"), ("P",), "ph.plus-circle", pool),
        ActionSpec("pool.paint", _tr("Paint a mask"), ("B",), "ph.paint-brush", pool),
        ActionSpec("pool.paste", _tr("Paste into the pool"), ("Ctrl+Shift+V",), "", pool),
        ActionSpec("pool.next", _tr("Next photo of the pool"), ("Ctrl+Down",), "", pool),
        ActionSpec("pool.previous", _tr("Previous photo of the pool"), ("Ctrl+Up",), "", pool),
        ActionSpec("pool.grade_all", _tr("Grade all photos of the pool…"), (), "", pool),
        ActionSpec("pool.new", _tr("New pool…"), (), "", pool),
        ActionSpec("pool.export", _tr("Export the pool…"), (), "ph.export", pool),
        ActionSpec("pool.import", _tr("Import a pool…"), (), "", pool),
    )


def _mask_actions() -> tuple[ActionSpec, ...]:
    """Return what counts while a mask is painted; keys are those of other paint programs."""
    return tuple(
        ActionSpec(f"mask.{name}", text, keys, icon_name, _groups()[7], mask_only=True)
        for name, text, keys, icon_name in (
            ("brush", _tr("Brush"), ("B",), "ph.paint-brush"),
            ("eraser", _tr("Eraser"), ("E",), "ph.eraser"),
            ("rectangle", _tr("Rectangle"), ("M",), "ph.rectangle"),
            ("ellipse", _tr("Ellipse"), ("Shift+M",), "ph.circle"),
            ("lasso", _tr("Lasso"), ("L",), "ph.scribble-loop"),
            ("polygon", _tr("Polygon lasso"), ("Shift+L",), "ph.polygon"),
            ("linear", _tr("Linear gradient"), ("G",), "ph.square-half"),
            ("radial", _tr("Radial gradient"), ("Shift+G",), "ph.target"),
            ("similar", _tr("Similar colors"), ("W",), "ph.magic-wand"),
            ("luminosity", _tr("Luminosity range"), ("Shift+W",), "ph.sun"),
            ("swap", _tr("Paint or erase"), ("X",), "ph.swap"),
            ("smaller", _tr("Smaller brush"), ("[",), ""),
            ("larger", _tr("Larger brush"), ("]",), ""),
            ("softer", _tr("Softer brush"), ("{", "Shift+["), ""),
            ("harder", _tr("Harder brush"), ("}", "Shift+]"), ""),
            ("view", _tr("Overlay, mask only, marching ants"), ("V",), "ph.eye"),
            ("undo", _tr("Undo the stroke"), ("Ctrl+Z",), "ph.arrow-counter-clockwise"),
            ("redo", _tr("Redo the stroke"), ("Ctrl+Shift+Z", "Ctrl+Y"), "ph.arrow-clockwise"),
            ("invert", _tr("Invert the mask"), ("Ctrl+I",), "ph.circle-half-tilt"),
            ("clear", _tr("Clear the mask"), ("Del",), "ph.trash"),
            ("fill", _tr("Fill the mask"), ("Alt+Backspace",), "ph.paint-bucket"),
            ("grow", _tr("Grow…"), (), "ph.arrows-out"),
            ("shrink", _tr("Shrink…"), (), "ph.arrows-in"),
            ("feather", _tr("Feather…"), ("Shift+F6",), ""),
            ("smooth", _tr("Smooth…"), (), ""),
            ("fill_holes", _tr("Fill holes"), (), ""),
            ("from_alpha", _tr("Mask from the photo's transparency…"), (), ""),
            ("import", _tr("Mask from a file…"), (), ""),
            ("export", _tr("Save the mask as a file…"), (), ""),
            ("paste", _tr("Paste a mask"), ("Ctrl+V",), ""),
            ("done", _tr("Done painting"), ("Esc", "Return"), "ph.check"),
        )
    )


def extra_help() -> tuple[KeyHelp, ...]:
    """Return what the overlay says beside the actions."""
    photo, edit, panels = _groups()[1:4]
    pool = _groups()[6]
    mask = _groups()[7]
    return (
        KeyHelp(_tr("Wheel, pinch"), _tr("Zoom at the pointer"), photo),
        KeyHelp(_tr("Click"), _tr("100 % at the pixels clicked, and back"), photo),
        KeyHelp(_tr("Shift+Arrows"), _tr("Look at another part"), photo),
        KeyHelp(_tr("Middle button"), _tr("Hold for the loupe; wheel enlarges"), photo),
        KeyHelp("Y", _tr("Side by side: in step, or each on its own"), photo),
        KeyHelp("\\", _tr("Hold to see the original"), edit),
        KeyHelp(", .", _tr("Move the compare handle"), edit),
        KeyHelp(_tr("Ctrl+Enter"), _tr("Run, from the prompt box"), edit),
        KeyHelp(_tr("Enter"), _tr("Apply the look, in the Looks tab"), edit),
        KeyHelp("F2", _tr("Rename the look, in the Looks tab"), edit),
        KeyHelp(_tr("Del"), _tr("Delete the look, in the Looks tab"), edit),
        KeyHelp(_tr("Ctrl+Z"), _tr("Bring it back, in the Looks tab"), edit),
        KeyHelp("Ctrl+↑ Ctrl+↓", _tr("Earlier or later, in the jobs list"), panels),
        KeyHelp(
            _tr("Ctrl+Home, Ctrl+End"), _tr("To the front or the back, in the jobs list"), panels
        ),
        KeyHelp(_tr("Space"), _tr("Hold a job or let it go on, in the jobs list"), panels),
        KeyHelp(_tr("Del"), _tr("Cancel a job, in the jobs list"), panels),
        KeyHelp(_tr("Right button"), _tr("Erase; with an area, subtract"), mask),
        KeyHelp(_tr("Shift+Click"), _tr("A straight line from the last stroke"), mask),
        KeyHelp(_tr("Ctrl+Alt+Drag"), _tr("Size across, hardness up and down"), mask),
        KeyHelp(_tr("Space+Drag"), _tr("Move the photo; the middle button too"), mask),
        KeyHelp(_tr("Shift, Alt, both"), _tr("Add, subtract, intersect an area"), mask),
        KeyHelp("F2", _tr("Label, in the Pool tab"), pool),
        KeyHelp(_tr("Del"), _tr("Take out of the pool, in the Pool tab"), pool),
        KeyHelp("Alt+↑ Alt+↓", _tr("Move in the pool, in the Pool tab"), pool),
        KeyHelp(_tr("Ctrl+Wheel"), _tr("Size of the pictures, in the Pool tab"), pool),
    )


def _groups() -> tuple[str, ...]:
    return (
        _tr("Looking around"),
        _tr("Photo"),
        _tr("Editing"),
        _tr("Window"),
        _tr("Ratings and labels"),
        _tr("Files"),
        _tr("Pool"),
        _tr("Painting a mask"),
    )


class Actions(QObject):
    """The actions as Qt knows them, by id.

    Signals:
        keys_changed: an action has other shortcuts.
    """

    keys_changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._specs = action_specs()
        self._actions = {spec.id: self._make(spec, window) for spec in self._specs}

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def specs(self) -> Iterator[ActionSpec]:
        """Go through all actions."""
        return iter(self._specs)

    def keys(self, action_id: str) -> tuple[str, ...]:
        """Return the shortcuts of an action as the file of shortcuts writes them."""
        portable = QKeySequence.SequenceFormat.PortableText
        return tuple(key.toString(portable) for key in self._actions[action_id].shortcuts())

    def shown_keys(self, action_id: str) -> tuple[str, ...]:
        """Return the shortcuts of an action as the desktop writes them."""
        native = QKeySequence.SequenceFormat.NativeText
        return tuple(key.toString(native) for key in self._actions[action_id].shortcuts())

    def set_keys(self, action_id: str, keys: Iterable[str]) -> None:
        """Give an action other shortcuts; menus, tool tips and the overlay follow."""
        action = self._actions[action_id]
        action.setShortcuts([QKeySequence(key) for key in keys])
        self._explain(action)
        self.keys_changed.emit()

    def connect_all(self, handlers: Mapping[str, Callable[[], object]]) -> None:
        """Call each handler when its action is triggered."""
        for action_id, handler in handlers.items():
            self._actions[action_id].triggered.connect(_without_argument(handler))

    def put_on_photo_view(self, widget: QWidget) -> None:
        """Let the keys of the photo view count there."""
        for spec in self._specs:
            if spec.photo_only:
                widget.addAction(self._actions[spec.id])

    def fill(self, menu: QMenu, action_ids: Iterable[str]) -> QMenu:
        """Add actions to *menu*; an empty id makes a line."""
        for action_id in action_ids:
            if action_id:
                menu.addAction(self._actions[action_id])
            else:
                menu.addSeparator()
        return menu

    def _make(self, spec: ActionSpec, window: QWidget) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(spec.id)
        action.setCheckable(spec.checkable)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setShortcutVisibleInContextMenu(True)
        self._explain(action)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        if spec.photo_only:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        elif not spec.mask_only:
            window.addAction(action)
        return action

    def _explain(self, action: QAction) -> None:
        """Name the first shortcut in the tool tip."""
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        text = action.text().rstrip("…")
        action.setToolTip(f"{text} ({shown})" if shown else text)


def _without_argument(handler: Callable[[], object]) -> Callable[[bool], None]:
    def run(_checked: bool = False) -> None:
        handler()

    return run
