"""The file commands: trash, delete, copy, move, rotate, clipboard, on what is selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from rabbitviewer.models.filework import FileWork, Outcome
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.remembered import Remembered
from rabbitviewer.models.selection import Selection
from rabbitviewer.organise.files_report import FileReports
from rabbitviewer.organise.files_targets import TargetCard
from rabbitviewer.organise.files_urls import is_cut, mime_of, paths_in
from rabbitviewer.organise.files_words import subject_words
from rabbitviewer.shell.state import WindowState
from rabbitviewer.window import MainWindow, Page

_NEED_PHOTOS = (
    "file.trash",
    "file.delete",
    "file.copy_to",
    "file.move_to",
    "file.rotate_left",
    "file.rotate_right",
    "file.copy",
    "file.rename",
    "file.open_with",
)


class FileActions(QObject):
    """Does what the file actions say to the selected photos."""

    def __init__(
        self,
        window: MainWindow,
        listing: ListingModel,
        selection: Selection,
        work: FileWork,
        reports: FileReports,
        state: WindowState,
        choose: Callable[[Sequence[bytes]], None] = lambda _paths: None,
    ) -> None:
        """Act on *selection*; *choose* selects several photos in the grid."""
        super().__init__(window)
        self._choose = choose
        self._window = window
        self._listing = listing
        self._selection = selection
        self._work = work
        self._reports = reports
        self._state = state
        self._targets: TargetCard | None = None
        self._left: dict[bytes, bytes] = {}
        self._wanted: tuple[bytes, ...] = ()
        self._gone: tuple[bytes, ...] = ()
        self._enabled: tuple[bool, bool] | None = None
        window.actions_by_id.connect_all(self._handlers())
        selection.current_changed.connect(self._enable)
        selection.selected_changed.connect(self._enable)
        listing.folder_changed.connect(self._enable)
        listing.rows_changed.connect(self._show_wanted)
        work.ended.connect(self._on_ended)
        reports.kept.connect(self._come_back)
        reports.going.connect(self._leave)
        self._enable()

    def _handlers(self) -> dict[str, Callable[[], object]]:
        return {
            "file.trash": self.trash,
            "file.delete": self._delete,
            "file.copy_to": lambda: self._ask_target(move=False),
            "file.move_to": lambda: self._ask_target(move=True),
            "file.rotate_left": lambda: self._rotate("left"),
            "file.rotate_right": lambda: self._rotate("right"),
            "file.copy": self._copy,
            "file.paste": self._paste,
        }

    @property
    def _remembered(self) -> Remembered:
        return self._state.organise

    # ------------------------------------------------------------ away with them

    def trash(self) -> None:
        """Move the selected photos to the trash and go on to the next one."""
        paths = tuple(self._selection.selected)
        if paths:
            self._leave(paths)
            self._work.trash(with_partners(self._listing, paths))

    def _delete(self) -> None:
        paths = tuple(self._selection.selected)
        if paths:
            self._reports.ask_to_delete(with_partners(self._listing, paths))

    def _leave(self, paths: Sequence[bytes]) -> None:
        """Make the first photo after *paths* the current one, as they are about to go."""
        following = self._after(paths)
        if following and self._selection.current in paths:
            self._left[paths[0]] = self._selection.current
            self._selection.set_selected(())
            self._selection.set_current(following)

    def _after(self, paths: Sequence[bytes]) -> bytes:
        listing, going = self._listing, set(paths)
        row = listing.row(self._selection.current)
        if row < 0:
            return b""
        for step, stop in ((1, len(listing)), (-1, -1)):
            for each in range(row + step, stop, step):
                if listing.path(each) not in going:
                    return listing.path(each)
        return b""

    def _come_back(self, paths: tuple[bytes, ...]) -> None:
        """They stay: show the one that was left again."""
        before = self._left.pop(paths[0], b"") if paths else b""
        if before and self._listing.row(before) >= 0:
            self._selection.set_selected(())
            self._selection.set_current(before)

    # ------------------------------------------------------------ copies and moves

    def copy_to(self, paths: Sequence[bytes], folder: bytes, *, move: bool) -> None:
        """Copy or move *paths* into *folder* and remember it."""
        self._remembered.add_target(folder)
        if move:
            self._leave(paths)
        self._work.copy(with_partners(self._listing, paths), folder, move=move)

    def _ask_target(self, *, move: bool) -> None:
        paths = tuple(self._selection.selected)
        if not paths:
            return
        title = self.tr("Move {photos} to…") if move else self.tr("Copy {photos} to…")
        here = self._listing.folder
        offered = [*self._remembered.targets, *self._state.recent]
        if self._targets is None:
            self._targets = TargetCard(self._window)
        self._targets.ask(
            title.format(photos=subject_words(paths)),
            self.tr("Move") if move else self.tr("Copy"),
            [folder for folder in dict.fromkeys(offered) if folder != here],
            lambda folder: self.copy_to(paths, folder, move=move),
        )

    def _copy(self) -> None:
        paths = with_partners(self._listing, self._selection.selected)
        if paths:
            QGuiApplication.clipboard().setMimeData(mime_of(paths))
            words = self.tr("{photos} copied; paste in a folder or another program")
            self._window.status.say(words.format(photos=subject_words(paths)))

    def _paste(self) -> None:
        mime = QGuiApplication.clipboard().mimeData()
        folder = self._listing.folder
        paths = paths_in(mime)
        if paths and folder:
            self._work.copy(paths, folder, move=is_cut(mime))
        elif folder:
            self._window.status.say(self.tr("There are no files on the clipboard"))

    def _rotate(self, turn: str) -> None:
        paths = tuple(self._selection.selected)
        if paths:
            self._work.rotate(paths, turn)

    # ------------------------------------------------------------ what follows

    def _on_ended(self, outcome: Outcome) -> None:
        if outcome.kind in ("trash", "move") and not outcome.done and outcome.paths:
            if outcome.kind == "move" or not self._asks(outcome):
                self._come_back(outcome.paths)
        elif outcome.kind in ("undo", "redo", "rename") or self._came_here(outcome):
            self._follow(outcome)
        elif outcome.kind == "trash":
            self._gone = outcome.paths
        if len(self._left) > 1:
            self._left.clear()

    def _asks(self, outcome: Outcome) -> bool:
        return any(each.error.kind == "no_trash" for each in outcome.failed) or (
            outcome.error is not None and outcome.error.kind == "no_trash"
        )

    def _came_here(self, outcome: Outcome) -> bool:
        return outcome.kind == "copy" and outcome.folder == self._listing.folder

    def _follow(self, outcome: Outcome) -> None:
        """Choose the photos under their new names as soon as they are listed."""
        renamed = dict(outcome.moved)
        known = [renamed[path] for path in outcome.paths if path in renamed]
        self._wanted = tuple(known or renamed.values() or self._gone)
        self._gone = ()
        self._show_wanted()

    def _show_wanted(self) -> None:
        found = [path for path in self._wanted if self._listing.row(path) >= 0]
        if found:
            self._wanted = ()
            self._selection.set_selected(())
            self._selection.set_current(found[0])
            if len(found) > 1 and self._window.page == Page.GRID:
                self._choose(found)

    def _enable(self, *_what: object) -> None:
        wanted = bool(self._selection.selected), bool(self._listing.folder)
        if wanted == self._enabled:
            return
        self._enabled = wanted
        for action_id in _NEED_PHOTOS:
            self._window.actions_by_id[action_id].setEnabled(wanted[0])
        self._window.actions_by_id["file.paste"].setEnabled(wanted[1])


def with_partners(listing: ListingModel, paths: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return *paths* with the RAW files that are shown as one photo with them."""
    found: list[bytes] = []
    for path in paths:
        found.append(path)
        partner = listing.partner_of(path)
        if partner:
            found.append(partner)
    return tuple(dict.fromkeys(found))
