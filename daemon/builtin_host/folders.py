"""The host's three folders (input, output, temp) and every rule about names inside them."""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from daemon.builtin_host.values import NodeFailed

KINDS = ("input", "output", "temp")
_ANNOTATION = re.compile(r"^(?P<name>.*?) ?\[(?P<kind>input|output|temp)\]$", re.DOTALL)
_IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
)


@dataclass(frozen=True)
class SaveTarget:
    """Where the next saved picture goes.

    Attributes:
        folder: Existing folder.
        stem: File name before ``_00001_.png``.
        counter: First free number.
        subfolder: *folder* relative to the kind's root, "" for the root itself.
    """

    folder: Path
    stem: str
    counter: int
    subfolder: str


class HostFolders:
    """``input``, ``output`` and ``temp`` below one base folder.

    Names come from clients: nothing here returns a path outside its root.
    """

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()
        for kind in KINDS:
            (self.base / kind).mkdir(parents=True, exist_ok=True)

    def root(self, kind: str) -> Path:
        """Root folder of a kind.

        Raises:
            ValueError: *kind* is none of input, output, temp.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown kind of folder: {kind}")
        return self.base / kind

    def wipe_temp(self) -> None:
        """Empty ``temp``, as the real server does whenever it starts."""
        shutil.rmtree(self.base / "temp", ignore_errors=True)
        (self.base / "temp").mkdir(exist_ok=True)

    def forget_older_than(self, age_s: float) -> None:
        """Delete inputs and results last written more than *age_s* seconds ago."""
        limit = time.time() - age_s
        for kind in ("input", "output"):
            for path in (self.base / kind).rglob("*"):
                if path.is_file() and path.lstat().st_mtime < limit:
                    path.unlink(missing_ok=True)

    def inside(self, kind: str, subfolder: str, name: str = "") -> Path | None:
        """Absolute path of ``subfolder/name`` below a kind's root, ``None`` when it leaves it."""
        root = self.root(kind)
        path = Path(os.path.normpath(root / subfolder / name))
        if path != root and root not in path.parents:
            return None
        return path

    def find_input(self, annotated: object) -> Path | None:
        """File that a LoadImage name means (``sub/a.png``, ``a.png [output]``), if it exists."""
        if not isinstance(annotated, str) or "\0" in annotated:
            return None
        name, kind = split_annotation(annotated)
        if not name:
            return None
        path = self.inside(kind or "input", name)
        return path if path is not None and path.is_file() else None

    def list_images(self) -> list[str]:
        """Names of the pictures in the root of ``input``, sorted, for the combos."""
        return sorted(
            path.name
            for path in (self.base / "input").iterdir()
            if path.is_file() and path.suffix.lower() in _IMAGE_SUFFIXES
        )

    def next_save(self, kind: str, prefix: str, width_px: int, height_px: int) -> SaveTarget:
        """Resolve a ``filename_prefix``: tokens, subfolder, first free counter.

        Raises:
            NodeFailed: the prefix leads outside the folder.
        """
        prefix = os.path.normpath(_fill_tokens(prefix, width_px, height_px))
        subfolder, stem = os.path.split(prefix)
        folder = self.inside(kind, subfolder)
        if folder is None or subfolder.startswith("/"):
            raise NodeFailed(
                "**** ERROR: Saving image outside the output folder is not allowed.", "Exception"
            )
        folder.mkdir(parents=True, exist_ok=True)
        pattern = re.compile(re.escape(stem) + r"_(\d+)")
        numbers = [int(m[1]) for path in folder.iterdir() if (m := pattern.match(path.name))]
        return SaveTarget(folder, stem, max(numbers, default=0) + 1, subfolder)


def split_annotation(name: str) -> tuple[str, str]:
    """Split ``a.png [temp]`` into ``("a.png", "temp")``; the kind is "" without annotation."""
    match = _ANNOTATION.match(name)
    return (match["name"], match["kind"]) if match else (name, "")


def _fill_tokens(prefix: str, width_px: int, height_px: int) -> str:
    now = time.localtime()
    tokens = {
        "%width%": str(width_px),
        "%height%": str(height_px),
        "%year%": f"{now.tm_year}",
        "%month%": f"{now.tm_mon:02}",
        "%day%": f"{now.tm_mday:02}",
        "%hour%": f"{now.tm_hour:02}",
        "%minute%": f"{now.tm_min:02}",
        "%second%": f"{now.tm_sec:02}",
    }
    for token, value in tokens.items():
        prefix = prefix.replace(token, value)
    return prefix
