"""The user's workflow folder: the only place that writes into it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import time
import unicodedata
import uuid
import zipfile
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

from daemon.comfyui.graph import Graph
from daemon.comfyui.manifest import Manifest
from daemon.comfyui.manifest_text import write_manifest
from daemon.comfyui.model_names import (
    FILE_NAME,
    MAX_NAMES,
    is_name,
    parse_model_names,
    write_model_names,
)
from daemon.protocol.errors import ErrorKind, RabbitError

DELETED = ".deleted"
_MAX_NAME = 80
_MOST_NUMBERS = 1000
_KEPT_DELETED = 200
_UNSAFE = re.compile(r"[^\w .()+-]+")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d|model_names)$", re.IGNORECASE)
_DATE = (1980, 1, 1, 0, 0, 0)
_ENDINGS = (".json", ".yaml")


class WorkflowFiles:
    """Pairs of graph and manifest in one folder; every method blocks.

    A pair is written manifest first, so that a reader never sees a new graph under no manifest;
    each file comes into place in one step.
    """

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        """Prepare.

        Args:
            folder: The user's; made when something is first written.
            now: Seconds since 1970, for the names of what is deleted.
        """
        self._folder = folder
        self._now = now

    def save(
        self, name: str, graph: Graph, manifest: Manifest, taken: Callable[[str], bool], note: str
    ) -> str:
        """Write a new pair; return the name it got.

        Args:
            name: As wanted; made safe, and numbered where it is taken.
            graph: As it will run.
            manifest: How it is used.
            taken: Whether a name is used elsewhere (by a shipped workflow).
            note: Comment at the head of the manifest.

        Raises:
            RabbitError: the folder cannot be written.
        """
        text = json.dumps(graph, indent=2, ensure_ascii=False) + "\n"
        return self._put(name, text.encode(), write_manifest(manifest, note).encode(), taken)

    def duplicate(
        self, graph: bytes, manifest: bytes, name: str, taken: Callable[[str], bool]
    ) -> str:
        """Write a pair's bytes under another name; return the one it got."""
        return self._put(name, graph, manifest, taken)

    def delete(self, name: str) -> None:
        """Move a pair out of the way; :meth:`restore` brings it back.

        Raises:
            RabbitError: ``not_found``; there is no such pair of the user's.
        """
        there = [path for path in self._pair(name) if path.exists()]
        if not there or not is_safe(name):
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"There is no workflow of your own called '{name}'.",
                "Shipped ones stay; see `rabbitviewer workflows list`.",
            )
        with _explained(self._folder, "The workflow could not be deleted"):
            aside = self._folder / DELETED
            aside.mkdir(mode=0o700, exist_ok=True)
            stamp = f"{int(self._now() * 1000):013d}-{uuid.uuid4().hex[:4]}"
            # The graph goes first: what is left without it is no workflow, should this be the end.
            for path in sorted(there, key=lambda one: one.suffix != ".json"):
                path.replace(aside / f"{stamp} {path.name}")
            self._forget_oldest(aside)

    def restore(self, name: str, taken: Callable[[str], bool]) -> str:
        """Bring back the pair of this name that was deleted last; return the name it got.

        Raises:
            RabbitError: ``not_found``; there is none.
        """
        aside = self._folder / DELETED
        found = sorted(aside.iterdir()) if aside.is_dir() else []
        stamps = [path.name.partition(" ")[0] for path in found if _deleted_name(path) == name]
        if not stamps:
            raise RabbitError(
                ErrorKind.NOT_FOUND,
                f"No deleted workflow was called '{name}'.",
                f"Deleted ones stand in {aside}.",
            )
        with _explained(self._folder, "The workflow could not be restored"):
            target = self._free(name, taken)
            for ending in reversed(_ENDINGS):
                path = aside / f"{stamps[-1]} {name}{ending}"
                if path.exists():
                    path.replace(self._folder / f"{target}{ending}")
        return target

    def export(self, name: str, graph: bytes, manifest: bytes, output: Path) -> Path:
        """Write a pair into one ``.zip``; return where it stands.

        Raises:
            RabbitError: ``already_exists``, or the folder cannot be written.
        """
        target = output / f"{name}.zip" if output.is_dir() else output
        if target.suffix.lower() != ".zip":
            target = target.with_name(f"{target.name}.zip")
        if not target.parent.is_dir():
            raise RabbitError(ErrorKind.OUTPUT_REFUSED, f"There is no folder {target.parent}.")
        temp = target.with_name(f".{target.name[:150]}.{uuid.uuid4().hex[:8]}.rvpart")
        with _explained(target.parent, "The workflow could not be exported"):
            try:
                with temp.open("xb") as file:
                    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                        for ending, data in zip(_ENDINGS, (graph, manifest), strict=True):
                            archive.writestr(zipfile.ZipInfo(f"{name}{ending}", _DATE), data)
                    file.flush()
                    os.fsync(file.fileno())
                _name_new(temp, target)
            except FileExistsError as error:
                raise RabbitError(
                    ErrorKind.ALREADY_EXISTS,
                    f"{target} is there already.",
                    "Choose another name; nothing was written.",
                ) from error
            finally:
                with contextlib.suppress(OSError):
                    temp.unlink()
        return target

    def map_models(self, changes: Mapping[str, str]) -> dict[str, str]:
        """Remember names of model files, forget those with an empty one; return all.

        Raises:
            RabbitError: a name that no file can have, too many, or the file cannot be written.
        """
        path = self._folder / FILE_NAME
        names = parse_model_names(path.read_bytes()) if path.exists() else {}
        for old, new in changes.items():
            if not is_name(old) or (new and not is_name(new)):
                raise RabbitError(
                    ErrorKind.INVALID_REQUEST, f"{(new or old)!r} is no name of a model file."
                )
            if new and new != old:
                names[old] = new
            else:
                names.pop(old, None)
        if len(names) > MAX_NAMES:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST, f"More than {MAX_NAMES} model names are not kept."
            )
        with _explained(self._folder, "The model names could not be saved"):
            self._make_folder()
            _write(path, write_model_names(names).encode())
        return names

    # ------------------------------------------------------------ parts

    def _put(self, name: str, graph: bytes, manifest: bytes, taken: Callable[[str], bool]) -> str:
        with _explained(self._folder, "The workflow could not be saved"):
            self._make_folder()
            target = self._free(safe_name(name), taken)
            graph_file, manifest_file = self._pair(target)
            _write(manifest_file, manifest)
            _write(graph_file, graph)
        return target

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _pair(self, name: str) -> tuple[Path, Path]:
        return self._folder / f"{name}.json", self._folder / f"{name}.yaml"

    def _free(self, name: str, taken: Callable[[str], bool]) -> str:
        for number in range(1, _MOST_NUMBERS):
            wanted = name if number == 1 else f"{name} ({number})"
            there = any(path.exists() for path in self._pair(wanted))
            if not there and not taken(wanted):
                return wanted
        raise RabbitError(
            ErrorKind.ALREADY_EXISTS, f"There are too many workflows called '{name}'."
        )

    def _forget_oldest(self, aside: Path) -> None:
        """Let go of what was deleted long ago, so that the folder does not grow for ever."""
        files = sorted(path for path in aside.iterdir() if path.suffix in _ENDINGS)
        for path in files[:-_KEPT_DELETED]:
            path.unlink()


