r"""Wildcards of prompts: ``{a|b|c}`` stands for one of its options, chosen by the job's seed.

A pair of braces is a choice where a ``|`` stands in it, outside of inner braces. Everything else
is plain text: a brace without its partner, braces without ``|``, and JSON: braces that hold a
quoted word with a colon after it stay as they are with all that is in them. ``\{``, ``\|`` and
``\}`` stand for the signs themselves. A prompt whose braces are nested deeper than anybody writes
them is plain text as a whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

_JSON = re.compile(r"""("[^"{}]*"|'[^'{}]*')\s*:""")
_ESCAPED = re.compile(r"\\([{|}])")

_DEEPEST = 50

Choose = Callable[[int], int]


def resolve(prompt: str, seed: int, of: str = "prompt") -> str:
    """Return *prompt* with one option of each choice; the same for the same seed.

    Args:
        prompt: As typed.
        seed: The job's.
        of: Which text it is, so that two texts of a job choose for themselves.
    """
    if "{" not in prompt and "\\" not in prompt:
        return prompt
    partners = _partners(prompt)
    if partners is None:
        return prompt
    return _resolved(prompt, 0, len(prompt), partners, _chooser(seed, of))


def _chooser(seed: int, of: str) -> Choose:
    """Return what chooses one of so many options; each question gets an answer of its own."""
    asked = 0

    def choose(count: int) -> int:
        nonlocal asked
        asked += 1
        digest = hashlib.blake2b(f"{of}:{seed}:{asked}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % count

    return choose


def _partners(text: str) -> dict[int, int] | None:
    """Return where each brace that has a partner is closed; None: they are nested too deeply."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for at, sign in _signs(text, 0, len(text)):
        if sign == "{":
            opened.append(at)
            if len(opened) > _DEEPEST:
                return None
        elif sign == "}" and opened:
            found[opened.pop()] = at
    return found


def _signs(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield the braces and bars that no backslash precedes."""
    at = start
    while at < end:
        if text[at] == "\\" and text[at + 1 : at + 2] in ("{", "|", "}"):
            at += 2
            continue
        if text[at] in "{|}":
            yield at, text[at]
        at += 1


def _resolved(text: str, start: int, end: int, partners: dict[int, int], choose: Choose) -> str:
    parts: list[str] = []
    at = start
    for place, sign in _signs(text, start, end):
        if place < at or sign != "{" or place not in partners:
            continue
        parts.append(_plain(text[at:place]))
        close = partners[place]
        parts.append(_group(text, place, close, partners, choose))
        at = close + 1
    parts.append(_plain(text[at:end]))
    return "".join(parts)


def _group(text: str, start: int, close: int, partners: dict[int, int], choose: Choose) -> str:
    """Return what a pair of braces comes to."""
    if _JSON.search(text, start, close):
        return text[start : close + 1]
    bars = _bars(text, start + 1, close, partners)
    if not bars:
        return "{" + _resolved(text, start + 1, close, partners, choose) + "}"
    edges = [start, *bars, close]
    chosen = choose(len(edges) - 1)
    return _resolved(text, edges[chosen] + 1, edges[chosen + 1], partners, choose)


def _bars(text: str, start: int, end: int, partners: dict[int, int]) -> list[int]:
    """Return where bars stand that belong to no inner pair of braces."""
    found: list[int] = []
    past = start
    for at, sign in _signs(text, start, end):
        if at < past:
            continue
        if sign == "{" and at in partners:
            past = partners[at] + 1
        elif sign == "|":
            found.append(at)
    return found


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
