"""How well a few typed letters fit a command's words."""

from __future__ import annotations

_WORD_START = 8
_RUN = 5
_WHOLE = 60
_BEGINNING = 25


def match(typed: str, words: str) -> int | None:
    """Return how well *typed* fits *words*, the higher the better; None: not at all.

    Every typed letter must occur in order, in any case; spaces only divide what is typed. Starts
    of words and unbroken runs count more: ``fb`` finds "Filter bar" before "Flip the table".
    """
    wanted, held = typed.casefold(), words.casefold()
    if not wanted.strip():
        return 0
    if wanted.strip() in held:
        whole = _WHOLE + (_BEGINNING if held.startswith(wanted.strip()) else 0)
        at = held.index(wanted.strip())
        whole += _WORD_START if at == 0 or not held[at - 1].isalnum() else 0
        return whole * max(len(wanted), 1)
    score = 0
    for part in wanted.split():
        found = _part(part, held)
        if found is None:
            return None
        score += found
    return score


def _part(part: str, held: str) -> int | None:
    """Return the score of one typed word; every letter at the best place still left."""
    score, at, last = 0, 0, -2
    for number, letter in enumerate(part, start=1):
        start = _next_start(held, letter, at)
        plain = held.find(letter, at)
        if plain < 0:
            return None
        place = plain if plain == last + 1 or start < 0 else start
        if place != plain and not _rest_fits(part[number:], held, place + 1):
            place = plain
        score += 1 + (_RUN if place == last + 1 else 0)
        score += _WORD_START if _starts_word(held, place) else 0
        last, at = place, place + 1
    return score


def _next_start(held: str, letter: str, at: int) -> int:
    """Return the next place from *at* where a word begins with *letter*; -1: none."""
    place = held.find(letter, at)
    while place >= 0 and not _starts_word(held, place):
        place = held.find(letter, place + 1)
    return place


def _starts_word(held: str, place: int) -> bool:
    return place == 0 or not held[place - 1].isalnum()


def _rest_fits(rest: str, held: str, at: int) -> bool:
    for letter in rest:
        at = held.find(letter, at) + 1
        if not at:
            return False
    return True
