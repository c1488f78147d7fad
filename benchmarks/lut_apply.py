"""How fast a LUT is applied: MP/s, against Pillow's Color3DLUT and a plain copy, in one run.

The repeats of all methods are interleaved, so that a busy machine slows all of them alike; the
median of each is reported.

    python benchmarks/lut_apply.py [--width 6000] [--height 4000] [--repeats 7] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter
from PIL import __version__ as pillow_version

from daemon.imaging.lattice import identity_lut, interpolate
from daemon.imaging.lut import apply_lut

LUT_SIZE = 33


def make_lut():
    """A strong but smooth grade."""
    x = identity_lut(LUT_SIZE)
    gray = x @ np.float32([0.2126, 0.7152, 0.0722])
    curve = x * x * (3 - 2 * x)
    split = (1 - gray[..., None]) * np.float32([-0.06, 0.01, 0.08])
    return np.ascontiguousarray(0.4 * x + 0.6 * curve + split, dtype=np.float32)


def make_image(width, height, dtype):
    """Smooth areas with grain, as a photo has."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (height // 100 + 1, width // 100 + 1, 3), np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    grain = rng.integers(-4, 5, smooth.shape, np.int16)
    image = np.clip(smooth + grain, 0, 255).astype(np.uint8)
    return image if dtype == np.uint8 else image.astype(np.uint16) * 257


def make_mask(width, height):
    """A soft-edged ellipse over a third of the photo, the rest black: what people paint."""
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    distance = np.sqrt(rows * rows + columns * columns) / np.float32(0.65)
    return np.clip((1.1 - distance) * 5 * 255, 0, 255).astype(np.uint8)


def pillow_filter(lut):
    """The same LUT for Pillow, whose table runs red fastest."""
    table = lut.transpose(2, 1, 0, 3).ravel().tolist()
    return ImageFilter.Color3DLUT(LUT_SIZE, table, _copy_table=False)


def largest_error_8_bit(result, image, lut):
    """Largest distance from the float reference, in 8-bit levels, on every 997th pixel."""
    white = np.iinfo(image.dtype).max
    source = image.reshape(-1, 3)[::997] / white
    truth = np.clip(interpolate(lut.astype(np.float64), source), 0, 1) * 255
    return float(np.abs(result.reshape(-1, 3)[::997] * (255 / white) - truth).max())


def methods(width, height, lut):
    """Name to (function that returns the result, its source)."""
    image8, image16 = make_image(width, height, np.uint8), make_image(width, height, np.uint16)
    out8, out16 = np.empty_like(image8), np.empty_like(image16)
    soft = np.zeros(image8.shape[:2], np.uint8)
    soft[:, width // 4 :] = 128
    painted = make_mask(width, height)
    picture, table = Image.fromarray(image8), pillow_filter(lut)

    def copy():
        np.copyto(out8, image8)
        return out8

    return {
        "plain copy, 8 bit": (copy, None),
        "Pillow Color3DLUT, 8 bit": (lambda: np.asarray(picture.filter(table)), image8),
        "apply_lut, 8 bit": (lambda: apply_lut(image8, lut, out=out8), image8),
        "apply_lut, 8 bit, one thread": (
            lambda: apply_lut(image8, lut, out=out8, threads=1),
            image8,
        ),
        "apply_lut, 16 bit": (lambda: apply_lut(image16, lut, out=out16), image16),
        "apply_lut, 8 bit, half-strength mask": (
            lambda: apply_lut(image8, lut, out=out8, mask=soft),
            None,
        ),
        "apply_lut, 8 bit, painted mask": (
            lambda: apply_lut(image8, lut, out=out8, mask=painted),
            None,
        ),
        "apply_lut, 16 bit, painted mask": (
            lambda: apply_lut(image16, lut, out=out16, mask=painted),
            None,
        ),
    }


def measure(todo, repeats) -> dict[str, list[float]]:
    """Seconds of every repeat, after one round of warming up."""
    times: dict[str, list[float]] = {name: [] for name in todo}
    for turn in range(repeats + 1):
        for name, (run, _) in todo.items():
            start = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - start)
    return times


def report(width, height, repeats):
    lut = make_lut()
    todo: dict[str, tuple[Callable[[], np.ndarray], np.ndarray | None]] = methods(
        width, height, lut
    )
    times = measure(todo, repeats)
    median = {name: statistics.median(values) for name, values in times.items()}
    pillow, copy = median["Pillow Color3DLUT, 8 bit"], median["plain copy, 8 bit"]
    rows = [
        {
            "method": name,
            "mp_per_s": width * height / 1e6 / seconds,
            "times_pillow": pillow / seconds,
            "copies": seconds / copy,
            "largest_error_8_bit": None
            if source is None
            else largest_error_8_bit(run(), source, lut),
            "seconds": sorted(times[name]),
        }
        for (name, (run, source)), seconds in zip(todo.items(), median.values(), strict=True)
    ]
    return {
        "width_px": width,
        "height_px": height,
        "lut_size": LUT_SIZE,
        "repeats": repeats,
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pillow": pillow_version,
        "rows": rows,
    }


def print_table(result):
    print(f"{result['width_px']} x {result['height_px']}, {LUT_SIZE}^3, {result['cpus']} CPUs\n")
    print(f"{'':38}{'MP/s':>8}{'x Pillow':>10}{'copies':>8}{'error':>7}")
    for row in result["rows"]:
        error = row["largest_error_8_bit"]
        print(
            f"{row['method']:38}{row['mp_per_s']:8.0f}{row['times_pillow']:10.2f}"
            f"{row['copies']:8.1f}{'' if error is None else f'{error:7.2f}'}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=6000)
    parser.add_argument("--height", type=int, default=4000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result = report(arguments.width, arguments.height, arguments.repeats)
    if arguments.json:
        json.dump(result, sys.stdout, indent=2)
        print()
    else:
        print_table(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
