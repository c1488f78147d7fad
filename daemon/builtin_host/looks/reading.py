"""Reads a prompt: words in, one parametric grade and an honest account of it out."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.builtin_host.looks import modifiers, named_looks, vocabulary
from daemon.builtin_host.looks.lexer import Kind, Token, cut
from daemon.builtin_host.looks.parameters import GradeParameters

_DARK_ZONES = frozenset({"shadows", "blacks"})
_OVERALL_TONE = {"midtone": 0.8, "shadow": 0.45, "highlight": 0.45}
_PERCENT_OF_PLAIN = 50.0
_ADJECTIVES = (Kind.QUALITY, Kind.COLOR)
_PASSED_OVER = (Kind.FILLER, Kind.INTENSITY, *_ADJECTIVES)


@dataclass(frozen=True)
class Reading:
    """What a prompt means to the built-in look.

    Attributes:
        grade: Sum of everything understood, within limits.
        understood: What was applied, in the prompt's words ("slightly warm", "teal shadows").
        unknown: Words that mean nothing here.
        impossible: Wishes that a change of colour cannot fulfil ("vignette").
    """

    grade: GradeParameters
    understood: tuple[str, ...]
    unknown: tuple[str, ...]
    impossible: tuple[str, ...]


@dataclass
class _Modifiers:
    """What was said before the word it belongs to."""

    words: list[str] = field(default_factory=list[str])
    scale: float = 1.0
    amounts: list[float] = field(default_factory=list[float])
    levels: list[float] = field(default_factory=list[float])

    @property
    def directed(self) -> bool:
        return bool(self.amounts or self.levels)

    def factor(self, *, of_dark_zone: bool = False) -> float:
        """How much of the plain meaning; more of a dark zone is less light."""
        turned = -1.0 if of_dark_zone and self.amounts and not self.levels else 1.0
        return functools.reduce(operator.mul, self.amounts + self.levels, self.scale * turned)


def read_prompt(prompt: str) -> Reading:
    """Turn a prompt into a grade; a pure function of the text.

    Args:
        prompt: Free text; English words of ``vocabulary`` are understood, in any order.

    Returns:
        The grade with everything that was understood, unknown or impossible.
    """
    return _Reader(cut(prompt)).read()


class _Reader:
    """One pass over the tokens, with adjectives looking ahead for their zone."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._grade = GradeParameters()
        self._modifiers = _Modifiers()
        self._waiting_zone: tuple[str, str] | None = None
        self._last: GradeParameters | None = None
        self._taken: set[int] = set()
        self._understood: list[str] = []
        self._unknown: list[str] = []
        self._impossible: list[str] = []

    def read(self) -> Reading:
        while self._position < len(self._tokens):
            if self._position not in self._taken:
                self._step(self._tokens[self._position])
            self._position += 1
        self._end_thought()
        return Reading(
            self._grade.limited(),
            tuple(dict.fromkeys(self._understood)),
            tuple(dict.fromkeys(self._unknown)),
            tuple(dict.fromkeys(self._impossible)),
        )

    def _step(self, token: Token) -> None:
        match token.kind:
            case Kind.LOOK:
                look = named_looks.LOOKS[token.text]
                self._apply(look.grade, self._modifiers.factor(), look.title or token.text)
            case Kind.QUALITY | Kind.COLOR:
                self._read_adjective(token)
            case Kind.ZONE:
                self._read_zone(token)
            case Kind.PROPERTY:
                self._read_property(token)
            case Kind.STOPS:
                self._read_stops(token)
            case Kind.IMPOSSIBLE:
                self._read_impossible(token)
            case Kind.UNKNOWN:
                self._end_thought()
                self._unknown.append(token.text)
            case Kind.BOUNDARY:
                self._end_thought()
            case Kind.FILLER:
                pass
            case _:
                self._read_modifier(token)

    def _read_modifier(self, token: Token) -> None:
        pending = self._modifiers
        pending.words.append(token.text)
        match token.kind:
            case Kind.INTENSITY:
                pending.scale *= modifiers.INTENSITIES[token.text]
            case Kind.AMOUNT:
                pending.amounts.append(modifiers.AMOUNTS[token.text])
            case Kind.NEGATION:
                pending.amounts.append(modifiers.NEGATIONS[token.text])
            case Kind.LEVEL:
                pending.levels.append(modifiers.LEVELS[token.text])
            case _:
                _take_number(pending, token.text)

    def _read_adjective(self, token: Token) -> None:
        zones = [self._waiting_zone] if self._waiting_zone else self._zones_ahead()
        self._waiting_zone = None
        factor = self._modifiers.factor()
        said = self._modifiers.words
        if not zones:
            grade = _meaning(token, None)
            if grade is None:
                self._modifiers = _Modifiers()
                self._unknown.append(token.text)
            else:
                self._apply(grade, factor, token.text)
            return
        for zone, word in zones:
            grade = _meaning(token, zone)
            if grade is None:
                self._unknown.append(f"{token.text} {word}")
            else:
                self._modifiers.words = said
                self._apply(grade, factor, f"{token.text} {word}")
        self._modifiers = _Modifiers()

    def _read_zone(self, token: Token) -> None:
        zone = vocabulary.ZONES[token.text]
        self._take_following_level()
        if not self._modifiers.directed:
            self._waiting_zone = (zone, token.text)
            return
        factor = self._modifiers.factor(of_dark_zone=zone in _DARK_ZONES)
        self._apply(vocabulary.ZONE_LEVELS[zone], factor, token.text)

    def _read_property(self, token: Token) -> None:
        self._take_following_level()
        if token.text in vocabulary.NEED_DIRECTION and not self._modifiers.directed:
            return
        grade = vocabulary.PROPERTIES[token.text]
        self._apply(grade, self._modifiers.factor(), token.text)

    def _read_stops(self, token: Token) -> None:
        factor = modifiers.STOPS[token.text]
        words = self._modifiers.words
        if words and self._previous_kind() is Kind.NUMBER:
            factor *= float(words[-1].rstrip("%"))
        following = self._next_meaningful()
        if following is not None:
            after = self._tokens[following]
            direction = 0.0
            if after.kind is Kind.QUALITY:
                grade = vocabulary.QUALITIES[after.text].grade
                direction = grade.exposure_ev if grade else 0.0
            elif after.kind is Kind.LEVEL:
                direction = modifiers.LEVELS[after.text]
            if direction:
                self._taken.add(following)
                factor = abs(factor) if direction > 0 else -abs(factor)
                self._apply(GradeParameters(exposure_ev=1.0), factor, f"{token.text} {after.text}")
                return
        self._apply(GradeParameters(exposure_ev=1.0), factor, token.text)

    def _read_impossible(self, token: Token) -> None:
        if self._modifiers.factor() >= 0:
            self._impossible.append(token.text)
        self._modifiers = _Modifiers()

    def _apply(self, grade: GradeParameters, factor: float, name: str) -> None:
        self._last = grade.scaled(factor)
        self._grade = self._grade.plus(self._last)
        self._understood.append(" ".join([*self._modifiers.words, name]))
        self._modifiers = _Modifiers()

    def _end_thought(self) -> None:
        """Account for what was left hanging: a zone without a wish, modifiers without a noun."""
        if self._waiting_zone is not None:
            self._unknown.append(self._waiting_zone[1])
        elif self._last is not None and not self._modifiers.amounts:
            self._scale_last()
        self._unknown += self._modifiers.words
        self._waiting_zone = None
        self._last = None
        self._modifiers = _Modifiers()

    def _scale_last(self) -> None:
        """Intensities said at the end belong to what they follow: "warm it up a little"."""
        pending, last = self._modifiers, self._last
        if last is None or not pending.words:
            return
        self._grade = self._grade.plus(last, pending.scale - 1.0)
        self._understood[-1] = " ".join([self._understood[-1], *pending.words])
        self._modifiers = _Modifiers()

    def _zones_ahead(self) -> list[tuple[str, str]]:
        """Zones that the adjective at the current position belongs to, marked as taken."""
        index = self._position + 1
        while index < len(self._tokens) and self._tokens[index].kind in _PASSED_OVER:
            if self._tokens[index].text == "and":
                return []
            index += 1
        found: list[int] = []
        while index < len(self._tokens) and self._tokens[index].kind is Kind.ZONE:
            found.append(index)
            index += 1
            while index < len(self._tokens) and self._tokens[index].text in ("and", "the", "in"):
                index += 1
        self._taken.update(found)
        texts = [self._tokens[index].text for index in found]
        return [(vocabulary.ZONES[text], text) for text in texts]

    def _take_following_level(self) -> None:
        """Take a direction said after its noun: "contrast up", "shadows +20"."""
        following = self._next_meaningful()
        if following is None or self._modifiers.directed:
            return
        token = self._tokens[following]
        if token.kind in (Kind.LEVEL, Kind.NUMBER):
            self._taken.add(following)
            self._read_modifier(token)

    def _next_meaningful(self) -> int | None:
        index = self._position + 1
        while index < len(self._tokens) and self._tokens[index].kind is Kind.FILLER:
            if self._tokens[index].text == "and":
                return None
            index += 1
        return index if index < len(self._tokens) else None

    def _previous_kind(self) -> Kind | None:
        return self._tokens[self._position - 1].kind if self._position else None


