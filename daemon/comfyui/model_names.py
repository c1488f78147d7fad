"""Model files under other names: those that the user gave (``model_names.yaml``), likely ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from daemon.comfyui.lenient import mapping
from daemon.comfyui.manifest import invalid
from daemon.comfyui.model_folders import is_model_file, model_folder
from daemon.comfyui.object_info import ObjectInfo
from daemon.settings_file import SettingsFileError, parse

FILE_NAME = "model_names.yaml"
MAX_NAMES = 1000
_MAX_LENGTH = 300
_HEADER = (
    "# Model files that go by another name on your hosts: the name that a workflow gives, and the\n"
    "# one to use instead. They hold for every workflow, on every host that has the second one.\n"
)
_NEAR_ENOUGH = 0.6
_NOISE = re.compile(r"[^a-z0-9]+")
_PRECISION = re.compile(r"^(fp\d+|bf16|e\dm\dfn|q\d.*|k|m|s|scaled|mixed|pruned|emaonly|ema)$")
_ENDING = re.compile(r"\.[a-z0-9]{2,12}$")


def parse_model_names(data: bytes) -> dict[str, str]:
    """Return the names in *data*.

    Raises:
        RabbitError: ``workflow_invalid`` naming line and column.
    """
    try:
        root = parse(data)
    except (SettingsFileError, RecursionError) as error:
        raise invalid(FILE_NAME, str(error)) from error
    found: dict[str, str] = {}
    for name, node in (root.value if isinstance(root.value, dict) else {}).items():
        if not isinstance(node.value, str) or not node.value:
            raise invalid(FILE_NAME, f"{node.place}: {name}: expected the name of a file")
        found[name] = node.value
    return found


def write_model_names(names: Mapping[str, str]) -> str:
    """Return the text of the file."""
    lines = [f"{_quoted(old)}: {_quoted(new)}" for old, new in sorted(names.items())]
    return _HEADER + "".join(f"{line}\n" for line in lines)


def is_name(value: str) -> bool:
    """Whether *value* may be the name of a model file."""
    return 0 < len(value) <= _MAX_LENGTH and value.isprintable() and value == value.strip()


def name_on_host(
    wanted: str, choices: Iterable[object], names: Mapping[str, str] | None = None
) -> str | None:
    r"""Return the choice of a host that a model's name means; None: it has no such file.

    That is the name itself; else the one that the user mapped it to; else the same path in the
    other spelling, for a Windows host writes ``FLUX\ae.sft`` where others write ``FLUX/ae.sft``.
    """
    known = [choice for choice in choices if isinstance(choice, str)]
    for name in (wanted, (names or {}).get(wanted, "")):
        if not name:
            continue
        if name in known:
            return name
        same = [choice for choice in known if _path(choice) == _path(name)]
        if len(same) == 1:
            return same[0]
    return None


def nearest_name(wanted: str, choices: Iterable[object]) -> str:
    """Return the choice that is most likely the same model; '' where none is alike.

    The same file in another folder comes first, then names of the same words, then the same model
    in another precision, then names that differ little.
    """
    known = [choice for choice in choices if isinstance(choice, str)]
    for key in (_file, _words, _model):
        same = [choice for choice in known if key(choice) == key(wanted)]
        if same and key(wanted):
            return min(same, key=lambda choice: (len(choice), choice))
    ratings = [(_likeness(wanted, choice), choice) for choice in known]
    best = max(ratings, default=(0.0, ""))
    return best[1] if best[0] >= _NEAR_ENOUGH else ""


def _likeness(first: str, second: str) -> float:
    """Return how alike two names are, 0..1: the words they share, and their letters."""
    one, two = _words(first), _words(second)
    if not one or not two:
        return 0.0
    shared = len(set(one) & set(two)) / max(min(len(set(one)), len(set(two))), 1)
    letters = difflib.SequenceMatcher(None, "".join(one), "".join(two)).ratio()
    return (shared + letters) / 2


def _words(name: str) -> tuple[str, ...]:
    plain = _ENDING.sub("", _file(name))
    return tuple(sorted(word for word in _NOISE.split(plain) if word))


def _model(name: str) -> tuple[str, ...]:
    return tuple(word for word in _words(name) if not _PRECISION.match(word))


def _file(name: str) -> str:
    return _path(name).rpartition("/")[2]


def _path(name: str) -> str:
    return name.replace("\\", "/").lower()


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def fit_model_names(graph: dict[str, Any], info: ObjectInfo, names: Mapping[str, str]) -> None:
    """Write the host's own names of model files into *graph*, where it has them under others.

    Args:
        graph: Changed in place.
        info: The host's nodes.
        names: What the user mapped: name in a workflow to name on the hosts.
    """
    for _, inputs, name, choices in _models(graph, info):
        found = name_on_host(inputs[name], choices, names)
        if found is not None:
            inputs[name] = found


def _models(
    graph: Mapping[str, Any], info: ObjectInfo
) -> Iterator[tuple[str, dict[str, Any], str, tuple[Any, ...]]]:
    """Yield (class, inputs, input, choices) of every input that names a model file."""
    for node in graph.values():
        class_type = str(mapping(node).get("class_type"))
        inputs = mapping(mapping(node).get("inputs"))
        for name, value in inputs.items():
            choices = info.choices(class_type, name) if isinstance(value, str) else None
            if choices is not None and (model_folder(class_type, name) or is_model_file(value)):
                yield class_type, inputs, name, choices


class AbsentModel(NamedTuple):
    """A model file that a graph names and a host does not have.

    Attributes:
        file: As the graph names it.
        folder: Below the host's ``models/``; '' where it is not known.
        near: The file there that is most likely the same; '' for none.
        choices: What the host has in that folder.
    """

    file: str
    folder: str
    near: str
    choices: tuple[str, ...]


def absent_models(
    graph: Mapping[str, Any], info: ObjectInfo, names: Mapping[str, str]
) -> list[AbsentModel]:
    """Return every model file that *graph* names and the host does not have, each once."""
    found: dict[tuple[str, str], AbsentModel] = {}
    for class_type, inputs, name, choices in _models(graph, info):
        wanted = inputs[name]
        if name_on_host(wanted, choices, names) is not None:
            continue
        folder = model_folder(class_type, name)
        texts = tuple(choice for choice in choices if isinstance(choice, str))
        found[wanted, folder] = AbsentModel(wanted, folder, nearest_name(wanted, texts), texts)
    return list(found.values())
