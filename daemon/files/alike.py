"""Which of many 64-bit hashes lie near each other, in plain Python: 100,000 in a second or two."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

MAX_DISTANCE = 11
_BANDS = 4
_BAND_BITS = 16
_BAND = (1 << _BAND_BITS) - 1
_CHECK_EVERY = 2048


def near_groups(
    hashes: Sequence[int], distance: int, stop: Callable[[], bool] = lambda: False
) -> list[list[int]]:
    """Return groups of the indices of *hashes* that differ in at most *distance* bits.

    Who has the most near ones takes them into its group; so everybody in a group is near its
    first, and no chain of small differences joins what is far apart.

    Args:
        hashes: 64-bit numbers.
        distance: Bits, 0 .. 11.
        stop: Asked now and then; true: give up.

    Returns:
        Groups of two and more, each index in one at most.
    """
    same: dict[int, list[int]] = {}
    for index, value in enumerate(hashes):
        same.setdefault(value, []).append(index)
    unique = list(same)
    near: dict[int, set[int]] = {}
    for first, second in _near_pairs(unique, min(distance, MAX_DISTANCE), stop):
        near.setdefault(first, set()).add(second)
        near.setdefault(second, set()).add(first)
    groups: list[list[int]] = []
    taken: set[int] = set()
    for leader in sorted(unique, key=lambda value: (-len(near.get(value, ())), value)):
        if leader in taken:
            continue
        values = [leader, *sorted(near.get(leader, set()) - taken)]
        taken.update(values)
        members = [index for value in values for index in same[value]]
        if len(members) > 1:
            groups.append(members)
    return groups


def _near_pairs(
    unique: Sequence[int], distance: int, stop: Callable[[], bool]
) -> Iterator[tuple[int, int]]:
    """Yield the pairs that differ in at most *distance* bits, some of them more than once.

    Of four bands of 16 bits, one differs in at most a quarter of the bits (pigeonhole): so only
    hashes are compared that share a band, or nearly so.
    """
    if not distance:
        return
    for pairs in _candidates(unique, distance // _BANDS, stop):
        for first, second in pairs:
            if (first ^ second).bit_count() <= distance:
                yield first, second


def _candidates(
    unique: Sequence[int], reach: int, stop: Callable[[], bool]
) -> Iterator[Iterable[tuple[int, int]]]:
    """Yield the pairs of which a band differs in at most *reach* bits."""
    masks = list(_masks(reach))
    spread = {value: _spread(value) for value in unique}
    for shift in range(0, 64, _BAND_BITS):
        buckets: dict[int, list[int]] = {}
        for value, bits in spread.items():
            buckets.setdefault(bits >> shift & _BAND, []).append(value)
        for count, (key, values) in enumerate(buckets.items()):
            if count % _CHECK_EVERY == 0 and stop():
                return
            if len(values) > 1:
                yield itertools.combinations(values, 2)
            for mask in masks:
                other = key ^ mask
                if other > key and other in buckets:
                    yield itertools.product(values, buckets[other])


def _spread(value: int) -> int:
    """Return the bits of *value* in another order: every band gets low and high frequencies."""
    text = f"{value:064b}"
    return int(text[0::4] + text[1::4] + text[2::4] + text[3::4], 2)


def _masks(reach: int) -> Iterator[int]:
    """Yield the differences of 1 .. *reach* bits within a band."""
    for bits in range(1, reach + 1):
        for places in itertools.combinations(range(_BAND_BITS), bits):
            yield sum(1 << place for place in places)
