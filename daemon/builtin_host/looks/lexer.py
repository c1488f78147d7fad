"""Cuts a prompt into known phrases, longest first."""

from __future__ import annotations

import enum
import functools
import re
import unicodedata
from dataclasses import dataclass

from daemon.builtin_host.looks import modifiers, named_looks, vocabulary

_WORD = re.compile(r"[+-]?\d+(?:[.,]\d+)?%?|[^\W\d_]+|[,;.:!?\n()/|]")
_LONGEST_PHRASE = 4


class Kind(enum.Enum):
    """What a phrase is in the grammar."""

    LOOK = "look"
    QUALITY = "quality"
    COLOR = "color"
    ZONE = "zone"
    PROPERTY = "property"
    INTENSITY = "intensity"
    AMOUNT = "amount"
    LEVEL = "level"
    NEGATION = "negation"
    NUMBER = "number"
    STOPS = "stops"
    IMPOSSIBLE = "impossible"
    BOUNDARY = "boundary"
    FILLER = "filler"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Token:
    """A phrase of the prompt: its words as matched, and what it is."""

    text: str
    kind: Kind


def cut(prompt: str) -> list[Token]:
    """Tokens of a prompt, in order; punctuation becomes boundaries."""
    folded = unicodedata.normalize("NFKC", prompt).lower().replace("’", "'")
    words = _WORD.findall(re.sub(r"(?<=[^\W\d_])[-'&](?=[^\W\d_])", " ", folded))
    tokens: list[Token] = []
    position = 0
    while position < len(words):
        length, token = _longest_match(words, position)
        tokens.append(token)
        position += length
    return tokens


def _longest_match(words: list[str], position: int) -> tuple[int, Token]:
    for length in range(min(_LONGEST_PHRASE, len(words) - position), 0, -1):
        text = " ".join(words[position : position + length])
        kind = _lexicon().get(text)
        if kind is not None:
            return length, Token(text, kind)
    word = words[position]
    if word[0].isdigit() or word[0] in "+-":
        return 1, Token(word.replace(",", "."), Kind.NUMBER)
    if not word.isalpha():
        return 1, Token(word, Kind.BOUNDARY)
    return 1, Token(word, Kind.UNKNOWN)


@functools.cache
def _lexicon() -> dict[str, Kind]:
    """Every phrase; where one stands in two tables the later table wins."""
    tables: list[tuple[Kind, object]] = [
        (Kind.FILLER, modifiers.FILLERS),
        (Kind.BOUNDARY, modifiers.BOUNDARIES),
        (Kind.IMPOSSIBLE, modifiers.IMPOSSIBLE),
        (Kind.PROPERTY, vocabulary.PROPERTIES),
        (Kind.COLOR, vocabulary.COLORS),
        (Kind.ZONE, vocabulary.ZONES),
        (Kind.QUALITY, vocabulary.QUALITIES),
        (Kind.LOOK, named_looks.LOOKS),
        (Kind.INTENSITY, modifiers.INTENSITIES),
        (Kind.LEVEL, modifiers.LEVELS),
        (Kind.AMOUNT, modifiers.AMOUNTS),
        (Kind.NEGATION, modifiers.NEGATIONS),
        (Kind.STOPS, modifiers.STOPS),
    ]
    lexicon: dict[str, Kind] = {}
    for kind, phrases in tables:
        lexicon |= dict.fromkeys(_phrases(phrases), kind)
    return lexicon


def _phrases(table: object) -> list[str]:
    return [str(phrase) for phrase in table] if isinstance(table, (dict, tuple)) else []
