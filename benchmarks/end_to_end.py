"""What a grade costs beside the host's own work and the fit, through the command line.

Every photo is graded by the built-in host with ``rabbitviewer grade --json``, the daemon running;
the overhead is the whole wall time, the command's own start included, less the stages ``queued``,
``run`` and ``fit``. The unit is one full decode and encode of the same JPEG by Pillow, with the
same tables, measured before and after each grade. Run:

    python benchmarks/end_to_end.py [--repeats 3] [--json]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from photos import write_jpeg
from PIL import Image

SIZES = {"24 MP": (6000, 4000), "45 MP": (8216, 5477)}
NOT_OURS = ("queued", "run", "fit")


def decode_and_encode_s(path: Path) -> float:
    """Time one full decode, and an encode with the same tables and sampling."""
    began = time.perf_counter()
    with Image.open(path) as picture:
        picture.load()
        picture.save(io.BytesIO(), "JPEG", quality="keep")
    return time.perf_counter() - began


def grade(path: Path) -> tuple[float, dict[str, float]]:
    """Grade once; return the wall time and the stages' seconds."""
    command = [sys.executable, "-m", "rabbitviewer", "grade", str(path)]
    command += ["--prompt", "warm cinematic, teal shadows", "--json"]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - began
    answer = json.loads(done.stdout)
    Path(answer["result_path"]).unlink()
    return wall, answer["timings_s"]


def measure(label: str, path: Path, repeats: int) -> dict[str, object]:
    """Return medians over *repeats* grades of one photo."""
    grade(path)
    walls: list[float] = []
    units: list[float] = []
    ratios: list[float] = []
    stages: dict[str, list[float]] = {}
    for _ in range(repeats):
        before = decode_and_encode_s(path)
        wall, timings = grade(path)
        units.append((before + decode_and_encode_s(path)) / 2)
        walls.append(wall - sum(timings.get(stage, 0.0) for stage in NOT_OURS))
        ratios.append(walls[-1] / units[-1])
        for stage, seconds in timings.items():
            stages.setdefault(stage, []).append(seconds)
    return {
        "photo": label,
        "decode_encode_s": round(statistics.median(units), 3),
        "overhead_s": round(statistics.median(walls), 3),
        "overhead_units": round(statistics.median(ratios), 2),
        "stages_s": {name: round(statistics.median(took), 3) for name, took in stages.items()},
    }


def main() -> None:
    """Measure every size and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rv-bench-") as folder:
        os.environ["RABBITVIEWER_HOME"] = str(Path(folder) / "home")
        try:
            found = [
                measure(
                    label,
                    write_jpeg(Path(folder) / f"{width}.jpg", width, height),
                    arguments.repeats,
                )
                for label, (width, height) in SIZES.items()
            ]
        finally:
            stop = [sys.executable, "-m", "rabbitviewer", "daemon", "stop"]
            subprocess.run(stop, check=False, capture_output=True)
    if arguments.json:
        print(json.dumps(found))
        return
    for row in found:
        print(
            f"{row['photo']}: {row['overhead_s']} s beside the host and the fit = "
            f"{row['overhead_units']} x decode and encode ({row['decode_encode_s']} s)"
        )
        for stage, seconds in dict(row["stages_s"]).items():  # type: ignore[call-overload]
            print(f"    {stage:8} {seconds:7.3f} s")


if __name__ == "__main__":
    main()
