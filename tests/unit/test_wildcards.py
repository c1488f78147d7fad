"""Wildcards: one option each, by the seed; what is no wildcard stays as it was typed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.comfyui.wildcards import resolve


def outcomes(prompt: str) -> set[str]:
    return {resolve(prompt, seed) for seed in range(64)}


def test_every_option_comes_up_and_nothing_else() -> None:
    assert outcomes("a {red|green|blue} door") == {"a red door", "a green door", "a blue door"}


def test_a_choice_may_stand_in_an_option_of_another() -> None:
    assert outcomes("{warm|cold {blue|cyan}}") == {"warm", "cold blue", "cold cyan"}


def test_the_same_seed_makes_the_same_choice() -> None:
    assert resolve("{a|b|c} {a|b|c}", 7) == resolve("{a|b|c} {a|b|c}", 7)


def test_two_choices_of_a_prompt_do_not_go_together() -> None:
    assert outcomes("{a|b}{a|b}") == {"aa", "ab", "ba", "bb"}


def test_two_texts_of_a_job_choose_for_themselves() -> None:
    pairs = {(resolve("{a|b}", seed), resolve("{a|b}", seed, "negative")) for seed in range(64)}
    assert len(pairs) == 4


def test_an_option_may_be_empty() -> None:
    assert outcomes("sky{ at dusk|}") == {"sky at dusk", "sky"}


@pytest.mark.parametrize(
    "prompt",
    [
        "warm, low contrast",
        "{a|b",
        "a|b}",
        "a|b",
        "{a}",
        "{}",
        '{"style": "warm|cold", "light": {"kind": "a|b"}}',
        "{'style': 'warm|cold'}",
        "C:\\photos\\new",
        "暖かい {光}",
    ],
)
def test_what_is_no_choice_stays_as_it_was_typed(prompt: str) -> None:
    assert outcomes(prompt) == {prompt}


def test_a_brace_without_partner_leaves_the_others_alone() -> None:
    assert outcomes("{a {b|c}") == {"{a b", "{a c"}


def test_escaped_signs_stand_for_themselves() -> None:
    assert outcomes(r"\{a\|b\}") == {"{a|b}"}
    assert outcomes(r"{a\|b|c}") == {"a|b", "c"}


def test_a_choice_beside_json_is_made_and_the_json_kept() -> None:
    assert outcomes('{x|y} {"a": "b|c"}') == {'x {"a": "b|c"}', 'y {"a": "b|c"}'}


def test_braces_nested_beyond_reason_are_plain_text() -> None:
    prompt = "{a|" * 5000 + "}" * 5000
    assert resolve(prompt, 1) == prompt


@given(st.text(alphabet='ab{}|\\":', max_size=40), st.integers(0, 2**64 - 1))
def test_any_text_is_resolved_without_a_failure(prompt: str, seed: int) -> None:
    assert len(resolve(prompt, seed)) <= len(prompt)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=8), min_size=1, max_size=3))
def test_json_with_plain_keys_is_kept(values: dict[str, str]) -> None:
    prompt = json.dumps({f"k{n}": text for n, text in enumerate(values.values())})
    assert resolve(prompt, 1) == prompt or "{" in prompt[1:]
