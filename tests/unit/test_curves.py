"""The curves under a lattice: grades of curves and a matrix, also where no sample is."""

import numpy as np
import pytest

from daemon.imaging.curves import CurveBase
from daemon.imaging.samples import Samples

RNG = np.random.default_rng(61)


def samples_of(change, colors):
    return Samples(colors, change(colors), np.full(len(colors), 1 / len(colors)))


def toned(x):
    return 0.05 + 0.9 * x**0.7


def test_no_change_stays_no_change_everywhere():
    base = CurveBase(samples_of(lambda x: x, RNG.uniform(0.3, 0.6, (500, 3))), stiffness=1e-5)
    everywhere = RNG.random((200, 3))
    np.testing.assert_allclose(base(everywhere), everywhere, atol=1e-9)


def test_without_samples_nothing_changes():
    empty = Samples(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))
    colors = RNG.random((20, 3))
    np.testing.assert_allclose(CurveBase(empty, stiffness=1e-5)(colors), colors, atol=1e-9)


def test_a_tone_curve_goes_on_to_colours_that_no_sample_has():
    # only colours near grey are known
    grey = RNG.random((3000, 1)) + RNG.uniform(-0.08, 0.08, (3000, 3))
    base = CurveBase(samples_of(toned, np.clip(grey, 0, 1)), stiffness=2e-6)
    saturated = np.array([[0.9, 0.3, 0.2], [0.2, 0.8, 0.4]])
    np.testing.assert_allclose(base(saturated), toned(saturated), atol=0.02)


@pytest.mark.parametrize("order", [[1, 2, 0], [2, 1, 0]])
def test_the_order_of_the_channels_does_not_matter(order):
    colors = RNG.random((800, 3))
    targets = toned(colors) * [1.0, 0.9, 0.8]
    weights = np.full(800, 1 / 800)
    straight = CurveBase(Samples(colors, targets, weights), stiffness=1e-5)
    turned = CurveBase(Samples(colors[:, order], targets[:, order], weights), stiffness=1e-5)
    np.testing.assert_allclose(turned(colors[:, order]), straight(colors)[:, order], atol=1e-8)
