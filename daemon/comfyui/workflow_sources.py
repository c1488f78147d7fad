"""Files that may become a workflow: an API export, a file of ComfyUI's window, a pair, a PNG."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from daemon.comfyui.checks import MAX_GRAPH_BYTES, parse_graph
from daemon.comfyui.graph import Graph
from daemon.comfyui.lenient import mapping
from daemon.comfyui.manifest import MAX_MANIFEST_BYTES, Manifest, parse_manifest
from daemon.comfyui.png_text import SIGNATURE, png_text
from daemon.comfyui.window_format import is_window_format
from daemon.protocol.errors import ErrorKind, RabbitError

_ADVICE = "Choose a file that ComfyUI exported with Workflow > Export (API)."
_MAX_ARCHIVE_BYTES = 16 * 1024 * 1024
_MAX_ENTRIES = 20
_MAX_RATIO = 200
_GRAPH, _MANIFEST = (".json",), (".yaml", ".yml")


class WorkflowSource(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds.

    Attributes:
        name: The file's name without its extension, as a proposal for the workflow's.
        graph: Ready to run; None: it has to be converted from *window*.
        window: A document of ComfyUI's window.
        manifest: The one that came along in an archive.
    """

    name: str
    graph: Graph | None = None
    window: dict[str, Any] | None = None
    manifest: Manifest | None = None


def read_source(path: Path) -> WorkflowSource:
    """Return what the file at *path* holds; blocks.

    Raises:
        RabbitError: it is no workflow, too large, or cannot be read; the sentence says which.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise refused(path.name, "is no file")
            return _read(file, path)
    except FileNotFoundError as error:
        raise RabbitError(ErrorKind.NOT_FOUND, f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise refused(path.name, "is a folder") from error
    except OSError as error:
        raise refused(path.name, f"cannot be read: {error.strerror or error}") from error


def refused(filename: str, why: str, hint: str = "") -> RabbitError:
    """Return the failure for a file that cannot become a workflow."""
    advice = hint or _ADVICE
    return RabbitError(ErrorKind.WORKFLOW_INVALID, f"{filename} {why}.", advice, {"file": filename})


def not_convertible(filename: str, why: str) -> RabbitError:
    """Return the failure for a file of ComfyUI's window that cannot be converted."""
    return RabbitError(
        ErrorKind.WORKFLOW_INVALID,
        f"{filename} is saved in the format of ComfyUI's window and cannot be converted: {why}.",
        "Open it in ComfyUI and export it with Workflow > Export (API), called Save (API Format) "
        "in older versions.",
        {"file": filename},
    )


def _read(file: BinaryIO, path: Path) -> WorkflowSource:
    begin = file.read(len(SIGNATURE))
    file.seek(0)
    if begin == SIGNATURE:
        return _from_png(file, path)
    if begin.startswith(b"PK\x03\x04") or path.suffix.lower() == ".zip":
        return _from_archive(file, path)
    if path.suffix.lower() in _MANIFEST:
        raise refused(path.name, "is a manifest; it comes with its graph in one .zip")
    return _from_json(file.read(MAX_GRAPH_BYTES + 1), path.name, path.stem)


def _from_json(data: bytes, filename: str, name: str) -> WorkflowSource:
    try:
        window = json.loads(data) if len(data) <= MAX_GRAPH_BYTES else None
    except (ValueError, RecursionError):
        window = None
    if is_window_format(window):
        return WorkflowSource(name=name, window=mapping(window))
    # What /prompt takes, and what a server's history holds, have the graph under one key.
    inner = mapping(mapping(window).get("prompt"))
    if inner and "class_type" not in inner:
        data = json.dumps(inner).encode()
    return WorkflowSource(name=name, graph=_plain(_parsed(data, filename)))


def _parsed(data: bytes, filename: str) -> Graph:
    """Return the graph of a file that is not in the folder, where *check* would read it again."""
    try:
        return parse_graph(data, filename)
    except RabbitError as error:
        said = error.info.message
        raise RabbitError(ErrorKind.WORKFLOW_INVALID, said, _ADVICE, {"file": filename}) from error


def _plain(graph: Graph) -> Graph:
    """Return a graph without what a server adds to each node when it runs."""
    kept = ("class_type", "inputs", "_meta")
    return {i: {key: node[key] for key in kept if key in node} for i, node in graph.items()}


def _from_png(file: BinaryIO, path: Path) -> WorkflowSource:
    found = png_text(file, b"prompt", MAX_GRAPH_BYTES)
    if found is None:
        raise refused(
            path.name,
            "is a picture without a workflow in it",
            "PNGs that ComfyUI saved have one, unless it was started with --disable-metadata.",
        )
    return _from_json(found, path.name, path.stem)


def _from_archive(file: BinaryIO, path: Path) -> WorkflowSource:
    if os.fstat(file.fileno()).st_size > _MAX_ARCHIVE_BYTES:
        raise refused(path.name, f"is larger than {_MAX_ARCHIVE_BYTES >> 20} MiB")
    try:
        with zipfile.ZipFile(file) as archive:
            entries = _entries(archive, path.name)
            graph_file = _only(entries, _GRAPH, path.name)
            if graph_file is None:
                raise refused(path.name, "holds no graph (a .json file)")
            graph = _content(archive, graph_file, MAX_GRAPH_BYTES, path.name)
            manifest_file = _only(entries, _MANIFEST, path.name)
            source = _from_json(graph, _base(graph_file), Path(_base(graph_file)).stem)
            if manifest_file is None:
                return source
            data = _content(archive, manifest_file, MAX_MANIFEST_BYTES, path.name)
            manifest = parse_manifest(data, _base(manifest_file))
            return msgspec.structs.replace(source, manifest=manifest)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, RuntimeError) as error:
        raise refused(path.name, "is no usable .zip archive") from error


def _entries(archive: zipfile.ZipFile, filename: str) -> list[zipfile.ZipInfo]:
    """Return the files of an archive; hidden ones that a Mac adds do not count."""
    found = [one for one in archive.infolist() if not one.is_dir()]
    found = [
        one for one in found if not _base(one).startswith(".") and "__MACOSX" not in one.filename
    ]
    if len(found) > _MAX_ENTRIES:
        raise refused(filename, f"holds {len(found)} files; a workflow has two")
    for one in found:
        parts = one.filename.replace("\\", "/").split("/")
        if one.filename.startswith("/") or ".." in parts or ":" in parts[0]:
            raise refused(filename, "holds a file whose path leads out of it")
        if stat.S_ISLNK(one.external_attr >> 16):
            raise refused(filename, "holds a link instead of a file")
    return found


def _only(
    entries: list[zipfile.ZipInfo], endings: tuple[str, ...], filename: str
) -> zipfile.ZipInfo | None:
    found = [one for one in entries if one.filename.lower().endswith(endings)]
    if len(found) > 1:
        raise refused(filename, f"holds {len(found)} {endings[0]} files; a workflow has one")
    return found[0] if found else None


def _content(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int, filename: str
) -> bytes:
    """Return an entry's bytes; never more than *max_bytes*, whatever its header says."""
    too_large = f"holds {_base(entry)}, which is larger than {max_bytes // 1024} KiB"
    if entry.file_size > max_bytes or entry.file_size > (entry.compress_size + 1) * _MAX_RATIO:
        raise refused(filename, too_large)
    with archive.open(entry) as stream:
        data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise refused(filename, too_large)
    return data


def _base(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/").rpartition("/")[2]
