"""What the forms of workflows said last, for the next start."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Value = int | float | str | bool

_MOST_WORKFLOWS = 40
_LONGEST_TEXT = 4000
_MOST_VALUES = 60


class FormMemory(msgspec.Struct, kw_only=True):
    """Values by workflow; written with the state of the window.

    Attributes:
        workflow: The one that was chosen last; empty: the configured one.
        values: By workflow what differs from its defaults, the one used last in the end.
        seed_mode: random | fixed | increment.
        seed: The seed that stands in the form, where it is not random.
        candidates: How many pictures of each photo.
    """

    workflow: str = ""
    values: dict[str, dict[str, Value]] = msgspec.field(default_factory=dict[str, dict[str, Value]])
    seed_mode: str = "random"
    seed: int = 0
    candidates: int = 1

    def of(self, workflow: str) -> dict[str, Value]:
        """Return what the form of *workflow* said last."""
        return dict(self.values.get(workflow, {}))

    def keep(self, workflow: str, values: Mapping[str, Value]) -> None:
        """Remember what the form of *workflow* says; overlong texts are left out."""
        self.values.pop(workflow, None)
        short = [
            (name, value)
            for name, value in values.items()
            if not (isinstance(value, str) and len(value) > _LONGEST_TEXT)
        ]
        if short:
            self.values[workflow] = dict(short[:_MOST_VALUES])
        while len(self.values) > _MOST_WORKFLOWS:
            del self.values[next(iter(self.values))]
