"""Nodes about numbers: constants, conversions, sizes from an aspect."""

from __future__ import annotations

import math

from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.dynamic_inputs import grown
from daemon.builtin_host.nodes.expressions import evaluate
from daemon.builtin_host.values import Json, NodeFailed

_PIXELS_PER_MEGAPIXEL = 1024 * 1024


def primitive(inputs: Json, context: NodeContext) -> NodeResult:
    """PrimitiveInt, PrimitiveFloat, PrimitiveBoolean, PrimitiveString…: the value itself."""
    del context
    return NodeResult((inputs["value"],))


def primitive_bounding_box(inputs: Json, context: NodeContext) -> NodeResult:
    """PrimitiveBoundingBox: x, y, width and height in one."""
    del context
    return NodeResult(({side: int(inputs[side]) for side in ("x", "y", "width", "height")},))


def seed(inputs: Json, context: NodeContext) -> NodeResult:
    """SeedNode: the seed itself."""
    del context
    return NodeResult((inputs["seed"],))


def custom_combo(inputs: Json, context: NodeContext) -> NodeResult:
    """CustomCombo: the choice, and its number where the graph says it."""
    del context
    return NodeResult((inputs["choice"], inputs.get("index", 0)))


def any_choice(inputs: Json, folders: HostFolders) -> str:
    """CustomCombo's choices are the user's own, which only the editor knows: none is wrong."""
    del inputs, folders
    return ""


def math_expression(inputs: Json, context: NodeContext) -> NodeResult:
    """ComfyMathExpression: an expression over a, b, c …; as float, whole number and truth.

    Raises:
        NodeFailed: the expression is wrong, or its value is no finite number.
    """
    del context
    expression = str(inputs["expression"])
    if not expression.strip():
        raise NodeFailed("Expression cannot be empty.", "ValueError")
    values = grown(inputs, "values")
    result = evaluate(expression, {**values, "values": list(values.values())})
    if not isinstance(result, int | float):
        raise NodeFailed(
            f"Math Expression '{expression}' must evaluate to a numeric result, "
            f"got {type(result).__name__}: {result!r}",
            "ValueError",
        )
    try:
        number = float(result)
    except OverflowError as error:
        raise NodeFailed(
            f"Math Expression '{expression}' produced a result too large to represent as a "
            f"float: {_digits(result)}",
            "ValueError",
        ) from error
    if not math.isfinite(number):
        raise NodeFailed(
            f"Math Expression '{expression}' produced a non-finite result: {number}", "ValueError"
        )
    return NodeResult((number, int(result), bool(result)))


def number_convert(inputs: Json, context: NodeContext) -> NodeResult:
    """ComfyNumberConvert: a number, a truth value or a text as float and as whole number."""
    del context
    value = inputs["value"]
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, int | float):
        raise NodeFailed(f"Unsupported input type: {type(value).__name__}", "TypeError")
    if isinstance(value, float) and not math.isfinite(value):
        raise NodeFailed(f"Cannot convert non-finite value to number: {value}", "ValueError")
    return NodeResult((float(value), int(value)))


def resolution_selector(inputs: Json, context: NodeContext) -> NodeResult:
    """ResolutionSelector: width and height of an aspect with so many megapixels."""
    del context
    wide, high = (int(part) for part in str(inputs["aspect_ratio"]).split(" ")[0].split(":"))
    multiple = int(inputs["multiple"])
    total = float(inputs["megapixels"]) * _PIXELS_PER_MEGAPIXEL
    scale = math.sqrt(total / (wide * high))
    return NodeResult(tuple(round(side * scale / multiple) * multiple for side in (wide, high)))


def _parsed(text: str) -> int | float:
    stripped = text.strip()
    if not stripped:
        raise NodeFailed("Cannot convert empty string to number.", "ValueError")
    try:
        return float(stripped)
    except ValueError as error:
        raise NodeFailed(f"Cannot convert string to number: {text!r}", "ValueError") from error


def _digits(number: float) -> str:
    try:
        return str(number)
    except ValueError:
        return "more digits than can be shown"


RUNS: dict[str, Run] = {
    "PrimitiveInt": primitive,
    "PrimitiveFloat": primitive,
    "PrimitiveBoolean": primitive,
    "PrimitiveString": primitive,
    "PrimitiveStringMultiline": primitive,
    "PrimitiveBoundingBox": primitive_bounding_box,
    "SeedNode": seed,
    "CustomCombo": custom_combo,
    "ComfyMathExpression": math_expression,
    "ComfyNumberConvert": number_convert,
    "ResolutionSelector": resolution_selector,
}
