"""config.yaml as a tree of values that know their line and column; single values written back.

Parsing is guarded: the size is capped before anything is parsed, depth is bounded, anchors and
aliases are refused (nothing can expand), a repeated key is an error instead of winning silently.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

import msgspec
import yaml

from daemon.protocol.errors import ErrorKind, RabbitError

MAX_FILE_BYTES = 64 * 1024
MAX_DEPTH = 12

Scalar = str | int | float | bool | None


class Place(msgspec.Struct, frozen=True):
    """Where something stands in the file, counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Node(msgspec.Struct, frozen=True):
    """One value of the file.

    Attributes:
        value: A scalar, a list of nodes, or a mapping of key to node.
        place: Where the value begins.
        keys: For a mapping, where each key stands.
    """

    value: Scalar | list[Node] | dict[str, Node]
    place: Place
    keys: dict[str, Place] = msgspec.field(default_factory=dict[str, Place])

    def plain(self) -> object:
        """Return the value as plain lists, dicts and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class SettingsFileError(Exception):
    """The file cannot be taken at all; the text says where and why."""


def read_capped(path: Path) -> bytes:
    """Return the bytes of a settings file.

    Raises:
        SettingsFileError: it is too large, no regular file, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsFileError(f"cannot be read: {error.strerror or error}") from error
    if len(data or b"") > MAX_FILE_BYTES:
        raise SettingsFileError(f"is larger than {MAX_FILE_BYTES // 1024} KiB")
    return data or b""


def parse(data: bytes) -> Node:
    """Return the tree in *data*; an empty file is an empty mapping.

    Raises:
        SettingsFileError: not UTF-8, not YAML, nested too deeply, anchors, repeated
            keys, or the top level is no mapping.
    """
    text = _decode(data)
    try:
        _check_events(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise SettingsFileError(_marked_text(error)) from error
    except yaml.reader.ReaderError as error:
        place = _place_of_offset(text, int(error.position))
        raise SettingsFileError(f"{place}: a character that YAML does not allow") from error
    if root is None:
        return Node({}, Place(1, 1))
    node = _convert(root, yaml.SafeLoader(""))
    if node.value is None:
        return Node({}, Place(1, 1))
    if not isinstance(node.value, dict):
        raise SettingsFileError(f"{node.place}: expected sections such as 'comfyui:'")
    return node


def write_value(path: Path, key: tuple[str, str], value: Scalar) -> None:
    """Set ``section.key`` in the file at *path*; comments, order and layout stay.

    The file is replaced in one step, through a link to the file it leads to.

    Raises:
        RabbitError: the file cannot be read as YAML or cannot be written.
    """
    section, name = key
    target = path.resolve()
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import YAMLError as RoundTripError

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 4096
    editor.indent(mapping=2, sequence=4, offset=2)
    try:
        data = target.read_bytes() if target.exists() else b""
        document = editor.load(data.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, RoundTripError) as error:
        raise _cannot_write(path, "it cannot be read as it is", "Mend it by hand.") from error
    root = document if isinstance(document, CommentedMap) else CommentedMap()
    if not isinstance(root.get(section), CommentedMap):
        root[section] = CommentedMap()
    root[section][name] = value
    out = io.BytesIO()
    editor.dump(root, out)
    try:
        replace_file(target, out.getvalue())
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error), "Check the folder.") from error


def replace_file(path: Path, data: bytes) -> None:
    """Write *data* to *path* in one step: temporary file, fsync, rename, fsync of the folder.

    Raises:
        OSError: the folder does not take it; the old file is then unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".config-", dir=path.parent)
    temp = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            temp.chmod(path.stat().st_mode & 0o777)
        temp.replace(path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsFileError(f"line {line}: not UTF-8 text; save the file as UTF-8") from error


def _check_events(text: str) -> None:
    """Refuse what could blow up, from the event stream, which needs no recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise SettingsFileError(
                f"{place}: anchors and aliases (& and *) are not used in this file"
            )
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise SettingsFileError(f"{place}: nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _convert(node: yaml.Node, loader: yaml.SafeLoader) -> Node:
    place = _place(node)
    if isinstance(node, yaml.MappingNode):
        return _convert_mapping(node, loader, place)
    if isinstance(node, yaml.SequenceNode):
        return Node([_convert(item, loader) for item in node.value], place)
    try:
        value = loader.construct_object(node)
    except yaml.MarkedYAMLError as error:
        raise SettingsFileError(f"{place}: not a value for this file ({node.tag})") from error
    except ValueError:
        return Node(str(node.value), place)
    if value is None or isinstance(value, (str, int, float, bool)):
        return Node(value, place)
    return Node(str(node.value), place)


def _convert_mapping(node: yaml.MappingNode, loader: yaml.SafeLoader, place: Place) -> Node:
    values: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise SettingsFileError(f"{_place(key_node)}: a key must be a plain word")
        key = str(key_node.value)
        if key in values:
            where = f"{_place(key_node)}: '{key}' stands twice"
            raise SettingsFileError(f"{where}, first on line {keys[key].line}")
        values[key] = _convert(value_node, loader)
        keys[key] = _place(key_node)
    return Node(values, place, keys)


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _place_of_offset(text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _marked_text(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"{Place(mark.line + 1, mark.column + 1)}: " if mark else ""
    problem = error.problem or error.context or "this is not YAML"
    if "'\\t'" in problem:
        problem = "a tab; indent with spaces"
    return where + problem


def _cannot_write(path: Path, problem: str, hint: str) -> RabbitError:
    return RabbitError(
        ErrorKind.SETTINGS_INVALID, f"Could not write the setting into {path}: {problem}.", hint
    )
