"""Makes the screenshots of the documentation by using the real window as a person would.

Usage: ``python docs/make_screenshots.py PHOTOS`` with a folder of photographs (``make samples``
fetches some). It needs Xvfb, xdotool and ImageMagick. Photos are copied; nothing of the
user's own folders is touched. The story: rating and filtering in the grid, a photo with its facts,
photos side by side, every action by name; then a grade: context menu, prompt, running, compare,
result; then the pool, and a mask painted for one of its photos; then a photo under a library of
looks.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

SIZE = (1280, 800)
TARGET = Path(__file__).parent / "screenshots"
PHOTO = "Dune.jpg"
PROMPT = "warm cinematic, teal shadows"
MASKED = "Garden.jpg"
POOLED = 6
OUTLINE = (
    *((560, 420), (590, 350), (640, 290), (720, 250), (800, 280), (950, 360), (950, 480)),
    *((900, 530), (800, 610), (700, 590), (650, 480), (590, 500), (545, 460)),
)
LOOKS = {
    "Warm cinematic": "warm cinematic, teal shadows",
    "Golden hour": "golden hour, warm highlights, slightly brighter",
    "Faded film": "faded film, soft contrast, slightly warm",
    "Moody": "moody, darker, muted colours, cool shadows",
    "Clean and bright": "brighter, crisp contrast, neutral white balance",
    "Vivid": "vivid colours, more contrast",
    "Blue dusk": "cool blue dusk, darker, slightly less saturation",
    "Bleach bypass": "bleach bypass, strong contrast",
    "Black and white": "black and white, strong contrast",
    "Sepia": "sepia, soft contrast",
}
TRIED = 6
DEADLINE_S = 120.0
_PAUSE_S = 0.1
_SETTLE_S = 0.8
_OPENING_S = 3.0
_DRAG_STEPS = 12
_QUALITY = 88

_log = logging.getLogger("make_screenshots")


class Screen:
    """A display of its own, and the hands and eyes on it."""

    def __init__(self, number: int) -> None:
        self.environment = {**os.environ, "DISPLAY": f":{number}"}

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self._xdotool("key", "--clearmodifiers", key)
            time.sleep(_PAUSE_S)

    def write(self, text: str) -> None:
        """Type *text*."""
        self._xdotool("type", "--delay", "12", text)

    def point(self, x: int, y: int) -> None:
        """Put the pointer somewhere."""
        self._xdotool("mousemove", str(x), str(y))

    def draw(self, *points: tuple[int, int]) -> None:
        """Drag with the left button held from the first point through all others."""
        self.point(*points[0])
        self._xdotool("mousedown", "1")
        for (x, y), (end_x, end_y) in itertools.pairwise(points):
            for step in range(1, _DRAG_STEPS + 1):
                share = step / _DRAG_STEPS
                self.point(round(x + (end_x - x) * share), round(y + (end_y - y) * share))
        self._xdotool("mouseup", "1")

    def focus(self, title: str) -> None:
        """Give the keyboard to the window called *title*, at the corner and of our size."""
        window = self._xdotool("search", "--sync", "--onlyvisible", "--name", title).split()[-1]
        self._xdotool("windowmove", window, "0", "0")
        self._xdotool("windowsize", "--sync", window, *map(str, SIZE))
        self._xdotool("windowfocus", "--sync", window)

    def shoot(self, name: str) -> None:
        """Write what is on the screen to ``NAME.jpg``: photos keep their colours that way."""
        time.sleep(_SETTLE_S)
        file = TARGET / f"{name}.jpg"
        command = ["import", "-window", "root", "png:-"]
        taken = subprocess.run(command, env=self.environment, check=True, capture_output=True)
        with Image.open(io.BytesIO(taken.stdout)) as shot:
            shot.convert("RGB").save(file, quality=_QUALITY, subsampling=0, optimize=True)
        _log.info("%s: %d kB", file.name, file.stat().st_size // 1000)

    def _xdotool(self, *words: str) -> str:
        command = ["xdotool", *words]
        done = subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout


class Events:
    """What the window says in its trace."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def wait(self, what: str, found: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until an event is there.

        Raises:
            TimeoutError: it did not come.
        """
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                if any(map(found, json.loads(self._file.read_bytes()))):
                    return
            time.sleep(_PAUSE_S)
        raise TimeoutError(f"{what} did not happen within {DEADLINE_S:.0f} s")

    def wait_name(self, name: str, **args: str) -> None:
        """Wait for an event of this name whose arguments are these."""
        self.wait(
            name,
            lambda event: (
                event["name"] == name
                and all(event["args"].get(key) == value for key, value in args.items())
            ),
        )


@contextlib.contextmanager
def open_screen() -> Iterator[Screen]:
    """Start an X server that nobody sees."""
    number = next(n for n in range(70, 90) if not Path(f"/tmp/.X11-unix/X{n}").exists())
    size = f"{SIZE[0]}x{SIZE[1]}x24"
    server = subprocess.Popen(["Xvfb", f":{number}", "-screen", "0", size, "-dpi", "96"])
    try:
        while not Path(f"/tmp/.X11-unix/X{number}").exists():
            time.sleep(_PAUSE_S)
        yield Screen(number)
    finally:
        server.terminate()
        server.wait()


def settings_of(screen: Screen, home: Path) -> dict[str, str]:
    """Return the environment of a RabbitViewer with settings of its own."""
    return {
        **screen.environment,
        "HOME": str(home),
        "RABBITVIEWER_HOME": str(home / "rabbitviewer"),
        "QT_QPA_PLATFORM": "xcb",
    }


@contextlib.contextmanager
def open_window(screen: Screen, home: Path, folder: Path, look: str) -> Iterator[Events]:
    """Start RabbitViewer on *folder* with settings of its own; end it and its daemon."""
    environment = settings_of(screen, home)
    program = [sys.executable, "-m", "rabbitviewer"]
    subprocess.run([*program, "config", "path"], env=environment, check=True, capture_output=True)
    config = home / "rabbitviewer" / "config" / "config.yaml"
    if config.exists():
        text = config.read_text().replace("theme: system", f"theme: {look}")
        config.write_text(text)
    trace = home / f"trace-{look}.json"
    command = [*program, "--trace", str(trace), str(folder)]
    window = subprocess.Popen(command, env=environment)
    try:
        screen.focus("RabbitViewer")
        yield Events(trace)
    finally:
        window.terminate()
        window.wait()
        stop = [*program, "daemon", "stop"]
        subprocess.run(stop, env=environment, check=False, capture_output=True)


def browse(screen: Screen, events: Events) -> None:
    """Rate some photos, filter them, look at one with its facts and at two side by side."""
    events.wait_name("visible_thumbnails_painted", stage="final")
    screen.press("Home", "5", "Right", "4", "8", "Right", "3", "Right", "5", "k")
    screen.press("shift+f")
    screen.shoot("browse")
    screen.press("shift+f", "Return", "i", "shift+h")
    screen.shoot("photo")
    screen.press("i", "shift+h", "Return", "Home", "shift+Right", "shift+c")
    screen.shoot("side_by_side")
    screen.press("Escape", "ctrl+k")
    screen.write("ro")
    screen.shoot("palette")


def tell_story(screen: Screen, events: Events, photos: list[str]) -> None:
    """Grade one photo, with a picture of every step."""
    events.wait_name("visible_thumbnails_painted", stage="final")
    screen.point(SIZE[0] - 20, SIZE[1] - 60)
    screen.press("Home", *["Right"] * photos.index(PHOTO))
    screen.shoot("grid")
    screen.press("Menu")
    screen.shoot("menu")
    screen.press("Escape", "g")
    screen.write(PROMPT)
    screen.shoot("prompt")
    screen.press("ctrl+Return")
    events.wait_name("job_stage", stage="fit")
    screen.shoot("running")
    result = "_color_grade"
    events.wait(
        "the comparison",
        lambda event: (
            event["name"] == "image_painted"
            and result in event["args"]["path"]
            and event["args"]["quality"] in ("screen", "full")
        ),
    )
    screen.shoot("compare")
    screen.press("Escape", "Escape", "e")
    screen.shoot("result")


def paint(screen: Screen, events: Events, photos: list[str]) -> None:
    """Put photos into the pool and paint a mask for one of them."""
    events.wait_name("visible_thumbnails_painted", stage="final")
    screen.press("Home", *["shift+Right"] * POOLED, "p", "Home")
    screen.press(*["Right"] * photos.index(MASKED), "Return", "b")
    time.sleep(_OPENING_S)
    screen.press("l")
    screen.draw(*OUTLINE)
    time.sleep(_OPENING_S)
    screen.shoot("mask")
    screen.press("Escape", "Return")
    screen.shoot("pool")


def make_looks(environment: dict[str, str], photo: Path, folder: Path) -> None:
    """Put a library of looks together, by grades of one photo."""
    program = [sys.executable, "-m", "rabbitviewer"]
    for name, prompt in LOOKS.items():
        cube, out = folder / f"{name}.cube", folder / f"{name}.jpg"
        grade = ["grade", str(photo), "--prompt", prompt, "--cube", str(cube), "-o", str(out)]
        subprocess.run([*program, *grade], env=environment, check=True, capture_output=True)
        keep = ["looks", "import", str(cube)]
        subprocess.run([*program, *keep], env=environment, check=True, capture_output=True)


def try_looks(screen: Screen, events: Events, photos: list[str]) -> None:
    """Show a photo under all looks, and one of them large."""
    events.wait_name("visible_thumbnails_painted", stage="final")
    screen.press("Home", *["Right"] * photos.index(PHOTO), "Return", "shift+l")
    time.sleep(_OPENING_S)
    screen.press(*["Right"] * TRIED)
    time.sleep(_OPENING_S)
    screen.shoot("looks")


def main() -> int:
    """Make all screenshots."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path, help="folder of photographs")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="anna-") as temp, open_screen() as screen:
        home = Path(temp)
        folder = home / "Pictures" / "Garden and sea"
        folder.mkdir(parents=True)
        for photo in sorted(args.photos.glob("*.jpg")):
            shutil.copy(photo, folder)
        names = sorted((photo.name for photo in folder.iterdir()), key=str.casefold)
        with open_window(screen, home, folder, "dark") as events:
            browse(screen, events)
        with open_window(screen, home, folder, "dark") as events:
            tell_story(screen, events, names)
        with open_window(screen, home, folder, "dark") as events:
            paint(screen, events, names)
        luts = home / "luts"
        luts.mkdir()
        make_looks(settings_of(screen, home), folder / PHOTO, luts)
        with open_window(screen, home, folder, "dark") as events:
            try_looks(screen, events, names)
        with open_window(screen, home, folder, "light") as events:
            events.wait_name("visible_thumbnails_painted", stage="final")
            screen.press("i", "Home", "Right")
            screen.shoot("light")
    return 0


if __name__ == "__main__":
    sys.exit(main())
