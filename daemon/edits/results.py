"""Which slots of pools have results, and from what content the newest of them was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daemon.storage.job_record import JobRecord


class PoolResults:
    """The newest done job of every slot; the order of the slots and their labels do not matter."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], tuple[float, str]] = {}

    def note(self, records: Iterable[JobRecord]) -> None:
        """Take done jobs in; those whose photo came from no pool are passed over."""
        for record in records:
            key = record.pool_id, record.slot
            known = self._newest.get(key)
            if record.content_hash and (known is None or known[0] <= record.created):
                self._newest[key] = record.created, record.content_hash

    def stale(self, pool_id: str, hashes: Mapping[str, str]) -> set[str]:
        """Return the slots whose newest result was made from another picture or mask.

        Args:
            pool_id: The pool.
            hashes: Present content by slot.
        """
        found = {slot: self._newest.get((pool_id, slot)) for slot in hashes}
        return {slot for slot, made in found.items() if made and made[1] != hashes[slot]}
