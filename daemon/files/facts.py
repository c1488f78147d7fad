"""What names are made of: facts of photos, asked of the catalogue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from daemon.tasks import PhotoFacts

FactsOf = Callable[[Sequence[bytes]], Awaitable[Mapping[bytes, PhotoFacts]]]
"""Returns what is known of photos, reading what is not known yet; those it cannot are left out."""
