import imagecodecs
import numpy as np
import pytest
from PIL import ImageCms

from daemon.decode.color import IccSpace, identify, profile_for, to_srgb_8bit, transform
from daemon.decode.icc import known_profile, parse_matrix

WIDE = ["adobe-rgb", "display-p3", "prophoto"]


@pytest.fixture
def chart() -> np.ndarray:
    """Every corner, edge and inner colour of a cube in steps of 1/16, 0 and 1 included."""
    axis = np.linspace(0, 1, 17, dtype=np.float32)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)


def littlecms(pixels: np.ndarray, source: bytes, target: bytes) -> np.ndarray:
    return imagecodecs.cms_transform(
        pixels[None],
        source,
        target,
        colorspace="rgb",
        outcolorspace="rgb",
        outdtype="float32",
        intent=1,
        flags=0,
    )[0]


@pytest.fixture
def littlecms_srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# colorants as in the profiles that the ICC, Adobe, Apple and Kodak publish
@pytest.mark.parametrize(
    ("space", "red", "green", "blue"),
    [
        ("srgb", (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)),
        ("adobe-rgb", (0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
        ("display-p3", (0.5151, 0.2412, -0.001), (0.292, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
        ("prophoto", (0.7977, 0.288, 0), (0.1352, 0.7119, 0), (0.0313, 0.0001, 0.8249)),
    ],
)
def test_the_named_spaces_have_their_published_primaries(
    space: str, red: tuple[float], green: tuple[float], blue: tuple[float]
) -> None:
    columns = known_profile(space).matrix.T.tolist()
    assert columns[0] == pytest.approx(red, abs=2e-4)
    assert columns[1] == pytest.approx(green, abs=2e-4)
    assert columns[2] == pytest.approx(blue, abs=2e-4)


@pytest.mark.parametrize("space", ["srgb", *WIDE])
def test_a_built_profile_is_valid_and_recognised(space: str) -> None:
    icc = profile_for(space)
    assert icc is not None
    imagecodecs.cms_profile_validate(icc)
    assert identify(icc) == space


def test_foreign_profiles_are_recognised_by_what_they_do(littlecms_srgb: bytes) -> None:
    assert identify(littlecms_srgb) == "srgb"
    assert identify(imagecodecs.cms_profile("adobergb")) == "adobe-rgb"


def test_a_profile_of_sampled_curves_is_recognised() -> None:
    light = np.linspace(0, 1, 1024)
    table = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    sampled = imagecodecs.cms_profile(
        "rgb",
        whitepoint=(0.3127, 0.3290, 1.0),
        primaries=(0.64, 0.33, 1, 0.30, 0.60, 1, 0.15, 0.06, 1),
        transferfunction=np.round(table * 65535).astype(np.uint16),
    )
    assert identify(sampled) == "srgb"


def test_an_unknown_space_is_named_by_its_digest() -> None:
    odd = imagecodecs.cms_profile(
        "rgb",
        whitepoint=(0.3127, 0.3290, 1.0),
        primaries=(0.60, 0.33, 1, 0.30, 0.55, 1, 0.15, 0.06, 1),
        gamma=2.0,
    )
    assert identify(odd).startswith("icc:")
    assert len(identify(odd)) == 4 + 64


def test_rubbish_is_no_known_space() -> None:
    assert identify(b"not a profile").startswith("icc:")
    assert parse_matrix(b"\0" * 4000) is None


@pytest.mark.parametrize("space", WIDE)
def test_srgb_survives_the_way_through_a_wide_space(space: str, chart: np.ndarray) -> None:
    target = IccSpace(profile_for(space))
    assert target.to_srgb(target.from_srgb(chart)) == pytest.approx(chart, abs=1e-4)


@pytest.mark.parametrize("space", WIDE)
def test_a_saturated_chart_survives_the_way_through_srgb(space: str, chart: np.ndarray) -> None:
    own = IccSpace(profile_for(space))
    back = own.from_srgb(own.to_srgb(chart))
    # a 16-bit step is 1.5e-5; near 0 a pure gamma is infinitely steep, so black is judged apart
    lit = chart > 0
    assert back[lit] == pytest.approx(chart[lit], abs=1e-4)
    assert np.abs(back[~lit]).max() < 1 / 512


def test_adobe_green_lies_where_the_matrix_says() -> None:
    green = np.array([[0, 1, 0]], np.float32)
    # Adobe RGB green in linear sRGB is (-0.39828, 1, -0.04294) (B. Lindbloom); encoded with
    # 1.055 x^(1/2.4) - 0.055, mirrored below zero
    expected = [
        -(1.055 * 0.39828 ** (1 / 2.4) - 0.055),
        1.0,
        -(1.055 * 0.04294 ** (1 / 2.4) - 0.055),
    ]
    assert transform(green, profile_for("adobe-rgb"), None)[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("space", WIDE)
def test_colours_outside_srgb_leave_0_to_1(space: str, chart: np.ndarray) -> None:
    srgb = IccSpace(profile_for(space)).to_srgb(chart)
    assert srgb.min() < -0.3
    assert srgb.max() > 1.05


@pytest.mark.parametrize("space", WIDE)
def test_inside_the_gamut_we_agree_with_littlecms(
    space: str, chart: np.ndarray, littlecms_srgb: bytes
) -> None:
    icc = profile_for(space)
    assert icc is not None
    ours = transform(chart, icc, None)
    inside = ((ours >= 0) & (ours <= 1)).all(axis=1)
    theirs = littlecms(chart, icc, littlecms_srgb)
    assert inside.sum() > 1000
    assert ours[inside] == pytest.approx(theirs[inside], abs=1e-4)


def test_gray_stays_gray_in_every_space(chart: np.ndarray) -> None:
    gray = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[:, None], 3, axis=1)
    p3 = transform(gray, None, profile_for("display-p3"))
    # same curve, white to white: nothing moves
    assert p3 == pytest.approx(gray, abs=2e-4)


def test_the_same_space_changes_nothing(chart: np.ndarray, littlecms_srgb: bytes) -> None:
    assert np.array_equal(transform(chart, littlecms_srgb, None), chart)


def test_a_long_transform_can_be_stopped_between_slices() -> None:
    class StopError(Exception):
        pass

    calls = iter([None, StopError()])

    def checkpoint() -> None:
        found = next(calls)
        if found is not None:
            raise found

    pixels = np.zeros((1000, 1000, 3), np.float32)
    with pytest.raises(StopError):
        transform(pixels, profile_for("adobe-rgb"), None, checkpoint=checkpoint)


def test_integer_pixels_for_a_screen_are_clamped() -> None:
    green = np.full((4, 4, 3), (0, 255, 0), np.uint8)
    assert to_srgb_8bit(green, profile_for("adobe-rgb"))[0, 0].tolist() == [0, 255, 0]
    gray = np.full((4, 4, 3), 128, np.uint8)
    # Adobe's gamma 2.2 of 128/255 is 0.2195 linear, sRGB encodes that as 0.5057 = 129
    assert to_srgb_8bit(gray, profile_for("adobe-rgb"))[0, 0].tolist() == [129, 129, 129]
