"""Arithmetic from untrusted text: numbers, names, operators and a few functions, nothing else.

What is understood, the bounds and the wording of the errors are those of the library
``simpleeval``, which the real server evaluates its expressions with.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from daemon.builtin_host.values import Json, NodeFailed

_MAX_POWER = 4_000_000
_MAX_POWER_BITS = 1_000_000
_MAX_SHIFT = 10_000
_MAX_SHIFT_BASE = int(float("1e308"))
_MAX_TEXT = 100_000
_MAX_LENGTH = 10_000

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "sqrt": math.sqrt,
    "ceil": math.ceil,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "int": int,
    "float": float,
}


def evaluate(expression: str, names: Json) -> Any:  # noqa: ANN401  # a number, a text, a list
    """Value of an expression.

    Raises:
        NodeFailed: it is no expression, uses what is not there, or cannot be computed.
    """
    if len(expression) > _MAX_LENGTH:
        raise NodeFailed(f"An expression of {len(expression)} characters is too long.")
    try:
        return _Evaluation(expression, names).value()
    except NodeFailed:
        raise
    except RecursionError as error:
        raise NodeFailed("The expression is nested too deeply.", "RecursionError") from error
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, SyntaxError) as e:
        raise NodeFailed(str(e), type(e).__name__) from e


class _Evaluation:
    """One expression with the names it may use."""

    def __init__(self, expression: str, names: Json) -> None:
        self._expression = expression
        self._names = {**names, "True": True, "False": False, "None": None}

    def value(self) -> Any:  # noqa: ANN401
        body = ast.parse(self._expression.strip()).body
        if not body:
            raise _failure("InvalidExpression", "Sorry, cannot evaluate empty string")
        return self._of(body[0])

    def _of(self, node: ast.AST) -> Any:  # noqa: ANN401
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if isinstance(node, ast.Import | ast.ImportFrom):
            raise _failure("FeatureNotAvailable", "Sorry, 'import' is not allowed.")
        if handler is None:
            what = type(node).__name__
            said = f"Sorry, {what} is not available in this evaluator"
            raise _failure("FeatureNotAvailable", said)
        return handler(node)

    def _expr(self, node: ast.Expr) -> Any:  # noqa: ANN401
        return self._of(node.value)

    def _assign(self, node: ast.Assign) -> Any:  # noqa: ANN401
        return self._of(node.value)

    def _constant(self, node: ast.Constant) -> Any:  # noqa: ANN401
        if isinstance(node.value, str) and len(node.value) > _MAX_TEXT:
            said = f"String Literal in statement is too long! ({len(node.value)})"
            raise _failure("IterableTooLong", said)
        return node.value

    def _name(self, node: ast.Name) -> Any:  # noqa: ANN401
        if node.id not in self._names:
            said = f"'{node.id}' is not defined for expression '{self._expression}'"
            raise _failure("NameNotDefined", said)
        return self._names[node.id]

    def _unaryop(self, node: ast.UnaryOp) -> Any:  # noqa: ANN401
        return _UNARY[type(node.op)](self._of(node.operand))

    def _binop(self, node: ast.BinOp) -> Any:  # noqa: ANN401
        work = _BINARY.get(type(node.op))
        if work is None:
            said = f"Sorry, {type(node.op).__name__} is not available in this evaluator"
            raise _failure("OperatorNotDefined", said)
        return work(self._of(node.left), self._of(node.right))

    def _boolop(self, node: ast.BoolOp) -> Any:  # noqa: ANN401
        stop = isinstance(node.op, ast.Or)
        value: Any = not stop
        for part in node.values:
            value = self._of(part)
            if bool(value) is stop:
                break
        return value

    def _compare(self, node: ast.Compare) -> bool:
        left = self._of(node.left)
        for kind, part in zip(node.ops, node.comparators, strict=True):
            right = self._of(part)
            if not _COMPARE[type(kind)](left, right):
                return False
            left = right
        return True

    def _ifexp(self, node: ast.IfExp) -> Any:  # noqa: ANN401
        return self._of(node.body) if self._of(node.test) else self._of(node.orelse)

    def _call(self, node: ast.Call) -> Any:  # noqa: ANN401
        if not isinstance(node.func, ast.Name):
            raise _failure("FeatureNotAvailable", "Lambda Functions not implemented")
        if node.func.id not in _FUNCTIONS:
            said = f"Function '{node.func.id}' not defined, for expression '{self._expression}'."
            raise _failure("FunctionNotDefined", said)
        return _FUNCTIONS[node.func.id](*[self._of(argument) for argument in node.args])

    def _subscript(self, node: ast.Subscript) -> Any:  # noqa: ANN401
        return self._of(node.value)[self._of(node.slice)]

    def _attribute(self, node: ast.Attribute) -> Any:  # noqa: ANN401
        value = self._of(node.value)
        if node.attr in ("real", "imag") and isinstance(value, int | float):
            return getattr(value, node.attr)
        said = f"Attribute '{node.attr}' does not exist in expression '{self._expression}'"
        raise _failure("AttributeDoesNotExist", said)


def _failure(kind: str, message: str) -> NodeFailed:
    return NodeFailed(message, f"simpleeval.{kind}")


def _power(base: Any, exponent: Any) -> Any:  # noqa: ANN401
    if abs(base) > _MAX_POWER or abs(exponent) > _MAX_POWER:
        raise _failure("NumberTooHigh", f"Sorry! I don't want to evaluate {base} ** {exponent}")
    if isinstance(base, int) and base.bit_length() * abs(exponent) > _MAX_POWER_BITS:
        raise _failure("NumberTooHigh", f"Sorry! I don't want to evaluate {base} ** {exponent}")
    return base**exponent


def _times(a: Any, b: Any) -> Any:  # noqa: ANN401
    for text, count in ((a, b), (b, a)):
        if hasattr(text, "__len__") and count * len(text) > _MAX_TEXT:
            raise _failure("IterableTooLong", "Sorry, I will not evalute something that long.")
    return a * b


def _plus(a: Any, b: Any) -> Any:  # noqa: ANN401
    if hasattr(a, "__len__") and hasattr(b, "__len__") and len(a) + len(b) > _MAX_TEXT:
        said = "Sorry, adding those two together would make something too long."
        raise _failure("IterableTooLong", said)
    return a + b


def _shift(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def shift(a: Any, b: Any) -> Any:  # noqa: ANN401
        if abs(a) > _MAX_SHIFT_BASE or abs(b) > _MAX_SHIFT:
            raise _failure("NumberTooHigh", f"Sorry! I don't want to evaluate {a} << {b}")
        return work(a, b)

    return shift


_FUNCTIONS["pow"] = _power
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: _plus,
    ast.Sub: operator.sub,
    ast.Mult: _times,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.BitXor: operator.xor,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.LShift: _shift(operator.lshift),
    ast.RShift: _shift(operator.rshift),
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
