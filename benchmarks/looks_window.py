"""The Looks tab in the whole window, with a real daemon: thumbnails, live strength, 500 photos.

Usage: ``python benchmarks/looks_window.py [--photo FILE ...] [--events N] [--batch N]``. Without a
display it runs offscreen; on one (Xvfb) it uses it. Photos of 6000 x 4000 are made when none are
named. Times of the slider stand beside ``repaint``: what painting the same photo again without any
look takes in the same run, so that machines can be compared.

- ``thumbnails``: from the request for 24 looks on another photo until all of them are painted; the
  daemon is warm, the photo is on show already
- ``strength``: from one step of the slider (0..100 %, then 100..150 %) to the end of the paint that
  shows it, at screen size; ``cpu`` is what of that the window's thread computes, ``updates_per_s``
  what the slower of the two comes to
- ``hover``: from the pointer's rest on a look until the photo is painted under it
- ``batch``: a look on many small photos; the longest turn of the event loop (and the most CPU that
  a turn took) from Apply until all jobs are accepted, while they run, and from Cancel all until
  nothing is left
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from own_window import OwnWindow, Paints
from photos import write_jpeg
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.messages import ShutdownRequest
from rabbitviewer.composition import Built, build
from rabbitviewer.ipc.launcher import start_daemon
from rabbitviewer.looks.look_actions import LookActions
from rabbitviewer.looks.looks_panel import LooksPanel
from rabbitviewer.models.grade_batches import GradeBatches
from rabbitviewer.models.look_pictures import LookPictures
from rabbitviewer.models.looks import LooksModel
from rabbitviewer.shell.state import WindowState
from rabbitviewer.theme.theme import Theme

SIZE = (6000, 4000)
SMALL = (600, 400)
LOOKS = 24
NODES = 17
_PATIENCE_S = 120.0
_RUN_S = 5.0
_PANEL_PX = 480


class Bench(OwnWindow):
    """One window with a library of looks."""

    def __init__(self, application: QApplication, built: Built) -> None:
        super().__init__(application, built, _PATIENCE_S)

    @property
    def panel(self) -> LooksPanel:
        """The Looks tab."""
        return self.built.window.findChild(LooksPanel)

    @property
    def pictures(self) -> LookPictures:
        """The small pictures."""
        return self.built.window.findChild(LookPictures)

    def longest(self, name: str) -> dict[str, float]:
        """Return the longest turn since the last call, and the most CPU that one took."""
        figures = {f"{name}_turn_ms": self.longest_turn_ms, f"{name}_cpu_ms": self.longest_cpu_ms}
        self.longest_turn_ms = self.longest_cpu_ms = 0.0
        return figures

    def open(self, folder: Path) -> None:
        """Open a window on *folder*."""
        built = self.built
        self.appear()
        self.wait("the daemon", lambda: built.client.is_connected)
        built.navigator.open_folder(os.fsencode(folder))
        built.later.finish()
        self.wait("the listing", lambda: len(built.listing) > 0)

    def make_looks(self, folder: Path) -> None:
        """Import 24 LUTs."""
        model = self.built.window.findChild(LooksModel)
        for number in range(LOOKS):
            path = folder / f"Look {number:02}.cube"
            path.write_text(cube(number), encoding="utf-8")
            model.import_file(bytes(path))
        self.wait("the looks", lambda: len(model.looks) == LOOKS)

    def show(self, photo: Path) -> None:
        """Show a photo and wait for its pixels."""
        self.built.navigator.open_photo(os.fsencode(photo))

        def is_there() -> bool:
            shown = self.canvas.picture
            return (
                shown is not None
                and shown.path == os.fsencode(photo)
                and shown.quality in ("screen", "full")
            )

        self.wait("the preview", is_there)

    # ------------------------------------------------------------ what is measured

    def thumbnails(self, photo: Path) -> float:
        """Ask for all looks on *photo*, which is on show; return the milliseconds."""
        pictures, grid = self.pictures, self.panel.grid
        path = os.fsencode(photo)
        pictures.forget([path])
        wanted = [each.look_id for each in grid.shown]
        paints, came = Paints(grid.viewport()), [-1]
        pictures.ready.connect(lambda: came.__setitem__(0, paints.count))
        edge_px = grid.picture_rect(0).width()
        began = time.perf_counter()
        pictures.want(path, wanted, edge_px)

        self.wait("the pictures", lambda: not pictures.lacks and paints.count > came[0] >= 0)
        spent = 1e3 * (time.perf_counter() - began)
        grid.viewport().removeEventFilter(paints)
        return spent

    def hover(self, number: int) -> float:
        """Rest on a look; return the milliseconds until the photo is painted under it."""
        grid, before = self.panel.grid, self.canvas.trial
        paints = Paints(self.canvas)
        began = time.perf_counter()
        grid.hover_changed.emit(grid.shown[number].look_id)
        self.wait("the look", lambda: self.canvas.trial is not before)
        seen = paints.count
        self.wait("the paint", lambda: paints.count > seen)
        self.canvas.removeEventFilter(paints)
        return 1e3 * (time.perf_counter() - began)

    def repaints(self, name: str, count: int) -> dict[str, float]:
        """Paint the photo again and again."""
        return self._paints(name, [self.canvas.update] * count)

    def slide(self, name: str, values: Sequence[int]) -> dict[str, float]:
        """Move the slider through *values*."""
        slider = self.panel.footer.strength.slider
        return self._paints(name, [functools.partial(slider.setValue, each) for each in values])

    def _paints(self, name: str, steps: Sequence[Callable[[], object]]) -> dict[str, float]:
        """Take steps, each until it is painted; return milliseconds, of the thread's CPU too."""
        paints, spent = Paints(self.canvas), list[float]()
        cpu_s = time.thread_time()
        for step in steps:
            before, began = paints.count, time.perf_counter()
            step()
            while paints.count == before:
                self.turn()
            spent.append(1e3 * (time.perf_counter() - began))
        cpu_ms = 1e3 * (time.thread_time() - cpu_s) / len(steps)
        self.canvas.removeEventFilter(paints)
        return percentiles(name, sorted(spent)) | {f"{name}_cpu_ms": cpu_ms}

    def batch(self, photos: Sequence[Path]) -> dict[str, float]:
        """Put a look on many photos, look on for a while, cancel the rest."""
        window = self.built.window
        actions, batches = window.findChild(LookActions), window.findChild(GradeBatches)
        grade = actions.grade_of_look(self.panel.grid.shown[0].look_id)
        assert grade is not None
        figures: dict[str, float] = {}
        self.longest("")
        began = time.perf_counter()
        actions.apply(grade, [os.fsencode(each) for each in photos])
        figures["batch_apply_ms"] = 1e3 * (time.perf_counter() - began)

        def is_accepted() -> bool:
            return batches.is_sent and bool(batches.batches())

        figures["batch_accepted_s"] = self.wait("the batch", is_accepted)
        figures |= self.longest("batch_accepting_longest")
        self.rest(_RUN_S)
        figures |= self.longest("batch_running_longest")
        running = batches.batches()
        figures["batch_done_per_s"] = (running[0].done if running else len(photos)) / _RUN_S
        batches.cancel_all()
        figures["batch_cancel_s"] = self.wait("the end", lambda: not batches.batches())
        figures |= self.longest("batch_cancel_longest")
        return figures


