"""What masks of a 50 MP photo cost a worker, each against something everybody knows.

    python benchmarks/masks.py [--width 8192] [--height 6144] [--repeats 3] [--json]

Every operation runs in a process of its own, so that the memory is its own; the repeats of an
operation and of its reference are interleaved, so that a busy machine slows both alike. Reported
are the median seconds of both, their ratio, and the peak memory in bytes per pixel of the photo
beyond that of a process that has loaded the same modules and done nothing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
from photos import write_jpeg
from scipy import ndimage

from daemon.handlers import masking
from daemon.handlers.mask_changes import change_mask
from daemon.tasks import ChangeMask, LoadMask, WriteMask

OFFSET = 4096


class Quiet:
    """A worker that nobody disturbs."""

    def checkpoint(self, fraction=None):
        """Go on."""


def strokes(width, height):
    """Soft strokes over about a tenth of the photo."""
    mask = np.zeros((height, width), np.uint8)
    rng = np.random.default_rng(5)
    rows, columns = np.mgrid[-300:300, -300:300]
    dab = (np.clip((300 - np.hypot(rows, columns)) / 150, 0, 1) * 255).astype(np.uint8)
    for _ in range(6):
        at = rng.uniform((0, 0), (height - 600, width - 600))
        angle = rng.uniform(0, 2 * np.pi)
        for _ in range(40):
            top, left = np.clip(at, 0, (height - 600, width - 600)).astype(int)
            part = mask[top : top + 600, left : left + 600]
            np.maximum(part, dab, out=part)
            angle += rng.normal(0, 0.3)
            at += 30 * np.array([np.sin(angle), np.cos(angle)])
    return mask


class Case:
    """Files of one size, and what is done with them."""

    def __init__(self, folder: Path, width: int, height: int) -> None:
        self.folder, self.width, self.height = folder, width, height
        self.values, self.png = folder / "values", folder / "mask.png"
        self.empty, self.photo = folder / "empty", folder / "photo.jpg"

    def prepare(self):
        """Write the files."""
        mask = strokes(self.width, self.height)
        self.values.write_bytes(bytes(OFFSET) + mask.tobytes())
        self.empty.write_bytes(bytes(OFFSET) + bytes(mask.size))
        self.save(self.values)
        write_jpeg(self.photo, self.width, self.height)

    def save(self, values):
        """Pack a file of values."""
        task = WriteMask(
            values_path=bytes(values),
            offset=OFFSET,
            width_px=self.width,
            height_px=self.height,
            png_path=bytes(self.png if values == self.values else self.folder / "out.png"),
        )
        masking.store_mask(task, Quiet())

    def load(self):
        """Unfold the mask."""
        task = LoadMask(
            mask_path=bytes(self.png),
            values_path=bytes(self.folder / "loaded"),
            offset=OFFSET,
            width_px=self.width,
            height_px=self.height,
        )
        masking.load_mask(task, Quiet())

    def change(self, name, **how):
        """Have it changed."""
        task = ChangeMask(
            change=name,
            photo_path=bytes(self.photo),
            values_path=bytes(self.values),
            offset=OFFSET,
            width_px=self.width,
            height_px=self.height,
            surface_path=bytes(self.folder / "surface"),
            **how,
        )
        change_mask(task, Quiet())

    def mask(self):
        """Return the plain values."""
        flat = np.fromfile(self.values, np.uint8, offset=OFFSET)
        return flat.reshape(self.height, self.width)

    def middle(self, **how):
        """Select what looks like the middle."""
        self.change("similar", row=self.height // 2, column=self.width // 2, **how)

    def operations(self) -> dict[str, tuple[Callable[[], object], str, Callable[[], object]]]:
        """Return what is measured: the operation, its reference's name, the reference."""
        decode = ("decode of the JPEG", lambda: imagecodecs.jpeg_decode(self.photo.read_bytes()))
        blur = (
            "scipy gaussian_filter",
            lambda: ndimage.gaussian_filter(self.mask(), 30 / 3.33, truncate=3.33),
        )
        squares = ("scipy grey_dilation, square", lambda: ndimage.grey_dilation(self.mask(), 41))
        return {
            "load": (
                self.load,
                "imagecodecs.png_decode",
                lambda: imagecodecs.png_decode(self.png.read_bytes()),
            ),
            "save": (
                lambda: self.save(self.values),
                "zlib.compress, level 1",
                lambda: zlib.compress(self.mask(), 1),
            ),
            "save empty": (
                lambda: self.save(self.empty),
                "zlib.compress, level 1",
                lambda: zlib.compress(bytes(self.width * self.height), 1),
            ),
            "grow 20 px": (lambda: self.change("grow", amount_px=20), *squares),
            "grow 100 px": (lambda: self.change("grow", amount_px=100), *squares),
            "shrink 20 px": (lambda: self.change("shrink", amount_px=20), *squares),
            "feather 30 px": (lambda: self.change("feather", amount_px=30), *blur),
            "smooth 10 px": (lambda: self.change("smooth", amount_px=10), *blur),
            "fill holes": (
                lambda: self.change("fill_holes"),
                "scipy binary_fill_holes",
                lambda: ndimage.binary_fill_holes(self.mask() > 127),
            ),
            "similar, contiguous": (lambda: self.middle(tolerance=10.0), *decode),
            "similar, everywhere": (
                lambda: self.middle(tolerance=25.0, contiguous=False),
                *decode,
            ),
            "luminosity": (
                lambda: self.change("luminosity", low=0.3, high=0.6, softness=0.1),
                *decode,
            ),
        }


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def memory(name):
    """Return a figure of /proc/self/status in bytes."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


def measure(case, name, repeats, send):
    """Run in a process of its own: the operation's memory first, then both in turn."""
    work, _, reference = case.operations()[name]
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    first = seconds(work)
    peak = memory("VmHWM") - before
    times, others = [first], [seconds(reference)]
    for _ in range(repeats - 1):
        times.append(seconds(work))
        others.append(seconds(reference))
    send.send((statistics.median(times), statistics.median(others), peak))


def in_own_process(case, name, repeats):
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=measure, args=(case, name, repeats, send)
    )
    process.start()
    result = receive.recv()
    process.join()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--width", type=int, default=8192)
    parser.add_argument("--height", type=int, default=6144)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    pixels = options.width * options.height
    found = {}
    with tempfile.TemporaryDirectory(prefix="rv-masks-") as folder:
        case = Case(Path(folder), options.width, options.height)
        case.prepare()
        for name, (_, reference, _) in case.operations().items():
            own, other, peak = in_own_process(case, name, options.repeats)
            found[name] = {
                "seconds": round(own, 3),
                "reference": reference,
                "reference_seconds": round(other, 3),
                "ratio": round(own / other, 2),
                "bytes_per_pixel": round(peak / pixels, 1),
            }
            if not options.json:
                print(
                    f"{name:20} {own:7.3f} s   {own / other:6.2f} x {reference}"
                    f" ({other:.3f} s)   {peak / pixels:4.1f} B/px",
                    flush=True,
                )
    if options.json:
        machine = {"cores": len(os.sched_getaffinity(0)), "python": sys.version.split()[0]}
        print(json.dumps({"megapixels": pixels / 1e6, "machine": machine, "masks": found}))


if __name__ == "__main__":
    main()
