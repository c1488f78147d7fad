"""``python -m daemon.builtin_host.regex_worker``: one regular expression, asked on stdin.

A process of its own, because a pattern may take for ever and ``re`` cannot be stopped.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

Question = dict[str, Any]


def main() -> None:
    """Answer one question: ``{"result": …}`` or ``{"kind": …, "message": …}`` of an exception."""
    question: Question = json.loads(sys.stdin.read())
    try:
        answer: Question = {"result": _WORK[question["work"]](question)}
    except re.error as error:
        answer = {"kind": "re.error", "message": str(error)}
    except (TypeError, IndexError, RecursionError, MemoryError, OverflowError) as error:
        answer = {"kind": type(error).__name__, "message": str(error)}
    sys.stdout.write(json.dumps(answer))


def _match(question: Question) -> bool:
    return re.search(question["regex_pattern"], question["string"], _flags(question)) is not None


def _extract(question: Question) -> str:
    pattern, text = re.compile(question["regex_pattern"], _flags(question)), question["string"]
    group = int(question["group_index"])
    mode = question["mode"]
    if mode == "First Match":
        found = pattern.search(text)
        return found.group(0) if found else ""
    if mode == "All Matches":
        return "\n".join(_first_of(found) for found in pattern.findall(text))
    if mode == "First Group":
        found = pattern.search(text)
        return str(found.group(group)) if found and group <= pattern.groups else ""
    return "\n".join(m.group(group) for m in pattern.finditer(text) if group <= pattern.groups)


def _replace(question: Question) -> str:
    pattern, new, text = question["regex_pattern"], question["replace"], question["string"]
    count = int(question.get("count", 0))
    return re.sub(pattern, new, text, count=count, flags=_flags(question))


def _first_of(found: str | tuple[str, ...]) -> str:
    """Of a pattern with several groups, the first."""
    return found if isinstance(found, str) else found[0]


def _flags(question: Question) -> re.RegexFlag:
    flags = re.NOFLAG
    if question.get("case_insensitive", True):
        flags |= re.IGNORECASE
    if question.get("multiline"):
        flags |= re.MULTILINE
    if question.get("dotall"):
        flags |= re.DOTALL
    return flags


_WORK: dict[str, Callable[[Question], object]] = {
    "match": _match,
    "extract": _extract,
    "replace": _replace,
}

if __name__ == "__main__":
    main()
