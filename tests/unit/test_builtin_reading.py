"""How a prompt is read: which words belong together, and what is reported."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.builtin_host.looks import modifiers, named_looks, vocabulary
from daemon.builtin_host.looks.handbook import handbook
from daemon.builtin_host.looks.reading import describe, read_prompt


def understood(prompt):
    return list(read_prompt(prompt).understood)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("warm cinematic, teal shadows", ["warm", "cinematic", "teal shadows"]),
        ("Warm, CINEMATIC; Teal-Shadows!", ["warm", "cinematic", "teal shadows"]),
        ("very slightly warm", ["very slightly warm"]),
        ("make the shadows teal and the highlights orange", ["teal shadows", "orange highlights"]),
        (
            "warmer in the highlights, cooler in the shadows",
            ["warmer highlights", "cooler shadows"],
        ),
        ("orange midtones and highlights", ["orange midtones", "orange highlights"]),
        ("deep blue shadows", ["deep shadows", "blue shadows"]),
        ("cool colours", ["cool"]),
        ("more colour", ["more colour"]),
        ("increase the contrast a bit", ["increase contrast a bit"]),
        ("warm it up a little", ["warm up a little"]),
        ("cool down slightly, brighter", ["cool down slightly", "brighter"]),
        ("contrast up", ["up contrast"]),
        ("lift shadows and lower highlights", ["lift shadows", "lower highlights"]),
        ("black-and-white with more contrast", ["black and white", "more contrast"]),
        ("b&w", ["black and white"]),
        ("teal & orange", ["teal and orange"]),
        ("1.5 stops darker", ["1.5 stops darker"]),
        ("don't lift the shadows", ["don t lift shadows"]),
    ],
)
def test_words_find_their_partners(prompt, said):
    assert understood(prompt) == said


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("warm flibber", ("flibber",)),
        ("warm, shadows", ("shadows",)),
        ("very, warm", ("very",)),
        ("lifted, warm", ("lifted",)),
        ("wärmer", ("wärmer",)),
    ],
)
def test_what_means_nothing_is_reported(prompt, unknown):
    assert read_prompt(prompt).unknown == unknown


def test_spatial_wishes_are_reported_as_impossible_unless_they_are_unwanted():
    assert read_prompt("warm with a vignette and film grain").impossible == ("vignette", "grain")
    assert read_prompt("warm, no vignette").impossible == ()


def test_an_impossible_word_does_not_hide_the_words_around_it():
    reading = read_prompt("blurry background, warm")

    assert reading.understood == ("warm",)
    assert reading.impossible == ("blurry", "background")


def test_the_account_says_first_that_no_ai_is_at_work():
    assert describe(read_prompt("warm flibber")) == [
        "Built-in look, no AI.",
        "Applied: warm.",
        "Not understood: flibber.",
    ]


def test_an_intensity_at_the_end_means_as_much_as_one_in_front():
    assert read_prompt("warmer slightly").grade == read_prompt("slightly warmer").grade


def test_the_same_words_mean_the_same_grade():
    assert read_prompt("very warm, faded") == read_prompt("very warm, faded")


def test_a_number_scales_with_fifty_as_the_plain_strength():
    plain, numbered = read_prompt("contrast").grade, read_prompt("contrast +50").grade

    assert numbered == plain


def test_stops_are_exposure_in_stops():
    assert read_prompt("two stops darker").grade.exposure_ev == -2.0
    assert read_prompt("+0.5 ev").grade.exposure_ev == 0.5


@pytest.mark.parametrize("phrase", [*named_looks.LOOKS, *vocabulary.PROPERTIES])
def test_every_listed_phrase_is_understood_alone(phrase):
    reading = read_prompt(f"more {phrase}")

    assert reading.unknown == ()
    assert len(reading.understood) == 1
    assert not reading.grade.is_neutral()


@pytest.mark.parametrize("word", [*vocabulary.QUALITIES, *vocabulary.COLORS])
@pytest.mark.parametrize("zone", ["shadows", "highlights"])
def test_every_adjective_takes_a_zone(word, zone):
    reading = read_prompt(f"{word} {zone}")

    assert reading.understood == (f"{word} {zone}",)
    assert not reading.grade.is_neutral()


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text):
    reading = read_prompt(text)

    assert reading == read_prompt(text)


@given(
    st.lists(
        st.sampled_from(
            [
                *named_looks.LOOKS,
                *vocabulary.QUALITIES,
                *vocabulary.ZONES,
                *vocabulary.COLORS,
                *modifiers.AMOUNTS,
                *modifiers.LEVELS,
                *modifiers.NEGATIONS,
                *modifiers.INTENSITIES,
                *modifiers.STOPS,
                "+20",
                "and",
                ",",
            ]
        ),
        max_size=12,
    )
)
def test_no_heap_of_known_words_breaks_the_reader(words):
    knobs = dataclasses.astuple(read_prompt(" ".join(words)).grade)

    assert max(abs(knob) for knob in knobs) <= 3


def test_the_handbook_is_the_vocabulary():
    page = Path(__file__).parents[2] / "docs" / "looks.md"

    assert page.read_text("utf-8") == handbook(), (
        "run: python -m daemon.builtin_host.looks.handbook > docs/looks.md"
    )
