"""How well a grade was learnt, as the command line says it."""

from __future__ import annotations

from daemon.protocol.values import FitReport


def fit_sentence(fit: FitReport) -> str:
    """Return the report of a fit in a sentence or two, its warning last; may be empty."""
    summary = fit.summary or _figures(fit)
    if fit.warning and fit.warning.rstrip(".") not in summary:
        return f"{summary} {fit.warning}".strip()
    return summary


def _figures(fit: FitReport) -> str:
    if fit.explained is None or fit.delta_e_mean is None:
        return ""
    return f"The LUT explains {100 * fit.explained:.0f} %, mean ΔE {fit.delta_e_mean:.2f}."
