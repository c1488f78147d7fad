"""The lattice: shapes, tetrahedral interpolation by hand, refinement."""

import numpy as np
import pytest

from daemon.imaging.lattice import (
    blend_with_identity,
    check_lut,
    identity_lut,
    interpolate,
    resize_lut,
    tetrahedral_weights,
)


def test_identity_lut_holds_its_own_coordinates():
    lut = identity_lut(5)
    assert lut[1, 2, 4].tolist() == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("size", [2, 3, 33, 129])
def test_interpolating_the_identity_returns_the_colours(size):
    colors = np.random.default_rng(1).random((500, 3))
    np.testing.assert_allclose(interpolate(identity_lut(size), colors), colors, atol=1e-6)


def test_tetrahedral_weights_of_a_colour_by_hand():
    # size 2: one cell; fractions .5 (r), .2 (g), .7 (b); walk 000 -> b -> b+r -> all
    nodes, weights = tetrahedral_weights(np.array([[0.5, 0.2, 0.7]]), 2)
    assert nodes[0].tolist() == [0, 1, 5, 7]
    np.testing.assert_allclose(weights[0], [0.3, 0.2, 0.3, 0.2])


def test_white_lies_on_the_last_node():
    nodes, weights = tetrahedral_weights(np.ones((1, 3)), 4)
    assert weights[0].tolist() == [0, 0, 0, 1]
    assert nodes[0, 3] == 4**3 - 1


def test_colours_outside_are_clamped_to_the_lattice():
    inside = interpolate(identity_lut(4), np.array([[1.4, -0.3, 0.5]]))
    np.testing.assert_allclose(inside, [[1.0, 0.0, 0.5]], atol=1e-7)


def test_interpolation_keeps_the_shape_of_an_image():
    assert interpolate(identity_lut(3), np.zeros((4, 7, 3), np.float32)).shape == (4, 7, 3)


def test_refining_by_a_whole_factor_changes_no_colour():
    rng = np.random.default_rng(2)
    lut = rng.random((5, 5, 5, 3))
    colors = rng.random((300, 3))
    np.testing.assert_allclose(
        interpolate(resize_lut(lut, 9), colors), interpolate(lut, colors), atol=1e-6
    )


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0, 1.5])
def test_strength_is_linear_in_the_change(strength):
    lut = np.random.default_rng(3).random((6, 6, 6, 3)).astype(np.float32)
    colors = np.random.default_rng(4).random((200, 3))
    expected = colors + strength * (interpolate(lut, colors) - colors)
    np.testing.assert_allclose(
        interpolate(blend_with_identity(lut, strength), colors), expected, atol=1e-6
    )


def test_full_strength_is_the_lut_itself():
    lut = identity_lut(4)
    assert blend_with_identity(lut, 1.0) is lut


@pytest.mark.parametrize("shape", [(3, 3, 3), (3, 3, 4, 3), (3, 3, 3, 4), (1, 1, 1, 3)])
def test_lattices_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="LUT"):
        check_lut(np.zeros(shape, np.float32))


def test_lattices_over_129_nodes_are_refused():
    with pytest.raises(ValueError, match="not 130"):
        identity_lut(130)


def test_lattices_with_a_value_that_is_not_finite_are_refused():
    lut = identity_lut(3)
    lut[0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        check_lut(lut)