def cube(number: int) -> str:
    """Return a LUT that is another one for every *number*."""
    lines = [f'TITLE "Look {number:02}"', f"LUT_3D_SIZE {NODES}"]
    warm, most = (number - LOOKS / 2) / (4 * LOOKS), NODES - 1
    for index in range(NODES**3):
        red, green, blue = (index // NODES**axis % NODES / most for axis in range(3))
        graded = (red + warm * red * (1 - red), green, blue - warm * blue * (1 - blue))
        lines.append(" ".join(f"{min(max(each, 0.0), 1.0):.6f}" for each in graded))
    return "\n".join(lines) + "\n"


def percentiles(name: str, spent: Sequence[float]) -> dict[str, float]:
    """Return median and 95th percentile of sorted milliseconds."""
    return {
        f"{name}_p50_ms": statistics.median(spent),
        f"{name}_p95_ms": spent[min(int(0.95 * len(spent)), len(spent) - 1)],
    }


def measure(bench: Bench, photos: Sequence[Path], events: int) -> dict[str, float]:
    """Show looks on photos, move the slider; return the figures."""
    bench.show(photos[0])
    bench.wait("the pictures", lambda: bool(bench.pictures.path) and not bench.pictures.lacks)
    times: list[float] = []
    for photo in photos:
        bench.show(photo)
        bench.rest(1.0)
        times += [bench.thumbnails(photo) for _ in range(3)]
    figures = percentiles("thumbnails_24", sorted(times))
    figures |= percentiles("hover", sorted(bench.hover(number) for number in range(1, 9)))
    bench.panel.grid.hover_changed.emit("")
    bench.rest(0.5)
    figures |= bench.repaints("repaint", events)
    bench.panel.grid.choose(bench.panel.grid.shown[0].look_id)
    bench.wait("the look", lambda: bench.canvas.trial is not None)
    bench.panel.footer.strength.slider.setValue(150)
    bench.wait("more of it", lambda: bool(bench.canvas.trial and bench.canvas.trial.more))
    bench.slide("first", range(100, 110))
    figures |= bench.slide("strength_to_100", [1 + i % 99 for i in range(events)])
    figures |= bench.slide("strength_to_150", [101 + i % 49 for i in range(events)])
    figures["updates_per_s"] = 1e3 / max(
        figures["strength_to_100_p50_ms"], figures["strength_to_150_p50_ms"]
    )
    bench.panel.grid.choose("")
    return figures


def main() -> int:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photo", type=Path, nargs="*", help="photos to try looks on")
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rv-bench-") as temp:
        os.environ["RABBITVIEWER_HOME"] = temp
        folder = Path(temp) / "photos"
        small = folder / "small"
        small.mkdir(parents=True)
        photos = [each.absolute() for each in args.photo or ()]
        if not photos:
            photos = [write_jpeg(folder / "0.jpg", *SIZE), folder / "1.jpg", folder / "2.jpg"]
            for photo in photos[1:]:
                photo.write_bytes(photos[0].read_bytes())
        first = write_jpeg(small / "0000.jpg", *SMALL)
        many = [first]
        for number in range(1, args.batch):
            many.append(small / f"{number:04}.jpg")
            many[-1].write_bytes(first.read_bytes())
        application = QApplication(sys.argv[:1])
        state = WindowState(right_open=True, right_tab="looks", right_width=_PANEL_PX)
        folders = resolve_folders()
        built = build(folders, state, Theme(application, "dark"), launch=start_daemon)
        bench = Bench(application, built)
        try:
            bench.open(photos[0].parent)
            bench.make_looks(folder)
            figures = measure(bench, photos, args.events)
            if args.batch:
                figures |= bench.batch(many)
        finally:
            built.client.send(ShutdownRequest(force=True))
            QTimer.singleShot(0, application.processEvents)
            application.processEvents()
            built.window.close()
            built.client.close()
        if args.json:
            print(json.dumps(figures))
        else:
            for name, value in figures.items():
                unit = figures.get(f"repaint_{name[len('strength_to_100_') :]}", 0.0)
                times = f"{value / unit:8.2f} x repaint" if name.startswith("strength") else ""
                print(f"{name:36}{value:10.2f} {times}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
