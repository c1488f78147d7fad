"""What else .cube files say: curves, ranges, both; every form read as written, each fault named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PyOpenColorIO import INTERP_TETRAHEDRAL, OPTIMIZATION_NONE, Config, FileTransform

from daemon.imaging.cube import Cube, CubeError, format_file, parse_cube
from daemon.imaging.exact import ExactGrade, bake, baking_error
from daemon.imaging.lattice import identity_lut
from daemon.imaging.shaper import Curves, Shaper

CURVE = "LUT_1D_SIZE 3\n0 0 0\n0.25 0.5 0.75\n1 1 1\n"
LATTICE = "LUT_3D_SIZE 2\n" + "".join(
    f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1)
)
BOTH = (
    'TITLE "shaped"\nLUT_1D_SIZE 3\nLUT_1D_INPUT_RANGE -0.5 1.5\nLUT_3D_SIZE 2\n'
    "LUT_3D_INPUT_RANGE 0.0 2.0\n0 0 0\n0.5 0.5 0.5\n2 2 2\n" + LATTICE.partition("\n")[2]
)


def graded(text: str, *colors: tuple[float, float, float]) -> np.ndarray:
    cube = parse_cube(text)
    return ExactGrade(cube.lut, cube.shaper).apply(np.array(colors, np.float32))


def by_opencolorio(path: Path, colors: np.ndarray) -> np.ndarray:
    transform = FileTransform(str(path), interpolation=INTERP_TETRAHEDRAL)
    processor = (
        Config.CreateRaw().getProcessor(transform).getOptimizedCPUProcessor(OPTIMIZATION_NONE)
    )
    result = colors.copy()
    processor.applyRGB(result)
    return result


def test_a_curve_is_linear_between_its_entries() -> None:
    np.testing.assert_allclose(graded(CURVE, (0.25, 0.25, 0.75)), [[0.125, 0.25, 0.875]], atol=1e-6)


def test_a_curve_stays_level_outside_its_range() -> None:
    domain = "DOMAIN_MIN 0.2 0.2 0.2\nDOMAIN_MAX 0.8 0.8 0.8\n"
    text = domain + "LUT_1D_SIZE 2\n0.3 0.3 0.3\n0.6 0.6 0.6\n"
    np.testing.assert_allclose(graded(text, (0, 0.5, 1)), [[0.3, 0.45, 0.6]], atol=1e-6)


def test_curves_may_leave_zero_to_one() -> None:
    text = "LUT_1D_SIZE 2\n-0.5 0 0\n1 3 1\n"
    np.testing.assert_allclose(graded(text, (0, 1, 0.5)), [[-0.5, 3, 0.5]], atol=1e-5)


def test_the_range_of_a_lattice_is_stretched_over_it() -> None:
    text = "DOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 2 2\n" + LATTICE
    np.testing.assert_allclose(graded(text, (0.5, 1, 0)), [[0.25, 0.5, 0]], atol=1e-6)


def test_curves_come_before_the_lattice_of_the_same_file() -> None:
    # the curve gives 0.25, 0.5, 2 for these; the lattice spans 0..2
    colors = (0.0, 0.5, 1.5)
    np.testing.assert_allclose(graded(BOTH, colors), [[0.125, 0.25, 1]], atol=1e-6)


def test_a_lattice_over_zero_to_one_needs_no_shaper() -> None:
    assert parse_cube("DOMAIN_MIN 0 0 0\nLUT_3D_INPUT_RANGE 0 1\n" + LATTICE).shaper is None


@pytest.mark.parametrize(
    "text",
    [
        CURVE.replace("\n", "\r\n"),
        CURVE.replace("\n", "\r"),
        CURVE.replace(" ", "\t"),
        CURVE.replace("0.25 0.5 0.75", "  2.5e-1   +.5  75E-2 "),
        CURVE.replace("0.25", "# half way\n\n0.25"),
        CURVE.replace("1 1 1\n", "1 1 1 # white"),
        CURVE.replace("LUT_1D_SIZE 3", "lut_1d_size 3  # entries"),
        CURVE + "\n\n# the end",
        "\ufeff" + CURVE,
        'TITLE "a \\"b\\" # c"\n' + CURVE,
        "DOMAIN_MAX 1 1 1\n" + CURVE,
    ],
)
def test_the_same_curve_may_be_written_in_many_ways(text: str) -> None:
    cube = parse_cube(text)
    assert cube.shaper is not None
    assert cube.shaper.curves is not None
    assert cube.shaper.curves.values.tolist() == [[0, 0, 0], [0.25, 0.5, 0.75], [1, 1, 1]]


def test_a_title_keeps_what_its_quotes_hold() -> None:
    assert parse_cube('TITLE "a "b" # c"  # d\n' + CURVE).title == 'a "b" # c'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("LUT_1D_SIZE 1\n", "line 1: LUT_1D_SIZE must be 2 to 65536, found '1'"),
        ("LUT_1D_SIZE 65537\n", "line 1: LUT_1D_SIZE"),
        ("LUT_1D_SIZE 99999999999999999999\n", "line 1: LUT_1D_SIZE"),
        (CURVE + "LUT_1D_SIZE 3\n", "line 5: LUT_1D_SIZE stands in line 1 already"),
        ("TITLE a\n" + CURVE + "TITLE a\n", "line 6: TITLE stands in line 1 already"),
        (CURVE + "2 2 2\n3 3 3\n", "line 5: .*3 rows of numbers, this one ends after 5"),
        (CURVE.replace("1 1 1\n", ""), "line 3: .*3 rows of numbers, this one ends after 2"),
        ("LUT_1D_SIZE 3\n", "line 2: .*3 rows of numbers, this one ends after 0"),
        ("0 0 0\n", "line 1: this is not a LUT"),
        ("DOMAIN_MIN 1 1 1\n" + CURVE, "line 1: .*goes upwards, not from 1 to 1"),
        ("DOMAIN_MIN 0 0\n" + CURVE, "line 1: DOMAIN_MIN takes 3 numbers"),
        ("DOMAIN_MAX 1 inf 1\n" + CURVE, "line 1: .*not a finite number"),
        ("LUT_3D_INPUT_RANGE 0 1\n" + CURVE, "line 1: .*for a table that is not there"),
        ("DOMAIN_MAX 2 2 2\nLUT_1D_INPUT_RANGE 0 1\n" + CURVE, "line 1: the range"),
        ("DOMAIN_MAX 2 2 2\n" + BOTH, "line 1: the range"),
        (CURVE.replace("0.25", "nan"), "line 3: .*not a finite number"),
        (CURVE.replace("0.75", "-Inf"), "line 3: .*not a finite number"),
        (CURVE.replace("0.5 0.75", "0,5 0,75"), "line 3: numbers are needed"),
        (CURVE.replace("0.5", "0x5"), "line 3: numbers are needed"),
        (CURVE.replace("0.5", "1_0"), "line 3: numbers are needed"),
        (CURVE.replace("0.5", "٣"), "line 3: numbers are needed"),
        (CURVE.replace("0.5", "[1]"), "line 3: numbers are needed"),
        (CURVE.replace("0.25 0.5", "0.25 0.5 0.5"), "line 3: three numbers"),
        ("LUT_IN_VIDEO_RANGE\n" + CURVE, "line 1: 'LUT_IN_VIDEO_RANGE' does not belong"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(CubeError, match=complaint):
        parse_cube(text)


numbers = st.floats(-2, 2, width=32)
lows, highs = st.floats(-1, 0, width=32), st.floats(1, 4, width=32)
triples_low, triples_high = st.tuples(lows, lows, lows), st.tuples(highs, highs, highs)


@given(
    values=st.integers(2, 9).flatmap(lambda n: arrays(np.float32, (n, 3), elements=numbers)),
    low=triples_low,
    high=triples_high,
)
def test_curves_are_read_as_they_were_written(
    values: np.ndarray, low: tuple[float, float, float], high: tuple[float, float, float]
) -> None:
    written = Cube(identity_lut(2), shaper=Shaper(curves=Curves(values, low, high)))
    read = parse_cube(format_file(Cube(written.lut, shaper=written.shaper, one_dimensional=True)))
    assert read.one_dimensional
    assert read.shaper is not None
    assert read.shaper.curves is not None
    assert (read.shaper.curves.low, read.shaper.curves.high) == (low, high)
    np.testing.assert_allclose(read.shaper.curves.values, values, atol=1e-6)


@given(
    lut=st.integers(2, 4).flatmap(lambda n: arrays(np.float32, (n, n, n, 3), elements=numbers)),
    low=triples_low,
    high=triples_high,
)
def test_a_lattice_of_any_range_is_read_as_it_was_written(
    lut: np.ndarray, low: tuple[float, float, float], high: tuple[float, float, float]
) -> None:
    read = parse_cube(format_file(Cube(lut, shaper=Shaper(low, high))))
    shaper = read.shaper or Shaper()
    assert (shaper.low, shaper.high) == (low, high)
    np.testing.assert_allclose(read.lut, lut, atol=1e-6)


def test_curves_and_lattice_are_read_as_they_were_written() -> None:
    cube = parse_cube(BOTH)
    assert parse_cube(format_file(cube)).title == "shaped"
    assert format_file(parse_cube(format_file(cube))) == format_file(cube)


junk = st.text(alphabet="0123456789.+-eEnaif_ #\t\"'LUTDOMAIN_3DSIZEX,;", max_size=24)


@given(text=st.sampled_from([CURVE, BOTH, "DOMAIN_MIN 0 0 0\n" + LATTICE]), at=st.data())
def test_one_changed_line_is_read_or_refused_with_a_line(text: str, at: st.DataObject) -> None:
    lines = text.splitlines()
    index = at.draw(st.integers(0, len(lines) - 1))
    lines[index] = at.draw(junk)
    try:
        cube = parse_cube("\n".join(lines) + "\n")
    except CubeError as error:
        assert str(error).startswith("line ")  # noqa: PT017 - the other outcome is as good
    else:
        assert np.isfinite(cube.lut).all()


@pytest.mark.parametrize(
    "text",
    [
        CURVE,
        "DOMAIN_MIN -0.1 0 0.1\nDOMAIN_MAX 1.5 1 0.9\n" + CURVE,
        "DOMAIN_MIN -0.1 -0.2 0\nDOMAIN_MAX 1.5 2 1.1\n" + LATTICE.replace("1 0 1", "0.3 0.1 1.4"),
    ],
)
def test_opencolorio_reads_the_same_colours_from_curves_and_ranges(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "look.cube"
    file.write_text(format_file(parse_cube(text)), encoding="utf-8")
    colors = np.random.default_rng(4).uniform(0, 1, (500, 3)).astype(np.float32)
    cube = parse_cube(file.read_text(encoding="utf-8"))
    ours = ExactGrade(cube.lut, cube.shaper).apply(colors)
    np.testing.assert_allclose(ours, by_opencolorio(file, colors), atol=2e-5)


def test_opencolorio_reads_the_same_colours_from_curves_with_a_lattice_behind(
    tmp_path: Path,
) -> None:
    file = tmp_path / "look.cube"
    file.write_text(format_file(parse_cube(BOTH)), encoding="utf-8")
    colors = np.random.default_rng(4).uniform(-0.4, 1.4, (500, 3)).astype(np.float32)
    cube = parse_cube(BOTH)
    ours = ExactGrade(cube.lut, cube.shaper).apply(colors)
    np.testing.assert_allclose(ours, by_opencolorio(file, colors), atol=2e-5)


def test_strength_is_linear_and_luma_and_chroma_add_up() -> None:
    cube = parse_cube(BOTH)
    colors = np.random.default_rng(4).uniform(0, 1, (50, 3)).astype(np.float32)

    def change(**how: object) -> np.ndarray:
        return ExactGrade(cube.lut, cube.shaper, **how).change(colors)

    np.testing.assert_allclose(change(strength=0.5), change() / 2, atol=1e-6)
    parts = change(channels="luma") + change(channels="chroma")
    np.testing.assert_allclose(parts, change(), atol=1e-6)


def test_baking_tells_how_far_it_is_off() -> None:
    # the kink of the curve at 0.5 is a node of 33 and lies in the midst of a cell of 32
    cube = parse_cube("LUT_1D_SIZE 3\n0 0 0\n0 0 0\n1 1 1\n")
    exact, missed = (bake(cube.lut, cube.shaper, size) for size in (33, 32))
    assert baking_error(cube.lut, cube.shaper, exact) < 0.01
    assert baking_error(cube.lut, cube.shaper, missed) == pytest.approx(255 / 31 / 2, rel=0.05)