def _meaning(token: Token, zone: str | None) -> GradeParameters | None:
    """Grade of an adjective for a zone, or for the whole picture."""
    if token.kind is Kind.QUALITY:
        quality = vocabulary.QUALITIES[token.text]
        return quality.grade if zone is None else quality.zones.get(zone)
    hue_deg, strength = vocabulary.COLORS[token.text]
    if zone is None:
        return vocabulary.toned(
            **{name: (hue_deg, strength * share) for name, share in _OVERALL_TONE.items()}
        )
    return vocabulary.toned(**{vocabulary.ZONE_TONES[zone]: (hue_deg, strength)})


def _take_number(pending: _Modifiers, text: str) -> None:
    value = float(text.rstrip("%"))
    pending.scale *= abs(value) / _PERCENT_OF_PLAIN
    if text[0] in "+-":
        pending.levels.append(-1.0 if value < 0 else 1.0)


def describe(reading: Reading) -> list[str]:
    """Sentences for the user about a reading, without AI said first."""
    sentences = ["Built-in look, no AI."]
    sentences += _sentence("Applied", reading.understood)
    sentences += _sentence("Not understood", reading.unknown)
    sentences += _sentence("Not possible with a built-in look", reading.impossible)
    return sentences


def _sentence(start: str, words: Iterable[str]) -> list[str]:
    said = ", ".join(words)
    return [f"{start}: {said}."] if said else []
