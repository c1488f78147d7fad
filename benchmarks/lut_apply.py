"""How fast a LUT is applied, against Pillow's Color3DLUT, OpenColorIO alone and a plain copy.

The repeats of all methods are interleaved, so that a busy machine slows all of them alike; ratios
are the median over the rounds. "copies" is the time in plain copies of the same buffer, "x bare"
the speed in OpenColorIO's own on the same pixels, in strips on as many threads.

    python benchmarks/lut_apply.py [--width 6000] [--height 4000] [--repeats 7] [--json]
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter
from PIL import __version__ as pillow_version

from daemon.imaging.lattice import identity_lut, interpolate
from daemon.imaging.lut import apply_lut
from daemon.imaging.processor import LutProcessor

LUT_SIZE = 33
STRIP_PX = 512 * 1024
DEPTHS = {"uint8": "8 bit", "uint16": "16 bit", "float32": "float"}


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
    white = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0
    source = image.reshape(-1, 3)[::997] / white
    truth = np.clip(interpolate(lut.astype(np.float64), source), 0, 1) * 255
    found = np.clip(result.reshape(-1, 3)[::997] * (255 / white), 0, 255)
    return float(np.abs(found - truth).max())


@dataclass(frozen=True)
class Method:
    """One row of the table.

    Attributes:
        run: Returns the result.
        image: What is graded: it is copied for comparison, and the errors are measured on it.
        exact: The result is that of the LUT, whose errors are worth telling.
    """

    run: Callable[[], np.ndarray]
    image: np.ndarray
    exact: bool = True


def bare(image, out, lut, threads=2):
    """OpenColorIO alone, at its best: the whole transform optimised, strips on threads."""
    processor = LutProcessor(lut, image.dtype, image.dtype)
    rows = max(1, STRIP_PX // image.shape[1])
    tops = range(0, image.shape[0], rows)

    def run():
        with ThreadPoolExecutor(threads) as pool:
            done = [
                pool.submit(processor.run, image[top : top + rows], out[top : top + rows])
                for top in tops
            ]
            for future in done:
                future.result()
        return out

    return run


def methods(width, height, lut):
    """Name to method."""
    image8 = make_image(width, height, np.uint8)
    images = {
        "8 bit": image8,
        "16 bit": image8.astype(np.uint16) * 257,
        "float": image8.astype(np.float32) / 255,
    }
    outs = {name: np.empty_like(image) for name, image in images.items()}
    out8, out16 = outs["8 bit"], outs["16 bit"]
    soft = np.zeros(image8.shape[:2], np.uint8)
    soft[:, width // 4 :] = 128
    painted = make_mask(width, height)
    picture, table = Image.fromarray(image8), pillow_filter(lut)

    def copy(name):
        np.copyto(outs[name], images[name])
        return outs[name]

    def apply(name, **options):
        return lambda: apply_lut(images[name], lut, out=outs[name], **options)

    todo = {"Pillow Color3DLUT, 8 bit": Method(lambda: np.asarray(picture.filter(table)), image8)}
    for name, image in images.items():
        todo[f"plain copy, {name}"] = Method(functools.partial(copy, name), image, exact=False)
        todo[f"bare OpenColorIO, {name}"] = Method(bare(image, outs[name], lut), image)
        todo[f"apply_lut, {name}"] = Method(apply(name), image)
    todo |= {
        "apply_lut, 8 bit, one thread": Method(apply("8 bit", threads=1), image8),
        "apply_lut, 8 bit, luma alone": Method(apply("8 bit", channels="luma"), image8, False),
        "apply_lut, 8 bit, half-strength mask": Method(
            lambda: apply_lut(image8, lut, out=out8, mask=soft), image8, False
        ),
        "apply_lut, 8 bit, painted mask": Method(
            lambda: apply_lut(image8, lut, out=out8, mask=painted), image8, False
        ),
        "apply_lut, 16 bit, painted mask": Method(
            lambda: apply_lut(images["16 bit"], lut, out=out16, mask=painted),
            images["16 bit"],
            False,
        ),
    }
    return todo


def measure(todo, repeats) -> dict[str, list[float]]:
    """Seconds of every repeat, after one round of warming up."""
    times: dict[str, list[float]] = {name: [] for name in todo}
    for turn in range(repeats + 1):
        for name, method in todo.items():
            start = time.perf_counter()
            method.run()
            if turn:
                times[name].append(time.perf_counter() - start)
    return times


def report(width, height, repeats):
    lut = make_lut()
    todo = methods(width, height, lut)
    times = measure(todo, repeats)
    pillow = "Pillow Color3DLUT, 8 bit"

    def ratio(first, second):
        """How often one method's time fits into another's: the median over the rounds."""
        pairs = zip(times[first], times[second], strict=True)
        return statistics.median(one / other for one, other in pairs)

    rows = []
    for name, method in todo.items():
        depth = DEPTHS[method.image.dtype.name]
        rows.append(
            {
                "method": name,
                "mp_per_s": width * height / 1e6 / statistics.median(times[name]),
                "times_pillow": ratio(pillow, name),
                "times_bare": ratio(f"bare OpenColorIO, {depth}", name),
                "copies": ratio(name, f"plain copy, {depth}"),
                "largest_error_8_bit": largest_error_8_bit(method.run(), method.image, lut)
                if method.exact
                else None,
                "seconds": sorted(times[name]),
            }
        )
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
    print(f"{'':38}{'MP/s':>8}{'x Pillow':>10}{'x bare':>8}{'copies':>8}{'error':>7}")
    for row in result["rows"]:
        error = row["largest_error_8_bit"]
        print(
            f"{row['method']:38}{row['mp_per_s']:8.0f}{row['times_pillow']:10.2f}"
            f"{row['times_bare']:8.2f}{row['copies']:8.1f}"
            f"{'' if error is None else f'{error:7.2f}'}"
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
