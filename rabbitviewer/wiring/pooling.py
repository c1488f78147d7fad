"""The pool's tab, and what puts photos into the pool: built after the first picture."""

from __future__ import annotations

from rabbitviewer.wiring.parts import Parts


def add_pool(parts: Parts) -> None:
    """Ask for the pool, and let its tab open by key."""
    window, state = parts.window, parts.state

    def remember() -> None:
        state.pool = parts.pool.pool_id

    parts.pool.changed.connect(remember)
    window.actions_by_id.connect_all({"panel.pool": lambda: window.toggle_tab("pool")})
    parts.pool.start()
