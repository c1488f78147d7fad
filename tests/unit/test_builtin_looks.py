"""What a phrase does to a photograph, measured in CIELAB by an independent library."""

import numpy as np
import pytest
import skimage.color
import skimage.data
import skimage.transform
from hypothesis import given
from hypothesis import strategies as st

from daemon.builtin_host.looks import named_looks
from daemon.builtin_host.looks.parameters import GradeParameters
from daemon.builtin_host.looks.reading import read_prompt
from daemon.builtin_host.looks.render import grade_colors, render, tone_curve


def photo(name):
    """A photograph of scikit-image, about 96 pixels wide, float32."""
    picture = getattr(skimage.data, name)()
    rows = round(96 * picture.shape[0] / picture.shape[1])
    small = skimage.transform.resize(picture, (rows, 96), anti_aliasing=True)
    return small.astype(np.float32)


PHOTOS = {name: photo(name) for name in ("astronaut", "coffee", "chelsea")}


def grade(name, prompt):
    return render(PHOTOS[name], read_prompt(prompt).grade)


def lab(picture):
    return skimage.color.rgb2lab(picture)


def zone(picture, name, low, high):
    """CIELAB of the pixels whose original lies between two percentiles of L*."""
    lightness = lab(PHOTOS[name])[..., 0]
    chosen = (lightness >= np.percentile(lightness, low)) & (
        lightness <= np.percentile(lightness, high)
    )
    return lab(picture)[chosen]


def chroma(values):
    return np.hypot(values[..., 1], values[..., 2])


MEASURES = {
    "lightness": lambda p, n: lab(p)[..., 0].mean(),
    "redness": lambda p, n: lab(p)[..., 1].mean(),
    "warmth": lambda p, n: lab(p)[..., 2].mean(),
    "chroma": lambda p, n: chroma(lab(p)).mean(),
    "contrast": lambda p, n: lab(p)[..., 0].std(),
    "hues": lambda p, n: lab(p)[..., 1].std(),
    "black point": lambda p, n: np.percentile(lab(p)[..., 0], 1),
    "shadow lightness": lambda p, n: zone(p, n, 3, 30)[:, 0].mean(),
    "shadow warmth": lambda p, n: zone(p, n, 3, 30)[:, 2].mean(),
    "shadow redness": lambda p, n: zone(p, n, 3, 30)[:, 1].mean(),
    "midtone redness": lambda p, n: zone(p, n, 35, 65)[:, 1].mean(),
    "midtone warmth": lambda p, n: zone(p, n, 35, 65)[:, 2].mean(),
    "highlight lightness": lambda p, n: zone(p, n, 70, 97)[:, 0].mean(),
    "highlight warmth": lambda p, n: zone(p, n, 70, 97)[:, 2].mean(),
    "highlight redness": lambda p, n: zone(p, n, 70, 97)[:, 1].mean(),
}


def change(measure, prompt, name):
    before = MEASURES[measure](PHOTOS[name], name)
    return MEASURES[measure](grade(name, prompt), name) - before


UP, DOWN = 1, -1
PHRASES = [
    ("warm", "warmth", UP),
    ("slightly warm", "warmth", UP),
    ("very warm", "warmth", UP),
    ("make it warmer", "warmth", UP),
    ("warm it up a little", "warmth", UP),
    ("cool", "warmth", DOWN),
    ("a bit colder please", "warmth", DOWN),
    ("golden hour", "warmth", UP),
    ("warm film", "warmth", UP),
    ("cool film look", "warmth", DOWN),
    ("moonlight", "warmth", DOWN),
    ("moonlight", "lightness", DOWN),
    ("green tint", "redness", DOWN),
    ("magenta cast", "redness", UP),
    ("bright", "lightness", UP),
    ("one stop brighter", "lightness", UP),
    ("-0.5 ev", "lightness", DOWN),
    ("exposure +20", "lightness", UP),
    ("dark", "lightness", DOWN),
    ("high key", "lightness", UP),
    ("low-key", "lightness", DOWN),
    ("high contrast", "contrast", UP),
    ("more contrast", "contrast", UP),
    ("contrast down", "contrast", DOWN),
    ("flat", "contrast", DOWN),
    ("punchy", "contrast", UP),
    ("dramatic", "contrast", UP),
    ("soft", "contrast", DOWN),
    ("pastel", "contrast", DOWN),
    ("s-curve", "contrast", UP),
    ("vivid", "chroma", UP),
    ("more vibrance", "chroma", UP),
    ("muted", "chroma", DOWN),
    ("desaturated", "chroma", DOWN),
    ("less saturation", "chroma", DOWN),
    ("boost the colours", "chroma", UP),
    ("black and white", "chroma", DOWN),
    ("noir", "contrast", UP),
    ("sepia", "hues", DOWN),
    ("faded", "black point", UP),
    ("matte", "black point", UP),
    ("faded print", "black point", UP),
    ("vintage", "black point", UP),
    ("bleach bypass", "chroma", DOWN),
    ("bleach bypass", "contrast", UP),
    ("slide film", "chroma", UP),
    ("cross processed", "highlight warmth", UP),
    ("teal shadows", "shadow redness", DOWN),
    ("teal shadows", "shadow warmth", DOWN),
    ("shadows towards blue", "shadow warmth", DOWN),
    ("orange highlights", "highlight warmth", UP),
    ("amber in the highlights", "highlight warmth", UP),
    ("magenta midtones", "midtone redness", UP),
    ("purple", "midtone warmth", DOWN),
    ("teal and orange", "shadow warmth", DOWN),
    ("teal and orange", "highlight redness", UP),
    ("warm cinematic, teal shadows", "highlight warmth", UP),
    ("warm cinematic, teal shadows", "shadow redness", DOWN),
    ("lift the shadows", "shadow lightness", UP),
    ("deep shadows", "shadow lightness", DOWN),
    ("crushed blacks", "shadow lightness", DOWN),
    ("less shadows", "shadow lightness", UP),
    ("darker highlights", "highlight lightness", DOWN),
    ("bright highlights", "highlight lightness", UP),
    ("recover highlights", "highlight lightness", DOWN),
    ("highlights -30", "highlight lightness", DOWN),
]


