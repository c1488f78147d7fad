"""What the looks say: counts, batches, channels."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from rabbitviewer.models.grade_batches import Batch
from rabbitviewer.words import about_words, short


def _tr(text: str) -> str:
    return QCoreApplication.translate("Looks", text)


def count_words(shown: int, count: int) -> str:
    """Say how many looks there are, and how many of them are shown."""
    if shown != count:
        return _tr("{shown} of {n} looks").format(shown=f"{shown:,}", n=f"{count:,}")
    return looks_words(count)


def looks_words(count: int) -> str:
    """Say a number of looks."""
    return _tr("1 look") if count == 1 else _tr("{n} looks").format(n=f"{count:,}")


def photos_words(count: int) -> str:
    """Say how many photos are meant."""
    return _tr("1 photo") if count == 1 else _tr("{n} photos").format(n=f"{count:,}")


def percent(strength: float) -> str:
    """Say a strength."""
    return f"{round(strength * 100)} %"


def channel_words() -> dict[str, str]:
    """Say what of a grade counts, by its name in the protocol."""
    return {
        "all": _tr("Light and colour"),
        "luma": _tr("Light only"),
        "chroma": _tr("Colour only"),
    }


def apply_words(count: int, strength: float) -> str:
    """Say what the button does."""
    if count > 1:
        return _tr("Apply to {n} photos").format(n=f"{count:,}")
    return _tr("Apply at {share}").format(share=percent(strength))


def batch_title(batch: Batch) -> str:
    """Name a batch."""
    words = _tr("Look “{name}” on {photos}") if batch.is_look else _tr("Grade “{name}” on {photos}")
    return words.format(name=short(batch.title), photos=photos_words(batch.count))


def batch_words(batch: Batch) -> str:
    """Say how far a batch is."""
    parts = [_tr("{n} done").format(n=f"{batch.done:,}")]
    if batch.failed:
        parts.append(_tr("{n} failed").format(n=f"{batch.failed:,}"))
    if batch.eta_s is not None and batch.eta_s >= 1:
        parts.append(about_words(batch.eta_s))
    return f"{batch_title(batch)}: {', '.join(parts)}"


def ended_words(batch: Batch) -> str:
    """Say how a batch ended."""
    title = batch_title(batch)
    if not batch.failed and not batch.cancelled:
        return _tr("{title}: done").format(title=title)
    parts = [_tr("{n} done").format(n=f"{batch.done:,}")]
    if batch.failed:
        parts.append(_tr("{n} failed").format(n=f"{batch.failed:,}"))
    if batch.cancelled:
        parts.append(_tr("{n} cancelled").format(n=f"{batch.cancelled:,}"))
    words = f"{title}: {', '.join(parts)}"
    return f"{words}. {batch.error.message}" if batch.error is not None else words
