"""What a grade costs beside the host's own work, stage by stage, through the command line.

Every photo is graded by the built-in host with ``rabbitviewer grade --json``; the overhead is the
whole wall time less the stages ``queued`` and ``run``. The unit is one full decode of the same JPEG
by Pillow, measured in the same run, before and after each grade. Run:

    python benchmarks/end_to_end.py [--repeats 3] [--json]
"""

from __future__ import annotations

import argparse
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
HOST_STAGES = ("queued", "run")


def decode_s(path: Path) -> float:
    """Time one full decode."""
    began = time.perf_counter()
    with Image.open(path) as picture:
        picture.load()
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
    stages: dict[str, list[float]] = {}
    for _ in range(repeats):
        before = decode_s(path)
        wall, timings = grade(path)
        units.append((before + decode_s(path)) / 2)
        walls.append(wall - sum(timings.get(stage, 0.0) for stage in HOST_STAGES))
        for stage, seconds in timings.items():
            stages.setdefault(stage, []).append(seconds)
    unit = statistics.median(units)
    overhead = statistics.median(walls)
    return {
        "photo": label,
        "decode_s": round(unit, 3),
        "overhead_s": round(overhead, 3),
        "overhead_decodes": round(overhead / unit, 1),
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
            f"{row['photo']}: {row['overhead_s']} s beside the host = "
            f"{row['overhead_decodes']} decodes of {row['decode_s']} s"
        )
        for stage, seconds in dict(row["stages_s"]).items():  # type: ignore[call-overload]
            print(f"    {stage:8} {seconds:7.3f} s")


if __name__ == "__main__":
    main()
