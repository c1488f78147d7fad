"""Jobs, fits and hosts in words that a photographer reads."""

from __future__ import annotations

import os

from PySide6.QtCore import QCoreApplication

from daemon.protocol.hosting import BUILTIN
from daemon.protocol.values import FitReport, HostInfo, JobInfo
from daemon.protocol.workflows import Budget
from rabbitviewer.models.hosts import GRADE_OPERATION, Plan

_TWO_MINUTES_S = 120
BUILTIN_NAMES = ("", BUILTIN)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Words", text)


def stage_words(info: JobInfo) -> str:
    """Say what a job does at this moment."""
    if info.state == "paused":
        return _tr("Paused")
    builtin = info.host in BUILTIN_NAMES
    if info.state == "waiting":
        wanted = info.host or info.host_wanted
        known = wanted and wanted not in BUILTIN_NAMES
        return _tr("Waiting for {host}").format(host=wanted) if known else _tr("Waiting")
    words = {
        "prepare": _tr("Preparing a small copy"),
        "upload": _tr("Handing it over") if builtin else _tr("Sending it to {host}"),
        "queued": _tr("Waiting its turn") if builtin else _tr("In the queue of {host}"),
        "run": _run_words(info, builtin=builtin),
        "fetch": _tr("Fetching the result"),
        "fit": _tr("Learning the colours"),
        "apply": _tr("Applying them at full size"),
        "save": _tr("Saving"),
        "done": _tr("Done"),
    }
    return words.get(info.stage, info.stage).format(host=info.host)


def _run_words(info: JobInfo, *, builtin: bool) -> str:
    if info.operation != GRADE_OPERATION:
        return _tr("Working on it") if builtin else _tr("{host} is working on it")
    return _tr("Finding the look") if builtin else _tr("{host} is grading it")


def state_words(info: JobInfo) -> str:
    """Say how a job stands, in one line."""
    if info.state in ("waiting", "running", "paused"):
        return stage_words(info)
    words = {"done": _tr("Done"), "failed": _tr("Failed"), "cancelled": _tr("Cancelled")}
    return words.get(info.state, info.state)


def jobs_words(count: int) -> str:
    """Say a number of jobs."""
    return (_tr("{n} job") if count == 1 else _tr("{n} jobs")).format(n=f"{count:,}")


def job_host_words(info: JobInfo) -> str:
    """Name the machine that works for a job, where its stage does not name it; may be empty."""
    if info.host in BUILTIN_NAMES:
        return ""
    named = info.state == "running" and info.stage in ("upload", "queued", "run")
    return "" if named else info.host


def place_words(place: int | None) -> str:
    """Say how many wait before a job at its host; empty when it waits there no more."""
    if place is None:
        return ""
    return _tr("{count} before it").format(count=place) if place else _tr("next there")


def left_words(eta_s: float | None) -> str:
    """Say how long it will take, roughly; empty when nobody knows."""
    if eta_s is None or eta_s < 1:
        return ""
    return _tr("{about} left").format(about=about_words(eta_s))


def about_words(seconds: float) -> str:
    """Say a time roughly."""
    if seconds < _TWO_MINUTES_S:
        return _tr("about {count} s").format(count=round(seconds))
    return _tr("about {count} min").format(count=round(seconds / 60))


def plan_words(plan: Plan, photos: int, usual_s: float | None, through: str = "") -> str:
    """Say what a run will do: on what, on how many photos, *through* which mask, for how long."""
    if plan.host is None and plan.workflow is None:
        return _tr("Connecting")
    if plan.reason:
        return plan.reason
    if not plan.ai:
        what = _tr("Built-in look, no AI")
    else:
        title = plan.workflow.title if plan.workflow else ""
        what = _tr("{title} on {host}").format(
            title=_short(title), host=plan.host.name if plan.host else _tr("no host")
        )
    parts = [what]
    if photos > 1:
        parts.append(_tr("{count} photos").format(count=photos))
    if through:
        parts.append(through)
    if usual_s is not None and usual_s * photos >= 1:
        parts.append(about_words(usual_s * photos))
    return ", ".join(parts)


