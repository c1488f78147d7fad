"""Reading JSON of a stranger: what is not of the expected kind counts as absent."""

from __future__ import annotations

import math
from typing import Any, cast

from daemon.protocol.errors import readable


def mapping(value: object) -> dict[str, Any]:
    """Return *value* if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return *value* if it is a JSON array, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def text(value: object) -> str:
    """Return *value* if it is a string, as it can be sent and stored, else an empty one."""
    return readable(value) if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """Return *value* if it is a number that a float can hold, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def size(value: object) -> int:
    """Return *value* if it is a number of bytes or the like, else 0."""
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**63 else 0
