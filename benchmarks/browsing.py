"""Browsing as a user feels it: real windows under Xvfb, measured by their traces.

The unit is one full decode of a 24 MP JPEG by simplejpeg, measured beside every run. Photos are
made by the benchmark (24 and 12 MP, half of them with EXIF thumbnails). Needs Xvfb, openbox and
xdotool. Run:

    python benchmarks/browsing.py [--repeats 3] [--only NAME ...] [--folder DIR] [--json]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import simplejpeg
from driver import Window, daemon_pids, pss_mb, screen, stop_daemon
from folders import make_folder, make_originals

Figures = dict[str, float]
_IDLE_S = 32.0


class Bench:
    """What all measurements share: folders, screen, home."""

    def __init__(self, folder: Path, display: str) -> None:
        self._photo = make_originals(folder / "originals")[0].read_bytes()
        self.folder = folder
        self.display = display
        self.home = folder / "home"
        self.thousand = make_folder(folder / "thousand", 1000)

    def unit_ms(self) -> float:
        """Time one full decode of the 24 MP photo; the best of three."""
        return min(self._decode_ms() for _ in range(3))

    def open(self, path: Path) -> Window:
        """Start a window on *path*."""
        return Window(self.home, self.display, path)

    def forget(self) -> None:
        """End the daemon and delete all caches."""
        stop_daemon(self.home)
        shutil.rmtree(self.home / "cache", ignore_errors=True)
        (self.home / "data" / "catalogue.db").unlink(missing_ok=True)

    def prime(self) -> None:
        """Let the window learn its size: it fills the screen from now on."""
        with self.open(self.thousand / "IMG_000000.jpg") as window:
            window.wait("image_painted", quality="screen")
            window.focus()
            window.fill_screen()
            time.sleep(1.5)

    def _decode_ms(self) -> float:
        began = time.perf_counter()
        simplejpeg.decode_jpeg(self._photo, "BGRA")
        return (time.perf_counter() - began) * 1000


def folder_cold(bench: Bench) -> Figures:
    """Open the folder of 1,000 with no cache at all."""
    bench.forget()
    return _folder(bench)


def folder_warm(bench: Bench) -> Figures:
    """Open it again with everything on screen in the cache, the daemon running."""
    with bench.open(bench.thousand) as window:
        window.wait("visible_thumbnails_painted", stage="final")
    return _folder(bench)


def _folder(bench: Bench) -> Figures:
    with bench.open(bench.thousand) as window:
        start = window.started_us()
        shown = window.wait("window_shown")["ts"]
        first = window.wait("first_thumbnail_painted")["ts"]
        final = window.wait("visible_thumbnails_painted", stage="final")
        embedded = _find(window, "visible_thumbnails_painted", "embedded") or final
        return {
            "window": (shown - start) / 1000,
            "first_after_window": (first - shown) / 1000,
            "embedded_after_first": (embedded["ts"] - first) / 1000,
            "final_after_first": (final["ts"] - first) / 1000,
            "visible": float(final["args"]["count"]),
        }


def end_key(bench: Bench) -> Figures:
    """Jump to the end of a cold folder."""
    bench.forget()
    with bench.open(bench.thousand) as window:
        window.wait("first_thumbnail_painted")
        window.focus()
        pressed = window.key("End")
        final = window.wait("visible_thumbnails_painted", pressed, stage="final")
        embedded = _find(window, "visible_thumbnails_painted", "embedded", pressed) or final
        return {
            "embedded": (embedded["ts"] - pressed) / 1000,
            "final": (final["ts"] - pressed) / 1000,
            "visible": float(final["args"]["count"]),
        }


def photo(bench: Bench) -> Figures:
    """Open one photo, first without a daemon, then with one."""
    path = bench.thousand / "IMG_000000.jpg"
    bench.forget()
    without = _photo(bench, path)
    path = bench.thousand / "IMG_000010.jpg"
    return {"without_daemon": without, "with_daemon": _photo(bench, path)}


def _photo(bench: Bench, path: Path) -> float:
    with bench.open(path) as window:
        painted = window.wait("image_painted", quality="screen")
        return (painted["ts"] - window.started_us()) / 1000


def next_photo(bench: Bench) -> Figures:
    """Next photo, paced; then the key held over cold photos; then over warm ones; then a jump."""
    bench.forget()
    with bench.open(bench.thousand / "IMG_000100.jpg") as window:
        window.wait("image_painted", quality="screen")
        window.focus()
        time.sleep(2.0)
        steps: list[float] = []
        for _ in range(8):
            pressed = window.key("Right")
            painted = window.wait("image_painted", pressed, quality="screen")
            steps.append((painted["ts"] - pressed) / 1000)
            time.sleep(1.0)
        cold = _hold(window, 3.0)
        time.sleep(1.0)
        window.key("Home")
        time.sleep(1.0)
        pressed = window.key("End")
        jump = window.wait("image_painted", pressed, quality="screen")
        return {
            "paced": statistics.median(steps),
            "held_photos_per_s": cold["photos_per_s"],
            "held_sharp_after_release": cold["sharp_after"],
            "jump": (jump["ts"] - pressed) / 1000,
        }


def _hold(window: Window, for_s: float) -> Figures:
    down = window.xdotool("keydown", "Right")
    time.sleep(for_s)
    up = window.xdotool("keyup", "Right")
    time.sleep(2.0)
    painted = [event for event in window.events() if event["name"] == "image_painted"]
    during = {event["args"]["path"] for event in painted if down < event["ts"] < up}
    asked = [e for e in window.events() if e["name"] == "image_requested"][-1]["args"]["path"]
    sharp = [
        event["ts"]
        for event in painted
        if event["args"]["path"] == asked and event["args"]["quality"] in ("screen", "full")
    ]
    return {
        "photos_per_s": len(during) / for_s,
        "sharp_after": max((min(sharp) - up) / 1000, 0.0) if sharp else float("nan"),
    }


def hundred_thousand(bench: Bench) -> Figures:
    """First screen of 100,000 against 1,000; stalls while dragging to the bottom; memory."""
    large = make_folder(bench.folder / "hundred_thousand", 100_000)
    small = _first_screen(bench, bench.thousand)
    with bench.open(large) as window:
        start = window.started_us()
        first = window.wait("first_thumbnail_painted")["ts"]
        window.wait("folder_listed")
        time.sleep(5.0)
        window.focus()
        began = time.monotonic() * 1e6
        window.drag_scroll_bar(5.0)
        time.sleep(2.0)
        stalls = [
            event["args"]
            for event in window.events()
            if event["name"] == "ui_stall" and event["ts"] > began
        ]
        window.wait("visible_thumbnails_painted", began, reason="jump")
        time.sleep(_IDLE_S)
        return {
            "first_screen": (first - start) / 1000,
            "first_screen_of_1000": small,
            "stalls_over_16_ms_cpu": float(sum(stall["cpu_ms"] > 16 for stall in stalls)),
            "stalls_over_50_ms_wall": float(sum(stall["wall_ms"] > 50 for stall in stalls)),
            "worst_cpu": max((stall["cpu_ms"] for stall in stalls), default=0.0),
            "window_pss_mb": window.pss_mb(),
            "daemon_pss_mb": sum(map(pss_mb, daemon_pids(bench.home))),
        }


def _first_screen(bench: Bench, folder: Path) -> float:
    with bench.open(folder) as window:
        first = window.wait("first_thumbnail_painted")["ts"]
        return (first - window.started_us()) / 1000


def photo_of_100000(bench: Bench) -> Figures:
    """One photo out of 100,000 against one out of 1,000, with a running daemon."""
    large = make_folder(bench.folder / "hundred_thousand", 100_000)
    _photo(bench, bench.thousand / "IMG_000200.jpg")
    return {
        "of_1000": _photo(bench, bench.thousand / "IMG_000210.jpg"),
        "of_100000": _photo(bench, large / "IMG_050000.jpg"),
    }


def _find(window: Window, name: str, stage: str, since_us: float = 0.0) -> dict | None:
    return next(
        (
            event
            for event in window.events()
            if event["name"] == name
            and event["ts"] > since_us
            and event["args"].get("stage") == stage
        ),
        None,
    )


SCENES: dict[str, Callable[[Bench], Figures]] = {
    "folder_cold": folder_cold,
    "folder_warm": folder_warm,
    "end_key": end_key,
    "photo": photo,
    "next_photo": next_photo,
    "hundred_thousand": hundred_thousand,
    "photo_of_100000": photo_of_100000,
}
_NOT_MS = ("visible", "photos_per_s", "stalls", "pss", "held_photos")


def measure(bench: Bench, name: str, repeats: int) -> dict[str, object]:
    """Return medians of *repeats* runs, in milliseconds and in units measured beside each run."""
    runs: list[Figures] = []
    units: list[float] = []
    for _ in range(repeats):
        before = bench.unit_ms()
        runs.append(SCENES[name](bench))
        units.append((before + bench.unit_ms()) / 2)
    unit = statistics.median(units)
    figures = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {
        "scene": name,
        "unit_ms": round(unit, 1),
        "figures": {key: round(value, 2) for key, value in figures.items()},
        "units": {
            key: round(value / unit, 2)
            for key, value in figures.items()
            if not any(word in key for word in _NOT_MS)
        },
    }


def main() -> None:
    """Measure the scenes and print each as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=tuple(SCENES), default=tuple(SCENES))
    parser.add_argument("--folder", type=Path, help="keep the photos here; default: a new folder")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rv-bench-") as temporary, screen() as display:
        bench = Bench(arguments.folder or Path(temporary), display)
        try:
            bench.prime()
            for name in arguments.only:
                found = measure(bench, name, arguments.repeats)
                print(json.dumps(found) if arguments.json else _table(found), flush=True)
        finally:
            stop_daemon(bench.home)


def _table(found: dict) -> str:
    lines = [f"{found['scene']}  (unit {found['unit_ms']} ms)"]
    for key, value in found["figures"].items():
        units = found["units"].get(key)
        lines.append(f"  {key:26s} {value:10.1f}" + (f" ms  {units:6.2f} units" if units else ""))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