def budget_words(budget: Budget) -> str:
    """Say what a run costs, and of how much; empty: it costs nothing."""
    if not budget.cost:
        return ""
    cost = figure_words(budget.cost)
    if not budget.limit:
        return _tr("Cost {cost}").format(cost=cost)
    return _tr("Cost {cost} of {limit}").format(cost=cost, limit=figure_words(budget.limit))


def over_budget_words(budget: Budget) -> str:
    """Say that a run costs more than it may, and what to do."""
    return _tr(
        "This would cost {cost}, your limit is {limit}. Take fewer steps, or raise the limit "
        "in the settings file (max_compute)."
    ).format(cost=figure_words(budget.cost), limit=figure_words(budget.limit))


def figure_words(value: float) -> str:
    """Return a figure with at most one digit after the point."""
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _short(title: str) -> str:
    """Return what stands in a title's brackets: ``Color grade (X)`` is ``X``."""
    inside = title.partition("(")[2].rstrip(")")
    return inside or title


def fit_words(fit: FitReport) -> str:
    """Say in few words how well the fit follows the edit."""
    if fit.model == "model":
        return _tr("The model's own picture")
    verdicts = {
        "excellent": _tr("Excellent match"),
        "good": _tr("Good match"),
        "fair": _tr("Fair match"),
        "not_global": _tr("Not only a colour change"),
        "no_match": _tr("No match"),
    }
    return verdicts.get(fit.verdict) or _fit_figures(fit)


def fit_detail(fit: FitReport) -> str:
    """Say the same in a sentence or two, with its figures; may be empty."""
    parts = [fit.summary, "" if fit.warning in fit.summary else fit.warning]
    return " ".join(part for part in parts if part)


def fit_advice(fit: FitReport, *, has_mask: bool) -> str:
    """Say what can be done where the fit misses the edit; empty: it does not.

    Behind a mask the model's picture cannot be kept.
    """
    if fit.verdict == "not_global" and fit.model != "spatial":
        if has_mask:
            return _tr("This edit is not only a colour change: use Spatial.")
        return _tr(
            "This edit is not only a colour change: use Spatial, or keep the model's picture."
        )
    if fit.verdict in ("not_global", "no_match") and not has_mask:
        return _tr("To have exactly what the model made, keep its picture.")
    return ""


def _fit_figures(fit: FitReport) -> str:
    """Say how much the fit explains: all that reports of earlier versions hold."""
    name = _tr("Spatial grade") if fit.model == "spatial" else _tr("LUT")
    parts: list[str] = []
    if fit.explained is not None:
        share = round(100 * fit.explained)
        parts.append(_tr("{model} explains {share} %").format(model=name, share=share))
    if fit.delta_e_mean is not None:
        parts.append(f"ΔE {fit.delta_e_mean:.1f}")
    return ", ".join(parts) or name


def short(title: str, most: int = 40) -> str:
    """Return a title on one line, cut where it is very long."""
    line = " ".join(title.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def channels_words(channels: str) -> str:
    """Say which part of a grade counts; empty: all of it."""
    return {"luma": _tr("light only"), "chroma": _tr("colour only")}.get(channels, "")


def host_words(host: HostInfo) -> str:
    """Say how a host is."""
    words = {
        "ready": _tr("Ready"),
        "busy": _tr("Busy"),
        "hung": _tr("Stuck"),
        "unreachable": _tr("Cannot be reached"),
        "starting": _tr("Starting"),
        "unknown": _tr("Not asked yet"),
    }
    return words.get(host.state, host.state)


def file_name(path: bytes) -> str:
    """Return the name of a file as it can be shown; bytes that are no text become marks."""
    return path.rpartition(os.fsencode(os.sep))[2].decode("utf-8", "replace")


def folder_name(path: bytes) -> str:
    """Return the folder of a file as it can be shown."""
    return path.rpartition(os.fsencode(os.sep))[0].decode("utf-8", "replace") or os.sep


def child_path(folder: bytes, name: bytes) -> bytes:
    """Return the path of *name* in *folder*."""
    separator = os.fsencode(os.sep)
    return folder.rstrip(separator) + separator + name
