"""The manifest beside a graph (``NAME.yaml``): what the operation is and where values go."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.values import ParameterInfo
from daemon.protocol.workflows import ResultKind
from daemon.settings_file import Node, SettingsFileError, parse

MAX_MANIFEST_BYTES = 256 * 1024

ParameterType = Literal["integer", "number", "text", "boolean", "choice", "model", "seed"]
MaskPolicy = Literal["none", "optional", "required"]
_Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_NodeId = Annotated[str, Meta(min_length=1, max_length=100)]
_InputName = Annotated[str, Meta(min_length=1, max_length=200)]
_Text = Annotated[str, Meta(max_length=200)]

_BINDINGS = re.compile(
    r"^(image|mask|prompt|negative|prompt_2|negative_prompt_2|seed|width|height|denoise"
    r"|reference_[1-9][0-9]?|control_[1-9][0-9]?|pool\.(image|mask|index|count|label))$"
)
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "keys",
    "null": "nothing",
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "type": get_args(ParameterType),
    "result": get_args(ResultKind),
    "mask": get_args(MaskPolicy),
}
_VERSION = re.compile(r"^\s*(>=|==|>|)\s*(\d+(?:\.\d+){0,3})\s*$")


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"class_": "class"}):
    """Where one value goes: node id, checked against the class, and input."""

    node: _NodeId
    class_: _InputName
    input: _InputName


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form field: where it goes, its type, default and range.

    A choice without *choices* takes those of the host.
    """

    node: _NodeId
    input: _InputName
    type: ParameterType
    default: int | float | str | bool | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    title: _Text = ""

    def to_info(self, name: str) -> ParameterInfo:
        """Return the form field as clients see it."""
        return ParameterInfo(
            name=name,
            type=self.type,
            default=self.default,
            min=self.min,
            max=self.max,
            step=self.step,
            choices=self.choices,
            advanced=self.advanced,
            title=self.title or name.replace("_", " ").capitalize(),
        )


class Requires(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a host must have: version, nodes, model files by folder below ``models/``."""

    comfyui: str = ""
    nodes: tuple[str, ...] = ()
    models: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict[str, tuple[str, ...]])


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The node whose pictures are the result, and the input that takes the job's prefix."""

    node: _NodeId
    filename_prefix: _InputName = "filename_prefix"


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a graph is used; the fields are documented in docs/workflows.md."""

    operation: _Name
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    result: ResultKind
    output: Output
    mask: MaskPolicy = "none"
    prompt_only: bool = False
    category: _Text = ""
    requires: Requires = Requires()
    bindings: dict[str, Binding] = msgspec.field(default_factory=dict[str, Binding])
    parameters: dict[_Name, Parameter] = msgspec.field(default_factory=dict[str, Parameter])
    version: Literal[1] = 1


def parse_manifest(data: bytes, filename: str) -> Manifest:
    """Return the manifest in *data*.

    Args:
        data: The file's bytes.
        filename: Its name, for complaints.

    Raises:
        RabbitError: ``workflow_invalid`` naming file, line and field.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise invalid(filename, f"is larger than {MAX_MANIFEST_BYTES // 1024} KiB")
    try:
        root = parse(data)
    except (SettingsFileError, RecursionError) as error:
        said = str(error).replace("sections such as 'comfyui:'", "keys such as 'operation:'")
        raise invalid(filename, said) from error
    for section, kind in (("bindings", Binding), ("parameters", Parameter)):
        _check_entries(root, section, kind, filename)
    try:
        manifest = msgspec.convert(root.plain(), Manifest)
    except msgspec.ValidationError as error:
        raise invalid(filename, _with_place(str(error), root, [])) from error
    _check_names(manifest, root, filename)
    return manifest


def is_binding(name: str) -> bool:
    """Whether a manifest may have a binding of this name."""
    return bool(_BINDINGS.match(name))


def invalid(filename: str, problem: str) -> RabbitError:
    """Return the failure for a file of a workflow that cannot be used."""
    return RabbitError(
        ErrorKind.WORKFLOW_INVALID,
        f"{filename}: {problem.rstrip('.')}.",
        "Correct the file; `rabbitviewer workflows check` reads it again.",
        {"file": filename},
    )


def version_is_enough(required: str, version: str) -> bool:
    """Whether *version* of a host fulfils *required* (``>=0.3.42``); unknown versions do."""
    match = _VERSION.match(required)
    have = _numbers(version)
    if match is None or not have:
        return True
    need = _numbers(match[2])
    if match[1] == "==":
        return have == need
    return have > need if match[1] == ">" else have >= need


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    if match is None:
        return ()
    parts = [int(part) for part in match[1].split(".")[:4]]
    return tuple(parts + [0] * (4 - len(parts)))


def _check_names(manifest: Manifest, root: Node, filename: str) -> None:
    for name in manifest.bindings:
        if not is_binding(name):
            place = _place(root, ["bindings", name])
            raise invalid(filename, f"{place}there is no binding called '{name}'")
    required = manifest.requires.comfyui
    if required and not _VERSION.match(required):
        place = _place(root, ["requires", "comfyui"])
        raise invalid(filename, f"{place}'{required}' is no version; write it like '>=0.3.42'")


def _check_entries(root: Node, section: str, kind: type[msgspec.Struct], filename: str) -> None:
    """Check the entries of a mapping one by one, so that a complaint can name the entry."""
    node = root.value.get(section) if isinstance(root.value, dict) else None
    if node is None or not isinstance(node.value, dict):
        return
    for name, entry in node.value.items():
        try:
            msgspec.convert(entry.plain(), kind)
        except msgspec.ValidationError as error:
            raise invalid(filename, _with_place(str(error), root, [section, name])) from error


def _with_place(text: str, root: Node, above: list[str]) -> str:
    """Put line, column and field before msgspec's complaint, which ends in the field's path.

    Args:
        text: ``Expected `str`, got `int` - at `$.input```.
        root: The file.
        above: Path of what was converted.
    """
    said, _, path = text.partition(" - at `$")
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", path)
    names = above + [name or index for name, index in steps]
    plain = said[:1].lower() + said[1:]
    for technical, word in _WORDS.items():
        plain = plain.replace(f"`{technical}`", word)
    plain = re.sub(r"matching regex .*", "of small letters, digits and underscores", plain)
    choices = _CHOICES.get(names[-1] if names else "", ())
    if "enum value" in plain and choices:
        plain += f"; it is one of {', '.join(choices)}"
    field = f"{'.'.join(names)}: " if names else ""
    return f"{_place(root, names)}{field}{plain.replace('`', chr(39))}"


def _place(root: Node, names: list[str]) -> str:
    """Return ``line 3, column 5: `` of the deepest known part of a path."""
    node = root
    place = root.place
    for name in names:
        if isinstance(node.value, dict):
            if name not in node.value:
                break
            place = node.keys.get(name, place)
            node = node.value[name]
        elif isinstance(node.value, list) and name.isdigit() and int(name) < len(node.value):
            node = node.value[int(name)]
            place = node.place
        else:
            break
    return f"{place}: "