def safe_name(name: str) -> str:
    """Return *name* as a file may be called everywhere."""
    plain = unicodedata.normalize("NFC", name).replace("/", " ").replace("\\", " ")
    plain = " ".join(_UNSAFE.sub(" ", plain).split())[:_MAX_NAME].strip(" .")
    if not plain:
        return "workflow"
    return f"{plain} workflow" if _RESERVED.match(plain) else plain


def is_safe(name: str) -> bool:
    """Whether *name* may be a file's, rather than a path to somewhere else."""
    plain = bool(name) and not name.startswith(".") and name.isprintable()
    return plain and not any(sign in name for sign in "/\\") and name != Path(FILE_NAME).stem


def _deleted_name(path: Path) -> str:
    return path.stem.partition(" ")[2] if path.suffix in _ENDINGS else ""


def _write(path: Path, data: bytes) -> None:
    """Put *data* in place of *path* in one step, on the disk when it returns."""
    temp = path.with_name(f".{path.name[:150]}.{uuid.uuid4().hex[:8]}.rvpart")
    try:
        with temp.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temp.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temp.unlink()


def _name_new(temp: Path, target: Path) -> None:
    """Give a finished file its name, never that of another file."""
    try:
        os.link(temp, target)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here; the moment between looking and renaming is the best there is.
        if target.exists():
            raise FileExistsError(target) from None
        temp.replace(target)


@contextlib.contextmanager
def _explained(folder: Path, what: str) -> Generator[None]:
    """Turn failures of the disk into a sentence."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        kind, hint = ErrorKind.PERMISSION_DENIED, "See to it that you may write there."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            kind, hint = ErrorKind.DISK_FULL, "Free some space there."
        raise RabbitError(kind, f"{what} in {folder}: {error.strerror or error}.", hint) from error
