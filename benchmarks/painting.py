"""How long painting takes on a 50 MP mask: per mouse move, and for whole masks.

A move is timed from the point given to the engine until the dirty rectangle of the overlay is drawn
into a picture of the screen's format, at a zoom where the whole photo fits. Next to the wall clock
stands the thread's own time, which a busy machine does not falsify. The reference is ``np.copyto``
of as many bytes as the brush's square has, timed between the moves.

    python benchmarks/painting.py [--width 8192] [--height 6144] [--moves 240] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6 import __version__ as qt_version
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QApplication

from rabbitviewer.paint.buffer import MaskBuffer
from rabbitviewer.paint.editing import MaskEditing
from rabbitviewer.paint.overlay import MaskOverlay, OverlayLook
from rabbitviewer.paint.tools import Brush, Ellipse, LinearGradient, StrokePoint

AREA = (1500, 1100)
MOVE_DEVICE_PX = 10
LIMITS_MS = {200: 8.0, 1000: 16.0}


class Desk:
    """A mask with everything that a move needs."""

    def __init__(self, width, height, folder):
        self.width, self.height = width, height
        self.buffer = MaskBuffer(bytearray(width * height), 0, width, height)
        self.editing = MaskEditing(self.buffer, folder)
        self.overlay = MaskOverlay(self.buffer)
        self.zoom = min(AREA[0] / width, AREA[1] / height)
        self.to_device = QTransform.fromScale(self.zoom, self.zoom)
        self.screen = QImage(*AREA, QImage.Format.Format_RGB32)
        self.screen.fill(0)
        self.look = OverlayLook(QColor("#e5484d"), 0.5)
        self.dirty = []
        self.editing.changed.connect(self.dirty.append)
        self.wait()

    def wait(self):
        """Let long work end."""
        while self.editing.is_busy:
            QApplication.processEvents()

    def paint_dirty(self):
        """Draw what was changed since the last time."""
        rect = QRect()
        for each in self.dirty:
            rect = rect.united(each)
        self.dirty.clear()
        seen = self.to_device.mapRect(QRectF(rect)).toAlignedRect().adjusted(-1, -1, 1, 1)
        self.draw(seen.intersected(self.screen.rect()))

    def draw(self, rect):
        """Draw a part of the screen."""
        painter = QPainter(self.screen)
        self.overlay.draw(painter, self.to_device, rect, self.look)
        painter.end()


def way(desk, moves):
    """A winding way over the whole photo, as fast as a hand draws."""
    rng = np.random.default_rng(7)
    step = MOVE_DEVICE_PX / desk.zoom
    column, row, angle = desk.width / 2, desk.height / 2, 0.0
    points = []
    for _ in range(moves + 1):
        points.append(StrokePoint(column, row))
        angle += rng.normal(0, 0.25)
        inside = 0.1 * desk.width < column < 0.9 * desk.width
        inside = inside and 0.1 * desk.height < row < 0.9 * desk.height
        if not inside:
            angle = math.atan2(desk.height / 2 - row, desk.width / 2 - column)
        column += step * math.cos(angle)
        row += step * math.sin(angle)
    return points


def timed(work):
    wall, own = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - wall) * 1e3, (time.thread_time() - own) * 1e3


def figures(values):
    return {
        "p50": round(float(np.percentile(values, 50)), 4),
        "p95": round(float(np.percentile(values, 95)), 4),
        "max": round(float(np.max(values)), 4),
    }


def moves(desk, brush, points):
    """Paint one stroke and time each move."""
    desk.editing.clear()
    desk.wait()
    desk.dirty.clear()
    source = np.ones(int(brush.size_px) ** 2, np.uint8)
    target = np.empty_like(source)
    wall, own, copies = [], [], []

    def move(point):
        desk.editing.extend_stroke([point])
        desk.paint_dirty()

    desk.editing.begin_stroke(brush, points[0])
    for point in points[1:]:
        spent = timed(lambda point=point: move(point))
        wall.append(spent[0])
        own.append(spent[1])
        copies.append(timed(lambda: np.copyto(target, source))[0])
        desk.wait()
        desk.dirty.clear()
    desk.editing.end_stroke()
    desk.wait()
    return {"wall_ms": figures(wall), "own_ms": figures(own), "copyto_ms": figures(copies)}


def turns(desk, work):
    """Total time of long work, and its longest turn of the event loop."""
    spent = [timed(work)[0]]
    while desk.editing.is_busy:
        spent.append(timed(QApplication.processEvents)[0])
    desk.dirty.clear()
    return {"total_ms": round(sum(spent), 1), "longest_turn_ms": round(max(spent), 1)}


def memory(desk, brush):
    """Bytes per pixel while one stroke covers the whole photo, at the most."""
    desk.editing.clear()
    desk.wait()
    step = brush.size_px / 2
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    desk.editing.begin_stroke(brush, StrokePoint(0, 0))
    for number, row in enumerate(np.arange(0, desk.height + step, step)):
        ends = (0, desk.width) if number % 2 == 0 else (desk.width, 0)
        desk.editing.extend_stroke([StrokePoint(column, row) for column in ends])
        desk.wait()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    desk.editing.end_stroke()
    desk.wait()
    pixels = desk.width * desk.height
    levels = desk.buffer.pyramid.size_bytes
    return {
        "mask": 1.0,
        "pyramid": round(levels / pixels, 3),
        "stroke_peak": round(peak / pixels, 3),
        "together": round(1 + (levels + peak) / pixels, 3),
    }


def whole_mask(desk):
    """Long work and its undo."""
    editing = desk.editing
    box = (0.1 * desk.width, 0.1 * desk.height, 0.9 * desk.width, 0.9 * desk.height)
    found = {}
    for name, work in {
        "fill": editing.fill,
        "invert": editing.invert,
        "ellipse, replace": lambda: editing.fill_shape(Ellipse(*box), "replace"),
        "linear gradient, add": lambda: editing.fill_shape(LinearGradient(*box), "add"),
    }.items():
        found[name] = turns(desk, work)
        found[f"undo {name}"] = turns(desk, editing.undo)
        editing.redo()
        desk.wait()
    found["undo memory, MB"] = round(editing.history.memory_bytes / 1e6, 1)
    return found


def views(desk):
    """A repaint of the whole area, per view."""
    found = {}
    for view in ("overlay", "mask", "ants"):
        desk.look = OverlayLook(QColor("#e5484d"), 0.5, view)
        own = [timed(lambda: desk.draw(desk.screen.rect())) for _ in range(9)]
        found[view] = {
            "first_ms": round(own[0][0], 2),
            "wall_ms": round(float(np.median([w for w, _ in own])), 2),
        }
    return found


def measure(arguments):
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(arguments.width, arguments.height, Path(folder))
        points = way(desk, arguments.moves)
        found = {"moves": [], "memory_bytes_per_px": {}}
        for size in (200, 1000):
            for hardness in (1.0, 0.5):
                for flow in (1.0, 0.3):
                    brush = Brush(size, hardness, flow=flow)
                    row = {"size_px": size, "hardness": hardness, "flow": flow}
                    row |= moves(desk, brush, points)
                    row["within"] = row["wall_ms"]["p95"] <= LIMITS_MS[size]
                    found["moves"].append(row)
        found["views"] = views(desk)
        found["whole_mask"] = whole_mask(desk)
        for name, flow in (("flow 1", 1.0), ("flow 0.02", 0.02)):
            found["memory_bytes_per_px"][name] = memory(desk, Brush(900, 0.0, flow=flow))
        desk.editing.close()
    return found


def show(found):
    print("per move (ms)                 p50    p95    max   own p95   copyto p50  goal")
    for row in found["moves"]:
        wall = row["wall_ms"]
        name = f"{row['size_px']} px, hardness {row['hardness']}, flow {row['flow']}"
        print(
            f"{name:28s}{wall['p50']:6.2f} {wall['p95']:6.2f} {wall['max']:6.2f}"
            f"{row['own_ms']['p95']:10.2f}{row['copyto_ms']['p50']:13.4f}"
            f"  {'kept' if row['within'] else 'MISSED'}"
        )
    for part in ("views", "whole_mask", "memory_bytes_per_px"):
        print(f"\n{part.replace('_', ' ')}")
        for name, value in found[part].items():
            print(f"  {name:28s}{json.dumps(value)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=8192)
    parser.add_argument("--height", type=int, default=6144)
    parser.add_argument("--moves", type=int, default=240)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    application = QApplication(sys.argv[:1])
    found = {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}",
        "versions": {"numpy": np.__version__, "qt": qt_version},
        "mask": f"{arguments.width} x {arguments.height}",
    } | measure(arguments)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{found['mask']}, {found['machine']}, {found['versions']}")
        show(found)
    application.quit()


if __name__ == "__main__":
    main()
