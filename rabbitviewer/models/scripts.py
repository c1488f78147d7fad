"""The user's scripts: Python files in the ``scripts`` folder, found in a thread, followed live."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QRunnable, QThreadPool, QTimer, Signal

_MOST_BYTES = 1 << 20
_SETTLE_MS = 300
_EXAMPLE_NAME = "example.py"
_EXAMPLE = '''"""Count the stars"""

# A script is a file in this folder. Its first line of words is the name of its menu entry.
# RabbitViewer calls run() in a process of its own, with the selected photos:
#
#   photo.path, photo.name     where it is (bytes) and what it is called (text)
#   photo.rating               0 to 5
#   photo.label, photo.flag    "red", "yellow", …; "pick", "reject"; "" for none
#   photo.keywords             a tuple of texts
#   photo.facts                camera, lens, size …; read when first asked for
#
#   api.set_rating(photos, 5)            api.message("Text for the window")
#   api.set_label(photos, "red")         api.progress(done, total)
#   api.add_keywords(photos, "sea")      api.copy(photos, "/folder"), api.move, api.rename
#   api.grade(photos, "warm evening")    api.trash(photos), api.open_folder("/folder")
#
# Whatever it prints stands under Details. Undo (Ctrl+Z) takes back what it did to files and marks.


def run(api, photos):
    stars = sum(photo.rating for photo in photos)
    api.message(f"{len(photos)} photos have {stars} stars together.")
'''


@dataclasses.dataclass(frozen=True)
class Script:
    """One script.

    Attributes:
        path: The file.
        title: Its first line of words, or its name.
        problem: Empty, or why it cannot run.
    """

    path: Path
    title: str
    problem: str = ""


class ScriptsModel(QObject):
    """The scripts there are.

    Signals:
        changed: a script came, went or has another title.
    """

    changed = Signal()
    _looked = Signal(object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scripts: tuple[Script, ...] = ()
        self._folder = folder
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._watcher.directoryChanged.connect(self._look_soon)
        self._watcher.fileChanged.connect(self._look_soon)
        self._settle.timeout.connect(self.look)
        self._looked.connect(self._on_looked)

    @property
    def folder(self) -> Path:
        """Where scripts stand."""
        return self._folder

    def look(self) -> None:
        """Look for scripts, in a thread; the folder is made with an example when there is none."""
        self._pool.start(_Look(self, self._folder))

    def tell(self, found: tuple[Script, ...]) -> None:
        """Hand over what a look found; called in its thread."""
        self._looked.emit(found)

    def _look_soon(self, _path: str) -> None:
        self._settle.start()

    def _on_looked(self, found: tuple[Script, ...]) -> None:
        wanted = {str(self._folder), *(str(each.path) for each in found)}
        watched = {*self._watcher.directories(), *self._watcher.files()}
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if found != self.scripts:
            self.scripts = found
            self.changed.emit()


class _Look(QRunnable):
    def __init__(self, owner: ScriptsModel, folder: Path) -> None:
        super().__init__()
        self._owner = owner
        self._folder = folder

    def run(self) -> None:
        self._owner.tell(find_scripts(self._folder))


def find_scripts(folder: Path) -> tuple[Script, ...]:
    """Return the scripts in *folder*, by title; an absent folder is made, with an example."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / _EXAMPLE_NAME).write_text(_EXAMPLE, encoding="utf-8")
        files = [file for file in folder.iterdir() if file.suffix == ".py" and file.is_file()]
    except OSError:
        return ()
    found = [_describe(file) for file in files if not file.name.startswith(("_", "."))]
    return tuple(sorted(found, key=lambda script: (script.title.casefold(), script.path)))


def _describe(file: Path) -> Script:
    name = file.stem.replace("_", " ").strip().capitalize() or file.name
    try:
        with file.open("rb") as stream:
            tree = ast.parse(stream.read(_MOST_BYTES), str(file))
    except (OSError, SyntaxError, ValueError) as error:
        return Script(file, name, str(error))
    words = (ast.get_docstring(tree) or "").strip().splitlines()
    title = words[0].strip().rstrip(".") if words else name
    has_run = any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body)
    return Script(file, title or name, "" if has_run else "there is no function run(api, photos)")
