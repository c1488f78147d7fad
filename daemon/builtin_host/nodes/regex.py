"""RegexMatch, RegexExtract, RegexReplace: regular expressions that cannot hang the host.

A pattern may take for ever, and Python's ``re`` cannot be stopped. So it works in a process of its
own (``regex_worker``), which is ended when the prompt is cancelled or after ``LIMIT_S``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.text import MAX_TEXT
from daemon.builtin_host.values import Json, NodeFailed, out_of_memory

LIMIT_S = 20.0
_POLL_S = 0.05


def match(inputs: Json, context: NodeContext) -> NodeResult:
    """RegexMatch: whether the pattern is found; a wrong pattern is not."""
    answer = _ask("match", inputs, context)
    return NodeResult((answer.get("result", False),))


def extract(inputs: Json, context: NodeContext) -> NodeResult:
    """RegexExtract: the first or all matches or groups, one a line; "" for a wrong pattern."""
    answer = _ask("extract", inputs, context)
    if answer.get("kind") == "re.error":
        return NodeResult(("",))
    return _text(answer)


def replace(inputs: Json, context: NodeContext) -> NodeResult:
    """RegexReplace: every match, or the first ``count``, becomes ``replace``."""
    return _text(_ask("replace", inputs, context))


def _text(answer: Json) -> NodeResult:
    if "kind" in answer:
        raise NodeFailed(str(answer["message"]), str(answer["kind"]))
    text = str(answer["result"])
    if len(text) > MAX_TEXT:
        raise out_of_memory(f"A text of {len(text)} characters", "", len(text))
    return NodeResult((text,))


def _ask(work: str, inputs: Json, context: NodeContext) -> Json:
    """Have the worker do it.

    Returns:
        ``{"result": …}``, or ``{"kind": …, "message": …}`` of the exception.

    Raises:
        NodeFailed: it took too long.
        Interrupted: the prompt was cancelled.
    """
    command = [sys.executable, "-m", "daemon.builtin_host.regex_worker"]
    question = json.dumps({"work": work, **inputs})
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            return _wait(process, question, context)
        finally:
            process.kill()


def _wait(process: subprocess.Popen[str], question: str, context: NodeContext) -> Json:
    started, sent = time.monotonic(), False
    while time.monotonic() - started < LIMIT_S:
        context.checkpoint()
        try:
            said, _ = process.communicate(None if sent else question, timeout=_POLL_S)
        except subprocess.TimeoutExpired:
            sent = True
            continue
        answer: Any = json.loads(said or "{}")
        return answer or {"kind": "MemoryError", "message": "The regular expression failed."}
    raise NodeFailed(
        f"The regular expression took longer than {LIMIT_S:.0f} s; use a simpler pattern.",
        "TimeoutError",
    )


RUNS: dict[str, Run] = {
    "RegexMatch": match,
    "RegexExtract": extract,
    "RegexReplace": replace,
}