@pytest.mark.parametrize("name", sorted(PHOTOS))
@pytest.mark.parametrize(("phrase", "measure", "direction"), PHRASES)
def test_phrase_moves_the_photo_in_its_direction(phrase, measure, direction, name):
    assert direction * change(measure, phrase, name) > 0.3


LADDERS = [
    ("{} warm", "warmth", UP),
    ("{} cool", "warmth", DOWN),
    ("{} bright", "lightness", UP),
    ("{} dark", "lightness", DOWN),
    ("{} contrasty", "contrast", UP),
    ("{} flat", "contrast", DOWN),
    ("{} saturated", "chroma", UP),
    ("{} muted", "chroma", DOWN),
    ("{} faded", "black point", UP),
    ("{} teal shadows", "shadow redness", DOWN),
    ("{} golden highlights", "highlight warmth", UP),
    ("{} magenta tint", "redness", UP),
    ("{} vintage", "black point", UP),
    ("{} moonlight", "lightness", DOWN),
]


@pytest.mark.parametrize("name", sorted(PHOTOS))
@pytest.mark.parametrize(("phrase", "measure", "direction"), LADDERS)
def test_intensities_are_monotone(phrase, measure, direction, name):
    words = ("slightly", "", "very", "extremely")
    steps = [direction * change(measure, phrase.format(word), name) for word in words]

    assert steps == sorted(steps)
    assert min(np.diff([0, *steps])) > 0


NEGATIONS = [
    ("warm", "not warm", "warmth"),
    ("cool", "less cool", "warmth"),
    ("bright", "not bright", "lightness"),
    ("dark", "never dark", "lightness"),
    ("contrast", "no contrast", "contrast"),
    ("more contrast", "without contrast", "contrast"),
    ("saturated", "less saturated", "chroma"),
    ("more saturation", "reduce the saturation", "chroma"),
    ("fade", "no fade", "shadow lightness"),
    ("magenta tint", "without magenta cast", "redness"),
    ("teal shadows", "no teal shadows", "shadow redness"),
    ("raise the highlights", "lower the highlights", "highlight lightness"),
    ("lift the shadows", "don't lift the shadows", "shadow lightness"),
    ("vivid", "not vivid", "chroma"),
]


@pytest.mark.parametrize("name", sorted(PHOTOS))
@pytest.mark.parametrize(("phrase", "negated", "measure"), NEGATIONS)
def test_negation_goes_the_other_way(phrase, negated, measure, name):
    assert change(measure, phrase, name) * change(measure, negated, name) < 0


def test_not_too_warm_is_a_little_warm():
    little = change("warmth", "not too warm", "astronaut")
    plain = change("warmth", "warm", "astronaut")

    assert 0 < little < plain


def test_a_black_and_white_picture_has_no_colour():
    picture = grade("coffee", "black and white")

    assert np.ptp(picture, axis=-1).max() < 2 / 255


def test_sepia_is_one_warm_hue():
    assert change("warmth", "sepia", "astronaut") > 3
    assert change("warmth", "sepia", "chelsea") > 0


def test_no_words_no_change():
    neutral = render(PHOTOS["chelsea"], GradeParameters())

    assert np.array_equal(neutral, PHOTOS["chelsea"])


def test_a_tiny_grade_changes_every_colour_only_a_little():
    colors = np.random.default_rng(3).random((64, 64, 3)).astype(np.float32)
    graded = grade_colors(colors, GradeParameters(contrast=1e-4))

    assert np.abs(graded - colors).max() < 1 / 255


@pytest.mark.parametrize("phrase", sorted(named_looks.LOOKS))
@pytest.mark.parametrize("word", ["", "extremely "])
def test_every_look_keeps_grays_in_order_and_has_no_cliffs(phrase, word):
    ramp = np.repeat(np.linspace(0, 1, 1025, dtype=np.float32)[:, None], 3, axis=1)[None]
    graded = render(ramp, read_prompt(word + phrase).grade)
    steps = np.diff(lab(graded)[0, :, 0])

    assert steps.min() > -0.02
    assert np.abs(np.diff(graded[0], axis=0)).max() * 1024 < 6


KNOBS = st.fixed_dictionaries(
    {
        name: st.floats(-1.5, 1.5)
        for name in ("contrast", "highlights", "shadows", "whites", "blacks", "fade")
    }
)


@given(KNOBS)
def test_the_tone_curve_is_monotone_for_any_knobs(knobs):
    grade = GradeParameters(**knobs).limited()
    curve = tone_curve(np.linspace(0, 1, 513, dtype=np.float32), grade)

    assert np.diff(curve).min() >= -1e-6
    assert curve.min() >= 0
    assert curve.max() <= 1


ALL_KNOBS = st.fixed_dictionaries(
    {name: st.floats(-1.5, 1.5) for name in GradeParameters.__dataclass_fields__}
)


@given(ALL_KNOBS)
def test_any_grade_yields_displayable_colours(knobs):
    colors = np.random.default_rng(1).random((8, 8, 3)).astype(np.float32)
    graded = grade_colors(colors, GradeParameters(**knobs).limited())

    assert np.isfinite(graded).all()
    assert graded.dtype == np.float32
    assert (graded.min() >= 0, graded.max() <= 1) == (True, True)
