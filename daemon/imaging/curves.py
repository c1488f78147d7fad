"""A smooth grade with few degrees of freedom: curves over the channels and the brightness."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daemon.imaging.samples import Samples

_KNOTS = 17
_RIDGE = 1e-5
"""Pull towards no change, relative to the samples' total weight of 1."""


_kron: Any = np.kron


class CurveBase:
    """Each channel of the result is a sum of curves: over red, green, blue and their mean.

    That holds white balance, exposure, contrast, a matrix, split tones and fading, and continues
    them to colours that no sample has, which a lattice alone cannot.

    Source: generalised additive models, Hastie and Tibshirani 1990, chapter 4; the curves are
    linear splines with penalised second differences, Eilers and Marx 1996.
    """

    def __init__(self, samples: Samples, *, stiffness: float) -> None:
        """Fit to *samples*; *stiffness* weighs the squared second derivatives of the curves."""
        terms = _terms(samples.colors)
        weighted = terms.multiply(samples.weights[:, None]).T.tocsr()
        normal = (weighted @ terms).toarray() + stiffness * _bending()
        normal += _RIDGE * np.eye(len(normal))
        unchanged = _unchanged()
        change = samples.targets - samples.colors
        self._curves = unchanged + np.linalg.solve(normal, weighted @ change)

    def __call__(self, colors: NDArray[Any]) -> NDArray[np.float64]:
        """Map colours of shape (M, 3)."""
        return _terms(colors) @ self._curves


def _terms(colors: NDArray[Any]) -> Any:  # noqa: ANN401
    """Shares of the knots around each value; sparse, shape (M, 4 * knots)."""
    values = np.clip(np.column_stack([colors, colors.mean(axis=1)]), 0, 1) * (_KNOTS - 1)
    knot = np.minimum(values.astype(np.int32), _KNOTS - 2)
    share = values - knot
    first = knot + np.arange(4, dtype=np.int32) * _KNOTS
    columns = np.stack([first, first + 1], axis=2).ravel()
    shares = np.stack([1 - share, share], axis=2).ravel()
    starts = np.arange(len(values) + 1) * 8
    return sparse.csr_matrix((shares, columns, starts), shape=(len(values), 4 * _KNOTS))


@lru_cache(maxsize=1)
def _unchanged() -> NDArray[np.float64]:
    """The curves of the identity; shape (4 * knots, 3)."""
    line = np.linspace(0, 1, _KNOTS)[:, None]
    return np.concatenate([_kron(np.eye(3), line), np.zeros((_KNOTS, 3))])


@lru_cache(maxsize=1)
def _bending() -> NDArray[np.float64]:
    """Energy of the curves' second derivatives, and a little of their slopes."""
    step = 1 / (_KNOTS - 1)
    second = np.diff(np.eye(_KNOTS), n=2, axis=0)
    first = np.diff(np.eye(_KNOTS), axis=0)
    return _kron(np.eye(4), second.T @ second / step**3 + first.T @ first / step)
