"""The user's own shortcuts: a small file beside config.yaml that holds only what is different."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, QThreadPool, Signal
from PySide6.QtGui import QKeySequence

from rabbitviewer.actions import Actions

_MOST_BYTES = 1 << 18
_PORTABLE = QKeySequence.SequenceFormat.PortableText


@dataclasses.dataclass(frozen=True)
class ShortcutFile:
    """What ``shortcuts.json`` says.

    Attributes:
        path: Where it stands, or would.
        keys: Shortcuts by action; an empty list takes them away.
        problem: Empty, or why it is ignored.
    """

    path: Path
    keys: dict[str, list[str]] = dataclasses.field(default_factory=dict[str, list[str]])
    problem: str = ""


def load_shortcuts(path: Path) -> ShortcutFile:
    """Read the file; a broken one is told and ignored."""
    try:
        with path.open("rb") as file:
            return ShortcutFile(path, msgspec.json.decode(file.read(_MOST_BYTES), type=_Keys))
    except FileNotFoundError:
        return ShortcutFile(path)
    except OSError as error:
        return ShortcutFile(path, problem=error.strerror or str(error))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return ShortcutFile(path, problem=str(error))


def save_shortcuts(path: Path, keys: dict[str, list[str]], *, keep_old: bool) -> None:
    """Write the file in one step; *keep_old* puts a broken one aside first.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if keep_old:
        with contextlib.suppress(FileNotFoundError):
            os.replace(path, path.with_suffix(".broken.json"))  # noqa: PTH105 - atomic everywhere
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(keys), indent=2) + b"\n")
    os.replace(beside, path)  # noqa: PTH105 - the one call that is atomic everywhere


class Shortcuts(QObject):
    """Which keys do what: the program's own, and what the user made of them.

    Signals:
        loaded: the file was read; ``problem`` says why it is ignored, if it is.
        save_failed: the file cannot be written (a sentence).
    """

    loaded = Signal()
    save_failed = Signal(str)
    _was_read = Signal(object)

    def __init__(self, actions: Actions, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._file = ShortcutFile(path)
        self._broken = False
        self._defaults = {spec.id: actions.keys(spec.id) for spec in actions.specs()}
        self._unknown: dict[str, list[str]] = {}
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._was_read.connect(self._take)

    def load(self) -> None:
        """Read the file, off the window's thread, and put its keys in force."""
        path = self._file.path
        self._pool.start(lambda: self._was_read.emit(load_shortcuts(path)))

    def _take(self, file: ShortcutFile) -> None:
        self._file = file
        self._broken = bool(file.problem)
        self._unknown = {name: keys for name, keys in file.keys.items() if name not in self}
        for name, keys in file.keys.items():
            if name in self:
                self._actions.set_keys(name, self._readable(keys))
        self.loaded.emit()

    def __contains__(self, action_id: str) -> bool:
        """Return whether there is such an action."""
        return action_id in self._defaults

    @property
    def problem(self) -> str:
        """Why the file was ignored; empty: it was not."""
        if not self._file.problem:
            return ""
        words = QCoreApplication.translate(
            "Shortcuts", "{file} is ignored, because it is no list of shortcuts: {detail}"
        )
        return words.format(file=self._file.path, detail=self._file.problem)

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def is_changed(self, action_id: str) -> bool:
        """Whether an action has other keys than it came with."""
        return self._actions.keys(action_id) != self._defaults[action_id]

    def owner(self, key: str, *, other_than: str = "") -> str:
        """Return the action that *key* belongs to; empty: it is free."""
        wanted = QKeySequence(key)
        rivals = self._rivals(other_than)
        for action_id in rivals:
            mine = self._actions[action_id].shortcuts()
            if any(_overlap(wanted, each) for each in mine):
                return action_id
        return ""

    def _rivals(self, action_id: str) -> list[str]:
        """Return the actions whose keys count in the same room; those of painting are apart."""
        specs = tuple(self._actions.specs())
        painting = any(spec.mask_only for spec in specs if spec.id == action_id)
        return [s.id for s in specs if s.id != action_id and s.mask_only == painting]

    def add(self, action_id: str, key: str) -> None:
        """Let *key* do an action, and nothing else from now on."""
        self._take_away(key, except_from=action_id)
        mine = [each for each in self._actions.keys(action_id) if each != key]
        self._actions.set_keys(action_id, [*mine, key])
        self._save()

    def remove(self, action_id: str, key: str) -> None:
        """Take *key* from an action."""
        kept = [each for each in self._actions.keys(action_id) if each != key]
        self._actions.set_keys(action_id, kept)
        self._save()

    def swap(self, action_id: str, key: str) -> None:
        """Give *key* to an action, and the keys it had to the one that had *key*."""
        owner = self.owner(key, other_than=action_id)
        if not owner:
            self.add(action_id, key)
            return
        theirs = [each for each in self._actions.keys(owner) if each != key]
        mine = list(self._actions.keys(action_id))
        self._actions.set_keys(owner, [*mine, *theirs])
        self._actions.set_keys(action_id, [key])
        self._save()

    def reset(self, action_id: str) -> None:
        """Give an action its own keys back; who took one of them loses it."""
        for key in self._defaults[action_id]:
            self._take_away(key, except_from=action_id)
        self._actions.set_keys(action_id, self._defaults[action_id])
        self._save()

    def reset_all(self) -> None:
        """Give every action the keys it came with."""
        for name, keys in self._defaults.items():
            if self._actions.keys(name) != keys:
                self._actions.set_keys(name, keys)
        self._save()

    def finish(self) -> None:
        """Wait until the file is written; called once, when the window is gone."""
        self._pool.waitForDone()

    def _take_away(self, key: str, *, except_from: str) -> None:
        owner = self.owner(key, other_than=except_from)
        while owner:
            wanted = QKeySequence(key)
            kept = [k for k in self._actions.keys(owner) if not _overlap(wanted, QKeySequence(k))]
            self._actions.set_keys(owner, kept)
            owner = self.owner(key, other_than=except_from)

    def _readable(self, keys: list[str]) -> list[str]:
        """Return those that are keys at all."""
        sequences = [QKeySequence(key) for key in keys]
        return [each.toString(_PORTABLE) for each in sequences if not _is_empty(each)]

    def _save(self) -> None:
        changed = {name: list(self._actions.keys(name)) for name in self._defaults}
        kept = {name: keys for name, keys in changed.items() if self.is_changed(name)}
        keep_old, self._broken = self._broken, False
        self._file = ShortcutFile(self._file.path)
        keys = dict(sorted({**self._unknown, **kept}.items()))
        path = self._file.path
        self._pool.start(lambda: self._write(path, keys, keep_old=keep_old))

    def _write(self, path: Path, keys: dict[str, list[str]], *, keep_old: bool) -> None:
        """Write the file, in the pool's thread."""
        try:
            save_shortcuts(path, keys, keep_old=keep_old)
        except OSError as error:
            words = QCoreApplication.translate(
                "Shortcuts", "{file} cannot be written: {detail}. The keys count until you quit."
            )
            detail = error.strerror or str(error)
            self.save_failed.emit(words.format(file=path, detail=detail))


_Keys = dict[str, list[str]]


def _overlap(first: QKeySequence, second: QKeySequence) -> bool:
    return not _is_empty(first) and first.matches(second) != QKeySequence.SequenceMatch.NoMatch


def _is_empty(sequence: QKeySequence) -> bool:
    return sequence.isEmpty() or not sequence.toString(_PORTABLE).strip()
