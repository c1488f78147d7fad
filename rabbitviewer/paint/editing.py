"""Everything that changes a mask under the user's hand: strokes, shapes, fills, undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QRect, Signal

from daemon.imaging.masks.boxes import Box, TileKey, Values, tile_box, tile_keys, uniform_value
from daemon.imaging.masks.brush import Brush, StrokePoint
from daemon.imaging.masks.combine import Mode, combine, combine_uniform
from daemon.imaging.masks.shapes import Cover
from daemon.imaging.masks.stamp import StampCache
from daemon.imaging.masks.stroke import Stroke
from rabbitviewer.paint.buffer import Mapping, MaskBuffer, to_box, to_rect, values_in
from rabbitviewer.paint.history import History
from rabbitviewer.paint.spill import Tiles, unpack
from rabbitviewer.paint.tools import Shape
from rabbitviewer.paint.turns import Turns, Work

_MB = 1 << 20
_BATCH_TILES = 8
_PATIENCE_S = 2.0

Make = Callable[[Box, Values], Values | int | None]


class MaskEditing(QObject):
    """Changes one mask. All work is done in the order asked for, long work over several turns.

    What is asked for while long work runs waits for its turn, strokes as well; nothing is lost.

    Signals:
        changed: values were changed there (pixels of the photo).
        refreshed: nothing changed, but more of the mask can be drawn now (while it is opened).
        loaded: all of the mask can be drawn, and whether it is empty is known.
        history_changed: other steps can be undone or redone than before.
        busy_changed: long work began or ended.
        failed: something is lost (a sentence).
    """

    changed = Signal(QRect)
    refreshed = Signal(QRect)
    loaded = Signal()
    history_changed = Signal()
    busy_changed = Signal(bool)
    failed = Signal(str)

    def __init__(
        self,
        buffer: MaskBuffer,
        spill_folder: Path,
        undo_mb: int = 256,
        parent: QObject | None = None,
    ) -> None:
        """Begin, and look through the mask over the next turns of the event loop.

        Args:
            buffer: The mask.
            spill_folder: In the cache; where undo steps go that memory has no room for.
            undo_mb: What they may take in memory (the setting ``masks.undo_mb``).
            parent: Qt's owner.
        """
        super().__init__(parent)
        self._buffer = buffer
        self._history = History(undo_mb * _MB, spill_folder, self)
        self._history.changed.connect(self.history_changed)
        self._history.failed.connect(self.failed)
        self._turns = Turns(self)
        self._turns.busy_changed.connect(self.busy_changed)
        self._stamps = StampCache()
        self._stroke: Stroke | None = None
        self._last: StrokePoint | None = None
        self._visible = buffer.box
        self._taken: Tiles = {}
        self._turns.run_soon(self._load)

    # ------------------------------------------------------------ what is known

    @property
    def buffer(self) -> MaskBuffer:
        """The mask."""
        return self._buffer

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return self._history.can_redo

    @property
    def is_busy(self) -> bool:
        """Whether long work goes on."""
        return self._turns.is_busy

    @property
    def is_stroking(self) -> bool:
        """Whether a stroke is being painted."""
        return self._stroke is not None

    @property
    def history(self) -> History:
        """The steps."""
        return self._history

    def set_visible(self, visible: QRect) -> None:
        """Let long work begin with what is seen (pixels of the photo)."""
        self._visible = to_box(visible).intersected(self._buffer.box)

    def when_idle(self, then: Callable[[], object]) -> None:
        """Call *then* after all that was asked for so far; at once when nothing is left."""

        def work() -> Work:
            then()
            yield True

        self._turns.run(work)

    # ------------------------------------------------------------ strokes

    def begin_stroke(self, brush: Brush, point: StrokePoint, *, erase: bool = False) -> None:
        """Put the brush down at *point*; a stroke that was not ended is ended."""
        self._turns.run(lambda: self._begin(brush, point, erase))

    def extend_stroke(self, points: Sequence[StrokePoint]) -> None:
        """Go on through *points*; without a stroke nothing happens."""
        self._turns.run(lambda: self._extend(tuple(points)))

    def end_stroke(self) -> None:
        """Lift the brush: the stroke becomes one step of the history."""
        self._turns.run(self._end)

    def cancel_stroke(self) -> None:
        """Take the stroke back as if it had not been."""
        self._turns.run(self._cancel)

    def line_to(self, brush: Brush, point: StrokePoint, *, erase: bool = False) -> None:
        """Draw a straight line from where the last stroke ended; a dab when there was none."""
        self._turns.run(lambda: self._line(brush, point, erase))

    # ------------------------------------------------------------ shapes and whole masks

    def fill_shape(self, shape: Shape, mode: Mode) -> None:
        """Combine the mask with a shape, see :func:`~daemon.imaging.masks.combine.combine`."""
        self._turns.run(lambda: self._combine(shape.cover(), mode))

    def apply_values(self, mapping: Mapping, box: QRect, mode: Mode, offset: int = 0) -> None:
        """Combine the mask with a selection that somebody else worked out.

        Args:
            mapping: One byte per pixel, rows from the top; kept until the work is done.
            box: Where they lie (pixels of the photo); everything else is not selected.
            mode: How.
            offset: Where in *mapping* they begin.

        Raises:
            ValueError: The mapping is too short.
        """
        given = _Given(values_in(mapping, offset, box.width(), box.height()), to_box(box))
        self._turns.run(lambda: self._combine(given, mode))

    def replace_values(self, mapping: Mapping, box: QRect, offset: int = 0) -> None:
        """Put other values in the place of those of *box* (the mask grown, feathered …).

        Args and errors as of :meth:`apply_values`; what lies outside *box* stays.
        """
        given = values_in(mapping, offset, box.width(), box.height())
        place = to_box(box)

        def make(tile: Box, before: Values) -> Values:
            after = before.copy()
            part = tile.intersected(place)
            after[part.inside(tile)] = given[part.inside(place)]
            return after

        self._turns.run(lambda: self._change(self._ordered(place), make))

    def invert(self) -> None:
        """Let white become black, and the other way round."""
        self._turns.run(lambda: self._change(self._ordered(self._buffer.box), _inverted))

    def clear(self) -> None:
        """Make all of it 0."""
        self._turns.run(lambda: self._change(self._ordered(self._buffer.box), _nothing))

    def fill(self) -> None:
        """Make all of it 255."""
        self._turns.run(lambda: self._change(self._ordered(self._buffer.box), _everything))

    # ------------------------------------------------------------ history

    def undo(self) -> None:
        """Take the last step back; without one nothing happens."""
        self._turns.run(lambda: self._go(redo=False))

    def redo(self) -> None:
        """Do again what was undone last; without anything nothing happens."""
        self._turns.run(lambda: self._go(redo=True))

    def rebind(self, buffer: MaskBuffer) -> None:
        """Go on in another mapping of the same mask: the values are copied, the history stays.

        Raises:
            ValueError: It has another size.
        """
        if buffer.box != self._buffer.box:
            raise ValueError(
                f"A mask of {self._buffer.width} x {self._buffer.height} pixels cannot go on in "
                f"one of {buffer.width} x {buffer.height}: open it anew."
            )
        self._turns.run(lambda: self._move_to(buffer))

    def finish(self) -> None:
        """Do all that was asked for now, before this returns; for at most two seconds."""
        self.end_stroke()
        self._turns.finish(_PATIENCE_S)

    def close(self) -> None:
        """Stop at once: a stroke stays as far as it got, the history is forgotten."""
        self._turns.clear()
        self._stroke = None
        self._history.close()

    # ------------------------------------------------------------ work

    def _load(self) -> Work:
        boxes: list[Box] = []
        for key in self._ordered(self._buffer.box):
            boxes.append(tile_box(key, self._buffer.box))
            if len(boxes) == _BATCH_TILES:
                self.refreshed.emit(to_rect(self._buffer.refresh(boxes)))
                boxes.clear()
                yield True
        self.refreshed.emit(to_rect(self._buffer.refresh(boxes)))
        self.loaded.emit()

    def _begin(self, brush: Brush, point: StrokePoint, erase: bool) -> Work:
        yield from self._end()
        self._stroke = Stroke(self._buffer.values, brush, erase=erase, stamps=self._stamps)
        yield from self._extend((point,))

    def _extend(self, points: Sequence[StrokePoint]) -> Work:
        if self._stroke is not None and points:
            self._stroke.add(points)
            self._last = points[-1]
            yield from self._paint(self._stroke)

    def _paint(self, stroke: Stroke) -> Work:
        while stroke.is_waiting:
            self._show(stroke.paint())
            yield True

    def _end(self) -> Work:
        stroke = self._stroke
        if stroke is None:
            return
        stroke.finish()
        yield from self._paint(stroke)
        self._stroke = None
        limits, values = self._buffer.box, self._buffer.values
        self._remember(
            {
                key: before
                for key, before in stroke.before.items()
                if not _is_all(values[tile_box(key, limits).slices], before)
            }
        )

    def _cancel(self) -> Work:
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            yield from self._put(dict(stroke.before), {})

    def _line(self, brush: Brush, point: StrokePoint, erase: bool) -> Work:
        start = self._last
        yield from self._begin(brush, start or point, erase)
        if start is not None:
            yield from self._extend((point,))
        yield from self._end()

    def _combine(self, cover: Cover, mode: Mode) -> Work:
        def make(tile: Box, before: Values) -> Values | None:
            selection = cover.cover(tile)
            if isinstance(selection, int):
                return combine_uniform(before, selection, mode)
            return combine(before, selection, mode)

        within = cover.box if mode in {"add", "subtract"} else self._buffer.box
        yield from self._change(self._ordered(within), make)

    def _change(self, keys: Iterable[TileKey], make: Make) -> Work:
        """Let *make* work out new values tile by tile (None: as they are); one step."""
        yield from self._end()
        limits, values = self._buffer.box, self._buffer.values
        before: Tiles = {}
        boxes: list[Box] = []
        for count, key in enumerate(keys, 1):
            tile = tile_box(key, limits)
            target = values[tile.slices]
            after = make(tile, target)
            if after is not None and not _is_all(target, after):
                before[key] = _kept(target)
                target[:] = after
                boxes.append(tile)
            if count % _BATCH_TILES == 0:
                self._show(boxes)
                boxes.clear()
                yield True
        self._show(boxes)
        self._remember(before)

    def _go(self, *, redo: bool) -> Work:
        yield from self._end()
        taken: list[Tiles] = []

        def then(tiles: Tiles) -> None:
            taken.append(tiles)
            self._turns.resume()

        if not self._history.take(then, redo=redo):
            return
        while not taken:
            yield False
        other: Tiles = {}
        yield from self._put(taken[0], other)
        if other:
            self._history.put_back(other, redo=redo)

    def _put(self, tiles: Tiles, other: Tiles) -> Work:
        """Put the values of *tiles* in place; what was there goes into *other*."""
        limits, values = self._buffer.box, self._buffer.values
        boxes: list[Box] = []
        for count, key in enumerate(self._seen_first(tiles), 1):
            tile = tile_box(key, limits)
            other[key] = _kept(values[tile.slices])
            values[tile.slices] = unpack(tiles[key])
            boxes.append(tile)
            if count % _BATCH_TILES == 0:
                self._show(boxes)
                boxes.clear()
                yield True
        self._show(boxes)

    def _move_to(self, buffer: MaskBuffer) -> Work:
        yield from self._end()
        old, self._buffer = self._buffer, buffer
        for count, key in enumerate(tile_keys(buffer.box), 1):
            part = tile_box(key, buffer.box).slices
            buffer.values[part] = old.values[part]
            if count % _BATCH_TILES == 0:
                yield True
        yield from self._load()

    def _show(self, boxes: Sequence[Box]) -> None:
        if boxes:
            self.changed.emit(to_rect(self._buffer.refresh(boxes)))

    def _remember(self, before: Tiles) -> None:
        if before:
            self._history.add(before)

    def _ordered(self, box: Box) -> list[TileKey]:
        return self._seen_first(tile_keys(box.intersected(self._buffer.box)))

    def _seen_first(self, keys: Iterable[TileKey]) -> list[TileKey]:
        seen = set(tile_keys(self._visible))
        return sorted(keys, key=lambda key: key not in seen)


class _Given:
    """A selection that is there already."""

    def __init__(self, values: Values, box: Box) -> None:
        self.box = box
        self._values = values

    def cover(self, box: Box) -> Values | int:
        part = box.intersected(self.box)
        if part.is_empty:
            return 0
        selection = np.zeros((box.height, box.width), np.uint8)
        selection[part.inside(box)] = self._values[part.inside(self.box)]
        return selection


def _nothing(_tile: Box, _before: Values) -> int:
    return 0


def _everything(_tile: Box, _before: Values) -> int:
    return 255


def _inverted(_tile: Box, before: Values) -> Values:
    return ~before


def _is_all(values: Values, other: Values | int) -> bool:
    if isinstance(other, int):
        return uniform_value(values) == other
    return np.array_equal(values, other)


def _kept(values: Values) -> Values | int:
    """Copy the values of a tile; one number where all are equal."""
    uniform = uniform_value(values)
    return values.copy() if uniform is None else uniform
