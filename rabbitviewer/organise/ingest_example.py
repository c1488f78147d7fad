"""What a pattern makes of a photo's name, shown while it is typed."""

from __future__ import annotations

import datetime as dt
import re

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME, _ENDING = "IMG_1234", "CR3"


def example(pattern: str, when: dt.datetime) -> str:
    """Return the name of a photo taken *when*; empty: the pattern is none.

    The daemon fills in the real names, and says what is wrong with a pattern.
    """
    if not pattern.strip():
        return ""
    try:
        filled = _TOKEN.sub(lambda found: _value(found, when), pattern)
    except (KeyError, ValueError):
        return ""
    name = filled.rpartition("/")[2]
    return filled if name.upper().endswith(f".{_ENDING}") else f"{filled}.{_ENDING}"


def _value(found: re.Match[str], when: dt.datetime) -> str:
    token = found.group(1)
    if found.group() in ("{{", "}}"):
        return found.group()[0]
    if token is None:
        raise KeyError(found.group())
    name, _, form = token.partition(":")
    match name:
        case "date":
            return when.strftime(form or "%Y-%m-%d")
        case "time":
            return when.strftime(form or "%H-%M-%S")
        case "n":
            return format(1, f"{form}d")
        case _:
            return _PLAIN[token]


_PLAIN = {
    "name": f"{_NAME}.{_ENDING}",
    "stem": _NAME,
    "ext": _ENDING,
    "camera": "EOS R5",
    "lens": "RF 50mm F1.2",
    "iso": "400",
    "rating": "0",
    "width": "8192",
    "height": "5464",
    "folder": "100CANON",
}
