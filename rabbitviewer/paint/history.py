"""What a mask was before each change, tile by tile, as far back as memory and disk allow."""

from __future__ import annotations

import dataclasses
import functools
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThreadPool, Signal

from rabbitviewer.paint.spill import Place, SpillFile, Tiles, pack, size_of

LEAST_STEPS = 200
_DISK_SHARE = 16

_log = logging.getLogger(__name__)


@dataclasses.dataclass(eq=False)
class _Step:
    """One change, seen from its other side.

    Attributes:
        tiles: The values to put back; empty while they are in the file.
        place: Where in the file; None: in memory.
        packed: Whether the values are small already.
        leaving: It is being written to the file.
    """

    tiles: Tiles
    place: Place | None = None
    packed: bool = False
    leaving: bool = False
    size_bytes: int = 0

    def measure(self) -> None:
        self.size_bytes = sum(size_of(values) for values in self.tiles.values())


class History(QObject):
    """The steps back and forth. Packing, writing and reading are done in a thread of its own.

    Above the bound the steps furthest away go to a file, which may grow to 16 times the bound; the
    oldest are forgotten after that, never when fewer than 200 would be left.

    Signals:
        changed: other steps can be taken than before.
        failed: a step is lost (a sentence).
    """

    changed = Signal()
    failed = Signal(str)
    _packed = Signal(object, object)
    _stored = Signal(object, object)
    _loaded = Signal(object, object)

    def __init__(self, limit_bytes: int, folder: Path, parent: QObject | None = None) -> None:
        """Begin without a step.

        Args:
            limit_bytes: What the steps may take in memory.
            folder: Where the file for more is made, in the cache.
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._limit = limit_bytes
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._file = SpillFile(folder)
        self._disk_works = True
        self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._then: dict[int, Callable[[Tiles], object]] = {}
        self._packed.connect(self._on_packed)
        self._stored.connect(self._on_stored)
        self._loaded.connect(self._on_loaded)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step forth."""
        return bool(self._redo)

    @property
    def memory_bytes(self) -> int:
        """What the steps take in memory now."""
        return sum(step.size_bytes for step in (*self._undo, *self._redo))

    @property
    def spilled(self) -> int:
        """How many steps are in the file."""
        return sum(step.place is not None for step in (*self._undo, *self._redo))

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be packed or written."""
        return all(s.packed and not s.leaving for s in (*self._undo, *self._redo))

    def add(self, tiles: Tiles) -> None:
        """Keep the values that *tiles* had before a change; what was undone is forgotten."""
        for step in self._redo:
            self._forget(step)
        self._redo.clear()
        self._push(self._undo, tiles)

    def put_back(self, tiles: Tiles, *, redo: bool) -> None:
        """Keep the other side of a step that was taken (*redo*: forth), to take it back again."""
        self._push(self._undo if redo else self._redo, tiles)

    def take(self, then: Callable[[Tiles], object], *, redo: bool = False) -> bool:
        """Take the nearest step back (*redo*: forth) and call *then* with its values.

        Returns:
            Whether there is one. *then* is called at once or when the values have been read; with
            none of them when they could not be.
        """
        steps = self._redo if redo else self._undo
        if not steps:
            return False
        step = steps.pop()
        if step.place is None:
            tiles, step.tiles, step.size_bytes = step.tiles, {}, 0
            then(tiles)
        else:
            place = step.place
            self._then[id(step)] = then
            self._pool.start(lambda: self._load(step, place), 1)
        self.changed.emit()
        return True

    def close(self) -> None:
        """Forget everything."""
        self._closed = True
        self._undo.clear()
        self._redo.clear()
        self._pool.clear()
        self._pool.waitForDone()
        self._file.close()

    # ------------------------------------------------------------ in the window's thread

    def _push(self, steps: list[_Step], tiles: Tiles) -> None:
        step = _Step(tiles)
        step.measure()
        steps.append(step)
        self._pool.start(lambda: self._pack(step, dict(tiles)))
        self.changed.emit()

    def _on_packed(self, step: _Step, tiles: Tiles) -> None:
        if step.tiles:
            step.tiles = tiles
            step.measure()
        step.packed = True
        self._keep_bounds()

    def _on_stored(self, step: _Step, place: Place | None) -> None:
        step.leaving = False
        if place is None:
            self._disk_works = False
        elif step in self._undo or step in self._redo:
            step.tiles, step.place, step.size_bytes = {}, place, 0
        else:
            self._pool.start(lambda: self._file.free(place))
        self._keep_bounds()

    def _on_loaded(self, step: _Step, tiles: Tiles | None) -> None:
        if tiles is None:
            self.failed.emit(
                self.tr("An older step of this mask could not be read again: it is left out.")
            )
        self._then.pop(id(step))(tiles or {})

    def _keep_bounds(self) -> None:
        memory = sum(s.size_bytes for s in (*self._undo, *self._redo) if not s.leaving)
        for step in (*self._undo, *self._redo):
            if memory <= self._limit:
                break
            if self._disk_works and step.packed and step.size_bytes and not step.leaving:
                step.leaving = True
                memory -= step.size_bytes
                self._pool.start(functools.partial(self._store, step))
        while len(self._undo) > LEAST_STEPS and self._is_too_much(memory):
            step = self._undo.pop(0)
            memory -= step.size_bytes
            self._forget(step)

    def _is_too_much(self, memory: int) -> bool:
        if self._disk_works:
            return self._file.size_bytes > _DISK_SHARE * self._limit
        return memory > self._limit

    def _forget(self, step: _Step) -> None:
        place = step.place
        if place is not None:
            self._pool.start(lambda: self._file.free(place))

    # ------------------------------------------------------------ in the thread

    def _pack(self, step: _Step, tiles: Tiles) -> None:
        for key, values in tiles.items():
            if self._closed:
                return
            tiles[key] = pack(values)
        self._packed.emit(step, tiles)

    def _store(self, step: _Step) -> None:
        try:
            place = self._file.store(step.tiles)
        except OSError as error:
            _log.warning("Undo steps stay in memory: %s", error)
            place = None
        self._stored.emit(step, place)

    def _load(self, step: _Step, place: Place) -> None:
        try:
            tiles = self._file.load(place)
        except (OSError, msgspec.MsgspecError):
            _log.exception("An undo step could not be read")
            tiles = None
        self._loaded.emit(step, tiles)
