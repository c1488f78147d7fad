"""What the form of a grade says."""

from __future__ import annotations

import dataclasses

Value = int | float | str | bool


@dataclasses.dataclass(frozen=True)
class GradeSettings:
    """What the form says.

    Attributes:
        prompt: Without space round it.
        workflow: A workflow's name; empty: the configured one.
        strength: 0..1.5.
        seed: None: chosen by the daemon.
        parameters: Values of the workflow that differ from its defaults.
        fit: auto | lut | spatial | model.
        channels: all | luma | chroma: what of the grade counts.
        negative: What the picture must not become; None: what the workflow says.
        prompt_2: For the second text encoder; None: the first one's text.
        negative_prompt_2: As above.
        images: Further pictures by their names in the workflow.
    """

    prompt: str
    workflow: str
    strength: float
    seed: int | None
    parameters: dict[str, Value]
    fit: str = "auto"
    channels: str = "all"
    negative: str | None = None
    prompt_2: str | None = None
    negative_prompt_2: str | None = None
    images: dict[str, bytes] = dataclasses.field(default_factory=dict[str, bytes])
