"""How a job's stages add up to one percentage that never runs backwards."""

from __future__ import annotations

STAGES = ("prepare", "upload", "queued", "run", "fetch", "fit", "apply", "save", "done")

_SPANS: dict[str, tuple[float, float]] = {
    "prepare": (0.0, 6.0),
    "upload": (6.0, 10.0),
    "queued": (10.0, 12.0),
    "run": (12.0, 70.0),
    "fetch": (70.0, 73.0),
    "fit": (73.0, 83.0),
    "apply": (83.0, 98.0),
    "save": (98.0, 100.0),
    "done": (100.0, 100.0),
}

_LOOK_SPANS: dict[str, tuple[float, float]] = {"apply": (0.0, 96.0), "save": (96.0, 100.0)}

WORDS: dict[str, str] = {
    "prepare": "Preparing a small copy",
    "upload": "Sending to {host}",
    "queued": "Waiting at {host}",
    "run": "Grading on {host}",
    "fetch": "Fetching the result",
    "fit": "Learning the colour change",
    "apply": "Applying it at full size",
    "save": "Saving",
    "done": "Done",
}


def overall_pct(stage: str, fraction: float, *, look: bool = False) -> float:
    """Return the percentage over all stages when *fraction* (0..1) of *stage* is done.

    *look*: the job puts a look on a photo, its stages are fewer.
    """
    start, end = (_LOOK_SPANS.get(stage) if look else None) or _SPANS[stage]
    return start + (end - start) * min(max(fraction, 0.0), 1.0)


def in_words(stage: str, host: str) -> str:
    """Return what a person reads while *stage* runs."""
    return WORDS[stage].format(host=host)
