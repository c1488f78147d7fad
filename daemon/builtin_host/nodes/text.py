"""Nodes about text."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from typing import Any

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.dynamic_inputs import grown
from daemon.builtin_host.values import Json, NodeFailed, out_of_memory

MAX_TEXT = 1 << 20
_MAX_FIELD = 5


def concatenate(inputs: Json, context: NodeContext) -> NodeResult:
    """StringConcatenate: two texts and what stands between them."""
    del context
    return _text(str(inputs["delimiter"]).join((inputs["string_a"], inputs["string_b"])))


def substring(inputs: Json, context: NodeContext) -> NodeResult:
    """StringSubstring: characters ``start`` to ``end``; negative ones count from the end."""
    del context
    return _text(inputs["string"][int(inputs["start"]) : int(inputs["end"])])


def length(inputs: Json, context: NodeContext) -> NodeResult:
    """StringLength: number of characters."""
    del context
    return NodeResult((len(inputs["string"]),))


def case_converter(inputs: Json, context: NodeContext) -> NodeResult:
    """CaseConverter: upper case, lower case, capitalised, or every word capitalised."""
    del context
    return _text(_CASES[inputs["mode"]](inputs["string"]))


def trim(inputs: Json, context: NodeContext) -> NodeResult:
    """StringTrim: without white space at one end or both."""
    del context
    return _text(_TRIMS[inputs["mode"]](inputs["string"]))


def replace(inputs: Json, context: NodeContext) -> NodeResult:
    """StringReplace: every ``find`` becomes ``replace``."""
    del context
    text, found, new = inputs["string"], inputs["find"], inputs["replace"]
    _require_length(len(text) + (text.count(found) * max(0, len(new) - len(found))))
    return _text(text.replace(found, new))


def contains(inputs: Json, context: NodeContext) -> NodeResult:
    """StringContains: whether one text stands in the other."""
    del context
    text, part = _folded(inputs, "string", "substring")
    return NodeResult((part in text,))


def compare(inputs: Json, context: NodeContext) -> NodeResult:
    """StringCompare: whether one text starts with, ends with or equals the other."""
    del context
    first, second = _folded(inputs, "string_a", "string_b")
    return NodeResult((_COMPARISONS[inputs["mode"]](first, second),))


def string_format(inputs: Json, context: NodeContext) -> NodeResult:
    """StringFormat: Python's format string over the given values.

    Raises:
        NodeFailed: the format string is wrong, or asks for private attributes or fields that are
            too wide.
    """
    del context
    try:
        return _text(_Formatter().vformat(str(inputs["f_string"]), (), grown(inputs, "values")))
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise NodeFailed(str(error), type(error).__name__) from error


def json_extract(inputs: Json, context: NodeContext) -> NodeResult:
    """JsonExtractString: one value of a JSON object as text, "" when there is none."""
    del context
    try:
        document: Any = json.loads(inputs["json_string"])
    except (ValueError, RecursionError):
        return NodeResult(("",))
    value = document.get(inputs["key"]) if isinstance(document, dict) else None
    return NodeResult(("" if value is None else str(value),))


class _Formatter(string.Formatter):
    """Python's formatting without the ways to leave the values or to fill the memory."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:  # noqa: ANN401  # as the base class
        if "._" in field_name or "[_" in field_name:
            raise AttributeError(f"private attribute in {field_name!r}")
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401  # as the base class
        digits = "".join(c if c.isdigit() else " " for c in format_spec).split()
        if any(len(number) > _MAX_FIELD for number in digits):
            raise ValueError("Too many decimal digits in format string")
        return str(super().format_field(value, format_spec))


def _text(text: str) -> NodeResult:
    _require_length(len(text))
    return NodeResult((text,))


def _require_length(characters: int) -> None:
    if characters > MAX_TEXT:
        raise out_of_memory(f"A text of {characters} characters", "", characters)


def _folded(inputs: Json, first: str, second: str) -> tuple[str, str]:
    if inputs["case_sensitive"]:
        return inputs[first], inputs[second]
    return inputs[first].lower(), inputs[second].lower()


_CASES: dict[str, Callable[[str], str]] = {
    "UPPERCASE": str.upper,
    "lowercase": str.lower,
    "Capitalize": str.capitalize,
    "Title Case": str.title,
}
_TRIMS: dict[str, Callable[[str], str]] = {
    "Both": str.strip,
    "Left": str.lstrip,
    "Right": str.rstrip,
}
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "Starts With": str.startswith,
    "Ends With": str.endswith,
    "Equal": str.__eq__,
}

RUNS: dict[str, Run] = {
    "StringConcatenate": concatenate,
    "StringSubstring": substring,
    "StringLength": length,
    "CaseConverter": case_converter,
    "StringTrim": trim,
    "StringReplace": replace,
    "StringContains": contains,
    "StringCompare": compare,
    "StringFormat": string_format,
    "JsonExtractString": json_extract,
}
