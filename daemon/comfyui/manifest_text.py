"""A manifest as a person likes to read and edit it: the look of the shipped ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from daemon.comfyui.manifest import Binding, Manifest, Parameter

_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9 _./()-]*$")
_INNER_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9 _./()|+-]*$")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "none"}
_WIDTH = 96


def write_manifest(manifest: Manifest, comment: str = "") -> str:
    """Return the text of a manifest; one entry stands on one line.

    Args:
        manifest: What is to be written.
        comment: Stands above it, wrapped; may be empty.
    """
    lines = [f"# {line}" for line in _wrapped(comment)]
    lines += [
        f"operation: {manifest.operation}",
        f"title: {_text(manifest.title)}",
        f"result: {manifest.result}",
        f"mask: {manifest.mask}",
    ]
    if manifest.prompt_only:
        lines.append("prompt_only: true")
    if manifest.category:
        lines.append(f"category: {_text(manifest.category)}")
    lines += _requires(manifest)
    if manifest.bindings:
        lines.append("bindings:")
        width = max(len(name) for name in manifest.bindings)
        lines += [
            f"  {name}:{' ' * (width - len(name))} {_binding(binding)}"
            for name, binding in manifest.bindings.items()
        ]
    if manifest.parameters:
        lines.append("parameters:")
        lines += [f"  {name}: {_parameter(one)}" for name, one in manifest.parameters.items()]
    output = manifest.output
    prefix = _inner(output.filename_prefix)
    lines.append(f"output: {{node: {json.dumps(output.node)}, filename_prefix: {prefix}}}")
    lines.append(f"version: {manifest.version}")
    return "\n".join(lines) + "\n"


def retitled(data: bytes, title: str) -> bytes:
    """Return the bytes of a manifest under another title; all else stays, comments too."""
    line = f"title: {_text(title)}".encode()
    return re.sub(rb"(?m)^title:.*$", lambda _: line, data, count=1)


def _requires(manifest: Manifest) -> list[str]:
    needed = manifest.requires
    lines: list[str] = []
    if needed.comfyui:
        lines.append(f"  comfyui: {json.dumps(needed.comfyui)}")
    if needed.nodes:
        lines.append(f"  nodes: {_list(needed.nodes)}")
    if needed.models:
        lines.append("  models:")
        lines += [
            f"    {_inner(folder)}: {_list(files)}" for folder, files in needed.models.items()
        ]
    return ["requires:", *lines] if lines else []


def _binding(binding: Binding) -> str:
    return _mapping({"node": json.dumps(binding.node), **_place(binding.class_, binding.input)})


def _place(class_: str, input_name: str) -> dict[str, str]:
    return {"class": _inner(class_), "input": _inner(input_name)}


def _parameter(one: Parameter) -> str:
    entries = {"node": json.dumps(one.node), "input": _inner(one.input), "type": one.type}
    if one.default is not None:
        entries["default"] = _value(one.default)
    for name, bound in (("min", one.min), ("max", one.max), ("step", one.step)):
        if bound is not None:
            entries[name] = _number(bound, whole=one.type == "integer")
    if one.choices:
        entries["choices"] = _list(one.choices)
    if one.title:
        entries["title"] = _inner(one.title)
    if one.advanced:
        entries["advanced"] = "true"
    return _mapping(entries)


def _mapping(entries: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in entries.items()) + "}"


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(_inner(value) for value in values) + "]"


def _value(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, whole=isinstance(value, int))
    return _inner(value)


def _number(value: float, *, whole: bool) -> str:
    if whole and float(value).is_integer():
        return str(int(value))
    written = f"{value:.10g}"
    # YAML reads 1e-05 as a text.
    return f"{value:.12f}".rstrip("0") if "e" in written else written


def _text(value: str) -> str:
    return value if _PLAIN.match(value) and _is_safe(value) else _quoted(value)


def _inner(value: str) -> str:
    """Return a text as it may stand inside of braces and brackets."""
    return value if _INNER_PLAIN.match(value) and _is_safe(value) else _quoted(value)


def _is_safe(value: str) -> bool:
    return value.lower() not in _WORDS and value == value.strip()


def _quoted(value: str) -> str:
    r"""Return a text in double quotes; what YAML does not allow in a file becomes ``\u``."""
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _wrapped(comment: str) -> list[str]:
    lines: list[str] = []
    for word in comment.split():
        if lines and len(lines[-1]) + len(word) < _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
