"""Painting a mask in the whole window, with a real daemon: from a mouse event to repainted pixels.

Usage: ``python benchmarks/painting_window.py [--photo FILE] [--moves N]``. Without a display it
runs offscreen; on one (Xvfb) it uses it. A photo of 8192 x 6144 is made when none is named. Every
figure stands beside ``copy``: the time that a plain copy of the whole mask's bytes takes in the
same run, so that machines can be compared.

- ``open``: from pressing B, the preview being there, until strokes count: the first time at all
  (modules and tools are loaded), again for an unpainted photo, and for one that has a mask
- ``event``: from sending one mouse move to the end of the paint that shows it, the window at fit
- ``turn``: the longest turn of the event loop while it was painted and saved
- ``memory``: what window memory grew by, bytes per pixel of the mask (PSS; the mapping included)
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from own_window import OwnWindow, Paints
from photos import write_jpeg
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.messages import ShutdownRequest
from rabbitviewer.composition import Built, build
from rabbitviewer.ipc.launcher import start_daemon
from rabbitviewer.masking.settings import PaintSettings
from rabbitviewer.models.masks import MaskModel
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme

SIZE = (8192, 6144)
BRUSHES = (200, 1000)
_PATIENCE_S = 60.0
_REST_S = 2.0
_STEP_PX = 7.0
_ROW_PX = 37.0
_ROW_MOVES = 100


class Bench(OwnWindow):
    """One window with one photo."""

    def __init__(self, application: QApplication, built: Built, photo: Path) -> None:
        super().__init__(application, built, _PATIENCE_S)
        self._photo = photo
        self.masks = built.window.findChild(MaskModel)

    def show_photo(self) -> None:
        """Show the photo whole and put it into the pool."""
        built = self.built
        self.appear()
        built.navigator.open_photo(os.fsencode(self._photo))
        built.later.finish()

        def is_there() -> bool:
            shown = self.canvas.picture
            return shown is not None and shown.quality in ("screen", "full")

        self.wait("the preview", is_there)

    def open_editor(self) -> float:
        """Press B; return how long it takes until strokes count, seconds."""
        self.built.window.actions_by_id["pool.paint"].trigger()
        return self.wait("painting", lambda: self.masks.is_painting)

    def close_editor(self) -> None:
        """End painting, everything saved; the preview for the larger area is waited for."""
        self.built.window.actions_by_id["mask.done"].trigger()
        self.wait("the end", lambda: not self.masks.is_painting and self.masks.is_saved)
        self.rest(_REST_S)

    def stroke(self, size_px: int, moves: int) -> list[float]:
        """Paint one long stroke; return the milliseconds of every move."""
        editing = self.masks.editing
        settings = self.built.window.findChild(PaintSettings)
        settings.set(size_px=float(size_px), tool="brush")
        paints = Paints(self.canvas)
        x, y = self.canvas.width() * 0.2, self.canvas.height() * 0.2
        self._send(QEvent.Type.MouseButtonPress, x, y)
        self.wait("rest", lambda: not editing.is_busy)
        spent: list[float] = []
        for count in range(moves):
            x += _STEP_PX if (count // _ROW_MOVES) % 2 == 0 else -_STEP_PX
            y += _ROW_PX if count % _ROW_MOVES == _ROW_MOVES - 1 else 0.0
            before, began = paints.count, time.perf_counter()
            self._send(QEvent.Type.MouseMove, x, y)
            while paints.count == before or editing.is_busy:
                self.turn()
            spent.append(1e3 * (time.perf_counter() - began))
        self._send(QEvent.Type.MouseButtonRelease, x, y)
        self.wait("rest", lambda: not editing.is_busy)
        self.canvas.removeEventFilter(paints)
        return spent

    def save(self) -> float:
        """Wait until everything painted is saved; return the seconds."""
        return self.wait("saving", lambda: self.masks.is_saved)

    def _send(self, kind: QEvent.Type, x: float, y: float) -> None:
        here = QPointF(x, y)
        there = QPointF(self.canvas.mapToGlobal(here.toPoint()))
        moving = kind == QEvent.Type.MouseMove
        button = Qt.MouseButton.NoButton if moving else Qt.MouseButton.LeftButton
        held = Qt.MouseButton.LeftButton
        if kind == QEvent.Type.MouseButtonRelease:
            held = Qt.MouseButton.NoButton
        event = QMouseEvent(kind, here, there, button, held, Qt.KeyboardModifier.NoModifier)
        self._app.sendEvent(self.canvas, event)


def pss_bytes() -> int:
    """Return this process's proportional memory, bytes; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def copy_ms() -> float:
    """Return the median time of copying a mask of this size, milliseconds."""
    source = np.zeros(SIZE[::-1], np.uint8)
    target = np.empty_like(source)
    times: list[float] = []
    for _ in range(9):
        began = time.perf_counter()
        np.copyto(target, source)
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times)


def measure(bench: Bench, moves: int) -> dict[str, float]:
    """Open, paint, save; return the figures."""
    figures = {"copy_ms": copy_ms()}
    bench.show_photo()
    figures["first_open_ms"] = 1e3 * bench.open_editor()
    bench.close_editor()
    gc.collect()
    before = pss_bytes()
    figures["open_ms"] = 1e3 * bench.open_editor()
    for size_px in BRUSHES:
        bench.stroke(size_px, 20)
        bench.longest_turn_ms = 0.0
        spent = sorted(bench.stroke(size_px, moves))
        figures[f"brush_{size_px}_p50_ms"] = statistics.median(spent)
        figures[f"brush_{size_px}_p95_ms"] = spent[int(0.95 * len(spent))]
        figures[f"brush_{size_px}_longest_turn_ms"] = bench.longest_turn_ms
    bench.longest_turn_ms = 0.0
    figures["save_ms"] = 1e3 * bench.save()
    figures["save_longest_turn_ms"] = bench.longest_turn_ms
    figures["bytes_per_px"] = (pss_bytes() - before) / (SIZE[0] * SIZE[1])
    bench.close_editor()
    figures["open_painted_ms"] = 1e3 * bench.open_editor()
    bench.close_editor()
    return figures


def main() -> int:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photo", type=Path, help="a photo of 8192 x 6144 pixels")
    parser.add_argument("--moves", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rv-bench-") as temp:
        os.environ["RABBITVIEWER_HOME"] = temp
        photo = args.photo or write_jpeg(Path(temp) / "photo.jpg", *SIZE)
        application = QApplication(sys.argv[:1])
        folders = resolve_folders()
        built = build(folders, WindowState(), Theme(application, "dark"), launch=start_daemon)
        try:
            figures = measure(Bench(application, built, photo.absolute()), args.moves)
        finally:
            built.client.send(ShutdownRequest(force=True))
            application.processEvents()
            built.window.close()
            built.client.close()
        if args.json:
            print(json.dumps(figures))
        else:
            unit = figures["copy_ms"]
            for name, value in figures.items():
                times = f"{value / unit:8.2f} x copy" if name.endswith("_ms") else ""
                print(f"{name:28}{value:10.2f} {times}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
