"""Several pools: choose, create, rename, copy, export, import, delete."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu

from daemon.protocol import messages
from daemon.protocol.messages import Failed, Message, PoolExported, WirePath
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.pool import PoolModel
from rabbitviewer.organise.files_question import Question
from rabbitviewer.pool.name_card import NameCard
from rabbitviewer.pool.pool_words import count_words, error_words, lost_words
from rabbitviewer.shell import desktop
from rabbitviewer.window import MainWindow
from rabbitviewer.words import file_name

_STILL_MS = 6000
_NAME_PX = 220
_END = Qt.TextElideMode.ElideRight
_ZIP = ".zip"


class PoolsMenu(QObject):
    """Fills the menu behind the pool's name and does what it offers."""

    def __init__(
        self, window: MainWindow, client: DaemonClient, pool: PoolModel, menu: QMenu
    ) -> None:
        super().__init__(window)
        self._window = window
        self._client = client
        self._pool = pool
        self._menu = menu
        self._card: NameCard | None = None
        self._question: Question | None = None
        self._dialog: QFileDialog | None = None
        self._working = ""
        self._still = QTimer(self, interval=_STILL_MS)
        self._still.timeout.connect(lambda: window.status.say(self._working))
        menu.aboutToShow.connect(self._fill)
        window.actions_by_id.connect_all(
            {
                "pool.new": self.new,
                "pool.export": self.export,
                "pool.import": self.choose_import,
            }
        )
        pool.changed.connect(self._enable)
        pool.failed.connect(self._end)
        self._enable()

    def _enable(self) -> None:
        actions, known = self._window.actions_by_id, self._pool.is_known
        actions["pool.new"].setEnabled(known)
        actions["pool.import"].setEnabled(known)
        actions["pool.export"].setEnabled(bool(self._pool.slots))

    # ------------------------------------------------------------ the menu

    def _fill(self) -> None:
        menu, pool, actions = self._menu, self._pool, self._window.actions_by_id
        menu.clear()
        for each in pool.pools:
            name = menu.fontMetrics().elidedText(each.name, _END, _NAME_PX)
            entry = menu.addAction(_plain(f"{name}\t{each.count:,}"))
            entry.setToolTip(each.name)
            entry.setCheckable(True)
            entry.setChecked(each.pool_id == pool.pool_id)
            entry.triggered.connect(self._user(each.pool_id))
        menu.addSeparator()
        actions.fill(menu, ("pool.new",))
        self._add(menu, self.tr("Rename…"), self.rename)
        self._add(menu, self.tr("Duplicate"), self.duplicate)
        detach = self._add(menu, self.tr("Detach (new id)"), self.detach)
        detach.setToolTip(self.tr("A copy for this window; others keep the old pool"))
        menu.addSeparator()
        actions.fill(menu, ("pool.grade_all", "", "pool.export", "pool.import"))
        menu.addSeparator()
        self._add(menu, self.tr("Delete…"), self.delete)
        menu.setToolTipsVisible(True)

    def _add(self, menu: QMenu, text: str, run: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _user(self, pool_id: str) -> Callable[[], None]:
        return lambda: self._pool.use(pool_id)

    # ------------------------------------------------------------ pools

    def new(self) -> None:
        """Ask for a name and go on with an empty pool of that name."""

        def create(name: str) -> None:
            self._pool.switch(messages.PoolNew(name=name))

        self._ask_name(self.tr("New pool"), self.tr("Create"), "", create)

    def rename(self) -> None:
        """Ask for another name."""
        pool = self._pool

        def rename(name: str) -> None:
            if name != pool.name:
                pool.send(messages.PoolRename(name=name, pool=pool.pool_id))

        self._ask_name(self.tr("Rename the pool"), self.tr("Rename"), pool.name, rename)

    def _ask_name(self, title: str, verb: str, name: str, run: Callable[[str], object]) -> None:
        if self._card is None:
            self._card = NameCard(self._window)
        self._card.ask(title, verb, name, run)

    def duplicate(self) -> None:
        """Go on with a copy."""
        words = self.tr("This is {name} now, a copy with masks and labels")
        self._pool.switch(
            messages.PoolDuplicate(pool=self._pool.pool_id),
            lambda copy: self._window.status.say(words.format(name=copy.name)),
        )

    def detach(self) -> None:
        """Go on with a copy under a new id; other windows keep the old pool."""
        words = self.tr("{name} is this window's own now; others keep the old pool")
        self._pool.switch(
            messages.PoolDetach(pool=self._pool.pool_id),
            lambda copy: self._window.status.say(words.format(name=copy.name)),
        )

    def delete(self) -> None:
        """Ask first: masks and pasted pictures go with the pool, if only into the trash."""
        pool = self._pool
        masks = sum(pool.has_mask(each) for each in pool.slots)
        own = sum(each.own for each in pool.slots)
        if self._question is None:
            self._question = Question(self._window)
        name, pool_id = pool.name, pool.pool_id
        self._question.ask(
            self.tr("Delete the pool “{name}”?").format(name=name),
            lost_words(len(pool.slots), own, masks),
            (self.tr("Move to the trash"), lambda: self._delete(pool_id, name)),
            (self.tr("Keep"), None),
        )

    def _delete(self, pool_id: str, name: str) -> None:
        words = self.tr("The pool {name} is in the trash").format(name=name)
        self._pool.switch(
            messages.PoolDelete(pool=pool_id), lambda _now: self._window.status.say(words)
        )

    # ------------------------------------------------------------ files

    def export(self) -> None:
        """Ask for a place; a name that ends in .zip makes an archive, any other a folder."""
        if not self._pool.slots:
            return
        dialog = self._new_dialog(self.tr("Export the pool"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        archive, folder = self.tr("Archive (*.zip)"), self.tr("Folder (*)")
        dialog.setNameFilters([archive, folder])
        dialog.selectFile(_safe(self._pool.name) + _ZIP)
        dialog.setModal(False)

        def take(path: str) -> None:
            self._export_to(path, zipped=dialog.selectedNameFilter() == archive)

        dialog.fileSelected.connect(take)
        self._dialog = dialog
        dialog.show()

    def _export_to(self, path: str, *, zipped: bool) -> None:
        if zipped and not path.lower().endswith(_ZIP):
            path += _ZIP
        elif not zipped:
            path = path.removesuffix(_ZIP)
        request = messages.PoolExport(output=WirePath(os.fsencode(path)), pool=self._pool.pool_id)
        self._begin(self.tr("Exporting {name}…").format(name=self._pool.name))
        self._client.send(request, self._on_exported)

    def _on_exported(self, answer: Message, _blob: bytes) -> None:
        self._end()
        if isinstance(answer, Failed):
            self._window.status.say(error_words(answer.error))
        elif isinstance(answer, PoolExported):
            words = self.tr("{photos} exported to {name}").format(
                photos=count_words(answer.count), name=file_name(answer.path.rstrip(b"/"))
            )
            path = answer.path
            self._window.status.say(
                " · ".join((words, *answer.notes)),
                self.tr("Show in folder"),
                lambda: desktop.show_folder_of(path),
            )

    def choose_import(self) -> None:
        """Ask for an exported archive, or for the manifest of an exported folder."""
        dialog = self._new_dialog(self.tr("Import a pool"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Pools (*.zip manifest.json)"), self.tr("All files (*)")])
        dialog.setModal(False)
        dialog.fileSelected.connect(self._import_from)
        self._dialog = dialog
        dialog.show()

    def _new_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        place = QStandardPaths.StandardLocation.PicturesLocation
        dialog.setDirectory(QStandardPaths.writableLocation(place))
        return dialog

    def _import_from(self, path: str) -> None:
        chosen = os.fsencode(path)
        if not chosen.lower().endswith(os.fsencode(_ZIP)):
            chosen = bytes(Path(path).parent)
        self._begin(self.tr("Importing {name}…").format(name=file_name(chosen)))

        def done(pool: messages.PoolManifest) -> None:
            self._end()
            words = self.tr("{photos} imported as {name}")
            photos = count_words(len(pool.slots))
            self._window.status.say(words.format(photos=photos, name=pool.name))

        self._pool.switch(messages.PoolImport(path=WirePath(chosen)), done)

    def _begin(self, words: str) -> None:
        """Say that something takes a while, until it ended."""
        self._working = words
        self._window.status.say(words)
        self._still.start()

    def _end(self, *_what: object) -> None:
        self._still.stop()


def _safe(name: str) -> str:
    """Return *name* as the name of a file."""
    return "".join("_" if each in '/\\:*?"<>|' else each for each in name).strip(". ") or "pool"


def _plain(text: str) -> str:
    return text.replace("&", "&&")
