"""Painting masks: the tools beside the pool and the layer over the photo; built last."""

from __future__ import annotations

from rabbitviewer.wiring.parts import Parts


def add_painting(parts: Parts) -> None:
    """Let a mask be painted on the photo view and in the Pool tab."""
    del parts
