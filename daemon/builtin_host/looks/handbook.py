"""Makes ``docs/looks.md`` out of the vocabulary.

``python -m daemon.builtin_host.looks.handbook`` writes the page to standard output.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Iterable

from daemon.builtin_host.looks import modifiers, named_looks, vocabulary
from daemon.builtin_host.looks.parameters import GradeParameters

_INTRODUCTION = """\
# The words that the built-in look understands

The built-in host grades by words when no ComfyUI host is set up. **No AI is at work**: the words
below are turned into a parametric grade, the same for every pixel of a colour. Words that are not
listed are reported as "not understood", never ignored in silence; a prompt of which nothing is
understood fails and says so. The seed changes nothing.

Words may stand in any order; commas and line breaks separate thoughts.

- *How much*: `slightly warm`, `very faded`, `a touch of teal`.
- *More or less*: `more contrast`, `less saturation`, `contrast up`, `highlights -30`
  (50 is the plain strength), `+0.5 ev`, `one stop darker`.
- *The other way*: `not warm`, `no contrast`, `without fade`; `not too warm` is a little warm.
- *Where*: `teal shadows`, `warmer in the highlights`, `shadows towards blue`,
  `orange midtones and highlights`.

In the tables, tints are an OKLab hue angle and chroma in hundredths; the other knobs mean a clear
effect at 1. This page is made from the vocabulary by
`python -m daemon.builtin_host.looks.handbook`.
"""


def handbook() -> str:
    """The whole page as Markdown."""
    parts = [_INTRODUCTION, "## Looks and adjustments\n", _looks(), "## Adjectives\n", _qualities()]
    parts += [
        "## Nouns that go up and down\n",
        _table(("Word", "Raised, it means"), _grades(vocabulary.PROPERTIES)),
        "## Tones\n",
        _table(("Tones", "Words", "Raised, they mean"), _zones()),
        "## Colours\n",
        "A colour alone tints the whole picture, with a zone it tints that zone.\n",
        _words(vocabulary.COLORS) + "\n",
        "## How much\n",
        _table(("Factor", "Words"), _factors(modifiers.INTENSITIES)),
        "## More, less, up, down, not\n",
        _table(
            ("Factor", "Words"),
            _factors(modifiers.AMOUNTS | modifiers.LEVELS | modifiers.NEGATIONS),
        ),
        "## Known, but not possible here\n",
        "These need more than a change of colour, and are reported as such.\n",
        _words(modifiers.IMPOSSIBLE) + "\n",
        "## Passed over\n",
        _words((*modifiers.FILLERS, *modifiers.BOUNDARIES)) + "\n",
    ]
    return "\n".join(parts)


def _looks() -> str:
    words: dict[str, list[str]] = {}
    grades: dict[str, GradeParameters] = {}
    for text, look in named_looks.LOOKS.items():
        key = _grade(look.grade)
        words.setdefault(key, []).append(text)
        grades[key] = look.grade
    rows = sorted((_words(texts), key) for key, texts in words.items())
    return _table(("Words", "Grade"), rows)


def _qualities() -> str:
    words: dict[int, list[str]] = {}
    qualities: dict[int, vocabulary.Quality] = {}
    for text, quality in vocabulary.QUALITIES.items():
        words.setdefault(id(quality), []).append(text)
        qualities[id(quality)] = quality
    rows = sorted(
        (
            _words(words[key]),
            "needs a zone" if quality.grade is None else _grade(quality.grade),
            "; ".join(f"*{zone}* {_grade(grade)}" for zone, grade in quality.zones.items()),
        )
        for key, quality in qualities.items()
    )
    return _table(("Words", "Whole picture", "With a zone"), rows)


def _zones() -> list[tuple[str, ...]]:
    return [
        (
            zone,
            _words(word for word, meant in vocabulary.ZONES.items() if meant == zone),
            _grade(grade),
        )
        for zone, grade in vocabulary.ZONE_LEVELS.items()
    ]


def _grades(table: dict[str, GradeParameters]) -> list[tuple[str, ...]]:
    return [(f"`{text}`", _grade(grade)) for text, grade in table.items()]


def _factors(table: dict[str, float]) -> list[tuple[str, ...]]:
    words: dict[float, list[str]] = {}
    for text, factor in table.items():
        words.setdefault(factor, []).append(text)
    return [(f"{factor:+.2f}", _words(texts)) for factor, texts in sorted(words.items())]


def _grade(grade: GradeParameters) -> str:
    knobs = {k: v for k, v in dataclasses.asdict(grade).items() if k[-2:] not in ("_a", "_b")}
    said = [f"{k.replace('_', ' ')} {v:+.2f}" for k, v in knobs.items() if abs(v) > 0.004]
    for zone in ("shadow", "midtone", "highlight"):
        a, b = getattr(grade, f"{zone}_a"), getattr(grade, f"{zone}_b")
        if math.hypot(a, b) > 0.0005:
            hue = math.degrees(math.atan2(b, a)) % 360
            said.append(f"{zone}s tinted {hue:.0f}° by {100 * math.hypot(a, b):.1f}")
    return ", ".join(said)


def _words(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in sorted(texts))


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(handbook())
