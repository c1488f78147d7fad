"""The .cube format: round trip, what others read in it, and which line is wrong."""

import contextlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PyOpenColorIO import INTERP_TETRAHEDRAL, Config, FileTransform

from daemon.imaging.cube import CubeError, format_cube, parse_cube
from daemon.imaging.lattice import identity_lut, interpolate

TINY = """TITLE "tiny"
# a comment
LUT_3D_SIZE 2

0 0 0
1 0 0
0 1 0
1 1 0
0 0 1
1 0 1
0 1 1
1 1 1
"""


def some_lut(size=5):
    noise = np.random.default_rng(7).uniform(-0.15, 0.15, (size, size, size, 3))
    return (identity_lut(size) + noise).astype(np.float32)


def test_red_runs_fastest_in_the_file():
    cube = parse_cube(TINY)
    assert cube.lut[1, 0, 0].tolist() == [1, 0, 0]
    assert cube.lut[0, 0, 1].tolist() == [0, 0, 1]


def test_title_is_read_without_its_quotes():
    assert parse_cube(TINY).title == "tiny"


def test_a_lut_without_a_space_comment_is_srgb():
    assert parse_cube(TINY).space == "srgb"


@pytest.mark.parametrize(
    "space", ["srgb", "adobe-rgb", "display-p3", "prophoto", "icc:" + "a1" * 32]
)
def test_lut_and_space_survive_a_round_trip(space):
    lut = some_lut()
    cube = parse_cube(format_cube(lut, title="Warm", space=space, comments=("made here",)))
    assert cube.space == space
    assert cube.title == "Warm"
    np.testing.assert_allclose(cube.lut, lut, atol=5.1e-7)


def test_a_byte_order_mark_and_windows_line_ends_are_accepted():
    assert parse_cube("\ufeff" + TINY.replace("\n", "\r\n")).lut.shape == (2, 2, 2, 3)


def test_domain_and_input_range_of_zero_to_one_are_accepted():
    text = "DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1.0 1.0 1.0\nLUT_3D_INPUT_RANGE 0.0 1.0\n" + TINY
    assert parse_cube(text).lut.shape == (2, 2, 2, 3)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "LUT_3D_SIZE"),
        ("hello\n", r"line 1: 'hello'"),
        ("LUT_1D_SIZE 16\n0 0 0\n", "line 2: a one-dimensional LUT of size 16 has 16 rows"),
        ("LUT_3D_SIZE 1\n", "line 1: LUT_3D_SIZE"),
        ("LUT_3D_SIZE 130\n", "line 1: LUT_3D_SIZE"),
        ("LUT_3D_SIZE\n", "line 1: LUT_3D_SIZE"),
        ("DOMAIN_MAX 2 2 0\n" + TINY, "line 1: .*goes upwards, not from 0 to 2 2 0"),
        ("LUT_3D_INPUT_RANGE 4 4\n" + TINY, "line 1: .*goes upwards, not from 4 to 4"),
        ("# rabbitviewer-space: rec2020\n" + TINY, "line 1: .*'rec2020'"),
        (TINY.replace("0 1 1", "0 1"), "line 11: three numbers"),
        (TINY.replace("0 1 1", "0 1 1 1"), "line 11: three numbers"),
        (TINY.replace("0 1 1", "0 1 x"), "line 11: numbers are needed"),
        (TINY.replace("0 1 1", "0 1 nan"), "line 11: .*not a finite number"),
        (TINY.replace("0 1 1", "0 1 1e99"), "line 11: a number is far too large"),
        (TINY.removesuffix("1 1 1\n"), "line 11: .*8 rows.*after 7"),
        (TINY + "1 1 1\n", "line 13: .*8 rows.*after 9"),
        ("DOMAIN_MIN a b c\n" + TINY, "line 1: numbers are needed"),
    ],
)
def test_a_damaged_file_names_its_line(text, complaint):
    with pytest.raises(CubeError, match=complaint):
        parse_cube(text)


def test_long_titles_and_comments_keep_lines_short_enough_for_other_readers():
    text = format_cube(some_lut(2), title="wärm " * 200, comments=("très long " * 100, "b" * 900))
    assert max(len(line.encode()) for line in text.splitlines()) <= 250


def test_quotes_and_line_breaks_in_a_title_do_not_break_the_file():
    cube = parse_cube(format_cube(some_lut(2), title='say "cheese"\nLUT_1D_SIZE 3'))
    assert cube.title == "say 'cheese' LUT_1D_SIZE 3"


def test_no_negative_zero_is_written():
    lut = identity_lut(2)
    lut[0, 0, 0] = -1e-9
    assert "-0.000000" not in format_cube(lut)


def test_an_unknown_space_is_not_written():
    with pytest.raises(ValueError, match="rec2020"):
        format_cube(identity_lut(2), space="rec2020")


def test_opencolorio_reads_the_file_and_gives_the_same_colours(tmp_path):
    lut = some_lut(9)
    file = tmp_path / "look.cube"
    file.write_text(format_cube(lut, title="Warm", comments=("fitted",)), encoding="utf-8")
    transform = FileTransform(str(file), interpolation=INTERP_TETRAHEDRAL)
    processor = Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor()
    colors = np.random.default_rng(8).random((100, 3)).astype(np.float32)
    theirs = colors.copy()
    processor.applyRGB(theirs)
    np.testing.assert_allclose(theirs, interpolate(lut, colors), atol=2e-6)


@given(
    lut=arrays(np.float32, (3, 3, 3, 3), elements=st.floats(-2, 2, width=32)),
    title=st.text(max_size=80),
    comment=st.text(max_size=80),
)
@example(identity_lut(3), "caf\udce9", "caf\udce9\u2028LUT_3D_SIZE 9")
@example(identity_lut(3), "# not a comment", "rabbitviewer-space: rec2020")
def test_no_title_or_comment_changes_the_numbers(lut, title, comment):
    cube = parse_cube(format_cube(lut, title=title, comments=(comment,)))
    np.testing.assert_allclose(cube.lut, lut, atol=5.1e-7)
    assert cube.space == "srgb"


@given(st.text() | st.text(alphabet='LUT_3D_SIZE 0123456789.+-e\n#"'))
@example("LUT_3D_SIZE \u00b2\n")
@example("LUT_3D_SIZE 2\n" + "1_0 0 0\n" * 8)
def test_any_text_is_either_read_or_refused_as_a_cube(text):
    with contextlib.suppress(CubeError):
        assert np.isfinite(parse_cube(text).lut).all()
